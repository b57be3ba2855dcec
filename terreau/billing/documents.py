"""From what is due to an invoice as the standard says it: parties, lines, VAT, what must be said."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import DateField, Value

from terreau.billing.lines import Due, issuers_said
from terreau.billing.mandates import first_day
from terreau.billing.models import Customer, Issuer, Mandate
from terreau.billing.payers import members
from terreau.formats.address import Address
from terreau.formats.invoice.checks import UNITS
from terreau.formats.invoice.values import (
    Cape,
    Invoice,
    Kind,
    Line,
    Means,
    Nature,
    Party,
    Payment,
    Preceding,
    Vat,
    net_price,
)
from terreau.measures.french import format_date, format_quantity
from terreau.measures.money import Money
from terreau.measures.quantity import WIDE, Quantity, Unit
from terreau.rooms.incubator.queries import Supported
from terreau.territory.models import Agent, Ecopole
from terreau.territory.rates import exemption, vat_rate
from terreau.territory.together import together

FOUR_PLACES = Decimal("0.0001")
NOBODY = Money(0)
# Classes of `vat.toml` that are no rate but an exemption.
OUTSIDE = ("deposit", "membership")
PAID_AHEAD = "Acompte sur des paniers à venir\u202f: la TVA est due à l’encaissement (CGI, art. 269, 2, a)."


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who is billed, and what a public buyer asks to read."""

    party: Party
    service: str = ""
    commitment: str = ""
    public: bool = False


def buyers(ecopole: Ecopole, agents: Collection[int], on: date) -> dict[int, Buyer]:
    """As each said how it is billed, or bills; else as the baskets or the territory know it. Two queries."""
    said = Customer.objects.filter(ecopole=ecopole, agent__in=agents, since__lte=on).order_by("since", "pk")
    known, issuing, billed = together(
        Agent.objects.filter(ecopole=ecopole, pk__in=agents).select_related("commune"),
        issuers_said(ecopole, on).filter(agent__in=agents), said,
    )  # fmt: skip
    found = {}
    for agent in known:
        commune = agent.commune
        town, codes = (commune.name, commune.postcodes.split("|")) if commune else ("", [])
        address = Address("", codes[0] if codes else "", town)
        found[agent.pk] = Buyer(
            Party(agent.name, address, siren=agent.siret[:9], siret=agent.siret, email=agent.email)
        )
    found |= {pk: Buyer(party) for pk, party in members(agents).items()}
    found |= {issuer.agent_id: Buyer(seller(issuer)) for issuer in issuing}
    found |= {row.agent_id: Buyer(row.party, row.service, row.commitment, row.public) for row in billed}
    return found


def names(ecopole: Ecopole, agents: Collection[int], on: date) -> dict[int, str]:
    """The names of the same, alone, for a list. Two queries."""
    return dict(every_name(ecopole, agents, on))


def every_name(ecopole: Ecopole, agents: Collection[int], on: date) -> list[tuple[int, str]]:
    """All by which each is known, the one it is billed under last. Two queries."""
    of_agents = Agent.objects.filter(ecopole=ecopole, pk__in=agents).order_by()
    told = of_agents.annotate(day=Value(date.min, DateField()), rank=Value(0)).values_list(
        "pk", "name", "day", "rank"
    )
    said = (
        model.objects.filter(ecopole=ecopole, agent__in=agents, since__lte=on)
        .order_by()
        .annotate(rank=Value(rank))
        .values_list("agent", "name", "since", "rank")
        for model, rank in ((Issuer, 2), (Customer, 3))
    )
    rows = [*told.union(*said, all=True)]
    rows += [(pk, party.name, on, 1) for pk, party in members(agents).items()]
    return [(pk, name) for pk, name, *_ in sorted(rows, key=lambda row: (row[3], row[2]))]


def seller(issuer: Issuer) -> Party:
    return replace(issuer.party, vat_number=issuer.vat_number, phone=issuer.phone, legal=issuer.legal)


@dataclass(frozen=True, slots=True)
class Draft:
    """What one document will bill: all of one seller to one payer, told one way, of one test if any."""

    issuer: Issuer
    payer_id: int
    with_vat: bool
    dues: tuple[Due, ...]
    test: Supported | None = None
    mandate: Mandate | None = None

    @property
    def is_ahead(self) -> bool:
        return any(due.is_ahead for due in self.dues)

    @property
    def kind(self) -> Kind:
        return Kind.SELF_BILLED if self.issuer.self_billed_by_id else Kind.INVOICE

    @property
    def amount(self) -> Money:
        return sum((due.amount for due in self.dues), NOBODY)


