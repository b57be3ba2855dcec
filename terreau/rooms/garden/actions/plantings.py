"""What is decided of plantings: set on a bed, moved while only planned, given up, lost, ended."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from terreau.ledger.actions import cancel, open_processes, promise
from terreau.ledger.loans import places_lent
from terreau.ledger.models import Process
from terreau.ledger.queries import State, commitments
from terreau.measures.french import format_date
from terreau.measures.week import IsoWeek
from terreau.rooms.garden.models import FieldNote, NoteKind
from terreau.rooms.garden.queries.catalogue import catalogue
from terreau.rooms.garden.queries.land import BedLine, beds
from terreau.rooms.garden.queries.plantings import (
    NewPlanting,
    Objection,
    PlantingLine,
    PlantingState,
    objections,
    planting_process,
    planting_promises,
    plantings,
    trades,
    window_of_history,
)
from terreau.territory.models import Ecopole, User


class PlantingRefused(Exception):
    """Nothing was written; `objections` say why, and which a reason may answer."""

    def __init__(self, found: Sequence[Objection]):
        super().__init__(" ".join(objection.sentence for objection in found))
        self.objections = tuple(found)


def refuse_if_wrong(ecopole: Ecopole, new: NewPlanting, *, at: datetime, moving: int | None = None) -> None:
    """Lent, length, overlap, rotation, window: a reason answers the last two."""
    first, last = window_of_history(new.week, new.crop)
    others = plantings(ecopole, first=first, last=last, today=at.date(), agent=new.bed.agent_id)
    found = [
        *_lent(ecopole, new), *objections(new, others, beds(ecopole, new.bed.agent_id), moving=moving)
    ]  # fmt: skip
    if any(not objection.may_force for objection in found) or (found and not new.reason.strip()):
        raise PlantingRefused(found)


def _lent(ecopole: Ecopole, new: NewPlanting) -> list[Objection]:
    """Another grows there meanwhile, by agreement."""
    taken = places_lent(ecopole, new.week.monday, new.harvest[1].days[-1])
    return [
        Objection(
            f"{new.bed.name} est prêtée à {one.to} du {format_date(one.since)} au {format_date(one.until)}. "
            "Choisissez une autre planche.",
            may_force=False,
        )
        for one in taken
        if one.place_id == new.bed.place_id
    ]


@transaction.atomic
def plan_planting(*, ecopole: Ecopole, new: NewPlanting, at: datetime, key: str) -> Process:
    """Set a crop on a bed: its process, and its gestures as promises. The same key twice is one planting."""
    ecopole.take_turns()  # takes its turn: two hands do not fill the same metres
    if known := Process.objects.filter(ecopole=ecopole, key=key).first():
        return known
    refuse_if_wrong(ecopole, new, at=at)
    return _write(ecopole, new, key)


def _write(ecopole: Ecopole, new: NewPlanting, key: str, plan: str = "") -> Process:
    process = open_processes(ecopole=ecopole, processes=[planting_process(new, key=key, plan=plan)])[0]
    promise(ecopole=ecopole, promises=planting_promises(new, process, trades(), plan=plan))
    return process


@transaction.atomic
def move_planting(
    *,
    ecopole: Ecopole,
    planting: PlantingLine,
    bed: BedLine,
    week: IsoWeek,
    length_m: Decimal | None = None,
    reason: str = "",
    by: User | None,
    at: datetime,
    key: str,
) -> Process:
    """Plan again elsewhere or at another time what is not yet in the ground; the former plan is given up."""
    ecopole.take_turns()
    if known := Process.objects.filter(ecopole=ecopole, key=key).first():
        return known
    _refuse_if_begun(planting)
    crop = catalogue(ecopole)[planting.crop]
    new = NewPlanting(crop, bed, week, length_m or planting.length_m, variety=planting.variety, reason=reason)
    refuse_if_wrong(ecopole, new, at=at, moving=planting.id)
    _give_up(ecopole, planting, reason="déplacée", by=by, at=at, key=key)
    return _write(ecopole, new, key, plan=planting.plan)


def _refuse_if_begun(planting: PlantingLine) -> None:
    if planting.state is not PlantingState.PLANNED:
        raise PlantingRefused(
            [
                Objection(
                    f"{planting.name} est {planting.state.label}\u202f: ce qui est fait ne se déplace pas. "
                    "Dites qu’elle est terminée ou perdue, puis plantez ailleurs.",
                    may_force=False,
                )
            ]
        )


def _give_up(
    ecopole: Ecopole, planting: PlantingLine, *, reason: str, by: User | None, at: datetime, key: str
) -> None:
    due = commitments(ecopole, process=planting.id, states=(State.OPEN, State.PARTLY_MET))
    cancel(commitments=[line.commitment for line in due], reason=reason, by=by, at=at, key=f"{key}:given-up")


@transaction.atomic
def drop_planting(
    *, ecopole: Ecopole, planting: PlantingLine, reason: str, by: User | None, at: datetime, key: str
) -> None:
    """Give up a planting that is not in the ground; its bed is free again."""
    _refuse_if_begun(planting)
    _give_up(ecopole, planting, reason=reason or "abandonnée", by=by, at=at, key=key)


@transaction.atomic
def end_planting(
    *,
    ecopole: Ecopole,
    planting: PlantingLine,
    kind: NoteKind,
    text: str,
    by: User | None,
    at: datetime,
    key: str,
) -> FieldNote:
    """Lost to hail or slugs, or finished early: its bed is free, what it still promised is given up."""
    note, _ = FieldNote.objects.get_or_create(
        ecopole=ecopole,
        key=key,
        defaults={
            "place_id": planting.place_id, "planting_id": planting.id, "kind": kind, "text": text,
            "occurred_at": at, "recorded_by": by, "recorded_at": at,
        },
    )  # fmt: skip
    _give_up(ecopole, planting, reason=NoteKind(kind).label, by=by, at=at, key=key)
    return note
