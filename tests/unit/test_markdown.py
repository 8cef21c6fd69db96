"""Citizens' Markdown: what it may become, what it may never become, and how long it may take."""

from __future__ import annotations

import re
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from app.ui import markdown

TAG = re.compile(r"</?([a-z0-9]+)([^>]*)>")


def html(text: str, **options: int) -> str:
    return str(markdown.render(text, **options))


def test_a_usual_text_keeps_its_shape():
    text = "Le *bac* est **loin**.\nVraiment !\n\n- un\n- deux\n\n3. trois\n\n> cité"

    assert html(text) == (
        "<p>Le <em>bac</em> est <strong>loin</strong>.<br>\nVraiment&nbsp;!</p>\n"
        "<ul>\n<li>un</li>\n<li>deux</li>\n</ul>\n"
        '<ol start="3">\n<li>trois</li>\n</ol>\n'
        "<blockquote>\n<p>cité</p>\n</blockquote>"
    )
    assert isinstance(markdown.render(text), Markup)


def test_titles_are_shifted_under_those_of_the_page():
    assert html("# A\n\n## B\n\n### C\n\n###### D") == "<h3>A</h3>\n<h3>B</h3>\n<h4>C</h4>\n<h6>D</h6>"
    assert html("## A\n\n### B", top=2) == "<h2>A</h2>\n<h3>B</h3>"


def test_links_tell_robots_not_to_follow():
    rel = 'rel="nofollow ugc noopener"'

    assert (
        html("[La *ville*](https://ex.fr/a?b=1&c=2)")
        == f'<p><a href="https://ex.fr/a?b=1&amp;c=2" {rel}>La <em>ville</em></a></p>'
    )
    assert html("[ici](/idees/)") == f'<p><a href="/idees/" {rel}>ici</a></p>'
    assert (
        html("Voir https://ex.fr/l'eau.")
        == f"<p>Voir <a href=\"https://ex.fr/l'eau\" {rel}>https://ex.fr/l'eau</a>.</p>"
    )


def test_html_is_shown_as_text():
    assert (
        html("<b>gras</b> & <script>alert(1)</script>")
        == "<p>&lt;b&gt;gras&lt;/b&gt; &amp; &lt;script&gt;alert(1)&lt;/script&gt;</p>"
    )


def test_nothing_gives_nothing():
    assert html("") == ""
    assert markdown.render(None) == ""
    assert html("   \n\n ") == ""


HOSTILE = [
    "<script>alert(1)</script>",
    "<svg onload=alert(1)><use href=data:x></svg>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](//evil.example)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    '[x](https://ex.fr/" onmouseover="alert(1))',
    "[x](https://ex.fr/'onclick='alert(1))",
    "<https://ex.fr/><script>",
    "![x](https://ex.fr/pixel.gif)",
    "[a]: javascript:alert(1)\n\n[a]",
    "`</code><script>alert(1)</script>`",
    "<!-- --><style>*{display:none}</style>",
    "<a href='javascript:alert(1)'>x</a>",
    "```html\n<script>\n```",
    'https://ex.fr/"><script>alert(1)</script>',
    "\u202e<script>\u202c",
    "**[_`<svg/onload=alert(1)>`_](https://x.y)**",
]


def check_harmless(out: str) -> None:
    for name, attributes in TAG.findall(out):
        assert name in markdown.ALLOWED_TAGS
        for attribute, value in re.findall(r'([a-z-]+)="([^"]*)"', attributes):
            assert attribute in {"href", "rel", "start", "dir"}
            if attribute == "href":
                assert re.match(r"https?://|mailto:|/(?!/)", value)
        assert re.fullmatch(r'(?: [a-z-]+="[^"]*")*\s*/?', attributes)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_input_is_harmless(text):
    out = html(text)

    check_harmless(out)
    assert "<script" not in out
    assert "<svg" not in out
    assert "<img" not in out


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="<>[]()*_`#>-!&;:/\"'\\ \nabjh1.é🙂ع", max_size=120))
def test_no_mixture_of_marks_escapes_the_list(text):
    check_harmless(html(text))


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "[",
        "[a](",
        "](",
        "[a](https://",
        "*",
        "_",
        "**a ",
        "*a_ ",
        "`",
        "``a",
        "<",
        "<a",
        "&",
        "\\",
        "> ",
        "- ",
        "- a\n",
        "1. ",
        "# ",
        "\n",
        " \n",
        "\t",
        "    a\n",
        "https://",
        "https://a.b ",
        "[x](https://a.b)",
        "ع",
        "🙂",
        "![",
        "a**b",
        "***a",
        "- > ",
        "~",
        "|",
        "'a",
        "[[a]](",
        "\u202e",
        "a\n\n",
        "* a\n  * b\n",
        "_a*",
        "&amp;",
        "<!--",
        "<![CDATA[",
        "\\[",
        "\r\n",
    ],
)
def test_time_grows_with_length_and_no_faster(unit):
    # With the square of the length, the cheapest of these would take minutes.
    assert _seconds((unit * 20_000)[:20_000]) < 4


@pytest.mark.parametrize("unit", ["- a\n", "***a", "[a](https://x.y) ", "mot "])
def test_a_hundred_thousand_characters_are_rendered(unit):
    assert _seconds((unit * 100_000)[:100_000]) < 15


def _seconds(text: str) -> float:
    started = perf_counter()
    out = html(text)
    markdown.plain(text)
    elapsed = perf_counter() - started
    check_harmless(out)
    return elapsed


def test_text_from_right_to_left_finds_its_direction():
    assert html("مرحبا بكم") == '<p dir="auto">مرحبا بكم</p>'
    assert html("Bonjour 👩‍👩‍👧 à tous") == "<p>Bonjour 👩‍👩‍👧 à tous</p>"


def test_unclosed_marks_are_text():
    assert html("Un *astre et [un lien( `code") == "<p>Un *astre et [un lien( `code</p>"


def test_an_excerpt_has_no_marks_and_ends_on_a_word():
    text = "## Titre\n\nPour *aller* de [Port-Neuf](https://ex.fr) au **centre**, il faut\n- passer\n> par le a_b"

    assert markdown.plain(text) == "Titre Pour aller de Port-Neuf au centre, il faut passer par le a_b"
    assert markdown.plain(text, 30) == "Titre Pour aller de Port-Neuf…"
    assert markdown.plain("a" * 500, 50) == "a" * 49 + "…"
    assert markdown.plain("<script>x</script>") == "<script>x</script>"
    assert markdown.plain(None) == ""
