"""What every platform must show, and what its pages are made of: mandatory pages, stylesheet, logo, robots.txt."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Response, abort, g, redirect, render_template, request
from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.session import db
from app.participation import moderate
from app.site import queries
from app.site.context import modules_of
from app.site.pages import blueprint
from app.site.pipeline import shut_out, tiles_host
from app.tenancy.models import TenantDocument, TenantLogo
from app.tenancy.registry import TenantConfig
from app.tenancy.web import base_path, tenant
from app.ui.web import theme_of

#: The same as `pages.blueprint`: these routes are of the site too.
__all__ = ["blueprint"]

LEGAL_PAGES = {
    "accessibilite": ("Accessibilité", "site/legal/accessibility.html"),
    "mentions-legales": ("Mentions légales", "site/legal/notice.html"),
    "donnees-personnelles": ("Données personnelles", "site/legal/privacy.html"),
    "cookies": ("Gestion des cookies", "site/legal/cookies.html"),
    "moderation": ("Règles de modération", "site/legal/moderation.html"),
}

#: Kinds of organisations whose participation is a mission of public interest (RGPD, article 6).
PUBLIC_BODIES = frozenset({"commune", "departement", "region", "intercommunalite", "province"})


@blueprint.get(
    "/<any('accessibilite', 'mentions-legales', 'donnees-personnelles', 'cookies', 'moderation'):name>/"
)
def legal(name: str) -> str:
    title, template = LEGAL_PAGES[name]
    config = tenant()
    values: dict[str, Any] = {
        "title": title,
        "legal": config.document["legal"],
        "publisher": config.document["legal"].get("publisher") or config.name,
        "host": request.host,
        "crumbs": [("Accueil", f"{base_path()}/"), (title, "")],
    }
    if name == "accessibilite":
        values |= _statement(config)
    elif name == "donnees-personnelles":
        values |= {
            "retention": config.document["retention"],
            "tiles": tiles_host(config),
            "public_body": config.document["kind"] in PUBLIC_BODIES,
        }
    elif name == "moderation":
        values |= {"reasons": moderate.REASONS, "labels": moderate.LABELS}
    return render_template(template, **values)


def _statement(config: TenantConfig) -> dict[str, Any]:
    """The accessibility part of the document, and when it was first written and last changed."""
    written = config.document["accessibility"]
    same = TenantDocument.document["accessibility"] == cast(written, JSONB)
    first, last = db.session.execute(
        select(
            func.min(TenantDocument.created_at),
            func.min(TenantDocument.created_at).filter(same),
        )
    ).one()
    audited = written.get("audited_on")
    return {
        "accessibility": written,
        "audited_on": date.fromisoformat(audited) if audited else None,
        "established_on": first,
        "updated_on": last if _another_day(first, last, config) else None,
    }


def _another_day(first: datetime | None, last: datetime | None, config: TenantConfig) -> bool:
    if first is None or last is None:
        return False
    return first.astimezone(config.timezone).date() != last.astimezone(config.timezone).date()


@blueprint.get("/plan-du-site/")
def sitemap() -> str:
    config = tenant()
    # The titles of a closed platform's démarches are for its members.
    stranger = shut_out()
    return render_template(
        "site/sitemap.html",
        stranger=stranger,
        projects=[] if stranger else queries.list_projects(config),
        modules=[] if stranger else modules_of(config),
        crumbs=[("Accueil", f"{base_path()}/"), ("Plan du site", "")],
    )


@blueprint.get("/theme-<digest>.css")
def theme(digest: str) -> Response:
    """The tenant's stylesheet; its address changes with its content, so it is kept for ever."""
    found = theme_of(tenant())
    if digest != found.hash:
        # An old page asks for an old theme: the current one serves, uncached.
        return redirect(f"{g.base_path}/theme-{found.hash}.css", 302)  # type: ignore[return-value]
    gzipped = request.accept_encodings.quality("gzip") > 0
    response = Response(found.compressed if gzipped else found.stylesheet, mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.vary.add("Accept-Encoding")
    if gzipped:
        response.headers["Content-Encoding"] = "gzip"
    return response


@blueprint.get("/logo.svg")
def logo() -> Response:
    """The tenant's logo. The policy forbids scripts, so a drawing that holds one stays a drawing."""
    found = db.session.execute(select(TenantLogo.content, TenantLogo.content_type)).one_or_none()
    if found is None:
        abort(404)
    response = Response(found.content, mimetype=found.content_type)
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


@blueprint.get("/robots.txt")
def robots() -> Response:
    config = tenant()
    closed = config.is_demo or config.document["access"]["visibility"] == "closed"
    paths = ["/"] if closed else ["/participer/", "/connexion/", "/lien/", "/mon-espace/"]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in paths)]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")
