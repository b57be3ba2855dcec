"""`terreau plan week [--week 2026-W48] [--ecopole SLUG] [--json]`: the week's plan, on paper only."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.engines.week.plan import Plan
from terreau.measures.week import IsoWeek
from terreau.planning.actions import solve_problem
from terreau.planning.gather import CHOICES, WeekIsOver, gather
from terreau.territory.clock import now
from terreau.territory.models import Ecopole


class Command(BaseCommand):
    help = "Planifie la semaine sans rien publier : buts, écarts prouvés, lignes et raisons."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("horizon", choices=["week"])
        parser.add_argument(
            "--week", help="semaine ISO, par exemple 2026-W48 (par défaut : celle d’aujourd’hui)"
        )
        parser.add_argument("--ecopole", help="adresse de l’écopôle, s’il y en a plusieurs")
        parser.add_argument(
            "--seconds", type=int, default=CHOICES["time"]["seconds_max"], help="temps de calcul"
        )
        parser.add_argument("--json", action="store_true", help="le plan entier, en JSON")

    def handle(self, **options: Any) -> None:
        today = now().date()
        ecopoles = Ecopole.objects.all()
        if options["ecopole"]:
            ecopoles = ecopoles.filter(slug=options["ecopole"])
        if ecopoles.count() != 1:
            known = ", ".join(Ecopole.objects.values_list("slug", flat=True)) or "aucun : lancez terreau demo"
            raise CommandError(f"Précisez --ecopole. Écopôles connus : {known}.")
        try:
            week = IsoWeek.parse(options["week"]) if options["week"] else IsoWeek.of(today)
            problem = gather(ecopoles.get(), week, today)
        except (ValueError, WeekIsOver) as refusal:
            raise CommandError(str(refusal))
        plan, by_hand = solve_problem(problem, (), seconds_max=options["seconds"])
        if options["json"]:
            both = {"week": str(week), "plan": plan.to_json(), "by_hand": by_hand.to_json()}
            self.stdout.write(json.dumps(both, ensure_ascii=False, indent=1))
        else:
            self._tell(week, plan, by_hand)

    def _tell(self, week: IsoWeek, plan: Plan, by_hand: Plan) -> None:
        self.stdout.write(f"{week.label} : {plan.status}, {plan.seconds} s, {plan.solver} {plan.version}")
        hand = {goal.name: goal.value for goal in by_hand.goals}
        for goal in plan.goals:
            self.stdout.write(
                f"  {goal.name:<12} {goal.value:>12.2f}  "
                f"(à la main {hand[goal.name]:.2f}, écart prouvé {goal.gap})"
            )
        for line in (*plan.clash, *(s.sentence for s in plan.shortfalls)):
            self.stdout.write(f"  - {line}")
