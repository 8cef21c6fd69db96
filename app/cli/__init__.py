"""The `parvis` command. Each group is a file, read only when it is asked for: `parvis --help` imports nothing else."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence

import click

#: name -> (where the command is, what it does). A command whose file is absent does not exist.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("app.cli.demo:demo", "Run three demonstration platforms on this machine."),
    "serve": ("app.cli.serve:serve", "Prepare the deployment, then serve it."),
    "worker": ("app.cli.serve:worker", "Do the work that requests leave behind."),
    "scheduler": ("app.cli.serve:scheduler", "Keep the deployment's clock and find waiting work."),
    "db": ("app.cli.db:db", "Bring the database up to date, or check that it is."),
    "tenant": ("app.cli.tenant:tenant", "Validate, apply and read the documents of platforms."),
    "user": ("app.cli.user:user", "Give people roles."),
    "modules": ("app.cli.modules:modules", "List the applications of this deployment."),
    "policy": ("app.cli.policy:policy", "Print who may do what, in which state."),
    "jobs": ("app.cli.jobs:jobs", "Show the work that waits, and retry what was set aside."),
    "import": ("app.cli.imports:imports", "Bring in contributions from a file."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and reads one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, (dotted, _) in COMMANDS.items() if _exists(dotted)] + sorted(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        dotted, _ = COMMANDS[cmd_name]
        if not _exists(dotted):
            return None
        module_name, _, attribute = dotted.partition(":")
        command: click.Command = getattr(importlib.import_module(module_name), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [
            (name, COMMANDS[name][1] if name in COMMANDS else self.commands[name].get_short_help_str())
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _exists(dotted: str) -> bool:
    return importlib.util.find_spec(dotted.partition(":")[0]) is not None


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: parvis demo --port 8000",
)
def cli() -> None:
    """Participation platforms: one deployment, many tenants, eight applications.

    Settings come from PARVIS_* variables. Without PARVIS_MODE and PARVIS_DATABASE_URL, commands that manage platforms
    act on the demonstration of this folder.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with 0 done, 1 refused, 2 wrong usage; a refusal is one sentence on stderr."""
    try:
        status = cli.main(args=arguments, prog_name="parvis", standalone_mode=False)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "parvis"
        _say(f"{where}: {error.format_message().rstrip('.')}; see {where} --help")
        sys.exit(2)
    except click.ClickException as error:
        _say(error.format_message())
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        _say("Stopped.")
        sys.exit(130)
    except Exception as error:
        from app.cli import failures  # Read only when something failed.

        sentence = failures.sentence_of(error)
        if sentence is None:
            raise
        _say(sentence)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)
