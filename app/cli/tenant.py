"""`parvis tenant`: the documents of platforms."""

from __future__ import annotations

import getpass
import sys
from dataclasses import asdict
from pathlib import Path

import click

from app.cli import environment, output
from app.cli.output import json_option

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(epilog="Example: parvis tenant validate tenants/valmorin.yaml")
def tenant() -> None:
    """Validate, apply and read the documents of platforms."""


@tenant.command(epilog="Example: parvis tenant validate tenants/*.yaml")
@click.argument("files", nargs=-1, required=True, type=FILE)
@json_option
def validate(files: tuple[Path, ...], as_json: bool) -> None:
    """Judge FILES without touching any platform.

    Exit 1 and one line for each fault, all at once: file:line:column: path: what was found, what is expected.
    """
    from app import parts
    from app.tenancy import services

    parts.register_all()
    faults = [
        fault for path in output.track("Validating", files) for fault in services.load_file(path).faults
    ]
    if as_json:
        output.data([asdict(fault) for fault in faults])
    for fault in () if as_json else faults:
        output.note(str(fault))
    sys.exit(1 if faults else 0)


@tenant.command(epilog='Example: parvis tenant apply tenants/valmorin.yaml --why "New colours"')
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--why", default="", help="Kept with the revision.")
@json_option
def apply(file: Path, yes: bool, why: str, as_json: bool) -> None:
    """Make the platform what FILE says, as a new revision; applied again, the same file changes nothing."""
    from app import parts
    from app.db import clock
    from app.tenancy import services

    parts.register_all()
    if not yes and sys.stdin.isatty() and sys.stdout.isatty():
        click.confirm(f"Apply {file}?", abort=True, err=True)
    settings = environment.for_management()
    engine = environment.operator_engine(settings)
    try:
        applied = services.apply_file(
            engine,
            file,
            author=getpass.getuser(),
            why=why or f"parvis tenant apply {file.name}",
            now=clock.now(),
        )
    finally:
        engine.dispose()
    if as_json:
        output.data(asdict(applied))
    elif applied.changed:
        done = "created" if applied.created else "changed"
        output.note(f"{applied.slug} is {done}, at revision {applied.revision}.")
    else:
        output.note(f"{applied.slug} already is what the file says, at revision {applied.revision}.")


@tenant.command("list", epilog="Example: parvis tenant list --json")
@json_option
def list_(as_json: bool) -> None:
    """List the platforms of this deployment."""
    from app.tenancy import services

    engine = environment.operator_engine(environment.for_management())
    try:
        rows = services.list_tenants(engine)
    finally:
        engine.dispose()
    if as_json:
        output.data(rows)
        return
    output.table(
        ("SLUG", "STATE", "REVISION", "NAME", "HOSTS"),
        [
            (row["slug"], row["state"], row["revision"], row["name"], " ".join(row["hosts"]) or "-")
            for row in rows
        ],
    )


@tenant.command(epilog="Example: parvis tenant show valmorin")
@click.argument("slug")
@json_option
def show(slug: str, as_json: bool) -> None:
    """Describe a platform; with --json, its whole document, defaults included."""
    from app.tenancy import services

    engine = environment.operator_engine(environment.for_management())
    try:
        found = services.show(engine, slug)
    finally:
        engine.dispose()
    if as_json:
        output.data(found)
        return
    for name in ("slug", "name", "kind", "state", "revision"):
        click.echo(f"{name + ':':<10} {found[name]}")
    click.echo(f"{'hosts:':<10} {' '.join(found['hosts']) or '-'}")
    click.echo(f"{'modules:':<10} {' '.join(found['modules']) or '-'}")


@tenant.command(epilog="Example: parvis tenant export valmorin > valmorin.yaml")
@click.argument("slug")
def export(slug: str) -> None:
    """Print the platform's current document as YAML, with the revision it is."""
    from app.tenancy import services

    engine = environment.operator_engine(environment.for_management())
    try:
        click.echo(services.export(engine, slug), nl=False)
    finally:
        engine.dispose()


@tenant.command(epilog="Example: parvis tenant schema > parvis.schema.json")
def schema() -> None:
    """Print the JSON Schema of the document, for editors."""
    from app.tenancy import modules
    from app.tenancy.document.jsonschema import json_schema

    output.data(json_schema(modules.registry()))
