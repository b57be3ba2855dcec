"""The temperature log: the limit of each class of products, what was read, what waits for an answer."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.timezone import localtime

from terreau.ledger.models import Commitment, Custody
from terreau.ledger.proposals import unsettled
from terreau.measures.french import format_decimal
from terreau.rooms.platform.dock import around
from terreau.rooms.platform.models import Reading, Vehicle
from terreau.territory.models import Agent, Ecopole, Place, PlaceKind

SHOWN_DAYS = 7
# A cold store is judged as if it held perishables, until it holds what is colder; a load, by what it brings.
OF_A_STORE, OF_A_LOAD = "perishable", "fresh"


@cache
def rules() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "temperatures.toml").read_text(encoding="utf-8"))


def celsius_said(value: Decimal) -> str:
    """« −18 °C »."""
    return f"{format_decimal(value)}\u00a0°C"


@dataclass(frozen=True)
class Limit:
    """What a class of products must not exceed, or fall below, in °C; neither, where no law says."""

    kind: str
    label: str
    most: Decimal | None
    least: Decimal | None

    def broken_by(self, celsius: Decimal) -> bool:
        too_warm = self.most is not None and celsius > self.most
        return too_warm or (self.least is not None and celsius < self.least)

    @property
    def said(self) -> str:
        if self.most is not None:
            return f"{celsius_said(self.most)} au plus"
        return f"{celsius_said(self.least)} au moins" if self.least is not None else "sans limite légale"


def limits(on: date) -> dict[str, Limit]:
    """Those in force on a day, by class."""
    found = {}
    for rule in sorted(rules()["limit"], key=lambda rule: rule["since"]):
        if rule["since"] <= on:
            bounds = [Decimal(rule[name]) if name in rule else None for name in ("most", "least")]
            found[rule["class"]] = Limit(rule["class"], rule["label"], *bounds)
    return found


def kind_of(families: Iterable[str], otherwise: str) -> str:
    """The class of these products: of several, the coldest."""
    told = {family: rule["class"] for rule in rules()["limit"] for family in rule["families"]}
    # The file goes from the coldest to the least cold of what is not frozen.
    order = [rule["class"] for rule in rules()["limit"]]
    return min((told.get(family, otherwise) for family in families), key=order.index, default=otherwise)


@dataclass(frozen=True)
class Spot:
    """Where a temperature is read: a cold store, a load as it arrives, or one that leaves in a vehicle."""

    name: str
    kind: str
    place: Place | None = None
    farm: Agent | None = None
    vehicle: Vehicle | None = None

    @property
    def key(self) -> str:
        return f"lieu-{self.place.pk}" if self.place else f"charge-{self.farm.pk}" if self.farm else ""


def spots(ecopole: Ecopole, platform: Agent, today: date) -> list[Spot]:
    """The platform's cold stores, and the loads of today with those still late. Four queries."""
    stores = Place.objects.filter(ecopole=ecopole, agent=platform, kind=PlaceKind.COLD).order_by("id")
    inside: dict[int, set[str]] = defaultdict(set)
    held = Custody.objects.filter(ecopole=ecopole, place__in=stores, quantity__gt=0).order_by()
    for place_id, family in held.values_list("place", "product__family").distinct():
        inside[place_id].add(family)
    found = [Spot(place.name, kind_of(inside[place.pk], OF_A_STORE), place=place) for place in stores]
    return [*found, *_loads(ecopole, platform, today)]


def _loads(ecopole: Ecopole, platform: Agent, today: date) -> list[Spot]:
    due = Commitment.objects.filter(ecopole=ecopole, receiver=platform, action="transfer")
    late = unsettled(due.filter(due_on__gte=around(today)[0], due_on__lt=today))
    brought: dict[Agent, set[str]] = defaultdict(set)
    for rows in (due.filter(due_on=today), late):
        for c in rows.select_related("provider", "product").order_by("provider__name"):
            brought[c.provider].add(c.product.family)
    return [
        Spot(f"Charge\u202f: {farm.name}", kind_of(families, OF_A_LOAD), farm=farm)
        for farm, families in brought.items()
    ]


def alerts(ecopole: Ecopole) -> list[Reading]:
    """Out of limit, not corrected since, and not answered yet: the oldest first."""
    rows = Reading.objects.filter(ecopole=ecopole, out_of_limit=True, superseded_by=None, remedy=None)
    return list(rows.select_related("place", "farm", "vehicle").order_by("read_at", "pk"))


def readings(ecopole: Ecopole, now: datetime) -> list[Reading]:
    """Those of the last days, the newest first; corrected ones stay."""
    rows = Reading.objects.filter(ecopole=ecopole, read_at__gte=now - timedelta(days=SHOWN_DAYS))
    related = ("place", "farm", "vehicle", "recorded_by", "superseded_by", "remedy")
    return list(rows.select_related(*related).order_by("-read_at", "-pk"))


@dataclass(frozen=True)
class Curve:
    """A store's last days, to be drawn under its limit."""

    title: str
    about: str
    rows: list[tuple[str, Decimal]]
    limit: Decimal | None


def curves(shown: Iterable[Reading], today: date) -> list[Curve]:
    by_place: dict[Place, list[Reading]] = defaultdict(list)
    for row in shown:
        if row.place and not hasattr(row, "superseded_by"):
            by_place[row.place].insert(0, row)
    known = limits(today)
    found = []
    for place, rows in by_place.items():
        limit = known.get(rows[-1].kind)
        bound = (limit.most if limit.most is not None else limit.least) if limit else None
        about = f"{limit.label}\u202f: {limit.said}." if limit else ""
        told = [(_moment(row.read_at), row.celsius) for row in rows]
        found.append(Curve(f"{place.name}, les {SHOWN_DAYS} derniers jours", about, told, bound))
    return found


def _moment(at: datetime) -> str:
    local = localtime(at)
    minutes = f"\u00a0{local.minute:02}" if local.minute else ""
    return f"{local.day}/{local.month} {local.hour}\u00a0h{minutes}"
