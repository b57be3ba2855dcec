"""The tours of a day that goes on without a vehicle, written down: what was done, then the rest."""

from collections.abc import Callable, Iterator
from datetime import time
from decimal import Decimal
from typing import Any

from terreau.engines.rounds import Plan, Problem, Tour, Visit
from terreau.planning.models import RoundsPlan
from terreau.planning.rounds.gather import door_id, seconds_of
from terreau.planning.rounds.reading import travel_of, ways
from terreau.planning.rounds.rest import RELAY, Rest, Way, base_of
from terreau.planning.rounds.words import hour, thousandths

CENT = Decimal("0.01")


Told = dict[str, Any]


def resumed(
    row: RoundsPlan, problem: Problem, plan: Plan, rest: Rest, new: Callable[[Tour], Told]
) -> Iterator[Told]:
    """The detail of each tour; `new` tells the one of a vehicle that had not left, from its stops."""
    tours = {tour.vehicle: tour for tour in plan.tours}
    desk = _Desk(row, problem, rest)
    for way in rest.ways:
        tour = tours.get(way.vehicle)
        if way.left(rest.at_s) and (way.done or tour):
            tours.pop(way.vehicle, None)
            yield desk.goes_on(way, tour)
    for tour in tours.values():
        yield new(tour) | {"stops": desk.stops(tour, 0)}


class _Desk:
    def __init__(self, row: RoundsPlan, problem: Problem, rest: Rest) -> None:
        self.row, self.problem, self.rest = row, problem, rest
        told = [stop for way in rest.ways for stop in way.row.detail["stops"] if not stop.get("relay")]
        self.doors = {door_id(stop["place"], stop["receiver"], stop["collects"]): stop for stop in told}
        self.names = {way.vehicle: way.row.detail["vehicle"]["name"] for way in rest.ways}
        self.platform = rest.ways[0].row.agent_id
        self.transfers = {transfer.id: transfer for transfer in problem.transfers}
        self.index = {place: n for n, place in enumerate(problem.places)}
        self.hubs = {hub.id: hub.place for hub in problem.hubs}

    def goes_on(self, way: Way, tour: Tour | None) -> Told:
        """What it did, and what it has still to do; one that stopped, or has no more to do, ends there."""
        was, done = way.row.detail, [stop | {"done": True} for stop in way.done]
        lost = self.rest.lost.get(way.vehicle)
        km = sum((Decimal(stop["km"]) for stop in done), Decimal(0))
        if tour is None:
            whole = lost is None
            returns = was["returns"] if whole else lost.since if lost else was["returns"]
            km = Decimal(was["km"]) if whole else km
            stops = done
        else:
            returns = hour(tour.end_s)
            km += Decimal(thousandths(tour.distance_m))
            from_hub = tour.trips[0].start == self.rest.hub.id
            stops = [*done, *self.stops(tour, way.trip - (0 if from_hub else 1))]
        seconds = max(0, _seconds(returns) - way.start_s)
        hours = (Decimal(seconds) / 3600).quantize(Decimal("0.001"))
        price = {name: Decimal(was["vehicle"][name]) for name in ("day", "km", "hour")}
        euros = price["day"] + price["km"] * km + price["hour"] * Decimal(seconds) / 3600
        return (
            was
            | {
                "plan": self.row.key,
                "returns": returns,
                "km": str(km),
                "hours": str(hours),
                "euros": str(euros.quantize(CENT)),
                "travel": travel_of(ways(self.problem, tour), self.row) if tour else was["travel"],
                "stops": stops,
            }
            | ({"stopped": lost.since} if lost else {})
        )

    def stops(self, tour: Tour, trip: int) -> list[Told]:
        """The visits of a tour, in order; what was done in between is left out, its road is not."""
        told: list[Told] = []
        here, road = self.hubs[tour.trips[0].start], 0
        metres = self.problem.matrices[0].distance_m
        for number, one in enumerate(tour.trips, 1):
            if number > 1:
                road, here = (
                    road + metres[self.index[here]][self.index[self.hubs[one.start]]],
                    self.hubs[one.start],
                )
            for visit in one.visits:
                road += metres[self.index[here]][self.index[visit.place]]
                here = visit.place
                stop = self._stop(visit) | {"trip": trip + number, "km": thousandths(road)}
                if self._with_the_last(told, stop):
                    continue
                told.append(stop)
                road = 0
        return [stop for stop in told if self._still(stop)]

    def _with_the_last(self, told: list[Told], stop: Told) -> bool:
        """What is taken over from one vehicle in one go is one stop."""
        if not told or not stop.get("relay") or told[-1].get("relay") != stop["relay"]:
            return False
        last = told[-1]
        if (last["place"], last["trip"], last.get("back")) != (stop["place"], stop["trip"], stop.get("back")):
            return False
        last["leaves"] = stop["leaves"]
        last["amounts"] = [a + b for a, b in zip(last["amounts"], stop["amounts"], strict=True)]
        last["crates"], last["visits"] = last["amounts"][0], last["visits"] + 1
        return True

    def _still(self, stop: Told) -> bool:
        return bool(stop.get("relay")) or not self.rest.due.isdisjoint(stop["commitments"])

    def _stop(self, visit: Visit) -> Told:
        call, door = visit.call, self.doors.get(base_of(visit.call.key))
        carried = self.transfers.get(call.key)
        amounts = carried.amount if carried else call.pickup if any(call.pickup) else call.delivery
        told = {
            "arrives": hour(visit.arrival_s), "leaves": hour(visit.departure_s), "crates": amounts[0],
            "amounts": list(amounts), "visits": 1,
        }  # fmt: skip
        if call.key.startswith(RELAY) or call.leg == "load":
            whose = call.key.removeprefix(RELAY) if call.key.startswith(RELAY) else call.key.rsplit("@", 1)[1]
            back = {"back": True} if call.key.startswith(RELAY) else {}
            return told | back | {
                "place": int(visit.place), "receiver": self.platform, "commitments": [], "collects": False,
                "relay": self.names[whose], "hours": "",
            }  # fmt: skip
        assert door is not None  # what is left was published
        kept = {name: door[name] for name in ("place", "receiver", "commitments", "collects", "hours")}
        return told | kept


def _seconds(told: str) -> int:
    return seconds_of(time.fromisoformat(told))
