"""Files behind one small interface: today a folder, tomorrow an object store by URL.

Keys start with the tenant's id and are random; nothing in a key comes from a person.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Protocol

from flask import current_app

from app.db.context import require_tenant_id


class FileStore(Protocol):
    def put(self, key: str, content: bytes) -> None: ...
    def get(self, key: str) -> bytes: ...
    def delete(self, key: str) -> None: ...
    def keys(self, prefix: str) -> list[str]: ...


class FolderStore:
    """Files under one folder. A file appears whole or not at all (written aside, then renamed)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, key: str) -> Path:
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise ValueError(f"storage key leaves its folder: {key!r}")
        return path

    def put(self, key: str, content: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        aside.write_bytes(content)
        os.replace(aside, path)

    def get(self, key: str) -> bytes:
        """Raises FileNotFoundError."""
        return self._path(key).read_bytes()

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def keys(self, prefix: str) -> list[str]:
        folder = self._path(prefix)
        if not folder.is_dir():
            return []
        return sorted(str(path.relative_to(self.root)) for path in folder.rglob("*") if path.is_file())


def make_store(url: str) -> FileStore:
    """url: `file:<folder>`. Raises ValueError for a scheme this version does not know."""
    scheme, _, rest = url.partition(":")
    if scheme != "file" or not rest:
        raise ValueError(f"PARVIS_STORAGE_URL is {url!r}, expected file:<folder>")
    return FolderStore(Path(rest.removeprefix("//")))


def store() -> FileStore:
    found: FileStore = current_app.extensions["file_store"]
    return found


def tenant_file_key(kind: str, name: str) -> str:
    """Key of a file of the tenant in scope, such as `<tenant>/photo/<random>-960.webp`."""
    return f"{require_tenant_id()}/{kind}/{name}"
