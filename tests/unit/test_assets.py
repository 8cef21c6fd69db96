"""Static files: what is vendored is what was published, and every name carries its content."""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from app.ui import assets
from app.ui.theme import PRESETS, css, derive, font_files

ROOT = assets.STATIC.parents[2]
VENDORED = json.loads((assets.STATIC / "vendor.json").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "css" / "parts").mkdir(parents=True)
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "dot.png").write_bytes(b"\x89PNG dot")
    (tmp_path / "css" / "parts" / "a.css").write_text(".a { color: red; }\n", encoding="utf-8")
    (tmp_path / "css" / "main.css").write_text(
        '/* main */\n@layer base;\n@import "parts/a.css" layer(base);\n.b { background: url("../img/dot.png"); }\n',
        encoding="utf-8",
    )
    return tmp_path


@pytest.mark.parametrize("entry", VENDORED, ids=lambda entry: entry["file"])
def test_a_vendored_file_is_the_published_one(entry):
    content = (ROOT / entry["file"]).read_bytes()

    assert entry["sha384"] == "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
    assert set(entry) == {"name", "version", "licence", "file", "sha384"}
    assert all(entry.values())


def test_everything_vendored_is_listed():
    folders = [
        assets.STATIC / "vendor",
        assets.STATIC / "fonts",
        assets.STATIC / "licences",
        ROOT / "tests" / "vendor",
    ]

    present = {
        path.relative_to(ROOT).as_posix() for top in folders for path in top.rglob("*") if path.is_file()
    }

    assert present | {"app/ui/static/sprite.svg"} == {entry["file"] for entry in VENDORED}


def test_nothing_vendored_tells_where_it_was_fetched():
    listing = (assets.STATIC / "vendor.json").read_text(encoding="utf-8")

    assert "://" not in listing
    assert "resolved" not in listing


def test_every_font_comes_with_its_licence():
    for entry in VENDORED:
        if entry["file"].endswith(".woff2"):
            family = entry["name"].rsplit("/", 1)[1]
            text = (assets.STATIC / "licences" / f"{family}.txt").read_text(encoding="utf-8")
            assert "SIL OPEN FONT LICENSE" in text.upper()


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_each_theme_stays_within_its_budget(preset):
    theme = derive("#0b5c6b", "#ffb52e", preset=preset)
    site = assets.find("css/site.css")
    fonts = [assets.find(file) for file in font_files(theme)]

    assert site is not None
    assert site.compressed is not None
    assert len(site.compressed) + len(gzip.compress(css(theme).encode())) <= 14 * 1024
    assert sum(len(font.content) for font in fonts if font) <= 80 * 1024


def test_the_back_office_stays_within_its_budget():
    sheets = [assets.find("css/site.css"), assets.find("css/admin.css")]
    theme = gzip.compress(css(derive("#0b5c6b")).encode())

    assert sum(len(sheet.compressed or b"") for sheet in sheets if sheet) + len(theme) <= 18 * 1024


def test_our_stylesheets_hold_no_outside_address_and_no_special_case_for_the_dark():
    for path in (assets.STATIC / "css").rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert "http:" not in text.replace("href^=http", "")
        assert "https:" not in text
        assert "data-scheme" not in text, (
            "a token of the theme says it once for the button and for the system"
        )


def test_braces_are_balanced_and_no_comment_is_served():
    for name in ("css/site.css", "css/admin.css"):
        served = assets.find(name)
        assert served is not None
        text = served.content.decode()
        assert text.count("{") == text.count("}")
        assert "/*" not in text
        assert "@import" not in text


def test_the_sprite_draws_every_icon_once():
    text = (assets.STATIC / "sprite.svg").read_text(encoding="utf-8")
    names = re.findall(r'<symbol id="i-([a-z-]+)" viewBox="0 0 24 24">', text)

    assert len(names) == len(set(names)) == text.count("<symbol") == len(assets.icons())
    assert {"arrow", "bulb", "checkc", "coin", "eye-off", "heart", "vote", "warn", "x"} <= assets.icons()
    assert "stroke-width" not in text
    assert "class=" not in text


