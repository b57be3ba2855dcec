"""A tour small enough to be worked by hand, and drawn ones that are not.

The hub and three places on one straight road, 1 € a kilometre, nothing for the hours unless said:

    hub --- 10 km --- aulnes --- 5 km --- butte --- 15 km --- cantine

Alone: aulnes 20 €, butte 30 €, cantine 60 €. All three: 60 €, since the road to the farthest passes by the
others.
"""

import random
from collections.abc import Sequence
from decimal import Decimal

from terreau.engines.shares import Actor, Problem, Stop, Table, Tour
from terreau.measures.money import Money

AT_KM = (0, 10, 15, 30)


def tour(at_km: Sequence[int], stops: tuple[Stop, ...], *, day: int = 0, per_hour: int = 0) -> Tour:
    """Places along one road; 40 km/h."""
    metres = tuple(tuple(1000 * abs(a - b) for b in at_km) for a in at_km)
    seconds = tuple(tuple(m * 9 // 100 for m in row) for row in metres)
    return Tour("lundi", Money(day), Decimal(1), Decimal(per_hour), metres, seconds, stops)


def one(actor: str, *, service_s: int = 0, crates: int = 1) -> Stop:
    return Stop(actor, service_s, {actor: Decimal(crates)})


ACTORS = (
    Actor("aulnes", "Les Aulnes", Decimal(10)),
    Actor("butte", "La Butte", Decimal(5)),
    Actor("cantine", "Cantine Jaurès", Decimal(5)),
)
TINY = Problem(ACTORS, tours=(tour(AT_KM, (one("aulnes"), one("butte"), one("cantine"))),))


def euros(*amounts: float) -> tuple[Money, ...]:
    return tuple(Money(round(100 * a)) for a in amounts)


def names(n: int) -> tuple[str, ...]:
    return tuple(f"a{k:02}" for k in range(n))


def actors(n: int, dice: random.Random | None = None) -> tuple[Actor, ...]:
    return tuple(Actor(a, a.upper(), Decimal(dice.randint(1, 30) if dice else 1)) for a in names(n))


def drawn_tour(seed: int, n_stops: int, n_actors: int, *, day: int = 4500) -> Tour:
    """Stops on a plain of 40 × 40 km, each for one to three actors, everyone with one stop at least."""
    dice = random.Random(seed)
    at = [(dice.randint(0, 40_000), dice.randint(0, 40_000)) for _ in range(n_stops + 1)]
    metres = tuple(tuple(int(1.35 * ((x - u) ** 2 + (y - v) ** 2) ** 0.5) for u, v in at) for x, y in at)
    seconds = tuple(tuple(int(m * 3.6 / 45) for m in row) for row in metres)
    users = [set(dice.sample(range(n_actors), min(n_actors, dice.choice((1, 1, 2, 3))))) for _ in at[1:]]
    for actor in range(n_actors):
        users[actor % n_stops].add(actor)
    stops = tuple(
        Stop(
            f"s{k:02}",
            60 * dice.randint(3, 15),
            {f"a{u:02}": Decimal(dice.randint(1, 20)) for u in sorted(who)},
        )
        for k, who in enumerate(users)
    )
    return Tour("t", Money(day), Decimal("0.30"), Decimal(24), metres, seconds, stops)


def drawn(seed: int, n_stops: int, n_actors: int, **changes: object) -> Problem:
    tours = (drawn_tour(seed, n_stops, n_actors),)
    return Problem(actors(n_actors, random.Random(seed)), tours=tours, **changes)


def tabled(costs: Sequence[float | Decimal], **changes: object) -> Problem:
    n = len(costs).bit_length() - 1
    table = Table(names(n), tuple(Decimal(str(c)) for c in costs))
    return Problem(actors(n), table=table, **changes)
