"""Serving the pictures that people attached."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, request
from sqlalchemy import and_, exists, false, select

from app.db.errors import NotFound
from app.db.session import db
from app.participation import access, photos
from app.participation.models import Contribution, Photo, Step
from app.people import visitor as visitors
from app.tenancy import modules
from app.tenancy.web import tenant

blueprint = Blueprint("photos", __name__, url_prefix="/fichiers/photos")

TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}


@blueprint.get("/<uuid:photo_id>/<int:width>.<any(webp, jpg):extension>")
def photo(photo_id: UUID, width: int, extension: str) -> Response:
    """A variant, for whoever may read the contribution that shows it, or for the person who just sent it."""
    visitor = visitors.current()
    enabled = [module_id for module_id in modules.registry() if tenant().module_enabled(module_id)]
    shown = exists(
        select(Contribution.id)
        .join(Step, and_(Step.tenant_id == Contribution.tenant_id, Step.id == Contribution.step_id))
        .where(Contribution.photo_id == Photo.id, Step.module.in_(enabled), access.visible_to(visitor))
    )
    mine = Photo.uploader_id == visitor.person_id if visitor is not None else false()
    if db.session.scalar(select(Photo.id).where(Photo.id == photo_id, shown | mine)) is None:
        raise NotFound
    try:
        content = photos.read(photo_id, width, extension)
    except FileNotFoundError:
        raise NotFound from None
    response = Response(content, mimetype=TYPES[extension])
    # Hidden later, a picture must leave the caches soon: an hour, then the server is asked again.
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.set_etag(f"{photo_id}-{width}")
    response.make_conditional(request)
    return response
