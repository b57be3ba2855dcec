"""`terreau demo`: the demo territory, with its years of history up to today."""

from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from terreau.billing import demo as billing
from terreau.billing import demo_payments as payments
from terreau.funding import demo as funding
from terreau.impact import demo as impact
from terreau.ledger.models import Commitment, Event, Process
from terreau.measures.week import IsoWeek
from terreau.planning import demo as planning
from terreau.rooms.baskets import demo as baskets
from terreau.rooms.baskets import demo_members as members
from terreau.rooms.garden import demo as garden
from terreau.rooms.incubator import demo as incubator
from terreau.rooms.insertion import demo as insertion
from terreau.rooms.kitchen import demo as kitchen
from terreau.rooms.platform import demo as platform
from terreau.rooms.thirdplace import demo as thirdplace
from terreau.rooms.worksites import demo as worksites
from terreau.territory import demo as territory
from terreau.territory.clock import now
from terreau.territory.models import Ecopole

# Rounds are shared by the month: the last two have theirs.
WEEKS_DRIVEN = 9


class Command(BaseCommand):
    help = "Charge l’écopôle de démonstration, vécu semaine après semaine jusqu’à aujourd’hui."
    # Those of the pages, which are not opened here, are made by `serve`.
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--weeks", type=int, default=104, help="semaines d’histoire (104 par défaut)")
        parser.add_argument("--seed", type=int, default=48, help="graine du hasard")
        parser.add_argument(
            "--seconds",
            type=float,
            default=planning.SECONDS,
            help="temps donné au plan de la semaine en cours",
        )
        parser.add_argument("--if-empty", action="store_true", help="ne rien faire si un écopôle existe déjà")

    def handle(self, **options: Any) -> None:
        if Ecopole.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError(
                "Un écopôle existe déjà : la démonstration ne se charge que dans une base vide."
            )
        today = now().date()
        with transaction.atomic():
            self._live(today, options["weeks"], options["seed"], options["seconds"])
        territory.count_rows()  # the pages of a database that knows its sizes are a third faster
        self.stdout.write(f"Démonstration prête : {Event.objects.count()} mouvements.")

    def _live(self, today: date, weeks: int, seed: int, seconds: float) -> territory.World:
        this_week = IsoWeek.of(today)
        first = this_week - weeks
        world = territory.build(seed)
        sizes = baskets.settle_in(world)
        platform.settle_in(world, first, seasons=weeks // 52 + 1)
        platform.certify(world, first, today)
        platform.stand_orders(world, first)
        platform.lend_crates(world, first)
        platform.settle_vehicles(world)
        garden.settle_in(world, first, last_year=this_week.year + 1)
        insertion.settle_in(world, first, today)
        kitchen.settle_in(world, first)
        billing.settle_in(world, first.monday)
        for number, week in enumerate(IsoWeek.range(first, this_week + 1)):
            if number & (number - 1) == 0:  # 0, 1, 2, 4, 8… weeks lived: the tables have doubled
                territory.count_rows()
            platform.offers(world, week)
            platform.orders(world, week)
            if week <= this_week:  # those of the next one wait for their customer, or for the coordinator
                platform.take_up(world, week)
            baskets.counts(world, sizes, week)
            driven = week >= this_week - WEEKS_DRIVEN
            if driven and week.monday < today:
                platform.live_deposits(world, week)
            if week < this_week:
                live_days(world, planning.plan_week(world, week), week, week.days, driven)
            elif week == this_week and today > week.monday:
                gone = [day for day in week.days if day < today]
                live_days(world, planning.plan_this_week(world, week, seconds), week, gone, driven)
                planning.drive(world, today)
            if number % 13 == 0:
                self.stdout.write(f"  {week.label}")
        worksites.live(world, first, today)
        incubator.live(world, first, today)
        thirdplace.live(world, first, today)
        members.join(world, sizes, first, today)
        told = max(first, this_week - members.WEEKS_TOLD).monday
        impact.live(world.ecopole, first.monday, today, now(), told_from=told)
        kitchen.of_the_moment(world, today)
        platform.ask_late(world, today)
        payments.sign(world, today)
        billing.live(world, today)
        funding.live(world, today)
        payments.live(world, today)
        return world


def live_days(
    world: territory.World,
    promises: Sequence[Commitment],
    week: IsoWeek,
    days: Sequence[date],
    driven: bool,
) -> None:
    """Day after day: harvest and arrivals in the day, packing and deliveries in the morning.

    `driven`: with their rounds, planned and published before the day begins.
    """
    opened = Process.objects.filter(ecopole=world.ecopole, planned_for__range=(week.monday, week.sunday))
    kinds = dict(opened.values_list("pk", "kind"))
    by_day: dict[date, dict[str, list[Commitment]]] = defaultdict(lambda: defaultdict(list))
    for c in promises:
        by_day[c.due_on][kinds[c.process_id] if c.process_id else "compost"].append(c)
    for day in days:
        due = by_day[day]
        platform.live_cold(world, day)
        if driven:
            planning.drive(world, day)
        baskets.live(world, due["packing"], day)
        platform.live_out(world, due["delivery"], day)
        garden.live(world, due["harvest"], day)
        platform.live_arrivals(world, due["arrival"], day)
    if week.days[4] in days:
        garden.live_week(world, week)
        compost = [c for due in by_day.values() for c in due["compost"]]
        saved = kitchen.live_week(world, week, compost)
        platform.live_friday(world, [c for c in compost if c.pk not in saved], week.days[4])
