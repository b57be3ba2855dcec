"""The shares engine's problem for one tour: who is aboard, the roads between its stops, the voted rule."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from terreau.engines import rounds
from terreau.engines.shares import Actor, Problem, Stop, Tour, bound, solve
from terreau.engines.shares.problem import EPM, EXACT_MAX, NUCLEOLUS
from terreau.engines.shares.solve.game import ORACLE_EXACT_MAX
from terreau.measures.dated import in_force
from terreau.measures.money import Money
from terreau.measures.split import split_money
from terreau.planning.models import RoundsPlan
from terreau.planning.running import SEED
from terreau.planning.shares.oracle import Oracle
from terreau.planning.shares.terms import Terms
from terreau.planning.shares.tours import Driven, Halt
from terreau.territory.geography import Located
from terreau.territory.models import Agent, Ecopole, Place
from terreau.territory.travel import Leg, estimate, legs, position

FILE = Path(__file__).with_name("shares.toml")


@cache
def _written() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Roads:
    """Metres and seconds between the hub and the stops; from anywhere else, they are estimated."""

    tour: Driven
    places: Mapping[int, Place]
    table: Mapping[tuple[int, int], Leg]

    def trips(self) -> tuple[Tour, ...]:
        """What was driven, from the hub to the hub; the van's day goes by trip."""
        trips = self.tour.trips
        days = split_money(self.tour.day_cost, [1] * len(trips))
        found = []
        for number, (halts, day) in enumerate(zip(trips, days, strict=True), 1):
            route = [self.tour.hub_id, *(halt.place_id for halt in halts)]
            square = [[self.table[a, b] for b in route] for a in route]
            prices = day, self.tour.per_km, self.tour.per_hour
            found.append(_engine_tour(f"{self.tour.key}:{number}", prices, square, halts))
        return tuple(found)

    def whole(self) -> Tour:
        """All its stops as if they had been made on one trip."""
        route = [self.tour.hub_id, *(halt.place_id for halt in self.tour.halts)]
        square = [[self.table[a, b] for b in route] for a in route]
        prices = self.tour.day_cost, self.tour.per_km, self.tour.per_hour
        return _engine_tour(self.tour.key, prices, square, self.tour.halts)

    def real(self, trips: Iterable[Tour]) -> Money | None:
        """The day, the km of the meter, the hours of its stops in their order; nothing if no km were said."""
        km, seconds = self.tour.road.said_km, 0
        if km is None:
            return None
        for trip in trips:
            route = [*range(len(trip.stops) + 1), 0]
            seconds += sum(trip.duration_s[a][b] for a, b in pairwise(route))
            seconds += sum(stop.service_s for stop in trip.stops)
        euros = self.tour.per_km * km + self.tour.per_hour * seconds / 3600
        return self.tour.day_cost + Money(int((100 * euros).to_integral_value(ROUND_HALF_UP)))

    def own(self, actor: int, home: Located | None) -> Money | None:
        """What the cheapest round by its own stops, from its home and back, would cost the actor."""
        alone = self.alone(actor, home)
        return cheapest(alone) if alone else None

    def alone(self, actor: int, home: Located | None) -> Tour | None:
        """Its own stops, with its own vehicle; None without a home, or with too many of them to be exact."""
        mine = [halt for halt in self.tour.halts if actor in halt.kilos]
        if home is None or home.latitude is None or len(mine) > EXACT_MAX:
            return None
        spots = [position(self.places[halt.place_id]) for halt in mine]
        rule = estimate(self.tour.day)
        out = [rule.leg(home, spot) for spot in spots if spot]
        square = [[Leg(0, 0), *out]]
        for leg, halt in zip(out, mine, strict=True):
            square.append([leg, *(self.table[halt.place_id, other.place_id] for other in mine)])
        alone = [
            replace(halt, seconds=_seconds_of(actor, halt), kilos={actor: halt.kilos[actor]}) for halt in mine
        ]
        own = in_force(_written()["own_vehicle"], self.tour.day)
        prices = Money(0), Decimal(own["per_km"]), Decimal(own["per_hour"])
        return _engine_tour(self.tour.key, prices, square, alone)


def cheapest(alone: Tour) -> Money:
    """Of a tour that one actor has for itself, in the best order."""
    (actor,) = {name for stop in alone.stops for name in stop.crates}
    return solve(Problem((Actor(actor, "seul"),), tours=(alone,))).modelled


