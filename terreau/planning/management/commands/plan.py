"""`terreau plan week|season [--json]`: the plan of a week or of a season, on paper only."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.engines.season import NoPlanInTime, ProblemRefused
from terreau.engines.season import Plan as SeasonAnswer
from terreau.engines.week.plan import Plan
from terreau.measures.week import IsoWeek
from terreau.planning.actions import solve_problem
from terreau.planning.gather import CHOICES, WeekIsOver, gather
from terreau.planning.models import rotation_locks
from terreau.planning.season import actions as season
from terreau.planning.season.gather import Gathered, NothingToPlan
from terreau.planning.season.ground import Known
from terreau.planning.season.needs import CHOICES as SEASON_CHOICES
from terreau.planning.season.queries import first_needs, running_until
from terreau.territory.clock import now
from terreau.territory.models import Ecopole


class Command(BaseCommand):
    help = "Planifie la semaine ou la saison sans rien publier : buts, écarts prouvés, lignes et raisons."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("horizon", choices=["week", "season"])
        parser.add_argument(
            "--week", help="semaine ISO, par exemple 2026-W48 (par défaut : celle d’aujourd’hui)"
        )
        parser.add_argument(
            "--from", dest="first", help="première semaine de la saison (par défaut : la prochaine)"
        )
        parser.add_argument("--ecopole", help="adresse de l’écopôle, s’il y en a plusieurs")
        parser.add_argument("--seconds", type=int, help="temps de calcul")
        parser.add_argument("--json", action="store_true", help="le plan entier, en JSON")

    def handle(self, **options: Any) -> None:
        ecopoles = Ecopole.objects.all()
        if options["ecopole"]:
            ecopoles = ecopoles.filter(slug=options["ecopole"])
        if ecopoles.count() != 1:
            known = ", ".join(Ecopole.objects.values_list("slug", flat=True)) or "aucun : lancez terreau demo"
            raise CommandError(f"Précisez --ecopole. Écopôles connus : {known}.")
        plan = self._week if options["horizon"] == "week" else self._season
        plan(ecopoles.get(), options)

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
