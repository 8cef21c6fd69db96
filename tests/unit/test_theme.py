"""Any pair of brand colours gives a readable platform, and ours give the ones that were drawn."""

import random
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.ui import assets
from app.ui.theme import PRESETS, ThemeError, content_hash, css, derive, font_files
from app.ui.theme.colour import channels, contrast, from_oklch, parse_hex, to_oklch
from app.ui.theme.pairs import REQUIRED

# The colours of the drawn pages, token by token: the engine must find them again from two colours.
DRAWN = {
    ("rivage", "light"): """
        brand-50=edf8fb brand-100=def1f5 brand-200=c2e3ec brand-300=9bceda brand-400=6bb1c1 brand-500=4c92a2
        brand-600=307786 brand-700=115f6e brand-800=004855 brand-900=00333d brand-950=002027 paper=f7fbfc
        surface=ffffff sunken=ebf3f4 line=d4dfe1 line-strong=7a898d ink=132226 ink-2=425357 ink-3=5f6f73
        brand=0b5c6b on-brand=ffffff brand-hover=004854 link=0b5c6b accent=ffb52e on-accent=132226
        accent-soft=ffebd0 accent-ink=845a00 accent-on-dark=ffb52e focus=132226 app-entraide=983b38
        app-entraide-soft=ffebe9 app-idees=7e5400 app-idees-soft=fceedc app-questionnaire=734691
        app-questionnaire-soft=f6ebff app-consultation=3a59a3 app-consultation-soft=e9f0ff app-questions=006880
        app-questions-soft=ddf5fd app-budget=00703e app-budget-soft=e2f6e8 app-votation=8f3b67
        app-votation-soft=ffe9f3 app-appel=626200 app-appel-soft=f1f2dd ok=007742 ok-soft=e3f8e9 ok-line=9bd4ae
        warn=865900 warn-soft=feefdc warn-line=e3bd8a bad=a43b38 bad-soft=ffedeb bad-line=f4b0aa info=0068a5
        info-soft=e7f4ff info-line=98caf5
    """,
    ("verger", "light"): """
        brand-50=eff9ef brand-100=e1f3e1 brand-200=c7e6c8 brand-300=a4d2a6 brand-400=79b67c brand-500=5a975e
        brand-600=407c45 brand-700=28642e brand-800=0c4d18 brand-900=0e3613 brand-950=052308 paper=fbfaf7
        surface=ffffff sunken=f3f1eb line=dfdcd4 line-strong=89867a ink=221f13 ink-2=535042 ink-3=6f6c5f
        brand=2f6b35 on-brand=ffffff brand-hover=195722 link=2f6b35 accent=f26b3a on-accent=221f13
        accent-soft=ffe9e2 accent-ink=aa3700 accent-on-dark=f66e3d focus=221f13
    """,
    ("brique", "light"): """
        brand-50=fff3f0 brand-100=ffe7e1 brand-200=ffd0c6 brand-300=ffac9b brand-400=ef806c brand-500=cc624e
        brand-600=ae4634 brand-700=932d1c brand-800=6e2316 brand-900=4b1b13 brand-950=330f08 paper=fcf9f7
        surface=ffffff sunken=f5f0ec line=e3dbd5 line-strong=8f847c ink=271d15 ink-2=594d44 ink-3=756960
        brand=a63a28 on-brand=ffffff brand-hover=8f2312 link=a63a28 accent=9ad0ec on-accent=271d15
        accent-soft=dcf3ff accent-ink=366a83 accent-on-dark=9ad0ec focus=271d15
    """,
    ("rivage", "dark"): """
        paper=0d1416 surface=151e20 sunken=070e0f line=2e393c line-strong=6f7d81 ink=ecf1f3 ink-2=bcc6c9
        ink-3=9ba7aa link=7ec4d5 brand=85cadb on-brand=070e0f brand-hover=9be1f2 brand-50=0f252a brand-100=0e2f36
        brand-200=123e48 brand-300=1e5561 brand-700=88d5e7 brand-800=aae2f0 brand-900=cbeff9 accent=ffb52e
        accent-on-dark=ffb52e on-accent=070e0f accent-soft=3b2b12 accent-ink=f6c985 focus=ffffff app-entraide=fdb1aa
        app-entraide-soft=3d2321 app-idees=eabf84 app-idees-soft=372813 app-questionnaire=d9b7f4
        app-questionnaire-soft=31263a app-consultation=adc7ff app-consultation-soft=222b3f app-questions=81d5f0
        app-questions-soft=113039 app-budget=98d9ae app-budget-soft=1a3123 app-votation=f5b0d0
        app-votation-soft=3a232e app-appel=cacd88 app-appel-soft=2c2d15 ok=8ee0ab ok-soft=193021 ok-line=336144
        warn=f5c076 warn-soft=362712 warn-line=6c4f25 bad=ffb5ae bad-soft=3c2220 bad-line=784541 info=9bd1ff
        info-soft=182c3d info-line=31597a
    """,
    ("verger", "dark"): """
        paper=14130d surface=1e1c15 sunken=0e0c07 line=39372d line-strong=7d7a6f ink=f1f0ec ink-2=c6c4bc
        ink-3=a7a59b link=8bca8e brand=94cf97 on-brand=0e0c07 brand-hover=b3e3b5 brand-50=182619 brand-100=1d2f1e
        brand-200=273f28 brand-300=375639 brand-700=a7d6a8 brand-800=bfe3c0 brand-900=d8f0d8 accent=f26b3a
        accent-on-dark=f26b3a on-accent=0e0c07 accent-soft=41261c accent-ink=ffc0ab focus=ffffff
    """,
    ("brique", "dark"): """
        paper=17110d surface=211b16 sunken=100b07 line=3d352f line-strong=837870 ink=f3efec ink-2=cac2bd
        ink-3=aba39c link=f59d8b brand=f7a695 on-brand=100b07 brand-hover=ffc4b8 brand-50=2f1c19 brand-100=3c221e
        brand-200=4f2e27 brand-300=6a4138 brand-700=f7b5a7 brand-800=fdcabf brand-900=ffe0d9 accent=9ad0ec
        accent-on-dark=9ad0ec on-accent=100b07 accent-soft=133240 accent-ink=a4daf6 focus=ffffff
    """,
}
EXTREMES = [
    *("#ffff00", "#ffffff", "#000000", "#808080", "#010101", "#7f7f00"),
    *("#ff0000", "#00ff00", "#0000ff", "#00ffff", "#ff00ff"),
]
COLOURS = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


