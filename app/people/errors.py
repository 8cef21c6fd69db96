"""Refusals of the people room."""

from __future__ import annotations

from app.db.errors import DomainError, Forbidden


class InvitationNeeded(Forbidden):
    """The platform is closed, names no domain, and nobody invited this address."""

    def __init__(self) -> None:
        super().__init__(
            reason="Cette plateforme est réservée aux personnes invitées.",
            helper="l’équipe qui anime la plateforme",
        )


class AccountErased(DomainError):
    code = "account_erased"
    message = "Ce compte a été supprimé. Demandez un nouveau lien pour en ouvrir un autre."
    status = 410
