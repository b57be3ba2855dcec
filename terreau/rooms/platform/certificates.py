"""Organic certificates of farms: the one in force on a day, and what a load is received as without it.

Reg. (EU) 2018/848: what is sold on as organic, or in conversion, needs its farm's certificate valid on the
day it arrives. The last certificate begun replaces those before it, be it shorter.
"""

import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from terreau.ledger.models import Commitment
from terreau.measures.french import format_date
from terreau.measures.week import IsoWeek
from terreau.rooms.platform.models import Certificate, Offer
from terreau.territory.models import Agent, AgentKind, Ecopole, Quality

STANDING = Q(withdraws=None, withdrawn_by=None)
Days = tuple[date, date]


@cache
def rules() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "certificates.toml").read_text(encoding="utf-8"))


def warning_days(on: date) -> int:
    """How long before its end a certificate is called for."""
    known = [rule for rule in rules()["warning"] if rule["since"] <= on]
    return int(max(known, key=lambda rule: rule["since"])["days"]) if known else 0


@dataclass(frozen=True)
class Validity:
    """What a farm's certificates say on a day: the last day they cover, or covered, if they ever did."""

    on: date
    until: date | None

    @property
    def holds(self) -> bool:
        return self.until is not None and self.on <= self.until

    @property
    def warned(self) -> bool:
        return self.until is None or (self.until - self.on).days <= warning_days(self.on)

    @property
    def tone(self) -> str:
        return ("warn" if self.warned else "ok") if self.holds else "bad"

    @property
    def said(self) -> str:
        if self.until is None:
            return "aucun certificat bio"
        if not self.holds:
            return f"certificat bio échu depuis le {format_date(self.until)}"
        return f"certificat bio valable jusqu’au {format_date(self.until)}"


def validity(certificates: Iterable[Days], on: date) -> Validity:
    """`certificates` in the order of their first day; the next one prolongs, if no day is left between."""
    until: date | None = None
    for first, last in certificates:
        if first <= on or (until and on <= until and (first - until).days <= 1):
            until = last
    return Validity(on, until)


def validities(ecopole: Ecopole, farms: Collection[int], on: date) -> dict[int, Validity]:
    """One query, whatever the farms."""
    told = days_covered(ecopole, farms)
    return {farm: validity(told[farm], on) for farm in farms}


def days_covered(ecopole: Ecopole, farms: Collection[int]) -> dict[int, list[Days]]:
    """The days of each farm's certificates, in the order of the first. One query."""
    rows = Certificate.objects.filter(STANDING, ecopole=ecopole, farm__in=farms)
    found: dict[int, list[Days]] = defaultdict(list)
    for farm, first, last in rows.order_by("valid_from", "pk").values_list(
        "farm_id", "valid_from", "valid_until"
    ):
        found[farm].append((first, last))
    return found


@dataclass(frozen=True)
class Received:
    """The quality a load is offered in, and the one it is received in."""

    offered: int
    validity: Validity

    @property
    def quality(self) -> int:
        return self.offered if self.validity.holds else Quality.CONVENTIONAL

    @property
    def lowered(self) -> bool:
        return self.quality < self.offered

    @property
    def lowering(self) -> str:
        """Why the quality is lowered; nothing if it is not."""
        if not self.lowered:
            return ""
        return f"offert en {Quality(self.offered).label}, {self.validity.said}\u202f: reçu en conventionnel"


def received(
    ecopole: Ecopole, commitments: Sequence[Commitment], today: date, *, arrived: bool = False
) -> dict[int, Received]:
    """What each load of a farm is received as: on its day, or today if it is late or has `arrived`.

    Two queries, whatever the loads. What was not offered is conventional.
    """
    loads = [c for c in commitments if c.provider.kind != AgentKind.GARDEN]
    offered = _qualities(ecopole, {IsoWeek.of(c.due_on) for c in loads})
    days = days_covered(ecopole, {c.provider_id for c in loads})
    return {
        c.pk: Received(
            offered.get((c.provider_id, c.product_id), Quality.CONVENTIONAL),
            validity(days[c.provider_id], today if arrived else max(c.due_on, today)),
        )
        for c in loads
    }


def _qualities(ecopole: Ecopole, weeks: set[IsoWeek]) -> dict[tuple[int, int], int]:
    """The quality each farm offered its products in; of two, the lower."""
    rows = Offer.objects.filter(ecopole=ecopole, week__in=[str(week) for week in weeks]).order_by("-quality")
    told = rows.values_list("farm_id", "product_id", "quality")
    return {(farm_id, product_id): quality for farm_id, product_id, quality in told}


@dataclass(frozen=True)
class FarmValidity:
    farm: Agent
    validity: Validity


def to_renew(ecopole: Ecopole, today: date) -> list[FarmValidity]:
    """Farms that offer organic from this week on, and whose certificate ends soon, has ended or is missing.

    One query, since the platform's day asks it.
    """
    offering = Offer.objects.filter(
        ecopole=ecopole, week__gte=str(IsoWeek.of(today)), quality__gt=Quality.CONVENTIONAL
    )
    rows = Agent.objects.filter(pk__in=offering.order_by().values("farm")).annotate(
        first=F("certificates__valid_from"),
        last=F("certificates__valid_until"),
        undone=Coalesce("certificates__withdraws", "certificates__withdrawn_by"),
    )
    farms: dict[Agent, list[Days]] = defaultdict(list)
    for farm in rows.order_by("name", "first", "certificates"):
        days = farms[farm]
        if farm.first and farm.undone is None:
            days.append((farm.first, farm.last))
    told = [FarmValidity(farm, validity(days, today)) for farm, days in farms.items()]
    return [one for one in told if one.validity.warned]


@dataclass(frozen=True)
class Held:
    """A certificate as its page shows it."""

    row: Certificate
    state: str
    tone: str
    open: bool


def held(ecopole: Ecopole, farms: Collection[int], today: date) -> list[Held]:
    """Every certificate of these farms, the newest first; withdrawn ones stay, and say why."""
    rows = Certificate.objects.filter(ecopole=ecopole, farm__in=farms, withdraws=None)
    lines = []
    current: dict[int, Certificate] = {}
    for row in rows.select_related("farm", "withdrawn_by").order_by("farm__name", "-valid_from", "-pk"):
        if hasattr(row, "withdrawn_by"):
            lines.append(Held(row, f"retiré\u202f: {row.withdrawn_by.reason}", "", open=False))
            continue
        newer = current.get(row.farm_id)
        if row.valid_from <= today:
            current.setdefault(row.farm_id, row)
        if row.valid_from > today:
            state, tone = "à venir", "info"
        elif newer is not None:
            state, tone = "remplacé", ""
        else:
            now = Validity(today, row.valid_until)
            state = "échu" if not now.holds else "finit bientôt" if now.warned else "valable"
            tone = now.tone
        lines.append(Held(row, state, tone, open=True))
    return lines
