"""Lines of several kinds of one or many files, read in one query; a line is unsealed when it is asked for."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from operator import attrgetter
from typing import Any

from django.db.models import (
    AutoField,
    CharField,
    DateField,
    Field,
    ForeignKey,
    IntegerField,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.base import ModelState
from django.db.models.functions import JSONArray

# Who wrote a line and when: asked of its history alone.
WRITTEN = frozenset({"key", "recorded_by", "recorded_at"})


class _Kind:
    """The columns of a kind of line that are read, and how each is taken from JSON."""

    def __init__(self, model: type[Any], left: Collection[str]):
        columns: tuple[Field[Any, Any], ...] = model._meta.concrete_fields
        read = [field for field in columns if field.name not in WRITTEN and field.name not in left]
        self.model = model
        self.read = [field.attname for field in read]
        self.readers = [(at, reader) for at, field in enumerate(read) if (reader := _reader(field))]

    def line(self, values: list[Any]) -> Any:
        """As `from_db` makes it, but for signals that nobody hears: a list has thousands of lines."""
        row: Any = object.__new__(self.model)
        for place, reader in self.readers:
            if values[place] is not None:
                values[place] = reader(values[place])
        row.__dict__.update(zip(self.read, values, strict=True))
        row._state = ModelState()
        row._state.adding, row._state.db = False, "default"
        return row


def _reader(field: Field[Any, Any]) -> Callable[[Any], Any] | None:
    """As the database would have given it: unsealed, a quantity of its thousandths, a day of its text."""
    read: Callable[[Any], Any] | None = getattr(field, "from_db_value", None)
    if type(field) is DateField:
        return date.fromisoformat
    plain = isinstance(field, CharField | TextField | ForeignKey | IntegerField | AutoField)
    return read or (None if plain else field.to_python)


class Lines:
    """What was asked of these people, by kind; `left` says which columns of a kind stay where they are."""

    def __init__(
        self, asked: Mapping[Any, QuerySet[Any]], people: Iterable[int], left: Mapping[Any, Collection[str]]
    ):
        self.kinds = {kind: _Kind(rows.model, left.get(kind, ())) for kind, rows in asked.items()}
        self.made: dict[tuple[Any, int], list[Any]] = {}
        # As text: only the lines that are asked for are taken apart.
        each = [
            rows.order_by().values_list(
                Value(rank), "participant_id", JSONArray(*self.kinds[kind].read, output_field=TextField())
            )
            for rank, (kind, rows) in enumerate(asked.items())
        ]
        whose = frozenset(people)
        told: list[dict[int, list[str]]] = [defaultdict(list) for _ in asked]
        for rank, person, line in each[0].union(*each[1:], all=True):
            if person in whose:
                told[rank][person].append(line)
        self.told = dict(zip(asked, told, strict=True))

    def of(self, kind: Any, person: int) -> list[Any]:
        """The lines of a person, in the order they were written."""
        known = self.made.get((kind, person))
        if known is None:
            told = json.loads(f"[{','.join(self.told[kind].get(person, ()))}]")
            known = self.made[kind, person] = sorted(map(self.kinds[kind].line, told), key=attrgetter("id"))
        return known
