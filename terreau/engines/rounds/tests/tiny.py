"""A morning small enough to be worked by hand, and small random ones for the judges.

The line of the tiny morning: hub — école — collège — ferme, ten minutes and ten kilometres between
neighbours, fifteen when skipping one, twenty from the farm to the hub.
"""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

from terreau.engines.rounds import (
    Dimension,
    End,
    Hub,
    Matrix,
    Problem,
    Stop,
    Transfer,
    Vehicle,
    Window,
    units,
)
from terreau.engines.rounds.plan import STOP, Call

H, MIN = 3600, 60
DIMENSIONS = (
    Dimension("ambient", "caisse", "caisses"),
    Dimension("chilled", "caisse froide", "caisses froides", without_cold_s=H),
)
MINUTES = ((0, 10, 15, 20), (10, 0, 10, 15), (15, 10, 0, 10), (20, 15, 10, 0))


def at(hours: int, minutes: int = 0) -> int:
    return hours * H + minutes * MIN


def table(rows, times: int):
    return tuple(tuple(cell * times for cell in row) for row in rows)


VAN = Vehicle(
    "fourgon", "Fourgon", (20, 10), "hub", "hub", at(6), at(14), 7 * H, "van",
    day=units(Decimal(45)), km=units(Decimal("0.30")), hour=units(Decimal(24)),
)  # fmt: skip
SCHOOL = Stop("ecole", "École", "ecole", (6, 2), (0, 0), (Window(at(7), at(8, 30)),), 10 * MIN)
COLLEGE = Stop("college", "Collège", "college", (8, 4), (0, 0), (Window(at(8), at(10)),), 15 * MIN)
FARM = Stop("ferme", "Ferme", "ferme", (0, 0), (10, 0), (Window(at(6), at(13)),), 10 * MIN)
TINY = Problem(
    day=date(2026, 11, 26),
    dimensions=DIMENSIONS,
    places=("hub", "ecole", "college", "ferme"),
    matrices=(Matrix("van", table(MINUTES, 60), table(MINUTES, 1000)),),
    hubs=(Hub("hub", "Plateforme", "hub", at(5), at(18), 15 * MIN),),
    vehicles=(VAN,),
    stops=(SCHOOL, COLLEGE, FARM),
)


def call(stop: Stop, window: int | None = None) -> Call:
    return Call(stop.id, STOP, stop.delivery, stop.pickup, window)


def whole_call(problem: Problem, key: str, leg: str = STOP) -> Call:
    """The call of a whole stop, or of one leg of a transfer, as a hand puts it on a tour."""
    stop = next((stop for stop in problem.stops if stop.id == key), None)
    if stop:
        return call(stop)
    job = next(job for job in problem.transfers if job.id == key)
    return Call(key, leg, (0,) * len(job.amount), (0,) * len(job.amount))


def with_stop(problem: Problem, stop: str, **changes) -> Problem:
    return replace(problem, stops=tuple(replace(s, **changes) if s.id == stop else s for s in problem.stops))


def with_vans(problem: Problem, **changes) -> Problem:
    return replace(problem, vehicles=tuple(replace(v, **changes) for v in problem.vehicles))


def _windows(dice: random.Random) -> tuple[Window, ...]:
    opens = at(dice.randint(6, 9))
    first = Window(opens, opens + dice.choice((H, 2 * H, 5 * H)))
    if dice.random() < 0.25:
        return (first, Window(first.closes_s + H, first.closes_s + 2 * H))
    return (first,)


def small_day(seed: int, *, stops: int = 4, transfer: bool = True) -> Problem:
    """At most six things to do and two vans, on a square of forty kilometres, at forty-five an hour."""
    dice = random.Random(seed)
    spots = [(dice.randint(0, 40), dice.randint(0, 40)) for _ in range(stops + 3)]
    metres = tuple(
        tuple(int(1300 * ((a - c) ** 2 + (b - d) ** 2) ** 0.5) for c, d in spots) for a, b in spots
    )
    seconds = tuple(tuple(m * 8 // 100 for m in row) for row in metres)
    places = tuple(f"p{n}" for n in range(len(spots)))
    found = tuple(
        Stop(
            f"s{n}", f"Arrêt {n}", places[n + 1],
            (dice.randint(1, 9), dice.randint(0, 4)) if (out := dice.random() < 0.75) else (0, 0),
            (0, 0) if out else (dice.randint(1, 9), 0),
            _windows(dice), dice.randint(3, 15) * MIN,
            ready_s=dice.choice((0, 0, at(7))),
            worth=dice.choice((None, None, None, units(Decimal(30)))),
            tags=dice.choice(((), (), (), ("hayon",))),
        )
        for n in range(stops)
    )  # fmt: skip
    ends = (End(places[-2], Window(at(6), at(12)), 5 * MIN), End(places[-1], Window(at(6), at(13)), 5 * MIN))
    van = replace(
        VAN, capacity=(14, 6), shift_s=5 * H, until_s=at(15), tags=("hayon",), reload_at="hub", reloads_max=1,
        overtime_s=H, overtime_hour=units(Decimal(6)),
    )  # fmt: skip
    car = replace(
        VAN, id="voiture", name="Voiture", capacity=(8, 2), day=units(Decimal(15)), km=units(Decimal("0.45"))
    )
    return Problem(
        TINY.day, DIMENSIONS, places, (Matrix("van", seconds, metres),),
        (replace(TINY.hubs[0], place="p0"),), (van, car), found,
        (Transfer("direct", "Direct", *ends, (2, 1)),) if transfer and dice.random() < 0.5 else (),
    )  # fmt: skip
