"""Hours given by who keeps a depot: `work` from the keeper to who sells the baskets, once an evening."""

from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from terreau.ledger.actions import Entry, record, reverse
from terreau.ledger.effects import Action
from terreau.ledger.models import Event
from terreau.measures.french import format_date, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.baskets.queries.deliveries import Rules
from terreau.rooms.baskets.queries.keeping import KEPT, keeping, key_of
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.territory.clock import moment
from terreau.territory.models import Place, Product, User

HOURS_MAX = 12
ENDS_AT = time(20)


@transaction.atomic
def keep_depot(*, depot: Place, day: date, hours: Decimal, by: User | None, at: datetime, key: str) -> Event:
    """The keeper says how long they stayed; nothing obliges them to."""
    depot.ecopole.take_turns()
    whole = f"{key_of(depot, day)}:{key}"
    if known := Event.objects.filter(ecopole=depot.ecopole, key=whole).first():
        return known
    kept, terms = keeping(depot, day), Rules(depot.ecopole).terms(day)
    if kept.event:
        told = format_quantity(Quantity(kept.event.quantity, Unit.HOUR))
        raise BasketsRefused(f"Le {format_date(day)}, c’est déjà noté\u202f: {told}. Retirez-le d’abord.")
    if day > timezone.localtime(at).date():
        raise BasketsRefused(f"Les heures du {format_date(day)} se notent le jour même.")
    if not 0 < hours <= HOURS_MAX:
        raise BasketsRefused(f"Une soirée compte de 0 à {HOURS_MAX} heures.")
    if not kept.open or terms is None:
        raise BasketsRefused(f"{depot}\u202f: les heures de qui tient ce dépôt ne sont pas bénévoles.")
    entry = Entry(
        Action.WORK, depot.agent_id, terms.seller_id, Product.objects.get(code=KEPT).pk, hours, Unit.HOUR,
        key=whole, occurred_at=min(moment(day, ENDS_AT), at), from_place_id=depot.pk,
    )  # fmt: skip
    return record(ecopole=depot.ecopole, entries=[entry], recorded_by=by, recorded_at=at)[0]


@transaction.atomic
def take_back_hours(*, depot: Place, day: date, by: User | None, at: datetime) -> None:
    """Said by mistake: reversed, and may be said again."""
    depot.ecopole.take_turns()
    if said := keeping(depot, day).event:
        reverse(ecopole=depot.ecopole, events=[said], by=by, at=at, key=f"depot-kept-back:{said.pk}")
