"""The list: order, search, filters, pages, phases, and how few statements it takes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy.dialects import postgresql

from app.db.session import db
from app.participation import contributions, moderate, shuffle
from app.participation.models import Contribution
from modules.boite_a_idees.queries import lists
from modules.boite_a_idees.tests.stories import plain
from tests.support.statements import count_statements
from tests.support.world import make_person

LINK = re.compile(r'class="stretch" href="[^"]*?/(\d+)-')


def numbers(response):
    """Numbers of the ideas shown as cards, in order."""
    return [int(found) for found in LINK.findall(response.text)]


def test_a_card_says_title_supports_threshold_status_and_answer(browse, box):
    box.idea(title="Rouvrir le bac", supports=51, comments=2, status="etude", zone_id=box.world.zones["nord"])

    page = browse(box.world).get(box.path)

    assert "Rouvrir le bac" in page.text
    assert "51 soutiens, 2 commentaires" in plain(page)
    assert "À l’étude" in plain(page)
    assert 'aria-label="51\u00a0soutiens sur 300"' in page.text
    assert "Nord" in plain(page)


def test_sorts_follow_what_they_say(browse, box):
    first = box.idea(title="Première", supports=3, comments=9, published_at=None)
    second = box.idea(title="Deuxième", supports=7, comments=1)
    third = box.idea(title="Troisième", supports=3, comments=4)
    a, b, c = first.number, second.number, third.number
    visitor = browse(box.world)

    assert numbers(visitor.get(f"{box.path}?tri=recentes")) == [c, b, a]
    assert numbers(visitor.get(f"{box.path}?tri=anciennes")) == [a, b, c]
    assert numbers(visitor.get(f"{box.path}?tri=soutenues")) == [b, c, a]
    assert numbers(visitor.get(f"{box.path}?tri=commentees")) == [a, c, b]


def test_069_the_random_order_differs_between_visits_and_stays_while_paging(browse, box):
    box.ideas(45)
    with box.world.scope():
        shuffle.redraw(box.step_id, seed=4, now=box.all()[0].created_at)
    visitor = browse(box.world)

    start = visitor.get(f"{box.path}?graine=30")
    pages = [numbers(start)]
    next_link = re.search(r'href="([^"]+)" rel="next"', start.text)
    assert "graine=30" in next_link[1]
    pages += [numbers(visitor.get(f"{box.path}?graine=30&page={page}")) for page in (2, 3)]
    seen = [number for page in pages for number in page]

    assert [len(page) for page in pages] == [20, 20, 5]
    assert sorted(seen) == list(range(1, 46))
    assert seen != sorted(seen)
    other = numbers(visitor.get(f"{box.path}?graine=7"))
    assert other != pages[0]
    drawn = {tuple(numbers(browse(box.world).get(box.path))) for _ in range(8)}
    assert len(drawn) > 1


def test_069_a_hole_left_by_a_hidden_idea_is_walked_over(browse, box, bruno, clock):
    box.ideas(25)
    hidden = box.all()[3]
    with box.world.scope():
        moderate.hide(hidden, reason="off_topic", by=bruno, now=clock())
    visitor = browse(box.world)

    seen = [n for page in (1, 2) for n in numbers(visitor.get(f"{box.path}?graine=10&page={page}"))]

    assert sorted(seen) == sorted({*range(1, 26)} - {hidden.number})


def test_the_filtered_random_order_keeps_the_seed_and_wraps(browse, box):
    box.ideas(30)
    visitor = browse(box.world)

    page = visitor.get(f"{box.path}?graine=25&theme=Nature")

    expected = {idea.number for idea in box.all() if idea.theme == "Nature"}
    assert set(numbers(page)) == expected
    assert 'name="graine" value="25"' in page.text


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("piste cyclable", ["Des pistes cyclables"]),
        ("pistes", ["Des pistes cyclables"]),
        ("École", ["Végétaliser l’école"]),
        ("ecole", ["Végétaliser l’école"]),
        ("végé", ["Végétaliser l’école"]),
        ("hippopotame", []),
    ],
)
def test_search_knows_accents_plurals_and_beginnings(browse, box, q, found):
    box.idea(title="Des pistes cyclables", body="Jusqu’à la gare.")
    box.idea(title="Végétaliser l’école", body="Des arbres dans la cour.")

    page = browse(box.world).get(f"{box.path}?q={q}")

    titles = re.findall(r'class="stretch" href="[^"]*">([^<]+)<', page.text)
    assert titles == found
    assert f"« {q} »" in plain(page)


def test_filters_intersect_and_each_choice_says_what_it_would_show(browse, box):
    nord = box.world.zones["nord"]
    box.idea(title="A", theme="Nature", zone_id=nord, status="etude")
    box.idea(title="B", theme="Nature", zone_id=nord)
    box.idea(title="C", theme="Mobilités", zone_id=nord)
    box.idea(title="D", theme="Nature", zone_id=box.world.zones["sud"])

    page = browse(box.world).get(f"{box.path}?theme=Nature&quartier=nord&tri=recentes")

    assert numbers(page) == [2, 1]
    text = plain(page)
    assert "2 idées, thème « Nature », quartier « Nord »" in text
    assert "Nature (2)" in text
    assert "Mobilités (1)" in text
    assert "Nord (2)" in text
    assert "Sud (1)" in text
    assert "À l’étude (1)" in text
    assert "Reçue (1)" in text
    assert "retirer ce filtre" in text


def test_the_counts_of_a_search_are_those_of_its_rows(browse, box):
    box.idea(title="Un banc", theme="Nature")
    box.idea(title="Des bancs", theme="Mobilités")
    box.idea(title="Une piscine", theme="Nature", body="Pour nager.")

    text = plain(browse(box.world).get(f"{box.path}?q=bancs"))

    assert "2 idées pour « bancs »" in text
    assert "Nature (1)" in text
    assert "Mobilités (1)" in text


def test_nonsense_in_the_address_shows_the_list_and_changes_nothing(browse, box):
    box.idea()
    visitor = browse(box.world)

    for query in (
        "tri=nimporte", "page=-4", "page=abc", "graine=-1", "graine=99999999999999999999", "theme=%00", "quartier='--",
        "etat=xx", "vue=zzz", "q=%00%00", "q=" + "a" * 5000, "q=%F0%9F%8C%B3", "q='):* & !!",
    ):  # fmt: skip
        assert visitor.get(f"{box.path}?{query}").status_code == 200, query


def test_the_table_shows_the_same_ideas_with_a_header_for_each_column(browse, box):
    box.idea(title="Rouvrir le bac", supports=51)

    page = browse(box.world).get(f"{box.path}?vue=tableau")

    assert page.text.count('<th scope="col"') == 5
    assert "Rouvrir le bac" in page.text
    assert "vue=tableau" in page.text


def test_067_archived_ideas_leave_the_list_and_come_back_with_their_filter(browse, box, clock):
    kept, gone = box.idea(title="Gardée"), box.idea(title="Archivée naguère")
    with box.world.scope():
        contributions.archive(gone, now=clock())
    visitor = browse(box.world)

    page = visitor.get(box.path)
    assert numbers(page) == [kept.number]
    assert "1 idée archivée" in plain(page)
    archived = visitor.get(f"{box.path}?etat=archivees")
    assert numbers(archived) == [gone.number]
    assert "Cette idée est archivée" in plain(visitor.get(box.address(gone)))


def test_066_a_private_collection_shows_each_author_their_own_and_the_team_all(
    browse, rive, amina, bruno, clock, make_box
):
    box = make_box(rive, private=True, title="Vos idées en privé")
    mine = box.idea(title="De Amina", author_id=amina)
    other = box.idea(title="De quelqu’un", author_id=make_person(rive, "Léo V."))

    stranger, author, team = browse(rive), browse(rive, amina), browse(rive, bruno)

    assert numbers(stranger.get(box.path)) == []
    assert numbers(author.get(box.path)) == [mine.number]
    assert sorted(numbers(team.get(box.path))) == [mine.number, other.number]
    assert "De quelqu’un" not in author.get(f"{box.path}?q=quelqu").text
    assert "1 idée" in plain(author.get(box.path))
    assert "2 idées" not in plain(author.get(box.path))
    assert stranger.get(box.address(mine)).status_code == 403
    assert author.get(box.address(other)).status_code == 403
    assert author.get(box.address(mine)).status_code == 200
    assert team.get(box.address(other)).status_code == 200
    assert "De quelqu’un" not in author.get(f"{box.path}proposer/ressemblantes?titre=de+quelqu+un").text


def test_phases_are_said_in_words_and_each_has_its_action(browse, rive, clock, make_box):
    upcoming = make_box(rive, opens_in=timedelta(days=3))
    last_week = make_box(rive, closes_in=timedelta(days=5))
    closed = make_box(rive, closes_in=timedelta(days=-1))
    timeless = make_box(rive, closes_in=None)
    visitor = browse(rive)

    text = plain(visitor.get(upcoming.path))
    assert "Ouverture le mercredi 25 novembre 2026, 11 h" in text
    assert "M’avertir de l’ouverture" in text
    assert "Proposer une idée" not in text
    assert "Encore 5 jours" in plain(visitor.get(last_week.path))
    assert "Proposer une idée" in plain(visitor.get(last_week.path))
    text = plain(visitor.get(closed.path))
    assert "La participation est close depuis le 21 novembre 2026" in text
    assert "Proposer une idée" not in text
    assert "Ouvert toute l’année" in plain(visitor.get(timeless.path))


def test_an_empty_list_invites_to_begin_it(browse, box):
    assert "Soyez la première personne à en proposer une" in plain(browse(box.world).get(box.path))


def test_htmx_receives_the_results_alone(browse, box):
    box.idea(title="Rouvrir le bac")

    page = browse(box.world).get(box.path, headers={"HX-Request": "true", "HX-Target": "resultats"})

    assert "Rouvrir le bac" in page.text
    assert "<html" not in page.text
    assert 'id="filtres"' not in page.text
    assert "HX-Request" in page.headers["Vary"]


def test_somebody_who_supported_an_idea_sees_it_on_its_card(browse, box, amina):
    idea = box.idea()
    browser = browse(box.world, amina)
    browser.post(f"{box.address(idea)}soutenir")

    assert "Vous soutenez cette idée" in plain(browser.get(box.path))
    assert "Vous soutenez cette idée" not in plain(browse(box.world).get(box.path))


@pytest.mark.parametrize(
    "query", ["", "?tri=soutenues", "?etat=recue&tri=recentes", "?q=banc", "?vue=tableau"]
)
def test_the_list_takes_as_few_statements_with_three_ideas_as_with_sixty(
    browse, rive, amina, clock, make_box, query
):
    few, many = make_box(rive), make_box(rive)
    few.ideas(3)
    many.ideas(60)
    for browser, budget in ((browse(rive), 3), (browse(rive, amina), 5)):
        counts = []
        for box in (few, many):
            browser.get(box.path)
            with count_statements() as sent:
                assert browser.get(f"{box.path}{query}").status_code == 200
            counts.append(len(sent))
        assert counts[0] == counts[1] <= budget, sent


def test_another_platform_s_step_does_not_exist_here(browse, box, levant):
    idea = box.idea()

    assert browse(levant).get(box.path).status_code == 404
    assert browse(levant).get(box.address(idea)).status_code == 404


@pytest.mark.parametrize("sort", ["recentes", "soutenues", "commentees", "anciennes"])
def test_every_order_can_walk_an_index_to_its_last_column(box, sort):
    box.ideas(60)
    wanted = (
        db.select(Contribution.id)
        .where(
            Contribution.tenant_id == box.world.id,
            Contribution.step_id == box.step_id,
            Contribution.state == "published",
        )
        .order_by(*lists.orders(sort, ""))
        .limit(20)
    )
    sql = wanted.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})

    with box.world.scope():
        # Sixty rows are sorted faster than walked: forbidding it shows whether walking is possible at all.
        db.session.execute(db.text("set local enable_sort = off"))
        plan = "\n".join(row[0] for row in db.session.execute(db.text(f"explain {sql}")))

    assert "Sort" not in plan, plan
    assert "Index" in plan
