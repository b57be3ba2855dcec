"""A season's life: asked, solved, published, answered, planned again; the ground is never touched."""

import json
import re
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from terreau.engines.season import Lock, Plan, Problem
from terreau.engines.season.verify import verify
from terreau.ledger.models import Agreement, Commitment
from terreau.ledger.queries import State, commitments
from terreau.measures.week import IsoWeek
from terreau.planning.gather import _farms
from terreau.planning.gather import gather as gather_week
from terreau.planning.models import AnswerKind, PlanState, SeasonPlan, ShareAnswer
from terreau.planning.publish import InputsChanged, NotPublished
from terreau.planning.running import AlreadyPlanning, abandon
from terreau.planning.season.actions import SeasonBegun, solve_season
from terreau.planning.season.gather import gather
from terreau.planning.season.needs import CHOICES
from terreau.planning.season.publish import publish_season
from terreau.planning.season.shares import AnswerRefused, answer_share, replies, share_of
from terreau.planning.tests.factories import MONDAY, NOW
from terreau.planning.tests.seasons import (
    FIRST,
    asked,
    growing_village,
    hands,
    needs,
    planted,
    set_up,
    solved,
)
from terreau.rooms.garden.queries import ESTABLISH, PlantingState, beds, catalogue, plantings


def standing(v, agent="jardin"):
    weeks = {"first": IsoWeek(2026, 40), "last": FIRST + 90}
    return plantings(v.ecopole, today=MONDAY, agent=v.agents[agent], **weeks)


def accept(season, kind=AnswerKind.ACCEPTED, key="reponse", **given):
    return answer_share(
        plan_id=season.row.pk, farm=season.v.agents["ferme"], kind=kind, by=season.v.users["felix"],
        at=NOW, key=key, **given,
    )  # fmt: skip


def test_a_season_is_solved_and_its_judge_agrees(season):
    row = season.row
    problem, plan = Problem.from_json(row.problem), Plan.from_json(row.plan)
    assert (row.state, row.progress) == (PlanState.READY, 100)
    assert plan.lots
    assert verify(problem, plan).violations == ()


def test_asking_twice_with_the_same_key_asks_once(season):
    assert asked(season.v, key=season.key).pk == season.row.pk


def test_a_season_already_under_way_is_not_calculated_twice_at_once(season):
    asked(season.v, "autre")
    with pytest.raises(AlreadyPlanning, match="La saison est déjà en calcul"):
        asked(season.v, "encore")


def test_an_abandoned_season_is_not_solved(season):
    row = asked(season.v, "autre")
    abandon(plan=row)
    solve_season.func(plan_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.plan) == (PlanState.CANCELLED, None)


def test_a_season_does_not_begin_in_the_past(season):
    late = needs(season.v, first="2026-W40", last="2027-W39")
    with pytest.raises(SeasonBegun, match="est passée"):
        asked(season.v, "autre", wanted=late)


def test_a_lock_on_what_is_no_longer_there_falls_by_itself(season):
    gone = Lock("area", "999", "radis:field:2020-W10", "fixed", Decimal(1))
    crop = Lock("crop", str(season.v.agents["ferme"].pk), "radis", "forbidden")
    assert asked(season.v, "autre", locks=(gone, crop)).locks == [crop.to_json()]


def test_publishing_makes_plantings_of_the_gardens_lots_on_their_beds(season):
    row, v = season.row, season.v
    season.published()
    plan, problem = Plan.from_json(row.plan), Problem.from_json(row.problem)
    garden = {b.id for b in problem.blocks if b.farm == str(v.agents["jardin"].pk)}
    wanted = sum(lot.beds for lot in plan.lots if lot.block in garden)
    lines = [p for p in standing(v) if p.plan == row.reference]
    assert sum(p.length_m for p in lines) / 50 == wanted > 0
    assert {p.state for p in lines} == {PlantingState.PLANNED}
    assert standing(v, "ferme") == []


def overlaps(v):
    """Beds that hold more metres than they have, in some week."""
    length = {bed.place_id: bed.length_m for bed in beds(v.ecopole)}
    used = defaultdict(Decimal)
    for planting in standing(v):
        if planting.state in (PlantingState.PLANNED, PlantingState.GROWING):
            for week in IsoWeek.range(planting.planted, planting.last_harvest):
                used[planting.place_id, week] += planting.length_m
    return [place for (place, _), metres in used.items() if metres > length[place]]


def test_published_plantings_never_overlap_on_a_bed(season):
    season.published()
    assert overlaps(season.v) == []


