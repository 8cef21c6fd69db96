"""`parvis user`: roles given by the operator."""

from __future__ import annotations

import click

from app.cli import environment, output
from app.cli.output import Refused, json_option


@click.group(
    epilog="Example: parvis user invite maire@valmorin.example --tenant valmorin --role administrator"
)
def user() -> None:
    """Give people roles."""


@user.command(
    epilog="Example: parvis user invite maire@valmorin.example --tenant valmorin --role administrator"
)
@click.argument("email")
@click.option("--tenant", "slug", required=True, help="The platform.")
@click.option(
    "--role",
    required=True,
    type=click.Choice(["mediator", "moderator", "analyst", "manager", "administrator"]),
    help="What the person may do there.",
)
@json_option
def invite(email: str, slug: str, role: str, as_json: bool) -> None:
    """Offer a role to EMAIL: prints a link that works once, within seven days. Nothing is sent."""
    settings = environment.for_management()
    environment.drop_operator_credentials()
    from app.db import clock
    from app.db.session import db
    from app.jobs.scope import job_scope
    from app.people import roles
    from app.tenancy.web import external_url

    with environment.application(settings) as app, job_scope(environment.tenant_id_of(app, slug)):
        try:
            path = roles.invite(email, role, now=clock.now())
        except ValueError as error:
            raise Refused(str(error)) from error
        db.session.commit()
        link = external_url(path)
    if as_json:
        output.data({"link": link, "role": role, "tenant": slug, "valid_days": roles.LIFETIME.days})
    else:
        click.echo(link)
