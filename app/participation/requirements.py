"""The two requirements every platform knows: a proven address, then an account.

Here and not in the people room, which stands below the register of requirements.
"""

from __future__ import annotations

from app.policy import requirements
from app.policy.requirements import Requirement

EMAIL = Requirement(
    id="email",
    page="identite",
    pending_for="identity",
    is_met=lambda visitor: visitor.at_least("confirmed"),
)
ACCOUNT = Requirement(
    id="account",
    page="profil",
    pending_for="requirements",
    # A guest's browser proves nothing, whoever the person turned out to be elsewhere.
    is_met=lambda visitor: visitor.at_least("confirmed") and visitor.has_account,
)


def register_requirements() -> None:
    for requirement in (EMAIL, ACCOUNT):
        requirements.register(requirement)
