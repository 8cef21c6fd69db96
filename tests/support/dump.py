"""Everything the platform keeps, as text to search: database, Redis, mails, files."""

from __future__ import annotations

import email
import email.policy
import pickle
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from redis import Redis
from sqlalchemy import Connection, text

#: Where something is kept -> its text.
Dump = dict[str, str]


def database(connection: Connection) -> Dump:
    """One entry a table, one line a row. connection: of a role that sees every tenant."""
    tables = connection.scalars(
        text("select tablename from pg_tables where schemaname = 'public' order by 1")
    ).all()
    return {
        f"table {table}": "\n".join(connection.scalars(text(f'select t::text from "{table}" t')).all())
        for table in tables
    }


def redis(url: str) -> Dump:
    """Keys with their values; what a queue compressed or pickled is opened."""
    client = Redis.from_url(url)
    try:
        return {
            f"redis {key.decode(errors='replace')}": _redis_value(client, key) for key in client.scan_iter()
        }
    finally:
        client.close()


def _redis_value(client: Redis, key: bytes) -> str:
    kind = client.type(key)
    found: list[bytes] = {
        b"string": lambda: [client.get(key)],
        b"hash": lambda: [part for pair in client.hgetall(key).items() for part in pair],
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: list(client.smembers(key)),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"stream": lambda: [str(client.xrange(key)).encode()],
    }.get(kind, lambda: [])()
    return "\n".join(_opened(value) for value in found if value is not None)


def _opened(value: bytes) -> str:
    for opener in (zlib.decompress, lambda raw: repr(pickle.loads(raw)).encode()):
        try:
            value = opener(value)
        except Exception:
            continue
    return value.decode(errors="replace")


def mails(folder: Path) -> Dump:
    """One entry a mail: its headers, then each part decoded."""
    return {f"mail {path.name}": "\n".join(_parts(path)) for path in sorted(folder.rglob("*.eml"))}


def _parts(path: Path) -> Iterator[str]:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    for name, value in message.items():
        yield f"{name}: {value}"
    for part in message.walk():
        if not part.is_multipart():
            yield str(part.get_content())


def files(folder: Path) -> Dump:
    """One entry a file, its name included."""
    return {
        f"file {path.relative_to(folder)}": path.name + "\n" + path.read_bytes().decode("latin-1")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def places_of(marks: Iterable[str], dump: Dump) -> list[str]:
    """`place: mark` of everything found, whatever the case, in plain or in hexadecimal as bytes come out."""
    found = []
    folded = {place: content.casefold() for place, content in dump.items()}
    for mark in marks:
        for wanted in (mark.casefold(), mark.encode().hex()):
            found += [
                f"{place}: {mark}"
                for place, content in folded.items()
                if wanted in content or wanted in place.casefold()
            ]
    return sorted(set(found))
