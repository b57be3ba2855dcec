"""The judge refuses every plan that was touched, and every plan by hand or by engine passes before it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terreau.engines.week import Kitchen, Lock, Recipe, SolidarityOutlet, Store, greedy, solve, verify
from terreau.engines.week.plan import Portion
from terreau.engines.week.tests.tiny import FRIDAY, MONDAY, THURSDAY, TINY, TUESDAY, kg, pieces_week

FULL = replace(
    TINY,
    supplies=(
        *TINY.supplies,
        replace(
            TINY.supplies[0], id="stock", kind="lot", quantity=kg("9.35"), last_day=FRIDAY.replace(day=30)
        ),
        replace(TINY.supplies[0], id="champ", kind="forecast", quantity=kg(4), low=kg(2), second_grade=True),
    ),
    recipes=(Recipe("soupe", "Soupe", {"carotte": kg("1.5")}, kg(2), 3, (TUESDAY,), 700),),
    kitchen=Kitchen({TUESDAY: kg(4)}),
    solidarity=(SolidarityOutlet("epicerie", "Épicerie", FRIDAY, kg(2), kg(5), 200),),
    store=Store(kg(6)),
)
PLAN = solve(FULL)


def _flow(plan, index, **changes):
    flows = list(plan.flows)
    flows[index] = replace(flows[index], **changes)
    return replace(plan, flows=tuple(flows))


def test_the_full_week_uses_every_outlet_and_is_accepted():
    assert verify(FULL, PLAN).violations == ()
    assert {f.kind for f in PLAN.flows} == {"demand", "basket", "kitchen", "solidarity"}


@given(st.integers(0, len(PLAN.flows) - 1), st.integers(1, 50), st.booleans())
def test_moving_a_single_step_of_any_flow_is_refused(index, steps, more):
    change = Decimal(steps) / 10 * (1 if more else -1)
    touched = _flow(PLAN, index, quantity=PLAN.flows[index].quantity + change)
    assert not verify(FULL, touched).accepted


@given(st.integers(0, len(PLAN.flows) - 1), st.sampled_from((MONDAY, TUESDAY, THURSDAY, FRIDAY)))
def test_moving_any_flow_to_another_day_is_refused(index, day):
    touched = _flow(PLAN, index, day=day)
    assert verify(FULL, touched).accepted == (day == PLAN.flows[index].day)


@given(st.integers(0, len(PLAN.flows) - 1))
def test_forgetting_or_repeating_any_flow_is_refused(index):
    flows = PLAN.flows
    assert not verify(FULL, replace(PLAN, flows=flows[:index] + flows[index + 1 :])).accepted
    assert not verify(FULL, replace(PLAN, flows=(*flows, flows[index]))).accepted


@given(st.integers(0, len(PLAN.portions) - 1), st.sampled_from(("0.4", "0.6", "1")))
def test_a_broken_portion_is_refused(index, quantity):
    portions = list(PLAN.portions)
    portions[index] = replace(portions[index], quantity=kg(quantity))
    assert not verify(FULL, replace(PLAN, portions=tuple(portions))).accepted


@given(
    st.integers(0, len(PLAN.rests) - 1),
    st.sampled_from(("used", "kept", "composted", "left")),
    st.sampled_from(("used", "kept", "composted", "left")),
)
def test_telling_another_story_of_a_rest_is_refused(index, from_part, to_part):
    rests = list(PLAN.rests)
    rest = rests[index]
    moved = min(getattr(rest, from_part), kg("0.1"))
    if from_part == to_part or not moved:
        return
    changes = {from_part: getattr(rest, from_part) - moved, to_part: getattr(rest, to_part) + moved}
    rests[index] = replace(rest, **changes)
    assert not verify(FULL, replace(PLAN, rests=tuple(rests))).accepted


@given(st.integers(0, len(PLAN.goals) - 1), st.sampled_from((-1, 1)))
def test_a_goal_that_boasts_is_refused(index, sign):
    goals = list(PLAN.goals)
    goals[index] = replace(
        goals[index], value=goals[index].value + sign * (abs(goals[index].value) + 1) / 100
    )
    assert not verify(FULL, replace(PLAN, goals=tuple(goals))).accepted


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"first_day": FRIDAY}, "trop tôt ou trop tard"),
        ({"last_day": MONDAY}, "trop tôt ou trop tard"),
        ({"second_grade": True}, "second choix"),
        ({"product": "poireau"}, "pas attendu"),
    ],
)
def test_a_supply_that_was_not_what_was_thought_is_refused(change, said):
    used = {f.supply for f in PLAN.flows if f.kind == "demand"}
    supplies = tuple(replace(s, **change) if s.id in used else s for s in FULL.supplies)
    assert any(said in wrong for wrong in verify(replace(FULL, supplies=supplies), PLAN).violations)


def test_a_quality_that_is_not_there_is_refused():
    demands = (replace(FULL.demands[0], quality_min=2),)
    supplies = tuple(replace(s, quality=1) for s in FULL.supplies)
    week = replace(FULL, demands=demands, supplies=supplies)
    assert any("qualité" in wrong for wrong in verify(week, PLAN).violations)


def test_two_vegetables_of_a_group_do_not_meet_in_a_basket():
    week = replace(FULL, products=tuple(replace(p, group="racine") for p in FULL.products))
    assert any("groupe" in wrong for wrong in verify(week, PLAN).violations)
    assert verify(week, solve(week)).accepted


def test_a_full_store_and_a_closed_kitchen_are_refused():
    idle = replace(FULL, demands=(), baskets=(), recipes=(), solidarity=())
    kept = greedy(idle)
    assert verify(idle, kept).accepted
    assert any("déborde" in wrong for wrong in verify(replace(idle, store=Store(kg(0))), kept).violations)
    closed = replace(FULL, kitchen=Kitchen({}))
    assert any("Cuisine" in wrong for wrong in verify(closed, PLAN).violations)


def test_an_unknown_name_is_refused_in_words():
    stranger = replace(PLAN, portions=(*PLAN.portions, Portion("grand", "carotte", kg("0.5"))))
    assert "paniers inconnus : grand" in verify(FULL, stranger).violations[0].replace("\u202f", " ")


def test_a_lock_that_was_not_respected_is_refused():
    verdict = verify(FULL, PLAN, (Lock("served", "cantine", kg(3)),))
    assert any("verrou" in wrong for wrong in verdict.violations)


@settings(deadline=None, max_examples=25)
@given(st.integers(100, 10_000))
def test_every_plan_by_hand_and_by_engine_is_accepted_and_the_engine_never_keeps_fewer_promises(seed):
    week = pieces_week(seed)
    by_hand, plan = greedy(week), solve(week)
    assert verify(week, by_hand).violations == ()
    assert verify(week, plan).violations == ()
    assert plan.goal("promises").value <= by_hand.goal("promises").value


def test_what_is_sold_for_its_farm_goes_to_orders_and_nowhere_else():
    """All that is in the store is a farm's: no basket, kitchen or gift may have any of it."""
    theirs = tuple(
        replace(s, kind="offer", orders_only=True) if s.id == "stock" else s for s in FULL.supplies
    )
    week = replace(FULL, supplies=theirs)
    plan = solve(week)
    assert verify(week, plan).violations == ()
    assert {f.kind for f in plan.flows if f.supply == "stock"} <= {"demand"}
    index = next(i for i, f in enumerate(PLAN.flows) if f.supply == "stock" and f.kind != "demand")
    assert any("ne va qu’aux commandes" in said for said in verify(week, PLAN).violations), PLAN.flows[index]
