"""A browser for tests: keeps cookies, sends the forms' anti-forgery token, signs people in without a mail."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.db import clock
from app.db.session import db
from app.people import visitor as visitors
from app.people.models import Person, PersonSession
from tests.support.world import TenantWorld

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Browser:
    """Requests to one tenant, on the base host under its prefix. Paths are the tenant's own (`/idees/…`)."""

    def __init__(self, world: TenantWorld, *, host: str = "localhost") -> None:
        self.world = world
        self.client: FlaskClient = world.app.test_client()
        self.host = host
        self._token: str | None = None

    def get(self, path: str, **more: Any) -> TestResponse:
        response = self.client.get(self._full(path), base_url=f"http://{self.host}/", **more)
        found = TOKEN.search(response.text) if response.mimetype == "text/html" else None
        if found:
            self._token = found[1]
        return response

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, csrf: bool = True, **more: Any
    ) -> TestResponse:
        form = dict(data or {})
        if csrf:
            if self._token is None and self.get("/connexion/").status_code == 303:
                # Somebody signed in has no business there; this page has a form for them.
                self.get("/deconnexion/")
            form.setdefault("csrf_token", self._token)
        response = self.client.post(self._full(path), data=form, base_url=f"http://{self.host}/", **more)
        found = TOKEN.search(response.text) if response.mimetype == "text/html" else None
        if found:
            self._token = found[1]
        return response

    def follow(self, response: TestResponse) -> TestResponse:
        """GET where a redirect leads, as often as it redirects (at most ten times)."""
        for _ in range(10):
            if response.status_code not in (301, 302, 303, 307, 308):
                return response
            response = self.get(response.headers["Location"])
        raise AssertionError(f"redirected in circles, last to {response.headers.get('Location')}")

    def sign_in(self, person_id: UUID, level: str = "account") -> Browser:
        """Give this browser a session of the person, as the confirmed link would."""
        request = self.world.app.test_request_context(f"{self.world.path}/", base_url=f"http://{self.host}/")
        with request, self.world.scope():
            g.visitor = None
            person = db.session.get_one(Person, (self.world.id, person_id))
            visitors.start_session(person, level=level, now=clock.now(), device="Essai")
            token, _ = g.new_session_token
        self.client.set_cookie(
            f"parvis_{self.world.slug}", token, domain=self.host, path=f"{self.world.path}/", httponly=True
        )
        return self

    def sessions(self) -> list[PersonSession]:
        with self.world.scope():
            return list(db.session.scalars(db.select(PersonSession)))

    def _full(self, path: str) -> str:
        if path.startswith(("http://", "https://")):
            path = path.split("/", 3)[3]
            path = f"/{path}"
        return path if path.startswith(self.world.path + "/") else f"{self.world.path}{path}"
