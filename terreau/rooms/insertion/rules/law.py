"""What is written for a day, with its article, and what a check finds.

A rule whose beginning is not known carries the day its source was read; before it, it holds all the same.
"""

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from terreau.measures import dated
from terreau.measures.dated import Rule, cited, in_force

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: `refused`, it may not be recorded so; else a person is warned, and decides."""

    refused: bool
    sentence: str
    article: str


def refusal(rule: Rule, sentence: str) -> Finding:
    return Finding(True, sentence, cited(rule))


def warning(rule: Rule, sentence: str) -> Finding:
    return Finding(False, sentence, cited(rule))


@lru_cache(maxsize=4096)
def rule(file: str, name: str, on: date) -> Rule:
    """The figures of that name in force on a day, in `<file>.toml`."""
    return in_force(written(file)[name], on)


@lru_cache(maxsize=4096)
def listed(file: str, on: date) -> Mapping[str, Rule]:
    """The rows of `<file>.csv` in force on a day, by code, in the order of the list."""
    return dated.listed(rows(file), on)


@cache
def written(file: str) -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((HERE / f"{file}.toml").read_text(encoding="utf-8"))


@cache
def rows(file: str) -> tuple[dict[str, Any], ...]:
    text = (HERE / f"{file}.csv").read_text(encoding="utf-8")
    return tuple(
        {**row, "since": date.fromisoformat(row["since"]), "confirmed": row["confirmed"] == "oui"}
        for row in csv.DictReader(text.splitlines(), delimiter=";")
    )
