"""Rules with a date: a new one is added, an old one stays; which held on a day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

Rule = Mapping[str, Any]


def in_force(rules: Iterable[Rule], on: date) -> Rule:
    """The last rule begun by that day, by its date `since`; before the first one written, the first."""
    known = sorted(rules, key=lambda rule: rule["since"])
    return next((rule for rule in reversed(known) if rule["since"] <= on), known[0])


def listed(rows: Iterable[Rule], on: date) -> dict[str, Rule]:
    """Of the rows of a list, those in force on a day, by code, in the order they are written."""
    dated: dict[str, list[Rule]] = {}
    for row in rows:
        dated.setdefault(row["code"], []).append(row)
    return {code: in_force(versions, on) for code, versions in dated.items()}


def cited(rule: Rule) -> str:
    """The article as pages show it; what no official text has confirmed says so."""
    return str(rule["article"]) if rule["confirmed"] else f"{rule['article']}, à confirmer"
