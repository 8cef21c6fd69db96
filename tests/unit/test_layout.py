"""Layout, skeletons and error pages, rendered with made-up values: exact pieces of HTML, and every page's rules."""

from __future__ import annotations

import gzip
import re
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment
from markupsafe import Markup
from marshmallow import Schema
from werkzeug.datastructures import MultiDict

from app.ui import assets, blocks, forms
from tests.support.pages import ROOT, TEMPLATES, check_page, context, environment

_ = "\u00a0"


class Idea(Schema):
    title = forms.text(max=80, required=True, missing="Écrivez un titre pour votre idée")
    body = forms.text(min=50, max=3000, required=True, multiline=True)
    theme = forms.choice(["mobilites", "nature"], required=True, missing="Choisissez un thème")
    charter = forms.boolean(must=True)


@pytest.fixture(scope="module")
def env() -> Environment:
    return environment()


def list_context(**more: Any) -> dict[str, Any]:
    items = [SimpleNamespace(number=n, title=f"Idée {n} !") for n in (1, 2, 3)]
    values = {
        "items": items,
        "sentence": Markup("<b>152 annonces</b> à moins de 2 km"),
        "applied": [("Moins de 2 km", "/idees/"), ("Offre", "/o")],
        "clear_url": "/idees/",
        "views": [("Liste", "?vue=liste", True), ("Carte", "?vue=carte", False)],
        "page": 1,
        "pages": 8,
        "pager_base": "/idees/?page=",
        "search": {"name": "q", "label": "Mot-clé", "value": 'vélo "rouge"', "placeholder": "Courses…"},
        "facets": [
            {
                "name": "theme",
                "label": "Thème",
                "kind": "select",
                "options": [("", "Tous les thèmes"), ("m", "Mobilités")],
                "value": "m",
            },
            {
                "name": "etat",
                "label": "État",
                "kind": "checkbox",
                "options": [("o", "Ouvert"), ("c", "Clos")],
                "value": ["o"],
            },
        ],
        "more": [
            {
                "name": "quartier",
                "label": "Quartier",
                "kind": "select",
                "options": [("", "Tous"), (3, "Port-Neuf")],
                "value": "3",
            },
            {
                "name": "type",
                "label": "Type",
                "kind": "radio",
                "options": [("", "Toutes"), ("offre", "Offres")],
                "value": "offre",
            },
        ],
        "sort": {"name": "tri", "label": "Trier par", "options": [("r", "Récentes")], "value": "r"},
    }
    return context(**{**values, **more})


def form_context(data: MultiDict | None = None, **more: Any) -> dict[str, Any]:
    form = forms.Form(Idea(), data)
    form.validate()
    return context(form=form, action="/idees/proposer/", step="Étape 1 sur 3", **more)


def test_no_template_holds_a_style_a_script_or_a_handler():
    for root in (ROOT / "app", ROOT / "modules"):
        for path in root.rglob("*.html"):
            if path.parent.name == "mail":  # Mail readers know nothing else; no page is made of these.
                continue
            text = path.read_text(encoding="utf-8")
            assert not re.search(
                r"\bstyle\s*=|<style|\bon[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*\bsrc=)", text
            ), path


def test_every_template_compiles(env):
    for name in env.list_templates(filter_func=lambda name: name.startswith("ui/")):
        env.get_template(name)


def test_every_icon_named_by_a_template_is_in_the_sprite():
    known = assets.icons()
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r'\bicon\("([a-z-]+)"|#i-([a-z-]+)"', text):
            assert (name[0] or name[1]) in known, path


