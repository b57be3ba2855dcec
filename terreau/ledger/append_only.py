"""Facts are never edited nor deleted: the database itself refuses, whoever asks.

A migration that alters one of these tables must call `install` again at its end: SQLite rebuilds the
table, and its triggers do not follow. `tests/test_append_only.py` notices.
"""

from collections.abc import Sequence
from typing import Any

TABLES = [
    "ledger_process",
    "ledger_agreement",
    "ledger_event",
    "ledger_commitment",
    "ledger_cancellation",
    "ledger_verdict",
    "ledger_lot",
]


def refusal(table: str) -> str:
    return f"{table} : un fait écrit ne se modifie pas et ne s’efface pas ; écrivez le fait contraire."


def install(apps: Any, schema_editor: Any) -> None:
    guard(schema_editor, TABLES)


def remove(apps: Any, schema_editor: Any) -> None:
    release(schema_editor, TABLES)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS ledger_append_only()")


def guard(schema_editor: Any, tables: Sequence[str]) -> None:
    """Those of another storey too: what is issued is a fact."""
    release(schema_editor, tables)
    for statement in _statements(schema_editor.connection.vendor, tables):
        schema_editor.execute(statement)


def release(schema_editor: Any, tables: Sequence[str]) -> None:
    postgresql = schema_editor.connection.vendor == "postgresql"
    for table in tables:
        for verb in ("update", "delete", "truncate"):
            on = f" ON {table}" if postgresql else ""
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}{on}")


def _statements(vendor: str, tables: Sequence[str]) -> list[str]:
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{refusal(table)}'); END"
            for table in tables
            for verb in ("update", "delete")
        ]
    function = (
        "CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION USING MESSAGE = replace('{refusal('TABLE')}', 'TABLE', TG_TABLE_NAME), "
        "ERRCODE = 'restrict_violation'; END $$"
    )
    triggers = [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"FOR EACH {'STATEMENT' if verb == 'truncate' else 'ROW'} EXECUTE FUNCTION ledger_append_only()"
        for table in tables
        for verb in ("update", "delete", "truncate")
    ]
    return [function, *triggers]
