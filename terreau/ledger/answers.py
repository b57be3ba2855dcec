"""Answering promises: what was really weighed, or refused, and what is given up when it is less."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from terreau.ledger.models import Cancellation, Commitment, Event
from terreau.measures.french import format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.territory.models import Ecopole, User
from terreau.territory.refusals import Refused


class AnswerRefused(Refused):
    """Nothing was written; the message says what to type instead."""


@dataclass(frozen=True)
class Answer:
    """What was done of a promise: a quantity, or nothing and the reason why."""

    commitment: Commitment
    quantity: Decimal
    refused: str = ""


def first_time(*, ecopole: Ecopole, key: str, answers: Iterable[Answer] = ()) -> list[Event] | None:
    """What this form has already written, or None if it comes for the first time.

    Two hands sending the same form take turns here. A negative quantity goes no further.
    """
    for answer in answers:
        if answer.quantity < 0:
            product = answer.commitment.product
            typed = format_quantity(Quantity(answer.quantity, Unit(product.unit)))
            raise AnswerRefused(f"{product} : {typed}. Saisissez ce qui a été pesé, ou 0 s’il n’y a rien.")
    ecopole.take_turns()
    # A key and what follows it: ';' is the character after ':', so this reads an index.
    events = Event.objects.filter(ecopole=ecopole, key__gte=f"{key}:", key__lt=f"{key};", reverses=None)
    return list(events.order_by("id")) if events.exists() else None


def close_short(
    *,
    ecopole: Ecopole,
    answers: Sequence[Answer],
    events: Iterable[Event],
    reason: str,
    by: User | None,
    at: datetime,
    key: str,
) -> None:
    """Give up what was promised and not done, and say why; undoing the event opens the promise again."""
    done: dict[int | None, Decimal] = {}
    last: dict[int | None, Event] = {}
    for event in events:
        done[event.fulfils_id] = done.get(event.fulfils_id, Decimal(0)) + event.quantity
        last[event.fulfils_id] = event
    Cancellation.objects.bulk_create(
        [
            Cancellation(
                ecopole=ecopole,
                commitment=answer.commitment,
                event=last.get(answer.commitment.pk),
                reason=answer.refused or reason,
                occurred_at=at,
                recorded_by=by,
                recorded_at=at,
                key=f"{key}:{answer.commitment.pk}",
            )
            for answer in answers
            if done.get(answer.commitment.pk, Decimal(0)) < answer.commitment.quantity
        ],
        ignore_conflicts=True,  # the same form, sent again
    )
