"""Gate: every column says what it holds, and nothing of an erased person is left anywhere (architecture §8, domain 1-2)."""

from __future__ import annotations

import io
import pickle
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from flask import Flask
from PIL import Image
from redis import Redis
from sqlalchemy import Column, Engine, MetaData, String, Table, text

from app.db import clock, columns
from app.db.columns import CLASSES, PSEUDONYMOUS, ClassificationError, classification
from app.db.session import db
from app.db.tables import metadata
from app.jobs import delivery
from app.participation import drafts
from app.participation.steps import get_step_by_id
from app.people import holders, passwords, persons, roles, sign_in
from tests.support import dump, journeys, routes
from tests.support.browser import Browser
from tests.support.sample import Sample, contribute
from tests.support.servers import Servers

# --- the classification ---------------------------------------------------------------------------------------


def classification_faults(tables: MetaData, known: dict[tuple[str, str], str]) -> list[str]:
    """Columns nobody classified, entries of columns that are gone, personal tables nobody answers for."""
    present = {(table.name, column.name) for table in tables.tables.values() for column in table.columns}
    faults = [f"{table}.{column}: not classified" for table, column in sorted(present - set(known))]
    faults += [
        f"{table}.{column}: classified, and there is no such column"
        for table, column in sorted(set(known) - present)
    ]
    answered = {table for holder in holders.every() for table in holder.tables} | set(PSEUDONYMOUS)
    personal = {table for (table, _), held in known.items() if held == "personal"}
    faults += [
        f"{table}: personal, and no holder exports and erases it" for table in sorted(personal - answered)
    ]
    return faults


def test_every_column_of_every_table_says_what_it_holds(app: Flask) -> None:
    assert classification_faults(metadata(), classification()) == []


def test_the_database_has_no_column_that_the_models_do_not_know(app: Flask, operator_engine: Engine) -> None:
    with operator_engine.connect() as connection:
        rows = connection.execute(
            text(
                "select table_name, column_name from information_schema.columns"
                " where table_schema = 'public' and table_name <> 'alembic_version'"
            )
        ).all()

    assert {(row.table_name, row.column_name) for row in rows} == set(classification())


def test_ids_of_persons_are_never_called_public(app: Flask) -> None:
    """Keys to a person say what that person did: whoever adds one answers for it."""
    to_a_person = {
        (table.name, constraint.column_keys[-1])
        for table in metadata().tables.values()
        for constraint in table.foreign_key_constraints
        if constraint.referred_table.name == "person"
    }
    known = classification()

    assert to_a_person != set()
    assert {key for key in to_a_person if known[key] != "personal"} == set()


# --- somebody who does everything, then asks to be forgotten --------------------------------------------------

NAME, EMAIL, WISH = "ZqNomPropre", "zqadresse", "ZqBrouillon"
WORDS = "ZqTextePublie"
CLIENT = "203.0.113.77"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) ZqAppareil/7 Firefox/140.0"


@dataclass
class Somebody:
    """person: who did everything; others: rows of the platform that must not move."""

    sample: Sample
    person: UUID
    address: str
    browser: Browser
    counts: dict[str, object] = field(default_factory=dict)


@pytest.fixture(scope="module")
def sample(make_sample: Callable[..., Sample]) -> Sample:
    return make_sample("rive", "ZqAutresGens")


def client() -> dict[str, object]:
    return {"environ_overrides": {"REMOTE_ADDR": CLIENT, "HTTP_USER_AGENT": AGENT}}


def picture_with_metadata() -> io.BytesIO:
    content = io.BytesIO()
    image = Image.new("RGB", (320, 240), (120, 40, 60))
    exif = image.getexif()
    exif[0x013B], exif[0x8298] = f"{NAME} artiste", f"{NAME} droits"
    image.save(content, "JPEG", exif=exif, comment=NAME.encode())
    content.seek(0)
    return content


@pytest.fixture(scope="module")
def somebody(app: Flask, operator_engine: Engine, sample: Sample) -> Somebody:
    """An account opened on the way of a first act, then every form of the platform sent with it."""
    address = f"{EMAIL}@rive.example"
    browser = Browser(sample.world)
    deposit = next(
        offer for offer in journeys.offers(app, sample, "visitor") if journeys.has_check_page(sample, offer)
    )
    intention = journeys.begin(
        browser, deposit.path, deposit.action, title=f"Une première {WORDS} à part", body=_long()
    )
    assert intention is not None
    journeys.go_on(browser, intention, until="merci", email=address, name=NAME)
    with sample.world.scope():
        found = persons.find_by_email(address)
        assert found is not None
        person = found.id
        passwords.set_password(person, "une phrase bien longue et secrète", now=clock.now())
    somebody = Somebody(sample, person, address, browser)
    _send_every_form(app, somebody)
    _leave_things_begun(somebody, deposit)
    deliver_everything(app, operator_engine, sample)
    return somebody