@pytest.mark.parametrize(("preset", "scheme"), DRAWN)
def test_a_preset_gives_the_colours_that_were_drawn(preset, scheme):
    look = PRESETS[preset]
    tokens = derive(look.brand, look.accent, preset=preset).scheme(scheme)
    drawn = dict(word.split("=") for word in DRAWN[preset, scheme].split())

    far = {
        token: (value, tokens[token])
        for token, value in drawn.items()
        if max(abs(a - b) for a, b in zip(channels(f"#{value}"), channels(tokens[token]), strict=True)) > 2
    }

    assert far == {}


def test_four_hundred_pairs_of_colours_are_all_legible_light_and_dark():
    chance = random.Random(2026)
    pairs = [(f"#{chance.randrange(1 << 24):06x}", f"#{chance.randrange(1 << 24):06x}") for _ in range(400)]
    pairs += [(brand, accent) for brand in EXTREMES for accent in EXTREMES]
    presets = list(PRESETS)

    worst = min(
        pair.ratio / pair.minimum
        for number, (brand, accent) in enumerate(pairs)
        for pair in derive(brand, accent, preset=presets[number % 3]).pairs()
    )

    assert worst >= 1


@settings(max_examples=60, deadline=None)
@given(
    brand=COLOURS,
    accent=st.one_of(st.none(), COLOURS),
    preset=st.sampled_from(sorted(PRESETS)),
    mono=st.booleans(),
)
@example(brand="#000000", accent="#000000", preset="rivage", mono=True)
@example(
    brand="#748a91", accent="#748a91", preset="brique", mono=False
)  # middle tones: white and ink both fall short
def test_no_brand_is_refused(brand, accent, preset, mono):
    theme = derive(brand, accent, preset=preset, mono_apps=mono)

    assert all(pair.ratio >= pair.minimum for pair in theme.pairs())


