"""The demo's last whole week on the road: km, hours, € and CO2e of the shared tours against each alone.

Usage: python bench/demo_rounds.py

Alone, each of those aboard serves its own stops of each tour from its home with its own vehicle, in the best
order. Travel is estimated as the crow flies, so that the shortest round is also the quickest. Everything is
counted by the code that shares the tours.
"""

import io
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from ledger import ROOT

TODAY, WEEKS = date(2026, 11, 27), 3  # a Friday
ZERO = Decimal(0)
UNITS = ("km", "h", "€", "kg CO2e")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "TERREAU_CLOCK": f"{TODAY}T09:00",
            "TERREAU_VAR": folder,
            "TERREAU_BENCH": "1",
        }
        subprocess.run([sys.executable, __file__], env=environment, cwd=ROOT, check=True)


def bench() -> None:
    from django.core.management import call_command

    from terreau.measures.week import IsoWeek
    from terreau.planning.shares.tours import driven
    from terreau.territory.models import Ecopole

    call_command("migrate", verbosity=0)
    call_command("demo", weeks=WEEKS, verbosity=0, stdout=io.StringIO())
    ecopole = Ecopole.objects.get()
    monday = IsoWeek.of(TODAY - timedelta(days=7)).monday
    start = time.process_time()
    tours = driven(ecopole, monday, monday + timedelta(days=6))
    together, alone, rounds, dearer = [ZERO] * 4, [ZERO] * 4, 0, 0
    for tour in tours:
        told = measure(ecopole, tour)
        together = [a + b for a, b in zip(together, told[0], strict=True)]
        alone = [a + b for a, b in zip(alone, told[1], strict=True)]
        rounds, dearer = rounds + told[2], dearer + told[3]
    seconds = time.process_time() - start
    print(f"{len(tours)} tours, {rounds} rounds alone; counted in {seconds:.1f} s of processor")
    print(f"{'':<10}{'together':>12}{'each alone':>14}{'ratio':>8}")
    for unit, a, b in zip(UNITS, together, alone, strict=True):
        print(f"{unit:<10}{a:>12.1f}{b:>14.1f}{a / b:>8.2f}")
    print(f"{dearer} of {rounds} pay more together than alone with their own vehicle")


def measure(ecopole: Any, tour: Any) -> tuple[list[Decimal], list[Decimal], int, int]:
    """Km, hours, euros and kgCO2e together and alone; how many aboard, how many of them pay more so."""
    from terreau.engines.shares import Rule
    from terreau.planning.shares.actions import judged
    from terreau.planning.shares.carbon import of_former
    from terreau.planning.shares.gather import cheapest, problem, roads_of
    from terreau.planning.shares.terms import Terms
    from terreau.territory.models import Agent

    shares, roads = judged(*problem(ecopole, tour, Terms(Rule())), None), roads_of(ecopole, tour)
    carbon = tour.road.carbon(tour.day)
    hours = sum(hours_of(trip) for trip in roads.trips())
    together = [tour.road.km, hours, Decimal(shares.modelled.cents) / 100, carbon.kg if carbon else ZERO]
    alone, dearer = [ZERO] * 4, 0
    own = {int(line.actor): line for line in shares.lines}
    people = Agent.objects.filter(pk__in=tour.aboard).select_related("commune")
    for agent in people:
        own_round, line = roads.alone(agent.pk, agent.commune), own[agent.pk]
        if own_round is None or line.own is None:
            raise SystemExit(f"{agent}: nothing to compare with.")
        km = Decimal(cheapest(replace(own_round, per_km=Decimal(1), per_hour=ZERO)).cents) / 100
        spent = Decimal(cheapest(replace(own_round, per_km=ZERO, per_hour=Decimal(1))).cents) / 100
        burnt = of_former(km=km, vehicle="van", fuel="diesel", litres_100km=None, on=tour.day)
        figures = km, spent, Decimal(line.own.cents) / 100, burnt.kg
        alone = [a + b for a, b in zip(alone, figures, strict=True)]
        dearer += line.fair.cents > line.own.cents
    return together, alone, len(people), dearer


def hours_of(trip: Any) -> Decimal:
    """The road and the doors of a trip, in hours."""
    route = [*range(len(trip.stops) + 1), 0]
    road = sum(trip.duration_s[a][b] for a, b in pairwise(route))
    return Decimal(road + sum(stop.service_s for stop in trip.stops)) / 3600


if __name__ == "__main__":
    if os.environ.get("TERREAU_BENCH"):
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "terreau.web.settings")
        import django

        django.setup()
        bench()
    else:
        main()
