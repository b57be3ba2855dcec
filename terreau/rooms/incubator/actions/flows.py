"""What a test does, written in the ledger: harvests, sales, hours, commitments, support.

Until the person is registered, the couveuse owns what is grown and sells it: the lot says who grew it. Each
fact is under the agreement of the contract in force that day: a test's books are read from there.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from terreau.ledger.actions import Entry, NewLot, NewProcess, new_lots, open_processes, record
from terreau.ledger.answers import first_time
from terreau.ledger.effects import Action
from terreau.ledger.models import Event, Lot, Process, ProcessKind
from terreau.ledger.queries import stock
from terreau.ledger.shelf import Shelf, ShelfIsShort
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.split import split_money
from terreau.rooms.incubator.actions.contracts import refuse
from terreau.rooms.incubator.models import Loan, Project, StepKind
from terreau.rooms.incubator.products import ADVICE, CLOSING, COMMITMENT, FEE, HOURS, TRAINING
from terreau.rooms.incubator.queries.books import book
from terreau.rooms.incubator.queries.contracts import Contracts, ceiling
from terreau.rooms.incubator.queries.people import sells_alone
from terreau.rooms.incubator.refusals import IncubatorRefused
from terreau.rooms.incubator.rules.contracts import status
from terreau.territory.hand import Hand
from terreau.territory.models import Agent, Place, PlaceKind, Product

STORES = (PlaceKind.DOOR, PlaceKind.COLD, PlaceKind.AMBIENT, PlaceKind.DOCK, PlaceKind.DEPOT)


@dataclass(frozen=True)
class HarvestLine:
    loan: Loan
    product: Product
    quantity: Decimal
    on: date


@dataclass(frozen=True)
class SaleLine:
    customer: Agent
    product: Product
    quantity: Decimal
    price: Money
    on: date


@dataclass(frozen=True)
class HourLine:
    hours: Decimal
    on: date
    crop: Product | None = None
    note: str = ""


def refuse_closed(project: Project) -> None:
    """Once the person has left, the books are settled: nothing is added to them, be it of an earlier day."""
    gone = project.steps.filter(kind=StepKind.LEFT).values_list("on", flat=True).first()
    if gone:
        raise IncubatorRefused(
            f"{project}\u202f: le test est clos depuis le {format_date(gone)}, son solde est arrêté. "
            "Ce qui a été oublié se règle entre la personne et la couveuse, hors du test.",
            "on",
        )


class _Test:
    """A test as its facts are written: who it is, whose its goods are on a day, under which agreement."""

    def __init__(self, project: Project):
        if project.agent is None:
            raise IncubatorRefused(f"{project} n’est pas encore accepté\u202f: acceptez-le d’abord.")
        refuse_closed(project)
        self.project, self.agent = project, project.agent
        self.contracts = Contracts(project)
        self._alone_since = sells_alone(project)

    def owner(self, day: date) -> int:
        """Who owns and sells that day: the couveuse, or the person once registered or by their status."""
        alone = self._alone_since is not None and day >= self._alone_since
        said = status(self.contracts.on(day).status, day)
        return self.agent.pk if alone or said["seller"] == "tester" else self.project.incubator_id

    def agreement(self, day: date) -> int | None:
        return self.contracts.on(day).agreement_id

    def crops(self, wanted: Iterable[tuple[Product, int]]) -> dict[tuple[int, int], int]:
        """What groups the facts of a crop in a year: its process, by product and year."""
        pairs = list(dict.fromkeys((product, year) for product, year in wanted))
        opened: list[Process] = open_processes(
            ecopole=self.project.ecopole,
            processes=[
                NewProcess(
                    kind=ProcessKind.OTHER, key=f"test-crop:{self.project.pk}:{product.pk}:{year}",
                    label=f"{product} {year} · {self.project}", agent_id=self.agent.pk,
                    detail={"product": product.pk},
                )
                for product, year in pairs
            ],
        )  # fmt: skip
        return {(p.pk, year): row.pk for (p, year), row in zip(pairs, opened, strict=True)}


def _refuse_line(product: Product | None, quantity: Decimal, on: date, hand: Hand) -> None:
    name = f"{product}\u202f: " if product else ""
    if quantity <= 0:
        raise IncubatorRefused(f"{name}saisissez une quantité au-dessus de 0.", "quantity")
    if on > hand.day:
        raise IncubatorRefused(f"{name}le {format_date(on)} n’est pas encore venu. Corrigez la date.", "on")


@transaction.atomic
def harvest(*, project: Project, lines: Sequence[HarvestLine], hand: Hand) -> list[Event]:
    """Lots of the person's own making, of the status of the bed, in store at the couveuse."""
    if (known := first_time(ecopole=project.ecopole, key=hand.key)) is not None:
        return known
    test = _Test(project)
    for line in lines:
        _refuse_line(line.product, line.quantity, line.on, hand)
        if line.loan.project_id != project.pk or not line.loan.starts_on <= line.on <= line.loan.ends_on:
            raise IncubatorRefused(
                f"{line.loan.place}\u202f: aucun prêt à {project} le {format_date(line.on)}. "
                "Choisissez une planche prêtée ce jour-là.",
                "loan",
            )
    store = _store(project.incubator)
    codes = _Codes(project, [line.on for line in lines])
    lots = new_lots(
        ecopole=project.ecopole,
        lots=[
            NewLot(
                line.product, test.agent.pk, line.loan.quality, hand.when(line.on), f"{hand.key}:{n}",
                code=codes.next_for(line), origin_id=line.loan.place_id,
                keeps_until=line.product.keeps_until(line.on),
            )
            for n, line in enumerate(lines)
        ],
    )  # fmt: skip
    crops = test.crops((line.product, line.on.year) for line in lines)
    entries = [
        Entry(
            Action.PRODUCE, test.agent.pk, test.owner(line.on), line.product.pk, line.quantity,
            Unit(line.product.unit), f"{hand.key}:{n}", hand.when(line.on), lot=lot, to_place_id=store.pk,
            process_id=crops[line.product.pk, line.on.year], agreement_id=test.agreement(line.on),
        )
        for n, (line, lot) in enumerate(zip(lines, lots, strict=True))
    ]  # fmt: skip
    return record(ecopole=project.ecopole, entries=entries, recorded_by=hand.by, recorded_at=hand.at)


