"""The last link of a mail: choosing without signing in, in one click for who wants it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from app.db import outbox, signing
from app.db.session import db
from app.notifications.readers import find_reader
from app.people import persons
from app.people.events import PasswordChanged
from app.people.models import Person
from tests.notifications.conftest import Post, address, plain
from tests.notifications.doings import answer, comment, follow
from tests.support import world as worlds
from tests.support.browser import Browser
from tests.support.world import TenantWorld

MakePerson = Callable[..., UUID]
Browse = Callable[..., Browser]


def stop_path(world: TenantWorld, person_id: UUID) -> str:
    with world.scope():
        reader = find_reader(person_id)
        assert reader is not None
        return reader.stop_path()


def choice(world: TenantWorld, person_id: UUID) -> str:
    with world.scope():
        return db.session.get_one(Person, (world.id, person_id)).notify


def test_071_the_link_of_a_real_mail_unsubscribes_in_one_click(
    rive: TenantWorld, banc: UUID, post: Post, browse: Browse
) -> None:
    answer(rive, banc)
    post.run()
    header = str(post.one()["List-Unsubscribe"])
    path = header.strip("<> ").removeprefix("http://localhost:8000")
    assert path in plain(post.one())

    # A mail reader: no cookie, no page seen before, this body (RFC 8058).
    answered = browse(rive).post(path, {"List-Unsubscribe": "One-Click"}, csrf=False)

    assert answered.status_code == 200
    assert "Set-Cookie" not in answered.headers
    post.empty()
    answer(rive, banc)
    post.run()
    assert post.mails() == []


def test_030_a_scanner_that_follows_the_link_changes_nothing(
    rive: TenantWorld, person: MakePerson, browse: Browse
) -> None:
    amina = person("Amina")

    page = browse(rive).get(stop_path(rive, amina))

    assert page.status_code == 200
    assert choice(rive, amina) == "each"
    assert "a…@" in page.text
    assert address(rive, "Amina") not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_030_the_page_s_button_stops_everything_and_its_choices_are_kept(
    rive: TenantWorld, person: MakePerson, browse: Browse
) -> None:
    amina = person("Amina")
    path, browser = stop_path(rive, amina), browse(rive)
    browser.get(path)

    stopped = browser.post(path)
    assert stopped.status_code == 303
    assert choice(rive, amina) == "none"
    after = browser.follow(stopped)
    assert "vous ne recevrez plus de nouvelles" in after.text
    assert "Ne plus recevoir de nouvelles</button>" not in after.text

    weekly = browser.post(path, {"choix": "digest"})
    assert weekly.status_code == 303
    assert choice(rive, amina) == "digest"
    assert 'value="digest" checked' in browser.get(path).text

    wrong = browser.post(path, {"choix": "toujours"})
    assert wrong.status_code == 422
    assert choice(rive, amina) == "digest"


@pytest.mark.parametrize("how", ["forged", "cut", "other_tenant", "other_purpose", "no_id"])
def test_030_a_link_that_is_not_genuine_is_refused(
    rive: TenantWorld, levant: TenantWorld, person: MakePerson, browse: Browse, how: str
) -> None:
    amina = person("Amina")
    genuine = stop_path(rive, amina).split("/")[3]
    with levant.scope():
        elsewhere = signing.sign("notifications", str(amina))
    with rive.scope():
        other, no_id = signing.sign("sign-in", str(amina)), signing.sign("notifications", "amina")
    token = {
        "forged": "x" + genuine,
        "cut": genuine[:-3],
        "other_tenant": elsewhere,
        "other_purpose": other,
        "no_id": no_id,
    }[how]

    for answered in (
        browse(rive).get(f"/mon-espace/notifications/{token}/"),
        browse(rive).post(f"/mon-espace/notifications/{token}/", csrf=False),
    ):
        assert answered.status_code == 404
        assert "Ce lien ne fonctionne pas" in answered.text
    assert choice(rive, amina) == "each"


def test_the_link_of_somebody_erased_says_nothing_of_them(
    rive: TenantWorld, person: MakePerson, browse: Browse
) -> None:
    amina = person("Amina")
    path = stop_path(rive, amina)
    with rive.scope():
        persons.erase(amina, now=worlds.clock.now())

    assert browse(rive).get(path).status_code == 404


def test_the_token_is_in_no_log(
    rive: TenantWorld, person: MakePerson, browse: Browse, capfd: pytest.CaptureFixture[str]
) -> None:
    path = stop_path(rive, person("Amina"))

    browse(rive).get(path)
    browse(rive).post(path, csrf=False)

    assert path.split("/")[3] not in capfd.readouterr().err


def test_a_closed_platform_lets_its_members_stop_too(
    make_tenant: Callable[..., TenantWorld], browse: Browse, post: Post
) -> None:
    closed = make_tenant("ferme", access={"visibility": "closed"})
    amina = worlds.make_person(closed, "Amina R.")

    page = browse(closed).get(stop_path(closed, amina))

    assert page.status_code == 200


def test_erasing_somebody_removes_their_kept_mails(
    rive: TenantWorld, levant: TenantWorld, step: UUID, banc: UUID, person: MakePerson, post: Post
) -> None:
    bruno = person("Bruno")
    follow(rive, bruno, banc, "all")
    answer(rive, banc)
    comment(rive, step, banc, bruno)
    post.run()
    namesake = worlds.make_person(levant, "Bruno R.", email=address(rive, "Bruno"))
    with levant.scope():
        outbox.post(PasswordChanged(namesake))
    Post(levant, post.folder).run()
    assert post.readers() == [*[address(rive, "Amina")] * 2, *[address(rive, "Bruno")] * 2]

    with rive.scope():
        persons.erase(bruno, now=worlds.clock.now())

    answered, elsewhere = post.mails()
    assert str(answered["To"]) == address(rive, "Amina")
    assert "répond à la contribution" in plain(answered)
    assert "Votre mot de passe" in plain(elsewhere)
