"""The text of a tenant document: YAML that is broken, hostile, or written back."""

import io
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from app.tenancy.document import normal, positions
from app.tenancy.document.loader import Loaded, load_bytes
from tests.support.documents import EXAMPLE, GOOD, MANIFESTS, START, faults, read, steps


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "1:1: document: an empty file, expected a mapping that starts with `tenant:`"),
        (b"# nothing\n", "1:1: document: an empty file, expected a mapping that starts with `tenant:`"),
        (b"- a\n", "1:1: document: a list, expected a mapping that starts with `tenant:`"),
        (b"tenant\n", '1:1: document: "tenant", expected a mapping that starts with `tenant:`'),
        (b"tenant: rive\n\tname: x\n", "2:1: document: a tab, expected spaces to indent"),
        (
            b"tenant: [a\nname: x\n",
            "2:5: document: invalid YAML (while parsing a flow sequence expected ',' or ']', but got "
            "':'), expected valid YAML",
        ),
        (
            b"name: Orl\xe9ans\n",
            "1:10: document: the byte 0xE9, which is not UTF-8 (Latin-1 perhaps), expected a file saved "
            "as UTF-8",
        ),
        ("name: x".encode("utf-16"), "1:1: document: a file in UTF-16, expected a file saved as UTF-8"),
        (b"a: 1\nb: \x07\n", "2:4: document: the character U+0007, expected text that can be printed"),
        (b"---\na: 1\n---\nb: 2\n", "3:1: document: a second document, expected one document per file"),
        (b"a: *b\n", "1:4: a: the alias *b, expected an anchor written in full above it"),
        (b"a: &x [*x]\n", "1:8: a[0]: the alias *x, expected an anchor written in full above it"),
        (b"? [a]\n: b\n", "1:3: document: a mapping or a list as a key, expected a word as key"),
        (b"a: " + b"[" * 60, "1:43: document: more than 40 levels of nesting, expected a flatter document"),
        (
            b" " * (positions.MAX_BYTES + 1),
            f"1:1: document: {positions.MAX_BYTES + 1} bytes, expected at most {positions.MAX_BYTES} bytes",
        ),
    ],
)
def test_text_that_cannot_be_read_is_one_fault(data: bytes, said: str) -> None:
    loaded = load_bytes(data, file="rive.yaml", manifests=MANIFESTS)

    assert [str(fault) for fault in loaded.faults] == [f"rive.yaml:{said}"]
    assert loaded.document == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "themes: []\nthemes: []",
            "6:1: themes: the same key again (first at line 5), expected each key once",
        ),
        ("12: x", "5:1: document: the number 12 as a key, expected a word as key (quotes make text of it)"),
        ("true: x", "5:1: document: true as a key, expected a word as key (quotes make text of it)"),
        ("theme: {<<: {hero: plan}}", "5:9: theme: the merge key <<, expected the keys written out"),
        (
            "tagline: !!python/name:os.system x",
            '5:10: tagline: the tag "tag:yaml.org,2002:python/name:os.system", expected a value without tag',
        ),
        ('tagline: "a\\0b"', "5:10: tagline: the character U+0000, expected text that can be printed"),
        ('tagline: "\\ud800x"', "5:10: tagline: the character U+D800, expected text that can be printed"),
    ],
)
def test_odd_yaml_inside_a_document_has_its_place(line: str, said: str) -> None:
    assert faults(START + line + "\n") == [f"rive.yaml:{said}"]


def test_duplicate_keys_are_all_reported() -> None:
    text = START + "name: Bis\nthemes: []\nthemes: []\nname: Ter\n"

    assert [(fault.line, fault.path) for fault in read(text).faults] == [
        (5, "name"),
        (7, "themes"),
        (8, "name"),
    ]


def test_aliases_are_copied_and_a_bomb_is_not_unfolded() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    shared = read(START + "hosts: &h [a.example]\naccess: {email_domains: *h}\n")

    assert shared.ok
    assert shared.document["hosts"] is not shared.document["access"]["email_domains"]
    assert [fault.found for fault in read(bomb).faults] == [
        "more than 50000 values once aliases are expanded"
    ]


def test_words_mean_the_same_whatever_version_the_file_claims() -> None:
    node, problems = positions.read(
        b"%YAML 1.1\n---\na: [no, 12:30, 2026-05-01, 012, 1_000, 0x1F, .nan, 1e999]\nb: [3, -2.5, true, ~]\n"
    )

    assert node is not None
    assert problems == []
    assert positions.plain(node) == {
        "a": ["no", "12:30", "2026-05-01", "012", "1_000", "0x1F", ".nan", "1e999"],
        "b": [3, -2.5, True, None],
    }


def test_a_byte_order_mark_is_no_fault() -> None:
    assert load_bytes(b"\xef\xbb\xbf" + START.encode(), manifests={}).ok


def test_a_hostile_key_does_not_break_the_line() -> None:
    said = faults(START + '"a\\nb: c": 1\n')

    assert [sentence.split(", expected")[0] for sentence in said] == [
        'rive.yaml:5:1: "a\\nb: c": unknown key'
    ]


# ---- Written back


@pytest.mark.parametrize("text", [EXAMPLE, START, steps(GOOD)])
def test_a_document_survives_export_and_its_defaults_are_stable(text: str) -> None:
    written = read(text).document
    full = normal.defaults(written, manifests=MANIFESTS)

    assert written == read(text).document
    assert read(normal.canonical(written)) == Loaded(written, ())
    assert read(normal.canonical(full)) == Loaded(full, ())
    assert normal.defaults(full, manifests=MANIFESTS) == full
    assert normal.canonical(read(normal.canonical(full)).document) == normal.canonical(full)


