"""What the isolation gate asks of the database and of the source: the walls of architecture §1.2."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, text

from app.db.models import GlobalModel, TenantModel
from migrations.walls import TENANT_ROW

#: Tables that belong to the deployment and not to a tenant, and why.
GLOBAL = {
    "tenant": "the tenants themselves; the application may only read it",
    "due_work": "ids only: the sweeper finds work here before it opens a tenant's scope",
    "alembic_version": "the revision of the schema",
}

_TABLES = """
    select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced, c.relkind as kind,
           coalesce(c.reloptions::text, '') as options,
           exists(select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') as owned
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
     order by 1
"""
_POLICIES = """
    select tablename, policyname, permissive, cmd, roles::text[] as roles, qual, with_check
      from pg_policies where schemaname = 'public' order by 1, 2
"""
_KEYS = """
    select c.relname as name, o.conname as key, o.contype as kind, f.relname as target,
           array(select attname from unnest(o.conkey) with ordinality k(n, i)
                   join pg_attribute a on a.attrelid = o.conrelid and a.attnum = k.n order by k.i)::text[] as columns,
           array(select attname from unnest(o.confkey) with ordinality k(n, i)
                   join pg_attribute a on a.attrelid = o.confrelid and a.attnum = k.n order by k.i)::text[] as referred
      from pg_constraint o join pg_class c on c.oid = o.conrelid left join pg_class f on f.oid = o.confrelid
     where c.relnamespace = 'public'::regnamespace and o.contype in ('p', 'u', 'f', 'x') order by 1, 2
"""
_UNIQUE_INDEXES = """
    select c.relname as name, i.relname as key, (select attname from pg_attribute a
             where a.attrelid = c.oid and a.attnum = x.indkey[0]) as first
      from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
     where c.relnamespace = 'public'::regnamespace and x.indisunique order by 1, 2
"""
_ROLES = """
    select rolname as name, rolsuper as super, rolbypassrls as bypass, rolcreaterole as makes_roles,
           array(select m.roleid::regrole::text from pg_auth_members m where m.member = r.oid) as member_of
      from pg_roles r where rolname in ('parvis_owner', 'parvis_app', 'parvis_operator') order by 1
"""
_DEFINERS = """
    select proname as name, prosecdef as definer, coalesce(proconfig::text, '') as config
      from pg_proc where pronamespace = 'public'::regnamespace
"""


def schema_faults(connection: Connection) -> list[str]:
    """Every way in which a table of this schema lets a tenant see or touch another's rows."""
    tables = connection.execute(text(_TABLES)).all()
    owned = {table.name for table in tables if table.owned and table.name not in GLOBAL}
    faults = [
        f"{table.name}: no tenant_id; a table of the deployment is named in GLOBAL with its reason"
        for table in tables
        if not table.owned and table.name not in GLOBAL and table.kind in "rp"
    ]
    for table in tables:
        if table.kind == "m":
            faults.append(f"{table.name}: a materialised view shows every tenant's rows")
        elif table.kind == "v" and "security_invoker=true" not in table.options:
            faults.append(
                f"{table.name}: a view reads as its owner; create it WITH (security_invoker = true)"
            )
        elif table.name in owned and not table.enabled:
            faults.append(f"{table.name}: row-level security is off")
        elif table.name in owned and not table.forced:
            faults.append(f"{table.name}: row-level security is not forced")
    faults += _policy_faults(connection, owned)
    faults += _key_faults(connection, owned)
    faults += _role_faults(connection)
    return faults


def _policy_faults(connection: Connection, owned: set[str]) -> Iterator[str]:
    condition = _as_the_server_writes(connection, TENANT_ROW)
    expected = {
        "tenant": ({"parvis_app"}, condition),
        "operator": ({"parvis_owner", "parvis_operator"}, "true"),
    }
    found: dict[str, dict[str, object]] = {}
    for row in connection.execute(text(_POLICIES)):
        found.setdefault(row.tablename, {})[row.policyname] = (
            set(row.roles),
            row.qual,
            row.with_check,
            row.cmd,
        )
    for table in sorted(owned):
        policies = found.get(table, {})
        for name in sorted(policies.keys() | expected.keys()):
            if name not in expected:
                yield f"{table}: a policy too many, {name}"
                continue
            roles, test = expected[name]
            if policies.get(name) != (roles, test, test, "ALL"):
                yield f"{table}: its policy {name} is {policies.get(name)}, not {(roles, test)}"


def _as_the_server_writes(connection: Connection, condition: str) -> str:
    """The condition once parsed and printed again: the form in which a policy comes back."""
    connection.execute(text("CREATE TEMPORARY TABLE IF NOT EXISTS wall_sample (tenant_id uuid, id uuid)"))
    connection.execute(text("DROP POLICY IF EXISTS sample ON wall_sample"))
    connection.execute(text(f"CREATE POLICY sample ON wall_sample USING ({condition})"))
    return str(connection.scalar(text("select qual from pg_policies where tablename = 'wall_sample'")))


def _key_faults(connection: Connection, owned: set[str]) -> Iterator[str]:
    with_primary_key = set()
    for row in connection.execute(text(_KEYS)):
        if row.name not in owned:
            if row.kind == "f" and row.target in owned:
                yield f"{row.name}.{row.key}: a table of the deployment refers to a tenant's, {row.target}"
            continue
        if row.kind == "p":
            with_primary_key.add(row.name)
        if row.columns[0] != "tenant_id":
            yield f"{row.name}.{row.key}: starts with {row.columns[0]}, expected tenant_id"
        elif row.kind == "f" and row.target in owned and row.referred[0] != "tenant_id":
            yield f"{row.name}.{row.key}: refers to {row.target}.{row.referred[0]}, expected its tenant_id first"
    for table in sorted(owned - with_primary_key):
        yield f"{table}: no primary key"
    for row in connection.execute(text(_UNIQUE_INDEXES)):
        if row.name in owned and row.first != "tenant_id":
            yield f"{row.name}.{row.key}: a unique index that starts with {row.first}, expected tenant_id"


def _role_faults(connection: Connection) -> Iterator[str]:
    for role in connection.execute(text(_ROLES)):
        for power, held in (
            ("is a superuser", role.super),
            ("bypasses row-level security", role.bypass),
            ("makes roles", role.makes_roles),
            (f"is a member of {role.member_of}", role.member_of),
        ):
            if held:
                yield f"role {role.name} {power}"
    for function in connection.execute(text(_DEFINERS)):
        if function.definer and "search_path" not in function.config:
            yield f"function {function.name} runs as its owner without a search_path of its own"


def model_faults() -> list[str]:
    """Models whose base does not match what their table is."""
    faults = []
    for mapper in TenantModel.registry.mappers:
        model = mapper.class_
        if issubclass(model, TenantModel) and model.__tablename__ in GLOBAL:
            faults.append(
                f"{model.__name__}: a tenant's model on the deployment's table {model.__tablename__}"
            )
        if issubclass(model, GlobalModel) and model.__tablename__ not in GLOBAL:
            faults.append(f"{model.__name__}: a global model; name its table in GLOBAL with its reason")
        if not issubclass(model, (TenantModel, GlobalModel)):
            faults.append(f"{model.__name__}: neither a TenantModel nor a GlobalModel")
    return faults


# --- the source -----------------------------------------------------------------------------------------------

#: Files that speak to the database without the session's criterion, and why each is safe.
RAW_SQL = {
    "app/db/session.py": "binds the transaction to its tenant; asks which role it runs as",
    "app/db/models.py": "the default of tenant_id in the schema",
    "app/db/migrate.py": "reads the schema's revision and nothing else",
    "app/tenancy/registry.py": "finds the tenant of a host; reads zones in that tenant's scope, under row-level security",
    "app/tenancy/services.py": "the operator's transaction, bound by hand to the tenant it writes",
    "app/site/platform.py": "asks whether the database answers",
    "app/embedded/postgresql.py": "creates roles and databases of the embedded server",
    "app/cli/db.py": "asks the schema's revision and the role it connects as",
    "app/cli/environment.py": "the operator's engine of the commands, never that of web and worker",
    "app/cli/serve.py": "refuses to start as a role that the walls do not hold",
}

_RAW_CALLS = frozenset(
    {"exec_driver_sql", "raw_connection", "create_engine", "make_engine", "operator_session"}
)
#: What opens a connection when it is called `connect`, by the name before the dot.
_ENGINES = ("engine", "psycopg")


def raw_sql(source: str) -> list[str]:
    """Calls of a Python source that reach the database without the session's criterion: `line: name`."""
    tree = ast.parse(source)
    from_sqlalchemy = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for alias in node.names
        if alias.name in ("text", "create_engine", "DDL")
    }
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in from_sqlalchemy | (_RAW_CALLS - {"create_engine"}):
            found.append(f"{node.lineno}: {called.id}(…)")
        elif isinstance(called, ast.Attribute):
            owner = ast.unparse(called.value)
            if (
                called.attr in _RAW_CALLS
                or (called.attr in ("text", "DDL") and owner in ("sa", "sqlalchemy", "db"))
                or (called.attr in ("connect", "begin") and owner.lower().endswith(_ENGINES))
            ):
                found.append(f"{node.lineno}: {owner}.{called.attr}(…)")
    return found


def source_faults(root: Path, allowed: dict[str, str]) -> list[str]:
    """Raw SQL outside the allowed files, and allowed files that no longer have any."""
    faults, used = [], set()
    for path in sorted([*root.glob("app/**/*.py"), *root.glob("modules/**/*.py"), root / "wsgi.py"]):
        if not path.is_file() or "tests" in path.relative_to(root).parts:
            continue
        name = path.relative_to(root).as_posix()
        calls = raw_sql(path.read_text(encoding="utf-8"))
        if calls and name in allowed:
            used.add(name)
        faults += [] if name in allowed else [f"{name}:{call}" for call in calls]
    return faults + [
        f"{name}: allowed to speak SQL and does not any more" for name in sorted(set(allowed) - used)
    ]
