"""A country of two sectors, three households and two vegetables: tables whose every sum fits in the head."""

from dataclasses import fields
from datetime import date

import numpy as np

from terreau.engines.contribution import (
    Commune,
    Family,
    Flow,
    Flows,
    Indicator,
    Kind,
    Parameter,
    Tables,
    Territory,
)
from terreau.engines.contribution.problem import Food, Household, InputOutput

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
PLACE = Territory("epci", "CC de l’Exemple", (Commune("99001", "Le Bourg", 1_000),), 2026, jobs_total=500.0)


def parameter(
    id, value, low=None, high=None, distribution="fixed", status="expert_prior", **more
) -> Parameter:
    low, high = value if low is None else low, value if high is None else high
    return Parameter(
        id, "essai", id, value, low, high, "ratio", distribution, status, "essai", date(2026, 1, 1), **more
    )


def household(hours, **lines) -> Household:
    amounts = dict.fromkeys((field.name for field in fields(Household)), 0.0)
    return Household(**amounts | lines | {"year": 2026, "family": "seul", "hours": hours})


# Farming buys 0.2 of itself, trade buys 0.1 of farming and 0.3 of itself.
IO = InputOutput(
    sectors=("AZ", "SPR"),
    coefficients=np.array([[0.2, 0.1], [0.0, 0.3]]),
    households=np.array([0.1, 0.6]),
    jobs_per_meur=np.array([10.0, 5.0]),
    value_added=np.array([0.7, 0.5]),
    labour=np.array([0.4, 0.3]),
    jobs=np.array([100.0, 900.0]),
)
# A wage of 1,000 a year per weekly hour, of which benefits take back 600.
GRID = (
    household(0, rsa=9_000, disposable=9_000),
    household(
        20, gross=20_000, net=20_000, employer_cost=25_000, employer_contributions=5_000, rsa=0, ppa=3_000
    ),
    household(30, gross=30_000, net=30_000, employer_cost=37_500, employer_contributions=7_500, rsa=0, ppa=0),
    household(35, gross=35_000, net=35_000, employer_cost=43_750, employer_contributions=8_750, rsa=0, ppa=0),
)
FOODS = {
    "carotte": Food("carotte", "Carotte", False, 0.6, 0.1, 0.0, 0.3, 0.1, 0.1),
    "chou": Food("chou", "Chou", False, 0.8, 0.3, 0.0, 0.3, 0.1, 0.1),
}
TABLES = Tables(IO, GRID, FOODS)


def kilos(amount, day=date(2026, 6, 15)) -> Flows:
    return Flows(*YEAR, (Flow(day, Kind.SALE, kg=amount),))


def indicator(id, read, **more) -> Indicator:
    words = {"label": id, "question": "?", "equation": "=", "unit": "kg"}
    return Indicator(id=id, family=Family.FOOD, read=read, **words | more)
