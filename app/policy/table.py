"""The table role × action × state, read by pages, API, jobs and exports alike.

Relations to the object (`author`) are roles of the table like the granted ones: the caller says which hold.
Modules add rows through their manifest; `parvis policy` prints the whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.db.errors import Forbidden

#: Roles as the table names them, weakest first. `visitor` is anybody, known or not.
ROLES = ("visitor", "participant", "author", "mediator", "moderator", "analyst", "manager", "administrator")

ROLE_NAMES = {
    "visitor": "toute personne",
    "participant": "une personne inscrite",
    "author": "l’auteur ou l’autrice",
    "mediator": "un médiateur ou une médiatrice",
    "moderator": "un modérateur ou une modératrice",
    "analyst": "un ou une analyste",
    "manager": "le ou la responsable de la démarche",
    "administrator": "l’équipe d’administration",
}

STATES = ("draft", "pending", "published", "hidden", "archived", "withdrawn", "merged", "rejected", "erased")

STAFF = frozenset({"moderator", "manager", "administrator"})
ADMINS = frozenset({"manager", "administrator"})
ANY_STATE = frozenset(STATES)


@dataclass(frozen=True)
class Rule:
    """One action: the roles that may do it, the states of the object in which it exists.

    act: who may *begin* it without being identified goes through acts (architecture §5); those rules name `visitor`.
    """

    action: str
    summary: str
    roles: frozenset[str]
    states: frozenset[str] = field(default=ANY_STATE)

    def __post_init__(self) -> None:
        unknown = (self.roles - set(ROLES)) | (self.states - set(STATES))
        if unknown:
            raise ValueError(
                f"policy rule {self.action} names {sorted(unknown)}, not in the tables of roles and states"
            )


PUBLIC = frozenset({"published", "archived", "merged"})

CORE_RULES = (
    Rule("contribution.read", "Lire une contribution", frozenset({"visitor"}), PUBLIC),
    Rule(
        "contribution.read_stub",
        "Voir qu’une contribution a été masquée",
        frozenset({"visitor"}),
        frozenset({"hidden"}),
    ),
    Rule(
        "contribution.read_own",
        "Lire sa contribution",
        frozenset({"author"}),
        ANY_STATE - {"erased"},
    ),
    Rule("contribution.read_any", "Lire toute contribution", STAFF, ANY_STATE - {"erased", "draft"}),
    Rule(
        "contribution.read_private",
        "Lire une collecte privée",
        frozenset({"author"}) | STAFF,
        ANY_STATE - {"erased", "draft"},
    ),
    Rule("contribution.propose", "Déposer une contribution", frozenset({"visitor"})),
    Rule("contribution.support", "Soutenir", frozenset({"visitor"}), frozenset({"published"})),
    Rule("contribution.comment", "Commenter", frozenset({"visitor"}), frozenset({"published"})),
    Rule("contribution.follow", "Suivre", frozenset({"visitor"}), PUBLIC),
    Rule("contribution.edit", "Modifier", frozenset({"author"}), frozenset({"pending", "published"})),
    Rule("contribution.withdraw", "Retirer", frozenset({"author"}), frozenset({"pending", "published"})),
    Rule("contribution.hide", "Masquer avec une raison", STAFF, frozenset({"published", "archived"})),
    Rule("contribution.restore", "Rétablir", STAFF, frozenset({"hidden"})),
    Rule("contribution.accept", "Accepter une contribution en attente", STAFF, frozenset({"pending"})),
    Rule("contribution.reject", "Refuser une contribution en attente", STAFF, frozenset({"pending"})),
    Rule("contribution.answer", "Répondre officiellement", ADMINS, frozenset({"published", "archived"})),
    Rule("contribution.set_status", "Changer l’avancement", ADMINS, frozenset({"published", "archived"})),
    Rule(
        "comment.withdraw",
        "Retirer son commentaire",
        frozenset({"author"}),
        frozenset({"pending", "published"}),
    ),
    Rule("comment.hide", "Masquer un commentaire", STAFF, frozenset({"published"})),
    Rule("comment.restore", "Rétablir un commentaire", STAFF, frozenset({"hidden"})),
    Rule("step.edit_dates", "Modifier les dates de l’étape", ADMINS),
)


class PolicyTable:
    """Rules by action. Adding an action twice is refused: one row says it all."""

    def __init__(self, rules: Iterable[Rule] = CORE_RULES) -> None:
        self._rules: dict[str, Rule] = {}
        self.add(rules)

    def add(self, rules: Iterable[Rule]) -> None:
        for rule in rules:
            if rule.action in self._rules:
                raise ValueError(f"policy action {rule.action} is declared twice")
            self._rules[rule.action] = rule

    def __contains__(self, action: object) -> bool:
        return action in self._rules

    def rules(self) -> list[Rule]:
        return [self._rules[action] for action in sorted(self._rules)]

    def rule(self, action: str) -> Rule:
        return self._rules[action]

    def allows(self, roles: Iterable[str], action: str, state: str | None = None) -> bool:
        """roles: those the person holds towards the object, `visitor` included. state: None when it has none."""
        rule = self._rules[action]
        return not rule.roles.isdisjoint(roles) and (state is None or state in rule.states)

    def require(self, roles: Iterable[str], action: str, state: str | None = None) -> None:
        """Raises Forbidden saying why and who can do it."""
        held = frozenset(roles)
        rule = self._rules[action]
        if rule.roles.isdisjoint(held):
            who = ", ".join(ROLE_NAMES[role] for role in ROLES if role in rule.roles)
            raise Forbidden(reason=f"{rule.summary} : réservé à {who}.")
        if state is not None and state not in rule.states:
            raise Forbidden(
                reason=f"{rule.summary} : ce n’est plus possible dans l’état actuel.",
                helper="",
            )


table = PolicyTable()


def roles_of(*, known: bool, author: bool = False, granted: Iterable[str] = ()) -> frozenset[str]:
    """Roles held towards one object. known: at least an account or a confirmed address."""
    roles = {"visitor", *granted}
    if known:
        roles.add("participant")
    if author:
        roles.add("author")
    return frozenset(roles)
