"""What pages and other storeys may ask of invoices."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT
from django.utils.timezone import localtime

from terreau.billing.closing import month_end, month_of
from terreau.billing.documents import names
from terreau.billing.lines import BESIDE, SHARED, TRADES, Due, ToBill, Trade, issuers, to_bill
from terreau.billing.models import (
    Closing,
    Customer,
    Invoice,
    InvoiceLine,
    Issuer,
    Means,
    Return,
    StatementEntry,
)
from terreau.billing.owed import unpaid
from terreau.billing.payers import baskets
from terreau.formats.invoice.values import Kind
from terreau.measures.money import Money, added
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, acting_for
from terreau.territory.models import Agent, Ecopole

NOTHING = Money(0)


@dataclass(frozen=True, slots=True)
class TradeLine:
    """Under a heading: how many payers, deliveries, and for how much, as prices are said."""

    label: str
    payers: int
    lines: int
    amount: Money
    with_vat: bool


@dataclass(frozen=True)
class Month:
    """What a month still has to bill. `corrected`: lines to take back; `unsettled`: who said no settings."""

    first: date
    trades: tuple[TradeLine, ...]
    documents: int
    corrected: int
    unsettled: tuple[str, ...]

    @property
    def left(self) -> int:
        return self.documents + self.corrected


def month(ecopole: Ecopole, first: date) -> Month:
    last = month_end(first)
    found = to_bill(ecopole, first, last, told=baskets(ecopole, first, last))
    silent = Agent.objects.filter(pk__in=found.unsettled).order_by("name").values_list("name", flat=True)
    documents = {(due.seller_id, due.payer_id, due.with_vat, due.is_ahead, due.cape) for due in found.new}
    return Month(first, _trades(found), len(documents), len(found.wrong), tuple(silent))


def _trades(found: ToBill) -> tuple[TradeLine, ...]:
    told, by_trade = [], defaultdict(list)
    for due in found.new:
        by_trade[due.trade].append(due)
    for trade, label in TRADES.items():
        if dues := by_trade[trade]:
            payers = {(due.seller_id, due.payer_id) for due in dues}
            whole = Money(sum(due.amount.cents for due in dues))
            with_vat = trade in (Trade.MEMBERS, Trade.PAYERS)
            told.append(TradeLine(label, len(payers), len(dues), whole, with_vat))
    return tuple(told)


@dataclass(frozen=True, slots=True)
class Payer:
    """What somebody is billed of a month; `wrong`: something billed before is taken back first."""

    pk: int
    name: str
    what: str
    amount: Money
    wrong: bool

    def answers(self, text: str) -> bool:
        """Sought by name or heading."""
        return text.casefold() in f"{self.name} {self.what}".casefold()


def payers(ecopole: Ecopole, first: date) -> list[Payer]:
    """Whoever is to be billed of a month, by name."""
    last = month_end(first)
    found = to_bill(ecopole, first, last, told=baskets(ecopole, first, last))
    dues: dict[int, list[Due]] = defaultdict(list)
    for due in found.new:
        dues[due.payer_id].append(due)
    wrong = {one.thing[-1] for one in found.wrong}
    rows = [
        Payer(
            pk, name, ", ".join(dict.fromkeys(TRADES[due.trade] for due in dues[pk])),
            added(due.amount for due in dues[pk]), pk in wrong,
        )
        for pk, name in names(ecopole, dues.keys() | wrong, last).items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row.name)


def closings(ecopole: Ecopole, first: date) -> list[Closing]:
    """Of a month, the last asked first. One query."""
    return list(Closing.objects.filter(ecopole=ecopole, month=first).select_related("created_by")[:5])


def _listed(rows: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """With the name it was issued to: the house knows a member by a pseudonym. Its values are left aside."""
    return rows.select_related("issuer").annotate(billed_to=KT("values__buyer__name")).defer("values")


def invoices(
    ecopole: Ecopole, *, text: str = "", kind: str = "", month: date | None = None
) -> QuerySet[Invoice]:
    """The last issued first; by number or name, by kind, by month billed."""
    rows = _listed(Invoice.objects.filter(ecopole=ecopole))
    if text:
        names = Q(billed_to__icontains=text) | Q(customer__name__icontains=text)
        rows = rows.filter(names | Q(number__icontains=text) | Q(issuer__name__icontains=text))
    if kind:
        rows = rows.filter(kind=kind)
    return rows.filter(first=month) if month else rows


def own_invoices(ecopole: Ecopole, agents: Collection[int]) -> QuerySet[Invoice]:
    """Those they owe, and those issued in their name."""
    return _listed(Invoice.objects.filter(Q(customer__in=agents) | Q(issuer__in=agents), ecopole=ecopole))


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A thing billed by an invoice; `taken_back`: by a credit note."""

    pk: int
    name: str
    day: date | None
    amount: Money
    taken_back: bool


