"""What the home page says, section by section."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from markupsafe import Markup

from app.site import queries
from app.site.cards import card_of, manifest_of
from app.site.context import modules_of
from app.site.queries import ProjectCard
from app.tenancy.registry import TenantConfig
from app.tenancy.web import base_path
from app.ui import filters, markdown, townplan

#: What people can do with each application, as the tiles say it; others show their manifest's title and summary.
VERBS = {
    "entraide": ("Aider ou être aidé", "Des annonces près de chez vous"),
    "boite_a_idees": ("Proposer une idée", "Et la faire soutenir par vos voisins"),
    "questionnaire": ("Répondre à une enquête", "Quelques minutes, sans compte"),
    "consultation": ("Amender un texte", "Article par article"),
    "questions_reponses": ("Poser une question", "Et recevoir une réponse signée"),
    "budget_participatif": ("Voter le budget", "Des projets à choisir ensemble"),
    "votation": ("Prendre part à un vote", "Une personne, une voix"),
    "appel_a_projets": ("Déposer un projet", "Associations et collectifs"),
}

ACTOR = {
    "commune": "La ville",
    "departement": "Le département",
    "region": "La région",
    "intercommunalite": "L’intercommunalité",
    "province": "La province",
    "entreprise": "L’entreprise",
    "association": "L’association",
    "campagne": "La campagne",
    "interne": "L’organisation",
}

#: Open first, then what comes, then what is over.
_ORDER = {"open": 0, "upcoming": 1, "results": 2, "closed": 3}


def values(config: TenantConfig, now: datetime) -> dict[str, Any]:
    """Everything `site/home.html` shows. Four statements."""
    projects = queries.list_projects(config)
    ranked = sorted(projects, key=lambda project: (_ORDER[project.phase(now)], _closing(project, now)))
    opened = sum(project.phase(now) == "open" for project in projects)
    steps = [step for project in projects for step in project.steps]
    actor = ACTOR.get(config.document["kind"], "La collectivité")
    figures = [
        (sum(step.contributions for step in steps), "contribution", "contributions"),
        (sum(step.answers for step in steps), "réponse officielle", "réponses officielles"),
        (opened, "démarche ouverte", "démarches ouvertes"),
    ]
    return {
        "cards": [card_of(project, now, config) for project in ranked[:4]],
        "open_count": opened,
        "verbs": _verbs(config),
        "figures": [figure for figure in figures if figure[0]],
        "effects": [_effect(row, actor) for row in queries.answered(config)],
        "feed": [_news(row, now, config) for row in queries.latest(config)],
        "agenda": _agenda(projects, now, config),
        "plan": _plan(config),
        "actor": actor,
    }


def _verbs(config: TenantConfig) -> list[dict[str, str]]:
    """One tile for each application; a platform with few still has a full row of things to do."""
    tiles = []
    for manifest in modules_of(config):
        label, detail = VERBS.get(manifest.id, (manifest.title, manifest.summary))
        url, tint = f"{base_path()}/{manifest.segment}/", f"a-{manifest.tint}"
        tiles.append({"url": url, "label": label, "detail": detail, "icon": manifest.icon, "tint": tint})
    more = [
        ("demarches/", "Découvrir les démarches", "Étape par étape, et où elles en sont", "map"),
        ("recherche/", "Rechercher", "La réponse ou l’idée existe peut-être", "search"),
        ("mon-espace/", "Suivre mes contributions", "Réponses, soutiens et brouillons", "user"),
    ]
    missing = max(0, 4 - len(tiles)) if tiles else 0
    for path, label, detail, icon in more[:missing]:
        tiles.append(
            {"url": f"{base_path()}/{path}", "label": label, "detail": detail, "icon": icon, "tint": ""}
        )
    return tiles


def _closing(project: ProjectCard, now: datetime) -> float:
    step = project.current(now)
    return step.closes_at.timestamp() if step and step.closes_at else float("inf")


def _plan(config: TenantConfig) -> Markup:
    found: Markup | None = config.cache.get("plan")
    if found is None:
        found = Markup(townplan.plan(config.slug))  # noqa: S704  (our own drawing, no text from outside)
        config.cache["plan"] = found
    return found


def _address(row: Any) -> str:
    return f"{base_path()}/{row.segment}/{row.step_slug}/{row.number}-{row.slug}/"


def _effect(row: Any, actor: str) -> dict[str, Any]:
    statuses = {status.id: status for status in manifest_of(row.module).objects("statuses")}
    status = statuses.get(row.status)
    return {
        "said": row.title,
        "decided": markdown.plain(row.body, 110),
        "outcome": status.label if status else "Réponse publiée",
        "done": bool(status and status.done),
        "decider": actor,
        "url": _address(row),
    }


def _news(row: Any, now: datetime, config: TenantConfig) -> tuple[str, Markup, Markup]:
    name = row.author_label or row.display_name
    link = Markup('« <a href="{}">{}</a> »').format(_address(row), row.title)
    # Open data and paper may come without a signature.
    text = Markup("<b>{}</b> propose {}").format(name, link) if name else Markup("À lire : {}").format(link)
    when = filters.time_tag(row.published_at, filters.ago(row.published_at, now))
    return filters.initials(name or config.name), text, when


def _agenda(projects: list[ProjectCard], now: datetime, config: TenantConfig) -> list[dict[str, Any]]:
    """The next openings and closings, soonest first."""
    dates = []
    for project in projects:
        for step in project.steps:
            for moment, words in ((step.opens_at, "Ouverture"), (step.closes_at, "Dernier jour")):
                if moment is not None and moment > now:
                    dates.append((moment, words, step))
    events = []
    for moment, words, step in sorted(dates, key=lambda item: item[0])[:3]:
        day, month = filters.date_box(moment, config.timezone)
        events.append(
            {
                "day": day,
                "month": month,
                "iso": moment.isoformat(),
                "title": step.title,
                "url": step.path,
                "detail": f"{words}, {filters.hour(moment, config.timezone)}",
            }
        )
    return events
