"""The road book: the published tours of a day, stop by stop, as who drives takes them along."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils.timezone import get_current_timezone

from terreau.ledger.models import Lot
from terreau.ledger.queries import CommitmentLine
from terreau.measures.french import format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.platform.day import DUE, Stop, promises, stops
from terreau.rooms.platform.dock import picked
from terreau.rooms.platform.models import StopKind, StopNote
from terreau.rooms.platform.rounds import Round, clock, newest
from terreau.rooms.platform.temperatures import OF_A_LOAD, kind_of, limits
from terreau.territory.models import Agent, Ecopole, Place

Rank = tuple[int, int]
RELAYED = "Prenez ici ce que portait ce véhicule arrêté, puis continuez."


@dataclass(frozen=True)
class RoadLine:
    """A line to hand over; `quantity` is what was picked for it, where that differs from what was planned."""

    id: int
    product: str
    unit: str
    quantity: Decimal
    about: str
    lots: list[str]


@dataclass(frozen=True)
class RoadStop:
    """`part`: this visit brings only some of an order larger than a van; the last one writes it all.

    `collects`: here one takes what a farm gives, and leaves nothing.
    """

    rank: int
    name: str
    place: str
    position: str
    phone: str
    hours: str
    expected: str
    crates: int
    part: str
    ready: bool
    done: bool
    collects: bool
    lines: list[RoadLine]


@dataclass(frozen=True)
class RoadTour:
    id: int
    vehicle: str
    loads: str
    returns: str
    travel: str
    limit: str
    stops: list[RoadStop]


def book(ecopole: Ecopole, platform: Agent, today: date) -> list[RoadTour]:
    """Today's tours by vehicle. The number of queries does not grow with them."""
    rounds = newest(ecopole, [today])
    if not rounds:
        return []
    promised = promises(ecopole, platform, today, "transfer", "move", until=today)
    due, _ = stops(ecopole, promised, today)
    return _Book(ecopole, rounds, [*promised.deliveries, *promised.arrivals], due, today).tours()