@pytest.mark.parametrize("hue", [0.0, 40.0, 130.0, 280.0])
def test_no_hue_of_grey_costs_legibility(hue):
    theme = derive("#0b5c6b", "#ffb52e", neutral_hue=hue)

    assert min(pair.ratio / pair.minimum for pair in theme.pairs()) >= 1


def test_every_pair_of_the_specification_is_measured_in_both_schemes():
    names = {(pair.name, pair.scheme) for pair in derive("#0b5c6b", "#ffb52e").pairs()}

    for scheme in ("light", "dark"):
        for fg, bg, minimum in REQUIRED:
            assert (f"{fg} on {bg}", scheme) in names
            assert minimum >= 3
        assert ("white on deep", scheme) in names
    assert len(names) == 2 * (len(REQUIRED) + 2)


@pytest.mark.parametrize(
    ("token", "colour", "pair", "scheme"),
    [
        ("ink", "#999999", "ink on paper", "light"),
        ("accent", "#2b2b2b", "on-accent on accent", "light"),
        ("link", "#ffe14d", "link on paper", "light"),
        ("app-budget", "#e2f6e8", "app-budget on app-budget-soft", "light"),
        ("line-strong", "#eeeeee", "line-strong on paper", "light"),
        ("dark.brand", "#101010", "on-brand on brand", "dark"),
        ("dark.deep", "#ffffff", "accent-on-dark on deep", "dark"),
    ],
)
def test_an_illegible_override_is_refused_with_the_pair_and_its_ratio(token, colour, pair, scheme):
    with pytest.raises(ThemeError) as refusal:
        derive("#0b5c6b", "#ffb52e", overrides={token: colour})

    assert refusal.value.pair == pair
    assert refusal.value.scheme == scheme
    assert refusal.value.ratio < refusal.value.minimum
    assert f"{pair} (" in str(refusal.value)
    assert f"contrast of {refusal.value.ratio:.2f}, expected at least {refusal.value.minimum:g}" in str(
        refusal.value
    )


def test_each_required_pair_can_fail():
    """Both colours made equal: every line of the table must notice, or it checks nothing."""
    theme = derive("#0b5c6b", "#ffb52e")

    for fg, bg, _ in REQUIRED:
        with pytest.raises(ThemeError):
            derive("#0b5c6b", "#ffb52e", overrides={fg: theme.light[bg]})
        with pytest.raises(ThemeError):
            derive("#0b5c6b", "#ffb52e", overrides={f"dark.{fg}": theme.dark[bg]})


def test_a_legible_override_is_kept_as_given():
    theme = derive("#0b5c6b", "#ffb52e", overrides={"link": "#0A4A8F", "dark.surface": "#101010"})

    assert theme.light["link"] == "#0a4a8f"
    assert theme.dark["surface"] == "#101010"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"brand": "teal"}, 'theme.brand: colour is "teal", expected "#rrggbb"'),
        ({"brand": "#0b5c6b", "accent": "#12345"}, 'theme.accent: colour is "#12345", expected "#rrggbb"'),
        (
            {"brand": "#0b5c6b", "preset": "marine"},
            'theme.preset is "marine", expected one of rivage, verger, brique',
        ),
        (
            {"brand": "#0b5c6b", "overrides": {"inc": "#000000"}},
            'theme.overrides names "inc", which is not a token',
        ),
        (
            {"brand": "#0b5c6b", "overrides": {"ink": "noir"}},
            'theme.overrides.ink: colour is "noir", expected "#rrggbb"',
        ),
    ],
)
def test_a_mistake_in_the_configuration_is_named(call, message):
    with pytest.raises(ThemeError) as refusal:
        derive(**call)

    assert str(refusal.value) == message
    assert refusal.value.pair == ""


def test_the_brand_is_kept_to_the_last_bit_when_it_is_legible():
    theme = derive("#0b5c6b", "#ffb52e")

    assert theme.light["brand"] == "#0b5c6b"
    assert theme.light["accent"] == "#ffb52e"
    assert [change.token for change in theme.adjustments] == ["accent-ink"]


def test_a_pale_brand_is_darkened_and_the_change_is_told():
    theme = derive("#ffe14d", "#0b5c6b")

    changed = {change.token: (change.given, change.used) for change in theme.adjustments}
    assert changed["brand"][0] == "#ffe14d"
    assert contrast(changed["brand"][1], "#ffffff") >= 4.6
    assert to_oklch(changed["brand"][1]).hue == pytest.approx(to_oklch("#ffe14d").hue, abs=6)


