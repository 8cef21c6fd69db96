"""The town of the benchmark: 10,000 ideas in one step, 100 in another, 300 comments under one idea, 64 voters."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import Engine, create_engine, event, text

from app import embedded
from app.db import migrate
from app.db.session import db, make_engine
from app.factory import create_app
from app.participation import counters, shuffle, votes
from config.settings import load as load_settings
from tests.bench.figures import Figures
from tests.support import world as worlds
from tests.support.browser import Browser

BIG, SMALL, COMMENTS, VOTERS = 10_000, 100, 300, 64

IDEAS = """
WITH made AS (
  INSERT INTO contribution (tenant_id, id, type, step_id, number, slug, title, body, author_id, theme, zone_id, state,
    status, supports, comments, answered, versions, created_at, published_at)
  SELECT :tenant, gen_random_uuid(), 'boite_a_idees.idea', :step, n, 'idee-' || n,
    (ARRAY['Planter des arbres', 'Un banc à l’ombre', 'Une piste cyclable', 'Un composteur', 'Une fontaine',
      'Des livres', 'Un marché', 'Une aire de jeux'])[1 + n % 8] || ' rue n° ' || n,
    repeat('Beaucoup de personnes passent ici chaque jour et aimeraient que cela change. ', 4), :author,
    (ARRAY['Mobilités', 'Nature', 'Solidarités'])[1 + n % 3], CASE WHEN n % 2 = 0 THEN CAST(:north AS uuid) ELSE CAST(:south AS uuid) END,
    'published', (ARRAY['recue', 'recevable', 'etude'])[1 + n % 3], 0, 0, false, 1,
    now() - make_interval(mins => n), now() - make_interval(mins => n)
  FROM generate_series(1, :count) AS n
  RETURNING tenant_id, id
)
INSERT INTO boite_a_idees_idea (tenant_id, id) SELECT tenant_id, id FROM made
"""

CELLS = """
INSERT INTO step_counter (tenant_id, id, step_id, state, theme, zone, status, n)
SELECT tenant_id, gen_random_uuid(), step_id, state, coalesce(theme, ''), coalesce(zone_id::text, ''), status, count(*)
FROM contribution WHERE tenant_id = :tenant AND step_id = :step GROUP BY 1, 3, 4, 5, 6, 7
"""

DISCUSSION = """
INSERT INTO comment (tenant_id, id, contribution_id, step_id, author_id, body, state, supports, replies, created_at)
SELECT :tenant, gen_random_uuid(), :idea, :step, :author, 'Je passe là tous les matins : ce serait vraiment utile, n° ' || n,
  'published', 0, 0, now() - make_interval(mins => n)
FROM generate_series(1, :count) AS n
"""


@dataclass
class Voter:
    cookie: str
    token: str


@dataclass
class World:
    app: Flask
    services: embedded.Services
    town: worlds.TenantWorld
    environ: dict[str, str]
    big: str
    small: str
    discussed: str = ""
    votable: list[str] = field(default_factory=list)
    voters: list[Voter] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return self.town.slug

    def mismatches(self) -> int:
        with self.town.scope():
            return len(votes.recount()) + len(counters.recount())

    def statements(self, pages: dict[str, str], *, toggle_path: str) -> dict[str, int]:
        """SQL statements of each page and of a toggle, transaction control apart."""
        found: dict[str, int] = {}
        with self.app.app_context():
            engine = db.engine
        seen: list[str] = []

        def note(connection: object, cursor: object, statement: str, *_: object) -> None:
            if not statement.startswith(("SET LOCAL", "SAVEPOINT", "RELEASE", "ROLLBACK")):
                seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        client = self.app.test_client()
        for name in ("list", "detail", "home"):
            client.get(pages[name])
            seen.clear()
            client.get(pages[name])
            found[name] = len(seen)
        voter = self.voters[-1]
        for verb in ("soutenir", "retirer-soutien"):
            seen.clear()
            client.post(
                f"/t/{self.slug}{toggle_path}{verb}",
                data={"csrf_token": voter.token},
                headers={"Cookie": voter.cookie},
            )
            found["support"] = max(found.get("support", 0), len(seen))
        event.remove(engine, "before_cursor_execute", note)
        return found

    def drop(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
        embedded.wipe(self.services.state_dir)


def build(folder: Path, figures: Figures) -> World:
    print("Preparing 10,000 ideas…", flush=True)
    services = embedded.up(folder / "var")
    migrate.upgrade(services.owner_database_url)
    environ = {
        "PARVIS_MODE": "test",
        "PARVIS_DATABASE_URL": services.database_url,
        "PARVIS_REDIS_URL": services.redis_url,
        "PARVIS_SECRET_KEY": "only for the benchmark, on loopback",
        "PARVIS_STATE_DIR": str(folder / "state"),
        "PARVIS_STORAGE_URL": f"file:{folder / 'files'}",
        "PARVIS_LOG_FORMAT": "json",
    }
    app = create_app(load_settings(environ))
    operator = make_engine(services.operator_database_url)
    town = worlds.make_tenant(app, operator, "bench")
    author = worlds.make_person(town, "Inès R.")
    steps = {
        name: worlds.make_step(town, slug=name, closes_in=None, threshold=300)
        for name in ("grande", "petite")
    }
    _fill(operator, town, author, steps["grande"], BIG)
    _fill(operator, town, author, steps["petite"], SMALL)
    with town.scope():
        for step_id in steps.values():
            shuffle.redraw(step_id, seed=1, now=worlds.clock.now())
    owner = create_engine(services.owner_database_url)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    owner.dispose()
    found = World(app, services, town, environ, "grande", "petite")
    found.discussed = f"/idees/grande/{BIG // 2}-idee-{BIG // 2}/"
    found.environ |= {"BENCH_TENANT": str(town.id), "BENCH_STEP": str(steps["grande"])}
    found.votable = [f"/idees/grande/{n}-idee-{n}/" for n in range(1, 201)]
    found.voters = [_voter(town, number) for number in range(VOTERS)]
    operator.dispose()
    return found


def _fill(operator: Engine, town: worlds.TenantWorld, author: UUID, step: UUID, count: int) -> None:
    values = {
        "tenant": town.id,
        "step": step,
        "author": author,
        "north": town.zones["nord"],
        "south": town.zones["sud"],
        "count": count,
    }
    with operator.begin() as connection:
        connection.execute(text(IDEAS), values)
        connection.execute(text(CELLS), {"tenant": town.id, "step": step})
        connection.execute(
            text("UPDATE step SET next_number = :next, contributions = :count WHERE id = :step"),
            {"next": count + 1, "count": count, "step": step},
        )
        if count != BIG:
            return
        idea = connection.scalar(
            text("SELECT id FROM contribution WHERE step_id = :step AND number = :number"),
            {"step": step, "number": BIG // 2},
        )
        connection.execute(text(DISCUSSION), values | {"idea": idea, "count": COMMENTS})
        connection.execute(
            text("UPDATE contribution SET comments = :count WHERE id = :idea"),
            {"count": COMMENTS, "idea": idea},
        )


def _voter(town: worlds.TenantWorld, number: int) -> Voter:
    browser = Browser(town).sign_in(worlds.make_person(town, f"Votant {number}"))
    browser.get("/mon-espace/profil/")
    assert browser._token, "the page has no form"
    cookies = [
        browser.client.get_cookie(name, path=f"/t/{town.slug}/")
        for name in (f"parvis_{town.slug}", f"parvis_{town.slug}_etat")
    ]
    return Voter("; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies if cookie), browser._token)
