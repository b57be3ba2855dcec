"""A plan of rounds becomes operations of the ledger: one a vehicle, that the platform's day reads.

`detail` holds, in figures written as text where they are not whole: the plan, the vehicle with its prices in
euros, the crates it holds and what it burns, the hours of loading, leaving and return, km, hours and euros,
where the travel times come from (`base`: by which rule), and the stops in order. A stop's `km` is from the
one before, by the hub if the vehicle loaded again between; its `road_s`, from the one before or the hub, is
what that rule says, before any factor or correction: what was driven is held against it.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from terreau.engines.rounds import Plan, Problem, Tour, verify
from terreau.engines.rounds.problem import UNITS_PER_EURO
from terreau.ledger.actions import NewProcess, open_processes
from terreau.ledger.models import Process, ProcessKind
from terreau.planning.models import PlanState, RoundsPlan
from terreau.planning.publish import InputsChanged, NotPublished
from terreau.planning.rounds.changes import changes
from terreau.planning.rounds.gather import Gathered, NothingToDrive, gather, hours_of, refuse_past, stop_id
from terreau.planning.rounds.locks import stored
from terreau.planning.rounds.reading import travel_of, ways
from terreau.planning.rounds.rest import rest_told
from terreau.planning.rounds.resume import resumed
from terreau.planning.rounds.words import cents, hour, thousandths
from terreau.territory.models import Agent, AgentKind, User
from terreau.territory.travel import PlacesNotLocated


@transaction.atomic
def publish_rounds(*, plan_id: int, by: User | None, at: datetime) -> list[Process]:
    """Write a ready plan's tours; for readers, they replace those of the day's former plan. Twice is once."""
    row = _locked(plan_id)
    if row.state == PlanState.PUBLISHED:
        rows = Process.objects.filter(ecopole=row.ecopole, kind=ProcessKind.ROUND, planned_for=row.day)
        return list(rows.filter(key__startswith=_reference(row)))
    if row.state != PlanState.READY:
        raise NotPublished(f"Ce plan est {row.get_state_display()} : seul un plan prêt se publie.")
    problem, plan = Problem.from_json(row.problem), Plan.from_json(row.plan or {})
    told = _rest(row, problem, plan, at.date()) if row.rest else _whole(row, problem, plan, at.date())
    if not plan.tours:
        raise NotPublished("Aucun véhicule ne sort\u202f: il n’y a rien à publier.")
    if wrong := verify(problem, plan, stored(row.locks)).sentences:
        raise NotPublished("Ces tournées ne tiennent pas\u202f: corrigez-les avant de publier.", wrong)
    former = RoundsPlan.objects.filter(ecopole=row.ecopole, day=row.day, state=PlanState.PUBLISHED)
    former.update(state=PlanState.REPLACED)
    row.state, row.published_at, row.published_by = PlanState.PUBLISHED, at, by
    row.save(update_fields=["state", "published_at", "published_by"])
    platform = Agent.objects.get(ecopole=row.ecopole, kind=AgentKind.PLATFORM)
    return open_processes(
        ecopole=row.ecopole,
        processes=[
            NewProcess(
                kind=ProcessKind.ROUND,
                label=f"Tournée, {detail['vehicle']['name']}",
                agent_id=platform.pk,
                place_id=int(problem.hubs[0].place),
                planned_for=row.day,
                detail=detail,
                key=f"{_reference(row)}{detail['vehicle']['id']}",
            )
            for detail in told
        ],
    )


def _whole(row: RoundsPlan, problem: Problem, plan: Plan, today: date) -> list[dict[str, Any]]:
    seen = _as_things_stand(row, problem, today)
    return [_detail(row, problem, seen, tour) for tour in plan.tours]


def _rest(row: RoundsPlan, problem: Problem, plan: Plan, today: date) -> list[dict[str, Any]]:
    """What was done until now, then what is left; refused if other tours were published in between."""
    try:
        refuse_past(row.day, today)
        rest = rest_told(row)
    except NothingToDrive as refusal:
        raise InputsChanged(str(refusal)) from None
    if rest.resumed.key != (row.rest or {})["resumes"]:
        raise InputsChanged("D’autres tournées ont été publiées depuis\u202f: planifiez de nouveau.")
    return list(resumed(row, problem, plan, rest, lambda tour: _frame(row, problem, tour)))


def _locked(plan_id: int) -> RoundsPlan:
    """The plan, once the others of its day wait: of two published at once, the second replaces the first."""
    row = RoundsPlan.objects.get(id=plan_id)
    alike = RoundsPlan.objects.select_for_update().filter(ecopole=row.ecopole_id, day=row.day)
    list(alike.order_by("pk").values_list("pk"))
    return RoundsPlan.objects.select_related("ecopole").get(id=plan_id)


def _reference(row: RoundsPlan) -> str:
    return f"rounds:{row.day}:{row.key}:"


def _as_things_stand(row: RoundsPlan, problem: Problem, today: date) -> Gathered:
    """The day as it is now; refused, with what changed, if it is no longer the one that was planned."""
    try:
        refuse_past(row.day, today)
        seen = gather(row.ecopole, row.day, row.left)
        news = changes(problem, seen.problem)
    except (NothingToDrive, PlacesNotLocated) as refusal:
        raise InputsChanged(str(refusal)) from None
    if news:
        raise InputsChanged("Depuis ce plan, la journée a changé\u202f: planifiez de nouveau.", tuple(news))
    return seen


def _detail(row: RoundsPlan, problem: Problem, seen: Gathered, tour: Tour) -> dict[str, Any]:
    return _frame(row, problem, tour) | {"base": seen.basis.base, "stops": _stops(problem, seen, tour)}


def _frame(row: RoundsPlan, problem: Problem, tour: Tour) -> dict[str, Any]:
    return {
        "plan": row.key,
        "vehicle": _vehicle(problem, tour),
        "loads": hour(tour.start_s),
        "leaves": hour(tour.trips[0].departure_s),
        "returns": hour(tour.end_s),
        "km": thousandths(tour.distance_m),
        "hours": str((Decimal(tour.duration_s) / 3600).quantize(Decimal("0.001"))),
        "euros": str(Decimal(cents(tour.cost.total)).scaleb(-2)),
        "travel": travel_of(ways(problem, tour), row),
    }


def _vehicle(problem: Problem, tour: Tour) -> dict[str, Any]:
    vehicle = next(v for v in problem.vehicles if v.id == tour.vehicle)
    prices = {name: str(Decimal(getattr(vehicle, name)) / UNITS_PER_EURO) for name in ("day", "km", "hour")}
    burns = {"fuel": vehicle.fuel, "litres_100km": str(vehicle.litres_100km), "cold": vehicle.cold}
    return {
        "id": int(vehicle.id), "name": vehicle.name, "crates": vehicle.capacity[0], **prices, **burns
    }  # fmt: skip


def _stops(problem: Problem, seen: Gathered, tour: Tour) -> list[dict[str, Any]]:
    drops = {stop_id(drop): drop for drop in seen.drops}
    index, metres = {p: n for n, p in enumerate(problem.places)}, problem.matrices[0].distance_m
    hubs = {hub.id: hub.place for hub in problem.hubs}
    told, here = [], hubs[tour.trips[0].start]
    for number, trip in enumerate(tour.trips):
        road = 0
        if number:
            road, here = metres[index[here]][index[hubs[trip.start]]], hubs[trip.start]
        for visit in trip.visits:
            drop = drops[visit.call.key]
            amounts = visit.call.pickup if drop.collected else visit.call.delivery
            road += metres[index[here]][index[visit.place]]
            told.append({
                "place": drop.place_id, "receiver": drop.receiver_id, "arrives": hour(visit.arrival_s),
                "leaves": hour(visit.departure_s), "commitments": list(drop.commitments),
                "crates": amounts[0], "amounts": list(amounts),
                "trip": number + 1, "km": thousandths(road), "collects": drop.collected,
                "hours": hours_of(drop), "road_s": seen.legs[int(here), int(visit.place)].plain_s,
            })  # fmt: skip
            here, road = visit.place, 0
    return told
