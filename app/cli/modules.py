"""`parvis modules`: the applications of this deployment."""

from __future__ import annotations

import click

from app.cli import output
from app.cli.output import json_option


@click.command(epilog="Example: parvis modules --json")
@json_option
def modules(as_json: bool) -> None:
    """List the applications found in modules/, with their versions and addresses."""
    from app.tenancy import modules as found

    manifests = found.registry().values()
    if as_json:
        output.data(
            [
                {
                    "id": manifest.id,
                    "title": manifest.title,
                    "summary": manifest.summary,
                    "version": manifest.version,
                    "segment": manifest.segment,
                    "requires": list(manifest.requires),
                    "step_kinds": list(manifest.step_kinds),
                }
                for manifest in manifests
            ]
        )
        return
    output.table(
        ("ID", "VERSION", "ADDRESS", "TITLE"),
        [(manifest.id, manifest.version, f"/{manifest.segment}/", manifest.title) for manifest in manifests],
    )
