"""What can be done in the garden's week: say what should ripen, and record what was harvested."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from terreau.ledger.actions import Entry, NewLot, NewProcess, new_lots, open_processes, record
from terreau.ledger.answers import Answer, AnswerRefused, close_short, first_time
from terreau.ledger.dueforms import LineRefused, refuse_settled
from terreau.ledger.models import Commitment, Event, ProcessKind
from terreau.measures.french import format_date, format_quantity
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.models import Forecast
from terreau.rooms.garden.queries.week import qualities
from terreau.territory.models import Agent, Ecopole, Place, Product, Quality, User


class HarvestRefused(AnswerRefused):
    """Nothing was written; the message says what to type instead."""


class ForecastRefused(Exception):
    """The forecast stays as it was; the message says what to type instead."""


@dataclass(frozen=True)
class HarvestLine:
    """What was weighed at the edge of a bed. `commitment` is the promise it answers, if it was planned.

    `refused` says why nothing was harvested; the quantity then counts for nothing. Without a quality, it is
    what the plot and the day of planting allow.
    """

    product: Product
    place: Place
    quantity: Decimal
    quality: int | None = None
    commitment: Commitment | None = None
    refused: str = ""


@dataclass(frozen=True)
class ForecastEntry:
    """What a bed should give: a likely quantity, and the low one."""

    product: Product
    place: Place
    low: Decimal
    likely: Decimal
    price: Money
    first_day: date
    last_day: date
    quality: int = Quality.ORGANIC


def set_forecast(*, ecopole: Ecopole, garden: Agent, week: IsoWeek, lines: Sequence[ForecastEntry]) -> None:
    """Say again what these beds should give this week; the other beds' lines stay as they are."""
    for line in lines:
        refuse_if_wrong(line, week)
    Forecast.objects.bulk_create(
        [
            Forecast(
                ecopole=ecopole,
                garden=garden,
                week=str(week),
                product=line.product,
                place=line.place,
                quality=line.quality,
                low=line.low,
                likely=line.likely,
                price=line.price,
                first_day=line.first_day,
                last_day=line.last_day,
            )
            for line in lines
        ],
        update_conflicts=True,
        unique_fields=["ecopole", "garden", "week", "product", "place"],
        update_fields=["quality", "low", "likely", "price", "first_day", "last_day"],
    )


def refuse_if_wrong(line: ForecastEntry, week: IsoWeek) -> None:
    """What a bed gives at worst is not above what is likely, and its days meet the week."""
    where = f"{line.product}, {line.place}"
    refuse_wrong_quantities(where, line.low, line.likely, Unit(line.product.unit))
    if line.last_day < line.first_day:
        raise ForecastRefused(
            f"{where}\u202f: du {format_date(line.first_day)} au {format_date(line.last_day)}. "
            "Choisissez un dernier jour qui suit le premier."
        )
    if line.first_day > week.sunday or line.last_day < week.monday:
        raise ForecastRefused(
            f"{where}\u202f: du {format_date(line.first_day)} au {format_date(line.last_day)}, "
            f"hors de la {week.label}. Choisissez au moins un jour de cette semaine."
        )
    if line.price.cents < 0:
        raise ForecastRefused(f"{where}\u202f: {line.price}. Saisissez un prix de cession de 0 € ou plus.")


def refuse_wrong_quantities(where: str, low: Decimal, likely: Decimal, unit: Unit) -> None:
    if not 0 <= low <= likely:
        raise ForecastRefused(
            f"{where}\u202f: au moins {format_quantity(Quantity(low, unit))}, "
            f"probable {format_quantity(Quantity(likely, unit))}. "
            "Saisissez un « au moins » de 0 à la quantité probable."
        )


def copy_forecast(*, ecopole: Ecopole, garden: Agent, week: IsoWeek) -> int:
    """Last week's forecast, said again for this week; what was already said for this week stays."""
    mine = Forecast.objects.filter(ecopole=ecopole, garden=garden)
    said = set(mine.filter(week=str(week)).values_list("product_id", "place_id"))
    former = mine.filter(week=str(week - 1)).select_related("product", "place")
    lines = [
        ForecastEntry(
            product=row.product,
            place=row.place,
            low=row.low,
            likely=row.likely,
            price=row.price,
            first_day=row.first_day + timedelta(days=7),
            last_day=row.last_day + timedelta(days=7),
            quality=row.quality,
        )
        for row in former
        if (row.product_id, row.place_id) not in said
    ]
    set_forecast(ecopole=ecopole, garden=garden, week=week, lines=lines)
    return len(lines)


