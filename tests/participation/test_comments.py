"""Comments and their replies: what is kept, what is shown to whom, and that figures are the rows."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from app.db import clock as clocks
from app.db.clock import FrozenClock
from app.db.errors import InvalidInput, NotFound
from app.db.session import db
from app.db.types import uuid7
from app.participation import comments, contributions, holders, moderate, threads, votes
from app.participation.errors import CommentGone, CommentsOff, NotCommentable, StepClosed, StepNotOpen
from app.participation.models import Comment, Contribution
from app.participation.steps import get_step_by_id
from app.people.visitor import Visitor
from tests.participation.deposits import count, deposit, news, reload, statements, visitor
from tests.support.world import TenantWorld, make_person, make_step


@pytest.fixture
def step_id(rive: TenantWorld, clock: FrozenClock) -> UUID:
    return make_step(rive)


@pytest.fixture
def idea(rive: TenantWorld, step_id: UUID) -> UUID:
    return deposit(rive, step_id)


def say(
    tenant: TenantWorld,
    idea: UUID,
    author: UUID,
    body: str = "D’accord.",
    *,
    parent: UUID | None = None,
    pending_for: str | None = None,
    step_id: UUID | None = None,
) -> UUID:
    with tenant.scope():
        step = get_step_by_id(step_id or db.session.get_one(Contribution, (tenant.id, idea)).step_id)
        return comments.add(
            step,
            idea,
            author_id=author,
            body=body,
            parent_id=parent,
            now=clocks.now(),
            pending_for=pending_for,
        ).id


def finish(tenant: TenantWorld, comment: UUID, pending_for: str | None = None) -> Comment:
    with tenant.scope():
        step = get_step_by_id(comment_of(tenant, comment).step_id)
        return comments.complete(step, comment, now=clocks.now(), pending_for=pending_for)


def comment_of(tenant: TenantWorld, comment: UUID) -> Comment:
    return db.session.get_one(Comment, (tenant.id, comment))


def read(
    tenant: TenantWorld, idea: UUID, who: Visitor | None = None, **options: object
) -> threads.CommentPage:
    with tenant.scope():
        return comments.list_page(idea, visitor=who, **options)  # type: ignore[arg-type]


def shown(page: threads.CommentPage) -> list[tuple[str, list[str]]]:
    return [
        (row.body or row.state, [reply.body or reply.state for reply in row.replies]) for row in page.rows
    ]


def check_counts(tenant: TenantWorld) -> None:
    with tenant.scope():
        assert comments.recount() == []
        assert votes.recount() == []


# --- what may be written --------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", "   ", "\n\n", "\u200b", None])
def test_an_empty_comment_is_refused(typed):
    with pytest.raises(InvalidInput) as refused:
        comments.parse_body(typed)

    assert refused.value.errors == {"body": ["Écrivez votre commentaire"]}


@pytest.mark.parametrize(
    ("length", "sentence"),
    [
        (2001, "Raccourcissez ce texte de 1 caractère : le maximum est de 2\u00a0000"),
        (100_000, "Raccourcissez ce texte de 98000 caractères : le maximum est de 2\u00a0000"),
    ],
)
def test_a_text_too_long_is_refused_with_what_is_in_excess(length, sentence):
    with pytest.raises(InvalidInput) as refused:
        comments.parse_body("é" * length)

    assert refused.value.errors == {"body": [sentence]}
    assert comments.parse_body("é" * 2000) == "é" * 2000


def test_a_line_end_counts_for_one_as_in_the_browser():
    assert comments.parse_body("a\r\n" * 998 + "fin.") == "a\n" * 998 + "fin."


@pytest.mark.parametrize(
    "body",
    ["👩‍👩‍👧 d’accord 🌳", "أوافق على الفكرة", "<script>alert(1)</script> & co", "a\nb\n\nc"],
)
def test_every_script_and_sign_is_kept_as_typed(rive, idea, amina, body):
    say(rive, idea, amina, comments.parse_body(body))

    assert shown(read(rive, idea)) == [(body, [])]


# --- adding ---------------------------------------------------------------------------------------------------


def test_073_replies_attach_to_their_parent_on_one_level(rive, idea, amina, bruno):
    with news() as told:
        first = say(rive, idea, amina, "Un banc ?")
        reply = say(rive, idea, bruno, "Deux.", parent=first)
        say(rive, idea, amina, "Trois.", parent=reply)

    assert shown(read(rive, idea)) == [("Un banc ?", ["Deux.", "Trois."])]
    assert told == ["comment_published"] * 3
    assert reload(rive, idea).comments == 3
    assert [row.reply_count for row in read(rive, idea).rows] == [2]
    check_counts(rive)


@pytest.mark.parametrize("state", ["hidden", "withdrawn", "archived", "rejected", "merged"])
@pytest.mark.parametrize("pending_for", [None, "identity"])
def test_only_a_published_contribution_is_commented(rive, idea, amina, state, pending_for):
    with rive.scope():
        db.session.execute(update(Contribution).values(state=state))

    with pytest.raises(NotCommentable) as refused:
        say(rive, idea, amina, pending_for=pending_for)

    assert refused.value.sentence() == "Cette contribution ne peut pas être commentée en ce moment."
    assert count(rive, Comment) == 0


def test_nor_one_of_another_step_or_of_another_platform(rive, levant, idea, amina, clock):
    theirs = deposit(levant, make_step(levant))
    for target, step in ((idea, make_step(rive)), (theirs, make_step(rive)), (uuid7(), make_step(rive))):
        with pytest.raises(NotFound):
            say(rive, target, amina, step_id=step)

    assert (count(rive, Comment), count(levant, Comment)) == (0, 0)


def test_a_reply_to_a_comment_of_another_contribution_or_that_is_gone_is_refused(
    rive, levant, step_id, idea, amina, chloe, clock
):
    other = say(rive, deposit(rive, step_id, "Autre"), amina)
    hidden, pending = say(rive, idea, amina), say(rive, idea, amina, pending_for="identity")
    theirs = say(levant, deposit(levant, make_step(levant)), chloe)
    with rive.scope():
        comments.move(hidden, "hidden", was=("published",))
    before = count(rive, Comment)

    for parent in (other, hidden, pending, theirs, uuid7()):
        with pytest.raises(CommentGone):
            say(rive, idea, amina, parent=parent)

    assert count(rive, Comment) == before
    check_counts(rive)


def test_the_step_says_whether_and_when_people_comment(rive, clock):
    off, later = make_step(rive, comments=False), make_step(rive, opens_in=timedelta(days=1))
    ends = make_step(rive, closes_in=timedelta(days=1))
    issued = {"_issued_at": clock().isoformat()}

    with rive.scope():
        with pytest.raises(CommentsOff, match="comments_off"):
            comments.check(get_step_by_id(off), {}, clock())
        with pytest.raises(StepNotOpen):
            comments.check(get_step_by_id(later), {}, clock())
        closing = get_step_by_id(ends)
        clock.move(days=1, microseconds=-1)
        comments.check(closing, {}, clock())
        clock.move(microseconds=1)
        with pytest.raises(StepClosed):
            comments.check(closing, {}, clock())
        # The form was open before: a text has a quarter of an hour.
        comments.check(closing, issued, clock())
        clock.move(minutes=15)
        with pytest.raises(StepClosed):
            comments.check(closing, issued, clock())


# --- pending --------------------------------------------------------------------------------------------------


def test_a_pending_comment_is_its_author_s_alone_until_the_identity_is_proven(rive, idea, amina, bruno):
    with news() as told:
        mine = say(rive, idea, amina, "En attente", pending_for="identity")
        seen_by = [shown(read(rive, idea, who)) for who in (None, visitor(bruno), visitor(amina))]
        before = reload(rive, idea).comments
        waiting = finish(rive, mine, "requirements")
        done = finish(rive, mine)
        finish(rive, mine)

    assert seen_by == [[], [], [("En attente", [])]]
    assert (before, waiting.pending_for, done.state) == (0, "requirements", "published")
    assert shown(read(rive, idea)) == [("En attente", [])]
    assert told == ["comment_published"]
    assert reload(rive, idea).comments == 1
    check_counts(rive)


def test_a_pending_reply_is_seen_by_its_author_even_in_a_long_thread(rive, idea, amina, bruno, clock):
    root = say(rive, idea, bruno, "Question")
    for number in range(threads.FIRST_REPLIES + 2):
        say(rive, idea, bruno, f"{number}", parent=root)
    say(rive, idea, amina, "La mienne", parent=root, pending_for="identity")

    mine, theirs = read(rive, idea, visitor(amina)).rows[0], read(rive, idea).rows[0]

    assert [reply.body for reply in mine.replies][-1] == "La mienne"
    assert (mine.more, theirs.more) == (2, 2)
    assert len(theirs.replies) == threads.FIRST_REPLIES


def test_015_proven_after_the_closing_it_is_too_late_and_only_its_author_reads_it(rive, idea, amina, clock):
    mine = say(rive, idea, amina, "Trop tard", pending_for="identity")
    clock.move(days=20)

    late = finish(rive, mine)
    finish(rive, mine)

    assert (late.state, late.pending_for) == ("pending", "too_late")
    assert (shown(read(rive, idea)), reload(rive, idea).comments) == ([], 0)
    assert shown(read(rive, idea, visitor(amina))) == [("Trop tard", [])]


def test_a_comment_of_an_idea_hidden_meanwhile_waits_with_it_and_is_no_news(rive, idea, amina, clock):
    mine = say(rive, idea, amina, pending_for="identity")
    with rive.scope():
        moderate.hide(contributions.lock(idea), reason="off_topic", by=None, now=clock())

    with news() as told:
        finish(rive, mine)

    assert told == []
    assert reload(rive, idea).comments == 1
    check_counts(rive)


def test_an_act_of_another_step_completes_nothing(rive, idea, amina, clock):
    mine = say(rive, idea, amina, pending_for="identity")

    with pytest.raises(NotFound), rive.scope():
        comments.complete(get_step_by_id(make_step(rive)), mine, now=clock(), pending_for=None)

    with rive.scope():
        assert comment_of(rive, mine).state == "pending"


# --- leaving --------------------------------------------------------------------------------------------------


def test_a_comment_taken_back_goes_and_leaves_a_stub_only_when_somebody_replied(rive, idea, amina, bruno):
    alone, answered = say(rive, idea, amina, "Seul"), say(rive, idea, amina, "Répondu")
    reply = say(rive, idea, bruno, "Bien dit.", parent=answered)

    with rive.scope():
        for comment in (alone, answered, answered):
            comments.withdraw(comment)

    assert shown(read(rive, idea, visitor(amina))) == [("withdrawn", ["Bien dit."])]
    assert reload(rive, idea).comments == 1
    with rive.scope():
        comments.withdraw(reply)
    assert shown(read(rive, idea)) == []
    assert reload(rive, idea).comments == 0
    check_counts(rive)


def test_a_pending_comment_taken_back_is_not_published_by_the_proof(rive, idea, amina):
    mine = say(rive, idea, amina, pending_for="identity")
    with rive.scope():
        comments.withdraw(mine)

    done = finish(rive, mine)

    assert (done.state, done.pending_for) == ("withdrawn", None)
    assert reload(rive, idea).comments == 0


def test_a_hidden_comment_leaves_a_stub_with_its_reason_and_its_replies(rive, idea, amina, bruno, clock):
    said = say(rive, idea, amina, "Vilain mot")
    say(rive, idea, bruno, "Restons courtois.", parent=said)
    with rive.scope():
        moderate.hide_comment(comment_of(rive, said), reason="personal_attack", by=bruno, now=clock())

    for who in (None, visitor(amina), visitor(bruno, "moderator")):
        (row,) = read(rive, idea, who).rows
        assert (row.state, row.body, row.reason) == ("hidden", "", "personal_attack")
        assert [reply.body for reply in row.replies] == ["Restons courtois."]
    (managed,) = read(rive, idea, visitor(bruno, "moderator"), show_hidden=True).rows
    assert managed.body == "Vilain mot"
    assert reload(rive, idea).comments == 1
    with pytest.raises(NotFound), rive.scope():
        comments.withdraw(said)
    check_counts(rive)


def test_a_hidden_reply_is_a_stub_for_everybody_even_alone_in_its_thread(rive, idea, amina, bruno, clock):
    root = say(rive, idea, bruno, "Question")
    reply = say(rive, idea, amina, "Vilain mot", parent=root)
    with rive.scope():
        moderate.hide_comment(comment_of(rive, reply), reason="off_topic", by=bruno, now=clock())

    assert shown(read(rive, idea)) == shown(read(rive, idea, visitor(amina))) == [("Question", ["hidden"])]
    with rive.scope():
        moderate.restore_comment(comment_of(rive, reply), by=bruno, now=clock())
    assert shown(read(rive, idea)) == [("Question", ["Vilain mot"])]
    check_counts(rive)


def test_the_words_of_an_erased_person_go_and_the_thread_stays(rive, idea, amina, bruno, clock):
    root = say(rive, idea, amina, "Mes mots")
    say(rive, idea, bruno, "Les miens", parent=root)

    with rive.scope():
        holders.erase_texts(amina, now=clock())

    assert shown(read(rive, idea)) == [("erased", ["Les miens"])]
    assert count(rive, Comment) == 2
    check_counts(rive)


# --- reading --------------------------------------------------------------------------------------------------


def make_discussion(rive: TenantWorld, idea: UUID, author: UUID, clock: FrozenClock, n: int) -> list[UUID]:
    made = []
    for number in range(n):
        clock.move(minutes=1)
        made.append(say(rive, idea, author, f"n° {number}"))
    return made


def test_threads_come_twenty_by_twenty_recent_first(rive, idea, amina, clock):
    make_discussion(rive, idea, amina, clock, 41)

    pages = [read(rive, idea, page=number) for number in (1, 2, 3, 4)]

    assert [len(page.rows) for page in pages] == [20, 20, 1, 0]
    assert [page.has_next for page in pages] == [True, True, False, False]
    assert [pages[0].rows[0].body, pages[2].rows[0].body] == ["n° 40", "n° 0"]


@pytest.mark.parametrize("page", [-1, 0, 10**12])
def test_a_page_that_cannot_be_is_no_error(rive, idea, amina, page):
    say(rive, idea, amina)

    assert len(read(rive, idea, page=page).rows) == int(page < 1)


def test_appreciated_first_then_recent(rive, step_id, idea, amina, bruno, clock):
    first, second, third = make_discussion(rive, idea, amina, clock, 3)
    for comment, people in ((first, [bruno]), (third, [bruno]), (second, [bruno, amina])):
        for person in people:
            with rive.scope():
                votes.like(get_step_by_id(step_id), comment, person_id=person, useful=True, now=clock())

    liked = read(rive, idea, visitor(amina), sort="apprecies")

    assert [(row.id, row.supports, row.useful) for row in liked.rows] == [
        (second, 2, True),
        (third, 1, False),
        (first, 1, False),
    ]
    assert [row.useful for row in read(rive, idea).rows] == [False] * 3


def test_a_page_is_two_statements_whatever_it_holds(rive, idea, amina, bruno, clock):
    def cost(who: Visitor | None) -> int:
        with rive.scope(), statements() as seen:
            comments.list_page(idea, visitor=who)
        return len(seen)

    (root,) = make_discussion(rive, idea, amina, clock, 1)
    one = [cost(None), cost(visitor(bruno))]
    for comment in [root, *make_discussion(rive, idea, amina, clock, 10)]:
        for _ in range(3):
            say(rive, idea, bruno, parent=comment)
    many = [cost(None), cost(visitor(bruno))]

    assert one == many == [2, 2]


def test_a_long_thread_shows_its_beginning_and_has_a_page_of_its_own(rive, idea, amina, bruno, clock):
    root = say(rive, idea, amina, "Question")
    replies = []
    for number in range(45):
        clock.move(seconds=1)
        replies.append(say(rive, idea, bruno, f"{number}", parent=root))
    other = say(rive, idea, amina, "Autre fil")
    say(rive, idea, bruno, "Sa réponse", parent=other)

    page = read(rive, idea)
    with rive.scope():
        head, last = threads.thread(root, page=3)
        places = [threads.place(comment_of(rive, one), None) for one in (root, *replies)]
        with pytest.raises(NotFound):
            threads.thread(replies[0])

    assert {row.body: (len(row.replies), row.more) for row in page.rows} == {
        "Question": (10, 35),
        "Autre fil": (1, 0),
    }
    assert (head.body, [row.body for row in last.rows], last.has_next) == (
        "Question",
        ["40", "41", "42", "43", "44"],
        False,
    )
    assert places[:11] == [threads.Place(1)] * 11
    assert places[11:] == [threads.Place(number // 20 + 1, root) for number in range(10, 45)]


def test_the_place_of_a_comment_is_its_page(rive, idea, amina, bruno, clock):
    made = make_discussion(rive, idea, amina, clock, 25)
    reply = say(rive, idea, bruno, parent=made[0])
    gone = made[24]
    pending = say(rive, idea, bruno, pending_for="identity")
    with rive.scope():
        comments.withdraw(gone)

        found = {
            name: threads.place(comment_of(rive, one), None)
            for name, one in (("newest", made[23]), ("oldest", made[0]), ("reply", reply), ("gone", gone))
        }
        waiting = [threads.place(comment_of(rive, pending), who) for who in (None, visitor(bruno))]

    assert found == {
        "newest": threads.Place(1),
        "oldest": threads.Place(2),
        "reply": threads.Place(2),
        "gone": None,
    }
    assert waiting == [None, threads.Place(1)]


def test_nobody_finds_the_pending_comment_of_somebody_else(rive, idea, amina, bruno):
    mine = say(rive, idea, amina, pending_for="identity")

    with rive.scope():
        for who in (None, visitor(bruno, "administrator")):
            with pytest.raises(NotFound):
                threads.get(mine, who)
        assert threads.get(mine, visitor(amina)).id == mine


def test_another_platform_reads_nothing(rive, levant, idea, amina):
    said = say(rive, idea, amina)

    assert read(levant, idea).rows == []
    with levant.scope():
        for look in (lambda: threads.get(said, None), lambda: threads.thread(said)):
            with pytest.raises(NotFound):
                look()


def test_the_recount_names_each_figure_that_lies(rive, idea, amina):
    root = say(rive, idea, amina)
    say(rive, idea, make_person(rive), parent=root)
    with rive.scope():
        db.session.execute(update(Contribution).values(comments=7))
        db.session.execute(update(Comment).where(Comment.id == root).values(replies=0))

        found = comments.recount()

    assert [(one.what, one.id, one.counter, one.rows) for one in found] == [
        ("contribution comments", idea, 7, 2),
        ("comment replies", root, 0, 1),
    ]
