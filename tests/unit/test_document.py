"""A tenant document: what is accepted, and what each refusal says."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.tenancy.document import moments
from app.tenancy.document.checks import Check, theme_check
from app.tenancy.document.faults import Problem
from app.tenancy.document.loader import load, secrets_of, with_secrets
from app.tenancy.manifest import ManifestError
from tests.support.documents import EXAMPLE, GOOD, MANIFESTS, START, faults, make_manifest, read, steps


def test_the_example_of_the_contract_is_accepted() -> None:
    loaded = read(EXAMPLE)

    assert loaded.faults == ()
    assert loaded.document["themes"] == ["Santé", "Solidarité", "Économie", "Mobilités"]
    assert loaded.document["modules"]["boite_a_idees"] is True
    assert loaded.document["legal"]["phone"] == "02 38 00 00 00"


def test_three_keys_are_enough_for_a_demonstration() -> None:
    assert faults(START) == []


def test_every_fault_is_told_at_once_in_the_order_of_the_file() -> None:
    text = """\
tenant: valmorin
kind: comune
timezone: Europe/Pari
theme: {brnad: "#0b5c6b", accent: "ffb52e"}
retention: {inactive_account_days: 12}
modules:
  entraide: {enabled: yes}
  boite_a_idee: true
demo: true
"""
    assert faults(text) == [
        "rive.yaml:1:1: name: missing, expected one line of text, 1 to 120 characters",
        'rive.yaml:2:7: kind: "comune", expected one of commune, departement, region, intercommunalite, '
        "province, "
        "entreprise, association, campagne or interne (did you mean commune?)",
        'rive.yaml:3:11: timezone: "Europe/Pari", expected a time zone such as Europe/Paris '
        "(did you mean Europe/Paris?)",
        "rive.yaml:4:9: theme.brnad: unknown key, expected one of preset, brand, accent, logo, favicon, hero, "
        "overrides or app_colors (did you mean brand?)",
        'rive.yaml:4:35: theme.accent: "ffb52e", expected a colour such as "#0b5c6b" (between quotes)',
        "rive.yaml:5:36: retention.inactive_account_days: the number 12, expected a whole number from "
        "180 to 1095",
        'rive.yaml:7:23: modules.entraide.enabled: "yes", expected true or false (yes, no, on and off '
        "are text)",
        "rive.yaml:8:3: modules.boite_a_idee: unknown module, expected one of boite_a_idees, entraide or "
        "votation "
        "(did you mean boite_a_idees?)",
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            "name: 12",
            "rive.yaml:5:7: name: the number 12, expected one line of text, 1 to 120 characters (between "
            "quotes)",
        ),
        ("name:", "rive.yaml:5:1: name: nothing, expected one line of text, 1 to 120 characters"),
        (
            "hosts: [https://a.example]",
            'rive.yaml:5:9: hosts[0]: "https://a.example", expected a host name in lower case, without '
            "scheme, port or path",
        ),
        ("hosts: a.example", 'rive.yaml:5:8: hosts: "a.example", expected a list'),
        ("hosts: [a.example, a.example]", "rive.yaml:5:8: hosts: a list, expected each item once"),
        ("theme: rivage", 'rive.yaml:5:8: theme: "rivage", expected a mapping'),
        ("theme: {brand: #0b5c6b}\n", None),
        (
            "theme: {logo: ../secret.svg}",
            'rive.yaml:5:15: theme.logo: "../secret.svg", expected a path relative to this file, without '
            ".., ending in .svg or .png or .webp or .jpg",
        ),
        (
            "theme: {overrides: {link: red}}",
            'rive.yaml:5:27: theme.overrides.link: "red", expected a colour such as "#0b5c6b" (between quotes)',
        ),
        ("access: {sign_in: []}", "rive.yaml:5:19: access.sign_in: an empty list, expected at least 1 item"),
        (
            "access: {sign_in: [sms]}",
            'rive.yaml:5:20: access.sign_in[0]: "sms", expected one of link or password',
        ),
        ("country: France", 'rive.yaml:5:10: country: "France", expected a country such as FR'),
        ("locales: [en]", "rive.yaml:5:10: locales: no fr, expected the platform's own locale among them"),
        (
            "zones: quartiers.shp",
            'rive.yaml:5:8: zones: "quartiers.shp", expected a path relative to this file, without .., '
            "ending in .geojson or .json",
        ),
        ("themes: [Eau, Eau]", "rive.yaml:5:9: themes: a list, expected each item once"),
        (
            f"themes: [{'é' * 61}]",
            f'rive.yaml:5:10: themes[0]: "{"é" * 59}…", expected one line of text, 1 to 60 characters',
        ),
        (
            "modules: {votation: 1}",
            "rive.yaml:5:21: modules.votation: the number 1, expected true, false or a mapping of settings",
        ),
        (
            "modules: {votation: true}",
            "rive.yaml:5:11: modules.votation: votation switched on without boite_a_idees, expected "
            "modules.boite_a_idees switched on too",
        ),
        (
            "modules: {entraide: {expires_after_day: 3}}",
            "rive.yaml:5:22: modules.entraide.expires_after_day: unknown key, expected one of enabled, "
            "allowed, private_contact, expires_after_days, categories, warn_after_days, api_key or relays (did "
            "you mean expires_after_days?)",
        ),
        (
            "modules: {entraide: {expires_after_days: '3'}}",
            'rive.yaml:5:42: modules.entraide.expires_after_days: "3", expected a whole number from 1 to 90',
        ),
        (
            "modules: {entraide: {warn_after_days: 40}}",
            "rive.yaml:5:39: modules.entraide.warn_after_days: the number 40, expected a warning before "
            "the end",
        ),
        ("locked: [theme.bran]", 'rive.yaml:5:10: locked[0]: "theme.bran", expected theme.brand'),
        (
            "locked: [modules.entraide.private]",
            'rive.yaml:5:10: locked[0]: "modules.entraide.private", expected modules.entraide.private_contact',
        ),
        (
            "locked: [name.first]",
            'rive.yaml:5:10: locked[0]: "name.first", expected name, which has no keys that can be locked',
        ),
        ("revision: 0", "rive.yaml:5:11: revision: the number 0, expected a whole number at least 1"),
        (
            "map: {tiles: 'http://tiles.example/{z}/{x}/{y}'}",
            'rive.yaml:5:14: map.tiles: "http://tiles.example/{z}/{x}/{y}", expected an https address of '
            "tiles with {z}, {x} and {y}",
        ),
        ("legal: {email: mairie}", 'rive.yaml:5:16: legal.email: "mairie", expected an e-mail address'),
        (
            "legal: {phone: 33238000000}",
            "rive.yaml:5:16: legal.phone: the number 33238000000, expected a telephone number (between quotes)",
        ),
        (
            "tagline: ${secret:}",
            'rive.yaml:5:10: tagline: "${secret:}", expected secrets written ${secret:NAME}',
        ),
        (
            "accessibility: {mention: partial}",
            'rive.yaml:5:26: accessibility.mention: "partial", expected none, as long as there is no '
            "audit (audited_on and rate)",
        ),
        (
            "accessibility: {mention: total, audited_on: 2026-02-30, rate: 100}",
            'rive.yaml:5:45: accessibility.audited_on: "2026-02-30", expected a day such as 2026-05-31',
        ),
        (
            "accessibility: {mention: total, audited_on: 2026-02-01, rate: 99.9}",
            "rive.yaml:5:63: accessibility.rate: the number 99.9, expected 100 for a total conformity",
        ),
        (
            "accessibility: {mention: partial, audited_on: 2026-02-01, rate: 49}",
            "rive.yaml:5:65: accessibility.rate: the number 49, expected at least 50 for a partial conformity",
        ),
    ],
)
def test_each_mistake_has_its_sentence(line: str, fault: str | None) -> None:
    text = START if not line.startswith("name") else START.replace("name: Rive\n", "country: FR\n")

    said = faults(text + line + "\n")

    if fault is None:
        # YAML takes `#0b5c6b}` for a comment: the mapping never ends.
        assert [sentence.split(": ")[1] for sentence in said] == ["document"]
    else:
        assert said == [fault]


@pytest.mark.parametrize(
    "slug", ["Rive", "r", "-rive", "rive-", "ri_ve", "admin", "operateur", "9rive", "rive\\n", "a" * 41]
)
def test_a_slug_that_cannot_be_an_address_is_refused(slug: str) -> None:
    loaded = read(f'tenant: "{slug}"\nname: Rive\nkind: commune\ndemo: true\n')

    assert [fault.path for fault in loaded.faults] == ["tenant"]


def test_telephone_numbers_and_codes_keep_their_zeros() -> None:
    loaded = read(START + "legal: {phone: 0238000000, company_number: 012345678}\n")

    assert loaded.faults == ()
    assert loaded.document["legal"] == {"phone": "0238000000", "company_number": "012345678"}


def test_a_public_platform_must_publish_its_legal_notices() -> None:
    without = START.replace("demo: true\n", "legal: {publisher: Rive}\n")

    assert faults(without) == [
        "rive.yaml:4:8: legal: no director, host, address, phone, email nor dpo, expected them on a "
        "public platform "
        "(else access.visibility: closed)"
    ]
    assert read(without + "access: {visibility: closed}\n").ok


def test_an_application_that_is_not_sold_does_not_count_as_on() -> None:
    text = START + "modules: {votation: true, boite_a_idees: {enabled: true, allowed: false}}\n"

    assert [fault.found for fault in read(text).faults] == ["votation switched on without boite_a_idees"]


def test_start_up_tolerates_an_application_that_was_removed() -> None:
    text = START + "modules: {petition: {threshold: 5}}\nlocked: [modules.petition.threshold]\nprojects:\n"
    text += "  - slug: a\n    title: A\n    steps: [{slug: s, title: S, module: petition, timeless: true}]\n"

    assert [fault.path for fault in read(text).faults] == [
        "modules.petition",
        "locked[0]",
        "projects[0].steps[0].module",
    ]
    assert read(text, tolerate_unknown_modules=True).ok


def test_a_module_may_not_take_a_key_of_the_core() -> None:
    greedy = {"petition": make_manifest("petition", tenant_settings="tests.support.documents:GreedySettings")}

    with pytest.raises(ManifestError, match="'petition': its settings declare 'enabled'"):
        read(START + "modules: {petition: {}}\n", manifests=greedy)


@pytest.mark.parametrize(
    ("step", "path", "found", "expected"),
    [
        (GOOD.replace("kind: depot, ", ""), "kind", "nothing", "one of depot or vote"),
        (
            GOOD.replace("depot", "depots"),
            "kind",
            '"depots", no step of boite_a_idees',
            "one of depot or vote (did you mean depot?)",
        ),
        (
            GOOD.replace("boite_a_idees", "boite"),
            "module",
            'unknown module "boite"',
            "one of boite_a_idees, entraide or votation (did you mean boite_a_idees?)",
        ),
        (GOOD.replace("{limit: 3}", "{}"), "settings.limit", "missing", "a whole number at least 1"),
        (GOOD.replace("limit: 3", "limit: 0"), "settings.limit", "the number 0", "a whole number at least 1"),
        (GOOD.replace("closes_at: +6d, ", ""), "closes_at", "missing", "a closing, or `timeless: true`"),
        (
            GOOD.replace("slug", "timeless: true, slug"),
            "closes_at",
            '"+6d"',
            "no closing for a timeless step",
        ),
        (GOOD.replace("+6d", "2026-05-31"), "closes_at", '"2026-05-31"', moments.EXPECTED),
        (GOOD.replace("+6d", "-1d, opens_at: +0d"), "closes_at", '"-1d"', "a moment after opens_at (+0d)"),
        (
            GOOD.replace("+6d", "2026-05-31T18:00, opens_at: 2026-05-31T16:00Z"),
            "closes_at",
            '"2026-05-31T18:00"',
            "a moment after opens_at (2026-05-31T16:00Z)",
        ),
        (
            GOOD.replace("slug", "requirements: [3], slug"),
            "requirements[0]",
            "the number 3",
            "a word, or a mapping with `kind`",
        ),
    ],
)
def test_a_step_is_judged_with_its_module(step: str, path: str, found: str, expected: str) -> None:
    said = [(fault.path, fault.found, fault.expected) for fault in read(steps(step)).faults]

    assert said == [(f"projects[0].steps[0].{path}", found, expected)]


def test_good_steps_are_accepted_and_the_only_kind_may_be_left_out() -> None:
    vote = "{slug: vote, title: Vote, module: votation, opens_at: +7d 09:00, closes_at: +20d"
    vote += ", requirements: [email, {kind: age, minimum: 16}]}"

    assert faults(steps(GOOD, vote)) == []


def test_two_steps_of_an_application_may_not_share_an_address() -> None:
    said = read(steps(GOOD, GOOD.replace("title: Idées", "title: Bis"))).faults

    assert [(fault.line, fault.path, fault.found) for fault in said] == [
        (12, "projects[0].steps[1].slug", '"idees" again')
    ]


def test_a_project_uses_the_themes_of_the_platform() -> None:
    text = steps(GOOD).replace("    themes: [Eau]", "    themes: [Eaux]")

    assert faults(text) == ['rive.yaml:9:14: projects[0].themes[0]: "Eaux", expected Eau (did you mean Eau?)']


def test_secrets_stay_in_the_text_and_stand_for_any_value_where_allowed() -> None:
    text = START + "legal: {phone: '${secret:PHONE}'}\nmodules: {entraide: {api_key: '${secret:SMS_KEY}'}}\n"

    loaded = read(text)

    assert loaded.faults == ()
    assert secrets_of(loaded.document) == {"PHONE", "SMS_KEY"}
    assert with_secrets(loaded.document, str.lower)["modules"]["entraide"]["api_key"] == "sms_key"
    assert [fault.path for fault in read(START + "country: '${secret:PHONE}'\n").faults] == ["country"]


def test_a_required_secret_inside_a_list_is_kept_too() -> None:
    relay = "modules: {entraide: {relays: [{host: a.example, password: 'PASSWORD'}]}}\n"

    assert faults(START + relay.replace("PASSWORD", "${secret:RELAY}")) == []
    assert faults(START + relay.replace("PASSWORD", "short")) == [
        'rive.yaml:5:59: modules.entraide.relays[0].password: "short", expected at least 12 characters'
    ]


def test_rooms_above_add_their_checks_and_get_the_defaults() -> None:
    seen: list[dict[str, object]] = []

    def check_theme(theme: dict[str, object]) -> str | None:
        seen.append(theme)
        return "accent #ffff00 on white: 1.07.\n"

    said = faults(START + "theme: {accent: '#ffff00'}\n", checks=[theme_check(check_theme)])

    assert seen[0]["preset"] == "rivage"
    assert said == [
        "rive.yaml:5:8: theme: accent #ffff00 on white: 1.07, expected colours with enough contrast"
    ]


def test_a_check_waits_until_what_it_reads_is_right() -> None:
    never = Check("never", ("theme",), lambda document, folder: [Problem(("theme",), "x", "y")])

    assert faults(START + "theme: {accent: 3}\n", checks=[never]) == [
        'rive.yaml:5:17: theme.accent: the number 3, expected a colour such as "#0b5c6b" (between quotes)'
    ]


def test_files_named_by_the_document_must_exist_in_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "tenants"
    folder.mkdir()
    (folder / "logo.svg").write_text("<svg/>")
    (folder / "outside.svg").symlink_to(folder.parent / "elsewhere.svg")
    (folder.parent / "elsewhere.svg").write_text("<svg/>")
    path = folder / "rive.yaml"
    path.write_text(START + "theme: {logo: outside.svg, favicon: logo.svg}\n")

    said = load(path, manifests=MANIFESTS).faults

    assert [(fault.path, fault.found, fault.expected) for fault in said] == [
        ("theme.logo", 'no file "outside.svg"', "a file under tenants/")
    ]


def test_a_missing_file_is_a_fault_like_another(tmp_path: Path) -> None:
    path = tmp_path / "absent.yaml"

    assert [fault.found for fault in load(path, manifests={}).faults] == [
        "a file that cannot be read (no such file or directory)"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01T18:00", datetime(2026, 7, 1, 16, 0, tzinfo=UTC)),
        ("2026-01-01 18:00", datetime(2026, 1, 1, 17, 0, tzinfo=UTC)),
        ("2026-07-01T18:00Z", datetime(2026, 7, 1, 18, 0, tzinfo=UTC)),
        ("2026-07-01T18:00:30-04:00", datetime(2026, 7, 1, 22, 0, 30, tzinfo=UTC)),
        ("+6d", datetime(2026, 11, 27, 22, 59, tzinfo=UTC)),
        ("-20d 08:30", datetime(2026, 11, 1, 7, 30, tzinfo=UTC)),
    ],
)
def test_moments_become_utc(text: str, expected: datetime) -> None:
    opens, closes = moments.window({"closes_at": text}, timezone="Europe/Paris", day=date(2026, 11, 21))

    assert (opens, closes) == (None, expected)


@pytest.mark.parametrize(
    "text", ["2026-05-31", "2026-13-01T10:00", "6d", "+6", "demain", "+6d 25:00", "", "+99999d"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    assert not moments.is_moment(text)
