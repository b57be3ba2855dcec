"""The judge refuses each kind of broken plan for its own reason, and every plan of the engine passes."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terreau.engines.season import Barred, Lock, Tolerances, solve, verify
from terreau.engines.season.tests.tiny import FULL, MONTH, TINY, dec, hands, middle_season, random_season

PLAN, SMALL = solve(FULL), solve(TINY)


def said(problem, plan, locks=()) -> str:
    return " ".join(verify(problem, plan, locks).violations).replace("\u202f", " ")


def changed(plan, field, index, **changes):
    items = list(getattr(plan, field))
    items[index] = replace(items[index], **changes)
    return replace(plan, **{field: tuple(items)})


def test_the_full_season_uses_its_rules_and_is_accepted():
    assert verify(FULL, PLAN).violations == ()
    assert verify(TINY, SMALL).violations == ()
    assert {lot.block for lot in PLAN.lots} == {"nord", "serre"}


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (replace(TINY, blocks=(replace(TINY.blocks[0], shelter="tunnel"),)), "demande l’abri"),
        (replace(TINY, blocks=(replace(TINY.blocks[0], beds=dec(1)),)), "planches prises"),
        (replace(TINY, blocks=(replace(TINY.blocks[0], barred=(Barred("Apiacées", "2025"),)),)), "revenir"),
        (replace(TINY, blocks=(replace(TINY.blocks[0], families_max=2),)), "3 familles, 2 au plus"),
        (replace(TINY, farms=(replace(TINY.farms[0], crops_max=2),)), "3 légumes, 2 au plus"),
        (replace(TINY, farms=(replace(TINY.farms[0], hands=hands(9)),)), "il manque"),
        (
            replace(
                TINY,
                farms=(
                    replace(TINY.farms[0], hands=(replace(TINY.farms[0].hands[0], skills=("récolte",)),)),
                ),
            ),
            "il manque",
        ),
        (replace(TINY, options=(replace(TINY.options[0], weeks=6), *TINY.options[1:])), "se chevauchent"),
        (
            replace(TINY, baskets=replace(TINY.baskets, extra=dec("0.1"))),
            "dépassent le supplément",
        ),
        (
            replace(TINY, crops=(*TINY.crops[:2], replace(TINY.crops[2], wholesale_kg_max=dec(20)))),
            "vendus en gros",
        ),
        (replace(TINY, commitments=(replace(TINY.commitments[0], kilos=dec(150)),)), "kg promis"),
        (replace(TINY, commitments=(replace(TINY.commitments[0], crops=("radis",)),)), "n’y est pas attendu"),
        (
            replace(
                TINY,
                baskets=replace(
                    TINY.baskets, weeks=tuple(replace(w, value_cents_max=50) for w in TINY.baskets.weeks)
                ),
            ),
            "centimes, 50 au plus",
        ),
    ],
)
def test_a_plan_is_refused_when_the_season_is_not_what_was_thought(problem, reason):
    assert reason in said(problem, SMALL)


def test_a_plan_is_refused_when_the_kitchen_is_smaller_than_thought():
    cellar = replace(
        FULL, commitments=(), kitchen_kg=(dec(200),) * 4, baskets=replace(FULL.baskets, weeks=())
    )
    cellar = replace(cellar, crops=tuple(replace(c, wholesale_cents=None) for c in cellar.crops))
    plan = solve(cellar)
    assert verify(cellar, plan).violations == ()
    assert "Cuisine" in said(replace(cellar, kitchen_kg=(dec(1),) * 4), plan)


def test_a_store_smaller_than_what_is_kept_is_refused():
    kept = replace(FULL, baskets=replace(FULL.baskets, weeks=FULL.baskets.weeks[3:], varieties_min=0))
    plan = solve(kept)
    assert any(u.stored for u in plan.uses)
    assert "Chambre froide" in said(replace(kept, cold_kg=(dec(0),) * 4), plan)


@pytest.mark.parametrize(
    ("field", "change", "reason"),
    [
        ("lots", {"block": "ailleurs"}, "n’existe pas"),
        ("lots", {"beds": dec("0.25")}, "demi-planches"),
        ("lots", {"places": ()}, "aucune"),
        ("lots", {"places": ("1a", "1a")}, "ne sont pas celles"),
        ("lots", {"beds": dec(2), "places": ("1a", "1b", "2a", "2b")}, "planches prises"),
        ("harvests", {"likely": dec(500)}, "récolte annoncée"),
        ("harvests", {"picked": dec(500)}, "il n’en mûrit que"),
        ("uses", {"portions": dec(900)}, "sortent"),
        ("uses", {"stored": dec(-1)}, "négative"),
        ("uses", {"kept": dec(10)}, "repris du froid"),
        ("uses", {"opened": dec(10)}, "sortis d’un stock"),
        ("uses", {"crop": "navet"}, "inconnu"),
        ("deliveries", {"kilos": dec(10)}, "mal compté"),
        ("baskets", {"varieties": dec(9)}, "annoncé est faux"),
        ("hours", {"needed": dec(0)}, "heures annoncées"),
        ("hours", {"overtime": dec(1)}, "heures supplémentaires"),
        ("incomes", {"cents": dec(0)}, "mal compté"),
        ("orders", {"plants": dec(1)}, "Commande de"),
        ("goals", {"value": dec(10**9)}, "annoncé"),
    ],
)
def test_each_kind_of_broken_plan_is_refused_for_its_own_reason(field, change, reason):
    assert reason in said(TINY, changed(SMALL, field, 0, **change))


def test_presences_are_counted_over_their_weeks():
    tighter = replace(FULL, baskets=replace(FULL.baskets, presence_weeks=4))
    uses = [u for u in PLAN.uses if u.crop == "laitue" and u.portions]
    assert len(uses) > 1
    assert "présences en 4 semaines" in said(tighter, PLAN)


def test_forgetting_or_repeating_a_line_is_refused():
    for field in ("lots", "harvests", "uses", "deliveries", "baskets", "hours", "incomes", "orders"):
        items = getattr(SMALL, field)
        assert not verify(TINY, replace(SMALL, **{field: items[1:]})).accepted, field
        assert not verify(TINY, replace(SMALL, **{field: (*items, items[0])})).accepted, field


def test_a_lock_that_was_not_respected_is_refused():
    for lock in (
        Lock("area", "nord", "radis", "fixed", dec("0.5")),
        Lock("area", "nord", "radis", "least", dec(2)),
        Lock("area", "nord", "radis", "most", dec(0)),
        Lock("crop", "jardin", "radis", "forbidden"),
    ):
        assert "verrou" in said(TINY, SMALL, (lock,))


@settings(deadline=None, max_examples=20)
@given(
    st.integers(0, len(PLAN.uses) - 1), st.integers(1, 50), st.sampled_from(("portions", "stored", "extra"))
)
def test_telling_another_story_of_any_kilos_is_refused(index, tenths, part):
    more = getattr(PLAN.uses[index], part) + Decimal(tenths) / 10
    assert not verify(FULL, changed(PLAN, "uses", index, **{part: more})).accepted


@settings(deadline=None, max_examples=15)
@given(st.integers(100, 10_000))
def test_every_plan_of_the_engine_is_accepted(seed):
    for season in (random_season(seed), replace(middle_season(seed), tolerances=Tolerances())):
        assert verify(season, solve(season, seconds_max=5)).violations == ()


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10_000), st.booleans())
def test_a_typical_year_is_accepted_too_and_its_lots_may_pass_the_year(seed, wide):
    season = middle_season(seed)
    year = replace(season, cyclic=True, blocks=(replace(season.blocks[0], families_max=1 + wide),))
    plan = solve(year, seconds_max=5)
    assert verify(year, plan).violations == ()


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10_000))
def test_more_means_never_lower_the_bound_and_a_promise_raises_it_by_no_more_than_it_brings(seed):
    season = middle_season(seed)
    bound = solve(season).goal("total").bound
    farm, block, promise = season.farms[0], season.blocks[0], season.commitments[0]
    slack = 2 + abs(bound) * Decimal("0.0002")
    richer = (
        replace(season, blocks=(replace(block, beds=block.beds + 1),)),
        replace(season, farms=(replace(farm, hands=hands(11)),)),
        replace(season, options=(*season.options, replace(season.options[0], id="more", week=MONTH[2]))),
    )
    for more in richer:
        assert solve(more).goal("total").bound >= bound - slack
    promised = replace(season, commitments=(promise, replace(promise, id="c2")))
    most = bound + promise.kilos * promise.price_cents
    assert solve(promised).goal("total").bound <= most + slack
    varied = replace(season, baskets=replace(season.baskets, varieties_min=3))
    assert solve(varied).goal("total").bound <= bound + slack
