"""The list of a step's ideas: cards or table, search, filters, sorts, numbered pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import current_app, render_template, request

from app.db import clock
from app.participation import access, search, shuffle, votes
from app.participation.counters import Facets
from app.participation.steps import StepInfo
from app.people import visitor as visitors
from app.people.visitor import Visitor
from app.tenancy.registry import TenantConfig
from app.tenancy.web import tenant
from app.ui import scenes
from app.ui.blocks import render_block
from app.ui.filters import count, number, percent, plural
from modules.boite_a_idees import queries, rules
from modules.boite_a_idees.queries import PAGE, Criteria
from modules.boite_a_idees.schemas import SORTS
from modules.boite_a_idees.views.page import (
    STATUS_DOTS,
    STATUS_LABELS,
    TINT,
    blueprint,
    crumbs,
    phase_view,
    step,
    wants_fragment,
    whole_context,
)
from modules.boite_a_idees.wording import wording_of

ARCHIVED = "archivees"
Q_MAX = 200
#: A page further than this is nobody's: it would only walk the index for nothing.
LAST_PAGE = 5000

SORT_LABELS = {
    "pertinentes": "Les plus proches",
    "aleatoire": "Au hasard",
    "recentes": "Les plus récentes",
    "soutenues": "Les plus soutenues",
    "commentees": "Les plus commentées",
    "anciennes": "Les plus anciennes",
}


@dataclass(frozen=True)
class Asked:
    """What the address asks for, already cleaned. start: the visit's place in the random order."""

    criteria: Criteria
    zone_slug: str
    sort: str
    chosen_sort: str
    view: str
    page: int
    start: int

    def query(self, **changes: str) -> str:
        """The query string that leads to the same list with `changes`; '' removes a parameter. Page 1 again."""
        criteria = self.criteria
        values = {
            "q": criteria.q,
            "theme": criteria.theme,
            "quartier": self.zone_slug,
            "etat": ARCHIVED if criteria.archived else criteria.status,
            "tri": self.chosen_sort,
            "vue": "tableau" if self.view == "tableau" else "",
            "graine": str(self.start) if self.sort == "aleatoire" else "",
        } | changes
        kept = {name: value for name, value in values.items() if value}
        return f"?{urlencode(kept)}" if kept else "?"


def read(here: StepInfo, config: TenantConfig) -> Asked:
    """The request's parameters; anything unknown is as if it had not been asked."""
    args = request.args
    zone = config.zone_by_slug(args.get("quartier", ""))
    status = args.get("etat", "")
    q = args.get("q", "")[:Q_MAX].replace("\x00", "").strip()
    criteria = Criteria(
        q=q if search.ts_query(q) else "",
        theme=args.get("theme", "")[:200].replace("\x00", ""),
        zone=str(zone.id) if zone else "",
        status=status if status in STATUS_LABELS else "",
        archived=status == ARCHIVED,
    )
    wanted = args.get("tri", "")
    chosen = wanted if wanted in SORTS or (wanted == "pertinentes" and criteria.q) else ""
    sort = chosen or ("pertinentes" if criteria.q else here.settings["default_sort"])
    if sort == "aleatoire" and criteria.q:
        # The form always sends the order it shows; somebody who searches wants what is closest first.
        sort, chosen = "pertinentes", ""
    elif sort == "aleatoire" and criteria.archived:
        # What left the public order has no place in it any more.
        sort = "recentes"
    start = args.get("graine", type=int)
    if start is None or not 0 <= start < 2**31:
        start = shuffle.start(here) if sort == "aleatoire" else 0
    return Asked(
        criteria=criteria,
        zone_slug=zone.slug if zone else "",
        sort=sort,
        chosen_sort=chosen,
        view="tableau" if args.get("vue") == "tableau" else "cartes",
        page=min(max(args.get("page", 1, type=int), 1), LAST_PAGE),
        start=start,
    )


@blueprint.get("/")
def index() -> str:
    """The step's page. htmx asks for `results` alone."""
    here, now, config = step(), clock.now(), tenant()
    visitor = visitors.current()
    asked = read(here, config)
    found = queries.facets(here, asked.criteria, visitor)
    rows = queries.list_cards(
        here, asked.criteria, sort=asked.sort, page=asked.page, start=asked.start, visitor=visitor
    )
    context = _frame(here, asked, found, now, visitor) | {"items": _cards(here, config, rows, visitor)}
    template = "boite_a_idees/list.html"
    if wants_fragment() and request.headers.get("HX-Target") == "resultats":
        return render_block(current_app.jinja_env, template, "results", whole_context(context))
    return render_template(template, **context)


