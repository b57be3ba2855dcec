"""The main pages against their budget: `python bench/pages.py [sqlite] [postgresql]`.

The demo lives half a year, copies of it make up the million events, then the current week is planned,
published and lived until Wednesday. It is Friday: Thursday's loads are late, everybody has something to do.
The garden holds its four years of some four hundred plantings; the copies add none.
"""

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import date, datetime
from datetime import time as clock_time
from random import Random
from typing import Any

import insertion
from ledger import ROOT, server

TODAY = date(2026, 11, 27)  # a Friday
WEEKS, EVENTS, YEARS = 26, 1_000_000, 5
ASKED = 20
MS_MAX, QUERIES_MAX = 100, 12


def main() -> None:
    for vendor in sys.argv[1:] or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/bench.sqlite3" if vendor == "sqlite" else server()
            environment = {
                **os.environ,
                "DATABASE_URL": url,
                "TERREAU_BENCH": vendor,
                "TERREAU_CLOCK": f"{TODAY}T09:00",
                "TERREAU_VAR": folder,
            }
            subprocess.run([sys.executable, __file__], env=environment, cwd=ROOT, check=True)


def bench(vendor: str) -> None:
    from django.db import connection

    from terreau.ledger.models import Process

    events = build()
    insertion.fill(TODAY)
    _analyze(connection)
    held = f"{events:,} events, {Process.objects.filter(kind='planting').count():,} plantings"
    print(f"\n{connection.display_name} {_version()}, {held}; p95 of {ASKED} requests")
    print(f"{'':<28}{'cpu':>7}{'p50':>7}{'p95':>7}{'/100 ms':>9}{'queries':>9}{'/12':>6}{'page':>9}")
    for name, role, address in [*pages(), *insertion.pages(TODAY)]:
        _print(name, *measure(role, address))


def build() -> int:
    """The demo, its copies, and the week as it stands on Friday morning."""
    from django.core.management import call_command
    from django.db import connection

    from terreau.ledger.models import Event

    call_command("migrate", verbosity=0)
    call_command("demo", weeks=WEEKS, stdout=io.StringIO())
    _copy_the_past()
    _analyze(connection)
    _live_the_week()
    _analyze(connection)
    return Event.objects.count()


def _analyze(connection: Any) -> None:
    with connection.cursor() as cursor:
        # As autovacuum does, and as any operator may on SQLite.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _copy_the_past() -> None:
    """The same half-year again and again, spread over the years before; nothing of it is still in store.

    Gestures still to come are not copied: years ago, nobody would have made them.
    """
    from django.core.management.color import no_style
    from django.db import connection, transaction

    from terreau.ledger import models

    tables = [
        models.Lot, models.Process, models.Commitment, models.Event, models.Cancellation, models.Custody,
        models.Rights,
    ]  # fmt: skip
    counts = {table: table._default_manager.latest("pk").pk for table in tables}
    copies = EVENTS // models.Event.objects.count()
    promises, events = (table._meta.db_table for table in (models.Commitment, models.Event))
    answered = f"EXISTS (SELECT 1 FROM {events} WHERE fulfils_id = {promises}.id)"
    past = f"({promises}.due_on <= '{TODAY}' OR {answered})"
    wanted = {
        models.Commitment: past,
        models.Cancellation: f"commitment_id IN (SELECT id FROM {promises} WHERE {past})",
    }
    with connection.cursor() as cursor:
        for copy in range(1, copies + 1):
            days = WEEKS * 7 * (1 + copy % (YEARS * 2))
            with transaction.atomic():
                for table, count in counts.items():
                    columns = {
                        field.column: _shifted(field, copy, days, counts)
                        for field in table._meta.concrete_fields
                    }
                    into, values = ", ".join(columns), ", ".join(columns.values())
                    name = table._meta.db_table
                    cursor.execute(
                        f"INSERT INTO {name} ({into}) SELECT {values} FROM {name} "
                        f"WHERE id <= {count} AND {wanted.get(table, 'true')}"
                    )
        for sql in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(sql)


