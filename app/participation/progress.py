"""Where somebody stands on the way of one act: « Étape 2 sur 3 », the same figures on every page."""

from __future__ import annotations

from app.participation import acts
from app.participation.acts import ActType
from app.participation.steps import StepInfo
from app.people.visitor import Visitor
from app.policy import requirements

FORM, CHECK = "form", "verifier"


def pages(act: ActType, step: StepInfo, visitor: Visitor | None) -> list[str]:
    """Names of the pages of this act in order, those already passed included.

    Somebody who has an account is asked nothing; whoever comes without one is told every page, even one that
    signing in will turn out to make needless.
    """
    asked: list[str] = []
    if visitor is None or not visitor.has_account:
        asked = [requirements.get(one).page for one in acts.required(act, step)]
    first = [FORM, CHECK] if act.check_page else []
    return first + list(dict.fromkeys(asked))


def sentence(act: ActType, step: StepInfo, visitor: Visitor | None, page: str) -> str:
    """« Étape 2 sur 3 » for one of `pages`; "" when the act has a single page."""
    names = pages(act, step, visitor)
    if len(names) < 2 or page not in names:
        return ""
    return f"Étape {names.index(page) + 1} sur {len(names)}"
