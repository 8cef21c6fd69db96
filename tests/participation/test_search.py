"""French search: accents, plurals, beginnings and synonyms; and ideas that already say it."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.db.clock import FrozenClock
from app.db.session import db
from app.participation import access, contributions, moderate, search
from app.participation.models import Contribution
from tests.participation.deposits import deposit, statements, visitor
from tests.support.world import TenantWorld, make_step

#: What is written, and what people type to find it.
FOUND = [
    ("Un abri à vélos", "vélo"),
    ("Un abri à vélo", "velos"),
    ("Le tri des déchets", "tris"),
    ("Les tris sélectifs", "tri"),
    ("Les travaux de la gare", "travail"),
    ("Le travail des agents", "travaux"),
    ("Sécuriser la traversée", "sécurité"),
    ("La sécurité aux abords", "securiser"),
    ("Un jeu pour enfants", "jeux"),
    ("Des jeux pour enfants", "jeu"),
    ("Des trous dans la chaussée", "trou"),
    ("Le cœur du bourg", "coeur"),
    ("L’ÉCOLE du Haut-Pré", "ecole"),
    ("Le «jardin» partagé", "jardin"),
    ("Demain… l’église – enfin", "eglise"),
    ("🌳Arbres🌳", "arbre"),
    ("Rue de l’Été", "d’été"),
    ("Îlot de fraîcheur", "ilots de fraicheur"),
    ("Le château d’eau", "chateaux"),
    ("Éclairage de la sente", "eclairages"),
    ("Des lampadaires solaires", "éclairage"),
    ("Bibliothèque de rue", "bibliothèques"),
    ("Association sportive", "associat"),
    ("Stationnement des vélos", "stationnem"),
    ("Végétalisation des cours", "vegetal"),
    ("Une bicyclette pour tous", "les vélos"),
    ("Rond-point fleuri", "rond-point"),
    ("La mairie annexe", "mairies"),
    ("Piétonnisation du quai", "piétons"),
    ("مقعد في الظل", "مقعد"),
]

NOT_FOUND = [
    ("Un abri à vélos", "velours"),
    ("La rue du Port", "portail"),
    ("Des bancs à l’ombre", "bancs au soleil"),
    ("Des bancs à l’ombre", "de la"),
    ("Des bancs à l’ombre", "les"),
    ("Des bancs à l’ombre", ""),
    ("Des bancs à l’ombre", "  ?!& | ' ) ( :* <-> \\ "),
]


def hits(text: str, query: str) -> bool:
    vector = func.to_tsvector("french", func.app_fold(text))
    return bool(db.session.scalar(select(vector.op("@@")(func.to_tsquery("french", search.ts_query(query))))))


@pytest.mark.parametrize(("text", "query"), FOUND)
def test_the_word_is_found_however_it_is_typed(rive: TenantWorld, text: str, query: str) -> None:
    with rive.scope():
        assert hits(text, query)


@pytest.mark.parametrize(("text", "query"), NOT_FOUND)
def test_another_word_or_no_word_finds_nothing(rive: TenantWorld, text: str, query: str) -> None:
    with rive.scope():
        assert not hits(text, query)


@pytest.mark.parametrize(
    "text",
    [
        "Œuvre d’ÉTÉ",
        "cœur",
        "Ægir",
        "ÇA ÇÀ",
        "e\u0301te\u0301",
        "Ⅻ",
        "ﬁn",
        "Straße",
        "🌳 là",
        "مَقْعَد",
        "İzmir",
        "a\tb",
        "«l’un»…",
        "3 × 2€·½",
    ],
)
def test_letters_are_folded_like_the_database_folds_them(rive: TenantWorld, text: str) -> None:
    with rive.scope():
        assert search.fold(text) == db.session.scalar(select(func.app_fold(text)))


@pytest.mark.parametrize(
    "text",
    [
        "'; drop table contribution; --",
        "a'b",
        "100 % !",
        "\x00bancs",
        "x" * 5000,
        "mot " * 2000,
        "<b>bancs</b>",
        "\\",
    ],
)
def test_nothing_typed_breaks_the_query(rive: TenantWorld, text: str) -> None:
    with rive.scope():
        hits("Des bancs", text)


def test_a_long_text_asks_for_a_dozen_words_at_most() -> None:
    assert len(search.words(" ".join(f"mot{number}" for number in range(100)))) == search.MAX_WORDS
    assert search.words("Des bancs, des BANCS et des arbres") == ["bancs", "arbres"]


@pytest.fixture
def ideas(rive: TenantWorld, clock: FrozenClock) -> UUID:
    step_id = make_step(rive)
    for title, body in (
        ("Des bancs à l’ombre place de la gare", "Avec des arbres."),
        ("Un banc près de l’école", "Pour attendre les enfants."),
        ("Une piste cyclable jusqu’à la gare", "Avec quelques bancs le long du chemin."),
        ("Un composteur par quartier", "Moins de poubelles."),
        ("Ouvrir la médiathèque le dimanche", ""),
    ):
        deposit(rive, step_id, title, body=body)
    hidden = deposit(rive, step_id, "Des bancs cachés à l’ombre")
    deposit(rive, step_id, "Des bancs en attente à l’ombre", pending_for="identity")
    deposit(rive, make_step(rive), "Des bancs à l’ombre ailleurs")
    with rive.scope():
        moderate.hide(contributions.lock(hidden), reason="off_topic", by=None, now=clock())
    return step_id


def similar(tenant: TenantWorld, step_id: UUID, title: str, limit: int = 3) -> list[str]:
    with tenant.scope():
        return [row.title for row in search.similar(step_id, title, limit)]


def test_similar_ideas_come_closest_first_among_those_everybody_reads(rive: TenantWorld, ideas: UUID) -> None:
    found = similar(rive, ideas, "Installer des bancs à l’ombre")

    assert found == ["Des bancs à l’ombre place de la gare", "Un banc près de l’école"]
    assert similar(rive, ideas, "Installer des bancs à l’ombre", limit=1) == found[:1]


def test_similar_costs_one_statement_and_none_without_a_word(rive: TenantWorld, ideas: UUID) -> None:
    with rive.scope(), statements() as seen:
        row = search.similar(ideas, "Un composteur")[0]
        assert (len(seen), row.title, row.number, row.slug) == (
            1,
            "Un composteur par quartier",
            4,
            "un-composteur-par-quartier",
        )
        seen.clear()
        for nothing in ("", "   ", "de la dans les", "???"):
            assert search.similar(ideas, nothing) == []
        assert seen == []


def test_one_shared_word_among_many_is_not_similar(rive: TenantWorld, ideas: UUID) -> None:
    assert similar(rive, ideas, "Planter cent arbres fruitiers devant chaque école primaire") == []
    assert similar(rive, ideas, "Une fontaine") == []


def test_066_a_private_collection_suggests_nobody_else_s_idea(rive: TenantWorld, amina: UUID) -> None:
    step_id = make_step(rive, private=True)
    deposit(rive, step_id, "Des bancs à l’ombre", author=amina)

    with rive.scope():
        assert search.similar(step_id, "Des bancs") == []
        assert len(search.similar(step_id, "Des bancs", visitor=visitor(amina))) == 1


def test_a_search_of_the_step_reads_titles_and_bodies_and_ranks_titles_first(
    rive: TenantWorld, ideas: UUID
) -> None:
    with rive.scope():
        found = db.session.scalars(
            select(Contribution.title)
            .where(
                Contribution.step_id == ideas,
                Contribution.state == "published",
                access.visible_to(None),
                search.matches("BANCS"),
            )
            .order_by(search.rank("BANCS").desc(), Contribution.number)
        ).all()

    assert found == [
        "Des bancs à l’ombre place de la gare",
        "Un banc près de l’école",
        "Une piste cyclable jusqu’à la gare",
    ]
