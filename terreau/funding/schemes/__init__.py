"""Public schemes: a folder each, with its dated rules and cases that anybody can read.

What no official text confirms says so. A year alone is read from its 1 January to its 31 December. A new rule
is added under the old ones, with its date.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from terreau.funding.matching import Offer
from terreau.measures.dated import in_force

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Scheme:
    """A scheme as it stands on a day."""

    slug: str
    name: str
    themes: tuple[str, ...]
    payer: str
    # The room that already keeps this flow, if one does.
    held_in: str
    rule: Mapping[str, Any]

    @property
    def offer(self) -> Offer:
        said = self.rule
        return Offer(
            name=self.name,
            audiences=tuple(said["audiences"]),
            perimeter=said["perimeter"],
            steps=tuple(said.get("steps", ())),
            destinations=tuple(said.get("destinations", ())),
            opens_on=said["since"] if said.get("since_known", True) else None,
            closes_on=said.get("until"),
            population_below=said.get("population_below"),
            conditions=tuple(said.get("conditions", ())),
        )

    @property
    def cited(self) -> str:
        source: str = self.rule["source"]
        return source if self.rule["confirmed"] else f"{source}\u202f; à confirmer"


def names() -> list[str]:
    return sorted(path.parent.name for path in HERE.glob("*/rules.toml"))


def scheme(slug: str, on: date) -> Scheme:
    told = _written(slug)
    return Scheme(
        slug,
        told["name"],
        tuple(told["themes"]),
        told["payer"],
        told.get("held_in", ""),
        in_force(told["rules"], on),
    )


def schemes(on: date) -> list[Scheme]:
    return [scheme(slug, on) for slug in names()]


@cache
def _written(slug: str) -> dict[str, Any]:
    return tomllib.loads((HERE / slug / "rules.toml").read_text(encoding="utf-8"))
