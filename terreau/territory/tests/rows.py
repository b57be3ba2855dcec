"""Rows that a constraint must refuse."""

from typing import Any

from django.db import IntegrityError, connection


def changed(row, **values):
    """The same row, with values that it must not have."""
    fresh = type(row).objects.get(pk=row.pk)
    for name, value in values.items():
        setattr(fresh, name, value)
    return fresh


def copied(row, **values):
    """Another row alike."""
    fresh = changed(row, **values)
    fresh.pk, fresh._state.adding = None, True
    return fresh


def names(name: str, error: IntegrityError, row: Any) -> bool:
    """SQLite names the columns of a uniqueness, PostgreSQL its constraint."""
    if name in str(error) or connection.vendor == "postgresql":
        return name in str(error)
    unique = next((c for c in row._meta.constraints if c.name == name), None)
    columns = [row._meta.get_field(field).column for field in getattr(unique, "fields", ())]
    return bool(columns) and all(f".{column}" in str(error) for column in columns)