def test_the_layout_of_a_page(env):
    html = env.get_template("t/list.html").render(list_context())

    check_page(html)
    assert html.startswith('<!doctype html>\n<html lang="fr" dir="ltr">\n<head>')
    assert "<title>Idées – Valmorin Ensemble</title>" in html
    assert '<meta name="description" content="La &#34;ville&#34;">' in html
    assert '<link rel="preload" href="/b.woff2" as="font" type="font/woff2" crossorigin>' in html
    assert html.index("/theme-1.css") < html.index("/static/css/site.css")
    assert '<script type="module" src="/static/js/parvis.js"></script>' in html
    assert '"includeIndicatorStyles":false,"allowEval":false' in html
    assert '<a class="skip" href="#contenu">Aller au contenu</a>' in html
    assert '<main id="contenu" tabindex="-1">' in html
    assert '<a href="/d" aria-current="page">Démarches</a>' in html
    assert '<a href="/accessibilite/">Accessibilité : non conforme</a>' in html
    assert 'name="scheme" value="" aria-pressed="true"' in html
    assert "Tél. 02 00 00 00 00" in html
    assert "noindex" not in html
    assert '<input type="hidden" name="suite" value="/idees/?q=a&amp;b=1">' in html


def test_a_demonstration_says_so_and_stays_out_of_search_engines(env):
    values = list_context(scheme="dark")
    values["platform"]["demo"] = True

    html = env.get_template("t/list.html").render(values)

    assert '<meta name="robots" content="noindex">' in html
    assert '<aside class="ribbon" aria-label="Démonstration">' in html
    assert '<html lang="fr" dir="ltr" data-scheme="dark">' in html
    assert 'name="scheme" value="dark" aria-pressed="true"' in html


def test_the_header_of_a_visitor_and_of_a_moderator(env):
    ines = SimpleNamespace(name="Inès R.", initials="IR", level="account", is_staff=False, managing=False)
    guest = SimpleNamespace(name="", initials="", level="guest", is_staff=False, managing=False)
    bruno = SimpleNamespace(name="Bruno", initials="B", level="account", is_staff=True, managing=True)
    page = env.get_template("t/list.html")

    signed_in = page.render(list_context(visitor=ines))
    check_page(signed_in)
    assert (
        '<span class="av av-sm" aria-hidden="true">IR</span> Inès R.<span class="vh">, mon espace</span></a>'
        in signed_in
    )
    assert "Se connecter" not in signed_in
    assert "Mode gestion" not in signed_in
    assert "Se connecter" in page.render(list_context(visitor=guest))
    managing = page.render(list_context(visitor=bruno))
    check_page(managing)
    assert "<b>Mode gestion activé</b>" in managing
    assert 'name="actif" value="0">Désactiver</button>' in managing


def test_messages_stay_until_dismissed(env):
    html = env.get_template("t/list.html").render(
        list_context(flashes=[("ok", "Votre soutien est compté."), ("x", "<b>")])
    )

    check_page(html)
    assert '<div class="flash" role="status"><div class="note c-ok" data-note>' in html
    assert "<p>&lt;b&gt;</p>" in html


def test_a_list_and_its_filters(env):
    html = env.get_template("t/list.html").render(list_context())

    assert '<p role="status"><b>152 annonces</b> à moins de 2' + _ + "km</p>" in html
    assert "Moins de 2" + _ + 'km<span class="vh">, retirer ce filtre</span>' in html
    assert 'value="vélo &#34;rouge&#34;"' in html
    assert '<option value="m" selected>Mobilités</option>' in html
    assert 'name="etat" value="o" checked>' in html
    assert '<option value="3" selected>Port-Neuf</option>' in html
    assert 'name="type" value="offre" checked>' in html
    assert 'hx-get="/idees/" hx-target="#resultats" hx-push-url="true"' in html
    assert html.count('<article class="card"') == 3
    assert f'<a class="stretch" href="/i/2">Idée 2{_}!</a>' in html
    assert (
        '<aside class="dock" id="dock" aria-label="Actions"><a class="btn" href="/p">Proposer</a></aside>'
        in html
    )


def test_an_empty_list_says_what_to_do(env):
    html = env.get_template("t/list.html").render(list_context(items=[], pages=0))

    check_page(html)
    assert "<p>Aucune idée pour l’instant.</p>" in html
    assert 'class="pager"' not in html


