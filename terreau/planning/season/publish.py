"""A plan of the season becomes plantings: what the garden finds to sow and plant, week after week.

Partner farms' parts become supply agreements, and only when they accept them (see `shares`).
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from terreau.engines.season import Plan, Problem
from terreau.engines.season.plan import Lot
from terreau.engines.season.problem import GARDEN
from terreau.engines.season.verify import verify
from terreau.ledger.actions import cancel, open_processes, promise
from terreau.ledger.models import Process
from terreau.ledger.queries import State, commitments
from terreau.measures.week import IsoWeek
from terreau.planning.models import PlanState, SeasonPlan
from terreau.planning.publish import InputsChanged, NotPublished
from terreau.planning.season.changes import changes
from terreau.planning.season.gather import NothingToPlan, gather
from terreau.planning.season.ground import Ground, Known, withdrawn_by
from terreau.planning.season.needs import Needs
from terreau.rooms.garden import queries as garden
from terreau.territory.models import User


@transaction.atomic
def publish_season(*, plan_id: int, by: User | None, at: datetime) -> list[Process]:
    """Turn a ready plan into plantings, in place of those of the former season not yet in the ground.

    Twice is once.
    """
    row = SeasonPlan.objects.select_for_update().select_related("ecopole").get(pk=plan_id)
    if row.state == PlanState.PUBLISHED:
        return list(Process.objects.filter(ecopole=row.ecopole, key__startswith=f"{row.reference}:"))
    if row.state != PlanState.READY:
        raise NotPublished(f"Ce plan est {row.get_state_display()}\u202f: seul un plan prêt se publie.")
    problem, plan = Problem.from_json(row.problem), Plan.from_json(row.plan or {})
    _refuse_if_past(row, at)
    _refuse_if_changed(row, problem)
    verdict = verify(problem, plan, row.every_lock())
    if verdict.violations:
        raise NotPublished("Ce plan ne passe pas la vérification.", tuple(verdict.violations))
    _withdraw_former(row, by, at)
    row.state, row.published_at, row.published_by = PlanState.PUBLISHED, at, by
    row.save(update_fields=["state", "published_at", "published_by"])
    return _write(row, problem, plan, at)


def _refuse_if_past(row: SeasonPlan, at: datetime) -> None:
    if IsoWeek.parse(row.first_week) < IsoWeek.of(timezone.localtime(at).date()):
        raise InputsChanged("La première semaine de ce plan est passée\u202f: planifiez de nouveau.")


def _refuse_if_changed(row: SeasonPlan, problem: Problem) -> None:
    """Land, hands and needs are read again as of the day of the plan: what was written since shows."""
    asked_on = timezone.localtime(row.created_at).date()
    try:
        news = changes(problem, gather(row.ecopole, Needs.from_json(row.needs), asked_on))
    except NothingToPlan as nothing:
        news = [str(nothing)]
    if news:
        raise InputsChanged("Depuis ce plan, la saison a changé\u202f: planifiez de nouveau.", tuple(news))


def _withdraw_former(row: SeasonPlan, by: User | None, at: datetime) -> None:
    """Cancel what was only planned, from this season's first week on; what is in the ground stays."""
    needs = Needs.from_json(row.needs)
    planned = garden.plantings(
        row.ecopole, first=needs.weeks[0], last=needs.weeks[-1], today=timezone.localtime(at).date()
    )
    leaving = {planting.id for planting in planned if withdrawn_by(needs, planting)}
    open_ones = commitments(
        row.ecopole,
        due=(needs.weeks[0].monday, needs.weeks[-1].sunday),
        states=(State.OPEN, State.PARTLY_MET),
    )
    cancel(
        commitments=[line.commitment for line in open_ones if line.commitment.process_id in leaving],
        reason="remplacée par un nouveau plan de saison",
        by=by,
        at=at,
        key=f"{row.reference}:withdraw",
    )
    SeasonPlan.objects.filter(ecopole=row.ecopole, state=PlanState.PUBLISHED).update(state=PlanState.REPLACED)


def _write(row: SeasonPlan, problem: Problem, plan: Plan, at: datetime) -> list[Process]:
    news = list(_plantings(row, problem, plan, at))
    processes = open_processes(
        ecopole=row.ecopole,
        processes=[
            garden.planting_process(new, key=f"{row.reference}:{number}", plan=row.reference)
            for number, new in enumerate(news)
        ],
    )
    trades = garden.trades()
    promise(
        ecopole=row.ecopole,
        promises=[
            promised
            for new, process in zip(news, processes, strict=True)
            for promised in garden.planting_promises(new, process, trades, plan=row.reference)
        ],
    )
    return processes


def _plantings(row: SeasonPlan, problem: Problem, plan: Plan, at: datetime) -> Iterator[garden.NewPlanting]:
    """One per bed: a lot on both halves of a bed takes its whole length, on one of them half of it."""
    known = Known(row.ecopole, timezone.localtime(at).date())
    ground = Ground(known, Needs.from_json(row.needs))
    gardens = {farm.id for farm in problem.farms if farm.kind == GARDEN}
    own = {block.id for block in problem.blocks if block.farm in gardens}
    options = {option.id: option for option in problem.options}
    for lot in sorted(plan.lots, key=lambda lot: (options[lot.option].week, lot.block, lot.places)):
        option = options[lot.option]
        if lot.block in own:
            for number, halves in halves_by_bed(lot):
                bed = ground.beds[int(lot.block)][number - 1]
                yield garden.NewPlanting(
                    known.catalogue[option.crop], bed, IsoWeek.parse(option.week), bed.length_m * halves / 2
                )


def halves_by_bed(lot: Lot) -> list[tuple[int, Decimal]]:
    """Its beds by number: "3a", "3b", "4a" is two halves of the third bed and one of the fourth."""
    halves: dict[int, Decimal] = defaultdict(Decimal)
    for place in lot.places:
        halves[int(place[:-1])] += 1
    return sorted(halves.items())
