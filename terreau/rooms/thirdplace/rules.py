"""The dated rules of the third place, and what hours are worth in credits."""

import tomllib
from datetime import date
from decimal import ROUND_DOWN, Decimal
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _rules() -> list[dict[str, Any]]:
    written = tomllib.loads((Path(__file__).parent / "rules.toml").read_text(encoding="utf-8"))["rule"]
    return sorted(written, key=lambda rule: rule["since"])


def rule(name: str, on: date) -> int:
    """In force that day; before the first one, the first: none of these is a law."""
    known = [one for one in _rules() if one["since"] <= on]
    return int((known or _rules())[-1 if known else 0][name])


CENT = Decimal("0.01")


def credits_for(hours: Decimal, *, per_hour: Decimal, cap: Decimal, held: Decimal) -> Decimal:
    """Hours times the rate, down to the hundredth; never more than fills the book up to its cap."""
    earned = (hours * per_hour).quantize(CENT, ROUND_DOWN)
    return max(Decimal(0), min(earned, cap - held))
