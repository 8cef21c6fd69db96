"""Gate: the two walls between tenants in the database and in the source (architecture §1.2, stack §2.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Mapped, mapped_column

from app import embedded
from app.db.context import TenantScopeError
from app.db.models import GlobalModel
from app.db.session import UnsafeRoleError, check_role, db, make_engine
from app.db.tables import metadata
from app.embedded import places, postgresql
from app.participation.models import Project
from app.people.models import Person
from tests.gates.isolation import GLOBAL, RAW_SQL, model_faults, raw_sql, schema_faults, source_faults
from tests.support import journeys, world
from tests.support.sample import Sample
from tests.support.servers import ROOT, STATE, Servers
from tests.support.world import TenantWorld


@pytest.fixture
def owner(servers: Servers) -> Iterator[Connection]:
    """The owner's connection; what the test does to the schema is taken back."""
    engine = create_engine(servers.owner_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def as_app(servers: Servers) -> Iterator[Connection]:
    """A bare connection of the application's role: no session, no criterion, no tenant."""
    engine = make_engine(servers.database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def tenant_tables() -> list[str]:
    return sorted(table for table in metadata().tables if table not in GLOBAL)


def bind(connection: Connection, tenant_id: UUID) -> None:
    connection.exec_driver_sql(f"SET LOCAL app.tenant_id = '{tenant_id}'")


def test_every_tenant_table_stands_behind_both_walls(owner: Connection) -> None:
    assert schema_faults(owner) == []


def test_every_model_is_of_a_tenant_or_says_why_not() -> None:
    metadata()
    assert model_faults() == []


def test_without_a_tenant_the_application_reads_no_row_of_any_table(
    app: Flask, as_app: Connection, operator_engine: Engine, make_sample: Callable[..., Sample]
) -> None:
    journeys.populate_the_way(app, make_sample("rive", "ZqMursxW"))
    with operator_engine.connect() as operator:
        full = {table: operator.scalar(text(f'select count(*) from "{table}"')) for table in tenant_tables()}

    seen = {table: as_app.scalar(text(f'select count(*) from "{table}"')) for table in tenant_tables()}

    # Nothing is proved of an empty table: the sample fills them.
    assert [table for table, rows in full.items() if rows == 0] == sorted(NOT_IN_THE_SAMPLE)
    assert seen == dict.fromkeys(tenant_tables(), 0)


#: Tables that the sample leaves empty.
NOT_IN_THE_SAMPLE = {"credential", "tenant_logo"}


def test_a_transaction_of_one_tenant_reads_its_rows_only(
    as_app: Connection, rive: TenantWorld, levant: TenantWorld, amina: UUID, chloe: UUID
) -> None:
    bind(as_app, rive.id)

    assert as_app.scalars(text("select id from person")).all() == [amina]
    assert as_app.scalars(text("select distinct tenant_id from zone")).all() == [rive.id]


def test_a_row_of_another_tenant_is_neither_written_nor_changed_nor_removed(
    as_app: Connection, operator_engine: Engine, rive: TenantWorld, levant: TenantWorld, chloe: UUID
) -> None:
    bind(as_app, rive.id)

    changed = as_app.execute(text("update person set display_name = 'Volé'"))
    removed = as_app.execute(text("delete from person"))
    with pytest.raises(ProgrammingError, match="row-level security"):
        as_app.execute(
            text(
                "insert into zone (tenant_id, id, slug, name, position, active) values (:t, :t, 'x', 'x', 0, true)"
            ),
            {"t": levant.id},
        )

    assert (changed.rowcount, removed.rowcount) == (0, 0)
    with operator_engine.connect() as operator:
        assert (
            operator.scalar(text("select display_name from person where id = :p"), {"p": chloe}) == "Chloé L."
        )


def test_a_row_cannot_refer_to_one_of_another_tenant(
    as_app: Connection, rive: TenantWorld, levant: TenantWorld
) -> None:
    foreign = world.make_project(levant)
    step = world.make_step(rive)
    bind(as_app, rive.id)

    with pytest.raises(DBAPIError, match="fk_step_tenant_id_project_id"):
        as_app.execute(text("update step set project_id = :p where id = :s"), {"p": foreign, "s": step})


def test_without_a_tenant_the_session_refuses_the_statement(rive: TenantWorld, amina: UUID) -> None:
    with rive.app.app_context(), pytest.raises(TenantScopeError):
        db.session.execute(db.select(Person))


def test_the_session_finds_nothing_by_the_identifier_of_another_tenant(
    rive: TenantWorld, levant: TenantWorld, chloe: UUID
) -> None:
    project = world.make_project(levant)
    with rive.scope():
        assert db.session.get(Person, (rive.id, chloe)) is None
        assert db.session.scalars(db.select(Project).where(Project.id == project)).all() == []


def test_what_the_application_may_only_read_it_cannot_write(as_app: Connection, rive: TenantWorld) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        as_app.execute(text("update tenant set state = 'closed'"))


def test_start_up_refuses_a_role_that_the_walls_do_not_hold(servers: Servers) -> None:
    engine = create_engine(servers.owner_url)
    try:
        with pytest.raises(UnsafeRoleError, match="parvis_owner, which owns tables"):
            check_role(engine)
    finally:
        engine.dispose()


def test_start_up_refuses_a_superuser() -> None:
    engine = superuser_engine()
    try:
        with pytest.raises(UnsafeRoleError, match="bypasses row-level security"):
            check_role(engine)
    finally:
        engine.dispose()


def test_start_up_accepts_the_application_s_role(servers: Servers) -> None:
    engine = make_engine(servers.database_url)
    check_role(engine)
    engine.dispose()


def superuser_engine() -> Engine:
    """An engine of the embedded server's own superuser, which nothing of the application ever uses."""
    embedded.up(STATE)
    found = places.find(STATE.resolve())
    assert found is not None
    return create_engine("postgresql+psycopg://", creator=lambda: postgresql.connect(found, "postgres"))


def test_only_named_files_speak_to_the_database_without_the_session() -> None:
    assert source_faults(ROOT, RAW_SQL) == []


# --- the gate can fail ----------------------------------------------------------------------------------------

SOUND = (
    "CREATE TABLE toy (tenant_id uuid NOT NULL, id uuid NOT NULL, owner_id uuid, code text, PRIMARY KEY (tenant_id, id));"
    "ALTER TABLE toy ENABLE ROW LEVEL SECURITY;"
    "ALTER TABLE toy FORCE ROW LEVEL SECURITY;"
    "CREATE POLICY tenant ON toy TO parvis_app"
    " USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)"
    " WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);"
    "CREATE POLICY operator ON toy TO parvis_owner, parvis_operator USING (true) WITH CHECK (true)"
)

FAULTS = {
    "DROP TABLE toy; CREATE TABLE toy (tenant_id uuid, id uuid, PRIMARY KEY (tenant_id, id))": "security is off",
    "ALTER TABLE toy NO FORCE ROW LEVEL SECURITY": "not forced",
    "DROP POLICY operator ON toy": "its policy operator is None",
    "CREATE POLICY everybody ON toy USING (true)": "a policy too many",
    "DROP POLICY tenant ON toy; CREATE POLICY tenant ON toy TO parvis_app USING (true) WITH CHECK (true)": "its policy tenant",
    "DROP POLICY tenant ON toy; CREATE POLICY tenant ON toy USING (tenant_id ="
    " nullif(current_setting('app.tenant_id', true), '')::uuid)": "its policy tenant",
    "ALTER TABLE toy DROP CONSTRAINT toy_pkey": "no primary key",
    "ALTER TABLE toy DROP CONSTRAINT toy_pkey; ALTER TABLE toy ADD PRIMARY KEY (id)": "starts with id",
    "ALTER TABLE toy ADD UNIQUE (code)": "starts with code",
    "CREATE UNIQUE INDEX ON toy (lower(code))": "a unique index that starts with",
    "ALTER TABLE toy ADD FOREIGN KEY (owner_id, tenant_id) REFERENCES person (id, tenant_id)": "starts with owner_id",
    "CREATE TABLE everyones (id uuid PRIMARY KEY)": "everyones: no tenant_id",
    "CREATE VIEW every_toy AS SELECT * FROM toy": "reads as its owner",
    "CREATE MATERIALIZED VIEW toys AS SELECT * FROM toy": "materialised view",
    "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'select 1::bigint'": "without a search_path",
}


def test_a_sound_table_raises_no_complaint(owner: Connection) -> None:
    owner.exec_driver_sql(SOUND)

    assert schema_faults(owner) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_hole_in_the_schema_is_caught(owner: Connection, fault: str) -> None:
    owner.exec_driver_sql(SOUND)
    if "REFERENCES person (id" in fault:
        owner.exec_driver_sql("ALTER TABLE person ADD UNIQUE (id, tenant_id)")
    owner.exec_driver_sql(fault)

    found = schema_faults(owner)

    assert any(FAULTS[fault] in line for line in found), found


def test_a_model_of_nobody_is_caught() -> None:
    class Stray(GlobalModel):  # named in GLOBAL by nobody
        __tablename__ = "stray"
        id: Mapped[UUID] = mapped_column(primary_key=True)

    try:
        assert any("Stray" in line for line in model_faults())
    finally:
        # Nothing of it may stay: the tests after this one share the models.
        GlobalModel.registry._dispose_cls(Stray)
        GlobalModel.metadata.remove(Stray.metadata.tables["stray"])


RAW = {
    "from sqlalchemy import text\ntext('select 1')\n": "text(…)",
    "import sqlalchemy as sa\nsa.text('select 1')\n": "sa.text(…)",
    "from app.db.session import db\nwith db.engine.connect() as c:\n    pass\n": "db.engine.connect(…)",
    "def f(engine):\n    with engine.begin() as c:\n        pass\n": "engine.begin(…)",
    "def f(c):\n    c.exec_driver_sql('select 1')\n": "c.exec_driver_sql(…)",
    "from app.db.session import operator_session\noperator_session(None)\n": "operator_session(…)",
    "from sqlalchemy import create_engine as make\nmake('x')\n": "make(…)",
}


@pytest.mark.parametrize("source", RAW)
def test_a_file_that_speaks_to_the_database_by_itself_is_caught(tmp_path: Path, source: str) -> None:
    (tmp_path / "modules" / "toy").mkdir(parents=True)
    (tmp_path / "modules" / "toy" / "queries.py").write_text(source, encoding="utf-8")

    assert [line.split(": ")[1] for line in source_faults(tmp_path, {})] == [RAW[source]]
    assert source_faults(tmp_path, {"modules/toy/queries.py": "a reason"}) == []


def test_an_exception_that_no_longer_serves_is_caught(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "old.py").write_text("import os\n", encoding="utf-8")

    assert source_faults(tmp_path, {"app/old.py": "read the revision"}) == [
        "app/old.py: allowed to speak SQL and does not any more"
    ]
    assert raw_sql("db.session.execute(db.select(Person))") == []
