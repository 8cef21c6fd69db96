"""Wires the rooms into one application, nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from limits.storage import MemoryStorage
from werkzeug.middleware.proxy_fix import ProxyFix

from app.db.session import CONNECT_ARGS, db
from app.db.storage import make_store
from app.jobs import queue
from app.jobs.logging import configure_logging
from app.jobs.metrics import Metrics
from app.notifications import web as notifications_web
from app.participation import web as participation_web
from app.people import web as people_web
from app.site import context, errors, pipeline
from app.site import web as site_web
from app.tenancy import modules
from app.tenancy.registry import TenantRegistry
from app.tenancy.web import TenantMiddleware
from app.ui import web as ui_web
from config.settings import Settings, load

MEGABYTE = 1024 * 1024
#: A photo of 10 MB with its form, and room to refuse a heavier one at its field with the text kept; a text form alone
#: is held to the second.
MAX_REQUEST = 16 * MEGABYTE
MAX_FORM = 2 * MEGABYTE
ROOMS = Path(__file__).resolve().parent

csrf = CSRFProtect()


def create_app(settings: Settings | None = None, *, config: dict[str, Any] | None = None) -> Flask:
    """The web application. settings: from the environment when not given. config: replaces Flask keys in tests."""
    settings = settings or load(os.environ)
    configure_logging(settings)
    app = Flask("parvis", static_folder=None, template_folder=None, root_path=str(ROOMS))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MODE=settings.mode,
        BASE_DOMAIN=settings.base_domain,
        METRICS_TOKEN=settings.metrics_token,
        MAX_CONTENT_LENGTH=MAX_REQUEST,
        MAX_FORM_MEMORY_SIZE=MAX_FORM,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        # An error that quotes its statement must not quote what somebody wrote.
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": 5,
            "max_overflow": 5,
            "connect_args": CONNECT_ARGS,
            "hide_parameters": True,
        },
        # The token lives as long as the browser's session: a long text must not expire while it is written.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        PARVIS_SETTINGS=settings,
    )
    app.config.update(config or {})
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    registry = TenantRegistry(engine, secrets_dir=settings.secrets_dir)
    metrics = Metrics()
    app.extensions.update(
        tenants=registry,
        modules=modules.registry(),
        file_store=make_store(settings.storage_url),
        rate_limit_storage=queue.limit_storage(settings) if settings.redis_url else MemoryStorage(),
        observe_request=metrics.observe_request,
        render_metrics=metrics.render,
        metrics=metrics,
    )
    queue.install(app, queue.connect(settings.redis_url) if settings.redis_url else None)
    pipeline.install(app)
    # After the pipeline: the page that asks to confirm a stale form needs to know whose platform it is.
    csrf.init_app(app)
    context.install(app)
    errors.install(app)
    _install_rooms(app)
    app.wsgi_app = ui_web.StaticFiles(app.wsgi_app)  # type: ignore[method-assign]
    app.wsgi_app = TenantMiddleware(  # type: ignore[method-assign]
        app.wsgi_app, registry, base_domain=settings.base_domain, prefixes=settings.mode != "production"
    )
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    return app


def _install_rooms(app: Flask) -> None:
    folders = [ROOMS / room / "templates" for room in ("people", "participation", "notifications", "site")]
    manifests = app.extensions["modules"]
    folders += [modules.ROOT / "modules" / module_id / "templates" for module_id in manifests]
    ui_web.install(app, [folder for folder in folders if folder.is_dir()])
    people_web.install(app)
    participation_web.install(app)
    notifications_web.install(app)
    site_web.install(app)
    # Light or dark is no secret and harms nobody: without a token, reading a page needs no cookie at all.
    csrf.exempt("app.people.sign_in_views.scheme")
    for manifest in manifests.values():
        participation_web.install_module(app, manifest)