def test_each_planting_promises_its_gestures_in_hours(season):
    processes = season.published()
    due = Commitment.objects.filter(ecopole=season.v.ecopole, plan=season.row.reference)
    assert {c.process_id for c in due} == {process.pk for process in processes}
    assert due.filter(product__code=ESTABLISH).count() == len(processes)


def test_publishing_twice_writes_once(season):
    first = season.published()
    count = Commitment.objects.count()
    assert {p.pk for p in season.published()} == {p.pk for p in first}
    assert Commitment.objects.count() == count


def test_only_a_ready_season_is_published(season):
    with pytest.raises(NotPublished, match="en attente"):
        publish_season(plan_id=asked(season.v, "autre").pk, by=None, at=NOW)


def test_a_season_whose_land_or_hands_changed_is_not_published_and_says_what_changed(season):
    hands(season.v, "ferme", "seasonal", "20")
    with pytest.raises(InputsChanged) as refusal:
        season.published()
    assert "Les bras de Ferme des Saules" in " ".join(refusal.value.reasons)
    assert not [p for p in standing(season.v) if p.plan]


def test_a_season_whose_first_week_is_past_is_not_published(season):
    with pytest.raises(InputsChanged, match="première semaine"):
        season.published(NOW + timedelta(days=21))


def test_a_new_season_withdraws_what_is_only_planned_and_keeps_what_is_in_the_ground(season):
    v = season.v
    season.published()
    first = min((p for p in standing(v) if p.plan == season.row.reference), key=lambda p: (p.planted, p.id))
    due = Commitment.objects.get(process=first.id, product__code=ESTABLISH)
    set_up(v, due, NOW + timedelta(hours=1))
    wanted = needs(v, first=str(FIRST), last=str(FIRST + 51))
    second = solved(v, "seconde-saison", NOW + timedelta(hours=2), wanted=wanted)
    problem = Problem.from_json(second.problem)
    # Set up before its week: it stands there on the first day, like the leeks of the summer.
    assert {f.id for f in problem.fixed} >= {str(first.id)}
    publish_season(plan_id=second.pk, by=v.users["alice"], at=NOW + timedelta(hours=3))
    states = {p.id: p.state for p in standing(v) if p.plan == season.row.reference}
    assert states.pop(first.id) is PlantingState.GROWING
    assert set(states.values()) == {PlantingState.DROPPED}
    left = commitments(v.ecopole, process=first.id, states=(State.OPEN,))
    assert left, "what is in the ground is still to be kept and harvested"
    assert season.row.state == PlanState.REPLACED
    assert overlaps(v) == []


def test_what_was_planned_by_hand_gives_way_only_when_it_was_asked(season):
    v = season.v
    planted(v, "radis", "Serre 1", FIRST + 20, done=False)
    kept = solved(v, "garde", NOW + timedelta(hours=1))
    publish_season(plan_id=kept.pk, by=None, at=NOW + timedelta(hours=2))
    (radish,) = [p for p in standing(v) if p.crop == "radis" and not p.plan]
    assert radish.state is PlantingState.PLANNED
    assert overlaps(v) == []
    free = solved(v, "remplace", NOW + timedelta(hours=3), wanted=needs(v, replace=True))
    publish_season(plan_id=free.pk, by=None, at=NOW + timedelta(hours=4))
    (radish,) = [p for p in standing(v) if p.crop == "radis" and not p.plan]
    assert radish.state is PlantingState.DROPPED


def test_a_season_planned_later_leaves_what_comes_before_it(season):
    """The season of next spring does not withdraw the sowings of this winter."""
    season.published()
    later = needs(season.v, first="2027-W20", last="2028-W19")
    problem = gather(season.v.ecopole, later, MONDAY)
    before = [p for p in standing(season.v) if p.planted < IsoWeek(2027, 20) <= p.last_harvest]
    assert {f.id for f in problem.fixed} == {str(p.id) for p in before}


def test_a_locked_sowing_a_forbidden_crop_and_the_rest_adapts(season):
    v, plan = season.v, Plan.from_json(season.row.plan)
    farm = str(v.agents["ferme"].pk)
    lot = next(lot for lot in plan.lots if lot.beds >= 1)
    locks = (
        Lock("area", lot.block, lot.option, "fixed", Decimal("0.5")),
        Lock("crop", farm, "laitue", "forbidden"),
    )
    row = solved(v, "seconde-saison", NOW + timedelta(hours=1), locks=locks)
    assert row.state == PlanState.READY
    again = Plan.from_json(row.plan)
    problem = Problem.from_json(row.problem)
    assert sum(x.beds for x in again.lots if (x.block, x.option) == (lot.block, lot.option)) == Decimal("0.5")
    own = {b.id for b in problem.blocks if b.farm == farm}
    assert not [x for x in again.lots if x.block in own and x.option.startswith("laitue:")]


