"""What a mail is about: a contribution that its reader may read, and the address of its page."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import g

from app.db.context import require_tenant_id
from app.db.errors import DomainError
from app.db.session import db
from app.notifications.readers import Reader
from app.participation import access, contributions
from app.participation.models import Contribution
from app.participation.official import Status, find_status
from app.participation.steps import StepInfo, get_step_by_id
from app.tenancy import modules
from app.ui import markdown

#: The author hears of their own text whatever became of it; others of what everybody may read.
READABLE = ("published", "archived")


@dataclass(frozen=True)
class Subject:
    """A contribution with the path of its page, without prefix."""

    contribution: Contribution
    step: StepInfo
    path: str

    @property
    def quoted(self) -> str:
        return f"« {self.contribution.title} »"

    @property
    def numbered(self) -> str:
        return f"n° {self.contribution.number}, {self.quoted}"

    def is_author(self, reader: Reader) -> bool:
        return self.contribution.author_id == reader.person_id


def find_subject(contribution_id: UUID | None, reader: Reader) -> Subject | None:
    """None when it is gone, when its application is off, or when this reader may not read it."""
    found = _find(contribution_id)
    if found is None:
        return None
    try:
        shown = access.reading(reader.visitor(), found.contribution, found.step)
    except DomainError:
        return None
    return found if shown == "full" else None


def find_for_agents(contribution_id: UUID) -> Subject | None:
    """The same for the address that a step's settings name, which may read everything of the step."""
    return _find(contribution_id)


def find_news_subject(contribution_id: UUID, reader: Reader) -> Subject | None:
    """The same, and only while the contribution is on the pages: followers hear nothing of what was taken off."""
    found = find_subject(contribution_id, reader)
    return found if found is not None and found.contribution.state in READABLE else None


def _find(contribution_id: UUID | None) -> Subject | None:
    if contribution_id is None:
        return None
    contribution = db.session.get(Contribution, (require_tenant_id(), contribution_id))
    if contribution is None:
        return None
    step = get_step_by_id(contribution.step_id)
    if not g.tenant.module_enabled(step.module):
        return None
    return Subject(contribution, step, contributions.path_of(step, contribution.number, contribution.slug))


def status_of(step: StepInfo, status_id: str) -> Status | None:
    """None for '' and for one that the application no longer declares."""
    manifest = modules.registry().get(step.module)
    return find_status(status_id, manifest.objects("statuses")) if manifest else None


def text_of(body: str, limit: int) -> str:
    """A text without its marks, paragraph by paragraph, cut after `limit` characters."""
    paragraphs: list[str] = []
    left = limit
    for line in body.split("\n"):
        words = markdown.plain(line, len(line) + 1)
        if len(words) > left:
            if left > 1:
                paragraphs.append(markdown.plain(line, left))
            break
        if words:
            paragraphs.append(words)
            left -= len(words)
    return "\n\n".join(paragraphs)
