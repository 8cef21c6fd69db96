"""`python -m app.embedded up|down|status|wipe`: the servers of a state directory, by hand."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from app import embedded


def main() -> int:
    """Run one verb; exit 0 done (status: both run), 1 refused (status: something does not run)."""
    parser = argparse.ArgumentParser(prog="python -m app.embedded", description=embedded.__doc__)
    parser.add_argument("verb", choices=("up", "down", "status", "wipe"))
    parser.add_argument("--state-dir", type=Path, default=Path(os.environ.get("PARVIS_STATE_DIR", "var")))
    arguments = parser.parse_args()
    try:
        match arguments.verb:
            case "up":
                _print(asdict(embedded.up(arguments.state_dir)))
            case "down":
                embedded.down(arguments.state_dir)
            case "wipe":
                embedded.wipe(arguments.state_dir)
            case _:
                found = embedded.status(arguments.state_dir)
                _print(asdict(found))
                return 0 if found.postgresql and found.redis else 1
    except embedded.EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _print(values: dict[str, object]) -> None:
    print(json.dumps(values, indent=2, default=str))


if __name__ == "__main__":
    sys.exit(main())
