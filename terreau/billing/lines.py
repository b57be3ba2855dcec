"""What is to bill: the priced facts of the ledger and the shares agreed, by seller and payer.

Between organisations a price is said without VAT; to a person, and of a subscription, with it. A farm’s goods
sold by the platform pass through it (CGI, art. 256, V): it bills the customer their price, and buys them
from the farm at that price less its commission.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from django.db.models import F, Q, QuerySet, Subquery
from django.utils.timezone import localtime, make_aware

from terreau.billing.models import Invoice, InvoiceLine, Issuer
from terreau.ledger.effects import Action
from terreau.ledger.models import Agreement, AgreementKind, Event
from terreau.ledger.queries import STANDING
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.baskets.queries import HANDED_OVER, DueLine, PaymentLine, named_ahead
from terreau.rooms.incubator.queries import supported
from terreau.rooms.platform.queries import kept_of_sales
from terreau.territory.models import Agent, AgentKind, Ecopole
from terreau.territory.together import together

SERVICE = "service"  # of `vat.toml`
SHARED = "Tournées partagées"
ONE = Quantity(1, Unit.PIECE)
# What members owe beside their baskets, by its kind in the room.
BESIDE = {
    "fee": "Adhésion à l’association", "delivery": "Livraison au dépôt", "gift": "Don à la solidarité",
    "pack": "Panier d’avance",
}  # fmt: skip
AHEAD = "pack:"
# A gift is given for nothing: like the fee, it bears no VAT.
BESIDE_VAT = {"fee": "membership", "delivery": SERVICE, "gift": "membership"}


class Trade(StrEnum):
    """Under which heading something is billed."""

    MEMBERS = "members"
    PAYERS = "payers"
    CANTEENS = "canteens"
    SHOPS = "shops"
    FARMS = "farms"
    SERVICES = "services"
    SHARES = "shares"


TRADES = {
    Trade.MEMBERS: "Paniers des membres",
    Trade.PAYERS: "Parts des tiers payeurs",
    Trade.CANTEENS: "Cantines",
    Trade.SHOPS: "Magasins",
    Trade.FARMS: "Achats aux fermes",
    Trade.SERVICES: "Prestations et autres ventes",
    Trade.SHARES: "Parts des tournées",
}

# Money taken at the door, from a public nobody names: it is never invoiced.
PAID_ON_THE_SPOT = ("tiers-lieu-entree",)


@dataclass(frozen=True)
class Baskets:
    """What the baskets say: who pays what of an event, and what is due beside."""

    payments: Sequence[PaymentLine] = ()
    dues: Sequence[DueLine] = ()

    @property
    def ahead(self) -> set[str]:
        """All that is said of baskets paid ahead, given back too."""
        return {due.reference for due in self.dues if due.reference.startswith(AHEAD)}


# An event, an agreement or a reference, and who pays of it.
Thing = tuple[int | None, int | None, str, int]


class Due(NamedTuple):
    """A thing to bill: of what, by whom, to whom, at which price. `cape`: the contract of who tests it.

    A page makes thousands of them: a tuple is made three times faster.
    """

    trade: Trade
    event_id: int | None
    agreement_id: int | None
    seller_id: int
    payer_id: int
    amount: Money
    with_vat: bool
    name: str
    quantity: Quantity
    vat_class: str
    day: date
    lot: str = ""
    cape: int | None = None
    reference: str = ""

    @property
    def thing(self) -> Thing:
        return self.event_id, self.agreement_id, self.reference, self.payer_id

    @property
    def is_service(self) -> bool:
        return self.vat_class == SERVICE

    @property
    def is_ahead(self) -> bool:
        """Paid before it is delivered: its VAT is due when it is paid, so its invoice stands apart."""
        return self.reference.startswith(AHEAD)


@dataclass(frozen=True, slots=True)
class Live:
    """What is billed of a thing and not taken back."""

    thing: Thing
    line_id: int
    invoice_id: int
    amount: Money


@dataclass(frozen=True)
class ToBill:
    """The difference between what is due and what is billed: to add, and to take back first.

    `unsettled`: who sells and has not said how they bill.
    """

    new: tuple[Due, ...]
    wrong: tuple[Live, ...]
    # By thing to bill again: the line that took it back.
    again: Mapping[Thing, int]
    unsettled: tuple[int, ...]


def bounds(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first minute of a day to the last of another."""
    since, until = (datetime.combine(day, time.min) for day in (first, last + timedelta(days=1)))
    return make_aware(since), make_aware(until)


