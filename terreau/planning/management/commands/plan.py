"""`terreau plan week|season|rounds [--json]`: the plan of a week, a season or a day, on paper only."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.engines.rounds import Plan as RoundsAnswer
from terreau.engines.rounds import Problem as Rounds
from terreau.engines.season import NoPlanInTime, ProblemRefused
from terreau.engines.season import Plan as SeasonAnswer
from terreau.engines.week.plan import Plan
from terreau.measures.week import IsoWeek
from terreau.planning.actions import solve_problem
from terreau.planning.gather import CHOICES, WeekIsOver, gather
from terreau.planning.models import rotation_locks
from terreau.planning.rounds import actions as rounds
from terreau.planning.rounds.gather import NothingToDrive, refuse_past, seconds_for
from terreau.planning.rounds.gather import gather as gather_rounds
from terreau.planning.rounds.words import clock, euros, kilometres
from terreau.planning.season import actions as season
from terreau.planning.season.gather import Gathered, NothingToPlan
from terreau.planning.season.ground import Known
from terreau.planning.season.needs import CHOICES as SEASON_CHOICES
from terreau.planning.season.queries import first_needs, running_until
from terreau.territory.clock import now
from terreau.territory.commands import the_ecopole
from terreau.territory.models import Ecopole
from terreau.territory.travel import PlacesNotLocated


class Command(BaseCommand):
    help = "Planifie la semaine, la saison ou les tournées d’un jour, sans rien publier."
    # No page is loaded to answer: three times sooner.
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("horizon", choices=["week", "season", "rounds"])
        parser.add_argument(
            "--week", help="semaine ISO, par exemple 2026-W48 (par défaut : celle d’aujourd’hui)"
        )
        parser.add_argument(
            "--from", dest="first", help="première semaine de la saison (par défaut : la prochaine)"
        )
        parser.add_argument("--day", help="jour des tournées, comme 2026-11-27 (par défaut : aujourd’hui)")
        parser.add_argument("--ecopole", help="adresse de l’écopôle, s’il y en a plusieurs")
        parser.add_argument("--seconds", type=int, help="temps de calcul")
        parser.add_argument("--json", action="store_true", help="le plan entier, en JSON")

    def handle(self, **options: Any) -> None:
        ecopole = the_ecopole(options["ecopole"])
        plans = {"week": self._week, "season": self._season, "rounds": self._rounds}
        plans[options["horizon"]](ecopole, options)

    def _week(self, ecopole: Ecopole, options: dict[str, Any]) -> None:
        today = now().date()
        try:
            week = IsoWeek.parse(options["week"]) if options["week"] else IsoWeek.of(today)
            problem = gather(ecopole, week, today)
        except (ValueError, WeekIsOver) as refusal:
            raise CommandError(str(refusal))
        seconds = options["seconds"] or CHOICES["time"]["seconds_max"]
        plan, by_hand = solve_problem(problem, (), seconds_max=seconds)
        if options["json"]:
            self._write({"week": str(week), "plan": plan.to_json(), "by_hand": by_hand.to_json()})
        else:
            self._tell_week(week, plan, by_hand)

    def _season(self, ecopole: Ecopole, options: dict[str, Any]) -> None:
        """Everybody who holds land, as things were asked last year."""
        today = now().date()
        try:
            first = IsoWeek.parse(options["first"]) if options["first"] else IsoWeek.of(today) + 1
            if first < IsoWeek.of(today):
                raise season.SeasonBegun(first)
            known = Known(ecopole, today)
            needs = first_needs(known, first, running_until(ecopole, today))
            seen = Gathered(known, needs)
            problem = seen.problem
        except (ValueError, season.SeasonBegun, NothingToPlan, ProblemRefused) as refusal:
            raise CommandError(str(refusal))
        seconds = options["seconds"] or SEASON_CHOICES["time"]["seconds_max"]
        try:
            plan = season.solve_problem(problem, rotation_locks(seen.apart), seconds_max=seconds)
        except NoPlanInTime as refusal:
            raise CommandError(str(refusal))
        if options["json"]:
            self._write({"first": needs.first, "last": needs.last, "plan": plan.to_json()})
        else:
            self._tell_season(first, plan)

    def _rounds(self, ecopole: Ecopole, options: dict[str, Any]) -> None:
        today = now().date()
        try:
            day = date.fromisoformat(options["day"]) if options["day"] else today
            refuse_past(day, today)
            seen = gather_rounds(ecopole, day)
            problem = seen.problem
        except (ValueError, NothingToDrive, PlacesNotLocated) as refusal:
            raise CommandError(str(refusal))
        plan = rounds.solve_problem(problem, seconds_max=options["seconds"] or seconds_for(problem))
        if options["json"]:
            self._write({"day": str(day), "problem": problem.to_json(), "plan": plan.to_json()})
        else:
            self._tell_rounds(problem, plan, seen.basis.said)

    def _write(self, told: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))

    def _tell_week(self, week: IsoWeek, plan: Plan, by_hand: Plan) -> None:
        self.stdout.write(f"{week.label} : {plan.status}, {plan.seconds} s, {plan.solver} {plan.version}")
        hand = {goal.name: goal.value for goal in by_hand.goals}
        for goal in plan.goals:
            self.stdout.write(
                f"  {goal.name:<12} {goal.value:>12.2f}  "
                f"(à la main {hand[goal.name]:.2f}, écart prouvé {goal.gap})"
            )
        for line in (*plan.clash, *(s.sentence for s in plan.shortfalls)):
            self.stdout.write(f"  - {line}")

    def _tell_rounds(self, problem: Rounds, plan: RoundsAnswer, travel: str) -> None:
        names = {v.id: v.name for v in problem.vehicles} | {s.id: s.name for s in problem.stops}
        self.stdout.write(
            f"Tournées du {problem.day} : {plan.status}, {plan.seconds} s, {plan.solver} {plan.version}, "
            f"{euros(plan.cost)} (trajets {travel}, s’ils ne sont pas corrigés)"
        )
        for tour in plan.tours:
            self.stdout.write(
                f"  {names[tour.vehicle]} : {clock(tour.start_s)} – {clock(tour.end_s)}, "
                f"{kilometres(tour.distance_m)}, {euros(tour.cost.total)}"
            )
            for visit in (visit for trip in tour.trips for visit in trip.visits):
                self.stdout.write(f"    {clock(visit.start_s)}  {names[visit.call.key]}")
        for line in (*plan.clash, *(left.sentence for left in plan.unserved)):
            self.stdout.write(f"  - {line}")

    def _tell_season(self, first: IsoWeek, plan: SeasonAnswer) -> None:
        self.stdout.write(
            f"Saison à partir de la {first.label} : {plan.status}, {plan.seconds} s, "
            f"{len(plan.lots)} semis et plantations, semaine la moins servie {plan.lowest_week or '–'}"
        )
        for goal in plan.goals:
            self.stdout.write(
                f"  {goal.name:<12} {goal.value:>14.2f}  (borne {goal.bound}, écart {goal.gap})"
            )
        sentences = (
            *plan.clash,
            *(price.sentence for price in plan.prices),
            *(shortfall.sentence for shortfall in plan.shortfalls),
        )
        for line in sentences:
            self.stdout.write(f"  - {line}")
