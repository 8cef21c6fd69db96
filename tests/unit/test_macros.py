"""Macros, called one by one with made-up values: exact pieces of HTML."""

from __future__ import annotations

import re

import pytest
from jinja2 import Environment
from markupsafe import Markup

from tests.support.pages import Page, call, environment

_ = "\u00a0"


@pytest.fixture(scope="module")
def env() -> Environment:
    return environment()


def test_a_fil_says_where_we_are(env):
    stops = [
        {"title": "Idées", "note": "mars", "state": "done"},
        {"title": "Vote", "state": "now", "url": "/v"},
        {"title": "Fin", "state": "next"},
    ]

    assert call(env, "fil", "fil", stops, "Étapes", True) == (
        '<ol class="fil fil-v" aria-label="Étapes" role="list">'
        '<li class="done"><b>Idées</b>mars<span class="vh">, terminé</span></li>'
        '<li class="now" aria-current="step"><b><a href="/v">Vote</a></b></li><li><b>Fin</b></li></ol>'
    )
    assert '<i class="d"></i><i class="n"></i><i></i></span><span>Vote</span>' in call(
        env, "fil", "fil_mini", stops
    )


def test_a_gauge_is_a_drawing_with_a_sentence(env):
    assert call(env, "gauge", "gauge", 214, 300, "214 soutiens sur 300") == (
        '<svg class="gauge" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" '
        'aria-label="214 soutiens sur 300" focusable="false">'
        '<rect width="71" height="4"/></svg>'
    )
    shares = call(env, "gauge", "shares", [(64, "f1", "d’accord"), (36, "f3", "contre")], "64 % d’accord")
    assert (
        '<rect class="f1" x="0" width="64" height="24"/><rect class="f3" x="64" width="36" height="24"/>'
        in shares
    )


@pytest.mark.parametrize(
    ("page", "pages", "shown"),
    [
        (1, 1, []),
        (1, 2, ["1", "2"]),
        (1, 8, ["1", "2", "3", "…", "8"]),
        (4, 8, ["1", "…", "3", "4", "5", "…", "8"]),
        (8, 8, ["1", "…", "6", "7", "8"]),
        (2, 3, ["1", "2", "3"]),
        (3, 4, ["1", "2", "3", "4"]),
    ],
)
def test_the_pager_shows_neighbours_and_ends(env, page, pages, shown):
    html = call(env, "pager", "pager", page, pages, "/i?a=1&page=", "#resultats")

    assert re.findall(r">(\d+|…)<", html) == shown
    assert html.count('aria-current="page"') == (1 if shown else 0)
    assert ('rel="next"' in html) == (page < pages)
    if page < pages:
        assert f'href="/i?a=1&amp;page={page + 1}#resultats"' in html


def test_a_card_has_the_pieces_asked_for_and_no_other(env):
    lean = call(env, "card", "card", "/1", "Un <pont>")
    full = call(
        env,
        "card",
        "card",
        "/1",
        "300 000 € pour vous",
        level=3,
        tint="a-budget",
        tab="Budget participatif",
        icon_name="coin",
        cover=Markup("<svg></svg>"),
        due="Encore 6 jours",
        tags=[("Offre", "c-ok")],
        text="24 projets",
        done=1,
        total=3,
        sentence="1 sur 3",
        left=Markup("<b>1 947</b> personnes"),
        right=("open", "Ouvert"),
        note="Vous avez soutenu",
        feature=True,
        id="c1",
    )

    assert (
        lean == '<article class="card"><div class="card-b"><h2 class="h4">'
        '<a class="stretch" href="/1">Un &lt;pont&gt;</a></h2></div></article>'
    )
    assert f'<h3><a class="stretch" href="/1">300{_}000{_}€ pour vous</a></h3>' in full
    assert full.startswith('<article class="card feat a-budget" id="c1"><div class="onglet">')
    assert '<span class="st st-open">Ouvert</span>' in full
    assert f'<span class="num"><b>1{_}947</b> personnes</span>' in full
    assert '<rect width="33" height="4"/>' in full
    assert Page(full).unbalanced == []


