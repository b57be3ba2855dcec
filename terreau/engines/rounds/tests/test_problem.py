"""A problem that contradicts itself is refused at construction, in words."""

from dataclasses import replace
from decimal import Decimal

import pytest

from terreau.engines.rounds import (
    ActorLoad,
    BreakRule,
    Dimension,
    End,
    Lock,
    ProblemRefused,
    Transfer,
    Window,
    capacity_down,
    demand_up,
    seconds_up,
    units,
)
from terreau.engines.rounds.tests.tiny import MINUTES, SCHOOL, TINY, VAN, at, table, with_stop, with_vans

HUB, MATRIX = TINY.hubs[0], TINY.matrices[0]
TRANSFER = Transfer("direct", "Direct", *[End("ferme", Window(0, at(9)), 60)] * 2, (2, 0))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Window(at(9), at(8)), "la fin suit le début"),
        (lambda: Window(at(9), at(49)), "dans les deux jours"),
        (lambda: Window(at(9), 9.5), "nombre entier"),
        (lambda: Dimension("froid", "froide", "froides", -1), "nombre entier"),
        (lambda: replace(MATRIX, duration_s=((0, 1),)), "carrées"),
        (lambda: replace(MATRIX, distance_m=((0,),)), "carrées"),
        (lambda: replace(MATRIX, duration_s=((1,),), distance_m=((0,),)), "lui-même"),
        (lambda: replace(MATRIX, duration_s=((0, -1), (1, 0))), "nombre entier"),
        (lambda: replace(HUB, loading_s=-1), "nombre entier"),
        (lambda: replace(SCHOOL, delivery=(0, 0)), "rien à livrer"),
        (lambda: replace(SCHOOL, delivery=(Decimal("2.5"), 0)), "nombre entier"),
        (lambda: replace(SCHOOL, windows=()), "aucune plage"),
        (lambda: replace(SCHOOL, windows=(Window(0, 9), Window(9, 10))), "sans se toucher"),
        (lambda: replace(SCHOOL, worth=-1), "nombre entier"),
        (lambda: replace(SCHOOL, actors=(ActorLoad("a", (1, 0)),) * 2), "deux fois"),
        (lambda: replace(TRANSFER, amount=(0, 0)), "rien à transporter"),
        (lambda: End("ferme", Window(0, 9), -1), "nombre entier"),
        (lambda: BreakRule(at(6), 0), "dépasser 0"),
        (lambda: replace(VAN, capacity=(0, 0)), "porte quelque chose"),
        (lambda: replace(VAN, shift_s=0), "dépasser 0 h"),
        (lambda: replace(VAN, reloads_max=1), "recharger demande"),
        (lambda: replace(VAN, litres_100km=Decimal(-1)), "consommation"),
        (lambda: replace(TINY, dimensions=()), "dimension"),
        (lambda: replace(TINY, hubs=()), "Aucune plateforme"),
        (lambda: replace(TINY, places=TINY.places[:3]), "4 lignes pour 3 lieux"),
        (lambda: replace(TINY, stops=(SCHOOL, SCHOOL)), "deux fois"),
        (lambda: replace(TINY, transfers=(replace(TRANSFER, id="ecole"),)), "deux fois"),
        (lambda: replace(TINY, transfers=(replace(TRANSFER, amount=(1,)),)), "une quantité par dimension"),
        (lambda: with_stop(TINY, "ecole", place="mairie"), "mairie n’a pas de trajets"),
        (lambda: with_stop(TINY, "ecole", delivery=(1,)), "une quantité par dimension"),
        (lambda: with_vans(TINY, start="lune"), "lune est inconnue"),
        (lambda: with_vans(TINY, reload_at="lune", reloads_max=1), "lune est inconnue"),
        (lambda: with_vans(TINY, profile="vélo"), "n’a pas de trajets"),
        (lambda: replace(TINY, matrices=(replace(MATRIX, distance_m=table(MINUTES, 10**6)),)), "démesuré"),
        (lambda: Lock("gift"), "inconnu"),
        (lambda: Lock("order", stops=("ecole",)), "deux arrêts"),
        (lambda: Lock("vehicle", stops=("ecole",)), "quel véhicule"),
    ],
)
def test_nonsense_is_refused_in_words(build, said):
    with pytest.raises(ProblemRefused) as refused:
        build()
    assert said in str(refused.value).replace("\u202f", " ")


def test_the_decimals_of_the_house_are_rounded_against_us():
    assert (demand_up(Decimal("2.1")), capacity_down(Decimal("12.9"))) == (3, 12)
    assert (seconds_up(Decimal("7.51")), units(Decimal("0.35"))) == (451, 3500)
    assert (demand_up(Decimal(2)), capacity_down(Decimal(12)), seconds_up(Decimal(7))) == (2, 12, 420)


def test_a_break_is_due_once_its_hours_are_passed():
    driver = replace(VAN, breaks=(BreakRule(at(6), 1800), BreakRule(at(9), 2700)))
    assert [driver.break_due_s(at(h, m)) for h, m in ((6, 0), (6, 1), (9, 1))] == [0, 1800, 2700]