def _cards(here: StepInfo, config: TenantConfig, rows: Any, visitor: Visitor | None) -> list[dict[str, Any]]:
    """What a card shows, as plain values."""
    known = visitor is not None and not visitor.is_guest
    mine = (
        votes.supported_by(visitor.person_id, [row.id for row in rows]) if known and visitor and rows else {}
    )
    words, threshold, path = wording_of(here.settings), here.settings["threshold"], here.path
    out_of = f" sur {number(threshold)}" if threshold else ""
    cards = []
    for row in rows:
        supports = count(row.supports, words.noun)
        left = supports if not row.comments else f"{supports}, {count(row.comments, 'commentaire')}"
        zone = config.zone(row.zone_id)
        done = row.id in mine
        cards.append(
            {
                "id": row.id,
                "number": row.number,
                "url": f"{path}{row.number}-{row.slug}/",
                "title": row.title,
                "excerpt": row.excerpt,
                "author": row.author or row.author_label or "Compte supprimé",
                "zone": zone.name if zone else "",
                "theme": row.theme or "",
                "supports": row.supports,
                "comments": row.comments,
                "left": left,
                "sentence": supports + out_of,
                "answered": row.answered,
                "status": STATUS_LABELS.get(row.status, ""),
                "status_kind": STATUS_DOTS.get(row.status, "closed"),
                "mine": done,
                "tagged": row.theme or zone or row.answered or done,
                "percent": percent(row.supports, threshold) if threshold else 0,
            }
        )
    return cards


