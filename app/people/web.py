"""Attaches the people room to the application."""

from __future__ import annotations

from flask import Flask

from app.people import link_views, sign_in_views  # noqa: F401  (for their routes)
from app.people.account_views import blueprint as account
from app.people.sign_in_flow import blueprint as sign_in


def install(app: Flask) -> None:
    app.register_blueprint(sign_in)
    app.register_blueprint(account)