def issuers(ecopole: Ecopole, on: date) -> dict[int, Issuer]:
    """By organisation: how it bills that day. One query."""
    return {row.agent_id: row for row in issuers_said(ecopole, on)}


def issuers_said(ecopole: Ecopole, on: date) -> QuerySet[Issuer]:
    rows = Issuer.objects.filter(ecopole=ecopole, since__lte=on).select_related("agent", "self_billed_by")
    return rows.order_by("since", "pk")


def to_bill(ecopole: Ecopole, first: date, last: date, *, told: Baskets) -> ToBill:
    """What a period still has to bill. Five queries, whatever its length."""
    said, agreed = together(issuers_said(ecopole, last).select_related(None), _agreed(ecopole, first, last))
    known = {row.agent_id: row for row in said}
    events = _events(ecopole, first, last)
    found = [
        *_dues(ecopole, events, known),
        *_baskets(told.payments, known),
        *_beside(told.dues),
        *_shares(agreed, last),
    ]
    live, again = _billed(ecopole, first, last, told.ahead)
    due = {one.thing: one for one in found}
    new = [
        one
        for thing, one in due.items()
        if one.seller_id in known and (thing not in live or live[thing].amount != one.amount)
    ]
    wrong = [
        billed for thing, billed in live.items() if thing not in due or due[thing].amount != billed.amount
    ]
    unsettled = {one.seller_id for one in found if one.seller_id not in known}
    return ToBill(tuple(new), tuple(wrong), again, tuple(sorted(unsettled)))


class _Sold(NamedTuple):
    """A priced event that stands."""

    pk: int
    action: str
    giver: int
    giver_kind: str
    buyer: int
    buyer_kind: str
    product: str
    unit: str
    vat_class: str
    quantity: Decimal
    at: datetime
    agreement: int | None
    terms: str | None
    promiser: int | None
    price: Money
    lot: str | None
    platform: int | None

    @property
    def with_vat(self) -> bool:
        if self.terms == AgreementKind.SUBSCRIPTION:
            return True
        # Who tests a business buys as one.
        return self.buyer_kind == AgentKind.PERSON and self.terms != AgreementKind.SUPPORT

    @property
    def seller(self) -> int:
        """Of a subscription, who promised it: whoever keeps the depot hands it over."""
        promised = self.promiser if self.terms == AgreementKind.SUBSCRIPTION else None
        return promised or self.giver

    @property
    def resold_by(self) -> int | None:
        """The platform, of a farm’s own goods that it kept and handed to a customer."""
        through = (
            self.action == Action.TRANSFER_RIGHTS
            and self.giver_kind == AgentKind.FARM
            and self.buyer_kind != AgentKind.PLATFORM
        )
        return self.platform if through else None


COLUMNS = (
    "pk", "action", "provider", "provider__kind", "receiver", "receiver__kind", "product__name",
    "product__unit", "product__vat_class", "quantity", "occurred_at", "agreement", "agreement__kind",
    "agreement__provider", "price", "lot__code", "platform",
)  # fmt: skip


def _sold(ecopole: Ecopole, rows: QuerySet[Event]) -> list[_Sold]:
    """What is counted in euros is a promise of money, not a sale. One query, its platform with each."""
    platforms = Agent.objects.filter(ecopole=ecopole, kind=AgentKind.PLATFORM).order_by("pk")
    rows = rows.annotate(platform=Subquery(platforms.values("pk")[:1]))
    priced = rows.filter(price__gt=Money(0)).exclude(product__unit=Unit.EURO).exclude(provider=F("receiver"))
    return [_Sold._make(row) for row in priced.order_by("occurred_at", "pk").values_list(*COLUMNS)]