def test_official_answer_and_comment(env):
    when = Markup('<time datetime="2026-11-12">12 novembre 2026</time>')

    answer = call(
        env,
        "people",
        "official",
        "Réponse de la ville",
        "Claire Vasseur, adjointe",
        when,
        Markup("<p>Oui.</p>"),
        "VV",
        [("Étude", "/e", "PDF")],
    )
    assert '<section class="official" id="reponse" aria-labelledby="reponse-t">' in answer
    assert 'Claire Vasseur, adjointe, le <time datetime="2026-11-12">12 novembre 2026</time></p>' in answer
    said = call(
        env,
        "people",
        "comment",
        7,
        "Marcel <b>",
        "MB",
        when,
        Markup("<p>Oui.</p>"),
        12,
        True,
        "/utile",
        "/repondre",
        "/signaler",
        "jeton",
    )
    assert '<div class="com" id="c-7">' in said
    assert 'aria-pressed="true"' in said
    assert 'Utile <span class="num">12</span>' in said
    assert "Marcel &lt;b&gt;" in said
    assert Page(said).unbalanced == Page(answer).unbalanced == []


def test_home_pieces(env):
    verbs = [
        {
            "url": "/i",
            "label": "Proposer une idée",
            "detail": "Et la faire soutenir",
            "icon": "bulb",
            "tint": "a-idees",
        }
    ]

    assert '<a class="verb a-idees" href="/i"><span class="ic">' in call(env, "home", "verbs_grid", verbs)
    effect = call(
        env,
        "home",
        "effect",
        "214 habitants veulent des bancs",
        "12 bancs, 48 000 €",
        "Réalisé en octobre 2026",
    )
    assert f"<dt>Où en est-on{_}?</dt>" in effect
    agenda = call(
        env,
        "home",
        "agenda",
        [
            {
                "day": "26",
                "month": "nov.",
                "iso": "2026-11-26",
                "title": "Direct",
                "url": "/a",
                "detail": "18 h",
            }
        ],
    )
    assert '<time class="date" datetime="2026-11-26"><b>26</b> nov.</time>' in agenda
    assert "<br><time>hier</time>" in call(
        env, "home", "feed", [("IR", Markup("<b>Inès</b> soutient"), Markup("<time>hier</time>"))]
    )


def test_small_pieces(env):
    assert (
        call(env, "icon", "icon", "check")
        == '<svg class="i" aria-hidden="true" focusable="false"><use href="/static/sprite.svg#i-check"/></svg>'
    )
    assert 'role="img" aria-label="Fait"' in call(env, "icon", "icon", "check", "Fait")
    assert call(env, "bits", "status", "soon", "À venir") == '<span class="st st-soon">À venir</span>'
    assert (
        call(env, "bits", "avatar", "IR", brand=True) == '<span class="av av-b" aria-hidden="true">IR</span>'
    )
    assert '<li aria-current="page">Idées</li>' in call(
        env, "bits", "crumb", [("Accueil", "/"), ("Idées", None)]
    )
    assert '<a class="btn btn-s" href="/p">Proposer</a>' in call(
        env, "bits", "empty", "Aucune idée.", "/p", "Proposer", Markup("<svg></svg>")
    )
    assert '<a href="/a" aria-current="true">Récents</a><a href="/b">Appréciés</a>' in call(
        env, "bits", "seg", "Trier", [("Récents", "/a", True), ("Appréciés", "/b", False)]
    )
    act = call(
        env, "form", "act", "/soutenir", "Soutenir", "up", pressed=False, fields=[("n", "1")], confirm="Sûr ?"
    )
    assert act.startswith(
        '<form method="post" action="/soutenir"><input type="hidden" name="csrf_token" value="jeton">'
    )
    assert 'aria-pressed="false" data-confirm="Sûr ?"' in act
    for name, options in {
        "note": ("Texte",),
        "stub": ("Masquée", "/r"),
        "timeline": ([("hier", "Déposée")],),
        "docs": ([("Étude", "/e", "PDF")],),
        "previous_next": ("Articles", None, ("Article 2", "/2")),
        "tag": ("Offre", "clock", "c-ok"),
        "due": ("Encore 6 jours",),
        "mark": (),
    }.items():
        assert Page(call(env, "bits", name, *options)).unbalanced == []


def test_one_error_is_singular(env):
    assert "Il y a 1 erreur à corriger" in call(
        env, "form", "error_summary", [("", "La collecte est terminée")]
    )
    assert call(env, "form", "error_summary", []).strip() == ""