def billed_lines(invoice: Invoice) -> list[BilledLine]:
    """Of an invoice, in the order of the days. One query."""
    rows = InvoiceLine.objects.filter(invoice=invoice, undoes=None).order_by("event__occurred_at", "pk")
    told = rows.values_list(
        "pk", "event__product__name", "event__occurred_at", "reference", "amount", "undone_by"
    )
    return [
        BilledLine(
            pk,
            name or BESIDE.get(reference.partition(":")[0], SHARED),
            localtime(at).date() if at else None,
            amount,
            undone is not None,
        )
        for pk, name, at, reference, amount, undone in told
    ]


def settled(ecopole: Ecopole, on: date) -> list[Issuer]:
    """How each organisation bills on a day. One query."""
    return sorted(issuers(ecopole, on).values(), key=lambda row: row.agent.name)


def customers(ecopole: Ecopole, on: date) -> list[Customer]:
    """How each said it is billed. One query."""
    rows = Customer.objects.filter(ecopole=ecopole, since__lte=on).select_related("agent")
    found = {row.agent_id: row for row in rows.order_by("since", "pk")}
    return sorted(found.values(), key=lambda row: row.agent.name)


@dataclass(frozen=True, slots=True)
class Awaiting:
    """The month to bill, and how many invoices could not be issued when it was tried."""

    month: date
    refused: int


def awaiting(ecopole: Ecopole, today: date) -> Awaiting | None:
    """For the accountant: nothing once the month is billed whole. One query."""
    first = month_of(today)
    whole = Closing.objects.filter(ecopole=ecopole, month=first, plan__isnull=False)
    last = whole.filter(problem__customers__isnull=True).only("plan").first()
    if last is None:
        return Awaiting(first, 0)
    refused = len((last.plan or {})["refused"])
    return Awaiting(first, refused) if refused else None


@dataclass(frozen=True, slots=True)
class MoneyToday:
    """What is overdue, what the bank says and nobody answered, what came back; of a member, what they owe."""

    overdue: Money = NOTHING
    to_match: int = 0
    returned: int = 0
    own: Money | None = None


def money_today(request: EcopoleRequest) -> MoneyToday | None:
    """For who keeps the accounts, and for members. Three queries."""
    ecopole, today = request.ecopole, request.today
    if Role.ACCOUNTANT in request.roles:
        late = unpaid(issuer__ecopole=ecopole, due_on__lt=today).exclude(kind=Kind.SELF_BILLED)
        lines = StatementEntry.objects.filter(statement__ecopole=ecopole)
        back = Return.objects.filter(
            ecopole=ecopole, payment__means=Means.DEBIT, returned_on__gte=today - timedelta(days=30)
        )
        return MoneyToday(
            added(late.values_list("left", flat=True)),
            lines.filter(payments=None, returns=None, aside=None).count(), back.count(),
        )  # fmt: skip
    if Role.MEMBER in request.roles:
        own = unpaid(issuer__ecopole=ecopole, customer__in=acting_for(request, "see_invoices_own"))
        return MoneyToday(own=added(own.values_list("left", flat=True)))
    return None