def remove_forecast(*, ecopole: Ecopole, garden: Agent, line_id: int) -> None:
    """This bed gives nothing this week after all; what was harvested stays in the ledger."""
    Forecast.objects.filter(ecopole=ecopole, garden=garden, pk=line_id).delete()


@transaction.atomic
def harvest(
    *,
    ecopole: Ecopole,
    garden: Agent,
    lines: Sequence[HarvestLine],
    on: datetime,
    by: User | None,
    at: datetime,
    key: str,
) -> list[Event]:
    """One new lot per line, held by the garden at its bed.

    Harvesting less than planned closes the promise.
    """
    if (known := first_time(ecopole=ecopole, key=key)) is not None:
        return known
    answers = [
        Answer(line.commitment, line.quantity, line.refused) for line in lines if line.commitment is not None
    ]
    refuse_settled(ecopole, answers)
    lines = [line for line in lines if not line.refused]
    for line in lines:
        _refuse_nonsense(line, on, at)
    processes = open_processes(
        ecopole=ecopole,
        processes=[
            NewProcess(
                kind=ProcessKind.HARVEST,
                label=f"Récolte · {line.place}",
                agent_id=garden.id,
                place_id=line.place.id,
                planned_for=on.date(),
                key=f"{key}:{n}",
            )
            for n, line in enumerate(lines)
            if line.commitment is None
        ],
    )
    process_ids = {p.key: p.id for p in processes}
    sold_as = qualities(ecopole, {(line.product.pk, line.place.pk) for line in lines}, on.date())
    lots = new_lots(
        ecopole=ecopole,
        lots=[
            NewLot(
                code=None,
                product=line.product,
                producer_id=garden.id,
                quality=sold_as[line.product.pk, line.place.pk] if line.quality is None else line.quality,
                origin_id=line.place.id,
                born_at=on,
                keeps_until=line.product.keeps_until(on.date()),
                key=f"{key}:{n}",
            )
            for n, line in enumerate(lines)
        ],
    )
    events = record(
        ecopole=ecopole,
        entries=[
            Entry(
                action="produce",
                provider_id=garden.id,
                receiver_id=garden.id,
                product_id=line.product.id,
                quantity=line.quantity,
                unit=Unit(line.product.unit),
                lot=lot,
                to_place_id=line.place.id,
                occurred_at=on,
                process_id=line.commitment.process_id if line.commitment else process_ids[f"{key}:{n}"],
                fulfils_id=line.commitment.id if line.commitment else None,
                key=f"{key}:{n}",
            )
            for n, (line, lot) in enumerate(zip(lines, lots, strict=True))
        ],
        recorded_by=by,
        recorded_at=at,
    )
    close_short(
        ecopole=ecopole,
        answers=answers,
        events=events,
        reason="récolté moins que prévu",
        by=by,
        at=at,
        key=key,
    )
    return events


def _refuse_nonsense(line: HarvestLine, on: datetime, at: datetime) -> None:
    unit = Unit(line.product.unit)
    name = line.product.name[:1].lower() + line.product.name[1:]
    what = f"{format_quantity(Quantity(line.quantity, unit))} de {name} sur {line.place}"
    if line.quantity <= 0:
        instead = (
            "Saisissez le poids pesé, ou dites pourquoi rien n’a été récolté."
            if line.commitment
            else "Saisissez ce qui a été pesé ou compté."
        )
        _refuse(line, f"Récolte non enregistrée\u202f: {what}. {instead}")
    if unit is Unit.PIECE and line.quantity % 1:
        _refuse(line, f"Récolte non enregistrée\u202f: {what}. Saisissez un nombre entier de pièces.")
    if on > at:
        _refuse(
            line,
            f"Récolte non enregistrée\u202f: le {format_date(on.date())} n’est pas encore passé. "
            "Choisissez le jour où la récolte a été pesée.",
        )


def _refuse(line: HarvestLine, message: str) -> None:
    if line.commitment is not None:
        raise LineRefused(line.commitment, message)
    raise HarvestRefused(message)
