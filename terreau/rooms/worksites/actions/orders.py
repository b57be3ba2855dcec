"""An order, step by step: asked, quoted, accepted, planned, done; or dropped before any work.

Each step is a dated fact, written once. Accepted, the order is an agreement of the ledger; a lump sum is then
promised at once, and paid for when the work is done. An hour or a day is priced when it is worked.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from terreau.ledger.actions import Entry, Promise, agree, promise, record
from terreau.ledger.effects import Action
from terreau.ledger.models import AgreementKind, Commitment, Per
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.worksites.models import Basis, Order, OrderStep, Site, StepKind
from terreau.rooms.worksites.queries.orders import days_of, last_quote, state_of
from terreau.rooms.worksites.refusals import WorksiteRefused
from terreau.rooms.worksites.trades import PRICED
from terreau.territory.models import Agent, Ecopole, Product, User

# Before each step, where the order may stand.
BEFORE = {
    StepKind.QUOTED: (StepKind.ASKED, StepKind.QUOTED),
    StepKind.ACCEPTED: (StepKind.QUOTED,),
    StepKind.PLANNED: (StepKind.ACCEPTED, StepKind.PLANNED),
    StepKind.DONE: (StepKind.PLANNED,),
    StepKind.DROPPED: (StepKind.ASKED, StepKind.QUOTED),
}


@dataclass(frozen=True)
class Quote:
    """A price by the hour of the crew, by the day, or for all of it; and the hours it should take.

    Supervision is within the price.
    """

    basis: Basis
    price: Money
    hours: Decimal

    @property
    def total(self) -> Money | None:
        """What it should come to; by the day, how many there will be is not known yet."""
        if self.basis == Basis.DAY:
            return None
        return self.price if self.basis == Basis.LUMP else self.price.times(self.hours)


@transaction.atomic
def ask(
    *, ecopole: Ecopole, site: Site, provider: Agent, trade: Product, what: str, from_on: date, to_on: date,
    on: date, by: User | None, at: datetime, key: str,
) -> Order:  # fmt: skip
    """The owner of a site asks for work on it."""
    ecopole.take_turns()
    if known := Order.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if site.closed_on:
        raise WorksiteRefused(
            f"{site} n’est plus entretenu depuis le {format_date(site.closed_on)}. Choisissez un autre site."
        )
    if to_on < from_on:
        raise WorksiteRefused(
            f"Jusqu’au {format_date(to_on)}\u202f: c’est avant le {format_date(from_on)}. "
            "Échangez les dates.",
            "to_on",
        )
    order = Order.objects.create(
        ecopole=ecopole, site=site, client=site.owner, provider=provider, trade=trade, what=what,
        from_on=from_on, to_on=to_on, key=key,
    )  # fmt: skip
    _step(order, StepKind.ASKED, on=on, by=by, at=at, key=key)
    return order


@transaction.atomic
def quote(*, order: Order, terms: Quote, on: date, by: User | None, at: datetime, key: str) -> OrderStep:
    """A price is given; given again before it is accepted, the last one counts."""
    if known := _known(order, key):
        return known
    allow(order, StepKind.QUOTED)
    if terms.price.cents <= 0:
        raise WorksiteRefused(f"{terms.price}\u202f: saisissez un prix au-dessus de 0 €.", "price")
    if terms.hours <= 0:
        raise WorksiteRefused("Saisissez les heures que le travail devrait prendre à l’équipe.", "hours")
    return _step(
        order, StepKind.QUOTED, on=on, by=by, at=at, key=key,
        basis=terms.basis, price=terms.price, hours=terms.hours,
    )  # fmt: skip


@transaction.atomic
def accept(*, order: Order, on: date, by: User | None, at: datetime, key: str) -> OrderStep:
    """The client says yes to the last quote: it becomes an agreement between the two."""
    if known := _known(order, key):
        return known
    allow(order, StepKind.ACCEPTED)
    terms = terms_of(order)
    agreement = agree(
        ecopole=order.ecopole,
        kind=AgreementKind.SERVICE,
        provider_id=order.provider_id,
        receiver_id=order.client_id,
        product_id=order.trade_id,
        promised=terms.hours,
        promised_value=terms.total,
        per=Per.ORDER,
        starts_on=order.from_on,
        ends_on=order.to_on,
        note=f"{order.site}\u202f: {order.what}"[:500],
        key=f"worksite:{order.key}",
    )
    if terms.basis == Basis.LUMP:
        lump = Promise(
            Action.WORK, order.provider_id, order.client_id, priced(Basis.LUMP).pk, Decimal(1), Unit.PIECE,
            order.to_on, key=f"worksite:{order.key}:lump", to_place_id=order.site.place_id,
            agreement_id=agreement.pk, price=terms.price,
        )  # fmt: skip
        promise(ecopole=order.ecopole, promises=[lump])
    return _step(order, StepKind.ACCEPTED, on=on, by=by, at=at, key=key, agreement=agreement)


@transaction.atomic
def drop(*, order: Order, note: str, on: date, by: User | None, at: datetime, key: str) -> OrderStep:
    """Nothing comes of it, and why."""
    if known := _known(order, key):
        return known
    allow(order, StepKind.DROPPED)
    if not note:
        raise WorksiteRefused(f"{order}\u202f: dites pourquoi elle reste sans suite.", "note")
    return _step(order, StepKind.DROPPED, on=on, by=by, at=at, key=key, note=note)


@transaction.atomic
def finish(*, order: Order, on: date, by: User | None, at: datetime, key: str) -> OrderStep:
    """All that was asked is done; a lump sum is due from now on."""
    if known := _known(order, key):
        return known
    allow(order, StepKind.DONE)
    days = days_of(order)
    if waiting := [day for day in days if day.open]:
        told = ", ".join(format_date(day.on) for day in waiting)
        raise WorksiteRefused(
            f"Encore prévu\u202f: {told}. Enregistrez ces journées, ou annulez-les, puis terminez."
        )
    if not any(day.done for day in days):
        raise WorksiteRefused("Aucune journée n’a été faite. Enregistrez-en une avant de terminer.")
    for row in Commitment.objects.filter(ecopole=order.ecopole, key=f"worksite:{order.key}:lump"):
        paid = Entry(
            Action.WORK, row.provider_id, row.receiver_id, row.product_id, row.quantity, Unit.PIECE,
            key=f"{row.key}:done", occurred_at=at, to_place_id=row.to_place_id, fulfils_id=row.pk,
            agreement_id=row.agreement_id, price=row.price,
        )  # fmt: skip
        record(ecopole=order.ecopole, entries=[paid], recorded_by=by, recorded_at=at)
    return _step(order, StepKind.DONE, on=on, by=by, at=at, key=key)


def terms_of(order: Order) -> Quote:
    """The price that counts."""
    told = last_quote(order)
    assert told.price is not None  # order_step_quote_has_terms
    assert told.hours is not None
    return Quote(Basis(told.basis), told.price, told.hours)


def priced(basis: Basis) -> Product:
    return Product.objects.get(code=PRICED[basis])


def plan_step(order: Order, *, on: date, by: User | None, at: datetime, key: str) -> None:
    """The first day planned is a step of the order."""
    if not order.steps.filter(kind=StepKind.PLANNED).exists():
        _step(order, StepKind.PLANNED, on=on, by=by, at=at, key=key)


def _known(order: Order, key: str) -> OrderStep | None:
    """What this form has already written of the order; two hands take turns here."""
    order.ecopole.take_turns()
    return order.steps.filter(key=key).first()


def allow(order: Order, kind: StepKind) -> None:
    state = state_of(order)
    if state not in BEFORE[kind]:
        raise WorksiteRefused(
            f"{order}\u202f: cette commande est déjà {StepKind(state).label}. "
            "Rechargez la page pour voir où elle en est."
        )


def _step(
    order: Order, kind: StepKind, *, on: date, by: User | None, at: datetime, key: str, **said: object
) -> OrderStep:
    return OrderStep.objects.create(
        order=order, kind=kind, on=on, recorded_by=by, recorded_at=at, key=key, **said
    )
