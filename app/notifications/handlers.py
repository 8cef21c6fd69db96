"""From an event to the people it concerns: each gets a delivery of their own, then a mail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.db import clock, outbox
from app.db.context import require_tenant_id
from app.db.errors import NotFound
from app.db.session import db
from app.db.types import uuid7
from app.notifications import digest, news
from app.notifications.events import DigestDue, MailDue
from app.notifications.mail import Mail, send
from app.notifications.readers import find_reader
from app.notifications.subjects import find_for_agents, text_of
from app.participation import follows
from app.participation.models import Comment, Contribution, Follow, OfficialAnswer, StatusChange
from app.participation.steps import get_step_by_id
from app.people import sign_in
from app.tenancy.web import tenant

Payload = dict[str, Any]


def _id(payload: Payload, key: str) -> UUID:
    return UUID(payload[key])


# --- one mail to one person -----------------------------------------------------------------------------------


def mail_due(payload: Payload) -> None:
    reader = find_reader(_id(payload, "person_id"))
    if reader is None or (payload["kind"] in news.OPTIONAL and reader.notify != "each"):
        return
    mail = news.build(payload["kind"], _id(payload, "ref"), reader)
    if mail is not None:
        send(mail)


def digest_due(payload: Payload) -> None:
    reader = find_reader(_id(payload, "person_id"))
    if reader is None or reader.notify != "digest":
        return
    mail = digest.build(tenant(), date.fromisoformat(payload["week"]), reader)
    if mail is not None:
        send(mail)


def sign_in_requested(payload: Payload) -> None:
    asked = sign_in.get_request(_id(payload, "request_id"))
    if asked is None or asked.used_at is not None:
        return
    acting = asked.purpose == "act"
    title = "Confirmez votre participation" if acting else "Votre lien de connexion"
    if acting:
        first = (
            "Votre participation est enregistrée. Elle comptera dès que vous aurez confirmé cette adresse."
        )
    else:
        first = "Ouvrez ce lien pour vous connecter."
    send(
        Mail(
            to=asked.email,
            subject=title,
            title=title,
            lines=[first, "Ce lien est valable 20 minutes et ne sert qu’une fois."],
            button=("Reprendre ma participation" if acting else "Me connecter", sign_in.link_path(asked.id)),
            code=sign_in.code_of(asked.id),
            why="Si vous n’avez rien demandé, ne faites rien : il ne se passera rien.",
            # Asked again, the same request is another mail.
            key=f"sign-in:{asked.id}:{asked.created_at.isoformat()}",
        )
    )


# --- from an event to its readers -----------------------------------------------------------------------------


def _tell(kind: str, ref: UUID, people: Iterable[UUID | None], *, but: UUID | None = None) -> None:
    """One delivery per person, never to the one who did it."""
    for person_id in sorted({person for person in people if person is not None and person != but}):
        outbox.post(MailDue(kind=kind, ref=ref, person_id=person_id), now=clock.now())


def _author(contribution_id: UUID) -> UUID | None:
    return db.session.scalar(select(Contribution.author_id).where(Contribution.id == contribution_id))


def _tell_followers(
    kind: str,
    ref: UUID,
    contribution_id: UUID,
    others: Iterable[UUID | None] = (),
    *,
    level: str,
    but: UUID | None,
) -> None:
    """The author, who follows this much, and others; without those who asked to hear nothing of this contribution."""
    quiet = set(
        db.session.scalars(
            select(Follow.person_id).where(Follow.contribution_id == contribution_id, Follow.level == "none")
        )
    )
    people = {_author(contribution_id), *follows.followers(contribution_id, level), *others}
    _tell(kind, ref, people - quiet, but=but)


def contribution_submitted(payload: Payload) -> None:
    # Before its author proved an address there is nobody to write to; the event comes again afterwards.
    if payload["pending_for"] in (None, "moderation"):
        contribution_id = _id(payload, "contribution_id")
        _tell("receipt", contribution_id, [_author(contribution_id)])


def tell_agents(payload: Payload) -> None:
    """The address that a step's settings name hears of each deposit (acceptance 61).

    A handler of its own: an address mistyped in the settings must not keep the author's receipt from leaving.
    """
    if payload["pending_for"] not in (None, "moderation"):
        return
    contribution_id = _id(payload, "contribution_id")
    subject = find_for_agents(contribution_id)
    address = subject.step.settings.get("notify_email") if subject else None
    if subject is None or not address or subject.contribution.state not in ("pending", "published"):
        return
    contribution = subject.contribution
    waits = contribution.pending_for == "moderation"
    send(
        Mail(
            to=address,
            subject=f"Nouveau dépôt n° {contribution.number} : {contribution.title}",
            title=f"Nouveau dépôt : {contribution.title}",
            lines=[
                f"Étape « {subject.step.title} », contribution n° {contribution.number}.",
                "Elle attend votre relecture." if waits else "Elle est en ligne.",
            ],
            quote=text_of(contribution.body, 1500),
            button=("Ouvrir la contribution", subject.path),
            why="Vous recevez ce message parce que cette adresse est inscrite dans les réglages de l’étape.",
            key=f"agents:{contribution_id}",
        )
    )


def contribution_published(payload: Payload) -> None:
    contribution_id = _id(payload, "contribution_id")
    found = db.session.scalar(select(Contribution).where(Contribution.id == contribution_id))
    if found is None:
        return
    # Published at once, the receipt has said it already.
    if get_step_by_id(found.step_id).settings.get("moderation") == "before":
        _tell("published", contribution_id, [found.author_id])


def contribution_decided(payload: Payload) -> None:
    _tell("decided", _id(payload, "decision_id"), [_author(_id(payload, "contribution_id"))])


def comment_decided(payload: Payload) -> None:
    author = db.session.scalar(select(Comment.author_id).where(Comment.id == _id(payload, "comment_id")))
    _tell("decided", _id(payload, "decision_id"), [author])


def comment_published(payload: Payload) -> None:
    comment = db.session.get(Comment, (require_tenant_id(), _id(payload, "comment_id")))
    if comment is None:
        return
    replied_to = None
    if comment.parent_id is not None:
        replied_to = db.session.scalar(select(Comment.author_id).where(Comment.id == comment.parent_id))
    _tell_followers(
        "commented", comment.id, comment.contribution_id, [replied_to], level="all", but=comment.author_id
    )


def answer_published(payload: Payload) -> None:
    answer = db.session.get(OfficialAnswer, (require_tenant_id(), _id(payload, "answer_id")))
    if answer is not None:
        _tell_followers(
            "answered", answer.id, answer.contribution_id, level="essential", but=answer.author_id
        )


def status_changed(payload: Payload) -> None:
    change = db.session.get(StatusChange, (require_tenant_id(), _id(payload, "change_id")))
    if change is not None:
        _tell_followers(
            "status_changed", change.id, change.contribution_id, level="essential", but=change.author_id
        )


def threshold_reached(payload: Payload) -> None:
    contribution_id = _id(payload, "contribution_id")
    _tell("threshold_reached", contribution_id, [_author(contribution_id)])


def step_opened(payload: Payload) -> None:
    try:
        step = get_step_by_id(_id(payload, "step_id"))
    except NotFound:
        return
    of_project = db.session.scalars(
        select(Follow.person_id).where(
            Follow.project_id == step.project_id, Follow.level.in_(("essential", "all"))
        )
    )
    _tell("step_opened", step.id, {*follows.followers_of_step(step.id), *of_project})


def password_changed(payload: Payload) -> None:
    # A reference of its own: mail readers hide a second mail that has the Message-ID of the first.
    _tell("password_changed", uuid7(), [_id(payload, "person_id")])


#: (event, name of the handler, handler).
HANDLERS = (
    (MailDue.name, "notifications", mail_due),
    (DigestDue.name, "notifications", digest_due),
    ("people.sign_in_requested", "notifications", sign_in_requested),
    ("people.password_changed", "notifications", password_changed),
    ("participation.contribution_submitted", "notifications", contribution_submitted),
    ("participation.contribution_submitted", "notifications.agents", tell_agents),
    ("participation.contribution_published", "notifications", contribution_published),
    ("participation.contribution_hidden", "notifications", contribution_decided),
    ("participation.contribution_restored", "notifications", contribution_decided),
    ("participation.contribution_rejected", "notifications", contribution_decided),
    ("participation.comment_hidden", "notifications", comment_decided),
    ("participation.comment_published", "notifications", comment_published),
    ("participation.answer_published", "notifications", answer_published),
    ("participation.status_changed", "notifications", status_changed),
    ("participation.threshold_reached", "notifications", threshold_reached),
    ("participation.step_opened", "notifications", step_opened),
)
