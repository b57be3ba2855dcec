"""Reference figures written in one cell: basket portions « 0,4;0,5;0,8 », harvest weeks « 44-18;27-31 »."""

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from django.core.exceptions import ValidationError

from terreau.measures.french import FrenchEntryError, parse_decimal

WEEKS = 52


@lru_cache
def parse_portions(text: str) -> tuple[Decimal, ...]:
    """Portions above zero, each larger than the one before."""
    try:
        sizes = tuple(parse_decimal(part) for part in text.split(";")) if text.strip() else ()
    except FrenchEntryError as error:
        raise ValueError(f"portions « {text} » : {error}") from None
    if any(size <= 0 for size in sizes) or list(sizes) != sorted(set(sizes)):
        raise ValueError(
            f"portions « {text} » : écrivez-les au-dessus de zéro, de la plus petite à la plus grande, "
            "séparées par « ; »."
        )
    return sizes


@lru_cache
def parse_weeks(text: str) -> frozenset[int]:
    """Windows of ISO weeks, both ends included; « 44-18 » goes through the new year."""
    weeks: set[int] = set()
    for window in text.split(";") if text.strip() else ():
        first, dash, last = (part.strip() for part in window.partition("-"))
        bounds = [int(part) for part in (first, last) if part.isdecimal() and 1 <= int(part) <= WEEKS]
        if not dash or len(bounds) != 2:
            raise ValueError(
                f"semaines « {text} » : écrivez des fenêtres de 1 à {WEEKS}, comme 27-44 ou 44-18;27-31."
            )
        start, end = bounds
        weeks.update((start - 1 + step) % WEEKS + 1 for step in range((end - start) % WEEKS + 1))
    return frozenset(weeks)


def check_portions(text: str) -> None:
    _said_by(parse_portions, text)


def check_weeks(text: str) -> None:
    _said_by(parse_weeks, text)


def _said_by(parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None
