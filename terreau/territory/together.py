"""Several small tables read at once: one question to the database instead of one each."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models
from django.db.models import F, Model, QuerySet, Value, Window
from django.db.models.base import ModelState
from django.db.models.expressions import Expression
from django.db.models.functions import JSONArray, RowNumber
from django.utils.dateparse import parse_datetime

Row = TypeVar("Row", bound=Model)
ARRAY = {"sqlite": "JSON_ARRAY", "postgresql": "JSONB_BUILD_ARRAY"}


class _Exact(json.JSONDecoder):
    """A decimal never passes through a binary float."""

    def __init__(self) -> None:
        super().__init__(parse_float=Decimal)


def row_of(model: type[Row], names: Sequence[str], values: Iterable[Any]) -> Row:
    """A row of the database as `from_db` makes it, but for signals that nobody hears: pages make thousands.

    `names`: those of all its columns, or of those that are read.
    """
    row = model.__new__(model)
    row.__dict__.update(zip(names, values, strict=True))
    row._state = ModelState()
    row._state.adding, row._state.db = False, "default"
    return row


def together(*asked: QuerySet[Any]) -> list[list[Any]]:
    """What each of these querysets gives, in its order, with its related rows and annotations. One query.

    For decisions and settings, of which there are few: a row travels as JSON, all are in a UNION. Neither
    slices nor `only`.
    """
    first, *others = (_told(n, rows) for n, rows in enumerate(asked))
    found: list[list[tuple[int, Any]]] = [[] for _ in asked]
    for n, rank, told in first.union(*others, all=True):
        found[n].append((rank, _row(asked[n], told)))
    return [[row for _, row in sorted(rows, key=lambda one: one[0])] for rows in found]


def _told(n: int, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    order: Any = rows.query.order_by or rows.model._meta.ordering
    ranked = Window(RowNumber(), order_by=list(order)) if order else Value(0)
    told = rows.order_by().select_related(None)
    arrays = [_columns(told.query, path, model) for path, model in _models(rows)]
    beside = JSONArray(*(F(name) for name in rows.query.annotations))
    whole = JSONArray(*arrays, beside, output_field=models.JSONField(decoder=_Exact))
    return told.annotate(told_of=Value(n), told_at=ranked, told=whole).values_list(
        "told_of", "told_at", "told"
    )


class _Columns(Expression):
    """Every column of a table asked, in one word: told one by one, they cost more than the answer."""

    def __init__(self, alias: str, model: type[Model]):
        super().__init__(output_field=models.JSONField())
        self.alias, self.model = alias, model

    def relabeled_clone(self, change_map: Mapping[str, str]) -> "_Columns":
        return _Columns(change_map.get(self.alias, self.alias), self.model)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        table, quote = compiler.quote_name_unless_alias(self.alias), connection.ops.quote_name
        # What a column keeps as JSON stays a text within: its numbers are read as its own page reads them.
        columns = ", ".join(
            f"CAST({table}.{quote(field.column)} AS text)"
            if isinstance(field, models.JSONField)
            else f"{table}.{quote(field.column)}"
            for field in self.model._meta.concrete_fields
        )
        return f"{ARRAY[connection.vendor]}({columns})", ()


def _columns(query: Any, path: tuple[str, ...], model: type[Model]) -> _Columns:
    # By the last: the first, its key, would be read from the table that leads here.
    last = model._meta.concrete_fields[-1].attname
    return _Columns(query.resolve_ref("__".join((*path, last))).alias, model)


def _models(rows: QuerySet[Any]) -> Iterator[tuple[tuple[str, ...], type[Model]]]:
    """The table asked, then those it asked to be read with it, each after what leads to it."""

    def walk(path: tuple[str, ...], model: Any, related: Any) -> Iterator[Any]:
        yield path, model
        for name, more in (related or {}).items():
            yield from walk((*path, name), model._meta.get_field(name).related_model, more)

    return walk((), rows.model, rows.query.select_related)


def _row(rows: QuerySet[Any], told: list[list[Any]]) -> Any:
    made: dict[tuple[str, ...], Any] = {}
    for (path, model), values in zip(_models(rows), told, strict=False):
        fields = model._meta.concrete_fields
        pairs = zip(fields, values, strict=True)
        known = [_value(field, value) for field, value in pairs]
        row = row_of(model, [field.attname for field in fields], known)
        made[path] = row if row.pk is not None else None
        if path and (holder := made[path[:-1]]):
            holder._meta.get_field(path[-1]).set_cached_value(holder, made[path])
    for (name, expression), value in zip(rows.query.annotations.items(), told[-1], strict=True):
        setattr(made[()], name, _value(expression.output_field, value))
    return made[()]


def _value(field: Any, value: Any) -> Any:
    """As the column itself would have said it."""
    if isinstance(field, models.ForeignKey):
        return _value(field.target_field, value)
    told: Any = None
    if value is None:
        pass
    elif isinstance(field, models.DateTimeField):
        at = parse_datetime(value)
        told = at if at is None or at.tzinfo else at.replace(tzinfo=UTC)  # SQLite keeps UTC, unsaid
    elif isinstance(field, models.DecimalField):
        told = Decimal(value).quantize(Decimal(1).scaleb(-field.decimal_places))
    elif isinstance(field, models.JSONField):
        told = json.loads(value, cls=field.decoder)
    elif hasattr(field, "from_db_value"):  # ours: whole thousandths, cents, sealed words
        told = field.from_db_value(value, None, None)
    else:
        told = field.to_python(value)
    return told
