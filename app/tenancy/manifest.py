"""What an application declares about itself; the core knows nothing else of it (architecture §3)."""

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

TINTS = ("entraide", "idees", "questionnaire", "consultation", "questions", "budget", "votation", "appel")

#: First words of addresses that belong to the core (contract §2): no application may answer there.
RESERVED_SEGMENTS = frozenset(
    {
        "accessibilite", "actualites", "admin", "agenda", "api", "connexion", "cookies", "deconnexion", "demarches",
        "donnees-ouvertes", "donnees-personnelles", "effets", "fichiers", "healthz", "inscription", "lien",
        "mentions-legales", "metrics", "moderation", "mon-espace", "operateur", "participer", "plan-du-site", "profils",
        "readyz", "recherche", "recu", "static", "t",
    }
)  # fmt: skip

_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SEGMENT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_VERSION = re.compile(r"\d+\.\d+(\.\d+)?")
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*)?")


class ManifestError(Exception):
    """A manifest says something that cannot be; the message names the application, the value and the expectation."""


@dataclass(frozen=True, kw_only=True)
class ModuleManifest:
    """One application. What must be imported is a dotted string ("modules.petition.views:blueprint"), imported once
    all manifests are read; each string of a tuple names one object or a sequence of them. See `objects`.
    """

    id: str
    """Folder, blueprint name, prefix of its tables and key in the YAML."""
    title: str
    """Name shown to people, in French."""
    summary: str
    """What it is for, one French sentence."""
    icon: str
    """Icon of the sprite."""
    tint: str
    """Its fixed hue, one of TINTS."""
    segment: str
    """First part of its addresses: /<segment>/<step>/."""
    version: str
    """Its own version, shown by `parvis modules`."""
    requires: tuple[str, ...] = ()
    """Ids of the applications that must be on for this one to be on."""
    models: str | None = None
    """Module of its tables; their names start with the id."""
    public: str | None = None
    """Blueprint of /<segment>/…"""
    admin: str | None = None
    """Blueprint of its back-office pages."""
    api: str | None = None
    """Blueprint of /api/v1/…"""
    tenant_settings: str | None = None
    """Marshmallow schema class of `modules.<id>` in the YAML."""
    step_kinds: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Kinds of step it runs, each with the marshmallow schema class of its settings."""
    contribution_types: tuple[str, ...] = ()
    """Its subclasses of Contribution."""
    acts: tuple[str, ...] = ()
    """What participants can do: ActType objects."""
    policy: tuple[str, ...] = ()
    """Rows it adds to the policy table."""
    statuses: tuple[str, ...] = ()
    """Public progress of its contributions, each with colour and sentence."""
    requirements: tuple[str, ...] = ()
    """Requirements it adds to those a step may ask."""
    imports: str | None = None
    """How lines of a file become its contributions: an ImportShape."""
    exports: tuple[str, ...] = ()
    """Exports it offers."""
    holders: tuple[str, ...] = ()
    """Holders of personal data: how to export, erase and merge a person in its tables."""
    events: tuple[str, ...] = ()
    """Event dataclasses it posts to the outbox."""
    handlers: tuple[str, ...] = ()
    """What it does when an event is delivered."""
    jobs: tuple[str, ...] = ()
    """Background jobs and their schedules."""
    demo: tuple[str, ...] = ()
    """Makers of believable content."""
    tiles: tuple[str, ...] = ()
    """Dashboard tiles."""
    help: str | None = None
    """Template of its page of help for agents."""

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise ManifestError(f"module {self.id!r}: {fault}")
        object.__setattr__(self, "step_kinds", MappingProxyType(dict(self.step_kinds)))

    def objects(self, name: str) -> tuple[Any, ...]:
        """What the dotted strings of a field point to, sequences flattened, in order; () when the field is empty.

        Raises ManifestError when one cannot be imported.
        """
        value = getattr(self, name)
        strings = (
            (value,)
            if isinstance(value, str)
            else tuple(value.values() if isinstance(value, Mapping) else value or ())
        )
        found: list[Any] = []
        for dotted in strings:
            target = resolve(dotted)
            found.extend(target) if isinstance(target, (tuple, list)) else found.append(target)
        return tuple(found)

    def _faults(self) -> Iterator[str]:
        if not _ID.fullmatch(self.id):
            yield "id: expected lower-case letters, digits and underscores"
        for name in ("title", "summary", "icon"):
            if not getattr(self, name).strip():
                yield f"{name} is empty, expected text"
        if self.tint not in TINTS:
            yield f"tint is {self.tint!r}, expected one of {', '.join(TINTS)}"
        if not _SEGMENT.fullmatch(self.segment):
            yield f"segment is {self.segment!r}, expected lower-case letters, digits and hyphens"
        if self.segment in RESERVED_SEGMENTS:
            yield f"segment is {self.segment!r}, expected one that is not an address of the core"
        if not _VERSION.fullmatch(self.version):
            yield f"version is {self.version!r}, expected digits such as 1.0"
        if self.id in self.requires:
            yield "requires itself, expected other modules"
        for kind in self.step_kinds:
            if not _ID.fullmatch(kind):
                yield f"step kind {kind!r}: expected lower-case letters, digits and underscores"
        for name, dotted in self._dotted():
            if not isinstance(dotted, str) or not _DOTTED.fullmatch(dotted):
                yield f"{name} is {dotted!r}, expected a string such as 'modules.{self.id}.views:blueprint'"

    def _dotted(self) -> Iterator[tuple[str, object]]:
        for name in ("models", "public", "admin", "api", "tenant_settings", "imports"):
            if getattr(self, name) is not None:
                yield name, getattr(self, name)
        for kind, dotted in self.step_kinds.items():
            yield f"step_kinds.{kind}", dotted
        for name in (
            "contribution_types", "acts", "policy", "statuses", "requirements", "exports", "holders", "events",
            "handlers", "jobs", "demo", "tiles",
        ):  # fmt: skip
            value = getattr(self, name)
            # A lone string would be read letter by letter.
            yield from ((name, dotted) for dotted in ((None,) if isinstance(value, str) else value))


def resolve(dotted: str) -> Any:
    """The object named "package.module:attribute", or the module named "package.module".

    Raises ManifestError when there is no such module or attribute; an error inside the module itself goes through.
    """
    module_name, _, attribute = dotted.partition(":")
    try:
        target: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        # Only the named module or its parents: a missing dependency of the module must be seen as such.
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise ManifestError(f"{dotted}: no module {error.name}") from error
    for name in attribute.split(".") if attribute else ():
        if not hasattr(target, name):
            raise ManifestError(f"{dotted}: {module_name} has no {attribute}")
        target = getattr(target, name)
    return target
