"""Proposing an idea: the fields, the drafts, the ideas that already say it, the closing in between."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image

from app.db.session import db
from app.participation import moderate
from app.participation.models import Draft, Photo
from modules.boite_a_idees.tests.stories import GOOD, confirm, deposit, errors_of, fill, plain
from tests.support.world import make_person


def drafts_of(box):
    with box.world.scope():
        return list(db.session.scalars(db.select(Draft).where(Draft.step_id == box.step_id)))


def picture(width: int = 900, height: int = 600) -> io.BytesIO:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (20, 90, 110)).save(stream, "JPEG")
    stream.seek(0)
    return stream


def test_amina_proposes_an_idea_and_reads_its_number(browse, box, amina):
    thanks = deposit(browse(box.world, amina), box, zone="nord", place="Devant la mairie")

    (idea,) = box.all()
    assert (idea.state, idea.status, idea.author_id, idea.number) == ("published", "recue", amina, 1)
    assert (idea.title, idea.theme, idea.place) == (GOOD["title"], "Mobilités", "Devant la mairie")
    assert idea.zone_id == box.world.zones["nord"]
    assert "Votre idée n° 1 est en ligne" in plain(thanks)
    assert "Un agent relit votre idée sous 48 heures" in plain(thanks)


def test_057_a_visitor_is_led_to_identification_after_the_form_and_nothing_is_asked_twice(browse, box):
    visitor = browse(box.world)
    _, response = fill(visitor, box)

    check = visitor.follow(response)
    assert GOOD["body"] in check.text
    path = check.request.path.removeprefix(box.world.path)
    identity = visitor.follow(visitor.post(path))

    assert identity.request.path.endswith("/identite/")
    assert "E-mail" in plain(identity) or "e-mail" in plain(identity)
    assert box.all() == []


def test_057_the_address_given_keeps_the_idea_for_its_author_alone(browse, box):
    visitor = browse(box.world)
    _, response = fill(visitor, box)
    path = visitor.follow(response).request.path.removeprefix(box.world.path)
    identity = visitor.follow(visitor.post(path)).request.path.removeprefix(box.world.path)

    visitor.post(identity, {"email": "lea@rive.example"})

    (idea,) = box.all()
    assert (idea.state, idea.pending_for) == ("pending", "identity")
    assert browse(box.world).get(box.address(idea)).status_code == 404
    assert "Confirmez votre adresse e-mail" in plain(visitor.get(box.address(idea)))


def test_058_a_draft_may_miss_what_publishing_may_not(browse, box, amina):
    browser = browse(box.world, amina)

    _, left = fill(browser, box, title="Des bancs", body="", theme="", suite="quitter")
    assert left.status_code == 303
    (draft,) = drafts_of(box)
    assert (draft.fields["title"], draft.fields["body"]) == ("Des bancs", "")

    resumed = browser.get(f"{box.path}proposer/?brouillon={draft.id}")
    assert 'value="Des bancs"' in resumed.text
    refused = browser.post(
        f"{box.path}proposer/", {"title": "Des bancs", "body": "", "brouillon": str(draft.id)}
    )
    assert refused.status_code == 422
    assert errors_of(refused) == ["Décrivez votre idée", "Choisissez un thème"]
    assert box.all() == []


def test_058_typing_saves_one_draft_however_often_and_depositing_takes_it_away(browse, box, amina):
    browser = browse(box.world, amina)
    posted, _ = fill(browser, box, title="Des b", suite="rien", body="")

    saved = browser.post(f"{box.path}proposer/brouillon", posted | {"title": "Des bancs"})
    browser.post(f"{box.path}proposer/brouillon", posted | {"title": "Des bancs à l’ombre"})

    assert saved.text == "Enregistré à 11\u00a0h"
    (draft,) = drafts_of(box)
    assert draft.fields["title"] == "Des bancs à l’ombre"
    confirm(browser, browser.post(f"{box.path}proposer/", posted | GOOD))
    assert drafts_of(box) == []
    assert len(box.all()) == 1


def test_058_an_empty_form_makes_no_draft(browse, box, amina):
    answer = browse(box.world, amina).post(f"{box.path}proposer/brouillon", {"title": " ", "body": ""})

    assert (answer.status_code, drafts_of(box)) == (204, [])


def test_a_visitor_finds_on_the_same_browser_what_they_began(browse, box):
    visitor = browse(box.world)
    fill(visitor, box, suite="quitter")

    page = visitor.get(f"{box.path}proposer/")

    assert "Vous aviez commencé" in plain(page)
    assert "Vous aviez commencé" not in plain(browse(box.world).get(f"{box.path}proposer/"))


def test_somebody_else_s_draft_cannot_be_opened(browse, box, amina, bruno):
    fill(browse(box.world, amina), box, suite="quitter")
    (draft,) = drafts_of(box)

    assert browse(box.world, bruno).get(f"{box.path}proposer/?brouillon={draft.id}").status_code == 404


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"title": ""}, "Écrivez un titre pour votre idée"),
        ({"title": "   "}, "Écrivez un titre pour votre idée"),
        ({"body": ""}, "Décrivez votre idée"),
        ({"body": "Trop court."}, "Ajoutez quelques mots : il en faut au moins 50"),
        ({"theme": ""}, "Choisissez un thème"),
        ({"theme": "Astrologie"}, "Choisissez une réponse de la liste"),
        ({"title": "a" * 81}, "Raccourcissez ce texte de 1 caractère : le maximum est de 80"),
        ({"body": "a" * 100_000}, "Raccourcissez ce texte de 97000 caractères : le maximum est de 3 000"),
    ],
)
def test_059_each_missing_or_wrong_field_says_its_own_sentence(browse, box, amina, typed, sentence):
    _, refused = fill(browse(box.world, amina), box, **typed)

    assert refused.status_code == 422
    assert errors_of(refused) == [sentence]
    assert "Erreur : " in refused.text
    (name,) = typed
    if name != "theme":
        assert typed[name].strip() in refused.text
    assert box.all() == []


def test_059_a_compulsory_place_and_photo_are_asked_for(browse, rive, amina, clock, make_box):
    box = make_box(rive, place="required", photo="required")

    _, refused = fill(browse(rive, amina), box)

    assert errors_of(refused) == ["Indiquez où se situe votre idée", "Ajoutez une photo"]


def test_059_fields_that_the_step_does_not_ask_are_not_there(browse, rive, amina, clock, make_box):
    box = make_box(rive, place="off", photo="off", body_required=False, theme_required=False)
    browser = browse(rive, amina)
    page = browser.get(f"{box.path}proposer/").text
    assert 'name="zone"' not in page
    assert 'type="file"' not in page

    deposit(browser, box, body="", theme="", zone="nord", place="Ailleurs")

    (idea,) = box.all()
    assert (idea.body, idea.theme, idea.zone_id, idea.place) == ("", None, None, None)


def test_a_photo_survives_the_errors_of_the_other_fields(browse, box, amina):
    browser = browse(box.world, amina)
    posted, refused = fill(browser, box, title="", file=(picture(), "banc.jpg"), alt="Une place sans ombre")

    assert errors_of(refused) == ["Écrivez un titre pour votre idée"]
    with box.world.scope():
        photo = db.session.scalars(db.select(Photo)).one()
    assert f'name="photo" value="{photo.id}"' in refused.text

    again = {name: value for name, value in posted.items() if name != "file"}
    confirm(
        browser,
        browser.post(
            f"{box.path}proposer/", again | {"title": "Des bancs à l’ombre", "photo": str(photo.id)}
        ),
    )
    (idea,) = box.all()
    assert idea.photo_id == photo.id
    assert 'alt="Une place sans ombre"' in browse(box.world).get(box.address(idea)).text


def test_a_file_that_is_no_photo_is_refused_at_its_field_and_the_text_stays(browse, box, amina):
    script = io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    _, refused = fill(browse(box.world, amina), box, file=(script, "banc.jpg"))

    assert refused.status_code == 422
    assert errors_of(refused) == [
        "Ce fichier n’est pas une photo lisible. Envoyez une photo JPEG, PNG, WebP ou HEIC."
    ]
    assert GOOD["body"] in refused.text


def test_somebody_else_s_photo_cannot_be_attached(browse, box, amina, bruno):
    fill(browse(box.world, bruno), box, title="", file=(picture(), "banc.jpg"))
    with box.world.scope():
        photo = db.session.scalars(db.select(Photo)).one()

    deposit(browse(box.world, amina), box, photo=str(photo.id))

    assert box.all()[0].photo_id is None


def test_similar_ideas_appear_while_the_title_is_typed(browse, box):
    box.idea(title="Un banc à l’ombre devant l’école", supports=12)
    visitor = browse(box.world)

    found = visitor.get(f"{box.path}proposer/ressemblantes?titre=des+bancs+a+l+ombre")
    nothing = visitor.get(f"{box.path}proposer/ressemblantes?titre=une+piscine")

    assert "Un banc à l’ombre devant l’école" in found.text
    assert "12 soutiens" in plain(found)
    assert nothing.text.strip() == ""


def test_similar_ideas_are_shown_once_more_at_submit_and_no_continues(browse, box, amina):
    other = box.idea(title="Un banc à l’ombre devant l’école")
    browser = browse(box.world, amina)

    posted, asked = fill(browser, box)
    assert asked.status_code == 200
    assert "Non, continuer" in plain(asked)
    assert GOOD["body"] in asked.text
    assert len(box.all()) == 1

    confirm(browser, browser.post(f"{box.path}proposer/", posted | {"vues": str(other.number)}))
    assert len(box.all()) == 2


def test_supporting_the_similar_idea_instead_keeps_the_text_in_the_drafts(browse, box, amina):
    other = box.idea(title="Un banc à l’ombre devant l’école", supports=12)
    browser = browse(box.world, amina)
    posted, _ = fill(browser, box)

    page = browser.follow(
        browser.post(f"{box.path}proposer/", posted | {"soutenir": f"{other.number}-{other.slug}"})
    )

    assert box.reload(other).supports == 13
    assert "Votre soutien est compté" in plain(page)
    assert [draft.fields["title"] for draft in drafts_of(box)] == [GOOD["title"]]


def test_061_the_author_reads_that_an_agent_comes_first_when_the_step_is_moderated_before(
    browse, rive, amina, bruno, clock, make_box
):
    box = make_box(rive, moderation="before")
    thanks = deposit(browse(rive, amina), box)

    (idea,) = box.all()
    assert (idea.state, idea.pending_for) == ("pending", "moderation")
    assert "Votre idée n° 1 est enregistrée" in plain(thanks)
    assert "Un agent relit votre idée sous 48 heures, puis elle paraît" in plain(thanks)
    assert "Un agent relit votre idée" in plain(browse(rive, amina).get(box.address(idea)))
    assert browse(rive).get(box.address(idea)).status_code == 404
    assert "Aucune idée pour l’instant" in plain(browse(rive).get(box.path))


def test_a_double_click_deposits_once(browse, box, amina):
    browser = browse(box.world, amina)
    posted, first = fill(browser, box)
    second = browser.post(f"{box.path}proposer/", posted)
    assert first.headers["Location"] == second.headers["Location"]

    confirm(browser, first)
    confirm_again = browser.post(first.headers["Location"].removeprefix(box.world.path) + "verifier/")

    assert confirm_again.status_code == 303
    assert len(box.all()) == 1


def test_correcting_from_the_check_page_changes_the_same_deposit(browse, box, amina):
    browser = browse(box.world, amina)
    _, response = fill(browser, box)
    check = browser.follow(response)
    edit = next(part for part in check.text.split('"') if "proposer/?intention=" in part).split("#")[0]

    page = browser.get(edit)
    assert GOOD["body"] in page.text
    token = page.text.split('name="jeton" value="')[1].split('"')[0]
    confirm(browser, browser.post(f"{box.path}proposer/", GOOD | {"title": "Des bancs", "jeton": token}))

    assert [idea.title for idea in box.all()] == ["Des bancs"]


def test_a_step_closed_between_form_and_submit_keeps_the_text_as_a_draft(browse, box, amina, clock):
    clock.move(days=19, hours=23)
    browser = browse(box.world, amina)
    posted, _ = fill(browser, box, title="")
    clock.move(hours=1, minutes=16)

    refused = browser.post(f"{box.path}proposer/", posted | GOOD)

    assert refused.status_code == 422
    assert "La participation est close depuis le samedi 12 décembre 2026, 11 h" in plain(refused)
    assert "Votre texte est conservé dans vos brouillons" in plain(refused)
    assert GOOD["body"] in refused.text
    assert [draft.fields["body"] for draft in drafts_of(box)] == [GOOD["body"]]
    assert box.all() == []


def test_a_form_opened_before_closing_has_fifteen_minutes(browse, box, amina, clock):
    clock.move(days=19, hours=23, minutes=50)
    browser = browse(box.world, amina)
    posted, _ = fill(browser, box, title="")
    clock.move(minutes=24)

    confirm(browser, browser.post(f"{box.path}proposer/", posted | GOOD))

    assert len(box.all()) == 1


@pytest.mark.parametrize("delta", [timedelta(days=21), timedelta(days=-11)])
def test_the_form_is_not_offered_outside_the_opening(browse, box, amina, clock, delta):
    clock.move(days=delta.days)

    page = browse(box.world, amina).get(f"{box.path}proposer/")

    assert 'name="title"' not in page.text
    assert "close depuis" in plain(page) or "Ouverture le" in plain(page)


def test_residents_only_is_said_before_filling_and_checked_again(browse, rive, clock, make_box):
    box = make_box(rive, who_may_deposit="residents")
    elsewhere = make_person(rive, "Nour B.")
    browser = browse(rive, elsewhere)

    page = browser.get(f"{box.path}proposer/")
    assert "réservé aux personnes qui habitent le territoire" in plain(page)
    assert 'name="title"' not in page.text

    assert browser.post(f"{box.path}proposer/", GOOD).status_code == 403
    assert box.all() == []


NASTY = {
    "html": '<script>alert(1)</script><b onclick="x()">gras</b>',
    "emoji": "Des bancs 👩🏽‍🌾🌳 pour tous",
    "rtl": "مقاعد في الظل 🌳 pour la place",
    "quotes": 'L\'idée "du" siècle & <demain>',
}


@pytest.mark.parametrize("kind", NASTY)
def test_whatever_is_typed_is_shown_as_text_in_every_place(browse, box, amina, kind):
    text = NASTY[kind]
    body = f"{text} {GOOD['body']}"
    browser = browse(box.world, amina)

    deposit(browser, box, title=text, body=body, place=text)

    (idea,) = box.all()
    assert (idea.title, idea.body, idea.place) == (text, body, text)
    for page in (browse(box.world).get(box.path), browse(box.world).get(box.address(idea))):
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<b onclick" not in page.text


def test_an_idea_refused_before_publication_can_be_started_again(browse, rive, amina, bruno, clock, make_box):
    box = make_box(rive, moderation="before")
    browser = browse(rive, amina)
    deposit(browser, box)
    (idea,) = box.all()
    with rive.scope():
        moderate.reject(idea, reason="off_topic", note="Voyez la démarche Nature.", by=bruno, now=clock())

    page = browser.get(box.address(idea))
    assert "Votre idée n’a pas été publiée" in plain(page)
    assert "Voyez la démarche Nature." in plain(page)
    again = browser.follow(browser.post(f"{box.address(idea)}reprendre"))

    assert GOOD["body"] in again.text
    assert len(drafts_of(box)) == 1
