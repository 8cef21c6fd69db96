"""What each column of the database holds, in one of four classes; every column of every table is named once.

public     anybody may read it: what the platform publishes, words people published, the platform's own description
personal   says who somebody is, or what one identifiable person did, wrote, wants or waits for
secret     opens something: never shown, exported or logged
technical  keys between rows, states, counters, dates and settings that say nothing of anybody

A table with a personal column is answered for by a holder of personal data (export, erase, merge) or listed in
PSEUDONYMOUS. The core's tables are named here; an application names its own in `modules/<id>/columns.py`, as a
`COLUMNS` of the same shape.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from app.db.tables import MODULES_FOLDER

CLASSES = ("public", "personal", "secret", "technical")

#: table -> class -> names of its columns, separated by spaces.
Classification = Mapping[str, Mapping[str, str]]

COLUMNS: Classification = {
    "tenant": {"public": "slug hosts state", "technical": "id revision created_at"},
    "due_work": {"technical": "id tenant_id kind ref due_at attempts"},
    "event": {"technical": "tenant_id id name payload happened_at"},
    "delivery": {"technical": "tenant_id id event_id handler attempts done_at error"},
    "audit_entry": {
        "personal": "actor_id target_id",
        "technical": "tenant_id id at actor_kind action target_kind details",
    },
    "tenant_document": {
        "public": "document",
        "technical": "tenant_id id revision source file_hash author why created_at",
    },
    "tenant_logo": {"public": "content content_type", "technical": "tenant_id id"},
    "zone": {
        "public": "slug name code position active shape longitude latitude",
        "technical": "tenant_id id",
    },
    "person": {
        "personal": "display_name locale zone_id charter_at newsletter_at notify digest_sent_on created_at acted_on",
        "technical": "tenant_id id state",
    },
    "person_attribute": {
        "personal": "person_id value verified_key verified_at created_at",
        "technical": "tenant_id id kind",
    },
    "credential": {"personal": "person_id created_at", "secret": "secret", "technical": "tenant_id id kind"},
    "person_role": {
        "personal": "person_id role project_id granted_by granted_at",
        "technical": "tenant_id id",
    },
    "person_session": {
        "personal": "person_id device created_at seen_on",
        "secret": "token_hash",
        "technical": "tenant_id id level remember expires_at revoked_at",
    },
    "sign_in_request": {
        "personal": "email email_key person_id next_path created_at used_at",
        "technical": "tenant_id id purpose session_id intention_id remember expires_at code_attempts",
    },
    "invitation": {
        "personal": "email email_key role created_at used_at",
        "technical": "tenant_id id expires_at",
    },
    "project": {
        "public": "slug title question summary body cover themes state position",
        "technical": "tenant_id id created_at",
    },
    "step": {
        "public": "module kind segment slug title summary position opens_at closes_at results_at contributions answers",
        "technical": "tenant_id id project_id settings requirements next_number shuffled",
    },
    "contribution": {
        "public": "number slug title body author_label theme zone_id place longitude latitude photo_id status status_at"
        " supports comments threshold_at answered versions created_at published_at edited_at search",
        "personal": "author_id",
        "technical": "tenant_id id type step_id state pending_for shuffle_rank import_key",
    },
    "contribution_version": {
        "public": "number title body supports replaced_at",
        "technical": "tenant_id id contribution_id",
    },
    "photo": {
        "public": "alt width height widths colour",
        "personal": "uploader_id",
        "technical": "tenant_id id created_at",
    },
    "step_counter": {"public": "theme zone status n", "technical": "tenant_id id step_id state"},
    "comment": {
        "public": "author_label body supports replies created_at",
        "personal": "author_id",
        "technical": "tenant_id id contribution_id step_id parent_id state pending_for import_key",
    },
    "official_answer": {
        "public": "signatory signatory_title body published_at",
        "personal": "author_id",
        "technical": "tenant_id id contribution_id",
    },
    "status_change": {
        "public": "status note at",
        "personal": "author_id",
        "technical": "tenant_id id contribution_id",
    },
    "decision": {
        "public": "action reason at",
        "personal": "note author_id",
        "technical": "tenant_id id contribution_id comment_id previous_state",
    },
    "follow": {
        "personal": "person_id contribution_id step_id project_id level created_at",
        "technical": "tenant_id id",
    },
    "vote": {
        "personal": "person_id contribution_id comment_id created_at",
        "technical": "tenant_id id step_id counted pending_for",
    },
    "step_participation": {"personal": "person_id supports", "technical": "tenant_id id step_id"},
    "intention": {
        "personal": "person_id payload created_at",
        "technical": "tenant_id id act step_id checked state form_issued_at expires_at",
    },
    "intention_commit": {"technical": "tenant_id id result committed_at"},
    "draft": {
        "personal": "person_id fields created_at updated_at",
        "technical": "tenant_id id act step_id",
    },
}

#: Tables whose personal columns are ids of a person and nothing else: once the person is erased they name nobody.
PSEUDONYMOUS = {"audit_entry": "append-only: who did what, kept as proof, by id only"}


class ClassificationError(ValueError):
    """The manifest contradicts itself; the message names the table, the column or the class."""


def classification() -> dict[tuple[str, str], str]:
    """(table, column) -> class, of the core and of every application present. Raises ClassificationError."""
    found: dict[tuple[str, str], str] = {}
    for part in (COLUMNS, *_of_modules()):
        for table, classes in part.items():
            for name, columns in classes.items():
                if name not in CLASSES:
                    raise ClassificationError(
                        f"{table}: the class is {name!r}, expected one of {', '.join(CLASSES)}"
                    )
                for column in columns.split():
                    if (table, column) in found:
                        raise ClassificationError(f"{table}.{column} is classified twice")
                    found[table, column] = name
    return found


def _of_modules() -> list[Classification]:
    return [
        importlib.import_module(f"modules.{file.parent.name}.columns").COLUMNS
        for file in sorted(MODULES_FOLDER.glob("[a-z]*/columns.py"))
    ]
