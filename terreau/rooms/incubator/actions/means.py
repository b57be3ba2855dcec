"""What is lent to a test: beds, water, machines. Nothing is lent or booked twice at once."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from terreau.ledger.actions import Entry, record
from terreau.ledger.answers import first_time
from terreau.ledger.effects import Action
from terreau.ledger.loans import lend_place
from terreau.ledger.models import Commitment, ProcessKind
from terreau.ledger.queries import settled
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.incubator.actions.flows import refuse_closed
from terreau.rooms.incubator.models import Booking, Equipment, EquipmentKind, Loan, Project, Rate
from terreau.rooms.incubator.products import COUNTED_IN, METERED
from terreau.rooms.incubator.queries.contracts import contract_on
from terreau.rooms.incubator.refusals import IncubatorRefused
from terreau.territory.hand import Hand
from terreau.territory.models import Agent, Ecopole, Place, Product


@transaction.atomic
def lend(
    *, project: Project, place: Place, starts_on: date, ends_on: date, area_m2: int, quality: int, hand: Hand
) -> Loan:
    """A bed, from a day to a day, both included; whoever holds it lends it, by an agreement of the ledger."""
    project.ecopole.take_turns()  # two hands lending a bed take turns here
    if known := Loan.objects.filter(project=project, key=hand.key).first():
        return known
    if project.agent is None:
        raise IncubatorRefused(f"{project} n’est pas encore accepté\u202f: acceptez-le d’abord.")
    if ends_on < starts_on:
        raise IncubatorRefused(
            f"Le {format_date(ends_on)} est avant le {format_date(starts_on)}. Échangez les dates.", "ends_on"
        )
    _refuse_taken(place, starts_on, ends_on)
    agreement = lend_place(
        ecopole=project.ecopole, place=place, to_id=project.agent.pk, starts_on=starts_on, ends_on=ends_on,
        note=f"{place}, {area_m2} m²", key=f"test-loan:{project.pk}:{hand.key}",
    )  # fmt: skip
    return Loan.objects.create(
        project=project, place=place, starts_on=starts_on, ends_on=ends_on, area_m2=area_m2, quality=quality,
        agreement=agreement, **hand.fact(),
    )  # fmt: skip


def _refuse_taken(place: Place, starts_on: date, ends_on: date) -> None:
    clash = Loan.objects.filter(place=place, starts_on__lte=ends_on, ends_on__gte=starts_on)
    if lent := clash.select_related("project").first():
        raise IncubatorRefused(
            f"{place}\u202f: déjà en prêt à {lent.project}, du {format_date(lent.starts_on)} au "
            f"{format_date(lent.ends_on)}. Choisissez une autre planche, ou d’autres dates.",
            "place",
        )
    due = Commitment.objects.filter(
        process__kind=ProcessKind.PLANTING, process__place=place, due_on__range=(starts_on, ends_on)
    ).order_by("due_on")
    waiting = dict(due.values_list("pk", "due_on"))
    if left := waiting.keys() - settled(waiting.keys()):
        last = max(waiting[pk] for pk in left)
        raise IncubatorRefused(
            f"{place}\u202f: {place.agent} y a encore une culture, jusqu’au {format_date(last)} au moins. "
            "Choisissez une autre planche, ou commencez après.",
            "place",
        )


@transaction.atomic
def save_equipment(
    *, ecopole: Ecopole, owner: Agent, kind: str, name: str, price: Money, since: date, hand: Hand
) -> Equipment:
    """A water outlet or a machine, and its first rate."""
    ecopole.take_turns()
    if known := Equipment.objects.filter(ecopole=ecopole, key=hand.key).first():
        return known
    if Equipment.objects.filter(ecopole=ecopole, name=name).exists():
        raise IncubatorRefused(
            f"«\u202f{name}\u202f» existe déjà. Changez son tarif, ou choisissez un autre nom.", "name"
        )
    equipment = Equipment.objects.create(ecopole=ecopole, owner=owner, kind=kind, name=name, **hand.fact())
    Rate.objects.create(equipment=equipment, since=since, price=price, **hand.fact())
    return equipment


@transaction.atomic
def set_rate(*, equipment: Equipment, since: date, price: Money, hand: Hand) -> Rate:
    """A price from a day on, never before today: what was charged stays."""
    equipment.ecopole.take_turns()
    if known := Rate.objects.filter(equipment=equipment, key=hand.key).first():
        return known
    if since < hand.day:
        raise IncubatorRefused(
            f"Le {format_date(since)} est passé\u202f: ce qui est compté garde son tarif. "
            "Choisissez aujourd’hui ou un jour à venir.",
            "since",
        )
    if Rate.objects.filter(equipment=equipment, since=since).exists():
        raise IncubatorRefused(
            f"{equipment} a déjà un tarif au {format_date(since)}. Choisissez un autre jour.", "since"
        )
    return Rate.objects.create(equipment=equipment, since=since, price=price, **hand.fact())


@transaction.atomic
def mend(*, equipment: Equipment, broken_since: date | None) -> None:
    """It is broken since a day, and is not booked; or it works again."""
    equipment.ecopole.take_turns()
    Equipment.objects.filter(pk=equipment.pk).update(broken_since=broken_since)


@transaction.atomic
def book(
    *, project: Project, equipment: Equipment, starts_at: datetime, ends_at: datetime, hand: Hand
) -> Booking:
    """From an hour to an hour; refused while it is broken, taken, or without a contract that day."""
    project.ecopole.take_turns()  # two hands booking a machine take turns here
    if known := Booking.objects.filter(project=project, key=hand.key).first():
        return known
    day = timezone.localtime(starts_at).date()
    equipment.refresh_from_db()
    if ends_at <= starts_at:
        raise IncubatorRefused("La fin est avant le début. Corrigez l’une des deux heures.", "until")
    if equipment.broken_since:
        raise IncubatorRefused(
            f"{equipment} est en panne depuis le {format_date(equipment.broken_since)}. "
            "Choisissez un autre matériel, ou attendez sa réparation.",
            "equipment",
        )
    contract_on(project, day)
    clash = Booking.objects.filter(
        equipment=equipment, cancelled_at=None, starts_at__lt=ends_at, ends_at__gt=starts_at
    )
    if taken := clash.first():
        start, end = (timezone.localtime(hour) for hour in (taken.starts_at, taken.ends_at))
        raise IncubatorRefused(
            f"{equipment} est déjà réservé le {format_date(start.date())} de {start:%H\u00a0h\u00a0%M} à "
            f"{end:%H\u00a0h\u00a0%M}. Choisissez une autre heure.",
            "equipment",
        )
    return Booking.objects.create(
        project=project, equipment=equipment, starts_at=starts_at, ends_at=ends_at, **hand.fact()
    )


@transaction.atomic
def cancel_booking(*, booking: Booking, hand: Hand) -> None:
    """The hour is free again."""
    booking.project.ecopole.take_turns()
    booking.refresh_from_db()
    if booking.event_id:
        raise IncubatorRefused(f"{booking.equipment}\u202f: c’est déjà compté. Annulez d’abord le compte.")
    Booking.objects.filter(pk=booking.pk, cancelled_at=None).update(cancelled_at=hand.at)


@transaction.atomic
def count(*, booking: Booking, quantity: Decimal, hand: Hand) -> Booking:
    """What the meter says was used, charged at the rate of that day."""
    project, equipment = booking.project, booking.equipment
    if first_time(ecopole=project.ecopole, key=hand.key) is not None:
        return Booking.objects.get(pk=booking.pk)
    refuse_closed(project)
    booking = Booking.objects.select_related("event", "equipment").get(pk=booking.pk)
    start = timezone.localtime(booking.starts_at)
    _refuse_count(booking, quantity, hand)
    symbol, per = COUNTED_IN[EquipmentKind(equipment.kind)]
    rate = equipment.rates.filter(since__lte=start.date()).order_by("since").last()
    if rate is None:
        raise IncubatorRefused(
            f"{equipment} n’a pas de tarif au {format_date(start.date())}. Ajoutez-le dans Matériel."
        )
    assert project.agent is not None
    product = Product.objects.get(code=METERED[EquipmentKind(equipment.kind)])
    contract = contract_on(project, start.date())
    entry = Entry(
        Action.WORK, equipment.owner_id, project.agent.pk, product.pk, quantity * per, Unit(product.unit),
        f"{hand.key}:0", min(booking.ends_at, hand.at), agreement_id=contract.agreement_id,
        price=rate.price.times(quantity), note=f"{equipment}, {rate.price} le {symbol}",
    )  # fmt: skip
    events = record(ecopole=project.ecopole, entries=[entry], recorded_by=hand.by, recorded_at=hand.at)
    booking.event = events[0]
    booking.save(update_fields=["event"])
    return booking


def _refuse_count(booking: Booking, quantity: Decimal, hand: Hand) -> None:
    equipment = booking.equipment
    if booking.cancelled_at:
        raise IncubatorRefused(f"{equipment}\u202f: cette réservation est annulée. Réservez à nouveau.")
    if booking.event and not booking.event.reversed_by.exists():
        raise IncubatorRefused(f"{equipment}\u202f: c’est déjà compté. Rechargez la page.")
    if booking.starts_at > hand.at:
        raise IncubatorRefused(f"{equipment}\u202f: l’heure n’est pas encore venue. Comptez après usage.")
    if quantity <= 0:
        raise IncubatorRefused(
            f"{equipment}\u202f: saisissez ce qui a été compté, au-dessus de 0.", "quantity"
        )