class _Book:
    """What is known of the day, to tell each stop from."""

    def __init__(
        self,
        ecopole: Ecopole,
        rounds: list[Round],
        promised: Iterable[CommitmentLine],
        due: Iterable[Stop],
        today: date,
    ):
        told = [stop for one in rounds for stop in one.detail["stops"]]
        self.rounds, self.today = rounds, today
        self.lines = {line.commitment.pk: line for line in promised}
        self.due = {(stop.place.pk if stop.place else 0, stop.customer.pk): stop for stop in due}
        places = Place.objects.filter(ecopole=ecopole, pk__in={stop["place"] for stop in told})
        self.places = {place.pk: place for place in places.select_related("commune")}
        agents = Agent.objects.filter(ecopole=ecopole, pk__in={stop["receiver"] for stop in told})
        self.customers = {agent.pk: agent for agent in agents}
        self.lots = _lots(line for stop in due for line in stop.lines)
        self.last = last_visits(rounds)
        passed = StopNote.objects.filter(round__in=[one.id for one in rounds], kind=StopKind.PASSED)
        self.passed = set(passed.values_list("round", "rank"))

    def tours(self) -> list[RoadTour]:
        return [self._tour(one) for one in self.rounds]

    def _tour(self, one: Round) -> RoadTour:
        told = one.detail
        known = [self.lines[pk] for stop in told["stops"] for pk in stop["commitments"] if pk in self.lines]
        families = {line.commitment.product.family for line in known}
        limit = limits(self.today)[kind_of(families, OF_A_LOAD)]
        return RoadTour(
            one.id, told["vehicle"]["name"], clock(told["loads"]), clock(told["returns"]), told["travel"],
            f"{limit.label}\u202f: {limit.said}",
            [self._stop(one, rank) for rank, _ in enumerate(told["stops"], 1)],
        )  # fmt: skip

    def _stop(self, one: Round, rank: int) -> RoadStop:
        told = one.detail["stops"][rank - 1]
        door = told["place"], told["receiver"]
        collects = told.get("collects", False)
        place, customer = self.places[door[0]], self.customers[door[1]]
        due = None if collects else self.due.get(door)
        last = self.last[*door, collects]
        lines = [self.lines[pk] for pk in told["commitments"] if pk in self.lines]
        waiting = [line for line in lines if line.state in DUE]
        elsewhere = last != (one.id, rank)
        relay = told.get("relay", "")
        return RoadStop(
            rank=rank,
            name=f"À bord de {relay}" if relay else customer.name,
            place=", ".join(filter(None, (place.name, place.commune.name if place.commune else ""))),
            position=f"{place.latitude},{place.longitude}" if place.latitude is not None else "",
            phone=customer.phone,
            hours=due.hours if due else told.get("hours", ""),
            expected=clock(told["arrives"]),
            crates=told["crates"],
            part=RELAYED if relay else self._part(last) if elsewhere else "",
            ready=due is None or due.ready,
            done=told.get("done", False) or (one.id, rank) in self.passed or not (waiting or relay),
            collects=collects,
            lines=[] if elsewhere else [self._line(line, due) for line in waiting],
        )

    def _part(self, last: Rank) -> str:
        told = next(one.detail for one in self.rounds if one.id == last[0])
        vehicle, at = told["vehicle"]["name"], clock(told["stops"][last[1] - 1]["arrives"])
        return f"Une partie de la commande\u202f: le reste vient avec {vehicle}, vers {at}."

    def _line(self, line: CommitmentLine, due: Stop | None) -> RoadLine:
        c = line.commitment
        filled = due.filled.get(c.pk) if due else None
        words = [due.pieces.get(c.pk, "") if due else ""]
        if filled is not None:
            words.append(f"prévu\u202f: {format_quantity(Quantity(line.remaining, Unit(c.product.unit)))}")
        return RoadLine(
            c.pk, c.product.name, Unit(c.product.unit).symbol, line.remaining if filled is None else filled,
            " · ".join(filter(None, words)), self.lots.get((c.process_id, c.product_id), []),
        )  # fmt: skip


def last_visits(rounds: Iterable[Round]) -> dict[tuple[int, int, bool], Rank]:
    """By door, to leave or to take, the last visit: the one that writes what was handed over."""
    visits = sorted(
        (stop["arrives"], one.id, rank, (stop["place"], stop["receiver"], stop.get("collects", False)))
        for one in rounds
        for rank, stop in enumerate(one.detail["stops"], 1)
    )
    return {door: (round_id, rank) for _, round_id, rank, door in visits}


def _lots(lines: Iterable[CommitmentLine]) -> Mapping[tuple[int | None, int], list[str]]:
    """« 12 kg du lot 26-48-03 », by delivery and product, of what was picked. Two queries."""
    left = picked({line.commitment.process_id for line in lines if line.commitment.process_id})
    rows = Lot.objects.filter(pk__in={lot for _, lot in left}).order_by("keeps_until", "pk")
    found: dict[tuple[int | None, int], list[str]] = defaultdict(list)
    for lot, product, code, unit in rows.values_list("pk", "product", "code", "product__unit"):
        for (process, of), quantity in left.items():
            if of == lot:
                said = format_quantity(Quantity(quantity, Unit(unit)))
                found[process, product].append(f"{said} du lot {code}")
    return found


def noted(ecopole: Ecopole, today: date) -> list[StopNote]:
    """What was noted on the road today, pictures named and not read: the latest first. One query."""
    start = datetime.combine(today, time(), get_current_timezone())
    rows = StopNote.objects.filter(
        ecopole=ecopole, occurred_at__gte=start, occurred_at__lt=start + timedelta(days=1)
    )
    told = {
        f"has_{name}": ExpressionWrapper(Q(**{f"{name}__isnull": False}), output_field=BooleanField())
        for name in ("photo", "signature")
    }
    rows = rows.select_related("customer", "recorded_by").defer("photo", "signature").annotate(**told)
    return list(rows.exclude(kind=StopKind.PASSED).order_by("-occurred_at", "-pk"))
