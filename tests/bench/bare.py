"""The unit of measure: two bare Flask views on the same database and role.

R reads 20 rows with one indexed SQLAlchemy query and renders them with Jinja; W inserts one row and commits.
"""

from __future__ import annotations

import os
from uuid import UUID

from flask import Flask, render_template_string
from sqlalchemy import create_engine, text

from app.db.types import uuid7

TEMPLATE = """<!doctype html><title>R</title><ul>{% for row in rows %}
<li><b>{{ row.title }}</b> {{ row.supports }}</li>{% endfor %}</ul>"""


def create_bare() -> Flask:
    app = Flask("bare")
    tenant = UUID(os.environ["BENCH_TENANT"])
    step = UUID(os.environ["BENCH_STEP"])
    engine = create_engine(
        os.environ["PARVIS_DATABASE_URL"], pool_size=5, connect_args={"prepare_threshold": None}
    )
    query = text(
        "select title, supports from contribution where tenant_id = :tenant and step_id = :step and state = 'published'"
        " order by published_at desc, number desc limit 20"
    )

    @app.get("/r")
    def r() -> str:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SET LOCAL app.tenant_id = '{tenant}'")
            rows = connection.execute(query, {"tenant": tenant, "step": step}).all()
        return render_template_string(TEMPLATE, rows=rows)

    @app.post("/w")
    def w() -> str:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL app.tenant_id = '{tenant}'")
            connection.execute(
                text(
                    "insert into audit_entry (tenant_id, id, at, actor_kind, action, details)"
                    " values (:tenant, :id, now(), 'bench', 'bench', '{}')"
                ),
                {"tenant": tenant, "id": uuid7()},
            )
        return "ok"

    return app
