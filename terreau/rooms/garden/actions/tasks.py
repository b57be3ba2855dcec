"""What is done of the gestures of plantings: hours of work, promised or not."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from terreau.ledger.actions import Entry, record
from terreau.ledger.answers import Answer, AnswerRefused, close_short, first_time
from terreau.ledger.dueforms import LineRefused, refuse_settled
from terreau.ledger.effects import Action
from terreau.ledger.models import Cancellation, Event, Process
from terreau.measures.french import format_date, format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.rooms.garden.queries.plantings import ESTABLISH, GESTURES
from terreau.territory.models import Agent, Ecopole, Place, Product, User

LESS_TIME = "fait en moins de temps que prévu"


class WorkRefused(AnswerRefused):
    """Nothing was written; the message says what to type instead."""


@transaction.atomic
def do_work(
    *, ecopole: Ecopole, answers: Sequence[Answer], on: datetime, by: User | None, at: datetime, key: str
) -> list[Event]:
    """The hours really spent on promised gestures.

    Done in less time than planned is done: nothing more is due. Not done, and why: it is no longer asked.
    """
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    if Cancellation.objects.filter(ecopole=ecopole, key__in=[f"{key}:{a.commitment.pk}" for a in answers]):
        return []  # the same form again, in which nothing was done
    refuse_settled(ecopole, answers)
    for answer in answers:
        _refuse_nonsense(answer, on, at)
    events = record(
        ecopole=ecopole,
        entries=[
            Entry(
                action=Action.WORK,
                provider_id=answer.commitment.provider_id,
                receiver_id=answer.commitment.receiver_id,
                product_id=answer.commitment.product_id,
                quantity=answer.quantity,
                unit=Unit.HOUR,
                to_place_id=answer.commitment.to_place_id,
                occurred_at=on,
                process_id=answer.commitment.process_id,
                fulfils_id=answer.commitment.pk,
                note=answer.commitment.note,
                key=f"{key}:{n}",
            )
            for n, answer in enumerate(answers)
            if not answer.refused
        ],
        recorded_by=by,
        recorded_at=at,
    )
    close_short(
        ecopole=ecopole,
        answers=answers,
        events=events,
        reason=LESS_TIME,
        by=by,
        at=at,
        key=key,
    )
    return events


def _refuse_nonsense(answer: Answer, on: datetime, at: datetime) -> None:
    row = answer.commitment
    where = f"{GESTURES[row.product.code]}, {row.to_place}"
    if answer.refused:
        if row.product.code == ESTABLISH:
            # Given up, a planting leaves its bed with all it promised: that is decided where it was planned.
            raise LineRefused(
                row,
                f"{where}\u202f: pour y renoncer, déplacez ou abandonnez la culture. "
                "Pour le faire plus tard, laissez la ligne\u202f: elle attendra ici.",
            )
    elif answer.quantity <= 0:
        raise LineRefused(
            row,
            f"{where}\u202f: {_hours(answer.quantity)}. "
            "Saisissez les heures passées, ou dites pourquoi ce n’est pas fait.",
        )
    elif on > at:
        raise LineRefused(row, f"{where}\u202f: {_not_yet(on)}")


def _hours(amount: Decimal) -> str:
    return format_quantity(Quantity(amount, Unit.HOUR))


def _not_yet(on: datetime) -> str:
    return f"le {format_date(on.date())} n’est pas encore passé. Choisissez le jour où le travail a été fait."


@transaction.atomic
def add_work(
    *,
    ecopole: Ecopole,
    garden: Agent,
    trade: Product,
    hours: Decimal,
    on: datetime,
    by: User | None,
    at: datetime,
    key: str,
    place: Place | None = None,
    planting: Process | None = None,
) -> list[Event]:
    """Hours nobody had promised: on a planting, on a bed, or in the garden at large."""
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    where = f"{GESTURES[trade.code]}, {place or garden}"
    if hours <= 0:
        raise WorkRefused(f"{where}\u202f: {_hours(hours)}. Saisissez les heures passées.")
    if on > at:
        raise WorkRefused(f"{where}\u202f: {_not_yet(on)}")
    entry = Entry(
        action=Action.WORK,
        provider_id=garden.pk,
        receiver_id=garden.pk,
        product_id=trade.pk,
        quantity=hours,
        unit=Unit.HOUR,
        to_place_id=place.pk if place else None,
        occurred_at=on,
        process_id=planting.pk if planting else None,
        note=GESTURES[trade.code],
        key=f"{key}:0",
    )
    return record(ecopole=ecopole, entries=[entry], recorded_by=by, recorded_at=at)
