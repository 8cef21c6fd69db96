"""`parvis policy`: the table role × action × state, the applications' rows included."""

from __future__ import annotations

import click

from app.cli import output
from app.cli.output import json_option


@click.command(epilog="Example: parvis policy --json")
@json_option
def policy(as_json: bool) -> None:
    """Print who may do what, in which state: the one table read by pages, API, jobs and exports."""
    from app.policy.table import ANY_STATE, CORE_RULES, ROLES, STATES, PolicyTable
    from app.tenancy import modules

    table = PolicyTable(CORE_RULES)
    for manifest in modules.registry().values():
        table.add(manifest.objects("policy"))
    rules = [
        (
            rule,
            [role for role in ROLES if role in rule.roles],
            [state for state in STATES if state in rule.states],
        )
        for rule in table.rules()
    ]
    if as_json:
        output.data(
            [
                {"action": rule.action, "summary": rule.summary, "roles": roles, "states": states}
                for rule, roles, states in rules
            ]
        )
        return
    output.table(
        ("ACTION", "ROLES", "STATES", "SUMMARY"),
        [
            (
                rule.action,
                " ".join(roles),
                "any" if rule.states == ANY_STATE else " ".join(states),
                rule.summary,
            )
            for rule, roles, states in rules
        ],
    )