def test_one_colour_is_enough():
    accent = to_oklch(derive("#0b5c6b").light["accent"])

    assert accent.lightness == pytest.approx(0.82, abs=0.01)
    assert accent.hue == pytest.approx((to_oklch("#0b5c6b").hue + 150) % 360, abs=2)


def test_a_grey_brand_gives_greys_and_keeps_its_accent():
    theme = derive("#444444", "#ffb52e")

    assert theme.light["accent"] == "#ffb52e"
    assert all(to_oklch(theme.light[f"brand-{step}"]).chroma < 0.025 for step in (50, 300, 700, 900))
    assert all(to_oklch(theme.dark[token]).chroma < 0.025 for token in ("brand", "link", "deep", "brand-100"))


def test_a_dark_accent_is_lightened_on_dark_blocks_with_its_own_text_colour():
    theme = derive("#0b5c6b", "#1b1464")

    assert theme.light["accent"] == "#1b1464"
    assert theme.light["on-accent"] == "#ffffff"
    assert contrast(theme.light["accent-on-dark"], theme.light["deep"]) >= 4.6
    assert contrast(theme.light["on-accent-dark"], theme.light["accent-on-dark"]) >= 4.5


def test_applications_keep_their_hues_unless_the_tenant_wants_one_colour():
    usual = derive("#0b5c6b", "#ffb52e")
    other = derive("#a63a28", "#9ad0ec", preset="brique")
    mono = derive("#0b5c6b", "#ffb52e", mono_apps=True)

    assert usual.light["app-budget"] == other.light["app-budget"] == "#00703e"
    assert len({mono.light[f"app-{name}"] for name in ("budget", "idees", "votation")}) == 1
    assert to_oklch(mono.light["app-budget"]).hue == pytest.approx(to_oklch("#0b5c6b").hue, abs=3)


def test_the_stylesheet_carries_tokens_dark_schemes_and_two_typefaces():
    theme = derive("#2f6b35", "#f26b3a", preset="verger")
    sheet = css(theme, static_prefix="/t/rive/static")

    assert sheet.count("@font-face") == 2
    assert f"url(/t/rive/static/{assets.hashed(font_files(theme)[0])})" in sheet
    assert "--font-head:'Fraunces Variable',Georgia,serif" in sheet
    assert "--brand:#2f6b35;" in sheet
    assert "--surface:#fff;" in sheet
    assert ":root[data-scheme=dark]{" in sheet
    assert "(prefers-color-scheme:dark){:root:not([data-scheme=light]){" in sheet
    assert "(prefers-reduced-motion:reduce){:root{--t-fast:0ms;--t:0ms}}" in sheet
    assert sheet.count("{") == sheet.count("}")
    assert "style" not in sheet


def test_the_stylesheet_defines_every_colour_the_site_uses():
    sheet = css(derive("#0b5c6b"))
    site = "".join(
        assets.Manifest(assets.STATIC).get(name).content.decode()
        for name in ("css/site.css", "css/admin.css")
    )

    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", site))
    defined = set(re.findall(r"(--[a-z0-9-]+):", sheet)) | set(re.findall(r"(--[a-z0-9-]+):", site))

    assert used - defined == set()


def test_the_hash_follows_the_content():
    rivage, verger = css(derive("#0b5c6b", "#ffb52e")), css(derive("#2f6b35", "#f26b3a", preset="verger"))

    assert content_hash(rivage) == content_hash(css(derive("#0b5c6b", "#ffb52e")))
    assert content_hash(rivage) != content_hash(verger)
    assert content_hash(rivage) != content_hash(css(derive("#0b5c6b", "#ffb52e"), corners="square"))
    assert re.fullmatch(r"[0-9a-f]{12}", content_hash(rivage))


@given(COLOURS)
@settings(max_examples=200, deadline=None)
def test_a_colour_survives_the_journey_to_oklch_and_back(colour):
    back = from_oklch(*to_oklch(colour))

    assert max(abs(a - b) for a, b in zip(channels(colour), channels(back), strict=True)) <= 1


def test_contrast_is_the_one_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert parse_hex(" #FB2 ") == "#ffbb22"
