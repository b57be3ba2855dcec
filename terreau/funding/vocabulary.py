"""The words of the public catalogue of aids, of the themes of the écopôles, and where a commune lies."""

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from terreau.territory.models import AgentKind, Commune

DATA = Path(__file__).parent / "data"


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def themes() -> dict[str, str]:
    """Tags, never names of schemes."""
    return dict(_read("themes")["labels"])


def enum(field: str) -> dict[str, str]:
    """What a field of the catalogue may say: code and words."""
    return dict(_read("vocabulary")["enums"][field])


def fields() -> dict[str, str]:
    """Each field of the catalogue and what it may hold."""
    return {name: kind for kind, names in _read("vocabulary")["fields"].items() for name in names}


# Who an actor most often is, for those who give money.
AUDIENCES = {
    AgentKind.AUTHORITY: "epci", AgentKind.FARM: "farmer", AgentKind.SHOP: "private_sector",
    AgentKind.PERSON: "private_person", AgentKind.LANDLORD: "public_org",
}  # fmt: skip


def audience_of(kind: str) -> str:
    return AUDIENCES.get(AgentKind(kind), "association")


@cache
def _regions() -> dict[str, tuple[str, str]]:
    """By code of a département: its name and that of its Region."""
    with (DATA / "regions.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            (row["region"], one) for row in csv.DictReader(file) for one in row["departements"].split("|")
        ]
    return {one.partition(" ")[0]: (one.partition(" ")[2], region) for region, one in rows}


@dataclass(frozen=True)
class Somewhere:
    """A commune and what contains it: its intercommunality, its département, its Region."""

    commune: str
    epci: str
    departement: str
    region: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.commune, self.epci, self.departement, self.region) if name)


def somewhere(commune: Commune) -> Somewhere:
    departement, region = _regions().get(commune.departement, ("", ""))
    return Somewhere(commune.name, commune.epci_name, departement, region)
