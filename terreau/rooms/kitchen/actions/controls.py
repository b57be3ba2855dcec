"""Critical points as the work goes: read, judged by the limit of their day, answered when out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from terreau.measures.french import format_decimal
from terreau.rooms.kitchen.actions.batches import refuse_equipment
from terreau.rooms.kitchen.models import Batch, Control, Equipment, EquipmentKind, Point, Record, Reply
from terreau.rooms.kitchen.points import (
    Curve,
    CurveRefused,
    check_curve,
    cooling_minutes,
    f0,
    limit_of,
    schedule_of,
)
from terreau.rooms.kitchen.queries.batches import dropped
from terreau.rooms.kitchen.refusals import KitchenRefused
from terreau.territory.models import User

# What a probe can say; beyond, it is misread.
PLAUSIBLE = {Point.CORE: (Decimal(-30), Decimal(150)), Point.PH: (Decimal(1), Decimal(14))}


@dataclass(frozen=True)
class Read:
    """What was read: a figure, or the curve of a cycle or of a cooling."""

    point: str
    value: Decimal | None = None
    minutes: Decimal | None = None
    curve: Sequence[tuple[Decimal, Decimal]] = ()
    equipment: Equipment | None = None
    note: str = ""


@transaction.atomic
def check(*, batch: Batch, read: Read, by: User | None, at: datetime, key: str) -> Control:
    """A point is written with its limit and whether it holds; a wrong one is read again, and both stay."""
    batch.process.ecopole.take_turns()
    if known := Control.objects.filter(batch=batch, key=key).first():
        return known
    day = timezone.localtime(at).date()
    if read.point not in schedule_of(batch.version.schedule, day).points:
        raise KitchenRefused(f"{batch.version.recipe}\u202f: ce point n’est pas dans son barème.", "point")
    if dropped(batch):
        raise KitchenRefused(f"{batch.version.recipe}\u202f: cette fournée est abandonnée.")
    value = _value(read)
    limit = limit_of(read.point, day)
    out, said = limit.broken_by(value), limit.said
    if read.point == Point.CORE:
        out, said = _of_core(batch, value, read.minutes)
    if read.point == Point.F0:
        _refuse_autoclave(batch, read, at)
    return Control.objects.create(
        batch=batch, point=read.point, value=value, minutes=read.minutes, out=out, limit=said,
        curve=[[str(minute), str(celsius)] for minute, celsius in read.curve], equipment=read.equipment,
        note=read.note.strip(), read_at=at, recorded_by=by, recorded_at=at, key=key,
    )  # fmt: skip


def _value(read: Read) -> Decimal:
    if read.point in (Point.F0, Point.COOLING):
        return _of_curve(read)
    if read.value is None:
        raise KitchenRefused("Saisissez ce que vous lisez.", "value")
    if read.point in PLAUSIBLE:
        low, high = PLAUSIBLE[Point(read.point)]
        if not low <= read.value <= high:
            raise KitchenRefused(
                f"{format_decimal(read.value)}\u202f: relisez l’appareil, il dit entre "
                f"{format_decimal(low)} et {format_decimal(high)}.",
                "value",
            )
    return read.value


def _of_curve(read: Read) -> Decimal:
    curve: Curve = read.curve
    try:
        check_curve(curve)
        return f0(curve) if read.point == Point.F0 else cooling_minutes(curve)
    except CurveRefused as refusal:
        raise KitchenRefused(str(refusal), "curve") from refusal


def _of_core(batch: Batch, celsius: Decimal, minutes: Decimal | None) -> tuple[bool, str]:
    """The recipe asks so many degrees for so many minutes: both are reached, or it is out."""
    asked, during = batch.version.core_celsius or Decimal(0), batch.version.core_minutes or Decimal(0)
    if minutes is None:
        raise KitchenRefused("Dites pendant combien de minutes.", "minutes")
    said = f"{format_decimal(asked)}\u00a0°C pendant {format_decimal(during)}\u00a0min"
    return celsius < asked or minutes < during, said


def _refuse_autoclave(batch: Batch, read: Read, at: datetime) -> None:
    if read.equipment is None or read.equipment.kind != EquipmentKind.AUTOCLAVE:
        raise KitchenRefused("Choisissez l’autoclave du cycle.", "equipment")
    if not read.note.strip():
        raise KitchenRefused("Recopiez le numéro du cycle, celui du ticket de l’autoclave.", "note")
    refuse_equipment(batch.version, timezone.localtime(at).date())


@transaction.atomic
def reply(
    *, control: Control | None = None, record: Record | None = None, done: str, by: User | None, at: datetime
) -> Reply:
    """What was done about it, in words; the first answer stays."""
    known = Reply.objects.filter(control=control, record=record).first()
    if known is not None:
        return known
    if not done.strip():
        raise KitchenRefused("Dites ce qui a été fait\u202f: l’alerte reste jusque-là.", "done")
    return Reply.objects.create(
        control=control, record=record, done=done.strip(), recorded_by=by, recorded_at=at
    )
