"""What is brought to the ground: written once per bed, withdrawn by a contrary line, never erased."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from terreau.measures.french import format_date
from terreau.measures.split import split
from terreau.rooms.garden.models import FieldInput, InputKind, InputStatus
from terreau.rooms.garden.queries.land import BedLine
from terreau.territory.models import Agent, Ecopole, User

THOUSAND = 1000


class InputRefused(Exception):
    """Nothing was written; the message says what to type instead."""


@dataclass(frozen=True)
class NewInput:
    """What was brought, in all; `proof` is the paper, or the number of the derogation."""

    kind: InputKind
    name: str
    quantity: Decimal
    unit: str
    status: InputStatus
    applied_on: date
    supplier: str = ""
    lot: str = ""
    proof: str = ""


@transaction.atomic
def add_input(
    *,
    ecopole: Ecopole,
    garden: Agent,
    new: NewInput,
    beds: Sequence[BedLine],
    planting_id: int | None = None,
    by: User | None,
    at: datetime,
    key: str,
) -> list[FieldInput]:
    """One line per bed, the whole shared by their area, to the gram. The same key twice is written once."""
    ecopole.take_turns()  # the same form sent twice at once takes its turn
    if known := _written(ecopole, key):
        return known
    _refuse_nonsense(new, beds, at)
    shares = split(int(new.quantity * THOUSAND), [bed.area_m2 for bed in beds])
    if not all(shares):
        raise InputRefused(
            f"{new.name}\u202f: il y en a trop peu pour {len(beds)} planches. Choisissez moins de planches."
        )
    return FieldInput.objects.bulk_create(
        FieldInput(
            ecopole=ecopole,
            agent=garden,
            place_id=bed.place_id,
            planting_id=planting_id,
            kind=new.kind,
            name=new.name,
            supplier=new.supplier,
            lot=new.lot,
            quantity=Decimal(share) / THOUSAND,
            unit=new.unit,
            status=new.status,
            proof=new.proof,
            applied_on=new.applied_on,
            recorded_by=by,
            recorded_at=at,
            key=f"{key}:{rank}",
        )
        for rank, (bed, share) in enumerate(zip(beds, shares, strict=True))
    )


def _written(ecopole: Ecopole, key: str) -> list[FieldInput]:
    rows = FieldInput.objects.filter(ecopole=ecopole, key__gte=f"{key}:", key__lt=f"{key};")
    return list(rows.order_by("id"))


def _refuse_nonsense(new: NewInput, beds: Sequence[BedLine], at: datetime) -> None:
    if not beds:
        raise InputRefused(f"{new.name}\u202f: choisissez un bloc ou au moins une planche.")
    if new.quantity <= 0:
        raise InputRefused(f"{new.name}\u202f: la quantité doit dépasser 0. Saisissez ce qui a été apporté.")
    if new.applied_on > at.date():
        raise InputRefused(
            f"{new.name}\u202f: le {format_date(new.applied_on)} n’est pas encore passé. "
            "Saisissez le jour où l’apport a été fait."
        )
    if new.status == InputStatus.DEROGATION and not new.proof.strip():
        raise InputRefused(
            f"{new.name}\u202f: une semence non bio demande une dérogation. Saisissez son numéro comme "
            "justificatif, ou dites que la semence est bio."
        )
    if new.status == InputStatus.DEROGATION and new.kind not in (InputKind.SEED, InputKind.PLANT):
        raise InputRefused(
            f"{new.name}\u202f: une dérogation ne concerne que les semences et les plants. "
            "Choisissez « bio » ou « utilisable en bio »."
        )


@transaction.atomic
def withdraw_input(
    *, ecopole: Ecopole, wrong: FieldInput, reason: str, by: User | None, at: datetime, key: str
) -> FieldInput:
    """The contrary line of one that was wrong: both stay, with the reason in place of the proof."""
    ecopole.take_turns()
    known = FieldInput.objects.filter(ecopole=ecopole, withdraws=wrong).first()
    if known is not None:
        return known
    if wrong.withdraws_id is not None:
        raise InputRefused("Cette ligne en retire déjà une autre\u202f: saisissez à nouveau l’apport.")
    if not reason.strip():
        raise InputRefused(f"{wrong.name}, {wrong.place}\u202f: dites pourquoi cette ligne est retirée.")
    return FieldInput.objects.create(
        ecopole=ecopole,
        agent_id=wrong.agent_id,
        place_id=wrong.place_id,
        planting_id=wrong.planting_id,
        kind=wrong.kind,
        name=wrong.name,
        supplier=wrong.supplier,
        lot=wrong.lot,
        quantity=wrong.quantity,
        unit=wrong.unit,
        status=wrong.status,
        proof=reason.strip(),
        applied_on=wrong.applied_on,
        withdraws=wrong,
        recorded_by=by,
        recorded_at=at,
        key=f"{key}:withdraws",
    )