def test_one_block_is_rendered_alone_with_its_imports(env):
    values = list_context()
    whole = env.get_template("t/list.html").render(values)

    results = blocks.render_block(env, "t/list.html", "results", values)
    card = blocks.render_block(env, "t/list.html", "card", {**values, "item": values["items"][1]})

    assert isinstance(results, Markup)
    assert results in whole
    assert "<!doctype" not in results
    assert results.count('<article class="card"') == 3
    assert card.startswith('<article class="card" id="i-2">')
    assert card in whole


def test_a_block_inherits_overrides_and_sees_what_is_set_above(env):
    dock = blocks.render_block(env, "t/child.html", "dock", context())
    aside = blocks.render_block(env, "t/child.html", "aside", context())

    assert (
        dock
        == '<div class="dock-n small"><b class="num">214 <span class="small muted">/ 300 soutiens</span></b></div>'
    )
    assert aside.startswith('<span class="tag">Neuf</span><details class="share')
    assert "<p>214 soutiens</p>" in aside
    with pytest.raises(KeyError):
        blocks.render_block(env, "t/child.html", "absent", context())


def test_blocks_slip_into_several_places(env):
    html = blocks.render_oob(env, "t/child.html", {"dock": "dock", "cote": "aside"}, context())

    assert html.startswith('<div id="dock" hx-swap-oob="innerHTML"><div class="dock-n small">')
    assert '<div id="cote" hx-swap-oob="innerHTML"><span class="tag">' in html


def test_a_detail_page(env):
    html = env.get_template("t/child.html").render(context())

    check_page(html)
    assert '<meta property="og:title" content="Un pont – « Idées »">' in html
    assert '<aside class="side" id="cote" aria-label="Agir et suivre">' in html
    assert '<aside class="sticky-act" id="dock" aria-label="Agir">' in html
    assert 'data-copy="partager-lien" hidden' in html
    assert "mailto:?subject=Un%20pont&amp;body=https%3A//ex.fr/1" in html


def test_a_first_display_of_a_form_shows_no_error(env):
    html = env.get_template("t/form.html").render(form_context())

    check_page(html)
    assert "<title>Proposer une idée – Valmorin Ensemble</title>" in html
    assert "erreurs-t" not in html
    assert "aria-invalid" not in html
    assert '<p class="stepno">Étape 1 sur 3</p>' in html
    assert "data-autosave" not in html
    assert (
        '<label for="title">Titre</label>\n<span class="hint" id="title-h">Une phrase courte</span>\n'
        '<input class="in" id="title" name="title" type="text" required data-count="80" '
        'aria-describedby="title-h title-c" '
        'data-similar="/similaires">\n<span class="count" id="title-c">80'
        + _
        + "caractères au maximum</span>"
    ) in html
    assert '<label for="photo">Photo (facultatif)</label>' in html
    assert '<b class="break">&lt;b&gt;.jpg</b><small class="num">820' + _ + "Ko</small>" in html
    assert "maxlength" not in html


def test_errors_come_first_and_what_was_typed_comes_back(env):
    posted = MultiDict(
        [
            ("title", '"><script>'),
            ("body", "\r\nUne passerelle"),
            ("theme", "nature"),
            ("when", "2"),
            ("zone", "3"),
        ]
    )

    html = env.get_template("t/form.html").render(form_context(posted, autosave_url="/brouillons/1/"))

    check_page(html)
    assert "<title>Erreur : Proposer une idée – Valmorin Ensemble</title>" in html
    assert html.index('id="erreurs"') < html.index('class="stepno"') < html.index("<h1>")
    assert '<h2 id="erreurs-t">Il y a 2 erreurs à corriger</h2>' in html
    sentence = f"Ajoutez quelques mots{_}: il en faut au moins 50"
    assert f'<li><a href="#body">{sentence}</a></li>' in html
    assert f"</svg> {sentence}</p>" in html
    assert 'value="&#34;&gt;&lt;script&gt;"' in html
    assert (
        'aria-invalid="true" aria-describedby="body-e body-h body-c">\n\r\nUne passerelle</textarea>' in html
    )
    assert 'id="theme-2" value="nature" checked><span>Nature<small>et fraîcheur</small></span>' in html
    assert 'id="when-2" value="2" checked>' in html
    assert '<option value="3" selected>Haut-Pré</option>' in html
    assert 'data-autosave="/brouillons/1/"' in html
    assert '<a href="#charter">Cochez cette case pour continuer</a>' in html


