"""Where the lines go: a step, named as operators name it, and what its application makes of them."""

from __future__ import annotations

from sqlalchemy import select

from app.db.session import db
from app.participation.importing.errors import StepRefused
from app.participation.importing.rows import Application, ImportShape
from app.participation.models import Step
from app.participation.steps import StepInfo, get_step_by_id
from app.tenancy.document.suggestions import closest
from app.tenancy.manifest import ModuleManifest


def find_step(name: str) -> StepInfo:
    """name: `segment/slug`, or a slug that one step has. In any démarche, drafts included. Raises StepRefused."""
    steps = db.session.execute(
        select(Step.id, Step.segment, Step.slug).order_by(Step.segment, Step.slug)
    ).all()
    full = {f"{step.segment}/{step.slug}": step.id for step in steps}
    found = [address for address in full if name.strip("/") in (address, address.partition("/")[2])]
    if len(found) == 1:
        return get_step_by_id(full[found[0]])
    if found:
        raise StepRefused(f"several steps are called {name!r}: choose {' or '.join(found)}")
    if not full:
        raise StepRefused("this platform has no step yet")
    near = closest(name, [*full, *(address.partition("/")[2] for address in full)])
    meant = f" (did you mean {near}?)" if near else ""
    raise StepRefused(f"no step is called {name!r}{meant}; the steps are {', '.join(full)}")


def application_of(manifest: ModuleManifest | None, step: StepInfo) -> Application:
    """manifest: of the step's application, None when this deployment does not have it. Raises StepRefused."""
    if manifest is None:
        raise StepRefused(
            f"the step {step.segment}/{step.slug} belongs to {step.module}, which is not installed"
        )
    shapes = manifest.objects("imports")
    if not shapes:
        types = manifest.objects("contribution_types")
        if len(types) != 1:
            raise StepRefused(f"{manifest.title} does not take contributions from a file")
        shapes = (ImportShape(types[0]),)
    return Application(shapes[0], manifest.objects("statuses"))
