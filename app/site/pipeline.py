"""The course of a request (architecture §5): tenant, gates, transaction, answer, cookie, headers."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from flask import Flask, Response, abort, current_app, g, redirect, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.exc import SQLAlchemyError

from app.db import outbox
from app.db.session import db
from app.people import visitor as visitors
from app.people.paths import with_suite
from app.tenancy.registry import TenantConfig
from app.tenancy.web import tenant_of

log = structlog.get_logger(__name__)

REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")

#: Endpoints that answer without a tenant.
PLATFORM_BLUEPRINTS = ("platform",)


MESSAGES_KEPT = 3


class TenantSessionInterface(SecureCookieSessionInterface):
    """Flask's signed cookie (anti-forgery token, one-time messages), one per tenant and address prefix."""

    def get_cookie_name(self, app: Flask) -> str:
        config = tenant_of(request)
        return f"parvis_{config.slug}_etat" if config else "parvis_etat"

    def get_cookie_path(self, app: Flask) -> str:
        return f"{request.script_root}/"

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:
        """Signed for one tenant: carried to another, a cookie says nothing there."""
        config = tenant_of(request)
        return URLSafeTimedSerializer(
            str(app.secret_key),
            salt=f"{self.salt}:{config.id if config else ''}",
            serializer=self.serializer,
            signer_kwargs={"key_derivation": self.key_derivation, "digest_method": self.digest_method},
        )

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

    def get_cookie_samesite(self, app: Flask) -> str:
        return "Lax"

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep the last messages only: a cookie that nobody reads must not grow past what a browser holds."""
        waiting = session.get("_flashes", ())
        if len(waiting) > MESSAGES_KEPT:
            session["_flashes"] = waiting[-MESSAGES_KEPT:]
        super().save_session(app, session, response)


def open_request() -> None:
    """Who and where, before anything else. No statement runs here."""
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if REQUEST_ID.match(given) else uuid4().hex
    g.tenant = tenant_of(request)
    g.base_path = request.script_root
    if request.mimetype != "multipart/form-data":
        # Only photos need more; the parser of plain forms reads whatever it is given.
        request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        request_id=g.request_id, tenant=g.tenant.slug if g.tenant else None
    )


def gate_place() -> Response | None:
    """Unknown hosts and closed platforms stop here; so do pages of a tenant asked on the base host."""
    if request.blueprint in PLATFORM_BLUEPRINTS:
        return None
    if request.environ.get("parvis.place") == "away":
        abort(503)
    if g.tenant is None:
        if request.path == "/" and request.method in ("GET", "HEAD"):
            found: Response | str | tuple[str, int] = current_app.extensions["base_home"]()
            return current_app.make_response(found)
        abort(404)
    if g.tenant.state == "closed":
        abort(410)
    return None


def gate_module() -> None:
    """An application that the tenant did not switch on does not exist: 404 on pages, fragments and files."""
    module_id = module_of_blueprint(request.blueprint)
    if module_id is not None and not g.tenant.module_enabled(module_id):
        abort(404)


def module_of_blueprint(blueprint: str | None) -> str | None:
    if blueprint is None:
        return None
    owner = blueprint.split(".", 1)[0]
    return owner if owner in current_app.extensions["modules"] else None


#: What a closed platform shows to people it does not know yet: signing in, its look, the mandatory pages.
OPEN_BLUEPRINTS = ("people", "platform", "notifications")
OPEN_ENDPOINTS = ("site.theme", "site.logo", "site.legal", "site.sitemap", "site.robots")


def shut_out() -> bool:
    """True for a stranger, or somebody without an account yet, on a platform closed to its members."""
    if g.tenant is None or g.tenant.document["access"]["visibility"] != "closed":
        return False
    found = visitors.current()
    return found is None or not found.at_least("account")


def gate_access() -> Response | None:
    """A platform closed to its members shows strangers the sign-in page and the mandatory pages only."""
    if request.endpoint is None or request.blueprint in OPEN_BLUEPRINTS or request.endpoint in OPEN_ENDPOINTS:
        return None
    if not shut_out():
        return None
    if request.headers.get("HX-Request") == "true":
        # A sign-in page in the middle of a list would be no help: the browser goes there whole.
        return Response(status=204, headers={"HX-Redirect": f"{g.base_path}/connexion/"})
    path = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else "/"
    return redirect(g.base_path + with_suite("/connexion/", path), 303)  # type: ignore[return-value]


def close_transaction(response: Response) -> Response:
    """Commit what the view did, then wake a worker; a failed answer leaves nothing half-written."""
    if response.status_code >= 500:
        roll_back()
        return response
    if db.session().in_transaction():
        db.session.commit()
        announce = current_app.extensions.get("announce_deliveries")
        pending = outbox.take_wake_ups()
        if pending and announce:
            announce(pending)
    return response


def roll_back() -> None:
    """A refusal undoes everything the request wrote; guests created for it go with it."""
    try:
        db.session.rollback()
    except SQLAlchemyError:
        log.exception("rollback_failed")
    outbox.take_wake_ups()
    g.pop("new_session_token", None)


def add_headers(response: Response) -> Response:
    """Strict policy on every answer; a page names no foreign host but the tenant's declared tiles."""
    headers = response.headers
    headers.setdefault("X-Request-Id", g.get("request_id", ""))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault(
        "Permissions-Policy", "geolocation=(self), camera=(), microphone=(), interest-cohort=()"
    )
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    tenant: TenantConfig | None = g.get("tenant")
    headers.setdefault("Content-Security-Policy", policy_of(tenant))
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "private, no-cache" if request.method in ("GET", "HEAD") else "no-store"
    if tenant is None or tenant.is_demo or tenant.document["access"]["visibility"] == "closed":
        headers.setdefault("X-Robots-Tag", "noindex")
    if response.mimetype == "text/html":
        response.vary.add("HX-Request")
    return response


def policy_of(tenant: TenantConfig | None) -> str:
    """Content-Security-Policy of a page: ours alone, and pictures from the tiles that the tenant declared."""
    pictures = "'self' data:"
    host = tiles_host(tenant) if tenant is not None else None
    if host:
        pictures += f" https://{host}"
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src {pictures};"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
    )


#: A host with its port, as a policy takes it: `{s}.tile.example` names any of its servers.
_TILES_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?")


def tiles_host(tenant: TenantConfig) -> str | None:
    """The only foreign host a page may call (`map.tiles`), None without one."""
    tiles = (tenant.document.get("map") or {}).get("tiles")
    if not tiles:
        return None
    host = re.sub(r"\{\w+\}", "*", urlsplit(tiles).netloc.rpartition("@")[2].lower())
    # What is no plain host (a stray quote, a semicolon) would rewrite the policy.
    return host if _TILES_HOST.fullmatch(host) else None


def log_request(response: Response) -> Response:
    if g.get("no_log"):
        return response
    elapsed = (time.perf_counter() - g.get("started", time.perf_counter())) * 1000
    current_app.extensions["observe_request"](request, response, elapsed)
    log.info(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=round(elapsed, 1),
    )
    return response


def install(app: Flask) -> None:
    app.session_interface = TenantSessionInterface()
    app.before_request(open_request)
    app.before_request(gate_place)
    app.before_request(gate_module)
    app.before_request(gate_access)
    # after_request functions run last registered first: the transaction closes before cookie and headers are written.
    app.after_request(log_request)
    app.after_request(add_headers)
    app.after_request(visitors.write_cookie)
    app.after_request(close_transaction)