def _seconds_of(actor: int, halt: Halt) -> int:
    """Minutes go with kilos."""
    return round(halt.seconds * halt.kilos[actor] / sum(halt.kilos.values()))


def _engine_tour(
    name: str, prices: tuple[Money, Decimal, Decimal], square: Sequence[Sequence[Leg]], halts: Iterable[Halt]
) -> Tour:
    """`prices` of the day, the kilometre and the hour; place 0 of `square` is where it starts and ends."""
    return Tour(
        name,
        *prices,
        distance_m=tuple(tuple(leg.metres for leg in row) for row in square),
        duration_s=tuple(tuple(leg.seconds for leg in row) for row in square),
        stops=tuple(
            Stop(f"{number}", halt.seconds, {str(actor): kg for actor, kg in halt.kilos.items()})
            for number, halt in enumerate(halts, 1)
        ),
    )


def roads_of(ecopole: Ecopole, tour: Driven) -> Roads:
    """Two queries."""
    ids = {tour.hub_id, *(halt.place_id for halt in tour.halts)}
    rows = Place.objects.filter(ecopole=ecopole, pk__in=ids).select_related("commune", "agent__commune")
    places = {place.pk: place for place in rows}
    return Roads(tour, places, legs(ecopole, places.values(), tour.day))


def problem(ecopole: Ecopole, tour: Driven, terms: Terms) -> tuple[Problem, Oracle | None]:
    """All that is needed to share a tour, and to count it again years after. Three queries.

    Hours or loads held it back: whom to ask what a group would pay, one query more.
    """
    roads = roads_of(ecopole, tour)
    people = Agent.objects.filter(ecopole=ecopole, pk__in=tour.aboard).select_related("commune")
    actors = tuple(
        Actor(str(agent.pk), agent.name, tour.crates(agent.pk), roads.own(agent.pk, agent.commune))
        for agent in people.order_by("name", "pk")
    )
    trips = roads.trips()
    real = roads.real(trips)
    held = terms.within(_least(actors, tour) if real is None else real)
    asked = Problem(
        actors, tours=trips, real=real, rule=held.rule, commons=held.commons, solidarity=held.solidarity
    )
    if ask := _oracle(ecopole, tour, asked):
        return replace(asked, tours=(roads.whole(),)), ask
    return asked, None


def _least(actors: Iterable[Actor], tour: Driven) -> Money:
    """The modelled cost is never below: the vehicle's day, unless each goes with its own for less."""
    alone = [actor.own for actor in actors]
    own = [cost.cents for cost in alone if cost is not None]
    return min(tour.day_cost, Money(sum(own))) if len(own) == len(alone) else tour.day_cost


def _oracle(ecopole: Ecopole, tour: Driven, asked: Problem) -> Oracle | None:
    """Nobody when nothing held the tour back, nor when its plan is no longer known, nor when too many are
    aboard to ask of every group and the voted rule looks at them all.
    """
    every = asked.rule.key in (NUCLEOLUS, EPM)
    if not bound(asked.tours) or (every and len(asked.players) > ORACLE_EXACT_MAX):
        return None
    rows = RoundsPlan.objects.filter(ecopole=ecopole, day=tour.day, key=tour.plan, rest__isnull=True)
    found = rows.values_list("problem", "plan").first()
    if found is None or not found[1]:
        return None
    day, plan = rounds.Problem.from_json(found[0]), rounds.Plan.from_json(found[1])
    made = next((t for t in plan.tours if t.vehicle == tour.vehicle_id), None)
    visits = [visit for trip in made.trips for visit in trip.visits] if made else []
    if len(visits) <= tour.halts[-1].rank:
        return None
    named = {stop.id: stop for stop in day.stops}
    stops, parts = [], {}
    for halt in tour.halts:
        call, name = visits[halt.rank].call, f"{halt.rank}"
        stops.append(replace(named[call.key], id=name, delivery=call.delivery, pickup=call.pickup))
        parts[name] = {str(actor): kg for actor, kg in sorted(halt.kilos.items())}
    vehicles = tuple(vehicle for vehicle in day.vehicles if vehicle.id == tour.vehicle_id)
    trips = [[f"{halt.rank}" for halt in trip] for trip in tour.trips]
    # Loading is paid on no tour that is shared otherwise.
    hubs = tuple(replace(hub, loading_s=0) for hub in day.hubs)
    told = replace(day, hubs=hubs, vehicles=vehicles, stops=tuple(stops))
    return Oracle(told, parts, [(tour.vehicle_id, trips)], seed=SEED)
