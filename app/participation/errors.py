"""Refusals of the participation room."""

from __future__ import annotations

from app.db.errors import DomainError, NotFound


class StepNotOpen(DomainError):
    code = "step_not_open"
    message = "La participation n’est pas encore ouverte. Elle ouvre le {date}."


class StepClosed(DomainError):
    code = "step_closed"
    message = "La participation est close depuis le {date}. Votre texte est conservé dans vos brouillons."


class VotingClosed(DomainError):
    code = "step_closed"
    message = "La participation est close depuis le {date}. Votre soutien n’a pas été compté."


class SupportKept(DomainError):
    code = "step_closed"
    message = "La participation est close depuis le {date}. Votre soutien reste compté."


class DiscussionClosed(DomainError):
    code = "step_closed"
    message = "La discussion est close depuis le {date} : vous pouvez la lire."


class NotVotable(DomainError):
    code = "not_votable"
    message = "Cette contribution ne peut pas recevoir de soutien en ce moment."


class NoSupport(DomainError):
    code = "no_support"
    message = "Vous n’aviez pas soutenu cette contribution : rien n’a changé."


class SupportLimitReached(DomainError):
    code = "support_limit_reached"
    message = "Vous avez déjà donné vos {limit} soutiens. Retirez-en un pour soutenir cette contribution."
    status = 409

    def sentence(self) -> str:
        if self.details["limit"] == 1:
            return "Vous avez déjà donné votre soutien. Retirez-le pour soutenir cette contribution."
        return super().sentence()


class NotCommentable(DomainError):
    code = "not_commentable"
    message = "Cette contribution ne peut pas être commentée en ce moment."


class CommentGone(NotFound):
    code = "comment_gone"
    message = "Le commentaire auquel vous répondez n’est plus en ligne. Vous pouvez publier ce texte sans lui répondre."


class CommentsOff(DomainError):
    code = "comments_off"
    message = "Les commentaires ne sont pas ouverts ici."


class EditNotAllowed(DomainError):
    code = "edit_not_allowed"
    message = "Cette contribution ne peut plus être modifiée : elle a déjà des soutiens."
    status = 403


class EditsOff(DomainError):
    code = "edits_off"
    message = "Les règles de cette étape ne permettent pas de modifier une contribution déposée."
    status = 403


class UnknownStatus(DomainError):
    code = "unknown_status"
    message = "Cet avancement n’existe pas dans cette application. Choisissez-en un dans la liste."


class ResidentsOnly(DomainError):
    code = "residents_only"
    message = (
        "Le dépôt est réservé aux personnes qui habitent le territoire. Vous pouvez tout lire et commenter."
    )
    status = 403


class IntentionGone(DomainError):
    code = "intention_gone"
    message = "Cette participation a été commencée il y a plus de trois jours : elle n’est plus conservée. Recommencez."
    status = 410


class UnknownReason(DomainError):
    code = "unknown_reason"
    message = "Choisissez une raison dans la liste : elle est donnée à l’auteur ou à l’autrice."