def test_a_farm_reads_its_share_of_a_published_season(season):
    share = share_of(season.row, season.v.agents["ferme"].pk)
    assert share.crops
    income = next(i for i in season.row.plan["incomes"] if i["farm"] == str(share.farm_id))
    assert share.income_cents == Decimal(income["cents"])
    assert share.kilos == sum(kg for _, kg in share.by_week)
    assert all(crop.sowings for crop in share.crops if crop.beds)
    assert share_of(season.row, season.v.agents["jardin"].pk) is None


def test_accepting_a_share_writes_what_the_farm_promises_and_is_promised(season):
    season.published()
    accept(season)
    share = share_of(season.row, season.v.agents["ferme"].pk)
    written = Agreement.objects.filter(key__startswith=season.row.reference)
    assert written.count() == len({c.crop for c in share.crops if c.total})
    assert {a.provider_id for a in written} == {share.farm_id}
    assert {a.receiver_id for a in written} == {season.v.agents["plateforme"].pk}
    total = sum(a.promised_value.cents for a in written)
    assert total == pytest.approx(sum(c.cents for c in share.crops), abs=len(share.crops))
    kilos = sum(a.promised * a.product.unit_kg for a in written)
    assert kilos == pytest.approx(share.kilos, abs=Decimal("0.01"))
    assert {a.starts_on for a in written} == {FIRST.monday}


def test_the_week_planner_reads_an_accepted_share(season):
    season.published()
    farm, week = season.v.agents["ferme"].pk, IsoWeek(2027, 30)
    before = _farms(season.v.ecopole, week, {farm})[0].promised_cents
    accept(season)
    assert _farms(season.v.ecopole, week, {farm})[0].promised_cents > before


def test_accepting_twice_promises_once(season):
    season.published()
    first = accept(season)
    count = Agreement.objects.count()
    assert accept(season).pk == first.pk
    assert accept(season, key="encore").pk == first.pk
    assert Agreement.objects.count() == count


def test_a_farm_that_discusses_is_heard_and_promises_nothing(season):
    season.published()
    count = Agreement.objects.count()
    with pytest.raises(AnswerRefused, match="en quelques mots"):
        accept(season, AnswerKind.DISCUSSED, message=" ")
    accept(season, AnswerKind.DISCUSSED, message="Pas de radis chez moi")
    (reply,) = replies(season.row)
    assert (reply.kind, reply.message) == ("discussed", "Pas de radis chez moi")
    assert Agreement.objects.count() == count
    accept(season, key="ensuite")
    assert [r.kind for r in replies(season.row)] == ["accepted"]


def test_only_a_published_season_is_answered(season):
    with pytest.raises(AnswerRefused, match="n’est plus celui de la saison"):
        accept(season)


def test_a_new_accepted_season_takes_back_what_remained_of_the_former_day_for_day(season):
    season.published()
    accept(season)
    farm = season.v.agents["ferme"]
    row = season.row
    SeasonPlan.objects.filter(pk=row.pk).update(state=PlanState.REPLACED)
    later = SeasonPlan.objects.get(pk=row.pk)
    later.pk, later.key, later.state = None, "suite", PlanState.PUBLISHED
    later.first_week = "2027-W20"
    later.save()
    answer_share(plan_id=later.pk, farm=farm, kind=AnswerKind.ACCEPTED, by=None, at=NOW, key="suite")
    ours = Agreement.objects.filter(provider=farm, key__startswith="season:premiere-saison:")
    back = Agreement.objects.filter(provider=farm, key__contains=":amends-")
    assert back.count() == ours.count()
    start = IsoWeek(2027, 20).monday
    for old in ours:
        (taken,) = back.filter(key__endswith=f":amends-{old.pk}")
        left = Decimal((old.ends_on - start).days + 1) / ((old.ends_on - old.starts_on).days + 1)
        assert taken.promised_value.cents == pytest.approx(-old.promised_value.cents * left, abs=1)
        assert (taken.starts_on, taken.ends_on) == (start, old.ends_on)


def broken(queryset, **fields):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        queryset.update(**fields)
    return str(refusal.value)


