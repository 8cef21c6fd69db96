"""A ninth application put into a copy of the source, sound or with one fault for each gate."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.db import migrate

SOURCE = Path(__file__).parent / "ninth"

#: Test of a gate -> (file, what stands there, what is written instead): a fault that its walk must find by itself.
FAULTS = {
    "test_every_door_opens_the_right_way": (
        "app/site/context.py",
        "from typing import Any\n",
        "from typing import Any\n\nimport modules.petition.schemas\n",
    ),
    "test_a_revision_says_what_it_does_and_for_whom": (
        "migrations/versions/9001_petition.py",
        '    op.drop_table("petition_petition")',
        "    pass",
    ),
    "test_every_tenant_table_stands_behind_both_walls": (
        "migrations/versions/9001_petition.py",
        '    enable_tenant_wall("petition_petition")\n',
        "",
    ),
    "test_only_named_files_speak_to_the_database_without_the_session": (
        "modules/petition/queries.py",
        "PAGE = 20\n",
        "PAGE = 20\n\n\ndef count() -> int:\n    return db.session.connection().exec_driver_sql('select 1').scalar()\n",
    ),
    "test_every_route_that_changes_something_says_its_action": (
        "modules/petition/views.py",
        '@access.guards("contribution.support")\n',
        "",
    ),
    "test_who_reads_a_contribution_in_each_state": (
        "modules/petition/views.py",
        "    seen = access.reading(visitors.current(), found, g.step)",
        '    seen = "full"',
    ),
    "test_pages_ask_few_questions_whatever_the_number_of_rows": (
        "modules/petition/queries.py",
        "    return list(\n",
        "    for one in db.session.scalars(select(Petition.author_id).where(Petition.step_id == step.id)).all():\n"
        "        db.session.scalar(select(Person.locale).where(Person.id == one))\n    return list(\n",
    ),
    "test_every_page_is_light_and_strict": (
        "modules/petition/templates/petition/list.html",
        "<h1>",
        '<h1 style="color:red">',
    ),
    "test_every_column_of_every_table_says_what_it_holds": (
        "modules/petition/columns.py",
        '"public": "goal", ',
        "",
    ),
}


def add(copy: Path) -> None:
    """The folder and the migration, as docs/ tells a developer to add an application."""
    shutil.copytree(SOURCE / "petition", copy / "modules" / "petition")
    source = (SOURCE / "migration.py").read_text(encoding="utf-8").replace('"HEAD"', repr(migrate.newest()))
    (copy / "migrations" / "versions" / "9001_petition.py").write_text(source, encoding="utf-8")


def spoil(copy: Path) -> None:
    """Write one fault a gate into the copy."""
    for file, stands, instead in FAULTS.values():
        path = copy / file
        source = path.read_text(encoding="utf-8")
        assert stands in source, f"{file} no longer holds {stands!r}"
        path.write_text(source.replace(stands, instead, 1), encoding="utf-8")
