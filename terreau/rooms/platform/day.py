"""The platform's day: what arrives, what is picked, what leaves, what is lost; late first, coming last."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal

from django.db.models import Q

from terreau.ledger.models import Commitment
from terreau.ledger.proposals import PROPOSED, unsettled
from terreau.ledger.queries import CommitmentLine, State, StockLine, commitments
from terreau.measures.french import format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.platform.behind import Orders
from terreau.rooms.platform.deposits import for_sale, given
from terreau.rooms.platform.dock import around
from terreau.rooms.platform.rounds import Door, Visit, published
from terreau.rooms.platform.stops import nearest_first
from terreau.territory.models import Agent, Ecopole, Place, PlaceKind, ProductFamily

DUE = (State.OPEN, State.PARTLY_MET)
STORES = (PlaceKind.COLD, PlaceKind.AMBIENT)


def window(after: time | None, before: time | None) -> str:
    """« 7 h 30 – 10 h 30 », or the one bound that is known."""
    said = [f"{at.hour}\u00a0h\u00a0{at.minute:02}" if at else "" for at in (after, before)]
    if all(said):
        return " – ".join(said)
    return f"après {said[0]}" if said[0] else f"avant {said[1]}" if said[1] else ""


@dataclass(frozen=True)
class Group:
    """Lines answered in one gesture: what a farm brings, what a customer is given."""

    id: int
    name: str
    day: date
    lines: list[CommitmentLine]


@dataclass(frozen=True)
class Suggestion:
    """The lots to take for a line, first expired first, and what is missing."""

    parts: list[tuple[StockLine, Decimal]]
    missing: Decimal

    def said(self, unit: Unit) -> str:
        taken = [
            f"{format_quantity(Quantity(part, unit))} du lot {line.lot.code} ({line.place.name})"
            for line, part in self.parts
        ]
        if self.missing:
            taken.append(f"il manque {format_quantity(Quantity(self.missing, unit))} en réserve")
        return " · ".join(taken)


@dataclass(frozen=True)
class Stop:
    """A door where something is left; `filled` holds, by line, what was picked otherwise than planned.

    `pieces`: « 6 pièces », by line, empty for what is ordered in kilos.
    """

    customer: Agent
    place: Place | None
    day: date
    lines: list[CommitmentLine]
    after: time | None
    before: time | None
    ready: bool
    filled: dict[int, Decimal]
    pieces: dict[int, str]
    km: float | None = None
    # Its place in the published rounds of that day, if it has one.
    visit: Visit | None = None

    @property
    def expected(self) -> str:
        """« Fourgon froid, vers 8 h 30 »."""
        return f"{self.visit.vehicle}, vers {self.visit.expected}" if self.visit else ""

    @property
    def hours(self) -> str:
        return window(self.after, self.before)


@dataclass(frozen=True)
class Promises:
    """Every line that concerns the platform around a day, by gesture; those done are among them.

    `ahead`: the deliveries still due beyond the days that were asked.
    """

    arrivals: list[CommitmentLine]
    picks: list[CommitmentLine]
    deliveries: list[CommitmentLine]
    compost: list[CommitmentLine]
    ahead: set[int]

    @property
    def awaited(self) -> set[int]:
        """The deliveries around the day that wait for what was picked for them."""
        due = {line.commitment.process_id for line in still_due(self.deliveries)}
        return {process for process in due | self.ahead if process}


def promises(
    ecopole: Ecopole, platform: Agent, today: date, *actions: str, until: date | None = None
) -> Promises:
    """Up to a day, or as far as is shown; `actions` narrows what is read: transfer, move, lower."""
    first, last = around(today)
    until = until or last
    # Beside an OR, SQLite reads the bounds of a day range in the index only when they are two conditions.
    concerned = Commitment.objects.filter(
        ~PROPOSED,  # what awaits somebody’s yes is no delivery
        Q(provider=platform) | Q(receiver=platform),
        ecopole=ecopole,
        due_on__gte=first,
        due_on__lte=last,
        action__in=actions or ("transfer", "move", "lower"),
    )
    # Of the days before, only what is late, with the picking of the deliveries that are.
    late, ahead = set(), set()
    away = unsettled(concerned.filter(Q(due_on__lt=today) | Q(due_on__gt=until)))
    for pk, process, day, action, provider in away.values_list(
        "pk", "process", "due_on", "action", "provider"
    ):
        if day < today:
            late.add((pk, process))
        elif action == "transfer" and provider == platform.pk:
            ahead.add(process)
    shown = Q(due_on__gte=today) | Q(pk__in=[pk for pk, _ in late])
    shown |= Q(process__in={process for _, process in late if process})
    found = Promises([], [], [], [], ahead)
    for line in commitments(ecopole, among=concerned.filter(shown, due_on__lte=until)):
        c = line.commitment
        if line.state is State.CANCELLED:
            continue
        if c.action == "transfer":
            (found.arrivals if c.receiver_id == platform.pk else found.deliveries).append(line)
        else:
            (found.picks if c.action == "move" else found.compost).append(line)
    return found


def still_due(lines: Iterable[CommitmentLine]) -> list[CommitmentLine]:
    return [line for line in lines if line.state in DUE]


def arrivals(lines: Iterable[CommitmentLine], today: date) -> tuple[list[Group], list[Group]]:
    """By farm: what is awaited now, late lines included, and what comes on the days after."""
    now: dict[tuple[date, int], list[CommitmentLine]] = defaultdict(list)
    for line in still_due(lines):
        now[max(line.commitment.due_on, today), line.commitment.provider_id].append(line)
    groups = [
        Group(farm_id, found[0].commitment.provider.name, day, found) for (day, farm_id), found in now.items()
    ]
    groups.sort(key=lambda group: (group.day, group.name))
    return _split(groups, today)


def picking(lines: Iterable[CommitmentLine], orders: Orders, today: date) -> tuple[list[Group], list[Group]]:
    """By customer and day; a line that belongs to no delivery stands with those like it."""
    by_process: dict[tuple[date, int], list[CommitmentLine]] = defaultdict(list)
    for line in still_due(lines):
        by_process[line.commitment.due_on, line.commitment.process_id or 0].append(line)
    groups = [
        Group(process_id, orders.picked_for(process_id), day, found)
        for (day, process_id), found in by_process.items()
    ]
    groups.sort(key=lambda group: (group.day, group.name))
    return _split(groups, today)


def _split(groups: list[Group], today: date) -> tuple[list[Group], list[Group]]:
    return [g for g in groups if g.day <= today], [g for g in groups if g.day > today]


def suggestions(stocked: Iterable[StockLine], wanted: Iterable[CommitmentLine]) -> dict[int, Suggestion]:
    """Lots for every line in turn: what the first one takes, the next one does not see.

    What farms left to be sold goes to orders, not to gifts.
    """
    lines = list(wanted)
    gifts = given(line.commitment for line in lines)
    shelves: dict[int, list[StockLine]] = defaultdict(list)
    for line in for_sale(stocked):
        if line.usable and line.place.kind in STORES:
            shelves[line.product.pk].append(line)
    taken: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    found = {}
    for asked in lines:
        missing, parts, c = asked.remaining, [], asked.commitment
        for line in shelves[c.product_id]:
            if line.owner and (c.process_id, c.product_id) in gifts:
                continue
            here = (line.lot.pk, line.place.pk)
            part = min(line.quantity - taken[here], missing)
            if part > 0:
                parts.append((line, part))
                taken[here] += part
                missing -= part
        found[c.pk] = Suggestion(parts, missing)
    return found


def stops(ecopole: Ecopole, promised: Promises, today: date) -> tuple[list[Stop], list[Stop]]:
    """Today's round, late stops included, as it was published; then the next days.

    What is in no published round comes after, each door the nearest to the one before.
    """
    by_door: dict[tuple[date, int, int], list[CommitmentLine]] = defaultdict(list)
    for line in still_due(promised.deliveries):
        c = line.commitment
        by_door[max(c.due_on, today), c.to_place_id or 0, c.receiver_id].append(line)
    orders = Orders(ecopole, [line.commitment for found in by_door.values() for line in found])
    picked = _Picked(promised)
    days: dict[date, list[Stop]] = defaultdict(list)
    for (day, _, _), found in by_door.items():
        first = found[0].commitment
        days[day].append(
            Stop(
                first.receiver,
                first.to_place,
                day,
                found,
                *orders.window(first.receiver_id, first.due_on),
                ready=all(picked.settled(line) for line in found),
                filled={line.commitment.pk: picked.left(line) for line in found if picked.differs(line)},
                pieces={line.commitment.pk: orders.pieces(line.commitment) for line in found},
            )
        )
    docks = [found[0].commitment.from_place for found in by_door.values()]
    here = (docks[0] if docks else None) or Place()
    rounds = published(ecopole, list(days))
    ordered = [stop for day in sorted(days) for stop in _in_order(here, days[day], rounds)]
    return [s for s in ordered if s.day <= today], [s for s in ordered if s.day > today]


def _in_order(here: Place, stops: list[Stop], rounds: Mapping[Door, Visit]) -> Iterator[Stop]:
    rest = []
    planned: list[tuple[Visit, Stop]] = []
    for stop in stops:
        visit = rounds.get((stop.day, stop.place.pk if stop.place else 0, stop.customer.pk))
        if visit:
            planned.append((visit, stop))
        else:
            rest.append(stop)
    for visit, stop in sorted(planned, key=lambda pair: pair[0].rank):
        yield replace(stop, km=visit.km, visit=visit)
    for stop, km in nearest_first(here, rest, lambda stop: stop.place or Place()):
        yield replace(stop, km=km)


class _Picked:
    """What was picked for each delivery and waits for it; baskets come from packing, and are not picked."""

    def __init__(self, promised: Promises):
        self._left: dict[tuple[int | None, int], Decimal] = defaultdict(Decimal)
        self._open: set[tuple[int | None, int]] = set()
        for line in promised.picks:
            self._left[self._key(line)] += line.fulfilled
            if line.state in DUE:
                self._open.add(self._key(line))
        for line in promised.deliveries:
            self._left[self._key(line)] -= line.fulfilled

    def _key(self, line: CommitmentLine) -> tuple[int | None, int]:
        return line.commitment.process_id, line.commitment.product_id

    def settled(self, line: CommitmentLine) -> bool:
        return self._key(line) not in self._open

    def left(self, line: CommitmentLine) -> Decimal:
        return max(self._left[self._key(line)], Decimal(0))

    def differs(self, line: CommitmentLine) -> bool:
        """Picked otherwise than planned: what is on the dock is what is handed over."""
        basket = line.commitment.product.family == ProductFamily.BASKET
        return not basket and self.settled(line) and self.left(line) != line.remaining
