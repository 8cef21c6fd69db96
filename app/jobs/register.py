"""What can be done outside requests, by name: kinds of due work, recurring work of each tenant.

The core's own recurring work is in `recurring.py`; a module names its `JobKind`, `Recurring` and `Subscription` objects
in its manifest (`jobs`, `handlers`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from app.db import outbox
from app.tenancy.manifest import ModuleManifest
from app.tenancy.registry import TenantConfig

#: Runs in the tenant's scope and transaction; returns when to run again, None when the work is finished.
RunWork = Callable[[UUID, str], datetime | None]


@dataclass(frozen=True)
class JobKind:
    """A kind of due work. run(tenant id, reference): in the tenant's scope, inside a transaction it does not end.

    queue: high, default or heavy. timeout: seconds after which the worker interrupts it.
    """

    name: str
    run: RunWork
    queue: str = "default"
    timeout: int = 600


@dataclass(frozen=True)
class Recurring:
    """Work that comes back for every tenant, `every` so often or `daily_at` this hour of the tenant's day.

    run(config, now): in the tenant's scope, inside a transaction it does not end; running twice must do no harm.
    module: set from the manifest; it then runs only for tenants that switched the application on.
    """

    name: str
    run: Callable[[TenantConfig, datetime], None]
    every: timedelta | None = None
    daily_at: time | None = None
    queue: str = "default"
    module: str | None = None

    def __post_init__(self) -> None:
        if (self.every is None) == (self.daily_at is None):
            raise ValueError(f"recurring work {self.name} needs either every or daily_at, not both")

    def concerns(self, config: TenantConfig) -> bool:
        return self.module is None or config.module_enabled(self.module)

    def first(self, config: TenantConfig, now: datetime) -> datetime:
        """The first run for a tenant just seen; each tenant has another moment, so that not all come at once."""
        if self.every is None:
            return self.following(config, now)
        return now + timedelta(seconds=config.id.int % max(1, int(self.every.total_seconds())))

    def following(self, config: TenantConfig, now: datetime) -> datetime:
        """The next run after one at `now`. Daily work is spread over half an hour after its time."""
        if self.daily_at is None:
            return now + (self.every or timedelta())
        today = now.astimezone(config.timezone).date()
        spread = timedelta(seconds=config.id.int % 1800)
        # Yesterday too: its half hour may reach past midnight. Tomorrow's is always later than now.
        candidates = [
            datetime.combine(today + timedelta(days=days), self.daily_at, config.timezone).astimezone(UTC)
            + spread
            for days in (-1, 0, 1)
        ]
        return min(candidate for candidate in candidates if candidate > now)


@dataclass(frozen=True)
class Subscription:
    """What an application does when an event is delivered.

    handler(payload): in the tenant's scope, safe to run twice.
    """

    event: str
    name: str
    handler: outbox.Handler


_kinds: dict[str, JobKind] = {}
_recurring: dict[str, Recurring] = {}


def add_kind(kind: JobKind) -> None:
    """Declare a kind of due work; the latest declaration of a name counts."""
    _kinds[kind.name] = kind


def job_kind(name: str, run: RunWork, *, queue: str = "default") -> None:
    """Short form of `add_kind`."""
    add_kind(JobKind(name, run, queue))


def kind(name: str) -> JobKind | None:
    return _kinds.get(name)


def add_recurring(work: Iterable[Recurring]) -> None:
    for one in work:
        _recurring[one.name] = one


def recurring(name: str) -> Recurring | None:
    return _recurring.get(name)


def all_recurring() -> list[Recurring]:
    return [_recurring[name] for name in sorted(_recurring)]


def install_modules(manifests: Mapping[str, ModuleManifest]) -> None:
    """Declare the jobs and the event handlers of every application of this deployment."""
    for manifest in manifests.values():
        for job in manifest.objects("jobs"):
            if isinstance(job, Recurring):
                add_recurring([replace(job, module=manifest.id)])
            elif isinstance(job, JobKind):
                add_kind(job)
            else:
                raise TypeError(f"module {manifest.id}: {job!r} in jobs, expected JobKind or Recurring")
        for handler in manifest.objects("handlers"):
            if not isinstance(handler, Subscription):
                raise TypeError(f"module {manifest.id}: {handler!r} in handlers, expected Subscription")
            outbox.subscribe(handler.event, handler.name, handler.handler)