def test_defaults_say_everything() -> None:
    full = normal.defaults(read(EXAMPLE).document, manifests=MANIFESTS)

    assert full["modules"] == {
        "boite_a_idees": {"enabled": True, "allowed": True},
        "entraide": {
            "enabled": True,
            "allowed": True,
            "private_contact": True,
            "expires_after_days": 30,
            "categories": ["Courses", "Garde d'enfants"],
        },
        "votation": {"enabled": False, "allowed": True},
    }
    assert (full["locales"], full["zone_label"], full["access"]["email_domains"]) == (["fr"], "quartier", [])
    assert full["accessibility"] == {"mention": "none"}
    assert full["retention"]["log_days"] == 365


def test_the_zone_label_follows_the_kind() -> None:
    full = normal.defaults({"tenant": "x", "name": "X", "kind": "departement"}, manifests={})

    assert full["zone_label"] == "commune"


def test_steps_are_completed_by_their_module() -> None:
    text = steps("{slug: vote, title: Vote, module: votation, timeless: true}")

    step = normal.defaults(read(text).document, manifests=MANIFESTS)["projects"][0]["steps"][0]

    assert (step["kind"], step["settings"]) == ("vote", {"secret": True})


def test_an_application_that_is_not_installed_keeps_its_words() -> None:
    document = {
        "tenant": "x",
        "name": "X",
        "kind": "commune",
        "modules": {"petition": {"threshold": 5}, "autre": True},
    }

    modules = normal.defaults(document, manifests={})["modules"]

    assert modules == {
        "autre": {"enabled": True, "allowed": True},
        "petition": {"enabled": True, "allowed": True, "threshold": 5},
    }


def test_export_follows_the_order_of_the_contract() -> None:
    keys = [
        line.split(":")[0]
        for line in normal.canonical(read(EXAMPLE).document).splitlines()
        if line[0] not in " -"
    ]

    assert keys == [line.split(":")[0] for line in EXAMPLE.splitlines() if line[0] not in " -"]


def test_the_hash_says_the_content_only() -> None:
    document = read(EXAMPLE).document
    shuffled = dict(reversed(document.items()))

    assert normal.content_hash(shuffled) == normal.content_hash(document | {"revision": 7})
    assert normal.content_hash(document | {"name": "Autre"}) != normal.content_hash(document)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=30
)


@given(TEXTS, TEXTS, st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False))
@example("no", "0123\n", 0, 1e16)
@example("  a\n", "a\n\n", 0, -0.0)
@example("*a", "${secret:A}", 0, 1e-7)
@settings(max_examples=100, deadline=None)
def test_any_value_is_read_back_as_it_was(word: str, prose: str, whole: int, number: float) -> None:
    document = {
        "name": word,
        "modules": {"a": {word or "k": [prose, whole, number, True, None], "z": {"t": prose}}},
    }

    node, problems = positions.read(normal.canonical(document).encode())

    assert problems == []
    assert node is not None
    assert positions.plain(node) == document


# ---- Never a traceback


def check_verdict(loaded: Loaded) -> None:
    assert loaded.faults or loaded.document
    for fault in loaded.faults:
        assert "\n" not in str(fault)
        assert fault.line >= 1
        assert fault.column >= 1
        str(fault).encode("utf-8")


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_judged(data: bytes) -> None:
    check_verdict(load_bytes(data, manifests=MANIFESTS))


YAMLISH = st.text(st.sampled_from("ab:-[]{}?&*!|>'\"%@`#, \n\t~<0123.é\u2028${}"), max_size=80)


@given(YAMLISH)
@settings(max_examples=300, deadline=None)
def test_any_punctuation_is_judged(text: str) -> None:
    check_verdict(load_bytes(text.encode(), manifests=MANIFESTS))


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        [
            "rivage",
            "public",
            "link",
            "#0b5c6b",
            "boite_a_idees",
            "depot",
            "${secret:A}",
            "${",
            "+6d",
            "2026-05-31T10:00",
        ]
    )
)
KEYS = """
tenant name kind hosts theme brand overrides access sign_in legal phone retention zones themes modules entraide
boite_a_idees votation enabled allowed locked map tiles projects slug title steps module settings limit requirements
opens_at closes_at timeless accessibility mention rate audited_on revision demo locales timezone"""
WORDS = st.sampled_from(KEYS.split()) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)


@given(st.dictionaries(WORDS, VALUES, max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_structure_is_judged(document: dict[str, Any]) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_unicode = True
    out = io.BytesIO()
    yaml.dump(document, out)

    check_verdict(load_bytes(out.getvalue(), manifests=MANIFESTS))


SECTIONS = st.sampled_from(
    ["theme", "access", "legal", "retention", "accessibility", "map", "modules", "projects", "locked"]
)


@given(st.dictionaries(SECTIONS, VALUES, max_size=4))
@settings(max_examples=100, deadline=None)
def test_any_section_of_a_good_document_is_judged(sections: dict[str, Any]) -> None:
    full = {"tenant": "rive", "name": "Rive", "kind": "commune", "demo": True, **sections}
    text = normal.canonical(full)

    check_verdict(load_bytes(text.encode("utf-8", "surrogatepass"), manifests=MANIFESTS))
