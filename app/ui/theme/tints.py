"""Colours that do not depend on the tenant: the four statuses and the eight applications.

Their hues are fixed so that a person recognises an application from one town to the next.
"""

from app.ui.theme.colour import Oklch, from_oklch

APPLICATIONS = {
    "entraide": 25,
    "idees": 75,
    "questionnaire": 310,
    "consultation": 265,
    "questions": 220,
    "budget": 155,
    "votation": 350,
    "appel": 110,
}
STATUSES = {"ok": 155, "warn": 75, "bad": 25, "info": 245}
_BAD_CHROMA = 0.14  # an error must stand out from the entraide tint, which shares its hue


def light() -> dict[str, str]:
    tokens = {}
    for name, hue in STATUSES.items():
        tokens[name] = from_oklch(0.50, _BAD_CHROMA if name == "bad" else 0.125, hue)
        tokens[f"{name}-soft"] = from_oklch(0.96, 0.03, hue)
        tokens[f"{name}-line"] = from_oklch(0.82, 0.08, hue)
    return tokens


def dark() -> dict[str, str]:
    tokens = {}
    for name, hue in STATUSES.items():
        tokens[name] = from_oklch(0.84, 0.11, hue)
        tokens[f"{name}-soft"] = from_oklch(0.285, 0.04, hue)
        tokens[f"{name}-line"] = from_oklch(0.45, 0.07, hue)
    return tokens


def applications_light(only: Oklch | None = None) -> dict[str, str]:
    """Text and soft tint of each application; `only`: one colour's hue for all of them."""
    return _applications(only, text=(0.48, 0.125), soft=(0.955, 0.028))


def applications_dark(only: Oklch | None = None) -> dict[str, str]:
    return _applications(only, text=(0.83, 0.09), soft=(0.29, 0.04))


def _applications(
    only: Oklch | None, *, text: tuple[float, float], soft: tuple[float, float]
) -> dict[str, str]:
    tokens = {}
    for name, own_hue in APPLICATIONS.items():
        hue = own_hue if only is None else only.hue
        for suffix, (lightness, chroma) in (("", text), ("-soft", soft)):
            at_most = chroma if only is None else min(chroma, only.chroma)
            tokens[f"app-{name}{suffix}"] = from_oklch(lightness, at_most, hue)
    return tokens