def test_what_the_database_refuses_of_a_season(season):
    rows = SeasonPlan.objects.filter(pk=season.row.pk)
    other = asked(season.v, "autre")
    # SQLite names the columns of the constraint, PostgreSQL the constraint.
    twice = broken(SeasonPlan.objects.filter(pk=other.pk), key=season.key)
    assert re.search(r"season_plan_key_once|seasonplan\.ecopole_id, .*seasonplan\.key", twice)
    assert "season_plan_state_known" in broken(rows, state="lost")
    assert "season_plan_progress_percent" in broken(rows, progress=101)
    rows.update(state=PlanState.PUBLISHED)
    two = broken(SeasonPlan.objects.filter(pk=other.pk), state=PlanState.PUBLISHED)
    assert re.search(r"season_plan_published_once|seasonplan\.ecopole_id", two)


def test_what_the_database_refuses_of_an_answer(season):
    season.published()
    said = {"plan": season.row, "farm": season.v.agents["ferme"], "answered_at": NOW}
    one = ShareAnswer.objects.create(**said, kind="accepted", key="un")
    two = ShareAnswer.objects.create(**said, kind="discussed", message="Non", key="deux")
    first, second = (ShareAnswer.objects.filter(pk=row.pk) for row in (one, two))
    assert re.search(r"share_answer_key_once|shareanswer\.plan_id, .*key", broken(second, key="un"))
    assert re.search(r"share_accepted_once|shareanswer\.plan_id, .*farm", broken(second, kind="accepted"))
    assert "share_answer_known" in broken(first, kind="maybe")
    assert "share_discussion_has_words" in broken(second, message="")


def test_the_command_prints_the_plan_its_lots_and_its_reasons(season):
    out = StringIO()
    call_command("plan", "season", "--from", str(FIRST), "--seconds", "2", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["first"] == str(FIRST)
    assert {g["name"] for g in told["plan"]["goals"]} >= {"total", "promises", "fairness"}
    assert told["plan"]["lots"]
    assert told["plan"]["coverage"]
    assert SeasonPlan.objects.count() == 1


def test_the_command_refuses_a_season_for_which_time_is_too_short(season, monkeypatch):
    monkeypatch.setitem(CHOICES, "time", {"seconds_max": 0})
    with pytest.raises(CommandError, match="Pas de plan trouvé en 0 s"):
        call_command("plan", "season", "--from", str(FIRST))


def test_a_published_season_feeds_the_week_with_no_manual_step(season):
    """Sown in the plan, expected by the garden, offered to baskets and orders by `terreau plan week`."""
    v = season.v
    season.published()
    catalogue_of = catalogue(v.ecopole)
    first = min((p for p in standing(v) if p.plan), key=lambda p: p.first_harvest)
    week = first.first_harvest
    ripe = [p for p in standing(v) if p.crop == first.crop and p.first_harvest <= week <= p.last_harvest]
    crop = catalogue_of[first.crop]
    expected = sum(p.kg_week[1] for p in ripe) / crop.unit_kg
    supplies = [s for s in gather_week(v.ecopole, week, MONDAY).supplies if s.product == crop.product_code]
    assert {s.kind for s in supplies} == {"forecast"}
    assert sum(s.quantity for s in supplies) == pytest.approx(expected, abs=len(ripe))
    out = StringIO()
    call_command("plan", "week", "--week", str(week), "--seconds", "5", "--json", stdout=out)
    told = json.loads(out.getvalue())["plan"]
    planned = {line["supply"] for line in (*told["flows"], *told["rests"])}
    assert {s.id for s in supplies} <= planned


def test_a_failed_crop_frees_its_bed(season):
    from terreau.rooms.garden.actions import end_planting
    from terreau.rooms.garden.models import NoteKind

    v = season.v
    (leeks,) = [p for p in standing(v) if p.crop == "poireau" and p.state is PlantingState.GROWING]
    end_planting(
        ecopole=v.ecopole, planting=leeks, kind=NoteKind.FAILED, text="Grêle", by=None, at=NOW, key="grele"
    )
    assert gather(v.ecopole, needs(v), MONDAY).fixed == ()


def test_two_ecopoles_do_not_share_a_season(season):
    there = growing_village("ailleurs")
    assert asked(there, key=season.key).pk != season.row.pk
    there_only = Problem.from_json(SeasonPlan.objects.get(ecopole=there.ecopole).problem)
    assert {farm.id for farm in there_only.farms} == {str(there.agents[n].pk) for n in ("jardin", "ferme")}