def said(
    draft: Draft, buyer: Buyer, *, number: str, issued: date, period: tuple[date, date],
    couveuse: Issuer | None = None,
) -> Invoice:  # fmt: skip
    issuer = draft.issuer
    due, payment, terms = _payment(draft, issued)
    if draft.is_ahead:
        terms = f"{PAID_AHEAD} {terms}".strip()
    return Invoice(
        number=number,
        issued=issued,
        due=due,
        seller=seller(issuer),
        buyer=buyer.party,
        lines=lines_of(issuer, draft.dues),
        kind=draft.kind,
        nature=nature_of(draft.dues),
        payment=payment,
        terms=terms,
        announced=draft.amount if draft.with_vat else None,
        period=period,
        service=buyer.service,
        commitment=buyer.commitment,
        cape=_cape(draft.test, couveuse, issued),
    )


def _payment(draft: Draft, issued: date) -> tuple[date, Payment, str]:
    """Under a mandate, the invoice is the notice of its debit: the day, the mandate, who debits."""
    issuer, mandate = draft.issuer, draft.mandate
    if mandate is None:
        return issued + timedelta(days=issuer.terms_days), Payment(iban=issuer.iban, bic=issuer.bic), ""
    due = first_day(issued, mandate.notice_days)
    payment = Payment(Means.DIRECT_DEBIT, mandate=mandate.rum, creditor_id=issuer.creditor_id)
    return due, payment, f"Sera prélevé le {format_date(due)} sur le compte {mandate.masked}."


def _cape(test: Supported | None, couveuse: Issuer | None, issued: date) -> Cape | None:
    """As long as the test lasts; the couveuse as it says it bills, or as the territory knows it."""
    if test is None or not test.starts_on <= issued <= test.ends_on:
        return None
    known, commune = test.incubator, test.incubator.commune
    name, seat, siren = known.name, commune.name if commune else "", known.siret[:9]
    if couveuse:
        name, seat, siren = couveuse.name, f"{couveuse.street}, {couveuse.town}", couveuse.siret[:9]
    return Cape(test.holder, name, seat, siren, test.starts_on, test.ends_on)


def nature_of(dues: Iterable[Due]) -> Nature:
    kinds = {due.is_service for due in dues}
    return Nature.MIXED if len(kinds) > 1 else Nature.SERVICES if True in kinds else Nature.GOODS


def lines_of(issuer: Issuer, dues: Sequence[Due]) -> tuple[Line, ...]:
    """Deliveries one by one; baskets alike, counted together."""
    told = [_line(issuer, due) for due in dues if not due.with_vat]
    alike = Counter(
        due._replace(event_id=None, reference="", day=_first(due.day), lot="") for due in dues if due.with_vat
    )
    return (*told, *(_counted(issuer, due, count) for due, count in alike.items()))


def _first(day: date) -> date:
    """Of the month: a rate of VAT has never changed within one."""
    return day.replace(day=1)


def _line(issuer: Issuer, due: Due) -> Line:
    """At the price of a unit; of one whole thing where four decimals of it would lose a cent."""
    price = WIDE.divide(due.amount.euros, due.quantity.amount).quantize(FOUR_PLACES, ROUND_HALF_UP, WIDE)
    line = Line(
        due.name, due.quantity, price, vat_of(issuer, due), lot=due.lot, delivered=due.day
    )  # fmt: skip
    if due.quantity.unit in UNITS and line.amount == due.amount:
        return line
    name = f"{due.name}, {format_quantity(due.quantity)}"
    return replace(line, name=name, quantity=Quantity(1, Unit.PIECE), price=due.amount.euros)


def _counted(issuer: Issuer, due: Due, count: int) -> Line:
    vat = vat_of(issuer, due)
    name, each = due.name, due.quantity
    if each.unit not in UNITS or each.amount != 1:
        name, each = f"{name}, {format_quantity(each)}", Quantity(1, Unit.PIECE)
    price = net_price(due.amount.euros, WIDE.scaleb(vat.percent, -2))
    return Line(name, Quantity(count, each.unit), price, vat)


def vat_of(issuer: Issuer, due: Due) -> Vat:
    """The rate of the day it was delivered; none where the seller, or the thing, bears none."""
    why = issuer.exemption or (due.vat_class if due.vat_class in OUTSIDE else "")
    if why:
        text = exemption(why, due.day)
        return Vat.exempt(text.mention, text.code)
    return Vat.at(vat_rate(due.vat_class, due.day))


def credit(invoice: Invoice, *, number: str, issued: date) -> Invoice:
    """The same, going back: what it credits keeps its prices, its VAT, its parties."""
    return replace(
        invoice,
        number=number,
        issued=issued,
        due=issued,
        kind=Kind.SELF_BILLED_CREDIT if invoice.kind is Kind.SELF_BILLED else Kind.CREDIT_NOTE,
        preceding=(Preceding(invoice.number, invoice.issued),),
        terms="",
        cape=invoice.cape if invoice.cape and invoice.cape.end >= issued else None,
    )