def _shifted(field: Any, copy: int, days: int, counts: dict[Any, int]) -> str:
    """What a copy holds in this column: other numbers and keys, earlier days, and no stock."""
    from django.db import connection, models

    column = field.column
    table = field.model if field.primary_key else field.related_model
    if table in counts:
        return f"{column} + {copy * counts[table]}"
    said = {
        "key": f"key || '/{copy}'",
        "code": f"code || '/{copy}'",
        "custody.quantity": "0",
        "rights.quantity": "0",
        # The weeks of a planting are in its detail, which is not shifted: its copies grow on no bed.
        "process.kind": "CASE kind WHEN 'planting' THEN 'other' ELSE kind END",
    }
    for name in (column, f"{field.model._meta.model_name}.{column}"):
        if name in said:
            return said[name]
    if isinstance(field, models.DateField):  # a DateTimeField is one
        if connection.vendor == "postgresql":
            return f"({column} - interval '{days} days')::{field.db_type(connection).split()[0]}" + (
                "tz" if isinstance(field, models.DateTimeField) else ""
            )
        whole = "datetime" if isinstance(field, models.DateTimeField) else "date"
        return f"{whole}({column}, '-{days} days')"
    return str(column)


def _live_the_week() -> None:
    """Planned and published on Monday morning by the engine, then lived until Wednesday evening."""
    from django.db import transaction
    from django.db.models import prefetch_related_objects
    from django.utils import timezone

    from terreau.ledger.models import Commitment
    from terreau.measures.week import IsoWeek
    from terreau.planning.actions import request_plan, solve_week
    from terreau.planning.publish import publish
    from terreau.rooms.baskets import demo as baskets
    from terreau.rooms.garden import demo as garden
    from terreau.rooms.platform import demo as platform

    world = _world()
    week = IsoWeek.of(TODAY)
    monday = timezone.make_aware(datetime.combine(week.monday, clock_time(8)))
    with transaction.atomic():
        asked = {"ecopole": world.ecopole, "week": week, "today": week.monday, "by": None, "at": monday}
        plan = request_plan(**asked, key="bench-plan")
        solve_week.func(plan_id=plan.pk)
        promises = publish(plan_id=plan.pk, by=None, at=monday)
        prefetch_related_objects(promises, "product", "process", "provider", "receiver", "to_place", "lot")
        by_day: dict[date, dict[str, list[Commitment]]] = defaultdict(lambda: defaultdict(list))
        for promise in promises:
            by_day[promise.due_on][promise.process.kind if promise.process else "compost"].append(promise)
        for day in week.days[:3]:
            baskets.live(world, by_day[day]["packing"], day)
            platform.live_out(world, by_day[day]["delivery"], day)
            garden.live(world, by_day[day]["harvest"], day)
            platform.live_arrivals(world, by_day[day]["arrival"], day)


def _world() -> Any:
    from terreau.territory.demo import SLUG, World
    from terreau.territory.models import Agent, Ecopole

    ecopole = Ecopole.objects.get(slug=SLUG)

    def of(kind: str) -> list[Agent]:
        return list(Agent.objects.filter(ecopole=ecopole, kind=kind).order_by("pk"))

    (garden,), (platform,), (kitchen,) = of("garden"), of("platform"), of("kitchen")
    third_place, incubator, *_ = of("association")
    nobody: dict[str, Any] = {"canteens": [], "shops": [], "groceries": []}
    return World(
        ecopole=ecopole,
        dice=Random(48),
        garden=garden,
        platform=platform,
        kitchen=kitchen,
        third_place=third_place,
        incubator=incubator,
        farms=of("farm"),
        depots=[],
        beds=[],
        products={},
        **nobody,
    )


