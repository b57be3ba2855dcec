"""The temperature log: read, corrected by another reading, answered when out of limit; never edited."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from terreau.measures.french import format_date
from terreau.rooms.platform.models import COLDEST, HOTTEST, Reading, Remedy
from terreau.rooms.platform.temperatures import Spot, celsius_said, limits
from terreau.territory.models import Ecopole, User
from terreau.territory.refusals import Refused


class TemperatureRefused(Refused):
    """Nothing was written; the message says what to type instead, and `field` where."""


@transaction.atomic
def read_temperature(
    *,
    ecopole: Ecopole,
    spot: Spot,
    celsius: Decimal,
    read_at: datetime,
    by: User | None,
    at: datetime,
    key: str,
    supersedes: Reading | None = None,
    reason: str = "",
) -> Reading:
    """What was read, judged by the limit of its day; with `supersedes`, the right figure of a wrong one."""
    ecopole.take_turns()  # the same form sent twice at once takes its turn
    known = Reading.objects.filter(ecopole=ecopole, key=key).first()
    if known is not None:
        return known
    _refuse_nonsense(spot, celsius, read_at, at)
    if supersedes is not None:
        _refuse_correction(supersedes, reason)
    limit = limits(read_at.date()).get(spot.kind)
    if limit is None:
        raise TemperatureRefused(
            f"{spot.name}\u202f: aucune limite n’est connue pour cette classe au "
            f"{format_date(read_at.date())}. Choisissez-en une autre.",
            "kind",
        )
    return Reading.objects.create(
        ecopole=ecopole,
        place=spot.place,
        farm=spot.farm,
        vehicle=spot.vehicle,
        kind=spot.kind,
        celsius=celsius,
        out_of_limit=limit.broken_by(celsius),
        read_at=read_at,
        supersedes=supersedes,
        reason=reason.strip(),
        recorded_by=by,
        recorded_at=at,
        key=key,
    )


def _refuse_nonsense(spot: Spot, celsius: Decimal, read_at: datetime, at: datetime) -> None:
    if not COLDEST <= celsius <= HOTTEST:
        raise TemperatureRefused(
            f"{spot.name}\u202f: {celsius_said(celsius)}. Relisez la sonde\u202f: elle dit entre "
            f"{celsius_said(COLDEST)} et {celsius_said(HOTTEST)}.",
            "celsius",
        )
    if read_at > at:
        raise TemperatureRefused(
            f"{spot.name}\u202f: cette heure n’est pas encore passée. Saisissez celle de la lecture.", "hour"
        )


def _refuse_correction(wrong: Reading, reason: str) -> None:
    if Reading.objects.filter(supersedes=wrong).exists():
        raise TemperatureRefused(
            "Ce relevé a déjà été corrigé\u202f: corrigez celui qui l’a remplacé.", "celsius"
        )
    if not reason.strip():
        raise TemperatureRefused(
            "Dites pourquoi ce relevé était faux\u202f: le premier reste lisible.", "reason"
        )


@transaction.atomic
def answer_alert(*, reading: Reading, done: str, by: User | None, at: datetime, key: str) -> Remedy:
    """What was done about a reading out of limit, in words; the first answer stays."""
    reading.ecopole.take_turns()
    known = Remedy.objects.filter(reading=reading).first()
    if known is not None:
        return known
    if not done.strip():
        raise TemperatureRefused(
            f"{reading.where}, {celsius_said(reading.celsius)}\u202f: dites ce qui a été fait. "
            "L’alerte reste jusque-là.",
            "done",
        )
    return Remedy.objects.create(
        ecopole_id=reading.ecopole_id,
        reading=reading,
        done=done.strip(),
        recorded_by=by,
        recorded_at=at,
        key=key,
    )