def _frame(
    here: StepInfo, asked: Asked, found: Facets, now: datetime, visitor: Visitor | None
) -> dict[str, Any]:
    """Everything around the cards: head, filters, sentence, pager."""
    config, criteria = tenant(), asked.criteria
    ring = asked.sort == "aleatoire" and criteria == Criteria() and not here.settings["private"]
    can = partial(access.can, visitor, project_id=here.project_id)
    phase = phase_view(now)
    path, query = here.path, asked.query()
    may = rules.may_deposit(
        here.settings,
        has_account=visitor is not None and visitor.has_account,
        zone_known=visitor is not None and visitor.zone_id is not None,
    )
    return {
        "step": here,
        "tint": TINT,
        "crumbs": crumbs(),
        "phase": phase,
        "asked": asked,
        "path": path,
        "may_deposit": may,
        "private": here.settings["private"] and not can("contribution.read_any"),
        "threshold": here.settings["threshold"],
        "words": wording_of(here.settings),
        "residents": here.settings["who_may_deposit"] == "residents",
        "can_edit_dates": visitor is not None and visitor.managing and can("step.edit_dates"),
        "total": found.total,
        "archived": found.archived,
        "sentence": _sentence(asked, found.total, config),
        "applied": _applied(asked, config, path),
        "clear_url": path + replace(asked, criteria=Criteria(), zone_slug="").query(),
        "views": [
            ("Cartes", path + asked.query(vue=""), asked.view == "cartes"),
            ("Tableau", path + asked.query(vue="tableau"), asked.view == "tableau"),
        ],
        "page": asked.page,
        "pages": queries.ring_pages(here) if ring else -(-found.total // PAGE),
        "pager_base": f"{path}{query}{'' if query == '?' else '&'}page=",
        "search": {
            "name": "q",
            "label": "Chercher une idée",
            "value": criteria.q,
            "placeholder": "Banc, cantine…",
        },
        "facets": _facets(asked, found, config),
        "more": _more(asked, found),
        "sort": {
            "name": "tri",
            "label": "Trier par",
            "value": asked.sort,
            "options": [
                (one, label)
                for one, label in SORT_LABELS.items()
                if (one == "pertinentes") <= bool(criteria.q)
                and (one == "aleatoire") <= (not criteria.q and not criteria.archived)
            ],
        },
        "hidden": [
            *([("vue", "tableau")] if asked.view == "tableau" else []),
            *([("graine", asked.start)] if asked.sort == "aleatoire" else []),
        ],
        "blank": _blank(asked, phase.name, may) | {"scene": scenes.scene("parc") if not found.total else ""},
    }


def _with_count(label: str, n: int) -> str:
    return f"{label} ({number(n)})"


def _facets(asked: Asked, found: Facets, config: TenantConfig) -> list[dict[str, Any]]:
    """Selects of the bar, each choice with what it would show. A choice of nothing is left out, unless it is made."""
    themes = [theme for theme in config.themes if found.themes.get(theme) or theme == asked.criteria.theme]
    themes += sorted(theme for theme in found.themes if theme and theme not in config.themes)
    zones = [zone for zone in config.zones if found.zones.get(str(zone.id)) or zone.slug == asked.zone_slug]
    built: list[dict[str, Any]] = []
    if themes:
        options = [(theme, _with_count(theme, found.themes.get(theme, 0))) for theme in themes]
        built.append(
            {"name": "theme", "label": "Thème", "kind": "select", "value": asked.criteria.theme,
             "options": [("", "Tous les thèmes"), *options]}
        )  # fmt: skip
    if zones:
        label = config.document["zone_label"]
        options = [(zone.slug, _with_count(zone.name, found.zones.get(str(zone.id), 0))) for zone in zones]
        built.append(
            {"name": "quartier", "label": label.capitalize(), "kind": "select", "value": asked.zone_slug,
             "options": [("", "Partout"), *options]}
        )  # fmt: skip
    return built


def _more(asked: Asked, found: Facets) -> list[dict[str, Any]]:
    chosen = ARCHIVED if asked.criteria.archived else asked.criteria.status
    options = [
        (one, _with_count(label, found.statuses[one]))
        for one, label in STATUS_LABELS.items()
        if found.statuses.get(one)
    ]
    if found.archived or asked.criteria.archived:
        options.append((ARCHIVED, _with_count("Archivées", found.archived)))
    if not options:
        return []
    return [
        {
            "name": "etat",
            "label": "Avancement",
            "kind": "radio",
            "value": chosen,
            "options": [("", "Tous"), *options],
        }
    ]


def _sentence(asked: Asked, total: int, config: TenantConfig) -> str:
    """What the list shows, in words: « 12 idées, thème « Mobilités » »."""
    criteria, zone = asked.criteria, config.zone_by_slug(asked.zone_slug)
    parts = [count(total, "idée") + (f" {plural(total, 'archivée')}" if criteria.archived else "")]
    if criteria.q:
        parts[0] += f" pour « {criteria.q} »"
    if criteria.theme:
        parts.append(f"thème « {criteria.theme} »")
    if zone:
        parts.append(f"{config.document['zone_label']} « {zone.name} »")
    if criteria.status:
        parts.append(f"avancement « {STATUS_LABELS[criteria.status]} »")
    return ", ".join(parts)


def _applied(asked: Asked, config: TenantConfig, path: str) -> list[tuple[str, str]]:
    criteria, zone = asked.criteria, config.zone_by_slug(asked.zone_slug)
    chips = [
        (f"« {criteria.q} »" if criteria.q else "", "q"),
        (criteria.theme, "theme"),
        (zone.name if zone else "", "quartier"),
        ("Archivées" if criteria.archived else STATUS_LABELS.get(criteria.status, ""), "etat"),
    ]
    return [(label, path + asked.query(**{name: ""})) for label, name in chips if label]


def _blank(asked: Asked, phase: str, may: bool) -> dict[str, str]:
    """One sentence and one action for a list without rows."""
    if asked.criteria != Criteria():
        return {
            "sentence": "Aucune idée ne correspond à ces filtres.",
            "url": "?",
            "action": "Voir toutes les idées",
        }
    if asked.page > 1:
        return {
            "sentence": "Cette page n’existe plus : il y a moins d’idées.",
            "url": "?",
            "action": "Revenir à la première page",
        }
    if phase == "open" and may:
        return {
            "sentence": "Aucune idée pour l’instant. Soyez la première personne à en proposer une.",
            "url": "proposer/",
            "action": "Proposer une idée",
        }
    if phase == "upcoming":
        return {"sentence": "Les idées paraîtront ici dès l’ouverture.", "url": "", "action": ""}
    return {"sentence": "Aucune idée n’a été déposée ici.", "url": "", "action": ""}
