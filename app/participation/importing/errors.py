"""Why a file is not imported. The sentences are for the operator who runs the command."""

from __future__ import annotations


class FileRefused(ValueError):
    """The file as a whole cannot be read as a table."""


class MappingRefused(ValueError):
    """What the caller asks of the file cannot be done: a column or a target that does not exist."""


class StepRefused(ValueError):
    """No such step, several of that name, or one whose application keeps no contributions."""
