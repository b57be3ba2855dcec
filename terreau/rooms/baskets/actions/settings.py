"""What the garden decides, from a day on."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction

from terreau.measures.money import Money
from terreau.rooms.baskets.actions.solidarity import refuse_price
from terreau.rooms.baskets.models import BasketSize, DepotTerms, Price, Terms
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.territory.models import Agent, Ecopole, Place


@dataclass(frozen=True)
class TermsEntry:
    starts_on: date
    seller: Agent
    solidarity: Agent
    fee: Money
    weeks_a_year: int
    cutoff_hours: int
    skip_rule: str
    pause_rule: str
    pause_weeks_max: int
    offer_days: int
    source: str


@dataclass(frozen=True)
class DepotEntry:
    starts_on: date
    weekday: int
    opens: time
    closes: time
    capacity: int
    charge: Money


@transaction.atomic
def set_terms(*, ecopole: Ecopole, entry: TermsEntry, at: datetime, key: str) -> Terms:
    """The rules from a day on; those before keep what was said of them."""
    ecopole.take_turns()
    row, _ = Terms.objects.get_or_create(
        ecopole=ecopole, key=key, defaults={**vars(entry), "recorded_at": at}
    )
    return row


@transaction.atomic
def set_price(*, size: BasketSize, starts_on: date, price: Money, today: date) -> Price:
    """The price of a size from a day on; a day that has begun keeps the price it was sold at."""
    size.ecopole.take_turns()
    known = Price.objects.filter(size=size)
    if known.exists() and starts_on <= today:
        raise BasketsRefused(
            "Un prix change à partir d’un jour à venir\u202f: choisissez-en un.", "starts_on"
        )
    refuse_price(size, starts_on, price)
    row, _ = known.update_or_create(size=size, starts_on=starts_on, defaults={"price": price})
    return row


@transaction.atomic
def set_depot(
    *, depot: Place, entry: DepotEntry, new_link: bool = False, at: datetime, key: str
) -> DepotTerms:
    """How a depot serves from a day on; with `new_link`, its keeper's former link opens nothing any more."""
    depot.ecopole.take_turns()
    if known := DepotTerms.objects.filter(depot=depot, key=key).first():
        return known
    if entry.closes <= entry.opens:
        raise BasketsRefused("Le dépôt ferme avant d’ouvrir\u202f: échangez les heures.", "closes")
    last = DepotTerms.objects.filter(depot=depot).order_by("id").last()
    link = (last.link if last else 1) + (1 if last and new_link else 0)
    return DepotTerms.objects.create(depot=depot, link=link, recorded_at=at, key=key, **vars(entry))
