"""The price of a gathering: said with it, asked of who comes, in euros or with credits already taken.

Euros of the public go to the anonymous « public » of the écopôle: nobody is named for having come.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from terreau.ledger.actions import Entry, record, reverse
from terreau.ledger.effects import Action
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.thirdplace.actions.hours import workshops
from terreau.rooms.thirdplace.models import Admission, Benefit, Fee, Gathering, House, Presence, Spending
from terreau.rooms.thirdplace.queries.fees import tickets
from terreau.rooms.thirdplace.refusals import PlaceRefused
from terreau.rooms.thirdplace.trades import ENTRY, PUBLIC
from terreau.territory.models import Agent, AgentKind, Ecopole, Product, User


def set_fee(gatherings: Sequence[Gathering], price: Money | None, benefit: Benefit | None, on: date) -> None:
    """A price for each of them; what is taken in place of euros leaves no stock."""
    if benefit and not price:
        raise PlaceRefused("C’est gratuit\u202f: dites un prix, ou rien en crédits.", "benefit")
    if benefit and benefit.product_id:
        raise PlaceRefused(f"{benefit} sort du stock\u202f: choisissez ce qui n’en sort pas.", "benefit")
    if price:
        Fee.objects.bulk_create(
            Fee(gathering=one, since=on, price=price, benefit=benefit) for one in gatherings
        )


def change_fee(gathering: Gathering, price: Money | None, benefit: Benefit | None, on: date) -> None:
    """Kept once somebody signed up: it is the price they were told."""
    fee = Fee.objects.filter(gathering=gathering).first()
    said = (fee.price, fee.benefit_id) if fee else (None, None)
    if said == (price or None, benefit.pk if benefit else None):
        return
    if signed := gathering.sign_ups.filter(left_at=None).count():
        told = "inscriptions sont faites" if signed > 1 else "inscription est faite"
        how = f"à {fee.price}" if fee else "gratuitement"
        raise PlaceRefused(
            f"{signed} {told} {how}\u202f: gardez ce prix, ou proposez une autre date.",
            "price",
        )
    Fee.objects.filter(gathering=gathering).delete()
    set_fee([gathering], price, benefit, on)


def admit(presence: Presence, by: User | None, at: datetime) -> None:
    """Who is there pays: first what was taken with credits, a person each; euros for the others."""
    gathering = presence.gathering
    fee = Fee.objects.filter(gathering=gathering).first()
    if fee is None:
        return
    email = presence.sign_up.email if presence.sign_up else ""
    used = list(tickets(gathering.ecopole, fee.benefit_id).filter(member__email=email)[: presence.people])
    Spending.objects.filter(pk__in=[one.pk for one in used]).update(handed_at=at)
    Admission.objects.bulk_create(Admission(presence=presence, spending=one) for one in used)
    if left := presence.people - len(used):
        house = House.objects.get(ecopole=gathering.ecopole_id)
        (process,) = workshops(gathering.ecopole, house, [gathering])
        entry = Entry(
            Action.WORK, house.agent_id, _public(gathering.ecopole).pk,
            Product.objects.get(code=ENTRY).pk, Decimal(left), Unit.PIECE, f"admission:{presence.pk}",
            at, process_id=process.pk, price=fee.price.times(left),
        )  # fmt: skip
        (event,) = record(ecopole=gathering.ecopole, entries=[entry], recorded_by=by, recorded_at=at)
        Admission.objects.create(presence=presence, event=event)


def dismiss(presence: Presence, by: User | None, at: datetime) -> None:
    """Noted by mistake: euros are reversed, credits may be used again."""
    rows = list(Admission.objects.filter(presence=presence).select_related("event__product"))
    if events := [row.event for row in rows if row.event]:
        ecopole = presence.gathering.ecopole
        reverse(ecopole=ecopole, events=events, by=by, at=at, key=f"admission:{presence.pk}:undone")
    used = [row.spending_id for row in rows if row.spending_id]
    Spending.objects.filter(pk__in=used).update(handed_at=None)
    Admission.objects.filter(presence=presence).delete()


def _public(ecopole: Ecopole) -> Agent:
    """One for all: a person of no name, on no map and in no list."""
    return Agent.objects.get_or_create(ecopole=ecopole, kind=AgentKind.PERSON, name=PUBLIC)[0]