def deliver_everything(app: Flask, engine: Engine, sample: Sample) -> None:
    """The mails of what was done, as the worker sends them."""
    for _ in range(4):
        with engine.connect() as connection:
            waiting = connection.scalars(
                text("select id from delivery where tenant_id = :t and done_at is null"),
                {"t": sample.world.id},
            ).all()
        with app.app_context():
            for delivery_id in waiting:
                delivery.deliver(sample.world.id, str(delivery_id))


def _long() -> str:
    return (
        f"Un texte public {WORDS} : la place est en plein soleil l’été, quelques bancs à l’ombre suffiraient."
    )


def _send_every_form(app: Flask, somebody: Somebody) -> None:
    """As the forms are found: supports, follows, comments, drafts, pictures, settings."""
    mine = somebody.sample.__class__(**{**vars(somebody.sample), "_browsers": {"somebody": somebody.browser}})
    for offer in list(journeys.offers(app, mine, "somebody")):
        typed = {
            name: f"{WISH if 'brouillon' in offer.action else WORDS} {control.name}"
            for name, control in offer.form.fields.items()
            if control.kind in ("text", "textarea", "search") and not control.options
        }
        fields = offer.form.filled(**typed)
        if offer.form.multipart:
            fields |= {name: (picture_with_metadata(), "photo.jpg") for name in _files(offer.form)}
        somebody.browser.post(offer.action, fields, **client())


def _files(form: journeys.Form) -> list[str]:
    return [name for name, control in form.fields.items() if control.kind == "file"]


def _leave_things_begun(somebody: Somebody, deposit: journeys.Offer) -> None:
    """A sign-in link never opened, another browser, an invitation, a draft, an act waiting, a text never published."""
    now, sample = clock.now(), somebody.sample
    elsewhere = Browser(sample.world)
    elsewhere.get("/connexion/", **client())
    elsewhere.post("/connexion/", {"email": somebody.address}, **client())
    half = Browser(sample.world)
    # Nobody proved that this guest is the person: the text stays the guest's, the address typed for it goes.
    begun = journeys.begin(half, deposit.path, deposit.action, title="Une tout autre proposition sans suite")
    assert begun is not None
    journeys.go_on(half, begun, until="code", email=somebody.address)
    second = Browser(sample.world).sign_in(somebody.person)
    second.get("/mon-espace/", **client())
    with sample.world.scope():
        sign_in.ask(somebody.address, now=now)
        roles.invite(somebody.address, "moderator", now=now)
        waiting = contribute(sample, sample.steps[0], f"Jamais publiée {WISH}", pending_for="moderation")
        step = get_step_by_id(sample.steps[0].id)
        db.session.execute(
            text("update contribution set author_id = :p, body = :b where id = :c"),
            {"p": somebody.person, "b": f"{WISH} {_long()}", "c": waiting.id},
        )
        drafts.save(
            "essai", step, somebody.person, {"title": WISH, "body": f"{WISH} encore"}, draft_id=None, now=now
        )


def everything(servers: Servers, engine: Engine, app: Flask) -> dump.Dump:
    settings = app.config["PARVIS_SETTINGS"]
    with engine.connect() as connection:
        found = dump.database(connection)
    return (
        found
        | dump.redis(servers.redis_url)
        | dump.mails(settings.state_dir / "mail")
        | dump.files(settings.state_dir / "files")
    )


def public_counts(engine: Engine, sample: Sample) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [
            tuple(row)
            for row in connection.execute(
                text(
                    "select 'c', id, supports, comments from contribution where tenant_id = :t and state = 'published'"
                    " union all select 'm', id, supports, replies from comment where tenant_id = :t and state = 'published'"
                    " union all select 's', id, contributions, answers from step where tenant_id = :t order by 1, 2"
                ),
                {"t": sample.world.id},
            )
        ]


PERSONAL = (NAME, EMAIL, WISH, "ZqAppareil")


def test_before_the_erasure_all_of_it_is_there(
    app: Flask, servers: Servers, operator_engine: Engine, somebody: Somebody
) -> None:
    """Else the test below would prove nothing."""
    found = everything(servers, operator_engine, app)
    places = {
        line.split(" ")[1].rstrip(":")
        for line in dump.places_of(PERSONAL[:3], found)
        if line.startswith("table")
    }

    assert {"person", "person_attribute", "sign_in_request", "invitation", "draft", "contribution"} <= places
    assert any(line.startswith("mail ") for line in dump.places_of([EMAIL], found))
    assert dump.places_of([WORDS], found) != []


