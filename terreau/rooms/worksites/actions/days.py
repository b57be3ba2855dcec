"""The days of an order: planned with a crew and its hours, then worked; people are counted, never named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from terreau.ledger.actions import Entry, NewProcess, Promise, cancel, open_processes, promise, record
from terreau.ledger.answers import Answer, close_short, first_time
from terreau.ledger.effects import Action
from terreau.ledger.models import Commitment, Event, ProcessKind
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.worksites.actions.orders import allow, plan_step, priced, terms_of
from terreau.rooms.worksites.models import Basis, Day, Done, Order, StepKind
from terreau.rooms.worksites.queries.orders import day_line, days_of
from terreau.rooms.worksites.refusals import WorksiteRefused
from terreau.rooms.worksites.trades import SUPERVISION
from terreau.territory.clock import moment
from terreau.territory.models import Product, User

ENDS_AT = time(17)


@transaction.atomic
def plan_days(
    *, order: Order, days: Sequence[date], people: int, hours_each: Decimal, on: date, by: User | None,
    at: datetime, key: str,
) -> list[Day]:  # fmt: skip
    """Days with a crew: its hours are promised to the client, with their price if they have one."""
    ecopole = order.ecopole
    ecopole.take_turns()
    if known := list(
        Day.objects.filter(order=order, process__key__startswith=f"worksite-day:{order.pk}:{key}:")
    ):
        return known
    allow(order, StepKind.PLANNED)
    _refuse_days(order, days)
    processes = open_processes(
        ecopole=ecopole,
        processes=[
            NewProcess(
                kind=ProcessKind.WORKSITE, key=f"worksite-day:{order.pk}:{key}:{n}", label=str(order.site),
                agent_id=order.provider_id, place_id=order.site.place_id, planned_for=day,
            )
            for n, day in enumerate(days)
        ],
    )  # fmt: skip
    made = Day.objects.bulk_create(
        Day(order=order, process=process, on=day, people=people, hours_each=hours_each)
        for process, day in zip(processes, days, strict=True)
    )
    promise(ecopole=ecopole, promises=list(_promises(order, made)))
    plan_step(order, on=on, by=by, at=at, key=key)
    return made


def _refuse_days(order: Order, days: Sequence[date]) -> None:
    taken = {day.on for day in days_of(order) if day.open or day.done}
    for day in days:
        if not order.from_on <= day <= order.to_on:
            raise WorksiteRefused(
                f"Le {format_date(day)} est hors de la commande, du {format_date(order.from_on)} au "
                f"{format_date(order.to_on)}. Choisissez un jour entre les deux.",
                "day",
            )
        if day in taken:
            raise WorksiteRefused(
                f"{order.site}\u202f: le {format_date(day)} a déjà sa feuille. Choisissez un autre jour.",
                "day",
            )


def _promises(order: Order, days: Sequence[Day]) -> Iterator[Promise]:
    """The hours of each day, and the day itself where it is what is paid."""
    terms, agreed = terms_of(order), order.steps.get(kind=StepKind.ACCEPTED).agreement_id
    day_product = priced(Basis.DAY) if terms.basis == Basis.DAY else None

    def line(day: Day, name: str, product: Product, quantity: Decimal, price: Money | None) -> Promise:
        return Promise(
            Action.WORK, order.provider_id, order.client_id, product.pk, quantity, Unit(product.unit), day.on,
            key=f"{day.process.key}:{name}", to_place_id=order.site.place_id, process_id=day.process_id,
            agreement_id=agreed, price=price,
        )  # fmt: skip

    for day in days:
        hours = day.people * day.hours_each
        by_hour = terms.price.times(hours) if terms.basis == Basis.HOUR else None
        yield line(day, "hours", order.trade, hours, by_hour)
        if day_product:
            yield line(day, "day", day_product, Decimal(1), terms.price)


@transaction.atomic
def cancel_day(*, day: Day, reason: str, by: User | None, at: datetime, key: str) -> None:
    """The day will not be worked, and why: rain, ground too wet, order put off."""
    day.order.ecopole.take_turns()
    state = day_line(day)
    if state.cancelled:
        return
    if state.done:
        raise WorksiteRefused(
            f"{day.order.site}\u202f: cette journée est déjà faite. Annulez d’abord ce qui est écrit."
        )
    if not reason:
        raise WorksiteRefused(f"{day.order.site}\u202f: dites pourquoi cette journée est annulée.", "reason")
    rows = list(Commitment.objects.filter(process=day.process_id))
    cancel(commitments=rows, reason=reason, by=by, at=at, key=key)


@dataclass(frozen=True)
class Worked:
    """What a day was: people and hours of each, supervision, surface or length done."""

    people: int
    hours_each: Decimal
    supervisors: int = 1
    supervision_hours: Decimal = Decimal(0)
    area_m2: int = 0
    length_m: int = 0
    note: str = ""

    @property
    def hours(self) -> Decimal:
        return self.people * self.hours_each


@transaction.atomic
def work_day(*, day: Day, worked: Worked, by: User | None, at: datetime, key: str) -> list[Event]:
    """Write the hours of the crew and of its supervision, from employer to client, and their price."""
    ecopole = day.order.ecopole
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    ends = moment(day.on, ENDS_AT)
    _refuse_work(day, worked, at)
    rows = list(Commitment.objects.filter(process=day.process_id).select_related("product"))
    terms = terms_of(day.order)
    answers = [Answer(row, worked.hours if row.product.unit == Unit.HOUR else row.quantity) for row in rows]
    entries = [
        _entry(
            answer.commitment, answer.commitment.product, answer.quantity, min(ends, at), f"{key}:{n}",
            fulfils_id=answer.commitment.pk,
            price=terms.price.times(worked.hours) if terms.basis == Basis.HOUR else answer.commitment.price,
        )
        for n, answer in enumerate(answers)
    ]  # fmt: skip
    if worked.supervision_hours:
        supervision = Product.objects.get(code=SUPERVISION)
        entries.append(
            _entry(rows[0], supervision, worked.supervision_hours, min(ends, at), f"{key}:supervision")
        )
    events = record(ecopole=ecopole, entries=entries, recorded_by=by, recorded_at=at)
    close_short(
        ecopole=ecopole, answers=answers, events=events[: len(answers)], reason="moins d’heures que prévu",
        by=by, at=at, key=key,
    )  # fmt: skip
    hours = next(
        event for event, row in zip(events, rows, strict=False) if row.product_id == day.order.trade_id
    )
    Done.objects.create(
        day=day, event=hours, people=worked.people, supervisors=worked.supervisors, area_m2=worked.area_m2,
        length_m=worked.length_m, note=worked.note,
    )  # fmt: skip
    return events


def _entry(
    row: Commitment, product: Product, quantity: Decimal, when: datetime, key: str, **more: Any
) -> Entry:
    return Entry(
        Action.WORK, row.provider_id, row.receiver_id, product.pk, quantity, Unit(product.unit), key=key,
        occurred_at=when, to_place_id=row.to_place_id, process_id=row.process_id,
        agreement_id=row.agreement_id, **more,
    )  # fmt: skip


def _refuse_work(day: Day, worked: Worked, at: datetime) -> None:
    site, state = day.order.site, day_line(day)
    if day.on > timezone.localtime(at).date():
        raise WorksiteRefused(
            f"{site}\u202f: le {format_date(day.on)} n’est pas encore passé. "
            "Enregistrez la journée le jour même."
        )
    if state.done or state.cancelled:
        said = "annulée" if state.cancelled else "enregistrée"
        raise WorksiteRefused(f"{site}\u202f: cette journée est déjà {said}. Rechargez la page.")
    if worked.people < 1 or worked.hours_each <= 0:
        raise WorksiteRefused(
            f"{site}\u202f: personne n’y a travaillé. Annulez la journée, et dites pourquoi.", "people"
        )