def _store(agent: Agent) -> Place:
    """Where goods are put down: the first place of an actor that is not a field."""
    place = Place.objects.filter(agent=agent, kind__in=STORES).order_by("id").first()
    if place is None:
        raise IncubatorRefused(f"{agent} n’a pas de lieu où poser la récolte. Ajoutez-en un dans Territoire.")
    return place


class _Codes:
    """« MEN-26328-CAR-01 »: the test's mark, the day, three letters of the product, a number."""

    def __init__(self, project: Project, days: Sequence[date]):
        self.prefix = project.prefix
        self._last: dict[str, int] = defaultdict(int)
        around = (min(days) - timedelta(days=1), max(days) + timedelta(days=1))
        made = Lot.objects.filter(producer=project.agent_id, born_at__date__range=around)
        for code in made.values_list("code", flat=True):
            stem, _, number = code.rpartition("-")
            self._last[stem] = max(self._last[stem], int(number) if number.isdecimal() else 0)

    def next_for(self, line: HarvestLine) -> str:
        letters = "".join(letter for letter in line.product.code.upper() if letter.isalnum())[:3]
        stem = f"{self.prefix}-{line.on:%y%j}-{letters}"
        self._last[stem] += 1
        return f"{stem}-{self._last[stem]:02}"


@transaction.atomic
def sell(*, project: Project, lines: Sequence[SaleLine], hand: Hand) -> list[Event]:
    """Handed over to a customer at its price, the first to expire first; the couveuse is owed its share."""
    if (known := first_time(ecopole=project.ecopole, key=hand.key)) is not None:
        return known
    test = _Test(project)
    for line in lines:
        _refuse_line(line.product, line.quantity, line.on, hand)
        if line.price < Money(0):
            raise IncubatorRefused(f"{line.product}\u202f: saisissez un prix, ou 0 pour un don.", "price")
    shelves: dict[int, Shelf] = {}
    crops = test.crops((line.product, line.on.year) for line in lines)
    places = _doors({line.customer.pk for line in lines})
    fee = Product.objects.get(code=FEE)
    entries: list[Entry] = []
    for n, line in enumerate(lines):
        seller = test.owner(line.on)
        if seller not in shelves:
            shelves[seller] = _shelf(test, seller)
        common: dict[str, Any] = {
            "process_id": crops[line.product.pk, line.on.year], "agreement_id": test.agreement(line.on),
        }  # fmt: skip
        entries += _handed(line, seller, shelves[seller], places, hand, f"{hand.key}:{n}", common)
        due = line.price.times(test.contracts.on(line.on).fee_percent / 100)
        if due:
            entries.append(Entry(
                Action.WORK, project.incubator_id, test.agent.pk, fee.pk, Decimal(1), Unit(fee.unit),
                f"{hand.key}:{n}:fee", hand.when(line.on), price=due, **common,
            ))  # fmt: skip
    return record(ecopole=project.ecopole, entries=entries, recorded_by=hand.by, recorded_at=hand.at)


def _shelf(test: _Test, seller: int) -> Shelf:
    held = stock(test.project.ecopole, holder=seller)
    return Shelf(line for line in held if line.lot.producer_id == test.agent.pk)


def _doors(customers: set[int]) -> dict[int, list[Place]]:
    found: dict[int, list[Place]] = defaultdict(list)
    for place in Place.objects.filter(agent__in=customers, kind__in=STORES).order_by("id"):
        found[place.agent_id].append(place)
    return found


