"""The hygiene file: what must be cleaned and by when, what went wrong, who is trained, who answers for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max, Q

from terreau.rooms.kitchen.models import Control, Fee, Operator, Record, RecordKind
from terreau.rooms.kitchen.points import rules
from terreau.territory.models import Agent, Ecopole, User


def operator_on(kitchen: Agent, on: date) -> Operator | None:
    """Who answered for the kitchen that day: the last line begun."""
    rows = Operator.objects.filter(kitchen=kitchen, starts_on__lte=on)
    return rows.order_by("-starts_on", "-id").first()


def trained(ecopole_id: int, what: str, on: date) -> bool:
    """Whether somebody's training of that name holds on that day."""
    rows = Record.objects.filter(ecopole=ecopole_id, kind=RecordKind.TRAINING, what__iexact=what, on__lte=on)
    return rows.filter(Q(until=None) | Q(until__gte=on)).exists()


@dataclass(frozen=True)
class Cleaning:
    """A task of the cleaning plan, and when it was last done."""

    what: str
    every_days: int
    last: date | None
    source: str

    def late(self, on: date) -> bool:
        return self.last is None or (on - self.last).days > self.every_days

    @property
    def due(self) -> date | None:
        return self.last + timedelta(days=self.every_days) if self.last else None


def cleanings(ecopole: Ecopole) -> list[Cleaning]:
    """The plan, with the last time of each. One query."""
    rows = Record.objects.filter(ecopole=ecopole, kind=RecordKind.CLEANING).order_by()
    last = dict(rows.values_list("what").annotate(last=Max("on")))
    return [Cleaning(r["what"], r["days"], last.get(r["what"]), r["source"]) for r in rules()["cleaning"]]


def records(
    ecopole: Ecopole, since: Mapping[RecordKind, date], until: date
) -> dict[RecordKind, list[Record]]:
    """The lines of each kind from its day on, the latest first. One query."""
    wanted = Q(pk=None)
    for kind, first in since.items():
        wanted |= Q(kind=kind, on__range=(first, until))
    rows = Record.objects.filter(wanted, ecopole=ecopole)
    found: dict[RecordKind, list[Record]] = {kind: [] for kind in since}
    for row in rows.select_related("reply", "person", "recorded_by").order_by("-on", "-id"):
        found[RecordKind(row.kind)].append(row)
    return found


def silent(ecopole: Ecopole) -> list[Control]:
    """Points out of their limit that nobody has answered. One query."""
    controls = Control.objects.filter(batch__process__ecopole=ecopole, out=True, reply=None)
    return list(controls.select_related("batch__version__recipe").order_by("read_at", "id"))


def team(ecopole: Ecopole) -> list[User]:
    """Those who hold a role for a kitchen here, by name."""
    rows = User.objects.filter(memberships__ecopole=ecopole, memberships__agent__kind="kitchen").distinct()
    return list(rows.order_by("name", "pk"))


def fees(ecopole: Ecopole) -> list[Fee]:
    return list(
        Fee.objects.filter(ecopole=ecopole).select_related("farm").order_by("farm__name", "-starts_on")
    )
