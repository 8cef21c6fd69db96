"""What the environment says, read once, checked whole, typed."""

import difflib
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

PREFIX = "PARVIS_"
SECRET_KEY_LENGTH = 16
EXPECTED_SECRET_KEY = (
    f"expected at least {SECRET_KEY_LENGTH} random characters "
    "(python3 -c 'import secrets; print(secrets.token_urlsafe(48))')"
)
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


class SettingsError(ValueError):
    """The environment cannot be used. One sentence per fault, all of them at once, in `faults` and in the message."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class _Unusable(ValueError):
    """Raised by a reader: what was expected, and what to show of the value when it may hold a password."""

    def __init__(self, expected: str, *, shown: str | None = None) -> None:
        super().__init__(expected)
        self.shown = shown


# --- readers: the text of one variable in, its value out, or _Unusable ----------------------------------------


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise _Unusable(f"expected {', '.join(choices[:-1])} or {choices[-1]}{_guess(text, choices)}")
        return text

    return read


def _whole_number(minimum: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,4}", text) or int(text) < minimum:
            raise _Unusable(f"expected a whole number from {minimum} to 9999")
        return int(text)

    return read


def _port(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text) or not 1 <= int(text) <= 65_535:
        raise _Unusable("expected a port from 1 to 65535")
    return int(text)


def _url(*schemes: str, example: str, needs_host: bool = False) -> Callable[[str], str]:
    def read(text: str) -> str:
        scheme, found, rest = text.partition(":")
        shown = f"{scheme}:…" if found else "no address"
        try:
            parts = urlsplit(text)
            complete = (
                bool(found and rest) and (not needs_host or bool(parts.hostname)) and (parts.port or 1) > 0
            )
        except ValueError:
            complete = False
        if scheme not in schemes or not complete:
            raise _Unusable(f"expected an address such as {example}", shown=shown)
        return text

    return read


def _database(text: str) -> str:
    example = "postgresql://user:password@host/name"
    url = _url("postgresql", "postgres", "postgresql+psycopg", example=example)(text)
    rest = url.partition("://")[2]
    if not rest.partition("/")[2].partition("?")[0]:
        raise _Unusable(
            f"expected an address such as {example}, with the database's name", shown="an address without it"
        )
    return f"postgresql+psycopg://{rest}"


def _host(text: str) -> str:
    if not HOST.fullmatch(text):
        raise _Unusable("expected a host name without scheme, port or path, such as participer.example")
    return text


def _directory(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise _Unusable("expected a directory that exists")
    return path


def _long_secret(text: str) -> str:
    if len(text) < SECRET_KEY_LENGTH:
        raise _Unusable(EXPECTED_SECRET_KEY, shown=f"{len(text)} characters long")
    return text


def _setting(sentence: str, read: Callable[[str], Any], *, default: Any = None, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"sentence": sentence, "read": read})


# --- the settings ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One field per variable: `base_domain` is PARVIS_BASE_DOMAIN. Made by `load`."""

    mode: Literal["demo", "production", "test"] = _setting(
        "demo (one-click sign-in, platforms under /t/<slug>/), production or test.",
        _one_of("demo", "production", "test"),
        default="production",
    )
    state_dir: Path = _setting(
        "Folder of what this installation keeps by itself: embedded servers, files, mail, secret key.",
        Path,
        default=Path("var"),
    )
    database_url: str | None = _setting(
        "PostgreSQL as the role parvis_app, for web and worker; without it, the embedded server.",
        _database,
        secret=True,
    )
    owner_database_url: str | None = _setting(
        "The same database as the role parvis_owner, for migrations only.", _database, secret=True
    )
    operator_database_url: str | None = _setting(
        "The same database as the role parvis_operator, for `parvis tenant`; never given to web or worker.",
        _database,
        secret=True,
    )
    redis_url: str | None = _setting(
        "Redis of the queues and rate limits; without it, the embedded server.",
        _url("redis", "rediss", "unix", example="redis://host:6379/0"),
        secret=True,
    )
    storage_url: str = _setting(
        "Where uploaded files go; without it, the folder `files` of the state directory.",
        _url("file", example="file:/srv/parvis/files"),
        default="",
    )
    mail_url: str | None = _setting(
        "Server that sends the mail; without it, mail is kept in the folder `mail` of the state directory.",
        _url("smtp", "smtps", example="smtp://user:password@host:587", needs_host=True),
        secret=True,
    )
    inbound_mail_url: str | None = _setting(
        "Mailbox read for bounces and replies; without it, none is read.",
        _url("imap", "imaps", example="imaps://user:password@host/INBOX", needs_host=True),
        secret=True,
    )
    secret_key: str = _setting(
        "Signs sessions and links; required in production, else drawn once and kept in the state directory.",
        _long_secret,
        default="",
        secret=True,
    )
    secrets_dir: Path | None = _setting(
        "Folder with one file per ${secret:NAME} of a platform's YAML.", _directory
    )
    base_domain: str = _setting("Domain whose subdomains are the platforms.", _host, default="localhost")
    port: int = _setting(
        "Port of `parvis serve` and `parvis demo`; outside production, part of the addresses in mails.",
        _port,
        default=8000,
    )
    trusted_proxies: int = _setting(
        "How many proxies in front set X-Forwarded-For; 0 believes none.", _whole_number(0), default=0
    )
    web_workers: int | None = _setting("Web processes; without it, two per core.", _whole_number(1))
    log_format: Literal["console", "json"] = _setting(
        "console (coloured lines) or json (one object per line); json by default in production.",
        _one_of("console", "json"),
        default="",
    )
    metrics_token: str | None = _setting(
        "Opens /metrics to `Authorization: Bearer <token>`; without it, that page does not exist.",
        str,
        secret=True,
    )


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings from the environment. An empty variable counts as absent.

    Outside production, a missing secret key is drawn and kept in the state directory (mode 0600).
    Raises SettingsError with every unknown name, bad value and missing value at once.
    """
    known = {PREFIX + each.name.upper(): each for each in fields(Settings)}
    given = {name: text.strip() for name, text in environ.items() if name.startswith(PREFIX) and text.strip()}
    values: dict[str, Any] = {}
    faults = []
    for name, text in sorted(given.items()):
        if name not in known:
            faults.append(f"{name} is not a setting of Parvis{_guess_name(name)}")
            continue
        try:
            values[known[name].name] = known[name].metadata["read"](text)
        except _Unusable as error:
            shown = error.shown or f'"{text}"'
            faults.append(f"{name} is {shown}, {error}")
    production = values.get("mode", "production") == "production"
    if production and PREFIX + "SECRET_KEY" not in given:
        faults.append(f"PARVIS_SECRET_KEY is missing, {EXPECTED_SECRET_KEY}")
    if faults:
        raise SettingsError(faults)

    state_dir = values.get("state_dir", Path("var"))
    values.setdefault("storage_url", f"file:{state_dir / 'files'}")
    values.setdefault("log_format", "json" if production else "console")
    if "secret_key" not in values:
        values["secret_key"] = _kept_secret_key(state_dir)
    return Settings(**values)


def describe() -> Iterator[tuple[str, str, str]]:
    """Yield the name, the default ("" when there is none) and the sentence of each setting, in order."""
    for each in fields(Settings):
        default = "" if each.default is None else str(each.default)
        yield PREFIX + each.name.upper(), default, each.metadata["sentence"]


def _kept_secret_key(state_dir: Path) -> str:
    path = state_dir / "secret-key"
    if not path.exists():
        if not state_dir.exists():
            state_dir.mkdir(parents=True, exist_ok=True)
            # Embedded servers started by root run as another account, which must be able to walk through.
            state_dir.chmod(0o711 if os.geteuid() == 0 else 0o700)
        draft = state_dir / f"secret-key.{secrets.token_hex(4)}"
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(secrets.token_urlsafe(48))
        try:
            # Unlike a rename, a link fails when web and worker, started together, both draw one: the first stays.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text("utf-8").strip()


def _guess_name(name: str) -> str:
    # Without the prefix, which would make any two names look alike.
    near = difflib.get_close_matches(
        name.removeprefix(PREFIX), [each.name.upper() for each in fields(Settings)], n=1
    )
    return f", did you mean {PREFIX}{near[0]}?" if near else ""


def _guess(text: str, choices: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(text, choices, n=1)
    return f", did you mean {near[0]}?" if near else ""
