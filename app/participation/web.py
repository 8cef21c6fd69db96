"""Attaches the participation room and each application to the application."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, abort, g, redirect, request
from werkzeug.wrappers import Response

from app.db import clock
from app.participation import acts, steps
from app.participation.discussion_acts import COMMENT, LIKE
from app.participation.discussion_views import blueprint as discussion
from app.participation.intention_views import blueprint as intentions
from app.participation.photo_views import blueprint as photos
from app.participation.sign_in_hooks import register_hooks
from app.people import holders
from app.policy import requirements
from app.policy.table import table
from app.tenancy.manifest import ModuleManifest


def install(app: Flask) -> None:
    for act in (COMMENT, LIKE):
        acts.register(act)
    register_hooks()
    for blueprint in (intentions, photos, discussion):
        app.register_blueprint(blueprint)


def install_module(app: Flask, manifest: ModuleManifest) -> None:
    """Register an application: its acts, policy rows, requirements, and its pages under `/<segment>/<step>/`."""
    for act in manifest.objects("acts"):
        acts.register(act)
    for requirement in manifest.objects("requirements"):
        requirements.register(requirement)
    for holder in manifest.objects("holders"):
        holders.register(holder)
    table.add(rule for rule in manifest.objects("policy") if rule.action not in table)
    for blueprint in manifest.objects("public"):
        # Not a URL preprocessor: those run before the request has found its tenant.
        app.before_request_funcs.setdefault(blueprint.name, []).insert(0, _load_step(manifest))
        app.register_blueprint(blueprint, url_prefix=f"/{manifest.segment}/<step_slug>")
    _short_address(app, manifest)


def _load_step(manifest: ModuleManifest) -> Callable[[], None]:
    def load() -> None:
        """Fetch the step named in the address into `g.step`; the module gate had the last word before."""
        if not request.view_args or "step_slug" not in request.view_args:
            return
        slug = request.view_args.pop("step_slug")
        g.step = steps.get_step(manifest.segment, slug)
        if g.step.module != manifest.id:
            abort(404)

    return load


def _short_address(app: Flask, manifest: ModuleManifest) -> None:
    def short_address() -> Response:
        """`/<segment>/`: the only open step of that application, else the list of its démarches."""
        if not g.tenant.module_enabled(manifest.id):
            abort(404)
        now = clock.now()
        opened = [step for step in steps.list_steps(segment=manifest.segment) if step.phase(now) == "open"]
        if len(opened) == 1:
            return redirect(opened[0].path, 302)
        return redirect(f"{request.script_root}/demarches/?application={manifest.id}", 302)

    app.add_url_rule(f"/{manifest.segment}/", f"short_{manifest.id}", short_address)
