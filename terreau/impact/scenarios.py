"""A planned or changed écopôle, read from a TOML file that a person can write: its territory, its numbers.

```toml
name = "Écopôle de la plaine"
epci = "246200844"
start = 2027
garden_ha = 6.0
insertion_people = 30
permanents = 9

[purchases]        # euros a year, by sector of the input–output table
AZ = 30_000

[parameters.rendement_bio_t_ha]   # what is known better here than the default
value = 9.0
low = 7.0
high = 11.0
source = "trois ans de pesées"

[without]          # today's écopôle, if there is one; same names
garden_ha = 3.0
```
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from terreau.engines.contribution import Answer, Parameter, ProblemRefused, Scenario, solve, source
from terreau.impact.answering import DRAWS, SEED, SENSITIVITY
from terreau.impact.indicators import CATALOGUE
from terreau.impact.parameters import parameters, tables
from terreau.impact.territories import epci

NUMBERS = {f.name for f in fields(Scenario)} - {"name"}
WHERE = ("epci", "jobs_total")
BOUNDS = ("value", "low", "high")


class ScenarioRefused(Exception):
    """Nothing was computed; `reasons` says each thing to correct."""

    def __init__(self, reasons: list[str]):
        super().__init__("\n".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class Asked:
    """A scenario, where it would be, and what it knows better than the parameters."""

    scenario: Scenario
    without: Scenario | None
    epci: str
    jobs_total: float | None
    own: tuple[Parameter, ...]
    warnings: tuple[str, ...]


def read(text: str) -> Asked:
    """Raises `ScenarioRefused` with every reason found."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioRefused([f"Le fichier ne se lit pas\u202f: {error}."])
    choices = ", ".join(sorted(NUMBERS))
    wrong = [
        f"«\u202f{name}\u202f» n’est pas un nombre connu d’un scénario. Au choix\u202f: {choices}."
        for part in (told, told.get("without", {}))
        for name in part
        if name not in NUMBERS | {"name", "parameters", "without", *WHERE}
    ]
    if not isinstance(told.get("epci"), str):
        wrong.append('Mettez le code de l’intercommunalité\u202f: epci = "246200844".')
    own, warnings = _own(told.get("parameters", {}), wrong)
    if wrong:
        raise ScenarioRefused(wrong)
    planned = _scenario({k: v for k, v in told.items() if k in NUMBERS | {"name"}})
    before = told.get("without")
    without = _scenario(_plain(planned) | before) if before else None
    return Asked(planned, without, told["epci"], told.get("jobs_total"), own, warnings)


def _plain(scenario: Scenario) -> dict[str, Any]:
    """What today's écopôle shares with the planned one, unless it says otherwise."""
    kept = ("name", "start", "horizon", "garden_ha", "insertion_people", "permanents", "relays")
    return {name: getattr(scenario, name) for name in kept}


def _scenario(told: Mapping[str, Any]) -> Scenario:
    lists = {name: tuple(told[name]) for name in ("months", "relays") if name in told}
    try:
        return Scenario(**{**told, **lists})
    except TypeError as error:
        raise ScenarioRefused([f"Il manque un nombre au scénario ({error})."])
    except ProblemRefused as refusal:
        raise ScenarioRefused([str(refusal)])


def _own(told: Mapping[str, Any], wrong: list[str]) -> tuple[tuple[Parameter, ...], tuple[str, ...]]:
    """A value beyond the range of the default is computed all the same, and said."""
    known = {p.id: p for p in parameters(date.max)}
    own, warnings = [], []
    for id, said in told.items():
        if id not in known:
            wrong.append(f"Paramètre «\u202f{id}\u202f»\u202f: inconnu.")
            continue
        if not isinstance(said, dict) or not said.get("source") or "value" not in said:
            wrong.append(f"Paramètre «\u202f{id}\u202f»\u202f: il faut value et source.")
            continue
        default, value = known[id], float(said["value"])
        bounds: dict[str, Any] = {name: float(said.get(name, value)) for name in BOUNDS}
        law = "pert" if bounds["low"] < bounds["high"] else "fixed"
        own.append(replace(default, **bounds, distribution=law, status="measured", source=said["source"]))
        if default.outside(value):
            warnings.append(
                f"{default.label}\u202f: {value:g} {default.unit} sort de l’intervalle connu "
                f"({default.low:g} à {default.high:g})\u202f; calculé tout de même."
            )
    return tuple(own), tuple(warnings)


def answer(asked: Asked, on: date, *, n: int = DRAWS, sensitivity: int = SENSITIVITY) -> Answer:
    """With and without on the same draws. Raises `Missing` when the territory has no data."""
    where = epci(asked.epci, asked.jobs_total)
    found = solve(
        CATALOGUE, source(asked.scenario, where, asked.without), where, parameters(on, asked.own), tables(),
        seed=SEED, n=n, n_sensitivity=sensitivity,
    )  # fmt: skip
    return replace(found, warnings=(*asked.warnings, *found.warnings))
