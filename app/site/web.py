"""Attaches the site room: the deployment's own addresses and the public pages of no application."""

from __future__ import annotations

from flask import Flask

from app.site.account_pages import blueprint as account
from app.site.mandatory import blueprint as pages
from app.site.platform import base_home
from app.site.platform import blueprint as platform


def install(app: Flask) -> None:
    app.register_blueprint(platform)
    app.register_blueprint(pages)
    app.register_blueprint(account)
    app.extensions["base_home"] = base_home
