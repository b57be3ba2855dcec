"""Facts are never edited nor deleted: the database itself refuses, whoever asks.

A migration that alters one of these tables must call `install` again at its end: SQLite rebuilds the
table, and its triggers do not follow. `tests/test_append_only.py` notices.
"""

from collections.abc import Mapping, Sequence
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


def guard(schema_editor: Any, tables: Sequence[str], sealed: Mapping[str, str] | None = None) -> None:
    """Those of another storey too: what is issued is a fact.

    `sealed`: by table, its sealed column, which gets another key or is emptied; every other one is guarded.
    """
    release(schema_editor, tables)
    guarded = dict.fromkeys(tables, "")
    for table, column in (sealed or {}).items():
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} LIMIT 0")
            names = [told[0] for told in cursor.description if told[0] != column]
        guarded[table] = " OF " + ", ".join(f'"{name}"' for name in names)
    for statement in _statements(schema_editor.connection.vendor, guarded):
        schema_editor.execute(statement)


def release(schema_editor: Any, tables: Sequence[str]) -> None:
    postgresql = schema_editor.connection.vendor == "postgresql"
    for table in tables:
        for verb in ("update", "delete", "truncate"):
            on = f" ON {table}" if postgresql else ""
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}{on}")


def _statements(vendor: str, tables: Mapping[str, str]) -> list[str]:
    """By table, of which columns an update is refused: all of them unless said."""
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()}{of * (verb == 'update')} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{refusal(table)}'); END"
            for table, of in tables.items()
            for verb in ("update", "delete")
        ]
    function = (
        "CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION USING MESSAGE = replace('{refusal('TABLE')}', 'TABLE', TG_TABLE_NAME), "
        "ERRCODE = 'restrict_violation'; END $$"
    )
    triggers = [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()}{of * (verb == 'update')} ON {table} "
        f"FOR EACH {'STATEMENT' if verb == 'truncate' else 'ROW'} EXECUTE FUNCTION ledger_append_only()"
        for table, of in tables.items()
        for verb in ("update", "delete", "truncate")
    ]
    return [function, *triggers]
