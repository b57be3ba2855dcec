"""The tiny tour, worked by hand: every share, and why."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from terreau.engines.shares import Common, Problem, Rule, Solidarity, solve, verify
from terreau.engines.shares.problem import ACAM, CRATES, NUCLEOLUS, PROPORTIONAL, SHAPLEY
from terreau.engines.shares.tests.tiny import ACTORS, AT_KM, TINY, euros, one, tabled, tour
from terreau.measures.money import Money


def test_the_tiny_tour_comes_out_as_worked_by_hand():
    shares = solve(TINY)
    assert verify(TINY, shares).violations == ()
    # 2 × 30 km to the farthest: 60 € for the three.
    assert shares.modelled == Money(6000)
    assert [line.alone for line in shares.lines] == list(euros(20, 30, 60))
    # Shapley: the first 20 € (to Aulnes and back) are shared by three, the next 10 € by two, 30 € are of the
    # canteen: 6.67, 11.67, 41.67, and 60.01 in all: the last of three equal remainders gives its cent back.
    assert shares.by(SHAPLEY).amounts == euros(6.67, 11.67, 41.66)
    # Nucleolus: the worst-off groups gain 10 €: Aulnes alone, 20 − 10, and Butte with the canteen, 60 − 50.
    assert shares.by(NUCLEOLUS).amounts == euros(10, 10, 40)
    # Only the canteen adds something by coming last: 30 €. The 30 € left go by what each saves: 20, 30, 30.
    assert [line.separable for line in shares.lines] == list(euros(0, 0, 30))
    assert shares.by(ACAM).amounts == euros(7.50, 11.25, 41.25)
    # 60 € for 110 € apart: everyone pays 6/11.
    assert shares.by(PROPORTIONAL).amounts == euros(10.91, 16.36, 32.73)
    # 20 crates, 3 € each.
    assert shares.by(CRATES).amounts == euros(30, 15, 15)


def test_the_worst_treated_group_is_named_with_both_amounts():
    by_crates = replace(TINY, rule=Rule(CRATES, date(2026, 9, 1), "AG du 1er septembre 2026"))
    stability = solve(by_crates).stability
    # Aulnes pays 30 € for 20 € alone; with Butte, 45 € for 30 €: half too much as well, the smaller is named.
    assert (stability.wronged, stability.tested) == (2, 6)
    assert stability.worst is not None
    assert stability.worst.members == ("aulnes",)
    assert stability.sentence == (
        "Les Aulnes paie 30,00\u00a0€\u202f; seul, ce serait 20,00\u00a0€. C’est le plus lésé de 2 "
        "groupes qui "
        "paieraient moins seuls."
    )


def test_two_full_vans_leave_a_pair_that_would_do_better_alone():
    # A van takes two: alone or in two, 45 €; all three need a second one, 90 €. Whatever the rule, the
    # two who pay most pay 60 € at least, and would pay 45 € without the third.
    problem = tabled([0, 4500, 4500, 4500, 4500, 4500, 4500, 9000])
    shares = solve(problem)
    assert verify(problem, shares).violations == ()
    assert shares.by(SHAPLEY).amounts == euros(30, 30, 30)
    assert shares.stability.sentence.startswith(
        "A00 et A01 paient ensemble 60,00\u00a0€\u202f; à deux, seuls, ils paieraient 45,00\u00a0€."
    )
    assert shares.least_core.epsilon == -1500
    # The proof: the three pairs, counted one third each, hold everyone equally, for 45 €, not 60 €.
    assert {g.members: round(g.weight, 6) for g in shares.least_core.proof} == {
        ("a00", "a01"): Decimal("0.333333"),
        ("a00", "a02"): Decimal("0.333333"),
        ("a01", "a02"): Decimal("0.333333"),
    }


def test_minutes_at_a_stop_go_with_the_crates():
    # A quarter of an hour at 24 €/h is 6 €: 4.50 € for three crates, 1.50 € for one; the road by halves.
    shared = replace(one("aulnes", service_s=900), crates={"aulnes": Decimal(3), "butte": Decimal(1)})
    problem = Problem(ACTORS[:2], tours=(replace(tour((0, 10), (shared,)), per_hour=Decimal(24)),))
    problem = replace(problem, tours=(replace(problem.tours[0], duration_s=((0, 0), (0, 0))),))
    shares = solve(problem)
    assert [line.stops for line in shares.lines] == list(euros(4.50, 1.50))
    assert [line.fair for line in shares.lines] == list(euros(14.50, 11.50))
    assert shares.lines[0].sentence == (
        "Seul, cette tournée vous coûterait 24,50\u00a0€\u202f; ensemble vous payez 14,50\u00a0€, "
        "dont 4,50\u00a0€ pour vos arrêts, 10,00\u00a0€ de route partagée."
    )


def test_a_farm_that_would_rather_drive_pays_no_more_than_its_own_way():
    # Aulnes could go for 5 € with its own car; the canteen's road passes by anyway.
    actors = (replace(ACTORS[0], own=Money(500)), *ACTORS[1:])
    shares = solve(replace(TINY, actors=actors))
    aulnes = shares.line("aulnes")
    assert (aulnes.hub, aulnes.own, aulnes.alone) == euros(20, 5, 5)
    assert aulnes.fair <= Money(500)
    assert verify(replace(TINY, actors=actors), shares).violations == ()


FULL = replace(
    TINY,
    # 66 € were really spent, 6 of them on empty crates; the hub's rent is 20 €.
    real=Money(6600),
    commons=(
        Common(
            "Camion à moitié vide", Money(600), {"butte": Decimal(1), "cantine": Decimal(2)}, out_of_tour=True
        ),
        Common("Loyer du quai", Money(2000), {"aulnes": Decimal(1), "garage": Decimal(3)}),
    ),
    # The canteen pays 43.66 € for 5 crates; capped at 8 € a crate, 40 €.
    solidarity=(
        Solidarity("Loin du quai", Decimal(8), Decimal("0.40"), ("cantine",), date(2026, 9, 1), "AG 2026"),
    ),
    actors=(*ACTORS, replace(ACTORS[0], id="garage", name="Garage", crates=Decimal(0))),
)


def test_each_layer_is_a_line_and_the_lines_make_the_total():
    shares = solve(FULL)
    assert verify(FULL, shares).violations == ()
    assert shares.ratio == Decimal("1.1000")
    columns = {
        name: tuple(getattr(line, name) for line in shares.lines)
        for name in ("fair", "correction", "spare", "commons", "solidarity", "total")
    }
    assert columns["fair"] == euros(6.67, 11.67, 41.66, 0)
    # 6 € more than the road foreseen, in proportion to the fair shares; then 6 € of empty crates come off.
    assert columns["correction"] == euros(0.67, 1.17, 4.16, 0)
    assert columns["spare"] == euros(-0.67, -1.17, -4.16, 0)
    # They come back by the voted key, with the rent: 2 and 4 €; 5 and 15 €.
    assert columns["commons"] == euros(5, 2, 4, 15)
    # 45.66 − 40 € asked; the others have 15 crates, 0.40 € each at most: 5.66 of 6 €.
    assert shares.steps[0].need == shares.steps[0].raised == Money(566)
    assert columns["solidarity"] == euros(3.77, 1.89, -5.66, 0)
    assert columns["total"] == euros(15.44, 15.56, 40, 15)
    assert shares.line("cantine").sentence == (
        "Seul, cette tournée vous coûterait 60,00\u00a0€\u202f; ensemble vous payez 40,00\u00a0€, "
        "dont 37,50\u00a0€ de route partagée, 4,00\u00a0€ de commun, 4,16\u00a0€ d’écart entre la route "
        "prévue et la route faite, −5,66\u00a0€ de solidarité reçue."
    )
    assert shares.line("garage").sentence == ("Rien de vous n’était à bord\u202f; vous payez 15,00\u00a0€.")


def test_a_short_levy_gives_each_the_same_part_of_its_need():
    rule = replace(FULL.solidarity[0], levy=Decimal("0.20"))
    shares = solve(replace(FULL, solidarity=(rule,)))
    # 15 crates at 0.20 €: 3 € for a need of 5.66 €.
    assert (shares.steps[0].need, shares.steps[0].raised) == euros(5.66, 3)
    assert shares.line("cantine").solidarity == Money(-300)


def test_emptiness_moved_to_the_commons_is_judged_too():
    # The second van goes half empty: with its 45 € set apart, 15 € each, no pair is wronged any more.
    problem = tabled(
        [0, 4500, 4500, 4500, 4500, 4500, 4500, 9000],
        commons=(
            Common("Second camion", Money(4500), {"a00": Decimal(1), "a01": Decimal(1)}, out_of_tour=True),
        ),
    )
    shares = solve(problem)
    assert shares.stability.wronged == 3
    assert shares.relieved is not None
    assert shares.relieved.wronged == 0


def test_alone_aboard_one_pays_for_the_tour():
    problem = Problem(ACTORS[:1], tours=(tour(AT_KM[:2], (one("aulnes"),), day=4500),))
    shares = solve(problem)
    assert shares.line("aulnes").fair == Money(6500)
    assert shares.stability.sentence.startswith("Personne d’autre n’est à bord")
    assert verify(problem, shares).violations == ()