def test_a_served_name_carries_the_content():
    name = assets.hashed("css/site.css")

    assert re.fullmatch(r"css/site\.[0-9a-f]{8}\.css", name)
    assert assets.url("css/site.css") == f"/static/{name}"
    assert assets.url("css/site.css", prefix="/t/rive/static") == f"/t/rive/static/{name}"


def test_an_unknown_file_is_an_error_for_us_and_nothing_for_a_visitor():
    with pytest.raises(FileNotFoundError, match=r"static file css/sight\.css is not in static/"):
        assets.url("css/sight.css")
    assert assets.find("css/sight.css") is None
    assert assets.find("../assets.py") is None
    assert assets.find("css/site.00000000.css") is None


def test_a_change_of_content_changes_the_name_and_the_name_of_what_uses_it(folder):
    before = assets.Manifest(folder)
    (folder / "img" / "dot.png").write_bytes(b"\x89PNG other")
    after = assets.Manifest(folder)

    assert before.get("img/dot.png").hashed != after.get("img/dot.png").hashed
    assert before.get("css/main.css").hashed != after.get("css/main.css").hashed
    assert before.find(after.get("css/main.css").hashed) is None


def test_a_stylesheet_takes_in_its_parts_and_names_files_by_their_content(folder):
    manifest = assets.Manifest(folder)
    image = manifest.get("img/dot.png").hashed

    assert manifest.get("css/main.css").content.decode() == (
        f"@layer base;@layer base{{.a{{color:red}}}}.b{{background:url(../{image})}}"
    )


def test_a_stylesheet_that_names_a_missing_file_stops_the_start(folder):
    (folder / "css" / "main.css").write_text(".b { background: url(../img/none.png); }", encoding="utf-8")

    with pytest.raises(FileNotFoundError):
        assets.Manifest(folder)


def test_a_hashed_name_is_kept_for_ever_and_a_plain_one_is_checked():
    forever = assets.find(assets.hashed("css/site.css"))
    plain = assets.find("/css/site.css")

    assert forever is not None
    assert plain is not None
    assert forever.answer()[1]["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.answer()[1]["Cache-Control"] == "no-cache"
    assert plain.content == forever.content


def test_text_is_sent_compressed_to_those_who_accept_it():
    sheet = assets.find("css/site.css")
    assert sheet is not None

    status, headers, body = sheet.answer(accept_encoding="br, gzip")
    plain_status, plain_headers, plain_body = sheet.answer()

    assert (status, plain_status) == (200, 200)
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Vary"] == plain_headers["Vary"] == "Accept-Encoding"
    assert headers["Content-Length"] == str(len(body))
    assert gzip.decompress(body) == plain_body == sheet.content
    assert "Content-Encoding" not in plain_headers
    assert headers["Content-Type"] == "text/css; charset=utf-8"


def test_a_browser_that_has_the_file_receives_nothing():
    sheet = assets.find("css/site.css")
    assert sheet is not None
    etag = sheet.answer()[1]["ETag"]

    status, headers, body = sheet.answer(if_none_match=f'W/"x", {etag}')

    assert (status, body) == (304, b"")
    assert headers["ETag"] == etag


def test_a_font_is_not_compressed_twice():
    font = assets.find(f"fonts/{Path(PRESETS['rivage'].head.file).name}")
    assert font is not None

    _, headers, body = font.answer(accept_encoding="gzip")

    assert headers["Content-Type"] == "font/woff2"
    assert "Content-Encoding" not in headers
    assert body == font.content


@pytest.mark.parametrize(
    ("source", "minified"),
    [
        ("a { color: red; }", "a{color:red}"),
        (".card :focus { x: y }", ".card :focus{x:y}"),
        ("p > a , b{ margin:0  auto !important ; }", "p>a,b{margin:0 auto!important}"),
        ("/* a } */ q::before { content: '/* kept  */ ; }' }", "q::before{content:'/* kept  */ ; }'}"),
        ("a { width: calc(1rem + 2px) }", "a{width:calc(1rem + 2px)}"),
        (
            "@media (min-width: 40rem) and (hover) { a { b: c } }",
            "@media (min-width:40rem) and (hover){a{b:c}}",
        ),
        ('a { content: "\\" }" ; }', 'a{content:"\\" }"}'),
    ],
)
def test_minifying_changes_nothing_that_is_read(source, minified):
    assert assets.minify_css(source) == minified
