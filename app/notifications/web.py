"""Attaches the notifications room: which events are followed by mails, how mails leave, who chooses which."""

from __future__ import annotations

from flask import Flask

from app.db import outbox
from app.notifications import views
from app.notifications.handlers import HANDLERS
from app.notifications.holder import HOLDER
from app.notifications.transport import FolderTransport, make_transport
from app.people import holders


def install(app: Flask) -> None:
    settings = app.config["PARVIS_SETTINGS"]
    folder = settings.state_dir / "mail"
    app.extensions["mail"] = make_transport(settings.mail_url, folder)
    app.extensions["demo_mail"] = FolderTransport(folder)
    for event_name, handler_name, handler in HANDLERS:
        outbox.subscribe(event_name, handler_name, handler)
    holders.register(HOLDER)
    app.register_blueprint(views.blueprint)
    app.extensions["csrf"].exempt(views.choose)
