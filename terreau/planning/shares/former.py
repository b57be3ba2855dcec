"""What a partner drove by itself before the shared rounds, as it declares it.

It alone is set beside a month, never what a tour would cost it alone: nobody says that it drove so.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from terreau.engines.shares import Actor, Problem, Stop, Tour, solve
from terreau.engines.shares.problem import EXACT_MAX
from terreau.measures.money import Money
from terreau.planning.models import FormerRound, FormerRoundWithdrawn, FormerVehicle
from terreau.planning.shares.carbon import of_former
from terreau.territory.geography import Located
from terreau.territory.models import Agent, AgentKind, Ecopole, Place, User
from terreau.territory.refusals import Refused
from terreau.territory.travel import KM_MAX, estimate, position

# Whom a farm drove to.
CUSTOMERS = (
    AgentKind.CANTEEN, AgentKind.SHOP, AgentKind.GROCERY, AgentKind.DEPOT, AgentKind.KITCHEN,
    AgentKind.PLATFORM,
)  # fmt: skip
METRE = Decimal("0.001")


class FormerRefused(Refused):
    """Nothing was written; `field` is the answer to correct."""


@dataclass(frozen=True)
class RoundTold:
    """One of the declared rounds, and what it makes in a month."""

    row: FormerRound
    customers: tuple[str, ...]
    km: Decimal
    kg: Decimal
    method: str


@dataclass(frozen=True)
class Former:
    """What the declared rounds of a partner make in a month."""

    rounds: tuple[RoundTold, ...]

    @property
    def km(self) -> Decimal:
        return sum((told.km for told in self.rounds), Decimal(0))

    @property
    def kg(self) -> Decimal:
        return sum((told.kg for told in self.rounds), Decimal(0))


def former(partners: Iterable[Agent], names: dict[int, str], on: date) -> dict[int, Former]:
    """By partner; whoever declared nothing is not there. One query."""
    rows = FormerRound.objects.filter(partner__in=list(partners), withdrawn=None)
    found: dict[int, list[RoundTold]] = defaultdict(list)
    for row in rows.order_by("recorded_at", "pk"):
        found[row.partner_id].append(_told(row, names, on))
    return {partner: Former(tuple(rounds)) for partner, rounds in found.items()}


def _told(row: FormerRound, names: dict[int, str], on: date) -> RoundTold:
    km = (row.km * row.times_month).quantize(METRE)
    vehicle, fuel = row.vehicle.split("_")
    carbon = of_former(km=km, vehicle=vehicle, fuel=fuel, litres_100km=row.litres_100km, on=on)
    served = tuple(names.get(pk, "?") for pk in row.customers)
    return RoundTold(row, served, km, carbon.kg, carbon.method)


def customers(ecopole: Ecopole) -> list[tuple[int, str]]:
    rows = Agent.objects.filter(ecopole=ecopole, kind__in=CUSTOMERS, anonymised_at=None)
    return list(rows.order_by("name", "pk").values_list("pk", "name"))


@transaction.atomic
def declare(
    *, ecopole: Ecopole, partner: Agent, served: Sequence[int], times_month: Decimal, vehicle: str,
    litres_100km: Decimal | None, km: Decimal | None, by: User | None, at: datetime, key: str,
) -> FormerRound:  # fmt: skip
    """One round: these customers in one go, from home and back. Its km are estimated if they are not said."""
    Ecopole.objects.select_for_update().get(pk=ecopole.pk)
    if known := FormerRound.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if litres_100km is not None and vehicle == FormerVehicle.CAR_ELECTRIC:
        raise FormerRefused(
            "Un véhicule électrique ne brûle pas de litres\u202f: laissez vide.", "litres_100km"
        )
    return FormerRound.objects.create(
        ecopole=ecopole, partner=partner, customers=sorted(served), times_month=times_month, vehicle=vehicle,
        litres_100km=litres_100km, km=km or _shortest(partner, served, at.date()), km_said=km is not None,
        recorded_by=by, recorded_at=at, key=key,
    )  # fmt: skip


def _shortest(partner: Agent, served: Sequence[int], on: date) -> Decimal:
    """The km of the shortest round from home by these customers and back, as estimated."""
    if len(served) > EXACT_MAX:
        raise FormerRefused(f"Au-delà de {EXACT_MAX} clients, saisissez les kilomètres.", "km")
    agents = Agent.objects.filter(pk__in=[partner.pk, *served]).select_related("commune")
    spots: dict[int, Located | None] = {agent.pk: agent.commune for agent in agents}
    places = Place.objects.filter(agent__in=spots).select_related("commune", "agent__commune")
    for place in places.order_by("-pk"):
        spots[place.agent_id] = position(place) or spots[place.agent_id]
    route = [spots[pk] for pk in (partner.pk, *served)]
    known = [spot for spot in route if spot is not None and spot.latitude is not None]
    if len(known) < len(route):
        raise FormerRefused("Un de ces lieux n’a pas de position\u202f: saisissez les kilomètres.", "km")
    rule = estimate(on)
    metres = tuple(tuple(rule.leg(a, b).metres for b in known) for a in known)
    stops = tuple(Stop(f"{n}", 0, {"seul": Decimal(1)}) for n in range(len(served)))
    # At a cent a metre, the cheapest round is the shortest.
    tour = Tour("avant", Money(0), Decimal(10), Decimal(0), metres, metres, stops)
    shortest = solve(Problem((Actor("seul", partner.name),), tours=(tour,))).modelled
    km = Decimal(shortest.cents).scaleb(-3)
    if not 0 < km <= KM_MAX:
        raise FormerRefused(
            "L’estimation ne sait pas dire cette distance\u202f: saisissez les kilomètres.", "km"
        )
    return km


@transaction.atomic
def withdraw(*, row: FormerRound, by: User | None, at: datetime) -> FormerRoundWithdrawn:
    """It was wrong: both stay written. Twice is once."""
    FormerRound.objects.select_for_update().get(pk=row.pk)
    said = {"recorded_by": by, "recorded_at": at}
    return FormerRoundWithdrawn.objects.get_or_create(round=row, defaults=said)[0]
