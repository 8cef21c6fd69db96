"""Refusals of the tenancy room, said to operators: English, one sentence."""

from __future__ import annotations


class TenancyError(Exception):
    """The command is refused; nothing was written."""


class UnknownTenant(TenancyError):
    def __init__(self, slug: str) -> None:
        super().__init__(f"no tenant is called {slug!r}: see `parvis tenant list`")


class DocumentRefused(TenancyError):
    """The file has faults; each is one line."""

    def __init__(self, faults: tuple[object, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class HostTaken(TenancyError):
    def __init__(self, host: str, slug: str) -> None:
        super().__init__(f"host {host!r} already belongs to tenant {slug!r}, expected a host of its own")


class OutdatedFile(TenancyError):
    def __init__(self, slug: str, based_on: int, current: int) -> None:
        super().__init__(
            f"{slug}: the file is based on revision {based_on} and the platform is at revision {current}:"
            f" start again from `parvis tenant export {slug}`"
        )
