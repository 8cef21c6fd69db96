"""Gate: axe (WCAG 2.2 AA) on every page in Chromium, reflow, keyboard, forms without JavaScript (ux §5, domain 35-39)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page as Window

from tests.gates.conftest import MARK_A
from tests.gates.faults import pages as faults
from tests.support import journeys, routes
from tests.support.chromium import Visit, chromium, serving, visit
from tests.support.html import Page
from tests.support.routes import PageType
from tests.support.sample import Sample, picture

pytestmark = pytest.mark.browser

READERS = (*routes.WHO, *journeys.STAGES)

THEMES = {
    "rivage": {"preset": "rivage", "brand": "#0b5c6b", "accent": "#ffb52e"},
    "verger": {"preset": "verger", "brand": "#2f5d3a", "accent": "#e8a13a"},
    "brique": {"preset": "brique", "brand": "#8a3b2a", "accent": "#d9a441"},
}
#: Each pair of theme, scheme and width once: six of the twelve combinations.
PAIRS = [
    ("rivage", False, 390),
    ("rivage", True, 1280),
    ("verger", False, 1280),
    ("verger", True, 390),
    ("brique", False, 390),
    ("brique", True, 1280),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def origin(app: Flask) -> Iterator[str]:
    with serving(app) as address:
        yield address


@pytest.fixture(scope="module")
def sample(app: Flask, make_sample: Callable[..., Sample]) -> Sample:
    made = make_sample("rive", MARK_A, rows=25, theme=THEMES["rivage"])
    journeys.populate_the_way(app, made)
    return made


@pytest.fixture(scope="module")
def walked(app: Flask, sample: Sample) -> list[PageType]:
    """Every kind of page once, as the first who sees it, then what the team sees of the applications' pages."""
    first: dict[tuple[str, tuple[str, ...]], PageType] = {}
    for page in routes.page_types(app, sample, READERS):
        first.setdefault((page.endpoint, page.query), page)
    modules = app.extensions["modules"]
    team = [
        page
        for page in routes.page_types(app, sample, ("manager",))
        if page.endpoint.partition(".")[0] in modules and not page.query
    ]
    return list(dict.fromkeys([*first.values(), *team]))


def is_whole(sample: Sample, page: PageType) -> bool:
    """A document, not a piece that htmx swaps."""
    return "<html" in sample.browser(page.who).get(page.path).text


def page_faults(window: Visit, page: PageType) -> list[str]:
    """What is wrong with one page: rules of axe, sideways scroll at 320 and 390, calls elsewhere, refusals, errors."""
    window.foreign.clear()
    window.errors.clear()
    window.open(page.path)
    found = window.axe()
    for width in (390, 320):
        found += window.sideways(width)
    window.page.set_viewport_size({"width": 1280, "height": 900})
    found += [f"asks {address}" for address in window.foreign]
    found += [f"the policy refused {refused}" for refused in window.refused()]
    return [f"{page.name}: {one}" for one in (*found, *window.errors)]


def test_every_kind_of_page_once(
    app: Flask, browser: Chromium, origin: str, sample: Sample, walked: list[PageType]
) -> None:
    found = []
    for who in dict.fromkeys(page.who for page in walked):
        with visit(browser, origin, sample, who) as window:
            for page in walked:
                if page.who == who and is_whole(sample, page):
                    found += page_faults(window, page)

    assert not found, "\n".join(found)


@pytest.fixture(scope="module")
def themed(app: Flask, sample: Sample, make_sample: Callable[..., Sample]) -> dict[str, Sample]:
    others = {name: make_sample(name, MARK_A, theme=THEMES[name]) for name in THEMES if name != "rivage"}
    return {"rivage": sample, **others}


@pytest.mark.parametrize(("theme", "dark", "width"), PAIRS)
def test_themes_schemes_and_widths_by_pairs(
    app: Flask, browser: Chromium, origin: str, themed: dict[str, Sample], theme: str, dark: bool, width: int
) -> None:
    """The pages people see most, in every colour and on both screens."""
    tenant, found = themed[theme], []
    step, first = tenant.steps[0], tenant.contributions[0]
    here = f"/{step.segment}/{step.slug}/"
    shown = {
        "visitor": [
            "/",
            "/demarches/",
            f"/demarches/{step.project_slug}/",
            here,
            f"{here}?vue=tableau",
            "/nulle-part/",
        ],
        "author": [f"{here}{first.number}-{first.slug}/", f"{here}proposer/", "/mon-espace/"],
        "manager": [f"{here}{first.number}-{first.slug}/"],
    }
    for who, paths in shown.items():
        with visit(browser, origin, tenant, who, width=width, dark=dark) as window:
            for path in paths:
                window.open(path)
                found += [f"{path} as {who}: {one}" for one in (*window.axe(), *window.sideways(width))]

    assert not found, "\n".join(found)


