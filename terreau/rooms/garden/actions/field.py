"""What was noted in the field, sometimes hours ago and without network: each entry is written once.

An entry that was due answers its promise, as if it had been entered on the page of the day.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from terreau.ledger.answers import Answer, first_time
from terreau.ledger.effects import Action
from terreau.ledger.models import Commitment, Event, Process, ProcessKind
from terreau.ledger.queries import CommitmentLine, State, commitments
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.actions.tasks import WorkRefused, add_work, do_work
from terreau.rooms.garden.actions.week import HarvestLine, harvest
from terreau.rooms.garden.models import FieldNote, Forecast, NoteKind
from terreau.rooms.garden.queries.field import harvested_products
from terreau.rooms.garden.queries.land import beds, plot_statuses, quality_of
from terreau.rooms.garden.queries.plantings import ESTABLISH, plantings
from terreau.rooms.garden.queries.week import LATE_DAYS
from terreau.territory.models import Agent, Ecopole, Place, Product, Quality, User

DUE = (State.OPEN, State.PARTLY_MET)


class NoteRefused(Exception):
    """Nothing was written; the message says what to type instead."""


@transaction.atomic
def harvest_in_field(
    *,
    ecopole: Ecopole,
    garden: Agent,
    place: Place,
    product: Product,
    quantity: Decimal,
    on: datetime,
    by: User | None,
    at: datetime,
    key: str,
) -> list[Event]:
    """What was weighed at a bed: what was due there is answered, the oldest first."""
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    due = _harvest_due(ecopole, garden, place, product, on)
    line = HarvestLine(
        product=product,
        place=place,
        quantity=quantity,
        quality=_quality(ecopole, garden, place, product, on),
        commitment=due,
    )
    return harvest(ecopole=ecopole, garden=garden, lines=[line], on=on, by=by, at=at, key=key)


def _harvest_due(
    ecopole: Ecopole, garden: Agent, place: Place, product: Product, on: datetime
) -> Commitment | None:
    days = (on.date() - timedelta(days=LATE_DAYS), on.date())
    lines = commitments(ecopole, due=days, provider=garden, place=place, product=product, states=DUE)
    rows = [line.commitment for line in lines if line.commitment.action == Action.PRODUCE]
    # A vegetable may also be put into baskets at its bed: only a harvest answers a harvest.
    harvests = Process.objects.filter(pk__in=[row.process_id for row in rows], kind=ProcessKind.HARVEST)
    kinds = set(harvests.values_list("pk", flat=True))
    return next((row for row in rows if row.process_id in kinds and row.to_place_id == place.pk), None)


def _quality(ecopole: Ecopole, garden: Agent, place: Place, product: Product, on: datetime) -> int:
    """What the plot's dated status says; where nothing is written of the plot, what was forecast."""
    bed = next((bed for bed in beds(ecopole, garden) if bed.place_id == place.pk), None)
    statuses = plot_statuses(ecopole).get(bed.plot_id, []) if bed else []
    week = IsoWeek.of(on.date())
    if not statuses:
        said = Forecast.objects.filter(ecopole=ecopole, garden=garden, place=place, product=product)
        forecast = said.filter(week=str(week)).first()
        return forecast.quality if forecast else Quality.ORGANIC
    day = on.date()
    there = plantings(ecopole, first=week, last=week, today=day, place_id=place.pk)
    harvested = harvested_products(ecopole, {line.crop for line in there})
    grown = [line.planted.monday for line in there if harvested.get(line.crop) == product.pk]
    return quality_of(statuses, planted_on=min(grown, default=day), harvested_on=day)


@transaction.atomic
def work_in_field(
    *,
    ecopole: Ecopole,
    garden: Agent,
    trade: Product,
    hours: Decimal,
    place: Place | None,
    planting: Process | None,
    task: Commitment | None,
    on: datetime,
    by: User | None,
    at: datetime,
    key: str,
) -> list[Event]:
    """Hours on a promised gesture, on a planting, on a bed, or in the garden at large."""
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    due = task or (_work_due(ecopole, planting, trade, on) if planting else None)
    if due is not None and due.product_id != trade.pk:
        raise WorkRefused(
            f"{due.note}, {due.to_place}\u202f: ce n’est pas le geste choisi. Choisissez-le de nouveau."
        )
    if due is not None:
        answer = Answer(due, hours)
        return do_work(ecopole=ecopole, answers=[answer], on=on, by=by, at=at, key=key)
    return add_work(
        ecopole=ecopole,
        garden=garden,
        trade=trade,
        hours=hours,
        place=place,
        planting=planting,
        on=on,
        by=by,
        at=at,
        key=key,
    )


def _work_due(ecopole: Ecopole, planting: Process, trade: Product, on: datetime) -> Commitment | None:
    """Setting up answers its promise whenever it is done; the other gestures, once their week has come."""
    lines: list[CommitmentLine] = commitments(ecopole, process=planting, product=trade, states=DUE)
    week = IsoWeek.of(on.date())
    return next(
        (
            line.commitment
            for line in lines
            if trade.code == ESTABLISH or line.commitment.due_on <= week.sunday
        ),
        None,
    )


@transaction.atomic
def observe(
    *,
    ecopole: Ecopole,
    place: Place,
    planting: Process | None,
    text: str,
    photo: bytes | None,
    on: datetime,
    by: User | None,
    at: datetime,
    key: str,
) -> FieldNote:
    """What somebody saw on a bed, in words or in a picture."""
    note, _ = FieldNote.objects.get_or_create(
        ecopole=ecopole,
        key=key,
        defaults={
            "place": place, "planting": planting, "kind": NoteKind.OBSERVATION, "text": text, "photo": photo,
            "occurred_at": on, "recorded_by": by, "recorded_at": at,
        },
    )  # fmt: skip
    return note


@transaction.atomic
def withdraw_note(
    *, ecopole: Ecopole, wrong: FieldNote, reason: str, by: User | None, at: datetime, key: str
) -> FieldNote:
    """An observation that was wrong: another note says so, with the reason; both stay."""
    ecopole.take_turns()
    known = FieldNote.objects.filter(ecopole=ecopole, withdraws=wrong).first()
    if known is not None:
        return known
    if not reason.strip():
        raise NoteRefused(f"{wrong.place}\u202f: dites pourquoi cette observation est retirée.")
    return FieldNote.objects.create(
        ecopole=ecopole,
        key=key,
        place_id=wrong.place_id,
        planting_id=wrong.planting_id,
        kind=wrong.kind,
        text=reason.strip(),
        withdraws=wrong,
        occurred_at=at,
        recorded_by=by,
        recorded_at=at,
    )
