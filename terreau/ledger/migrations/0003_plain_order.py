"""PostgreSQL orders keys and codes as SQLite does, byte by byte: what follows a key is one stretch of its index."""

from typing import Any

from django.db import migrations

COLUMNS = (("ledger_event", "key", 120), ("ledger_lot", "code", 40))


def plain(apps: Any, schema_editor: Any) -> None:
    _order(schema_editor, ' COLLATE "C"')


def local(apps: Any, schema_editor: Any) -> None:
    _order(schema_editor, "")


def _order(schema_editor: Any, collation: str) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table, column, length in COLUMNS:
            schema_editor.execute(f"ALTER TABLE {table} ALTER {column} TYPE varchar({length}){collation}")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_append_only")]

    operations = [migrations.RunPython(plain, local)]
