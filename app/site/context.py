"""What every page's template receives. Nothing here asks the database; most is built once per tenant revision."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, g, has_request_context, request
from flask_wtf.csrf import generate_csrf

from app.people import visitor as visitors
from app.site.pipeline import shut_out
from app.tenancy.manifest import ModuleManifest
from app.tenancy.registry import TenantConfig
from app.ui import filters
from app.ui import web as theme_web

#: Exactly one of three sentences, and "non conforme" until an audit is recorded (domain §1.4).
ACCESSIBILITY_MENTIONS = {
    "total": "Accessibilité : totalement conforme",
    "partial": "Accessibilité : partiellement conforme",
    "none": "Accessibilité : non conforme",
}

MAX_NAV = 4
MAX_QUERY = 1000


def modules_of(config: TenantConfig) -> list[ModuleManifest]:
    """The applications the tenant switched on, in the order of its document then by name."""
    manifests: dict[str, ModuleManifest] = current_app.extensions["modules"]
    wanted = [module_id for module_id in config.document["modules"] if config.module_enabled(module_id)]
    return [manifests[module_id] for module_id in wanted if module_id in manifests]


def _fixed(config: TenantConfig) -> dict[str, Any]:
    """The parts that change only with the document or the address prefix."""
    base: str = g.base_path
    cached: dict[str, Any] | None = config.cache.get(f"context:{base}")
    if cached is not None:
        return cached
    document = config.document
    legal = document["legal"]
    manifests = modules_of(config)
    links = [{"label": "Démarches", "url": f"{base}/demarches/"}]
    links += [{"label": manifest.title, "url": f"{base}/{manifest.segment}/"} for manifest in manifests]
    theme = theme_web.theme_of(config)
    mention = ACCESSIBILITY_MENTIONS[document["accessibility"]["mention"]]
    built: dict[str, Any] = {
        "platform": {
            "name": config.name,
            "slug": config.slug,
            "tagline": document.get("tagline") or "",
            "description": document.get("description") or "",
            "kind": document["kind"],
            "locale": document["locale"],
            "logo_url": theme_web.logo_url(config),
            "favicon_url": theme_web.logo_url(config),
            "publisher": legal.get("publisher") or "",
            "address": legal.get("address") or "",
            "phone": legal.get("phone") or "",
            "email": legal.get("email") or "",
            "accessibility_mention": mention,
            "demo": config.is_demo,
            "zone_label": document["zone_label"],
        },
        "nav_links": links[:MAX_NAV],
        "footer_links": {
            "participer": links,
            "comprendre": [
                {"label": "Règles de modération", "url": f"{base}/moderation/"},
                {"label": "Plan du site", "url": f"{base}/plan-du-site/"},
            ],
            "legal": [
                {"label": mention, "url": f"{base}/accessibilite/"},
                {"label": "Mentions légales", "url": f"{base}/mentions-legales/"},
                {"label": "Données personnelles", "url": f"{base}/donnees-personnelles/"},
                {"label": "Gestion des cookies", "url": f"{base}/cookies/"},
                {"label": "Plan du site", "url": f"{base}/plan-du-site/"},
            ],
        },
        "sign_in_link": {"label": "Se connecter", "url": f"{base}/connexion/"},
        "urls": {
            "home": f"{base}/",
            "search": f"{base}/recherche/",
            "projects": f"{base}/demarches/",
            "sign_in": f"{base}/connexion/",
            "sign_out": f"{base}/deconnexion/",
            "account": f"{base}/mon-espace/",
            "scheme": f"{base}/mon-espace/apparence/",
            "manage": f"{base}/mon-espace/mode-gestion/",
            "moderation_rules": f"{base}/moderation/",
        },
        "theme_url": f"{base}/theme-{theme.hash}.css",
        "font_urls": theme.font_urls(base),
    }
    config.cache[f"context:{base}"] = built
    return built


def page_context() -> dict[str, Any]:
    """Variables of `ui/base.html` (see its head) and of every page."""
    config = g.get("tenant")
    if config is None or not has_request_context():
        # A neutral page, or a mail rendered by a job.
        return {"csrf_token": generate_csrf, "asset": theme_web.asset}
    fixed = _fixed(config)
    path = f"{request.script_root}{request.path}"
    # A closed platform does not tell strangers what is inside.
    stranger = shut_out()
    links = [] if stranger else fixed["nav_links"]
    nav = [link | {"current": path.startswith(link["url"])} for link in links]
    scheme = request.cookies.get("parvis_apparence", "")
    found = visitors.current()
    query = request.query_string.decode("ascii", "replace")
    return fixed | {
        "nav": nav,
        "footer_links": fixed["footer_links"] | ({"participer": [fixed["sign_in_link"]]} if stranger else {}),
        "visitor": None if found is None or found.is_guest else _visitor_view(found),
        "scheme": scheme if scheme in ("light", "dark") else "",
        "csrf_token": generate_csrf,
        "asset": theme_web.asset,
        # Forms bring people back here; beyond this length they go to the page itself.
        "page_path": path + (f"?{query}" if query and len(query) <= MAX_QUERY else ""),
        "tz": config.cache.setdefault("tz", config.timezone),
        "request_is_htmx": request.headers.get("HX-Request") == "true",
        "base": g.base_path,
    }


def _visitor_view(found: visitors.Visitor) -> dict[str, Any]:
    return {
        "name": found.name,
        "initials": filters.initials(found.display_name),
        "level": found.level,
        "is_staff": found.is_staff,
        "managing": found.managing,
        "person_id": found.person_id,
    }


def install(app: Flask) -> None:
    app.context_processor(page_context)
