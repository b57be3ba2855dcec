"""A problem that contradicts itself is refused at construction, with what to correct."""

from dataclasses import replace
from decimal import Decimal

import pytest

from terreau.engines.shares import (
    Actor,
    Common,
    Problem,
    ProblemRefused,
    Rule,
    Shares,
    Solidarity,
    Stop,
    Table,
    solve,
)
from terreau.engines.shares.tests.test_tiny_tour import FULL
from terreau.engines.shares.tests.tiny import ACTORS, TINY, tabled
from terreau.measures.money import Money

TOUR = TINY.tours[0]
VOTED = FULL.solidarity[0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: Actor("a", "A", Decimal(-1)), "caisses"),
        (lambda: Actor("a", "A", own=Money(-1)), "véhicule"),
        (lambda: Stop("s", -1, {"a": Decimal(1)}), "durée"),
        (lambda: Stop("s", 0, {}), "au moins un acteur"),
        (lambda: Stop("s", 0, {"a": Decimal(0)}), "nombre positif"),
        (lambda: replace(TOUR, stops=()), "aucun arrêt"),
        (lambda: replace(TOUR, stops=(TOUR.stops[0],) * 3), "deux fois"),
        (lambda: replace(TOUR, day=Money(-1)), "tarif"),
        (lambda: replace(TOUR, distance_m=((0, 1), (1, 0))), "4 × 4 distances"),
        (lambda: replace(TOUR, duration_s=((-1,) * 4,) * 4), "durées ne peuvent"),
        (lambda: Table((), (Decimal(0),)), "1 à 18"),
        (lambda: Table(("a", "a"), (Decimal(0),) * 4), "deux fois"),
        (lambda: Table(("a",), (Decimal(0),)), "chacun des 2"),
        (lambda: Table(("a",), (Decimal(1), Decimal(1))), "groupe vide"),
        (lambda: Table(("a",), (Decimal(0), Decimal(-1))), "moins que rien"),
        (lambda: Common("Loyer", Money(-1), {"a": Decimal(1)}), "négatif"),
        (lambda: Common("Loyer", Money(1), {"a": Decimal(0)}), "clé votée"),
        (lambda: replace(VOTED, cap=Decimal(-1)), "plafond"),
        (lambda: Rule("au hasard"), "inconnue"),
        (lambda: Problem(ACTORS), "une chose et une seule"),
        (lambda: replace(TINY, sharing=("aulnes",)), "une chose et une seule"),
        (lambda: replace(TINY, actors=ACTORS[:2]), "cantine"),
        (lambda: replace(TINY, real=Money(-1)), "coût réel"),
        (
            lambda: replace(
                TINY, rule=Rule("crates"), actors=tuple(replace(a, crates=Decimal(0)) for a in ACTORS)
            ),
            "caisses",
        ),
        (lambda: replace(TINY, commons=(Common("Loyer", Money(1), {"z": Decimal(1)}),)), "z est inconnu"),
        (lambda: replace(TINY, solidarity=(replace(VOTED, helped=("z",)),)), "z est inconnu"),
    ],
)
def test_nonsense_is_refused_where_it_stands(wrong, said):
    with pytest.raises(ProblemRefused, match=said):
        wrong()


def test_more_set_apart_than_was_spent_is_refused():
    common = Common("Vide", Money(6001), {"aulnes": Decimal(1)}, out_of_tour=True)
    with pytest.raises(ProblemRefused, match="dépassent son coût"):
        solve(replace(TINY, commons=(common,)))


def test_without_an_oracle_nothing_says_the_costs():
    with pytest.raises(ProblemRefused, match="oracle"):
        solve(Problem(ACTORS, sharing=("aulnes", "butte")))


def test_problem_and_shares_go_through_json_unchanged():
    shares = solve(FULL)
    assert Problem.from_json(FULL.to_json()) == FULL
    assert Shares.from_json(shares.to_json()) == shares
    table = tabled([0, 1, 2, "2.5"])
    assert Problem.from_json(table.to_json()) == table
    assert Solidarity is type(FULL.solidarity[0])
