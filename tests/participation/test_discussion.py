"""The discussion as people meet it: commenting known or not, replying, finding useful, taking back, moderating."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from app.db import clock as clocks
from app.db.clock import FrozenClock
from app.db.session import db
from app.participation import comments, contributions, form_token, holders, moderate, votes
from app.participation.models import Comment, Contribution, Draft, Intention, Vote
from app.participation.steps import get_step_by_id
from modules.boite_a_idees.models import Idea
from tests.participation.deposits import BODY, change_step, count, reload
from tests.people import mailbox
from tests.support.browser import Browser
from tests.support.pages import check_page
from tests.support.world import TenantWorld, make_person, make_step

INES = "ines.rochard@exemple.fr"
PAGE = "/idees/parcs/1-des-bancs-a-l-ombre/"


@pytest.fixture
def step_id(rive: TenantWorld, clock: FrozenClock) -> UUID:
    return make_step(rive, slug="parcs")


@pytest.fixture
def idea(rive: TenantWorld, step_id: UUID, dora: UUID) -> UUID:
    return make_idea(rive, step_id, dora)


def make_idea(tenant: TenantWorld, step_id: UUID, author: UUID) -> UUID:
    with tenant.scope():
        row = Idea(
            type="boite_a_idees.idea",
            title="Des bancs à l’ombre",
            body=BODY,
            author_id=author,
            status="",
        )
        contributions.submit(get_step_by_id(step_id), row, now=clocks.now(), pending_for=None)
    return row.id


def said(
    tenant: TenantWorld, idea: UUID, author: UUID, body: str = "D’accord.", parent: UUID | None = None
) -> UUID:
    with tenant.scope():
        step = get_step_by_id(db.session.get_one(Contribution, (tenant.id, idea)).step_id)
        return comments.add(
            step, idea, author_id=author, body=body, parent_id=parent, now=clocks.now(), pending_for=None
        ).id


def send(browser: Browser, idea: UUID, body: str, **fields: object) -> TestResponse:
    """The form as served: with its tokens unless `jeton` is given."""
    with browser.world.app.test_request_context(), browser.world.scope():
        issued = form_token.issue()
    return browser.post(f"/discussion/{idea}/commenter", {**issued, "body": body, **fields})


def act(browser: Browser, comment: UUID, verb: str, **fields: str) -> TestResponse:
    return browser.post(f"/discussion/commentaires/{comment}/{verb}", fields)


def everything(tenant: TenantWorld) -> list[Comment]:
    with tenant.scope():
        return list(db.session.scalars(select(Comment).order_by(Comment.id)))


def check_counts(tenant: TenantWorld) -> None:
    with tenant.scope():
        assert comments.recount() == []
        assert votes.recount() == []


def check_whole(answer: TestResponse) -> None:
    """The rules of every page; choosing light or dark is the one form that needs no token."""
    check_page(
        re.sub(r'<form method="post" action="[^"]*/apparence/".*?</form>', "", answer.text, flags=re.S)
    )


def identify(
    browser: Browser, answer: TestResponse, email: str = INES, name: str = "Inès R."
) -> TestResponse:
    """From the act of somebody unknown to the page where it is done, as a new person goes."""
    path = answer.headers["Location"].removeprefix(browser.world.path)
    assert path.startswith("/participer/")
    browser.follow(browser.get(path))
    assert browser.post(f"{path}identite/", {"email": email}).headers["Location"].endswith("/code/")
    answer = browser.post(f"{path}code/", {"code": mailbox.last_code(browser.world)})
    if answer.headers["Location"].endswith(path):
        browser.follow(answer)
    done = browser.post(f"{path}profil/", {"nom": name, "charte": "1"})
    return browser.follow(done)


# --- commenting -----------------------------------------------------------------------------------------------


def test_somebody_signed_in_comments_in_one_step(rive, browse, idea, amina):
    browser = browse(rive, amina)
    empty = browser.get(PAGE)

    answer = send(browser, idea, "  Un banc près de l’école ? ")
    shown = browser.follow(answer)

    assert answer.status_code == 303
    (comment,) = everything(rive)
    assert (comment.body, comment.state, comment.author_id) == (
        "Un banc près de l’école ?",
        "published",
        amina,
    )
    assert "Aucun commentaire pour l’instant" in empty.text
    assert "Votre commentaire est en ligne." in shown.text
    assert "1\u00a0commentaire<" in shown.text
    assert f'id="commentaire-{comment.id}"' in shown.text
    assert reload(rive, idea).comments == 1
    check_whole(shown)


def test_073_a_visitor_comments_first_and_says_who_they_are_after(rive, browse, idea):
    browser, neighbour = browse(rive), browse(rive)
    browser.get(PAGE)

    answer = send(browser, idea, "Un banc, oui")
    path = answer.headers["Location"].removeprefix(rive.path)
    before = everything(rive)
    browser.follow(browser.get(path))
    browser.post(f"{path}identite/", {"email": INES})
    (pending,) = everything(rive)
    own, others = browser.get(PAGE), neighbour.get(PAGE)
    browser.follow(browser.post(f"{path}code/", {"code": mailbox.last_code(rive)}))
    done = browser.follow(browser.post(f"{path}profil/", {"nom": "Inès R.", "charte": "1"}))

    assert before == []
    assert (pending.state, pending.pending_for) == ("pending", "identity")
    assert "Un banc, oui" in own.text
    assert "vous seul le voyez" in own.text
    assert "Un banc, oui" not in others.text
    (comment,) = everything(rive)
    assert (comment.state, comment.author_id) == ("published", mailbox.person_of(rive, INES).id)
    assert "Votre commentaire est en ligne." in done.text
    assert "Inès R." in done.text
    assert "Un banc, oui" in neighbour.get(PAGE).text
    check_counts(rive)


@pytest.mark.parametrize("known", [True, False])
def test_a_form_sent_twice_is_one_comment(rive, browse, idea, amina, known):
    browser = browse(rive, amina if known else None)
    browser.get(PAGE)
    jeton = str(uuid4())

    first, second = (send(browser, idea, "Une fois", jeton=jeton) for _ in range(2))
    if not known:
        identify(browser, second)

    assert first.headers["Location"] == second.headers["Location"]
    assert [comment.body for comment in everything(rive)] == ["Une fois"]
    check_counts(rive)


def test_a_double_click_in_parallel_is_one_comment(rive, browse, idea, amina):
    first, second = browse(rive, amina), browse(rive, amina)
    jeton = str(uuid4())
    for browser in (first, second):
        browser.get(PAGE)
    together, answers = threading.Barrier(2), []

    def click(browser: Browser) -> None:
        together.wait(timeout=20)
        answers.append(send(browser, idea, "Une fois", jeton=jeton).status_code)

    threads = [threading.Thread(target=click, args=(browser,)) for browser in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert len(everything(rive)) == 1
    assert 303 in answers
    check_counts(rive)


def test_other_words_typed_after_going_back_are_another_comment(rive, browse, idea, amina):
    browser = browse(rive, amina)
    jeton = str(uuid4())

    send(browser, idea, "D’abord", jeton=jeton)
    send(browser, idea, "Ensuite", jeton=jeton)

    assert [comment.body for comment in everything(rive)] == ["D’abord", "Ensuite"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("   ", "Écrivez votre commentaire"),
        ("é" * 100_000, "Raccourcissez ce texte de 98000 caractères"),
    ],
)
def test_what_cannot_be_published_comes_back_whole_with_its_error(rive, browse, idea, amina, typed, sentence):
    browser = browse(rive, amina)

    answer = send(browser, idea, typed)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Il y a 1 erreur à corriger" in answer.text
    assert "<title>Erreur : Commenter" in answer.text
    assert typed.strip() in answer.text
    assert everything(rive) == []
    check_whole(answer)


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "أوافق على الفكرة تماما",
        "👩‍👩‍👧 d’accord 🌳🌳",
        "«\u202eenversé\u202c» {{ 7*7 }} &amp; 'x' \"y\"",
    ],
)
def test_every_text_is_shown_as_text(rive, browse, idea, amina, body):
    browser = browse(rive, amina)

    shown = browser.follow(send(browser, idea, body))

    assert "<script>alert" not in shown.text
    assert "<img src=x" not in shown.text
    assert "\u202e" not in shown.text
    assert ">49<" not in shown.text
    clean = body.replace("\u202e", "").replace("\u202c", "")
    (comment,) = everything(rive)
    assert comment.body == clean
    check_whole(shown)


def test_two_paragraphs_stay_two_paragraphs(rive, browse, idea, amina):
    browser = browse(rive, amina)

    shown = browser.follow(send(browser, idea, "Un\r\n\r\nDeux"))

    assert '<p class="pre break" dir="auto">Un\n\nDeux</p>' in shown.text


def test_a_flood_is_stopped_and_the_text_is_kept(rive, browse, idea, amina, bruno):
    browser = browse(rive, amina)
    statuses = [send(browser, idea, f"n° {number}").status_code for number in range(12)]

    stopped = send(browser, idea, "Un de trop")
    neighbour = send(browse(rive, bruno), idea, "Le premier")

    assert statuses == [303] * 12
    assert stopped.status_code == 429
    assert int(stopped.headers["Retry-After"]) > 0
    assert "Vous allez vite" in stopped.text
    assert "Un de trop" in stopped.text
    # Somebody else behind the same address is not the one who floods.
    assert neighbour.status_code == 303
    assert len(everything(rive)) == 13


def test_without_its_token_the_form_is_shown_again_with_the_text(rive, browse, idea, amina):
    browser = browse(rive, amina)

    answer = browser.post(f"/discussion/{idea}/commenter", {"body": "Gardez-moi"}, csrf=False)

    assert answer.status_code == 422
    assert "Gardez-moi" in answer.text
    assert everything(rive) == []


# --- where and when -------------------------------------------------------------------------------------------


def test_a_step_without_comments_refuses_them_and_shows_no_form(rive, browse, step_id, idea, amina):
    said(rive, idea, amina, "D’avant")
    with rive.scope():
        settings = get_step_by_id(step_id).settings
    change_step(rive, step_id, settings=settings | {"comments": False})
    browser = browse(rive, amina)

    page, form = browser.get(PAGE), browser.get(f"/discussion/{idea}/commenter")
    answer = send(browser, idea, "Malgré tout")

    assert "D’avant" in page.text
    assert "/commenter" not in page.text
    assert form.status_code == answer.status_code == 422
    assert "Les commentaires ne sont pas ouverts ici." in answer.text
    assert len(everything(rive)) == 1


def test_at_the_very_second_of_closing_the_text_goes_to_the_drafts(rive, browse, step_id, idea, amina, clock):
    browser = browse(rive, amina)
    with rive.app.test_request_context(), rive.scope():
        issued = form_token.issue()
    late = {"emis": ""}
    change_step(rive, step_id, closes_at=clock() + timedelta(hours=1))
    clock.move(hours=1, microseconds=-1)
    last = send(browser, idea, "À temps", **late)
    clock.move(microseconds=1)

    refused = send(browser, idea, "Trop tard", **late)
    again = send(browser, idea, "Trop tard", **late)
    graced = browser.post(f"/discussion/{idea}/commenter", issued | {"body": "Commencé avant"})

    assert (last.status_code, refused.status_code, graced.status_code) == (303, 422, 303)
    assert "La participation est close depuis le" in refused.text
    assert "Trop tard</textarea>" in refused.text
    assert "Trop tard</textarea>" in again.text
    with rive.scope():
        (draft,) = db.session.scalars(select(Draft)).all()
        assert draft.fields["body"] == "Trop tard"
    assert [comment.body for comment in everything(rive)] == ["À temps", "Commencé avant"]


def test_a_visitor_too_late_reads_their_text_again_and_nobody_is_created(rive, browse, idea, clock):
    browser = browse(rive)
    browser.get(PAGE)
    people = len(mailbox.persons_of(rive))
    clock.move(days=20)

    refused = send(browser, idea, "Trop tard", emis="")

    assert refused.status_code == 422
    assert "Copiez votre texte pour le garder." in refused.text
    assert "Trop tard</textarea>" in refused.text
    assert len(mailbox.persons_of(rive)) == people


def test_a_closed_discussion_is_read_without_buttons(rive, browse, step_id, idea, amina, clock):
    comment = said(rive, idea, amina, "À lire")
    with rive.scope():
        votes.like(get_step_by_id(step_id), comment, person_id=amina, useful=True, now=clock())
    clock.move(days=20)

    page = browse(rive).get(PAGE)

    assert "À lire" in page.text
    assert "1\u00a0personne le trouve utile" in page.text
    for gone in ("/utile", "/commenter", "reponse_a"):
        assert gone not in page.text
    check_whole(page)


def test_what_visitors_may_not_read_they_may_not_comment(rive, levant, browse, idea, amina, chloe, clock):
    comment = said(rive, idea, amina)
    with rive.scope():
        moderate.hide(contributions.lock(idea), reason="off_topic", by=None, now=clock())

    for browser in (browse(rive), browse(rive, amina), browse(levant, chloe)):
        answers = [
            send(browser, idea, "Non"),
            browser.get(f"/discussion/{idea}/commenter"),
            browser.get(f"/discussion/commentaires/{comment}/"),
            browser.get(f"/discussion/commentaires/{comment}/fil/"),
            act(browser, comment, "utile", utile="1"),
            act(browser, comment, "masquer", raison="off_topic"),
        ]
        assert [answer.status_code for answer in answers] == [404] * 6
    assert len(everything(rive)) == 1


def test_an_author_may_read_their_hidden_idea_and_not_comment_it(rive, browse, idea, dora, clock):
    with rive.scope():
        moderate.hide(contributions.lock(idea), reason="off_topic", by=None, now=clock())

    answer = send(browse(rive, dora), idea, "Et pourtant")

    assert answer.status_code == 403
    assert "Commenter\u00a0: ce n’est plus possible dans l’état actuel." in answer.text


def test_another_platform_knows_nothing_of_it(rive, levant, browse, idea, amina, chloe):
    comment = said(rive, idea, amina)
    browser = browse(levant, chloe)

    for answer in (
        send(browser, idea, "Bonjour"),
        act(browser, comment, "utile", utile="1"),
        act(browser, comment, "retirer"),
        browser.get(f"/discussion/commentaires/{comment}/"),
    ):
        assert answer.status_code == 404
    assert (len(everything(rive)), len(everything(levant)), count(rive, Vote)) == (1, 0, 0)


def test_an_application_switched_off_has_no_discussion(make_tenant, browse, clock):
    calme = make_tenant("calme", modules={"boite_a_idees": {"enabled": False}})
    idea = make_idea(calme, make_step(calme), make_person(calme))

    assert send(browse(calme), idea, "Bonjour").status_code == 404


# --- replying -------------------------------------------------------------------------------------------------


def test_a_reply_is_written_on_its_own_page_and_joins_its_thread(rive, browse, idea, amina, bruno):
    root = said(rive, idea, bruno, "Combien de bancs ?")
    browser = browse(rive, amina)

    form = browser.get(f"/discussion/{idea}/commenter?reponse_a={root}")
    refused = send(browser, idea, "", parent=root)
    shown = browser.follow(send(browser, idea, "Trois.", parent=root))

    assert "Combien de bancs" in form.text
    assert "Publier la réponse" in form.text
    assert f'name="parent" value="{root}"' in refused.text
    reply = everything(rive)[1]
    assert (reply.body, reply.parent_id) == ("Trois.", root)
    assert shown.text.index("Combien de bancs") < shown.text.index("Trois.")
    check_whole(form)
    check_counts(rive)


def test_a_reply_to_another_idea_s_comment_is_refused_and_the_text_kept(rive, browse, step_id, idea, amina):
    elsewhere = said(rive, make_idea(rive, step_id, amina), amina, "Ailleurs")
    browser = browse(rive, amina)

    form = browser.get(f"/discussion/{idea}/commenter?reponse_a={elsewhere}")
    answer = send(browser, idea, "Ma réponse", parent=elsewhere)

    assert form.status_code == 404
    assert answer.status_code == 422
    assert "n’est plus en ligne. Vous pouvez publier ce texte sans lui répondre." in answer.text
    assert "Ma réponse</textarea>" in answer.text
    assert 'name="parent"' not in answer.text
    assert len(everything(rive)) == 1
    with rive.scope():
        assert db.session.scalars(select(Intention)).all() == []


def test_a_link_to_a_comment_leads_to_its_page(rive, browse, idea, amina, clock):
    made = []
    for number in range(25):
        clock.move(minutes=1)
        made.append(said(rive, idea, amina, f"n° {number}"))
    browser = browse(rive)

    old, new = (browser.get(f"/discussion/commentaires/{made[i]}/") for i in (0, 24))

    assert old.headers["Location"] == f"{rive.path}{PAGE}?p=2#commentaire-{made[0]}"
    assert new.headers["Location"] == f"{rive.path}{PAGE}#commentaire-{made[24]}"
    assert f'id="commentaire-{made[0]}"' in browser.follow(old).text
    assert 'rel="next"' in browser.get(PAGE).text


def test_a_long_thread_is_read_on_its_own_page(rive, browse, idea, amina, bruno, clock):
    root = said(rive, idea, bruno, "Question")
    replies = []
    for number in range(25):
        clock.move(seconds=1)
        replies.append(said(rive, idea, amina, f"Réponse {number}.", root))
    browser = browse(rive)

    page = browser.get(PAGE)
    thread = browser.get(f"/discussion/commentaires/{root}/fil/")
    last = browser.get(f"/discussion/commentaires/{replies[24]}/")
    inside = browser.get(f"/discussion/commentaires/{replies[0]}/fil/")

    assert "Réponse 9." in page.text
    assert "Réponse 10." not in page.text
    assert "15\u00a0autres réponses" in page.text
    assert "Réponse 19." in thread.text
    assert "Réponse 20." not in thread.text
    assert last.headers["Location"].endswith(f"/{root}/fil/?p=2#commentaire-{replies[24]}")
    assert "Réponse 24." in browser.follow(last).text
    assert inside.status_code == 302
    for shown in (page, thread):
        check_whole(shown)


def test_the_page_of_comments_is_sorted_as_asked(rive, browse, step_id, idea, amina, bruno, clock):
    liked = said(rive, idea, amina, "Aimé")
    clock.move(minutes=1)
    said(rive, idea, amina, "Récent")
    with rive.scope():
        votes.like(get_step_by_id(step_id), liked, person_id=bruno, useful=True, now=clock())
    browser = browse(rive)

    recent, best = browser.get(PAGE), browser.get(f"{PAGE}?commentaires=apprecies")

    assert recent.text.index("Récent</p>") < recent.text.index("Aimé</p>")
    assert best.text.index("Aimé</p>") < best.text.index("Récent</p>")
    for odd in ("?p=-3", "?p=abc", "?p=99999999999999999999", "?commentaires=tout"):
        assert browser.get(PAGE + odd).status_code == 200


# --- useful ---------------------------------------------------------------------------------------------------


def test_finding_useful_is_written_not_toggled(rive, browse, idea, amina, bruno):
    comment = said(rive, idea, bruno)
    browser = browse(rive, amina)

    for _ in range(2):
        shown = browser.follow(act(browser, comment, "utile", utile="1"))
    with_it = shown.text
    for _ in range(2):
        shown = browser.follow(act(browser, comment, "utile", utile="0"))

    assert 'aria-pressed="true"' in with_it
    assert 'name="utile" value="0"' in with_it
    assert "C’est noté" in with_it
    assert "Votre avis sur ce commentaire est retiré." in shown.text
    assert count(rive, Vote) == 0
    check_counts(rive)


def test_a_visitor_s_opinion_waits_for_their_address_and_counts_once(rive, browse, idea, bruno):
    comment = said(rive, idea, bruno)
    browser = browse(rive)
    browser.get(PAGE)

    act(browser, comment, "utile", utile="1")
    waiting = act(browser, comment, "utile", utile="1")
    before = count(rive, Vote)
    done = identify(browser, waiting)

    assert before == 0
    assert "C’est noté" in done.text
    assert (count(rive, Vote), everything(rive)[0].supports) == (1, 1)
    check_counts(rive)


def test_a_visitor_who_already_had_an_account_does_not_count_twice(rive, browse, idea, bruno):
    comment = said(rive, idea, bruno)
    home, elsewhere = browse(rive), browse(rive)
    mailbox.enter(home, INES)
    act(home, comment, "utile", utile="1")
    elsewhere.get(PAGE)

    waiting = act(elsewhere, comment, "utile", utile="1")
    path = waiting.headers["Location"].removeprefix(rive.path)
    elsewhere.follow(elsewhere.get(path))
    elsewhere.post(f"{path}identite/", {"email": INES})
    done = elsewhere.follow(elsewhere.post(f"{path}code/", {"code": mailbox.last_code(rive)}))

    assert "C’est noté" in done.text
    assert (count(rive, Vote), everything(rive)[0].supports) == (1, 1)
    check_counts(rive)


def test_an_opinion_proven_after_the_closing_is_not_counted_and_says_so(
    rive, browse, step_id, idea, bruno, clock
):
    comment = said(rive, idea, bruno)
    browser = browse(rive)
    browser.get(PAGE)
    waiting = act(browser, comment, "utile", utile="1")
    path = waiting.headers["Location"].removeprefix(rive.path)
    browser.follow(browser.get(path))
    browser.post(f"{path}identite/", {"email": INES})
    change_step(rive, step_id, closes_at=clock())

    shown = browser.follow(browser.post(f"{path}code/", {"code": mailbox.last_code(rive)}))
    if "Votre nom public" in shown.text or f"{path}profil/" in shown.request.path:
        shown = browser.follow(browser.post(f"{path}profil/", {"nom": "Inès R.", "charte": "1"}))

    assert count(rive, Vote) == 0
    assert "votre avis n’a pas été compté" in shown.text
    check_counts(rive)


def test_after_the_closing_nobody_changes_their_opinion(rive, browse, idea, amina, bruno, clock):
    comment = said(rive, idea, bruno)
    browser = browse(rive, amina)
    act(browser, comment, "utile", utile="1")
    clock.move(days=20)
    browser.sign_in(amina)

    refused = act(browser, comment, "utile", utile="0")

    assert refused.status_code == 422
    assert "La discussion est close depuis le" in refused.text
    assert count(rive, Vote) == 1


# --- taking back ----------------------------------------------------------------------------------------------


def test_073_only_its_author_takes_a_comment_back(rive, browse, idea, amina, bruno, dora):
    comment = said(rive, idea, amina, "Mes mots")
    said(rive, idea, bruno, "Une réponse", comment)

    refused = [act(browse(rive, who), comment, "retirer").status_code for who in (bruno, dora, None)]
    still = browse(rive).get(PAGE)
    author = browse(rive, amina)
    first, second = act(author, comment, "retirer"), act(author, comment, "retirer")
    page = author.follow(first)

    assert refused == [403, 403, 403]
    assert "Mes mots" in still.text
    assert (first.status_code, second.status_code) == (303, 303)
    assert "Votre commentaire est retiré." in page.text
    assert "Mes mots" not in page.text
    assert "Commentaire retiré." in page.text
    assert "Une réponse" in page.text
    check_counts(rive)


def test_only_the_author_sees_the_button(rive, browse, idea, amina, bruno):
    comment = said(rive, idea, amina)

    pages = {who: browse(rive, who).get(PAGE).text for who in (amina, bruno, None)}

    assert [f"{comment}/retirer" in page for page in pages.values()] == [True, False, False]


# --- moderating -----------------------------------------------------------------------------------------------


def managing(browser: Browser) -> Browser:
    browser.client.set_cookie(
        f"parvis_{browser.world.slug}_gestion", "1", domain=browser.host, path=f"{browser.world.path}/"
    )
    return browser


def test_a_moderator_hides_from_the_page_with_a_reason_and_restores(rive, browse, idea, amina, bruno):
    comment = said(rive, idea, amina, "Vilain mot")
    moderator = managing(browse(rive, bruno))

    toolbar = moderator.get(PAGE)
    unreasoned = moderator.follow(act(moderator, comment, "masquer"))
    untouched = everything(rive)[0].state
    hidden = moderator.follow(act(moderator, comment, "masquer", raison="personal_attack"))
    for_others = [browse(rive, who).get(PAGE) for who in (None, amina)]
    restored = moderator.follow(act(moderator, comment, "retablir"))

    assert "1. attaque personnelle" in toolbar.text
    assert "Choisissez une raison" in unreasoned.text
    assert untouched == "published"
    assert "Vilain mot" in hidden.text
    assert "Masqué\u00a0: attaque personnelle" in hidden.text
    for page in for_others:
        assert "Vilain mot" not in page.text
        assert "Commentaire masqué\u00a0: attaque personnelle." in page.text
        assert f"{rive.path}/moderation/" in page.text
    assert "Commentaire rétabli." in restored.text
    assert "Vilain mot" in browse(rive).get(PAGE).text
    for page in (toolbar, hidden, *for_others):
        check_whole(page)
    check_counts(rive)


def test_the_words_of_a_hidden_comment_are_nowhere_for_visitors(rive, browse, idea, amina, bruno, clock):
    comment = said(rive, idea, amina, "Vilain mot")
    reply = said(rive, idea, amina, "Encore pire", comment)
    with rive.scope():
        for one in (comment, reply):
            row = db.session.get_one(Comment, (rive.id, one))
            moderate.hide_comment(row, reason="unlawful", by=bruno, now=clock())

    for who in (None, amina):
        browser = browse(rive, who)
        for address in (
            PAGE,
            f"{PAGE}?commentaires=apprecies",
            f"/discussion/commentaires/{comment}/fil/",
            f"/discussion/{idea}/commenter?reponse_a={comment}",
            f"/discussion/{idea}/commenter?reponse_a={reply}",
            "/idees/parcs/",
            "/recherche/?q=vilain",
        ):
            text = browser.get(address).text
            assert "Vilain" not in text
            assert "Encore pire" not in text


def test_who_is_not_of_the_team_hides_nothing(rive, browse, idea, amina, bruno):
    comment = said(rive, idea, bruno)

    statuses = [
        act(browse(rive, who), comment, verb, raison="off_topic").status_code
        for who in (amina, None)
        for verb in ("masquer", "retablir")
    ]

    assert statuses == [403] * 4
    assert everything(rive)[0].state == "published"


def test_two_moderators_at_once_decide_once(rive, browse, idea, amina, bruno, dora):
    comment = said(rive, idea, amina)
    act(browse(rive, bruno), comment, "masquer", raison="off_topic")

    second = act(browse(rive, dora), comment, "masquer", raison="unlawful")

    assert second.status_code == 403
    with rive.scope():
        assert [one.reason for one in moderate.list_decisions(comment_id=comment)] == ["off_topic"]


def test_erased_and_unnamed_people_are_called_something(rive, browse, idea, amina, bruno):
    said(rive, idea, amina, "D’avant")
    unnamed = make_person(rive, None)
    said(rive, idea, unnamed, "Sans nom")
    with rive.scope():
        holders.HOLDER.erase(amina, clocks.now())

    page = browse(rive).get(PAGE).text

    assert re.search(r"<bdi>Compte supprimé</bdi>.*?D’avant", page, re.S)
    assert re.search(r"<bdi>Une personne</bdi>.*?Sans nom", page, re.S)


# --- what an idea page costs ----------------------------------------------------------------------------------


def test_three_hundred_comments_cost_the_statements_of_one(rive, browse, step_id, idea, amina, clock):
    said(rive, idea, amina)

    def cost() -> int:
        browser = browse(rive)
        browser.get(PAGE)
        with rive.app.app_context(), mailbox.statements(rive.app) as seen:
            assert browser.get(PAGE).status_code == 200
        return len([one for one in seen if not one.startswith("SET LOCAL")])

    few = cost()
    with rive.scope():
        for number in range(300):
            db.session.add(
                Comment(
                    contribution_id=idea,
                    step_id=step_id,
                    author_id=amina,
                    body=f"n° {number}",
                    state="published",
                    created_at=clock() + timedelta(seconds=number),
                )
            )
        db.session.execute(update(Contribution).values(comments=301))

    assert cost() == few <= 8
