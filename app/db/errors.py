"""Refusals as vocabulary: a stable code for machines, a French sentence for people."""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal the core turns into a page or JSON, once.

    `message` is constant so that it can be translated; what varies is in `details`, filled into the
    sentence with `str.format` by `sentence()`.
    """

    code: ClassVar[str] = "refused"
    message: ClassVar[str] = "Cette action n’est pas possible."
    status: ClassVar[int] = 422

    def __init__(self, **details: Any) -> None:
        super().__init__(self.code)
        self.details = details

    def sentence(self) -> str:
        return self.message.format(**self.details) if self.details else self.message


class NotFound(DomainError):
    code = "not_found"
    message = "Cette page n’existe pas ou n’existe plus."
    status = 404


class Forbidden(DomainError):
    """The policy refuses. details: reason (sentence), help (who can grant it)."""

    code = "forbidden"
    message = "Vous n’avez pas accès à cette page."
    status = 403


class Conflict(DomainError):
    code = "conflict"
    message = "Quelqu’un a modifié ces informations entre-temps. Relisez-les avant de confirmer."
    status = 409


class TooManyRequests(DomainError):
    """details: wait (seconds before the next try)."""

    code = "too_many_requests"
    message = "Vous allez vite ! Réessayez dans quelques minutes. Votre texte est conservé."
    status = 429

    def __init__(self, *, wait: int) -> None:
        super().__init__(wait=wait)

    def sentence(self) -> str:
        minutes = max(1, -(-int(self.details["wait"]) // 60))
        unit = "minute" if minutes == 1 else "minutes"
        return f"Vous allez vite ! Réessayez dans {minutes} {unit}. Votre texte est conservé."


class InvalidInput(DomainError):
    """The form is wrong. details: errors, {field: [sentences]} in the order of the form."""

    code = "invalid_input"
    message = "Il y a des erreurs à corriger."
    status = 422

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__()
        self.errors = errors
