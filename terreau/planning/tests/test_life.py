"""A plan's life: asked, solved, published, replaced; what was done is never planned twice."""

import json
import re
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from terreau.engines.week.plan import Plan
from terreau.engines.week.problem import Lock, Problem
from terreau.engines.week.verify import verify
from terreau.ledger.models import Commitment, Process, ProcessKind
from terreau.ledger.queries import State, commitments
from terreau.planning import running
from terreau.planning.actions import solve_week
from terreau.planning.gather import WeekIsOver, gather
from terreau.planning.models import LEAST, PATIENCE, PlanState, WeekPlan
from terreau.planning.publish import InputsChanged, NotPublished, publish
from terreau.planning.queries import kept_promises
from terreau.planning.running import AlreadyPlanning, abandon
from terreau.planning.tests.factories import (
    NOW,
    WEEK,
    asked,
    certified,
    forecast,
    harvested,
    offered,
    ordered,
    received,
    solved,
)
from terreau.rooms.platform.actions import (
    Fetching,
    OrderEntry,
    agree_commission,
    answer_late,
    ask,
    leave,
    withdraw_certificate,
)
from terreau.rooms.platform.models import Certificate, LateReply, OrderLine
from terreau.territory.models import Quality

TUESDAY = NOW + timedelta(days=1)


def published(here, key="premier-plan", at=NOW):
    row = solved(here, key, at)
    return row, publish(plan_id=row.pk, by=here.users["alice"], at=at)


def due(here, kind, action, plan=None):
    rows = Commitment.objects.filter(ecopole=here.ecopole, process__kind=kind, action=action)
    if plan is not None:
        rows = rows.filter(plan=plan.reference)
    return list(rows.select_related("product", "to_place", "provider", "receiver"))


def order_of(row, code):
    return next(d for d in Problem.from_json(row.problem).demands if d.product == code)


def served(row, demand):
    flows = Plan.from_json(row.plan).flows
    return sum((f.quantity for f in flows if f.kind == "demand" and f.outlet == demand.id), Decimal(0))


def test_a_week_with_enough_is_served_whole_and_its_judge_agrees(here):
    row = solved(here)
    problem, plan = Problem.from_json(row.problem), Plan.from_json(row.plan)
    assert row.state == PlanState.READY
    assert row.progress == 100
    assert plan.shortfalls == ()
    assert verify(problem, plan).violations == ()
    assert served(row, order_of(row, "carotte")) == 15


def test_asking_twice_with_the_same_key_asks_once(here):
    assert asked(here).pk == asked(here).pk
    assert WeekPlan.objects.count() == 1


def test_a_week_already_under_way_is_not_calculated_twice_at_once(here):
    asked(here)
    with pytest.raises(AlreadyPlanning, match="semaine 48"):
        asked(here, "autre-plan")


def test_a_calculation_whose_worker_died_lets_the_week_be_planned_again(here):
    row = asked(here)
    WeekPlan.objects.update(state=PlanState.SOLVING)
    row.refresh_from_db()
    later = NOW + timedelta(seconds=PATIENCE * max(LEAST, row.seconds_max) + 1)
    assert not row.interrupted(NOW)
    assert row.interrupted(later)
    assert asked(here, "autre-plan", at=later).pk != row.pk


def test_a_worker_that_dies_falls_silent_and_its_calculation_is_seen_dead_within_a_minute(here):
    row = asked(here)
    WeekPlan.objects.update(state=PlanState.SOLVING, heard_at=NOW + timedelta(minutes=30))
    row.refresh_from_db()
    assert not row.interrupted(NOW + timedelta(minutes=31))
    assert row.interrupted(NOW + timedelta(minutes=31, seconds=1))
    asked(here, "autre-plan", at=NOW + timedelta(minutes=32))
    row.refresh_from_db()
    assert row.state == PlanState.FAILED


def test_a_worker_is_heard_as_soon_as_it_begins(here):
    row = asked(here)
    heard = []

    def answer(plan, progress):
        heard.append(WeekPlan.objects.get(pk=plan.pk).heard_at)
        return {"state": PlanState.IMPOSSIBLE}

    running.run(WeekPlan, row.pk, answer)
    assert None not in heard
    assert WeekPlan.objects.get(pk=row.pk).state == PlanState.IMPOSSIBLE


def test_an_abandoned_plan_is_not_solved_and_leaves_room_for_another(here):
    row = asked(here)
    abandon(plan=row)
    solve_week.func(plan_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.plan) == (PlanState.CANCELLED, None)
    assert asked(here, "autre-plan").state == PlanState.WAITING


