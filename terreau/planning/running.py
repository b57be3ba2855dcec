"""A calculation in the background: asked once, its progress written down, its end, what interrupts it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction

from terreau.planning.models import RUNNING, Calculation, PlanState
from terreau.territory.clock import ticking
from terreau.territory.models import Ecopole

Row = TypeVar("Row", bound=Calculation)
SEED = 1
# Often enough for a death to be seen soon, seldom enough to weigh nothing.
BEAT_SECONDS = 10
REFUSED = "Le résultat ne passe pas la vérification\u202f: il n’est pas gardé. L’erreur est du logiciel."


class AlreadyPlanning(Exception):
    """One calculation at a time: two would only slow each other."""

    def __init__(self, what: str, plan: Calculation):
        super().__init__(f"{what} est déjà en calcul\u202f: attendez son plan, il vient.")
        self.plan = plan


class Abandoned(Exception):
    """Nobody waits for this plan any more."""


class PlanRefusedByItsJudge(Exception):
    """A fault of ours, never the coordinator's: what was computed is not kept."""


def ask(
    model: type[Row],
    *,
    ecopole: Ecopole,
    what: str,
    among: dict[str, Any],
    prepare: Callable[[], dict[str, Any]],
    start: Callable[[int], Any],
    at: datetime,
    key: str,
) -> Row:
    """Keep the question as it stands and queue its solving. The same key asks once.

    `among`: the plans of the same thing, of which one at a time is calculated; `what` names it.
    """
    rows = model._default_manager.filter(ecopole=ecopole)
    if known := rows.filter(key=key).first():
        return known
    running = rows.filter(state__in=RUNNING, **among)
    for plan in running.only("key", "state", "created_at", "heard_at", "seconds_max"):
        if not plan.interrupted(at):
            raise AlreadyPlanning(what, plan)
    # What is held to be dead stays dead, even if it only slept.
    running.update(state=PlanState.FAILED, message="Le calcul n’a plus donné de nouvelles.")
    fields = prepare()
    try:
        with transaction.atomic():
            row = model._default_manager.create(ecopole=ecopole, key=key, created_at=at, **among, **fields)
    except IntegrityError:
        return rows.get(key=key)
    transaction.on_commit(lambda: start(row.pk))
    return row


def abandon(*, plan: Calculation) -> None:
    """Give up a plan that is not ready; the worker drops it at its next step."""
    states = (*RUNNING, PlanState.FAILED, PlanState.IMPOSSIBLE)
    rows = type(plan)._default_manager.filter(pk=plan.pk, state__in=states)
    rows.update(state=PlanState.CANCELLED)


def run(model: type[Row], plan_id: int, answer: Callable[[Row, "Progress"], dict[str, Any]]) -> None:
    """Solve one waiting plan; what interrupts it is kept on the plan, in words."""
    rows = model._default_manager.filter(pk=plan_id)
    row = rows.get()
    if row.state not in RUNNING:
        return
    progress = Progress(model, plan_id)
    try:
        # A worker that dies falls silent, and is seen to (see `models.SILENCE`).
        with ticking(BEAT_SECONDS, lambda at: rows.update(heard_at=at)):
            fields = answer(row, progress)
    except Abandoned:
        return
    except PlanRefusedByItsJudge:
        progress.write(state=PlanState.FAILED, message=REFUSED)
        raise
    except BaseException as trouble:
        progress.write(state=PlanState.FAILED, message=f"Calcul interrompu ({type(trouble).__name__}).")
        raise
    progress.write(**{"progress": 100, "message": ""} | fields)


class Progress:
    """Writes the progress down, at most once per percent."""

    def __init__(self, model: type[Calculation], plan_id: int):
        self.model, self.plan_id, self.written = model, plan_id, -1

    def __call__(self, share: float, message: str) -> None:
        percent = min(99, int(share * 100))
        if percent > self.written:
            self.written = percent
            if not self.write(state=PlanState.SOLVING, progress=percent, message=message):
                raise Abandoned

    def write(self, **fields: Any) -> int:
        """Written only while the plan is awaited."""
        return self.model._default_manager.filter(pk=self.plan_id, state__in=RUNNING).update(**fields)