def pages() -> list[tuple[str, str, str]]:
    """Name, whose sign-in, address."""
    from django.db.models import Count

    from terreau.ledger.models import Lot, Process
    from terreau.measures.week import IsoWeek
    from terreau.rooms.garden.models import Bed

    week, lived = IsoWeek.of(TODAY), IsoWeek.of(TODAY) - 1
    carrots = Lot.objects.filter(product__code="carotte", producer__kind="farm")
    of_week = carrots.filter(born_at__date__range=(lived.monday, lived.sunday))
    lot = of_week.annotate(steps=Count("events")).order_by("-steps", "pk")[0].code
    growing = Process.objects.filter(kind="planting", planned_for__lte=TODAY).latest("planned_for", "pk")
    bed = Bed.objects.get(place=growing.place_id)
    return [
        ("today, coordinator", "coordination", ""),
        ("today, grower", "jardin", ""),
        ("today, platform", "plateforme", ""),
        ("today, farmer", "ferme", ""),
        ("week, published", "coordination", f"semaine/{week}/"),
        ("week to come", "coordination", f"semaine/{week + 1}/"),
        ("plan", "coordination", "semaine/plan/bench-plan/"),
        ("garden", "jardin", "jardin/"),
        ("garden, forecast", "jardin", "jardin/prevision/"),
        ("garden, gestures of the week", "jardin", "jardin/travaux/"),
        ("garden, calendar", "jardin", "jardin/cultures/"),
        ("garden, a planting", "jardin", f"jardin/cultures/{growing.pk}/"),
        ("garden, a planting to add", "jardin", "jardin/cultures/ajouter/"),
        ("garden, map of the beds", "jardin", "jardin/planches/"),
        ("garden, a bed", "jardin", f"jardin/planches/{bed.pk}/"),
        ("garden, catalogue", "jardin", "jardin/catalogue/"),
        ("garden, organic register", "jardin", "jardin/registre/"),
        ("garden, register of last year", "jardin", f"jardin/registre/?annee={TODAY.year - 1}"),
        ("season", "coordination", "saison/"),
        ("season, needs", "coordination", "saison/besoins/"),
        ("platform", "plateforme", "plateforme/"),
        ("platform, arrivals", "plateforme", "plateforme/arrivees/"),
        ("platform, picking", "plateforme", "plateforme/preparation/"),
        ("platform, deliveries", "plateforme", "plateforme/livraisons/"),
        ("platform, rounds", "plateforme", "plateforme/tournees/"),
        ("platform, stock", "plateforme", "plateforme/stock/"),
        ("platform, compost", "plateforme", "plateforme/compost/"),
        ("offers, coordinator", "coordination", f"plateforme/offres/?semaine={week}"),
        ("orders, coordinator", "coordination", f"plateforme/commandes/?semaine={week}"),
        ("orders, canteen", "cantine", f"plateforme/commandes/?semaine={week}"),
        ("baskets", "paniers", "paniers/"),
        ("baskets, depots", "paniers", "paniers/depots/"),
        ("lots in stock", "coordination", "lots/"),
        ("lots, search « carotte »", "coordination", "lots/?q=carotte"),
        ("lots, search found nowhere", "coordination", "lots/?q=mangue"),
        ("a lot’s journey", "coordination", f"lots/{lot}/"),
        ("recall of a lot", "coordination", f"lots/{lot}/rappel/"),
        ("map of the territory", "coordination", "territoire/"),
        ("an actor", "coordination", "territoire/acteur/1/"),
    ]


def measure(role: str, address: str) -> tuple[float, float, float, int, int]:
    """Median of its own work, median and 95th percentile of its time, in ms; queries; bytes of the page.

    Its own work is what the machine's other tasks do not lengthen: that of the database apart.
    """
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from terreau.territory.demo import SLUG
    from terreau.territory.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(email=f"{role}@exemple.invalid"))
    url = f"/e/{SLUG}/{address}"
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    queries = len(captured)
    assert response.status_code == 200, f"{url}: {response.status_code}"
    worked, times = [], []
    for _ in range(ASKED):
        work, start = time.process_time(), time.perf_counter()
        client.get(url)
        worked.append((time.process_time() - work) * 1000)
        times.append((time.perf_counter() - start) * 1000)
    p95 = sorted(times)[-(ASKED // 20) - 1]
    return statistics.median(worked), statistics.median(times), p95, queries, len(response.content)


def _version() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version")
        return str(cursor.fetchone()[0])


def _print(name: str, cpu: float, p50: float, p95: float, queries: int, size: int) -> None:
    ratios = f"{p95 / MS_MAX:>9.2f}{queries:>9}{queries / QUERIES_MAX:>6.2f}"
    print(f"{name:<28}{cpu:>7.1f}{p50:>7.1f}{p95:>7.1f}{ratios}{size // 1024:>6} kB", flush=True)


if __name__ == "__main__":
    if vendor := os.environ.get("TERREAU_BENCH"):
        import terreau.web.wsgi  # noqa: F401 — set up as the server is

        bench(vendor)
    else:
        main()
