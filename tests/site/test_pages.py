"""The public pages of no application: home, démarches, one démarche."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from app.db.clock import FrozenClock
from app.db.session import db
from app.participation import official
from app.participation.models import Contribution
from tests.notifications.toy import STATUSES
from tests.participation.deposits import deposit
from tests.support import world as worlds
from tests.support.browser import Browser
from tests.support.statements import count_statements
from tests.support.world import TenantWorld

Browse = Callable[..., Browser]
Demarche = Callable[..., UUID]


def text_of(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text.replace("\u00a0", " ")


def answer(world: TenantWorld, contribution_id: UUID, body: str) -> None:
    with world.scope():
        official.answer(
            db.session.get_one(Contribution, (world.id, contribution_id)),
            signatory="Claire Aubin",
            signatory_title="maire",
            body=body,
            status="faite",
            statuses=STATUSES,
            by=None,
            now=worlds.clock.now(),
        )


# --- home -----------------------------------------------------------------------------------------------------


def test_055_a_home_without_any_demarche_says_so(rive: TenantWorld, browse: Browse) -> None:
    page = text_of(browse(rive), "/")

    assert "La ville se décide <em>avec vous</em>" in page
    assert "Aucune démarche pour l’instant. La première paraîtra ici." in page
    assert "Dernières contributions" not in page
    assert "Agenda" not in page
    assert "Ce que vos avis ont changé" not in page


def test_055_a_home_with_one_demarche_features_it(
    rive: TenantWorld, browse: Browse, demarche: Demarche, clock: FrozenClock
) -> None:
    demarche(rive, "Des parcs", closes_in=timedelta(days=5, hours=3))

    page = text_of(browse(rive), "/")

    assert "1 démarche attend votre avis." in page
    assert page.count("<article") == 1
    assert "Encore 5 jours" in page
    assert "Dernier jour, 14 h" in page


def test_055_a_home_with_many_shows_four_open_ones_first(
    rive: TenantWorld, browse: Browse, demarche: Demarche, clock: FrozenClock
) -> None:
    demarche(rive, "Terminée", closes_in=timedelta(days=-1))
    demarche(rive, "À venir", opens_in=timedelta(days=3))
    for number in range(5):
        demarche(rive, f"Ouverte {number}", closes_in=timedelta(days=30 - number))
    demarche(rive, "Secrète", project={"state": "draft"})

    page = text_of(browse(rive), "/")

    assert "5 démarches attendent votre avis." in page
    shown = [f"Ouverte {number}" for number in (4, 3, 2, 1)]
    places = [page.index(f">{title}</a>") for title in shown]
    assert places == sorted(places)
    for hidden in ("Ouverte 0</a>", "Terminée</a>", "Secrète"):
        assert hidden not in page


def test_the_home_tells_what_was_said_and_what_became_of_it(
    rive: TenantWorld, browse: Browse, demarche: Demarche, amina: UUID, clock: FrozenClock
) -> None:
    step = demarche(rive, "Des parcs")
    said = deposit(rive, step, "Des bancs <b>à l'ombre</b>", author=amina)
    deposit(rive, step, "Sans signature")
    answer(rive, said, "Première réponse.")
    clock.move(hours=1)
    answer(rive, said, "Réponse corrigée.")

    page = text_of(browse(rive), "/")

    assert "<b>2</b>contributions" in page
    assert "<b>2</b>réponses officielles" in page
    assert "Réponse corrigée." in page
    assert "Première réponse." not in page
    assert "Réalisée" in page
    assert "<b>Amina R.</b> propose « <a href=" in page
    assert "Des bancs &lt;b&gt;à l’ombre&lt;/b&gt;" in page
    assert "À lire : « <a href=" in page


def test_the_home_shows_nothing_that_cannot_be_read(
    rive: TenantWorld, levant: TenantWorld, browse: Browse, demarche: Demarche, clock: FrozenClock
) -> None:
    step, private = demarche(rive, "Des parcs"), demarche(rive, "Entre nous", private=True)
    hidden = deposit(rive, step, "Texte masqué")
    deposit(rive, step, "Texte en attente", pending_for="identity")
    deposit(rive, private, "Texte privé")
    deposit(levant, demarche(levant, "Ailleurs"), "Texte d’ailleurs")
    with rive.scope():
        db.session.get_one(Contribution, (rive.id, hidden)).state = "hidden"

    page = text_of(browse(rive), "/")

    for words in ("Texte masqué", "Texte en attente", "Texte privé", "Texte d’ailleurs", "Ailleurs"):
        assert words not in page


@pytest.mark.parametrize("rows", [0, 3, 40])
def test_the_home_costs_at_most_eight_statements_whatever_there_is(
    rive: TenantWorld, browse: Browse, demarche: Demarche, amina: UUID, clock: FrozenClock, rows: int
) -> None:
    for number in range(min(rows, 12)):
        step = demarche(rive, f"Démarche {number}")
        for _ in range(rows // 12 + 1):
            answer(rive, deposit(rive, step, author=amina), "Oui.")
    browser = browse(rive, amina)
    text_of(browser, "/")

    with count_statements() as sent:
        text_of(browser, "/")

    assert len(sent) <= 8, "\n".join(sent)
    assert len(sent) == 5


# --- démarches ------------------------------------------------------------------------------------------------


@pytest.fixture
def three(rive: TenantWorld, demarche: Demarche, clock: FrozenClock) -> TenantWorld:
    demarche(rive, "Des écoles fraîches", project={"themes": ["Nature", "Solidarités"]})
    demarche(rive, "Des vélos", project={"themes": ["Mobilités"], "question": "Où rouler à l’ombre ?"})
    demarche(rive, "Des arbres", project={"themes": ["Nature"]}, closes_in=timedelta(days=-1))
    return rive


TITLES = ("Des écoles fraîches", "Des vélos", "Des arbres")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", TITLES),
        ("etat=ouvert", TITLES[:2]),
        ("etat=termine", TITLES[2:]),
        ("etat=a-venir", ()),
        ("theme=Nature", (TITLES[0], TITLES[2])),
        ("theme=Nature&etat=ouvert", TITLES[:1]),
        ("theme=Nature&etat=ouvert&q=ecole", TITLES[:1]),
        ("theme=Nature&etat=ouvert&q=vélo", ()),
        ("q=ÉCOLES", TITLES[:1]),
        ("q=ombre+ou", TITLES[1:2]),
        ("application=essai", TITLES),
        ("application=autre", ()),
        ("etat=inconnu", TITLES),
        ("q=%3Cscript%3E", ()),
        ("q=" + "x" * 10_000, ()),
    ],
)
def test_047_filters_intersect(
    three: TenantWorld, browse: Browse, query: str, shown: tuple[str, ...]
) -> None:
    page = text_of(browse(three), f"/demarches/?{query}")

    assert [title for title in TITLES if f">{title}</a>" in page] == list(shown)
    assert (f"{len(shown)} démarches" if len(shown) > 1 else f"{len(shown)} démarche<") in page
    assert "<script>" not in page
    if not shown:
        assert "Aucune démarche ne correspond à ces filtres." in page


def test_047_each_filter_in_use_can_be_taken_away(three: TenantWorld, browse: Browse) -> None:
    page = text_of(browse(three), "/demarches/?theme=Nature&etat=ouvert&q=ecole")

    assert f'href="{three.path}/demarches/?theme=Nature&amp;q=ecole"' in page
    assert f'href="{three.path}/demarches/?etat=ouvert&amp;q=ecole"' in page
    assert f'href="{three.path}/demarches/?etat=ouvert&amp;theme=Nature"' in page


def test_a_filter_refreshes_the_results_alone(three: TenantWorld, browse: Browse) -> None:
    block = browse(three).get("/demarches/?theme=Nature", headers={"HX-Request": "true"})

    assert block.status_code == 200
    assert "<html" not in block.text
    assert 'id="resultats"' not in block.text
    assert "Des arbres" in block.text
    assert "HX-Request" in block.headers["Vary"]


def test_a_demarche_shows_its_steps(rive: TenantWorld, browse: Browse, clock: FrozenClock) -> None:
    made = worlds.make_project(
        rive, "Des parcs", slug="parcs", question="Où planter ?", summary="Du **vert**."
    )
    for number, (title, opens, closes) in enumerate(
        (("Idées", -20, -5), ("Vote", -4, 6), ("Travaux", 10, 40))
    ):
        worlds.make_step(
            rive,
            project_id=made,
            module="essai",
            kind="texte",
            segment="essais",
            slug=f"etape-{number}",
            title=title,
            opens_in=timedelta(days=opens),
            closes_in=timedelta(days=closes),
        )

    page = text_of(browse(rive), "/demarches/parcs/")

    assert "<h1" in page
    assert "Où planter ?" in page
    assert "Du <strong>vert</strong>." in page
    places = [page.index(f"{rive.path}/essais/etape-{number}/") for number in range(3)]
    assert places == sorted(places)
    assert "Jusqu’au 28 novembre" in page
    assert "Ouverture le 2 décembre" in page


def test_046_a_wrong_demarche_or_step_is_not_found(
    rive: TenantWorld, levant: TenantWorld, browse: Browse, demarche: Demarche, clock: FrozenClock
) -> None:
    demarche(rive, "Secrète", project={"slug": "secrete", "state": "draft"})
    demarche(levant, "Ailleurs", project={"slug": "ailleurs"})
    worlds.make_project(rive, "Vide", slug="vide")

    for path in (
        *("/demarches/nulle-part/", "/demarches/secrete/", "/demarches/ailleurs/", "/demarches/vide/"),
        *("/essais/nulle-part/", "/idees/nulle-part/", "/demarches/secrete/etape-1/", "/demarches/%00/"),
    ):
        missing = browse(rive).get(path)
        assert missing.status_code == 404
        assert "Cette page n’existe pas" in missing.text
        assert "Secrète" not in missing.text