def _events(ecopole: Ecopole, first: date, last: date) -> list[_Sold]:
    """But for baskets, whose room says who pays what of each."""
    since, until = bounds(first, last)
    rows = Event.objects.filter(STANDING, ecopole=ecopole, occurred_at__gte=since, occurred_at__lt=until)
    return _sold(ecopole, rows.exclude(product__code__in=PAID_ON_THE_SPOT).exclude(HANDED_OVER))


def _dues(ecopole: Ecopole, events: Sequence[_Sold], known: Mapping[int, Issuer]) -> Iterator[Due]:
    through = {sold.seller for sold in events if sold.resold_by}
    kept = kept_of_sales(ecopole, through) if through else None
    tests = supported(
        {sold.agreement for sold in events if sold.agreement and sold.terms == AgreementKind.SUPPORT}
    )
    days: dict[datetime, date] = {}
    for sold in events:
        day = days.get(sold.at) or days.setdefault(sold.at, localtime(sold.at).date())
        reseller = sold.resold_by
        seller = reseller or sold.seller
        whole = Due(
            trade=_trade(sold, known.get(seller)), event_id=sold.pk, agreement_id=None, seller_id=seller,
            payer_id=sold.buyer, amount=sold.price, with_vat=sold.with_vat, name=sold.product,
            quantity=_quantity(sold.quantity, sold.unit), vat_class=sold.vat_class, day=day,
            lot=sold.lot or "",
            cape=sold.agreement if sold.agreement in tests and sold.action == Action.TRANSFER else None,
        )  # fmt: skip
        if reseller and kept:
            less = kept(sold.seller, day, sold.price)
            bought = whole._replace(
                trade=Trade.FARMS, seller_id=sold.seller, payer_id=seller, amount=sold.price - less,
                with_vat=False, name=f"{sold.product}, vente du {format_date(day)}, commission déduite",
            )  # fmt: skip
            yield from (bought,) if bought.amount else ()
        yield whole


@lru_cache(maxsize=4096)
def _quantity(amount: Decimal | int, unit: str) -> Quantity:
    return Quantity(amount, Unit(unit))


BY_KIND: dict[str, Trade] = {
    AgentKind.CANTEEN: Trade.CANTEENS, AgentKind.SHOP: Trade.SHOPS, AgentKind.GROCERY: Trade.SHOPS,
}  # fmt: skip


def _trade(sold: _Sold, seller: Issuer | None) -> Trade:
    if seller and seller.self_billed_by_id:
        return Trade.FARMS
    return Trade.MEMBERS if sold.with_vat else BY_KIND.get(sold.buyer_kind, Trade.SERVICES)


def _baskets(payments: Iterable[PaymentLine], known: Mapping[int, Issuer]) -> list[Due]:
    """The member pays what nobody else does; whoever pays nothing has nothing to read, nor who sells."""
    farms = {pk for pk, seller in known.items() if seller.self_billed_by_id}
    return [
        Due(
            trade=Trade.PAYERS if line.payer_id != line.member_id
            else Trade.FARMS if line.seller_id in farms else Trade.MEMBERS,
            event_id=line.event_id, agreement_id=None, seller_id=line.seller_id, payer_id=line.payer_id,
            amount=line.amount, with_vat=True, name=line.name, quantity=_quantity(line.number, Unit.PIECE),
            vat_class=line.vat_class, day=line.day,
        )
        for line in payments
        if line.amount and not line.ahead and line.payer_id != line.seller_id
    ]  # fmt: skip


def billed_of(lines: Collection[InvoiceLine], invoice: Invoice) -> list[Due]:
    """Some lines of an invoice, as they were due; whether their events still stand or not. One query."""
    events = Event.objects.filter(pk__in={line.event_id for line in lines})
    sold = {one.pk: one for one in _sold(invoice.ecopole, events)}
    ahead = [line.reference for line in lines if line.reference.startswith(AHEAD)]
    named = named_ahead(ahead) if ahead else {}
    return [_billed_line(line, invoice, sold.get(line.event_id or 0), named) for line in lines]


