"""Rules with a date: a new one is added, an old one stays; which held on a day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any


def in_force(rules: Iterable[Mapping[str, Any]], on: date) -> Mapping[str, Any]:
    """The last rule begun by that day, by its date `since`; before the first one written, the first."""
    known = sorted(rules, key=lambda rule: rule["since"])
    return next((rule for rule in reversed(known) if rule["since"] <= on), known[0])