# --- the keyboard ---------------------------------------------------------------------------------------------


def heading(window: Window) -> str:
    return window.locator("h1").inner_text()


def newest_code(sample: Sample, address: str) -> str:
    return journeys.code_for(sample.browser("visitor"), address)


def test_signing_in_with_the_keyboard_alone(browser: Chromium, origin: str, sample: Sample) -> None:
    address = "clavier@rive.example"
    with visit(browser, origin, sample, "keyboard") as window:
        keyboard = window.page.keyboard
        window.open("/")
        window.tab_to("a.btn[href$='/connexion/']")
        window.send()
        window.tab_to("input[name=email]")
        keyboard.type(address)
        window.send()
        window.tab_to("input[name=code]")
        keyboard.type(newest_code(sample, address))
        window.send()
        window.tab_to("input[name=nom]")
        keyboard.press("Control+A")
        keyboard.type("Inès C.")
        window.tab_to("input[name=charte]")
        keyboard.press("Space")
        window.tab_to("#formulaire button[type=submit]")
        window.send()

        assert window.path() == "/mon-espace/"
        assert "Inès C." in window.page.content()


def test_proposing_supporting_and_commenting_with_the_keyboard_alone(
    browser: Chromium, origin: str, sample: Sample
) -> None:
    step, first = sample.steps[0], sample.contributions[1]
    here = f"/{step.segment}/{step.slug}/"
    with visit(browser, origin, sample, "neighbour") as window:
        keyboard = window.page.keyboard
        window.open(here)
        window.tab_to(f"main a[href$='{here}proposer/']")
        window.send()
        window.tab_to("[name=title]")
        keyboard.type("Un composteur au clavier")
        window.tab_to("[name=body]")
        keyboard.type(
            "Un composteur partagé près du marché, pour les restes du quartier et les jardins voisins."
        )
        if window.page.locator("select[name=theme]").count():
            window.tab_to("select[name=theme]")
            keyboard.press("ArrowDown")
        elif window.page.locator("input[name=theme]").count():
            window.tab_to("input[name=theme]")
            keyboard.press("Space")
        window.tab_to("#formulaire button[type=submit]:not([name])")
        window.send()
        while "/verifier/" not in window.path():
            assert "/proposer/" in window.path(), window.path()
            window.tab_to("#formulaire button[type=submit]:not([name])")
            window.send()
        window.tab_to("#formulaire button[type=submit]")
        window.send()

        assert "/merci/" in window.path()

        window.open(f"{here}{first.number}-{first.slug}/")
        before = window.page.locator("#soutien .big-n").all_inner_texts()
        window.tab_to("#soutien form button[type=submit]")
        with window.page.expect_response(lambda answer: answer.request.method == "POST"):
            keyboard.press("Enter")
        window.page.wait_for_load_state("networkidle")

        assert window.page.locator("#soutien .big-n").all_inner_texts() != before

        window.open(f"{here}{first.number}-{first.slug}/")
        window.tab_to("#discussion textarea[name=body]")
        keyboard.type("Écrit au clavier, sans souris.")
        window.tab_to("#discussion form button[type=submit]")
        with window.page.expect_response(lambda answer: answer.request.method == "POST"):
            keyboard.press("Enter")
        window.page.wait_for_load_state("networkidle")

        assert "Écrit au clavier, sans souris." in window.page.locator("#discussion").inner_text()


# --- without JavaScript ---------------------------------------------------------------------------------------


def test_every_form_can_be_sent_without_javascript(
    app: Flask, browser: Chromium, origin: str, sample: Sample, walked: list[PageType]
) -> None:
    """Each form has a button that shows and is not waiting for a script; each field it needs shows too."""
    found = []
    for who in dict.fromkeys(page.who for page in walked):
        with visit(browser, origin, sample, who, script=False) as window:
            for page in walked:
                if page.who == who and is_whole(sample, page) and has_form(sample, page):
                    window.open(page.path)
                    found += [f"{page.name}: {one}" for one in unusable_forms(window.page)]

    assert not found, "\n".join(found)


def has_form(sample: Sample, page: PageType) -> bool:
    return bool(Page(sample.browser(page.who).get(page.path).text).forms)


_FORMS = """() => [...document.querySelectorAll('main form, aside form')].map((form) => {
  const shows = (one) => one.getClientRects().length > 0;
  const buttons = [...form.querySelectorAll('button[type=submit], button:not([type]), input[type=submit]')];
  const needed = [...form.querySelectorAll('[required], [aria-required=true]')]
    .filter((one) => ![one, ...(one.labels || [])].some(shows)).map((one) => one.name);
  // A form inside closed details is one click on its summary away, which needs no script.
  const closed = !!form.closest('details:not([open])');
  const why = !buttons.length ? 'no button sends it'
    : closed ? ''
    : !buttons.some((one) => shows(one) && !one.disabled) ? 'none of its buttons shows'
    : needed.length ? `${needed[0]} is needed and does not show` : '';
  return [form.getAttribute('action') || '(here)', why];
})"""


