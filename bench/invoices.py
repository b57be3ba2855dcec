"""A month of invoices against the budget: `python bench/invoices.py [count]`.

Each is written, judged by the schema and both official sets of rules, made a PDF/A-3 page with its XML, and
re-read; two judges, one per core. Processor time is beside the clock: what else runs does not count in it.
"""

import os
import resource
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from terreau.formats.address import Address
from terreau.formats.invoice.issue import Issued, issue_all
from terreau.formats.invoice.rules import Judge
from terreau.formats.invoice.values import Invoice, Line, Party, Payment, Vat
from terreau.measures.quantity import Quantity, Unit

BUDGET_S, CORES = 60, 2
MADE_AT = datetime(2026, 11, 30, 18, tzinfo=UTC)


def main(count: int) -> None:
    invoices = _month(count)
    start, spent = time.perf_counter(), _processor()
    judges = [Judge() for _ in range(CORES)]
    made = issue_all(invoices, judges=judges, made_at=MADE_AT)
    for judge in judges:
        judge.close()
    clock, processor = time.perf_counter() - start, _processor() - spent
    issued = [one for one in made if isinstance(one, Issued)]
    budget = BUDGET_S * count / 1_000
    for one in made:
        if not isinstance(one, Issued):
            raise SystemExit(f"{one.number}: {' '.join(one.problems)}")
    size = sum(len(one.pdf) for one in issued) / len(issued) / 1_000
    print(f"{count:,} invoices, {len(issued):,} issued, {size:.0f} kB each")
    print(f"{'':<24}{'measured':>12}{'budget':>12}{'ratio':>8}")
    print(f"{'clock':<24}{clock:>10.1f} s{budget:>10.0f} s{clock / budget:>8.2f}")
    each = processor / CORES
    print(f"{'processor, per core':<24}{each:>10.1f} s{budget:>10.0f} s{each / budget:>8.2f}")
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


def _processor() -> float:
    """Of this process and of the judges that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _month(count: int) -> list[Invoice]:
    """Canteens with five to twelve deliveries each, food and transport."""
    seller = Party(
        "Jardin du Polder (exemple)", Address("1 rue du Jardin", "62370", "Bourg-Exemple"),
        siren="732829320", vat_number="FR44732829320", email="compta@example.org", phone="+33300000000",
    )  # fmt: skip
    buyer = Party("Commune de Bourg-Exemple", seller.address, siren="217500016")
    food, transport = Vat.at(Decimal("0.055")), Vat.at(Decimal("0.2"))
    model = Invoice(
        number="", issued=date(2026, 11, 30), due=date(2026, 12, 30), seller=seller, buyer=buyer, lines=(),
        payment=Payment(iban="FR7630006000011234567890189", bic="AGRIFRPP"), service="RESTAURATION",
        commitment="BC-2026-118", period=(date(2026, 11, 1), date(2026, 11, 30)),
    )  # fmt: skip
    products = ("Carottes", "Poireaux", "Choux", "Pommes de terre", "Courges", "Betteraves")
    return [
        replace(
            model,
            number=f"F2026-{number:05}",
            lines=(
                *(
                    Line(
                        products[(number + n) % 6],
                        Quantity(5 + (number * 7 + n) % 40, Unit.KG),
                        Decimal(120 + (number + 13 * n) % 300).scaleb(-2),
                        food,
                        lot=f"26-{300 + n}-CAR",
                        organic="FR-BIO-01",
                        delivered=date(2026, 11, 2 + 2 * n),
                    )
                    for n in range(5 + number % 8)
                ),
                Line("Livraison", Quantity(1, Unit.PIECE), Decimal(12), transport),
            ),
        )
        for number in range(1, count + 1)
    ]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