def test_a_plan_abandoned_while_it_is_being_solved_is_dropped(here, monkeypatch):
    row = asked(here)

    def impatient(problem, locks, *, seconds_max, progress):
        abandon(plan=row)
        progress(0.5, "Équité")
        raise AssertionError("the calculation went on for nobody")

    monkeypatch.setattr("terreau.planning.actions.solve_problem", impatient)
    solve_week.func(plan_id=row.pk)
    row.refresh_from_db()
    assert row.state == PlanState.CANCELLED


def test_what_interrupts_a_calculation_is_kept_in_words(here, monkeypatch):
    row = asked(here)

    def broken(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr("terreau.planning.actions.solve_problem", broken)
    with pytest.raises(MemoryError):
        solve_week.func(plan_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.message) == (PlanState.FAILED, "Calcul interrompu (MemoryError).")


def test_the_past_is_not_planned(here):
    with pytest.raises(WeekIsOver, match="est passée"):
        asked(here, at=NOW + timedelta(days=7))


def test_publishing_twice_writes_the_promises_once(here):
    row, promises = published(here)
    again = publish(plan_id=row.pk, by=here.users["alice"], at=NOW)
    assert {c.pk for c in again} == {c.pk for c in promises}
    assert Commitment.objects.filter(ecopole=here.ecopole).count() == len(promises)


def test_what_reaches_the_platform_is_exactly_what_leaves_it(here):
    row, _ = published(here)
    arrived = sum((c.quantity for c in due(here, ProcessKind.ARRIVAL, "transfer")), Decimal(0))
    picked = sum((c.quantity for c in due(here, ProcessKind.DELIVERY, "move")), Decimal(0))
    packed = sum((c.quantity for c in due(here, ProcessKind.PACKING, "consume")), Decimal(0))
    assert arrived == picked + packed
    assert arrived == sum(f.quantity for f in Plan.from_json(row.plan).flows)


def test_only_a_ready_plan_is_published(here):
    with pytest.raises(NotPublished, match="en attente"):
        publish(plan_id=asked(here).pk, by=None, at=NOW)


def test_a_plan_whose_week_has_changed_is_not_published_and_says_what_changed(here):
    row = solved(here)
    ordered(here, "carotte", "18")
    offered(here, "poireau", "4")
    with pytest.raises(InputsChanged) as refusal:
        publish(plan_id=row.pk, by=None, at=NOW)
    told = " ".join(refusal.value.reasons)
    assert "Carotte pour Cantine du Hameau : 15\u00a0kg devient 18\u00a0kg." in told
    assert "Poireau de Ferme des Saules : 4\u00a0kg, est arrivé depuis." in told
    assert not Commitment.objects.exists()


def test_a_new_plan_withdraws_what_was_not_done_and_keeps_what_was(here):
    first, _ = published(here)
    carrots = [c for c in due(here, ProcessKind.HARVEST, "produce") if c.product.code == "carotte"]
    harvested(here, carrots[:1], NOW)
    second, _ = published(here, "second-plan", TUESDAY)
    states = {line.commitment.pk: line.state for line in commitments(here.ecopole, plan=first.reference)}
    assert states.pop(carrots[0].pk) is State.MET
    assert set(states.values()) == {State.CANCELLED}
    first.refresh_from_db()
    assert (first.state, WeekPlan.objects.get(pk=second.pk).state) == ("replaced", "published")


def test_a_week_has_one_published_plan_only(here):
    published(here)
    other = solved(here, "second-plan")
    refusal = broken(other, state=PlanState.PUBLISHED)
    assert re.search(r"week_plan_published_once|weekplan\.ecopole_id, .*weekplan\.week", refusal)


def broken(row, **fields):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        WeekPlan.objects.filter(pk=row.pk).update(**fields)
    return str(refusal.value)


def test_a_plan_is_in_a_known_state_and_no_further_than_its_end(here):
    row = asked(here)
    assert "week_plan_state_known" in broken(row, state="lost")
    assert "week_plan_progress_percent" in broken(row, progress=101)


def test_a_plan_key_is_used_once_in_an_ecopole(here):
    row = solved(here)
    other = solved(here, "second-plan")
    # SQLite names the columns of the constraint, PostgreSQL the constraint.
    assert re.search(r"week_plan_key_once|weekplan\.ecopole_id, .*weekplan\.key", broken(other, key=row.key))


def test_a_plan_made_later_in_the_week_subtracts_what_is_already_done(here):
    published(here)
    harvests = due(here, ProcessKind.HARVEST, "produce")
    harvested(here, harvests, NOW)
    from_garden = [
        c for c in due(here, ProcessKind.ARRIVAL, "transfer") if c.provider == here.agents["jardin"]
    ]
    received(here, from_garden, NOW + timedelta(hours=1))
    done = sum((c.quantity for c in harvests if c.product.code == "carotte"), Decimal(0))
    problem = gather(here.ecopole, WEEK, TUESDAY.date())
    carrots: dict[str, Decimal] = defaultdict(Decimal)
    for s in problem.supplies:
        carrots[s.kind] += s.quantity if s.product == "carotte" else 0
    assert problem.days[0] == TUESDAY.date()
    assert (carrots["lot"], carrots["forecast"]) == (done, 40 - done)


def test_a_locked_order_is_served_as_it_was_locked_and_the_rest_adapts(here):
    order = order_of(solved(here), "carotte")
    row = solved(here, "second-plan", locks=(Lock("served", order.id, Decimal(7)),))
    assert row.state == PlanState.READY
    assert served(row, order) == 7
    assert any(s.outlet == order.id and s.missing == 8 for s in Plan.from_json(row.plan).shortfalls)


def test_a_locked_portion_is_in_every_basket_and_one_locked_to_nothing_in_none(here):
    batch = Problem.from_json(solved(here).problem).baskets[0].id
    locks = (
        Lock("portion", batch, Decimal(1), outlet="poireau"),
        Lock("portion", batch, Decimal(0), outlet="carotte"),
    )
    row = solved(here, "second-plan", locks=locks)
    portions = {p.product: p.quantity for p in Plan.from_json(row.plan).portions}
    assert portions["poireau"] == 1
    assert "carotte" not in portions


def test_a_supply_locked_out_of_an_order_does_not_serve_it(here):
    first = solved(here)
    supply = next(s for s in Problem.from_json(first.problem).supplies if s.product == "carotte")
    order = order_of(first, "carotte")
    row = solved(here, "second-plan", locks=(Lock("flow", supply.id, Decimal(0), "demand", order.id),))
    assert served(row, order) == 0


def test_locks_that_clash_make_an_impossible_plan_that_names_them(here):
    first = solved(here)
    batch = Problem.from_json(first.problem).baskets[0].id
    locks = (
        Lock("served", order_of(first, "poireau").id, Decimal(10)),
        Lock("portion", batch, Decimal(1), outlet="poireau"),
    )
    forecast(here, "poireau", "15")
    row = solved(here, "second-plan", locks=locks)
    assert row.state == PlanState.IMPOSSIBLE
    clash = " ".join(Plan.from_json(row.plan).clash)
    assert "poireau pour Cantine du Hameau" in clash
    assert "poireau par panier Panier du hameau" in clash
    assert "carotte" not in clash


def test_promises_kept_are_counted_by_gesture(here):
    published(here)
    assert all(k.met == 0 for k in kept_promises(here.ecopole, WEEK))
    harvests = due(here, ProcessKind.HARVEST, "produce")
    harvested(here, harvests, NOW)
    kept = {k.gesture: (k.met, k.due) for k in kept_promises(here.ecopole, WEEK)}
    assert kept["Récoltes"] == (len(harvests), len(harvests))
    assert kept["Arrivées"][0] == 0
    assert set(kept) == {
        "Récoltes", "Arrivées", "Préparation des commandes", "Composition des paniers", "Livraisons",
    }  # fmt: skip


def test_the_command_prints_the_plan_and_the_one_by_hand(here):
    out = StringIO()
    call_command("plan", "week", "--week", str(WEEK), "--seconds", "10", "--json", stdout=out)
    told = json.loads(out.getvalue())
    problem = gather(here.ecopole, WEEK, WEEK.monday)
    assert told["week"] == "2026-W48"
    assert verify(problem, Plan.from_json(told["plan"])).violations == ()
    assert Plan.from_json(told["by_hand"]).status == "by_hand"
    assert not WeekPlan.objects.exists()


@pytest.mark.parametrize(
    ("last", "quality"), [(WEEK.sunday, Quality.ORGANIC), (WEEK.days[5], Quality.CONVENTIONAL)]
)
def test_what_a_certificate_does_not_cover_to_the_last_day_is_planned_as_conventional(here, last, quality):
    certified(here, "ferme", WEEK.monday - timedelta(days=7), last)
    supplies = gather(here.ecopole, WEEK, WEEK.monday).supplies
    assert {s.quality for s in supplies if s.kind == "offer"} == {quality}


def test_a_certificate_withdrawn_after_the_plan_changes_the_week(here):
    row = solved(here)
    wrong = Certificate.objects.get()
    withdraw_certificate(ecopole=here.ecopole, wrong=wrong, reason="suspendu", by=None, at=NOW, key="retrait")
    with pytest.raises(InputsChanged) as refusal:
        publish(plan_id=row.pk, by=None, at=NOW)
    assert "prix, jours ou conditions ont changé" in "".join(refusal.value.reasons)


def test_an_order_said_late_is_planned_only_once_it_is_granted(here):
    row = solved(here)
    line = OrderLine.objects.get(product__code="carotte", customer=here.agents["cantine"])
    more = OrderEntry.of(line, line.day)
    (late,) = ask(
        ecopole=here.ecopole, entries=[replace(more, quantity=line.quantity + 3)], granted=False, by=None,
        at=NOW, key="cle-en-retard",
    )  # fmt: skip
    assert gather(here.ecopole, WEEK, NOW.date()) == Problem.from_json(row.problem)
    answer_late(late=late, reply=LateReply.ACCEPTED, by=here.users["alice"], at=NOW, key="cle-accord")
    with pytest.raises(InputsChanged) as refusal:
        publish(plan_id=row.pk, by=here.users["alice"], at=NOW)
    assert [reason for reason in refusal.value.reasons if "Carotte pour" in reason]


def test_ordered_in_pieces_a_line_is_promised_in_kilos_at_the_price_of_the_kilo(here):
    line = OrderLine.objects.get(product__code="carotte", customer=here.agents["cantine"])
    OrderLine.objects.filter(pk=line.pk).update(pieces=150)
    published(here)
    sold = (c for c in due(here, ProcessKind.DELIVERY, "transfer") if c.price)
    (delivery,) = (c for c in sold if c.product == line.product)
    assert (delivery.quantity, delivery.price) == (line.quantity, line.price.times(line.quantity))


def test_what_a_farm_has_fetched_is_promised_from_its_gate(here):
    offered(here, "poireau", "4", how=Fetching(True))
    ordered(here, "poireau", "3")
    published(here)
    brought = {c.product.code: c for c in due(here, "arrival", "transfer") if c.provider.kind == "farm"}
    assert brought["poireau"].from_place == here.places["cour"]
    assert {c.from_place for code, c in brought.items() if code != "poireau"} == {None}


def answers(here):
    return [row.detail["offers"] for row in Process.objects.filter(kind=ProcessKind.OTHER).order_by("pk")]


def test_a_farm_is_told_why_its_offer_is_not_all_taken_each_time_a_plan_is_published(here):
    """50 kg of potatoes are offered, nobody ordered any, and baskets take a part."""
    mine = str(here.agents["ferme"].offers.get().pk)
    published(here)
    assert answers(here) == [{mine: "les débouchés de ce produit sont servis"}]
    ordered(here, "pomme-de-terre", "50")
    published(here, "deuxieme-plan")
    assert answers(here)[-1] == {}, "all of it is taken"


def test_a_week_counts_on_what_is_left_to_be_sold_and_not_on_what_is_only_kept(here):
    """Sold for its farm, it may go to orders, at what the farm gets: 80 % of the 2,50 € of reference."""
    farm, carrots = here.agents["ferme"], here.products["carotte"]
    agree_commission(
        ecopole=here.ecopole, farm=farm, percent=Decimal(20), starts_on=NOW.date(), agreed="convention",
        by=None, at=NOW, key="accord-vente",
    )  # fmt: skip
    for purpose in ("sale", "kept"):
        leave(
            ecopole=here.ecopole, platform=here.agents["plateforme"], farm=farm, product=carrots,
            quantity=Decimal(30), quality=Quality.ORGANIC, purpose=purpose, by=None, at=NOW,
            key=f"depot-{purpose}",
        )  # fmt: skip
    problem = gather(here.ecopole, WEEK, NOW.date())
    (left,) = [s for s in problem.supplies if s.id.startswith("lot:")]
    assert (left.kind, left.orders_only, left.quantity, left.price_cents) == ("offer", True, 30, 200)
    row, due_all = published(here)
    used = [f for f in Plan.from_json(row.plan).flows if f.supply == left.id]
    assert {f.kind for f in used} <= {"demand"}
    brought = [c for c in due_all if c.action == "transfer" and c.provider == farm and c.product == carrots]
    assert brought == [], "it is already there: nobody brings it"
