"""The mails that follow what happens: one function a kind of news, from ids to what the reader sees.

A function returns None when there is nothing to say any more (withdrawn since, not readable, nobody to tell).
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import g
from sqlalchemy import select

from app.db import clock
from app.db.context import require_tenant_id
from app.db.errors import NotFound
from app.db.session import db
from app.notifications.mail import Mail
from app.notifications.readers import Reader
from app.notifications.subjects import Subject, find_news_subject, find_subject, status_of, text_of
from app.participation import moderate
from app.participation.models import Comment, Decision, OfficialAnswer, StatusChange
from app.participation.steps import get_step_by_id
from app.people.models import Person
from app.ui.filters import count, date_full

FOLLOWING = "Vous recevez ce message parce que vous suivez cette contribution."
COMMENTED = "Vous recevez ce message parce que vous avez commenté cette contribution."
AUTHOR = "Vous recevez ce message parce que vous avez déposé cette contribution."
COMMENT_AUTHOR = "Vous recevez ce message parce que vous avez écrit ce commentaire."
#: Longest official answer, so that "the whole answer" is one.
ANSWER_MAX = 20_000

Build = Callable[[UUID, Reader], Mail | None]


def _why(subject: Subject, reader: Reader) -> str:
    return AUTHOR if subject.is_author(reader) else FOLLOWING


def receipt(contribution_id: UUID, reader: Reader) -> Mail | None:
    """To its author, after a deposit (acceptance 61)."""
    subject = find_subject(contribution_id, reader)
    if subject is None or not subject.step.settings.get("receipt", True):
        return None
    contribution = subject.contribution
    if contribution.state == "pending" and contribution.pending_for == "moderation":
        hours = count(int(subject.step.settings.get("promise_hours", 48)), "heure")
        after = (
            f"Notre équipe la relit sous {hours}. Vous recevrez un message dès que ce sera fait. "
            "D’ici là, elle n’est visible que par vous."
        )
    elif contribution.state == "published":
        after = "Elle est en ligne. Partagez son adresse autour de vous."
    else:
        return None
    return Mail(
        to=reader.email,
        subject=f"Votre contribution n° {contribution.number} est enregistrée",
        title="Merci pour votre contribution",
        lines=[f"Votre contribution {subject.numbered}, est bien enregistrée.", after],
        quote=text_of(contribution.body, 400),
        button=("Voir ma contribution", subject.path),
        why=AUTHOR,
        key=f"receipt:{contribution_id}:{contribution.pending_for or ''}:{reader.person_id}",
    )


def published(contribution_id: UUID, reader: Reader) -> Mail | None:
    """To its author, when somebody of the team accepted it."""
    subject = find_subject(contribution_id, reader)
    if subject is None or subject.contribution.state != "published":
        return None
    return Mail(
        to=reader.email,
        subject="Votre contribution est en ligne",
        title="Votre contribution est en ligne",
        lines=[f"Votre contribution {subject.numbered}, a été relue. Tout le monde peut maintenant la lire."]
        if not subject.step.settings.get("private")
        else [f"Votre contribution {subject.numbered}, a été relue et acceptée."],
        button=("Voir ma contribution", subject.path),
        why=AUTHOR,
        key=f"published:{contribution_id}:{reader.person_id}",
    )


#: action -> what happened, of a contribution (feminine) and of a comment.
VERBS = {
    "hide": ("a été masquée", "a été masqué"),
    "reject": ("n’a pas été publiée", "n’a pas été publié"),
    "restore": ("est de nouveau en ligne", "est de nouveau en ligne"),
}


def decided(decision_id: UUID, reader: Reader) -> Mail | None:
    """To the author of a text that was hidden, refused or restored: what, why, and what they can do (acceptance 65)."""
    decision = db.session.get(Decision, (require_tenant_id(), decision_id))
    if decision is None or decision.action not in VERBS:
        return None
    comment = None
    if decision.comment_id is not None:
        comment = db.session.get(Comment, (require_tenant_id(), decision.comment_id))
    subject = find_subject(comment.contribution_id if comment else decision.contribution_id, reader)
    if subject is None:
        return None
    contribution = subject.contribution
    of_contribution, of_comment = VERBS[decision.action]
    if comment is not None:
        what = f"Votre commentaire sous {subject.quoted} {of_comment}"
    else:
        what = f"Votre contribution {subject.numbered}, {of_contribution}"
    return Mail(
        to=reader.email,
        subject=f"Votre commentaire {of_comment}"
        if comment
        else f"Votre contribution n° {contribution.number} {of_contribution}",
        title=f"Votre commentaire {of_comment}" if comment else f"Votre contribution {of_contribution}",
        lines=[f"{what}.", *_explained(decision, is_comment=comment is not None)],
        quote=text_of(comment.body if comment else contribution.body, 400),
        button=("Voir la page", subject.path),
        more=[("Lire les règles de modération", "/moderation/")],
        why=COMMENT_AUTHOR if comment else AUTHOR,
        key=f"decided:{decision_id}:{reader.person_id}",
    )


def _explained(decision: Decision, *, is_comment: bool) -> list[str]:
    if decision.action == "restore":
        whole = "Tout y est." if is_comment else "Ses soutiens et ses commentaires sont intacts."
        return [line for line in (f"La décision a été revue. {whole}", decision.note) if line]
    lines = [f"Raison : {moderate.REASONS.get(decision.reason, decision.reason)}"]
    if decision.note:
        lines.append(decision.note)
    # Automatic decisions would have to be told as such; none of ours is, but a file may bring hidden texts.
    by = "Une personne de notre équipe a pris cette décision" if decision.author_id else "Cette décision suit"
    rules = "d’après les règles de modération." if decision.author_id else "les règles de modération."
    lines.append(f"{by} {rules}")
    legal = g.tenant.document["legal"]
    publisher = legal.get("publisher") or g.tenant.name
    how = "répondez à ce message" if legal.get("email") else f"écrivez à {publisher}"
    lines.append(f"Si vous n’êtes pas d’accord, {how} : une autre personne relira la décision.")
    return lines


def commented(comment_id: UUID, reader: Reader) -> Mail | None:
    """To the author of the contribution, of the comment replied to, and those who follow everything."""
    comment = db.session.get(Comment, (require_tenant_id(), comment_id))
    if comment is None or comment.state != "published":
        return None
    subject = find_news_subject(comment.contribution_id, reader)
    if subject is None:
        return None
    who = comment.author_label or "Quelqu’un"
    if comment.author_id is not None:
        who = db.session.scalar(select(Person.display_name).where(Person.id == comment.author_id)) or who
    parent = db.session.get(Comment, (require_tenant_id(), comment.parent_id)) if comment.parent_id else None
    to_them = parent is not None and parent.author_id == reader.person_id
    if to_them:
        said = f"{who} répond à votre commentaire sous {subject.quoted}"
    elif parent is not None:
        said = f"{who} répond à un commentaire sous {subject.quoted}"
    else:
        said = f"{who} commente {subject.quoted}"
    return Mail(
        to=reader.email,
        subject=said,
        title=said,
        lines=[],
        quote=text_of(comment.body, 2000),
        button=("Lire et répondre", f"/discussion/commentaires/{comment_id}/"),
        why=COMMENTED if to_them else _why(subject, reader),
        stop_path=reader.stop_path(),
        key=f"commented:{comment_id}:{reader.person_id}",
    )


def answered(answer_id: UUID, reader: Reader) -> Mail | None:
    """To the author and the followers: the whole answer."""
    answer = db.session.get(OfficialAnswer, (require_tenant_id(), answer_id))
    subject = find_news_subject(answer.contribution_id, reader) if answer else None
    if answer is None or subject is None:
        return None
    # « Claire Aubin, maire, répond »: the title stands between commas.
    signed = f"{answer.signatory}, {answer.signatory_title}," if answer.signatory_title else answer.signatory
    status = status_of(subject.step, subject.contribution.status)
    lines = [f"{signed} répond à la contribution {subject.numbered}."]
    if status is not None:
        lines.append(f"Avancement : {status.label}. {status.sentence}".strip())
    return Mail(
        to=reader.email,
        subject=f"{g.tenant.document['legal'].get('publisher') or g.tenant.name} répond à {subject.quoted}",
        title="Une réponse est arrivée",
        lines=lines,
        quote=text_of(answer.body, ANSWER_MAX),
        button=("Lire la réponse en ligne", f"{subject.path}#officiel"),
        why=_why(subject, reader),
        stop_path=reader.stop_path(),
        key=f"answered:{answer_id}:{reader.person_id}",
    )


def status_changed(change_id: UUID, reader: Reader) -> Mail | None:
    """To the author and the followers (acceptance 78). A status that changed again since is not told."""
    change = db.session.get(StatusChange, (require_tenant_id(), change_id))
    subject = find_news_subject(change.contribution_id, reader) if change else None
    if change is None or subject is None or not change.status or subject.contribution.status != change.status:
        return None
    status = status_of(subject.step, change.status)
    if status is None:
        return None
    return Mail(
        to=reader.email,
        subject=f"{subject.quoted} : {status.label[:1].lower()}{status.label[1:]}",
        title=f"Du nouveau pour {subject.quoted}",
        lines=[line for line in (f"Avancement : {status.label}.", status.sentence, change.note) if line],
        button=("Voir où en est la contribution", subject.path),
        why=_why(subject, reader),
        stop_path=reader.stop_path(),
        key=f"status:{change_id}:{reader.person_id}",
    )


def threshold_reached(contribution_id: UUID, reader: Reader) -> Mail | None:
    """To the author: enough people support it."""
    subject = find_subject(contribution_id, reader)
    threshold = subject.step.settings.get("threshold") if subject else None
    if subject is None or not threshold or subject.contribution.state != "published":
        return None
    people = count(threshold, "personne")
    return Mail(
        to=reader.email,
        subject=f"Votre contribution a réuni {people}",
        title="Le seuil est atteint",
        lines=[
            f"Votre contribution {subject.numbered}, a réuni {people} : c’est le seuil de cette étape.",
            "Elle va être étudiée. La réponse paraîtra sur sa page et vous sera envoyée.",
        ],
        button=("Voir ma contribution", subject.path),
        why=AUTHOR,
        key=f"threshold:{contribution_id}:{reader.person_id}",
    )


def step_opened(step_id: UUID, reader: Reader) -> Mail | None:
    """To those who asked to be told."""
    try:
        step = get_step_by_id(step_id)
    except NotFound:
        return None
    if step.project_state == "draft" or not g.tenant.module_enabled(step.module):
        return None
    if step.phase(clock.now()) != "open":
        return None
    until = f", jusqu’au {date_full(step.closes_at, g.tenant.timezone)}" if step.closes_at else ""
    return Mail(
        to=reader.email,
        subject=f"C’est ouvert : {step.title}",
        title=f"{step.title} : c’est ouvert",
        lines=[f"Vous pouvez participer dès maintenant{until}."],
        button=("Participer", f"/{step.segment}/{step.slug}/"),
        why="Vous recevez ce message parce que vous avez demandé un e-mail à l’ouverture.",
        stop_path=reader.stop_path(),
        key=f"opened:{step_id}:{reader.person_id}",
    )


def password_changed(change_id: UUID, reader: Reader) -> Mail | None:
    """change_id: drawn for this change; two changes are two mails."""
    return Mail(
        to=reader.email,
        subject="Votre mot de passe a changé",
        title="Votre mot de passe a changé",
        lines=[
            "Votre mot de passe vient d’être choisi, modifié ou retiré. Si c’est vous, il n’y a rien à faire.",
            "Sinon, connectez-vous avec un lien reçu par e-mail, choisissez un nouveau mot de passe et fermez les "
            "autres connexions.",
        ],
        button=("Vérifier ma sécurité", "/mon-espace/securite/"),
        key=f"password:{change_id}:{reader.person_id}",
    )


BUILDERS: dict[str, Build] = {
    "receipt": receipt,
    "published": published,
    "decided": decided,
    "commented": commented,
    "answered": answered,
    "status_changed": status_changed,
    "threshold_reached": threshold_reached,
    "step_opened": step_opened,
    "password_changed": password_changed,
}

#: News a reader may turn off or receive once a week; the others answer something they did.
OPTIONAL = frozenset({"commented", "answered", "status_changed", "step_opened"})


def build(kind: str, ref: UUID, reader: Reader) -> Mail | None:
    return BUILDERS[kind](ref, reader)