def test_the_first_tile_bears_the_field_s_id(env):
    html = env.get_template("t/form.html").render(form_context(MultiDict()))

    assert '<a href="#theme">Choisissez un thème</a>' in html
    assert 'name="theme" id="theme" value="mobilites" aria-invalid="true" aria-describedby="theme-e">' in html


def test_a_secret_form_is_never_kept(env):
    html = env.get_template("t/form.html").render(form_context(secret=True, autosave_url="/brouillons/1/"))

    assert "data-autosave" not in html
    assert 'data-secret autocomplete="off">' in html


def test_check_thanks_and_results(env):
    check = env.get_template("t/check.html").render(
        context(
            rows=[("Titre", "<b>", "/1"), ("Thème", "Mobilités", "")],
            action="/x",
            hidden=[("choix", "a\nb")],
            secret=True,
        )
    )
    thanks = env.get_template("t/thanks.html").render(
        context(
            heading="Merci !",
            next_step="Un agent relit votre idée sous 48 heures.",
            number=12,
            public_url="/12",
            share_url="https://e.fr",
        )
    )
    results = env.get_template("t/results.html").render(context())

    for html in (check, thanks, results):
        check_page(html)
    assert (
        '<dd class="break">&lt;b&gt;</dd><dd><a href="/1">Modifier<span class="vh"> : Titre</span></a></dd>'
        in check
    )
    assert '<input type="hidden" name="choix" value="a\nb">' in check
    assert 'data-secret autocomplete="off">' in check
    assert "btn-a" in check
    assert f'<h1 class="h3" id="merci">Merci{_}!</h1>' in thanks
    assert "<p>Numéro 12</p>" in thanks


ERRORS = {
    "403": ("Se connecter", {"title": "Cette page est réservée", "sentence": "", "help": "Camille Leroy"}),
    "404": ("Chercher", {}),
    "410": ("accueil", {}),
    "422": (
        "page précédente",
        {"title": "Trop tard", "sentence": "La collecte est terminée.", "back": "/idees/"},
    ),
    "429": ("Réessayer", {"sentence": "Vous allez vite !", "fields": [("a", "b")], "action": "/x"}),
    "stale": (
        "Confirmer",
        {"action": "/x", "fields": [("title", 'a"b'), ("body", "l1\r\nl2")], "had_files": True},
    ),
    "wall": ("Se connecter", {}),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_page_offers_one_way_out(env, name):
    way_out, values = ERRORS[name]

    html = env.get_template(f"ui/errors/{name}.html").render(context(**values))

    check_page(html)
    main = html[html.index("<main") : html.index("</main>")]
    assert len(re.findall(r'class="btn ', main)) == 1
    assert way_out in main


@pytest.mark.parametrize("name", ["500", "503", "closed", "neutral"])
def test_a_failure_page_needs_nothing_at_all(env, name):
    html = env.get_template(f"ui/errors/{name}.html").render()

    check_page(html)
    assert "csrf" not in html
    bare = environment(bare=True)
    check_page(bare.get_template(f"ui/errors/{name}.html").render(platform_name="Valmorin", phone="02"))


def test_a_stale_form_carries_every_text_and_one_button(env):
    html = env.get_template("ui/errors/stale.html").render(context(**ERRORS["stale"][1]))

    assert "Par sécurité, confirmez encore une fois. Votre texte est intact." in html
    assert "Le fichier joint sera à choisir de nouveau." in html
    assert '<input type="hidden" name="title" value="a&#34;b">' in html
    assert '<input type="hidden" name="body" value="l1\r\nl2">' in html


def test_the_script_is_one_light_module():
    script = assets.STATIC.joinpath("js/parvis.js").read_bytes()

    assert len(gzip.compress(script, 9)) <= 6 * 1024
    assert b"eval(" not in script
    assert b".style" not in script
    assert b"setAttribute('style" not in script
