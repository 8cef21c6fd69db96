"""Addresses of the deployment itself: health, readiness, figures, the list of demonstration platforms."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, current_app, render_template, request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.db import migrate
from app.db.session import db
from app.site import errors

blueprint = Blueprint("platform", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers. Asks nobody else."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Database reachable and migrated, queue reachable; 503 names what is not."""
    faults = []
    try:
        with db.engine.connect() as connection:
            connection.execute(text("select 1"))
        if migrate.current(db.engine) != migrate.newest():
            faults.append("migrations")
    except SQLAlchemyError:
        faults.append("database")
    if not current_app.extensions["queue_alive"]():
        faults.append("queue")
    return Response(" ".join(faults or ["ready"]) + "\n", 503 if faults else 200, mimetype="text/plain")


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus figures, with `Authorization: Bearer <PARVIS_METRICS_TOKEN>` only; 404 when no token is set."""
    expected = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "")
    if not expected or not hmac.compare_digest(f"Bearer {expected}".encode(), given.encode()):
        return Response("", 404)
    return Response(current_app.extensions["render_metrics"](), mimetype="text/plain; version=0.0.4")


def base_home() -> Response | str | tuple[str, int]:
    """The base host: the demonstration platforms in demo mode, a neutral page otherwise."""
    if request.environ.get("parvis.place") == "unknown":
        return errors.page(404)
    if current_app.config["MODE"] == "production":
        return render_template("site/neutral_home.html")
    registry = current_app.extensions["tenants"]
    configs = [registry.by_slug(slug) for slug in registry.slugs()]
    shown = [config for config in configs if config and config.is_demo and config.state == "live"]
    return render_template("site/demo_home.html", platforms=shown)
