"""Problems and plans are stored as JSON, and come back exactly: decimals and dates travel as text."""

import types
import typing
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Self


class Stored:
    """A frozen dataclass that goes to plain JSON values and back, unchanged."""

    def to_json(self) -> dict[str, Any]:
        written: dict[str, Any] = _write(self)
        return written

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        read: Self = _read(cls, data)
        return read


def _write(value: Any) -> Any:
    if is_dataclass(value):
        return {f.name: _write(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [_write(item) for item in value]
    if isinstance(value, dict):
        return {_write(key): _write(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


_PLAIN: dict[Any, Any] = {Decimal: Decimal, date: date.fromisoformat}


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read(kind: Any, data: Any) -> Any:
    if isinstance(kind, types.UnionType):
        wanted = [k for k in kind.__args__ if k is not types.NoneType]
        return None if data is None else _read(wanted[0], data)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{f.name: _read(hints[f.name], data[f.name]) for f in fields(kind) if f.name in data})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return tuple(_read(inner[0], item) for item in data)
    if origin is dict:
        return {_read(inner[0], key): _read(inner[1], item) for key, item in data.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    return _PLAIN[kind](data) if kind in _PLAIN else data