def _billed_line(
    line: InvoiceLine, invoice: Invoice, sold: _Sold | None, named: Mapping[str, tuple[str, str]]
) -> Due:
    kind = line.reference.partition(":")[0]
    known = BESIDE[kind] if kind else SHARED, BESIDE_VAT.get(kind, SERVICE)
    name, vat_class = named.get(line.reference, known)
    due = Due(
        trade=Trade.SERVICES, event_id=line.event_id, agreement_id=line.agreement_id,
        seller_id=invoice.issuer_id, payer_id=line.payer_id, amount=line.amount, with_vat=invoice.with_vat,
        name=name, quantity=ONE, vat_class=vat_class,
        day=invoice.last, reference=line.reference,
    )  # fmt: skip
    if sold is None:
        return due
    return due._replace(
        name=sold.product, quantity=Quantity(sold.quantity, Unit(sold.unit)), vat_class=sold.vat_class,
        day=localtime(sold.at).date(), lot=sold.lot or "",
    )  # fmt: skip


def _beside(dues: Sequence[DueLine]) -> list[Due]:
    """Fees and deliveries of members, billed by who sells them their baskets."""
    return [
        Due(
            trade=Trade.MEMBERS if due.payer_id == due.member_id else Trade.PAYERS, event_id=None,
            agreement_id=None, seller_id=due.seller_id, payer_id=due.payer_id, amount=due.amount,
            with_vat=True, name=due.name or BESIDE[due.kind], quantity=ONE,
            vat_class=due.vat_class or BESIDE_VAT[due.kind], day=due.on, reference=due.reference,
        )
        for due in dues
        if due.amount
    ]  # fmt: skip


def _agreed(ecopole: Ecopole, first: date, last: date) -> QuerySet[Agreement]:
    """What partners agreed to pay the platform of the tours of a month closed."""
    return Agreement.objects.filter(
        ecopole=ecopole, kind=AgreementKind.SHARING, starts_on__range=(first, last),
        promised_value__gt=Money(0),
    ).order_by("pk")  # fmt: skip


def _shares(agreed: Sequence[Agreement], last: date) -> list[Due]:
    return [
        Due(
            trade=Trade.SHARES, event_id=None, agreement_id=row.pk, seller_id=row.receiver_id,
            payer_id=row.provider_id, amount=row.promised_value or Money(0), with_vat=False,
            name=f"{SHARED}, {row.note}" if row.note else SHARED,
            quantity=ONE, vat_class=SERVICE, day=row.ends_on or last,
        )
        for row in agreed
    ]  # fmt: skip


def _billed(
    ecopole: Ecopole, first: date, last: date, ahead: Collection[str]
) -> tuple[dict[Thing, Live], dict[Thing, int]]:
    """By thing of the period: what is billed of it, and the last time it was taken back. One query."""
    since, until = bounds(first, last)
    columns = ("event", "agreement", "reference", "payer", "pk", "invoice", "amount", "undoes", "undone_by")
    rows = InvoiceLine.objects.filter(invoice__ecopole=ecopole).order_by().values_list(*columns)
    # An invoice says the days of what it bills: those of other days are not read.
    of_period = rows.filter(
        Q(event__occurred_at__gte=since, event__occurred_at__lt=until)
        | Q(agreement__starts_on__range=(first, last))
        | ~Q(reference=""),
        invoice__first__lte=last, invoice__last__gte=first,
    )  # fmt: skip
    # What is paid ahead is invoiced the day it is bought, and taken back any day.
    told = of_period.union(rows.filter(reference__in=ahead)).order_by("pk")
    live: dict[Thing, Live] = {}
    again: dict[Thing, int] = {}
    for event, agreement, reference, payer, pk, invoice, amount, undoes, undone in told:
        thing = event, agreement, reference, payer
        if undoes is not None:
            again[thing] = pk
        elif undone is None:
            live[thing] = Live(thing, pk, invoice, amount)
    return live, again
