"""The words that change from one platform or one step to another: soutenir or voter, la ville or le département."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """What pages call a support. act: the full button; short: where there is little room."""

    act: str
    short: str
    noun: str
    given: str
    take_back: str
    counted: str
    withdrawn: str
    pending: str
    similar: str
    closed: str


WORDINGS = {
    "soutenir": Wording(
        act="Soutenir cette idée",
        short="Soutenir",
        noun="soutien",
        given="Vous soutenez cette idée",
        take_back="Retirer mon soutien",
        counted="Votre soutien est compté.",
        withdrawn="Soutien retiré.",
        pending="Votre soutien est enregistré. Il comptera quand vous aurez confirmé votre adresse e-mail.",
        similar="Soutenir celle-ci",
        closed="Les soutiens sont clos.",
    ),
    "voter": Wording(
        act="Voter pour cette idée",
        short="Voter",
        noun="vote",
        given="Vous avez voté pour cette idée",
        take_back="Retirer mon vote",
        counted="Votre vote est compté.",
        withdrawn="Vote retiré.",
        pending="Votre vote est enregistré. Il comptera quand vous aurez confirmé votre adresse e-mail.",
        similar="Voter pour celle-ci",
        closed="Les votes sont clos.",
    ),
}


@dataclass(frozen=True)
class Authority:
    """The collectivité in a sentence: « la ville étudie l’idée », « Réponse de la ville »."""

    the: str
    of_the: str


AUTHORITIES = {
    "commune": Authority("la ville", "de la ville"),
    "departement": Authority("le département", "du département"),
    "region": Authority("la région", "de la région"),
    "intercommunalite": Authority("l’intercommunalité", "de l’intercommunalité"),
    "province": Authority("la province", "de la province"),
    "entreprise": Authority("l’entreprise", "de l’entreprise"),
    "association": Authority("l’association", "de l’association"),
}
_TEAM = Authority("l’équipe", "de l’équipe")


def wording_of(settings: dict[str, object]) -> Wording:
    return WORDINGS[str(settings.get("wording") or "soutenir")]


def authority_of(kind: str) -> Authority:
    """kind: that of the tenant's document."""
    return AUTHORITIES.get(kind, _TEAM)
