"""What was noted on the road, sometimes hours ago and without network: each entry is written once."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from terreau.ledger.answers import Answer
from terreau.ledger.models import Process
from terreau.ledger.queries import commitments
from terreau.rooms.platform.actions.day import deliver, receive
from terreau.rooms.platform.day import DUE
from terreau.rooms.platform.models import StopKind, StopNote
from terreau.territory.models import Agent, Ecopole, Place, PlaceKind, User


@transaction.atomic
def note_stop(
    *,
    ecopole: Ecopole,
    platform: Agent,
    round: Process,
    rank: int,
    kind: StopKind,
    done: Sequence[Answer] = (),
    signed_by: str = "",
    signature: bytes | None = None,
    text: str = "",
    photo: bytes | None = None,
    on: datetime,
    by: User | None,
    at: datetime,
    key: str,
) -> StopNote:
    """What was handed over or fetched at a stop, who signed, or what went wrong there.

    What is fetched is counted on the dock, as what is aboard to be delivered: put away once it is unloaded.
    A line that somebody has already entered with the same quantity is not written again.
    """
    ecopole.take_turns()  # the same entry sent twice at once takes its turn
    known = StopNote.objects.filter(ecopole=ecopole, key=key).first()
    if known is not None:
        return known
    left = _not_yet_entered(ecopole, done)
    if left and kind == StopKind.COLLECTED:
        docks = Place.objects.filter(ecopole=ecopole, agent=platform, kind=PlaceKind.DOCK).order_by("pk")
        into = docks.values_list("pk", flat=True).first()
        receive(ecopole=ecopole, platform=platform, done=left, on=on, into=into, by=by, at=at, key=key)
    elif left:
        deliver(ecopole=ecopole, platform=platform, done=left, on=on, by=by, at=at, key=key)
    return StopNote.objects.create(
        ecopole=ecopole,
        round=round,
        rank=rank,
        customer_id=round.detail["stops"][rank - 1]["receiver"],
        kind=kind,
        signed_by=signed_by,
        signature=signature,
        text=text,
        photo=photo,
        occurred_at=on,
        recorded_by=by,
        recorded_at=at,
        key=key,
    )


def _not_yet_entered(ecopole: Ecopole, done: Sequence[Answer]) -> list[Answer]:
    """Without those that say again what is settled; one that says otherwise stays, to be refused in words."""
    if not done:
        return []
    lines = commitments(ecopole, keys=[answer.commitment.key for answer in done])
    settled = {line.commitment.pk: line.fulfilled for line in lines if line.state not in DUE}
    return [answer for answer in done if settled.get(answer.commitment.pk) != answer.quantity]
