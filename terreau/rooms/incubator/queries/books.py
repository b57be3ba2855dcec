"""A test's books: every line of the ledger under its contracts, and what they come to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from terreau.ledger.effects import Action
from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.measures.money import Money
from terreau.measures.periods import last_day
from terreau.rooms.incubator.models import Contract, Project
from terreau.rooms.incubator.products import ADVICE, CLOSING, COMMITMENT, FEE, HOURS, MACHINE, TRAINING, WATER
from terreau.territory.clock import moment
from terreau.territory.models import Product

NONE, ZERO = Money(0), Decimal(0)
DAY = timedelta(days=1)
HARVEST, SALE = "harvest", "sale"
LABELS = {
    HARVEST: "Récolte", SALE: "Vente", HOURS: "Heures", ADVICE: "Accompagnement", TRAINING: "Formation",
    FEE: "Redevance", COMMITMENT: "Engagement", WATER: "Eau", MACHINE: "Machine", CLOSING: "Clôture",
}  # fmt: skip
CHARGES = (FEE, COMMITMENT, WATER, MACHINE)


@dataclass(frozen=True, slots=True)
class BookLine:
    """A fact of a test. `crop`: the product it is counted under, if any; `who`: the customer of a sale, or
    who is paid when a test is closed."""

    kind: str
    day: date
    product: str
    crop: int | None
    quantity: Decimal
    unit: str
    price: Money
    who: str
    note: str

    @property
    def label(self) -> str:
        return LABELS[self.kind]

    @property
    def signed(self) -> Money:
        """What it adds to the balance owed to the person, or takes from it."""
        return self.price if self.kind == SALE else -self.price


@dataclass
class CropBook:
    """A crop, or what is not of one crop: kilos, sales, hours, charges."""

    name: str
    unit: str = ""
    harvested: Decimal = ZERO
    sold: Decimal = ZERO
    sales: Money = NONE
    hours: Decimal = ZERO
    charges: Money = NONE

    @property
    def margin(self) -> Money:
        return self.sales - self.charges

    @property
    def per_hour(self) -> Money | None:
        return self.margin.times(1 / self.hours) if self.hours else None


@dataclass(frozen=True)
class Book:
    """From one day to another, both included."""

    lines: tuple[BookLine, ...]
    names: dict[int, tuple[str, str]] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[BookLine]:
        return [line for line in self.lines if line.kind in kinds]

    def total(self, *kinds: str) -> Money:
        return sum((line.price for line in self.of(*kinds)), NONE)

    @property
    def sales(self) -> Money:
        return self.total(SALE)

    @property
    def charges(self) -> Money:
        return self.total(*CHARGES)

    @property
    def fee(self) -> Money:
        return self.total(FEE)

    @property
    def balance(self) -> Money:
        """What the couveuse owes the person, or the person the couveuse if negative."""
        return self.sales - self.charges

    @property
    def closed_on(self) -> date | None:
        """The day the balance was settled for good, at the exit of the test."""
        return next((line.day for line in self.of(CLOSING)), None)

    @property
    def hours(self) -> Decimal:
        return sum((line.quantity for line in self.of(HOURS)), ZERO)

    @property
    def support(self) -> Decimal:
        return sum((line.quantity for line in self.of(ADVICE, TRAINING)), ZERO)

    def crops(self) -> dict[int | None, CropBook]:
        """By product; None is what is of no one crop."""
        found: dict[int | None, CropBook] = {}
        for line in self.lines:
            crop = found.get(line.crop) or found.setdefault(line.crop, self._named(line.crop))
            if line.kind == HARVEST:
                crop.harvested += line.quantity
            elif line.kind == SALE:
                crop.sold += line.quantity
                crop.sales += line.price
            elif line.kind == HOURS:
                crop.hours += line.quantity
            elif line.kind in CHARGES:
                crop.charges += line.price
        return found

    def _named(self, crop: int | None) -> CropBook:
        return CropBook("Toutes cultures") if crop is None else CropBook(*self.names[crop])

    def by_month(self) -> dict[int, Money]:
        """What each month adds to the balance, by its number."""
        found: dict[int, Money] = defaultdict(lambda: NONE)
        for line in self.lines:
            found[line.day.month] += line.signed
        return found

    def sales_by_month(self) -> dict[int, Money]:
        found: dict[int, Money] = defaultdict(lambda: NONE)
        for line in self.of(SALE):
            found[line.day.month] += line.price
        return found


def book(project: Project, first: date, last: date) -> Book:
    """Two queries, however long."""
    since, until = (moment(day) for day in (first, last + DAY))
    agreements = Contract.objects.filter(project=project, agreement__isnull=False).values("agreement")
    rows = Event.objects.filter(
        STANDING, agreement__in=agreements, occurred_at__gte=since, occurred_at__lt=until
    )
    told = rows.order_by("occurred_at", "id").values_list(
        "action", "product__code", "occurred_at", "product__name", "process__detail", "quantity",
        "product__unit", "price", "receiver__name", "note",
    )  # fmt: skip
    lines = [_line(*row) for row in told]
    crops = {line.crop for line in lines if line.crop is not None}
    named = Product.objects.filter(pk__in=crops).values_list("pk", "name", "unit") if crops else ()
    return Book(tuple(lines), {pk: (name, unit) for pk, name, unit in named})


KINDS: dict[str, str] = {Action.PRODUCE: HARVEST, Action.TRANSFER: SALE}


def _line(
    action: str, code: str, at: datetime, name: str, detail: dict[str, int] | None,
    quantity: Decimal, unit: str, price: Money | None, who: str, note: str,
) -> BookLine:  # fmt: skip
    kind = KINDS.get(action, code)
    return BookLine(
        kind, timezone.localtime(at).date(), name, (detail or {}).get("product"), quantity, unit,
        price or NONE, who if kind in (SALE, CLOSING) else "", note,
    )  # fmt: skip


def years_of(project: Project, today: date) -> list[int]:
    """From the first contract, or this year, to the last year planned: the latest first. Two queries."""
    planned = project.crops.order_by().values_list("year", flat=True).distinct()
    begun = project.contracts.order_by().values_list("starts_on", flat=True)
    known = {today.year, *planned, *(day.year for day in begun)}
    return list(range(max(known), min(known) - 1, -1))


def stock_left(lines: Iterable[BookLine]) -> dict[str, Decimal]:
    """Harvested and not sold yet, by product."""
    left: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.kind in (HARVEST, SALE):
            left[line.product] += line.quantity if line.kind == HARVEST else -line.quantity
    return {name: amount for name, amount in left.items() if amount}


@dataclass(frozen=True)
class Term:
    """A period of account, as often as the contract says; its statement is settled once it is over."""

    first: date
    last: date
    over: bool


def terms_of(contract: Contract, today: date) -> list[Term]:
    """Those begun."""
    found, first, number = [], contract.starts_on, 0
    while first <= min(contract.last_day, today):
        number += 1
        last = min(last_day(contract.starts_on, contract.accounting_months * number), contract.last_day)
        found.append(Term(first, last, last < today))
        first = last + DAY
    return found
