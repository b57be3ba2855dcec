"""Many tables made by one step of a migration."""

from typing import Any

from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation


class CreateTables(Operation):
    """A room's tables, described all together before the first is made.

    Django draws the whole house again after each table; after all of them, once: a database opens in a
    third of the time.
    """

    def __init__(self, *tables: CreateModel) -> None:
        self.tables = tables

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)
        for table in self.tables:
            table.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for table in self.tables:
            table.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for table in reversed(self.tables):
            table.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create {len(self.tables)} tables"


class Reshape(Operation):
    """A table changed in several ways: still empty, SQLite makes it again at once; else change after change.

    SQLite copies a table for nearly every change, and Django draws the house again for each: of a new
    database, a third of the time.
    """

    def __init__(self, table: str, *changes: Operation) -> None:
        self.table, self.changes = table, changes

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)
        for change in self.changes:
            change.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        old = from_state.apps.get_model(app_label, self.table)
        if schema_editor.connection.vendor == "sqlite" and not old._default_manager.exists():
            schema_editor.delete_model(old)
            schema_editor.create_model(to_state.apps.get_model(app_label, self.table))
            return
        for change, before, after in self._steps(app_label, from_state):
            change.database_forwards(app_label, schema_editor, before, after)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for change, before, after in reversed(self._steps(app_label, to_state)):
            change.database_backwards(app_label, schema_editor, after, before)

    def _steps(self, app_label: str, state: Any) -> list[tuple[Operation, Any, Any]]:
        steps = []
        for change in self.changes:
            after = state.clone()
            change.state_forwards(app_label, after)
            steps.append((change, state, after))
            state = after
        return steps

    def describe(self) -> str:
        return f"Reshape {self.table}"
