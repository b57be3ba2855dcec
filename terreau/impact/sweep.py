"""One scenario on every intercommunality, by the workers of the database: batches that any of them takes.

A batch is computed once. Who takes it says so, then that it lives; silent for a minute, it has died, and the
batch is offered again. The same question asked again goes on from the batches already there.
"""

from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import Q
from django_tasks import task

from terreau.engines.contribution import Missing
from terreau.impact import everywhere, scenarios
from terreau.impact.answering import SEED
from terreau.impact.models import Sweep, SweepBatch
from terreau.impact.scenarios import Asked
from terreau.impact.territories import epci
from terreau.planning.models import SILENCE
from terreau.planning.running import BEAT_SECONDS
from terreau.territory.clock import given_the_hour, ticking

# A few seconds of one processor: what a death costs.
BATCH = 20


def question(asked: Asked, code: str, on: date, draws: int) -> everywhere.Task:
    """What is asked of one of them. Raises `Missing` without its communes."""
    jobs = asked.jobs_total if code == asked.epci else None
    where = epci(code, jobs, jobs_needed=False)
    return code, where, asked.scenario, asked.without, on, asked.own, draws, SEED


def untold(code: str, name: str, missing: Missing) -> everywhere.Row:
    return {"epci": code, "nom": name, "manque": str(missing)}


def begin(*, text: str, codes: list[tuple[str, str]], on: date, draws: int, at: datetime) -> Sweep:
    """The question in batches, each offered to the workers; that of the day, half answered, goes on.

    One that was told whole is asked anew: what is known of the communes may have changed since.
    """
    key = sha256(f"{on}\n{draws}\n{text}".encode()).hexdigest()
    Sweep.objects.filter(Q(asked_on__lt=on) | Q(key=key)).exclude(
        Q(asked_on=on) & Q(pk__in=SweepBatch.objects.filter(lines__isnull=True).values("sweep"))
    ).delete()
    with transaction.atomic():
        sweep, new = Sweep.objects.get_or_create(
            key=key, defaults={"file": text, "asked_on": on, "draws": draws}
        )
        if new:
            SweepBatch.objects.bulk_create(
                SweepBatch(sweep=sweep, number=first // BATCH, codes=codes[first : first + BATCH])
                for first in range(0, len(codes), BATCH)
            )
    left = sweep.batches.filter(lines__isnull=True)
    left.exclude(trouble="").update(trouble="", heard_at=None)
    _offer(list(left.filter(_free(at)).values_list("pk", flat=True)))
    return sweep


def revive(sweep: Sweep, at: datetime) -> None:
    """Offer again what somebody took and fell silent on."""
    dead = sweep.batches.filter(lines__isnull=True, heard_at__lt=at - SILENCE)
    pks = list(dead.values_list("pk", flat=True))
    dead.update(heard_at=None)
    _offer(pks)


def _free(at: datetime) -> Q:
    return Q(heard_at=None) | Q(heard_at__lt=at - SILENCE)


def _offer(pks: list[int]) -> None:
    for pk in pks:
        compute.enqueue(batch_id=pk)


@task()
@given_the_hour
def compute(*, at: datetime, batch_id: int) -> None:
    """Take one batch, unless it is told already or somebody alive has it; twice writes the same lines."""
    mine = SweepBatch.objects.filter(pk=batch_id, lines__isnull=True)
    if not mine.filter(_free(at)).update(heard_at=at):
        return
    batch = mine.select_related("sweep").get()
    try:
        with ticking(BEAT_SECONDS, lambda hour: mine.update(heard_at=hour)):
            lines = list(_lines(batch))
    except BaseException as trouble:
        mine.update(trouble=type(trouble).__name__, heard_at=None)
        raise
    mine.update(lines=lines)


def _lines(batch: SweepBatch) -> Iterator[everywhere.Row]:
    sweep = batch.sweep
    asked = scenarios.read(sweep.file)
    for code, name in batch.codes:
        try:
            yield everywhere.line(question(asked, code, sweep.asked_on, sweep.draws))
        except Missing as missing:
            yield untold(code, name, missing)


def told(sweep: Sweep) -> list[everywhere.Row]:
    """In the order asked, whoever computed them."""
    found = sweep.batches.order_by("number").values_list("lines", flat=True)
    return [line for lines in found for line in lines or ()]