def test_after_the_erasure_nothing_of_the_person_is_left(
    app: Flask, servers: Servers, operator_engine: Engine, somebody: Somebody
) -> None:
    before = public_counts(operator_engine, somebody.sample)
    with somebody.sample.world.scope():
        persons.erase(somebody.person, now=clock.now())

    found = everything(servers, operator_engine, app)

    assert dump.places_of(PERSONAL, found) == []
    assert short_lived_only(servers, dump.places_of([CLIENT], found))
    assert public_counts(operator_engine, somebody.sample) == before
    assert somebody.browser.get("/mon-espace/").status_code == 303


def short_lived_only(servers: Servers, places: list[str]) -> bool:
    """The address of a client is counted against floods, in Redis, and forgotten within a day."""
    redis = Redis.from_url(servers.redis_url)
    try:
        keys = [place.removeprefix("redis ").rpartition(":")[0].strip() for place in places]
        return all(place.startswith("redis ") for place in places) and all(
            0 <= redis.ttl(key) <= 86_400 for key in keys
        )
    finally:
        redis.close()


def test_what_the_person_published_stays_without_their_name(app: Flask, somebody: Somebody) -> None:
    """Every page still answers, and says nothing of who it was."""
    texts = ""
    for page in routes.page_types(app, somebody.sample, ("visitor",)):
        answer = somebody.sample.browser("visitor").get(page.path)
        assert answer.status_code == 200
        texts += answer.text

    assert WORDS in texts
    assert NAME not in texts


# --- the gate can fail ----------------------------------------------------------------------------------------


@pytest.fixture
def enlarged() -> MetaData:
    """The tables there are, and one more."""
    tables = MetaData()
    for table in metadata().tables.values():
        table.to_metadata(tables)
    return tables


def test_a_column_nobody_classified_is_caught(app: Flask, enlarged: MetaData) -> None:
    enlarged.tables["person"].append_column(Column("nickname", String))

    assert classification_faults(enlarged, classification()) == ["person.nickname: not classified"]


def test_an_entry_without_its_column_is_caught(app: Flask) -> None:
    known = classification() | {("person", "nickname"): "personal"}

    assert classification_faults(metadata(), known) == [
        "person.nickname: classified, and there is no such column"
    ]


def test_a_personal_table_that_nobody_answers_for_is_caught(app: Flask, enlarged: MetaData) -> None:
    Table("toy_signature", enlarged, Column("name", String))

    assert classification_faults(enlarged, classification() | {("toy_signature", "name"): "personal"}) == [
        "toy_signature: personal, and no holder exports and erases it"
    ]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"toy": {"intimate": "name"}}, "toy: the class is 'intimate', expected one of public, personal"),
        ({"toy": {"public": "name", "personal": "name"}}, "toy.name is classified twice"),
    ],
)
def test_a_contradiction_in_the_manifest_is_refused(
    monkeypatch: pytest.MonkeyPatch, part: columns.Classification, said: str
) -> None:
    monkeypatch.setattr(columns, "COLUMNS", part)

    assert len(CLASSES) == 4
    with pytest.raises(ClassificationError, match=said):
        classification()


def test_a_room_that_forgets_to_erase_is_caught(
    app: Flask,
    servers: Servers,
    operator_engine: Engine,
    make_sample: Callable[..., Sample],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = make_sample("levant", "ZqOubliEntier")
    monkeypatch.setattr(
        holders,
        "_register",
        {name: one for name, one in holders._register.items() if name != "participation"},
    )
    with other.world.scope():
        persons.erase(other.people["author"], now=clock.now())

    found = everything(servers, operator_engine, app)

    assert dump.places_of(["Brouillon ZqOubliEntier"], found) == ["table draft: Brouillon ZqOubliEntier"]


def test_the_dump_opens_what_is_packed(servers: Servers) -> None:
    """Compressed, pickled or encoded, a name is found."""
    redis = Redis.from_url(servers.redis_url)
    redis.set("gate:packed", zlib.compress(f"job of {NAME}".encode()), ex=60)
    redis.hset("gate:pickled", "data", pickle.dumps({"name": f"{NAME} pickled"}))
    redis.expire("gate:pickled", 60)
    found = dump.redis(servers.redis_url)
    redis.delete("gate:packed", "gate:pickled")
    redis.close()

    assert set(dump.places_of([NAME], found)) >= {f"redis gate:packed: {NAME}", f"redis gate:pickled: {NAME}"}
    assert dump.places_of([NAME], {"table x": NAME.encode().hex()}) == [f"table x: {NAME}"]
