"""Public pages of no application: home, démarches, search."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, current_app, render_template, request

from app.db import clock
from app.participation import search
from app.people import visitor as visitors
from app.site import home as home_page
from app.site import queries
from app.site.cards import card_of, manifest_of, step_card
from app.site.context import modules_of
from app.site.queries import ProjectCard
from app.tenancy.web import base_path, tenant
from app.ui import filters, markdown
from app.ui.blocks import render_block

blueprint = Blueprint("site", __name__)

#: Longest request to a search field; the rest says nothing more.
MAX_WORDS = 200


@blueprint.get("/")
def home() -> str:
    config, now = tenant(), clock.now()
    return render_template("site/home.html", **home_page.values(config, now))


STATE_FILTERS = {
    "ouvert": ("Ouvertes", ("open",)),
    "a-venir": ("À venir", ("upcoming",)),
    "termine": ("Terminées", ("closed", "results")),
}


def _words() -> str:
    return " ".join(request.args.get("q", "")[:MAX_WORDS].split())


@blueprint.get("/demarches/")
def projects() -> str:
    """Every démarche, by state, theme, application and words; filters intersect (acceptance 47)."""
    config, now = tenant(), clock.now()
    chosen = {"etat": request.args.get("etat", ""), "theme": request.args.get("theme", "")}
    chosen |= {"application": request.args.get("application", ""), "q": _words()}
    everything = queries.list_projects(config)
    found = [
        project
        for project in everything
        if (chosen["etat"] not in STATE_FILTERS or project.phase(now) in STATE_FILTERS[chosen["etat"]][1])
        and (not chosen["theme"] or chosen["theme"] in project.themes)
        and (not chosen["application"] or chosen["application"] in {step.module for step in project.steps})
        and _mentions(project, chosen["q"])
    ]
    manifests = modules_of(config)
    names = {"etat": {key: label for key, (label, _) in STATE_FILTERS.items()}, "theme": {}, "q": {}}
    names["application"] = {manifest.id: manifest.title for manifest in manifests}
    values: dict[str, Any] = {
        "items": [card_of(project, now, config) for project in found],
        "any": bool(everything),
        "sentence": filters.count(len(found), "démarche", "démarches"),
        "chosen": chosen,
        "applied": _applied(chosen, names),
        "clear_url": f"{base_path()}/demarches/",
        "state_options": [("", "Tous les états"), *names["etat"].items()],
        "theme_options": [("", "Tous les thèmes"), *((theme, theme) for theme in config.themes)],
        "module_options": [("", "Toutes les applications"), *names["application"].items()],
        "crumbs": [("Accueil", f"{base_path()}/"), ("Démarches", "")],
    }
    if request.headers.get("HX-Request") == "true":
        current_app.update_template_context(values)
        return render_block(current_app.jinja_env, "site/projects.html", "results", values)
    return render_template("site/projects.html", **values)


def _applied(chosen: dict[str, str], names: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """Each filter in use with the address of the list without it."""
    used = {key: value for key, value in chosen.items() if value}
    applied = []
    for key, value in used.items():
        rest = urlencode({name: kept for name, kept in used.items() if name != key})
        label = f"« {value} »" if key == "q" else names[key].get(value, value)
        applied.append((label, f"{base_path()}/demarches/{'?' + rest if rest else ''}"))
    return applied


def _mentions(project: ProjectCard, words: str) -> bool:
    """Every word is somewhere in the démarche, whatever the accents; no word is in all of them."""
    text = search.fold(" ".join((project.title, project.question, project.summary)))
    return all(word in text for word in search.fold(words).split())


@blueprint.get("/demarches/<slug>/")
def project(slug: str) -> str:
    """404 for an unknown or hidden one (acceptance 46)."""
    config, now = tenant(), clock.now()
    found = queries.get_project(config, slug)
    step = found.current(now)
    return render_template(
        "site/project.html",
        project=found,
        card=card_of(found, now, config),
        step=step,
        steps=[step_card(item, now, config) for item in found.steps],
        tint=f"a-{manifest_of(step.module).tint}" if step else "",
        crumbs=[
            ("Accueil", f"{base_path()}/"),
            ("Démarches", f"{base_path()}/demarches/"),
            (found.title, ""),
        ],
    )


@blueprint.get("/recherche/")
def search_page() -> str:
    """Contributions of every application, and the démarches that say these words."""
    config, now, words = tenant(), clock.now(), _words()
    wanted = min(max(1, request.args.get("page", 1, type=int)), queries.SEARCH_PAGES)
    rows, total = queries.find(config, visitors.current(), words, page=wanted)
    if not rows and wanted > 1:
        wanted = 1
        rows, total = queries.find(config, visitors.current(), words, page=wanted)
    matching = [
        project
        for project in (queries.list_projects(config) if words and wanted == 1 else [])
        if search.words(words) and _mentions(project, words)
    ]
    return render_template(
        "site/search.html",
        words=words,
        total=total,
        capped=total >= queries.SEARCH_MAX,
        page=wanted,
        pages=-(-total // queries.SEARCH_PAGE),
        projects=[card_of(project, now, config) for project in matching[:5]],
        results=[
            {
                "title": row.title,
                "excerpt": markdown.plain(row.excerpt, 160),
                "url": f"{base_path()}/{row.segment}/{row.step_slug}/{row.number}-{row.slug}/",
                "tab": manifest_of(row.module).title,
                "step": row.step_title,
                "supports": row.supports,
                "archived": row.state == "archived",
            }
            for row in rows
        ],
        crumbs=[("Accueil", f"{base_path()}/"), ("Recherche", "")],
    )
