"""Lines of several kinds of one or many files, read in one query; a line is unsealed when it is asked for."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any

from django.db.models import (
    AutoField,
    CharField,
    DateField,
    F,
    Field,
    ForeignKey,
    Func,
    IntegerField,
    QuerySet,
    TextField,
    Value,
)

from terreau.territory.together import row_of

# Who wrote a line and when: asked of its history alone.
WRITTEN = frozenset({"key", "recorded_by", "recorded_at"})


class _Kind:
    """The columns of a kind of line that are read, and how each is taken from JSON."""

    def __init__(self, model: type[Any], left: Collection[str]):
        columns: tuple[Field[Any, Any], ...] = model._meta.concrete_fields
        read = [field for field in columns if field.name not in WRITTEN and field.name not in left]
        self.model = model
        self.read = [field.attname for field in read]
        self.columns = [str(field.column) for field in read]
        self.readers = [(at, reader) for at, field in enumerate(read) if (reader := _reader(field))]

    def line(self, values: list[Any]) -> Any:
        for place, reader in self.readers:
            if values[place] is not None:
                values[place] = reader(values[place])
        return row_of(self.model, self.read, values)


def _reader(field: Field[Any, Any]) -> Callable[[Any], Any] | None:
    """As the database would have given it: unsealed, a quantity of its thousandths, a day of its text."""
    read: Callable[[Any], Any] | None = getattr(field, "from_db_value", None)
    if type(field) is DateField:
        return date.fromisoformat
    plain = isinstance(field, CharField | TextField | ForeignKey | IntegerField | AutoField)
    return read or (None if plain else field.to_python)


class _Array(Func):
    """Columns of a row as the text of a JSON array. Said whole: a list asks a hundred of them each time."""

    function = "JSON_ARRAY"
    output_field = TextField()

    def __init__(self, columns: Sequence[str]):
        super().__init__(F("id"))
        self.columns = columns

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> tuple[str, tuple[()]]:
        (of_row,), quoted = self.get_source_expressions(), connection.ops.quote_name
        named = ", ".join(f"{quoted(of_row.alias)}.{quoted(column)}" for column in self.columns)
        return f"{self.function}({named})", ()

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, tuple[()]]:
        sql, nothing = self.as_sql(compiler, connection)
        return f"json_build_array{sql.removeprefix(self.function)}::text", nothing


class _Told(dict[int, list[Any]]):
    """The lines of a kind by person, in the order they were written: made when they are asked for."""

    def __init__(self, kind: _Kind):
        super().__init__()
        self.kind = kind
        self.texts: list[str] = []
        self.people: list[int] = []
        self.values_of: defaultdict[int, list[list[Any]]] = defaultdict(list)

    def __missing__(self, person: int) -> list[Any]:
        if self.texts:
            told = json.loads(f"[{','.join(self.texts)}]")
            for whose, values in zip(self.people, told, strict=True):
                self.values_of[whose].append(values)
            self.texts = []
        told = self.values_of.pop(person, ())
        found = self[person] = sorted(map(self.kind.line, told), key=attrgetter("id"))
        return found


def lines(
    asked: Mapping[Any, QuerySet[Any]], people: Iterable[int], left: Mapping[Any, Collection[str]]
) -> dict[Any, _Told]:
    """What was asked of these people, by kind, then by person; `left`: columns that stay where they are."""
    found = {kind: _Told(_Kind(rows.model, left.get(kind, ()))) for kind, rows in asked.items()}
    # As text: only the kinds that are asked for are taken apart.
    each = [
        rows.order_by().values_list(Value(rank), "participant_id", _Array(found[kind].kind.columns))
        for rank, (kind, rows) in enumerate(asked.items())
    ]
    whose, told = frozenset(people), list(found.values())
    for rank, person, line in each[0].union(*each[1:], all=True):
        if person in whose:
            told[rank].people.append(person)
            told[rank].texts.append(line)
    return found