def unusable_forms(window: Window) -> list[str]:
    """Addresses that a script alone could send to. A form shown on phones only has a twin elsewhere on the page."""
    faults: dict[str, list[str]] = {}
    for action, why in window.evaluate(_FORMS):
        faults.setdefault(action, []).append(why)
    return [f"form to {action}: {found[0]}" for action, found in faults.items() if all(found)]


def test_an_act_from_end_to_end_without_javascript(
    browser: Chromium, origin: str, sample: Sample, tmp_path: Path
) -> None:
    """Somebody unknown proposes with a picture, gives an address, types the code, opens an account, and is thanked."""
    step, address = sample.steps[0], "sans.script@rive.example"
    photo = tmp_path / "banc.jpg"
    photo.write_bytes(picture().read())
    with visit(browser, origin, sample, "scriptless", script=False) as window:
        page = window.page
        window.open(f"/{step.segment}/{step.slug}/proposer/")
        page.fill("[name=title]", "Une fontaine sans script")
        page.fill(
            "[name=body]",
            "Une fontaine à boire sur le marché, pour les jours de grande chaleur, près des bancs.",
        )
        if page.locator("select[name=theme]").count():
            page.select_option("select[name=theme]", index=1)
        elif page.locator("input[name=theme]").count():
            page.locator("label:has(input[name=theme]), input[name=theme] + label").first.click()
        if page.locator("input[type=file]").count():
            page.set_input_files("input[type=file]", str(photo))
        for _ in range(8):
            path = window.path()
            if "/merci/" in path:
                break
            if "/identite/" in path:
                page.fill("[name=email]", address)
            elif "/code/" in path:
                page.fill("[name=code]", newest_code(sample, address))
            elif "/profil/" in path:
                page.fill("[name=nom]", "Sami S.")
                page.check("[name=charte]")
            with page.expect_navigation():
                page.locator("main form button[type=submit]:not([name]):not([aria-hidden])").first.click()

        assert "/merci/" in window.path(), f"stopped at {window.path()}: {heading(page)}"
        assert window.errors == []


# --- the gate can fail ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("no_alt", "image-alt"),
        ("pale", "color-contrast"),
        ("no_label", "label"),
        ("wide", "320 px: p.wide"),
        ("foreign", "asks https://images.example/x.png"),
        ("style", "the policy refused style-src-attr"),
        ("script", "the policy refused script-src-elem"),
    ],
)
def test_a_page_that_shuts_somebody_out_is_caught(
    make_app: Callable[[], Flask], browser: Chromium, sample: Sample, fault: str, said: str
) -> None:
    faulty = make_app()
    path = faults.install_page(faulty, fault)
    faults.install_pale_sheet(faulty)
    there = replace(sample, world=replace(sample.world, app=faulty), _browsers={})
    with serving(faulty) as origin, visit(browser, origin, there) as window:
        found = page_faults(window, PageType("fault.page", (), path, "visitor"))

    assert any(said in one for one in found), found


def test_a_focus_that_does_not_show_is_caught(
    make_app: Callable[[], Flask], browser: Chromium, sample: Sample
) -> None:
    faulty = make_app()
    path = faults.install_page(faulty, "no_focus")
    faults.install_pale_sheet(faulty)
    there = replace(sample, world=replace(sample.world, app=faulty), _browsers={})
    with serving(faulty) as origin, visit(browser, origin, there) as window:
        window.open(path)
        with pytest.raises(AssertionError, match="the focus does not show on a"):
            window.tab_to("#nowhere")


def test_what_the_tab_key_never_reaches_is_caught(browser: Chromium, origin: str, sample: Sample) -> None:
    with visit(browser, origin, sample) as window:
        window.open("/connexion/")
        with pytest.raises(AssertionError, match=r"h1 is not reached with the Tab key"):
            window.tab_to("h1", most=40)


def test_a_form_that_waits_for_a_script_is_caught(
    make_app: Callable[[], Flask], browser: Chromium, sample: Sample
) -> None:
    faulty = make_app()
    path = faults.install_page(faulty, "needs_script")
    there = replace(sample, world=replace(sample.world, app=faulty), _browsers={})
    with serving(faulty) as origin, visit(browser, origin, there, script=False) as window:
        window.open(path)

        assert unusable_forms(window.page) == ["form to /envoyer: no button sends it"]
