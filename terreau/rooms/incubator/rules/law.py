"""What is written for a day, with its article, and what a check finds.

A rule whose beginning is not known carries the month its source was read; before it, it holds all the same.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from terreau.measures import dated
from terreau.measures.dated import Rule, in_force

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: `refused`, it may not be written so; else it is only said. `field`: where."""

    refused: bool
    sentence: str
    field: str = ""


def rule(file: str, name: str, on: date) -> Rule:
    """The figures of that name in force on a day, in `<file>.toml`."""
    return in_force(written(file)[name], on)


def listed(file: str, name: str, on: date) -> dict[str, Rule]:
    """The rows of a list in force on a day, by code, in the order they are written."""
    return dated.listed(written(file)[name], on)


def choices(file: str, on: date) -> dict[str, Rule]:
    """Every name of a file, with what is in force of it on a day."""
    return {name: in_force(versions, on) for name, versions in written(file).items()}


@cache
def written(file: str) -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((HERE / f"{file}.toml").read_text(encoding="utf-8"))
