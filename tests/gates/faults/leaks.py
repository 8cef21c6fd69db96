"""Views that let a tenant reach another: through a cache that forgets whose it is, and through the operator's engine."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Flask
from sqlalchemy import Engine, select, text

from app.db.errors import NotFound
from app.db.session import db
from app.participation.models import Contribution


def install_cache(app: Flask) -> None:
    blueprint = Blueprint("leak_cache", __name__)
    titles: dict[UUID, str] = {}

    @blueprint.get("/fuite/<uuid:contribution_id>/")
    def cached(contribution_id: UUID) -> str:
        if contribution_id not in titles:
            found = db.session.scalar(select(Contribution.title).where(Contribution.id == contribution_id))
            if found is None:
                raise NotFound
            titles[contribution_id] = found
        return titles[contribution_id]

    app.register_blueprint(blueprint)


def install_eraser(app: Flask, engine: Engine) -> None:
    blueprint = Blueprint("leak_eraser", __name__)

    @blueprint.post("/fuite/<uuid:comment_id>/effacer")
    def erase(comment_id: UUID) -> str:
        with engine.begin() as connection:
            connection.execute(text("update comment set body = 'effacé' where id = :c"), {"c": comment_id})
        return "effacé"

    app.register_blueprint(blueprint)


def install_unknown_parameter(app: Flask) -> None:
    blueprint = Blueprint("leak_parameter", __name__)

    @blueprint.get("/secret/<int:mystery>/")
    def mystery(mystery: int) -> str:
        return str(mystery)

    app.register_blueprint(blueprint)
