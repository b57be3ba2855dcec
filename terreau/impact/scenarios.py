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
# law: "pert" unless "beta", "poisson" or "fixed"; measured = false: worth what it was; years = [2026]

[without]          # today's écopôle, if there is one; same names
garden_ha = 3.0
```
"""

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from terreau.engines.contribution import (
    Answer,
    Parameter,
    ProblemRefused,
    Scenario,
    Territory,
    plausible,
    source,
)
from terreau.engines.contribution.public_finance import PAYER
from terreau.impact.answering import DRAWS, SENSITIVITY, judged
from terreau.impact.parameters import out_of_range, parameters, tables
from terreau.impact.territories import epci

AMOUNTS = (
    "garden_ha", "insertion_people", "permanents", "carried_tonnes", "local_taxes", "km_year", "cold_kwh",
)  # fmt: skip
SHARES = ("solidarity_share", "canteen_share", "outside_share", "local_purchases")
WHOLE = {"start": (2000, 2100), "horizon": (1, 15)}
NUMBERS = (*AMOUNTS, *SHARES, *WHOLE, "purchases", "grants", "incubator", "months", "relays")
# A garden, and people who work there: below, there is no écopôle to compare.
LEAST = {"garden_ha": 0.01, "insertion_people": 1.0}
NEEDED = ("start", "garden_ha", "insertion_people", "permanents")
WHERE = ("epci", "jobs_total")
# Above, a slip of the finger; and what is multiplied by it still is a number.
MOST = 1e8
NAME_MAX = 120
FILE_BYTES_MAX = 100_000
# Laws of a figure of one's own: what the years of an écopôle taught is not always a PERT.
LAWS = ("pert", "beta", "poisson", "fixed")
Told = dict[str, Any]


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


def read(text: str) -> Asked:
    """Raises `ScenarioRefused` with every reason found."""
    return told(parsed(text))


def parsed(text: str) -> Told:
    """What the file says, whether it makes sense or not."""
    if len(text.encode()) > FILE_BYTES_MAX:
        raise ScenarioRefused([f"Fichier de plus de {FILE_BYTES_MAX // 1000} ko\u202f: un scénario en a un."])
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScenarioRefused([f"Le fichier ne se lit pas\u202f: {str(error)[:200]}."])


def told(said: Told) -> Asked:
    wrong: list[str] = []
    _where(said, wrong)
    _numbers(said, "", wrong)
    before = said.get("without", {})
    if not isinstance(before, dict):
        wrong.append("without\u202f: il faut une partie [without], avec les nombres d’aujourd’hui.")
        before = {}
    _numbers(before, "without.", wrong)
    wrong += [f"{name}\u202f: absent, et sans lui rien ne se calcule." for name in NEEDED if name not in said]
    own = _own(said.get("parameters", {}), wrong)
    if wrong:
        raise ScenarioRefused(wrong)
    planned = _scenario({name: said[name] for name in ("name", *NUMBERS) if name in said})
    without = _scenario(_plain(planned) | before) if before else None
    return Asked(planned, without, said["epci"], said.get("jobs_total"), own)


def _where(said: Told, wrong: list[str]) -> None:
    name = said.get("name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= NAME_MAX:
        wrong.append(f"name\u202f: donnez un nom, de {NAME_MAX} lettres au plus.")
    if not isinstance(said.get("epci"), str):
        wrong.append('epci\u202f: mettez le code de l’intercommunalité, comme epci = "246200844".')
    if "jobs_total" in said:
        _amount("jobs_total", said["jobs_total"], wrong)
        if said["jobs_total"] == 0:
            wrong.append("jobs_total\u202f: 0 emploi\u202f? Mettez ceux du recensement (Insee).")


def _numbers(said: Told, prefix: str, wrong: list[str]) -> None:
    """Each thing said by its own rule; a name nobody knows is a slip, and is told."""
    rules = dict.fromkeys(AMOUNTS, _amount) | dict.fromkeys(SHARES, _share) | dict.fromkeys(WHOLE, _whole)
    rules |= {"purchases": _table, "grants": _table, "months": _months, "relays": _relays}
    rules["incubator"] = _yes_or_no
    others = {"name"} if prefix else {"name", "parameters", "without", *WHERE}
    for name, value in said.items():
        if rule := rules.get(name):
            rule(prefix + name, value, wrong)
        elif name not in others:
            wrong.append(
                f"«\u202f{prefix}{name}\u202f» n’est pas un nombre connu d’un scénario. Au choix\u202f: "
                f"{', '.join(sorted(NUMBERS))}."
            )


def _number(name: str, value: Any, wrong: list[str]) -> bool:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    if not known or not (math.isfinite(value) and abs(value) <= MOST):
        wrong.append(f"{name}\u202f: il faut un nombre, comme 12.5 (et moins de cent millions).")
        return False
    return True


def _amount(name: str, value: Any, wrong: list[str]) -> None:
    least = LEAST.get(name.rpartition(".")[2], 0)
    if _number(name, value, wrong) and value < least:
        what = f"il faut {least:g} au moins" if least else "ne peut être négatif"
        wrong.append(f"{name}\u202f: {value:g}, {what}.")


def _share(name: str, value: Any, wrong: list[str]) -> None:
    if _number(name, value, wrong) and not 0 <= value <= 1:
        wrong.append(f"{name}\u202f: {value:g} n’est pas une part, de 0 à 1 (0.25 pour un quart).")


def _whole(name: str, value: Any, wrong: list[str]) -> None:
    low, high = WHOLE[name.rpartition(".")[2]]
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        wrong.append(f"{name}\u202f: il faut un nombre entier, de {low} à {high}.")


def _yes_or_no(name: str, value: Any, wrong: list[str]) -> None:
    if not isinstance(value, bool):
        wrong.append(f"{name}\u202f: true ou false.")


def _table(name: str, value: Any, wrong: list[str]) -> None:
    known = (*PAYER, "fondation") if name.endswith("grants") else tables().io.sectors
    if not isinstance(value, dict):
        wrong.append(f"{name}\u202f: il faut une partie [{name}], une ligne par poste.")
        return
    for line, euros in value.items():
        if line not in known:
            wrong.append(f"{name}.{line}\u202f: inconnu. Au choix\u202f: {', '.join(known)}.")
        _amount(f"{name}.{line}", euros, wrong)


def _months(name: str, value: Any, wrong: list[str]) -> None:
    if not isinstance(value, list) or len(value) != 12:
        wrong.append(f"{name}\u202f: il faut douze parts, de janvier à décembre.")
        return
    for month, part in enumerate(value, start=1):
        _share(f"{name}[{month}]", part, wrong)


def _relays(name: str, value: Any, wrong: list[str]) -> None:
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        wrong.append(f'{name}\u202f: il faut des codes de communes, comme ["62057", "62645"].')


def _plain(scenario: Scenario) -> dict[str, Any]:
    """What today's écopôle shares with the planned one, unless it says otherwise."""
    kept = ("name", "start", "horizon", "garden_ha", "insertion_people", "permanents", "relays")
    return {name: getattr(scenario, name) for name in kept}


def _scenario(said: Mapping[str, Any]) -> Scenario:
    lists = {name: tuple(said[name]) for name in ("months", "relays") if name in said}
    try:
        return Scenario(**{**said, **lists})
    except ProblemRefused as refusal:
        raise ScenarioRefused([str(refusal)])


def _own(said: Any, wrong: list[str]) -> tuple[Parameter, ...]:
    """What is known better here; a value beyond the range of the default is computed all the same."""
    known = {p.id: p for p in parameters(date.max)}
    if not isinstance(said, dict):
        wrong.append("parameters\u202f: il faut une partie [parameters.nom_du_paramètre] pour chacun.")
        return ()
    own = []
    for id, given in said.items():
        name = f"parameters.{id}"
        if id not in known:
            wrong.append(f"{name}\u202f: paramètre inconnu. Ils sont dans impact/data/parameters.csv.")
        elif not isinstance(given, dict) or not isinstance(given.get("source"), str) or not given["source"]:
            wrong.append(f"{name}\u202f: il faut value et source (d’où vient ce chiffre).")
        elif _bounds(name, given, wrong) and _law(name, given, wrong):
            own += _better(known[id], given, wrong)
    return tuple(own)


def _bounds(name: str, given: Told, wrong: list[str]) -> bool:
    """All three are looked at, so that all that is wrong is said."""
    value = given.get("value")
    known = [_number(f"{name}.{bound}", given.get(bound, value), wrong) for bound in ("value", "low", "high")]
    return all(known)


def _law(name: str, given: Told, wrong: list[str]) -> bool:
    """How it is drawn, and the years that taught it."""
    before, years = len(wrong), given.get("years", [])
    if given.get("law", "pert") not in LAWS:
        wrong.append(f"{name}.law\u202f: au choix\u202f: {', '.join(LAWS)}.")
    if not isinstance(given.get("measured", True), bool):
        wrong.append(f"{name}.measured\u202f: true ou false.")
    if not isinstance(years, list) or not all(type(year) is int for year in years):
        wrong.append(f"{name}.years\u202f: il faut des années, comme [2025].")
    return len(wrong) == before


def _better(default: Parameter, given: Told, wrong: list[str]) -> list[Parameter]:
    value = float(given["value"])
    low, high = float(given.get("low", value)), float(given.get("high", value))
    law = given.get("law", "pert") if low < high else "fixed"
    status = "measured" if given.get("measured", True) else default.status
    try:
        return [
            replace(
                default, value=value, low=low, high=high, distribution=law, status=status,
                source=given["source"],
            )
        ]  # fmt: skip
    except ProblemRefused as refusal:
        wrong.append(f"parameters.{refusal}")
        return []


def place(asked: Asked) -> Territory:
    """Raises `Missing` without data, `ScenarioRefused` when a relay is none of its communes."""
    where = epci(asked.epci, asked.jobs_total)
    relays = {code for one in (asked.scenario, asked.without) if one for code in one.relays}
    if strange := sorted(relays - where.codes):
        raise ScenarioRefused([f"relays\u202f: {', '.join(strange)} n’est pas de {where.name}."])
    return where


def answer(
    asked: Asked, where: Territory, on: date, *, n: int = DRAWS, sensitivity: int = SENSITIVITY
) -> Answer:
    """With and without on the same draws. Raises `ScenarioRefused` when a figure has no value."""
    said = parameters(on, asked.own)
    warnings = (*out_of_range(asked.own, on), *plausible(asked.scenario, said))
    try:
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            flows = source(asked.scenario, where, asked.without, warnings)
            return judged(flows, where, said, n=n, sensitivity=sensitivity)
    except ArithmeticError:
        # A parameter of one's own may be one that no equation stands: a stay of zero months.
        raise ScenarioRefused(["Un chiffre n’a pas de valeur avec ces nombres\u202f: revoyez [parameters]."])


def written(said: Told) -> str:
    """A file that says the same; `read` finds it again. Parts come last, as TOML wants them."""
    lines = [f"{name} = {_value(value)}" for name, value in said.items() if not isinstance(value, dict)]
    for name, part in said.items():
        if isinstance(part, dict):
            lines += _part(name, part)
    return "\n".join(lines) + "\n"


def _part(path: str, part: Told) -> list[str]:
    own = [f"{_word(name)} = {_value(value)}" for name, value in part.items() if not isinstance(value, dict)]
    lines = ["", f"[{path}]", *own] if own or not part else []
    for name, inner in part.items():
        if isinstance(inner, dict):
            lines += _part(f"{path}.{_word(name)}", inner)
    return lines


def _word(name: str) -> str:
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else _value(name)


def _value(value: Any) -> str:
    # A JSON text, number, truth or list of these is TOML's too, but for one control character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
