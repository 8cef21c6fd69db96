"""The one error of this room."""


class EmbeddedError(RuntimeError):
    """The embedded servers cannot do what was asked; the message says why and what to do, in one or two sentences."""
