"""Where the servers of one state directory live: their files, their sockets, the account that runs them."""

import fcntl
import hashlib
import json
import os
import pwd
import secrets
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from app.embedded.errors import EmbeddedError

# Unprivileged accounts that exist on most systems, best first: PostgreSQL refuses to run as root.
ACCOUNTS = ("postgres", "nobody", "daemon")
# Where root's servers live when their account cannot enter the state directory, a clone under /root for instance.
OUTSIDE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 (the name inside is random and its owner is checked)
# A Unix socket path holds at most 107 bytes, whatever the length of the state directory's own path.
SOCKETS = Path("/tmp")  # noqa: S108 (same)
# Remembers which installation this directory is and where its servers' files are.
IDENTITY = "embedded.json"


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged account that runs the servers when the caller is root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Places:
    """Everything the servers of one state directory need to know about the file system."""

    state_dir: Path  # absolute, symbolic links resolved
    home: Path  # holds the servers' files; the state directory itself unless root's account cannot enter it
    sockets: Path  # short, 0700, owned by the account that runs the servers
    account: Account | None  # None: the servers run as the caller

    @property
    def data(self) -> Path:
        return self.home / "postgresql"

    @property
    def draft(self) -> Path:
        """The data directory while it is being created."""
        return self.home / "postgresql.new"

    @property
    def password(self) -> Path:
        return self.home / "superuser-password"

    @property
    def redis(self) -> Path:
        return self.home / "redis"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def programs(self) -> Path:
        return self.home / "programs"

    @property
    def ready(self) -> Path:
        return self.home / "roles-applied"

    def log(self, server: str) -> Path:
        return self.state_dir / "log" / f"{server}.log"

    def hand_over(self, path: Path) -> None:
        """Give path to the account that runs the servers; nothing to do when that is the caller."""
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)

    def make_private(self, directory: Path) -> None:
        """Create the directory if needed, 0700, owned by the account that runs the servers."""
        if not directory.exists():
            directory.mkdir(mode=0o700, parents=True)
            self.hand_over(directory)


@contextmanager
def locked(state_dir: Path) -> Iterator[None]:
    """Hold the state directory, created if needed, for one process at a time; the others wait.

    Raises EmbeddedError when the directory belongs to somebody else.
    """
    try:
        if not state_dir.exists():
            state_dir.mkdir(parents=True, exist_ok=True)
            # Root's servers run as another account, which must be able to walk through, not to look around.
            state_dir.chmod(0o711 if os.geteuid() == 0 else 0o700)
        handle = os.open(state_dir / "embedded.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError as error:
        raise EmbeddedError(
            f"{state_dir} belongs to another account, which started it first: run as that account, "
            "or choose another directory with PARVIS_STATE_DIR"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def find(state_dir: Path) -> Places | None:
    """Return the places of a state directory that was prepared before, else None. Creates nothing."""
    state_dir = state_dir.resolve()
    identity = state_dir / IDENTITY
    if not identity.exists():
        return None
    try:
        written = json.loads(identity.read_text("utf-8"))
        return _places(state_dir, str(written["instance"]), Path(written["home"]))
    except (KeyError, TypeError, ValueError) as error:
        raise EmbeddedError(f"{identity} is damaged: remove {state_dir} to start afresh") from error


def prepare(state_dir: Path) -> Places:
    """Return the places of a state directory, created as needed. Call it with the directory locked.

    Raises EmbeddedError when root has no account to run the servers as, or when a path is not ours.
    """
    state_dir = state_dir.resolve()
    places = find(state_dir) or _found(state_dir)
    if places.home != state_dir:
        places.home.mkdir(exist_ok=True)
        places.home.chmod(0o711)
        link = state_dir / "postgresql"
        if not link.is_symlink():
            link.symlink_to(places.data)
    (state_dir / "log").mkdir(mode=0o700, exist_ok=True)
    _prepare_sockets(places)
    return places


def predecessors(places: Places) -> Iterator[Places]:
    """Yield the places of servers left by a state directory of the same path that was removed as they ran."""
    for sockets in SOCKETS.glob(f"{_sockets_prefix(places.state_dir)}*"):
        if sockets != places.sockets and _is_ours(sockets, places.account):
            # Their files are gone, and what is at that path now is ours: only the sockets lead to them.
            yield replace(places, sockets=sockets, home=sockets)


def can_reach(account: Account | None, path: Path) -> bool:
    """Say whether the account may enter the directory or execute the file at path; None is the caller."""
    if account is None:
        return os.access(path, os.X_OK)
    # Asked as that account rather than computed from mode bits: access lists and mount options count too.
    try:
        asked = subprocess.run(
            ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
            cwd="/",
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            check=False,
        )
    except OSError as error:
        # A container may map no other user than root.
        raise EmbeddedError(
            f"nothing can be run as the account {account.name}, as root's servers must: {error}"
        ) from error
    return asked.returncode == 0


def _found(state_dir: Path) -> Places:
    instance = secrets.token_hex(8)
    home = _choose_home(state_dir, instance)
    draft = state_dir / f"{IDENTITY}.new"
    draft.write_text(json.dumps({"instance": instance, "home": str(home)}), "utf-8")
    draft.replace(state_dir / IDENTITY)
    return _places(state_dir, instance, home)


def _places(state_dir: Path, instance: str, home: Path) -> Places:
    # Unguessable, and other servers than those of a directory of the same name that was removed.
    sockets = SOCKETS / f"{_sockets_prefix(state_dir)}{instance}"
    home = state_dir / home  # an absolute home wins, "." means inside
    return Places(state_dir, home, sockets, _account(home / "postgresql"))


def _sockets_prefix(state_dir: Path) -> str:
    return f"parvis-{hashlib.sha256(str(state_dir).encode()).hexdigest()[:8]}-"


def _account(data: Path) -> Account | None:
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(str(owner.st_uid), owner.st_uid, owner.st_gid)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        f"PostgreSQL refuses to run as root and none of the accounts {', '.join(ACCOUNTS)} exists: "
        "run as a plain user, or set PARVIS_DATABASE_URL and PARVIS_REDIS_URL"
    )


def _choose_home(state_dir: Path, instance: str) -> Path:
    account = _account(state_dir / "postgresql")
    if account is None or can_reach(account, state_dir):
        return Path(".")
    for parent in OUTSIDE:
        if parent.is_dir() and can_reach(account, parent):
            return parent / f"parvis-{instance}"
    raise EmbeddedError(
        f"the account {account.name}, which runs the servers for root, cannot enter {state_dir}: "
        "choose a directory it can reach with PARVIS_STATE_DIR"
    )


def _prepare_sockets(places: Places) -> None:
    try:
        places.sockets.mkdir(mode=0o700)
        places.hand_over(places.sockets)
    except FileExistsError:
        if not _is_ours(places.sockets, places.account):
            raise EmbeddedError(
                f"{places.sockets} should be a private directory of the servers' account and is not: remove it"
            ) from None


def _is_ours(sockets: Path, account: Account | None) -> bool:
    # lstat: a link planted by somebody else must not be followed.
    found = sockets.lstat()
    owner = os.geteuid() if account is None else account.uid
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077
