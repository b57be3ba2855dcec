"""Equipment: its legal checks, when each falls due, and what may not be used on a day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from terreau.measures.dated import in_force
from terreau.measures.french import format_date
from terreau.measures.periods import plus_months
from terreau.rooms.kitchen.models import Equipment, EquipmentFact, EquipmentKind, FactKind
from terreau.rooms.kitchen.points import rules
from terreau.territory.models import Ecopole

# How long before a check falls due it is called for.
WARNING_DAYS = 45


@dataclass(frozen=True)
class Check:
    """A legal check of a machine: when it was last made, and by when it must be again."""

    fact: FactKind
    last: date | None
    due: date
    blocks: bool
    source: str

    def overdue(self, on: date) -> bool:
        return on > self.due

    def soon(self, on: date) -> bool:
        return (self.due - on).days <= WARNING_DAYS


@dataclass(frozen=True)
class Machine:
    """A piece of equipment on a day."""

    row: Equipment
    checks: tuple[Check, ...]
    broken_on: date | None
    facts: tuple[EquipmentFact, ...]

    @property
    def kind(self) -> str:
        return EquipmentKind(self.row.kind).label

    def why_not(self, on: date) -> str:
        """Why it may not be used that day; nothing if it may."""
        if self.broken_on:
            return (
                f"{self.row} est en panne depuis le {format_date(self.broken_on)}. "
                "Notez sa réparation, ou prenez un autre appareil."
            )
        for check in self.checks:
            if check.blocks and check.overdue(on):
                return (
                    f"{self.row}\u202f: {check.fact.label} à faire avant le {format_date(check.due)}, "
                    "elle est dépassée. Faites-la faire et notez-la avant de vous en servir."
                )
        return ""


def _checks(row: Equipment, facts: Iterable[EquipmentFact], on: date) -> tuple[Check, ...]:
    wanted: dict[str, list[Mapping[str, object]]] = defaultdict(list)
    for rule in rules()["legal"]:
        if rule["equipment"] == row.kind:
            wanted[rule["fact"]].append(rule)
    found = []
    for kind, dated in wanted.items():
        rule = in_force(dated, on)
        last = max((fact.on for fact in facts if fact.kind == kind and fact.on <= on), default=None)
        due = plus_months(last or row.since, rule["months"])
        found.append(Check(FactKind(kind), last, due, bool(rule["blocks"]), str(rule["source"])))
    return tuple(found)


def machines(ecopole: Ecopole, on: date) -> list[Machine]:
    """The equipment in service, with its state on that day. Two queries."""
    rows = Equipment.objects.filter(ecopole=ecopole, closed_on=None).prefetch_related("facts")
    return [_machine(row, list(row.facts.all()), on) for row in rows.order_by("kind", "name")]


def machines_of(rows: Iterable[Equipment], on: date) -> list[Machine]:
    return [_machine(row, list(row.facts.all()), on) for row in rows]


def _machine(row: Equipment, facts: Sequence[EquipmentFact], on: date) -> Machine:
    turns = [fact for fact in facts if fact.kind in (FactKind.BROKEN, FactKind.REPAIRED) and fact.on <= on]
    broken = turns[-1].on if turns and turns[-1].kind == FactKind.BROKEN else None
    return Machine(row, _checks(row, facts, on), broken, tuple(facts))
