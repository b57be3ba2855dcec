"""A season that contradicts itself is refused at construction; what is stored comes back exactly."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from terreau.engines.season import (
    Barred,
    Fixed,
    Hands,
    Lock,
    Opening,
    Plan,
    Problem,
    ProblemRefused,
    Remaining,
    Tolerances,
)
from terreau.engines.season.plan import Goal, Lot
from terreau.engines.season.tests.tiny import CARROT, TINY, dec, hands, picked

FARM, BLOCK, OPTION = TINY.farms[0], TINY.blocks[0], TINY.options[0]
BASKETS, PROMISE = TINY.baskets, TINY.commitments[0]
PLANTED = Fixed("p1", "nord", "carotte", ("1a", "1b"), 3, (Remaining("2027-W11", dec(5), dec(9), dec(9)),))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Hands("e", "Équipe", (), (dec(1),)), "savoir-faire"),
        (lambda: hands(-1), "négatives"),
        (lambda: replace(FARM.hands[0], productivity=dec(0)), "rendement"),
        (lambda: replace(FARM, kind="shop"), "inconnue"),
        (lambda: replace(FARM, crops_max=-1), "négatif"),
        (lambda: replace(FARM, overtime_cents=-1), "négatifs"),
        (lambda: replace(FARM, hands=(*FARM.hands, *FARM.hands)), "deux fois"),
        (lambda: replace(BLOCK, beds=dec("1.25")), "demi-planches"),
        (lambda: replace(BLOCK, bed_m2=dec(0)), "0 m²"),
        (lambda: replace(BLOCK, families_max=0), "une famille au moins"),
        (lambda: replace(CARROT, portion=dec(0)), "portion"),
        (lambda: replace(CARROT, price_cents=0), "dépasser 0 €"),
        (lambda: replace(CARROT, transfer_share=dec(2)), "de 0 à 1"),
        (lambda: replace(CARROT, store_loss=dec(1)), "chambre froide"),
        (lambda: replace(CARROT, wholesale_kg_max=dec(-1)), "négatifs"),
        (lambda: picked(-1, 5), "précède"),
        (lambda: replace(picked(1, 5), low=dec(6)), "basse à la haute"),
        (lambda: replace(OPTION.labour[0], establish=dec(-1)), "négatives"),
        (lambda: replace(OPTION, weeks=0), "une semaine au moins"),
        (lambda: replace(OPTION, harvest=(picked(5, 1),)), "tant que la planche"),
        (lambda: replace(OPTION, cost_cents=-1), "négatifs"),
        (lambda: replace(PLANTED, weeks=0), "plus en terre"),
        (lambda: replace(PLANTED, upkeep_week={"culture": dec(-1)}), "négatives"),
        (
            lambda: replace(PLANTED, harvest=(replace(PLANTED.harvest[0], low=dec(-1)),)),
            "basse à la haute",
        ),
        (lambda: replace(BASKETS.weeks[0], count=0), "dépasser 0"),
        (lambda: replace(BASKETS.weeks[0], value_cents_max=0), "dépasser 0 €"),
        (lambda: replace(BASKETS, presences_max=5), "hors de leurs bornes"),
        (lambda: replace(BASKETS, weeks=BASKETS.weeks * 2), "deux fois"),
        (lambda: replace(PROMISE, kind="shop"), "inconnu"),
        (lambda: replace(PROMISE, kilos=dec(0)), "dépasser 0 kg"),
        (lambda: replace(PROMISE, price_cents=-1), "négatif"),
        (lambda: replace(PROMISE, crops=()), "un légume au moins"),
        (lambda: Opening("carotte", dec(-1)), "négatifs"),
        (lambda: Tolerances(ease=dec(2)), "de 0 à 1"),
        (lambda: replace(TINY, weeks=TINY.weeks[::-1]), "se suivre"),
        (lambda: replace(TINY, crops=(*TINY.crops, CARROT)), "deux fois"),
        (lambda: replace(TINY, cold_kg=(dec(1),)), "par semaine"),
        (lambda: replace(TINY, farms=(replace(FARM, hands=hands(20, 3)),)), "chaque semaine"),
        (lambda: replace(TINY, farms=()), "inconnue"),
        (lambda: replace(TINY, crops=TINY.crops[1:]), "inconnu"),
        (lambda: replace(TINY, options=(replace(OPTION, week="2026-W01"),)), "hors de la saison"),
        (lambda: replace(TINY, cyclic=True, options=(replace(OPTION, weeks=11),)), "plus d’une année"),
        (lambda: replace(TINY, commitments=(replace(PROMISE, crops=("navet",)),)), "inconnu"),
        (lambda: replace(TINY, commitments=(replace(PROMISE, week="2026-W01"),)), "hors de la saison"),
        (lambda: replace(TINY, cyclic=True, fixed=(PLANTED,)), "terre nue"),
        (lambda: replace(TINY, fixed=(replace(PLANTED, block="sud"),)), "inconnu"),
        (lambda: replace(TINY, fixed=(replace(PLANTED, beds=("9a",)),)), "n’existe pas"),
        (lambda: replace(TINY, fixed=(PLANTED, replace(PLANTED, id="p2"))), "déjà prise"),
        (lambda: replace(TINY, opening=(Opening("navet", dec(1)),)), "inconnu"),
        (lambda: Lock("area", "nord", "radis-10", "required"), "inconnu"),
        (lambda: Lock("area", "nord", "radis-10", "fixed", dec("0.3")), "demi-planches"),
    ],
)
def test_nonsense_is_refused_in_words(build, said):
    with pytest.raises(ProblemRefused) as refused:
        build()
    assert said in str(refused.value).replace("\u202f", " ")


def test_a_problem_a_lock_and_a_plan_come_back_exactly_from_json():
    full = replace(
        TINY,
        blocks=(replace(BLOCK, barred=(Barred("Apiacées", "carottes en 2025, retour en 2031"),)),),
        fixed=(replace(PLANTED, upkeep_week={"culture": dec("0.5")}),),
        opening=(Opening("carotte", dec("12.5")),),
        cold_kg=(dec(100),) * 10,
    )
    assert Problem.from_json(json.loads(json.dumps(full.to_json()))) == full
    lock = Lock("area", "nord", "radis-10", "least", dec("0.5"))
    assert Lock.from_json(json.loads(json.dumps(lock.to_json()))) == lock
    plan = Plan(
        "proved",
        goals=(Goal("total", dec(3), None, None, dec(1), dec(0)),),
        lots=(Lot("l1", "nord", "radis-10", dec("0.5"), ("1a",)),),
        seconds=Decimal("0.1"),
    )
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