def _handed(
    line: SaleLine, seller: int, shelf: Shelf, places: dict[int, list[Place]], hand: Hand, key: str,
    common: dict[str, Any],
) -> list[Entry]:  # fmt: skip
    """Lot by lot; the price of the line is shared by weight, to the cent."""
    if not places[line.customer.pk]:
        raise IncubatorRefused(
            f"{line.customer} n’a pas de lieu où livrer. Ajoutez-en un dans Territoire.", "customer"
        )
    stores = {place.kind: place for place in reversed(places[line.customer.pk])}
    to = stores.get(line.product.storage, places[line.customer.pk][0])
    try:
        taken = shelf.take(line.product, line.quantity)
    except ShelfIsShort as short:
        raise IncubatorRefused(str(short), "quantity") from short
    shares = split_money(line.price, [part for _, part in taken])
    return [
        Entry(
            Action.TRANSFER, seller, line.customer.pk, line.product.pk, part, Unit(line.product.unit),
            f"{key}:{m}", hand.when(line.on), lot=held.lot, from_place_id=held.place.pk, to_place_id=to.pk,
            price=share, **common,
        )
        for m, ((held, part), share) in enumerate(zip(taken, shares, strict=True))
    ]  # fmt: skip


@transaction.atomic
def work(*, project: Project, lines: Sequence[HourLine], hand: Hand) -> list[Event]:
    """Hours of the person, on a crop or on all of it."""
    if (known := first_time(ecopole=project.ecopole, key=hand.key)) is not None:
        return known
    test, product = _Test(project), Product.objects.get(code=HOURS)
    for line in lines:
        _refuse_line(line.crop, line.hours, line.on, hand)
    crops = test.crops((line.crop, line.on.year) for line in lines if line.crop)
    entries = [
        Entry(
            Action.WORK, test.agent.pk, test.owner(line.on), product.pk, line.hours, Unit.HOUR,
            f"{hand.key}:{n}", hand.when(line.on), note=line.note, agreement_id=test.agreement(line.on),
            process_id=crops[line.crop.pk, line.on.year] if line.crop else None,
        )
        for n, line in enumerate(lines)
    ]  # fmt: skip
    return record(ecopole=project.ecopole, entries=entries, recorded_by=hand.by, recorded_at=hand.at)


@transaction.atomic
def commit(
    *, project: Project, supplier: str, what: str, amount: Money, on: date, hand: Hand,
    crop: Product | None = None,
) -> list[Event]:  # fmt: skip
    """A commitment to a third party, that the couveuse answers for: never beyond the contract's ceiling."""
    if (known := first_time(ecopole=project.ecopole, key=hand.key)) is not None:
        return known
    test, product = _Test(project), Product.objects.get(code=COMMITMENT)
    _refuse_line(crop, amount.euros, on, hand)
    if (standing := ceiling(test.contracts.on(on))) is not None:
        refuse(standing.after(amount))
    crops = test.crops([(crop, on.year)] if crop else [])
    entry = Entry(
        Action.WORK, project.incubator_id, test.agent.pk, product.pk, amount.euros, Unit.EURO,
        f"{hand.key}:0", hand.when(on), price=amount, note=f"{supplier}\u202f: {what}"[:500],
        agreement_id=test.agreement(on), process_id=crops[crop.pk, on.year] if crop else None,
    )  # fmt: skip
    return record(ecopole=project.ecopole, entries=[entry], recorded_by=hand.by, recorded_at=hand.at)


def close_books(project: Project, on: date, hand: Hand) -> list[Event]:
    """At the exit, who owes the other pays: the last entry of the test, of the balance of all its contracts.

    A payment, not a sale: it has an amount in euros, and no price.
    """
    contracts = Contracts(project)
    if project.agent is None or not contracts.signed:
        return []
    balance = book(project, contracts.signed[0].starts_on, hand.day).balance
    if not balance:
        return []
    payer, paid = project.incubator_id, project.agent.pk
    if balance < Money(0):
        payer, paid = paid, payer
    last = next((row for row in reversed(contracts.signed) if row.starts_on <= on), contracts.signed[0])
    entry = Entry(
        Action.WORK, payer, paid, Product.objects.get(code=CLOSING).pk, abs(balance.euros), Unit.EURO,
        f"{hand.key}:closing", hand.when(on), agreement_id=last.agreement_id,
        note="clôture du test\u202f: solde de tous ses contrats",
    )  # fmt: skip
    return record(ecopole=project.ecopole, entries=[entry], recorded_by=hand.by, recorded_at=hand.at)


@transaction.atomic
def support(
    *, project: Project, training: bool, topic: str, hours: Decimal, on: date, hand: Hand
) -> list[Event]:
    """Hours given to the person: advice, or training."""
    if (known := first_time(ecopole=project.ecopole, key=hand.key)) is not None:
        return known
    test, product = _Test(project), Product.objects.get(code=TRAINING if training else ADVICE)
    _refuse_line(None, hours, on, hand)
    entry = Entry(
        Action.WORK, project.incubator_id, test.agent.pk, product.pk, hours, Unit.HOUR, f"{hand.key}:0",
        hand.when(on), note=topic, agreement_id=test.agreement(on),
    )  # fmt: skip
    return record(ecopole=project.ecopole, entries=[entry], recorded_by=hand.by, recorded_at=hand.at)
