"""Gate: the history of the database (architecture §8): up from empty, down and up again, one head, model = schema."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from app.db import migrate
from app.db.tables import metadata
from app.embedded import Services
from app.tenancy import modules
from tests.gates.isolation import schema_faults
from tests.support.fresh import fresh_database

#: Everything a migration may leave behind in the schema, but the table where alembic keeps its revision.
LEFT_OVERS = """
    select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm', 'S', 'p')
       and relname <> 'alembic_version'
    union all select proname || '()' from pg_proc where pronamespace = 'public'::regnamespace
    union all select 'type ' || typname from pg_type where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')
    union all select 'extension ' || extname from pg_extension where extname <> 'plpgsql'
"""

#: Columns, constraints and indexes as the server describes them: what alembic's comparison leaves out is here too.
CATALOG = """
    select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
           || case when a.attnotnull then ' not null' else '' end
           || coalesce(' ' || a.attgenerated::text || pg_get_expr(d.adbin, d.adrelid), '')
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
    union all
    select c.relname || ' ' || o.conname || ' ' || pg_get_constraintdef(o.oid)
      from pg_constraint o join pg_class c on c.oid = o.conrelid where c.relnamespace = 'public'::regnamespace
    union all
    select tablename || ' ' || indexdef from pg_indexes where schemaname = 'public'
"""


@pytest.fixture(scope="module")
def empty() -> Iterator[Services]:
    with fresh_database("gate_migrations") as services:
        yield services


def scripts() -> list[ModuleType]:
    """Every revision, oldest first."""
    directory = ScriptDirectory.from_config(migrate.configuration())
    return [script.module for script in reversed(list(directory.walk_revisions()))]


@cache
def gone() -> frozenset[str]:
    """Applications that have revisions and no folder in this deployment."""
    return frozenset(script.module for script in scripts() if script.module) - frozenset(modules.registry())


def absent(table: str | None) -> bool:
    """A table of an application that is gone: its revisions stay, its models went with it."""
    return table is not None and any(table.startswith(f"{module_id}_") for module_id in gone())


def drift(connection: Connection) -> list[str]:
    """Where the models and the migrated schema differ, as alembic sees it."""
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "include_object": lambda found, name, kind, reflected, other: (
                not (reflected and absent(name if kind == "table" else getattr(found.table, "name", None)))
            ),
        },
    )
    return [str(difference) for difference in compare_metadata(context, metadata())]


def catalog(connection: Connection) -> set[str]:
    lines = connection.scalars(text(CATALOG)).all()
    return {
        line
        for line in lines
        if not line.startswith("alembic_version") and not absent(line.partition(".")[0])
    }


def declaration_faults(script: Any) -> list[str]:
    """What a revision must say about itself, whatever it does."""
    faults = []
    if not hasattr(script, "module"):
        faults.append(
            f"{script.revision}: does not say which module it belongs to (module = None for the core)"
        )
    if all(isinstance(line, ast.Pass) for line in _body(script, "downgrade")):
        faults.append(f"{script.revision}: its downgrade does nothing")
    if not (script.__doc__ or "").strip():
        faults.append(f"{script.revision}: no sentence says what it does")
    return faults


def _body(script: Any, function: str) -> list[ast.stmt]:
    tree = ast.parse(Path(script.__file__).read_text(encoding="utf-8"))
    return next(
        (node.body for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function), []
    )


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection whose work is taken back."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def left_overs(url: str) -> list[str]:
    with connected(url) as connection:
        return sorted(connection.scalars(text(LEFT_OVERS)))


def test_one_head() -> None:
    assert len(ScriptDirectory.from_config(migrate.configuration()).get_heads()) == 1


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.revision)
def test_a_revision_says_what_it_does_and_for_whom(script: ModuleType) -> None:
    assert declaration_faults(script) == []


def test_up_down_and_up_again_from_an_empty_database(empty: Services) -> None:
    migrate.upgrade(empty.owner_database_url)
    once = left_overs(empty.owner_database_url)
    migrate.downgrade(empty.owner_database_url)
    between = left_overs(empty.owner_database_url)
    migrate.upgrade(empty.owner_database_url)

    assert between == []
    assert left_overs(empty.owner_database_url) == once
    assert migrate.is_current(empty.owner_database_url)


def test_every_revision_goes_down_and_up_by_itself(empty: Services) -> None:
    """A release that is taken back goes down one revision, not all of them."""
    url = empty.owner_database_url
    migrate.upgrade(url)
    before = left_overs(url)

    for script in reversed(scripts()):
        migrate.downgrade(url, script.down_revision or "base")
    for script in scripts():
        migrate.upgrade(url, script.revision)

    assert left_overs(url) == before


def test_the_models_are_the_schema(empty: Services) -> None:
    migrate.upgrade(empty.owner_database_url)
    with connected(empty.owner_database_url) as connection:
        found = drift(connection)

    assert found == []


def test_the_constraints_and_indexes_of_the_models_are_those_of_the_schema(empty: Services) -> None:
    """Checks, generated columns and index definitions, which alembic's comparison passes over."""
    migrate.upgrade(empty.owner_database_url)
    with connected(empty.owner_database_url) as connection:
        by_migration = catalog(connection)
    with fresh_database("gate_models") as made:
        migrate.upgrade(made.owner_database_url, "0001")
        with connected(made.owner_database_url) as connection:
            metadata().create_all(connection)
            by_model = catalog(connection)

    assert sorted(by_migration - by_model) == []
    assert sorted(by_model - by_migration) == []


def test_every_table_made_by_a_migration_has_its_wall(empty: Services) -> None:
    migrate.upgrade(empty.owner_database_url)
    with connected(empty.owner_database_url) as connection:
        faults = schema_faults(connection)

    assert faults == []


# --- the gate can fail ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ("ALTER TABLE person ADD COLUMN nickname text", "nickname"),
        ("ALTER TABLE person DROP COLUMN locale", "locale"),
        ("CREATE TABLE forgotten (tenant_id uuid, id uuid, PRIMARY KEY (tenant_id, id))", "forgotten"),
        ("DROP INDEX ix_contribution_recent", "ix_contribution_recent"),
    ],
)
def test_a_schema_that_left_its_models_is_caught(empty: Services, fault: str, word: str) -> None:
    migrate.upgrade(empty.owner_database_url)
    with connected(empty.owner_database_url) as connection:
        connection.execute(text(fault))
        found = drift(connection)

    assert any(word in difference for difference in found)


def test_a_check_that_only_the_model_has_is_caught(empty: Services) -> None:
    migrate.upgrade(empty.owner_database_url)
    with connected(empty.owner_database_url) as connection:
        before = catalog(connection)
        connection.execute(text("ALTER TABLE vote DROP CONSTRAINT ck_vote_target"))
        missing = before - catalog(connection)

    assert [line.split()[1] for line in missing] == ["ck_vote_target"]


@pytest.mark.parametrize("fault", ["no_module", "no_downgrade"])
def test_a_revision_that_says_too_little_is_caught(fault: str) -> None:
    file = Path(__file__).parent / "faults" / f"revision_{fault}.py"
    spec = importlib.util.spec_from_file_location(fault, file)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    assert len(declaration_faults(script)) == 1


def test_what_a_downgrade_forgets_is_caught(empty: Services) -> None:
    migrate.upgrade(empty.owner_database_url)
    migrate.downgrade(empty.owner_database_url)
    with connected(empty.owner_database_url) as connection:
        connection.execute(text("CREATE TABLE remains (id uuid)"))
        found = list(connection.scalars(text(LEFT_OVERS)))

    assert found == ["remains"]
