"""Refusals as pages: what happened, that nothing is lost, one way out (ux §1.2)."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, current_app, g, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.wrappers import Response

from app.db.errors import DomainError, Forbidden
from app.site.pipeline import roll_back
from app.ui.web import asset

log = structlog.get_logger(__name__)

#: Statuses with a page of their own; any other refusal uses 422's.
PAGES = (403, 404, 410, 422, 429)

TITLES = {
    405: "Cette adresse ne s’ouvre pas ainsi",
    409: "La page a changé entre-temps",
    413: "Ce que vous envoyez est trop lourd",
}

#: Posted names that are never shown again on a page that asks to send once more.
NOT_KEPT = frozenset({"csrf_token", "mot_de_passe", "actuel", "nouveau", "code"})

#: Seconds after which a browser or a robot may ask again while the database is away.
RETRY_AFTER = {"Retry-After": "30"}

Answer = tuple[str, int] | tuple[str, int, dict[str, str]]


def page(status: int, **values: Any) -> tuple[str, int]:
    """The error page of this status, in the tenant's colours when there is one and the fault is not ours."""
    if status >= 500:
        return _bare(f"ui/errors/{503 if status == 503 else 500}.html", reference=g.get("request_id")), status
    if g.get("tenant") is None:
        return _bare("ui/errors/neutral.html"), status
    if status == 410 and g.tenant.state == "closed":
        return _bare("ui/errors/closed.html", contact=g.tenant.document["legal"].get("email")), status
    template = f"ui/errors/{status if status in PAGES else 422}.html"
    return render_template(template, title=TITLES.get(status, ""), **values), status


def _bare(template: str, **values: Any) -> str:
    """A page that asks nobody anything: neither the database, which may be away, nor the session."""
    return current_app.jinja_env.get_template(template).render(asset=asset, **values)


def _back() -> str:
    """The page the person came from, when it is ours."""
    referrer = request.referrer or ""
    return referrer if referrer.startswith(request.host_url) else f"{g.get('base_path', '')}/"


def kept_fields() -> list[tuple[str, str]]:
    """What the person had typed, to be sent again from a page that is not its form."""
    return [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_KEPT]


def _address() -> str:
    return request.script_root + request.full_path.rstrip("?")


def _for_htmx(answer: Answer) -> Answer:
    """A refusal is a whole page: htmx must not slip it into the block it asked for (it shows 422 only)."""
    if request.headers.get("HX-Request") != "true" or answer[1] != 422:
        return answer
    headers = answer[2] if len(answer) == 3 else {}
    return answer[0], answer[1], headers | {"HX-Retarget": "body", "HX-Reswap": "innerHTML"}


def refused(error: DomainError) -> Answer:
    roll_back()
    if isinstance(error, Forbidden):
        return page(
            403, sentence=error.details.get("reason", error.message), help=error.details.get("helper", "")
        )
    values = {"sentence": error.sentence(), "back": _back()}
    if error.status == 429:
        answer = page(429, **values, fields=kept_fields(), action=_address())
        return (*answer, {"Retry-After": str(error.details["wait"])})
    return _for_htmx(page(error.status, **values))


def stale_form(error: CSRFError) -> Answer:
    """The anti-forgery token is missing or too old: show everything again and ask once more (ux §2.10)."""
    roll_back()
    if g.get("tenant") is None:
        return page(404)
    body = render_template(
        "ui/errors/stale.html",
        fields=kept_fields(),
        action=_address(),
        had_files=any(upload.filename for upload in request.files.values()),
    )
    return _for_htmx((body, 422))


def http_error(error: HTTPException) -> Answer | Response:
    if error.code is None or error.code < 400:
        return error.get_response()
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, SQLAlchemyError) and _is_away(cause):
        # Raised while the answer was being finished: the commit itself failed.
        return database_away(cause)
    roll_back()
    if error.code == 503:
        return (*page(503), RETRY_AFTER)
    if isinstance(error, RequestEntityTooLarge):
        return page(
            413,
            sentence="Une photo ne doit pas dépasser 10 Mo."
            " Revenez en arrière, choisissez-en une plus légère : votre texte est gardé sur cet appareil.",
            back=_back(),
        )
    if isinstance(error, MethodNotAllowed):
        body, status = page(
            405, sentence="Revenez à la page précédente et utilisez ses boutons.", back=_back()
        )
        return body, status, {"Allow": ", ".join(error.valid_methods or ())}
    if error.code in (403, 404, 410):
        return page(error.code)
    return page(error.code, sentence="La demande est incomplète.", back=_back())


def _is_away(error: SQLAlchemyError) -> bool:
    return isinstance(error, (OperationalError, InterfaceError, PoolTimeout)) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


def database_away(error: SQLAlchemyError) -> Answer:
    # The class alone: a server's message may quote a row.
    origin = error.orig if isinstance(error, DBAPIError) else None
    log.error("database_away", error=type(error).__name__, cause=type(origin).__name__ if origin else None)
    roll_back()
    return (*page(503), RETRY_AFTER)


def broken(error: Exception) -> Answer:
    if isinstance(error, SQLAlchemyError) and _is_away(error):
        return database_away(error)
    log.exception("unhandled_error")
    roll_back()
    return page(500)


def install(app: Flask) -> None:
    app.register_error_handler(DomainError, refused)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, broken)
