"""Above the room: counts and hours, and nothing under five people."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from terreau.ledger.actions import Entry, record
from terreau.ledger.effects import Action
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.insertion.hours import WORKED
from terreau.rooms.insertion.models import YearSaid
from terreau.rooms.insertion.queries import charges, hours_of_month
from terreau.rooms.insertion.tests.factories import written
from terreau.territory.models import Agent, Product
from terreau.territory.products import load_products


def work(world, *people: int) -> None:
    """Each of these people paid 7 hours on 1 October and 7 on the 31st, under their pseudonyms."""
    load_products()
    product, at = Product.objects.get(code=WORKED), timezone.make_aware(datetime(2026, 11, 2, 9))
    agents = [
        Agent.objects.create(ecopole=world.ecopole, kind="person", name=f"P-{number:04}") for number in people
    ]
    entries = [
        Entry(
            Action.WORK, agent.pk, world.garden.pk, product.pk, Decimal(7), Unit(product.unit),
            key=f"{agent}-{day}", occurred_at=timezone.make_aware(datetime(2026, 10, day, 18)),
        )
        for agent in agents
        for day in (1, 31)
    ]  # fmt: skip
    record(ecopole=world.ecopole, entries=entries, recorded_by=None, recorded_at=at)


def today(world, name: str) -> str:
    client = Client()
    client.force_login(world.people[name])
    return (
        client.get(f"/e/{world.ecopole.slug}/").content.decode().replace("\u202f", " ").replace("\u00a0", " ")
    )


@pytest.mark.parametrize(("people", "told"), [(4, (None, None)), (5, (5, Decimal(70)))])
def test_hours_of_a_month_are_masked_under_five(world, people, told):
    work(world, *range(people))
    found = hours_of_month(world.ecopole, date(2026, 10, 1))
    assert (found.people, found.hours) == told
    assert hours_of_month(world.ecopole, date(2026, 9, 1)) is None


def test_coordination_and_direction_read_a_count_on_today_and_nobody_else(world):
    work(world, *range(4))
    assert "Moins de cinq personnes" in today(world, "alice")
    assert "56 h" not in today(world, "alice")
    work(world, 4)
    for name in ("alice", "daniel"):
        page = today(world, name)
        assert "L’insertion, en octobre 2026" in page
        assert "70 h payées, pour 5 personnes" in page
    for name in ("maxence", "gael", "lou", "noa", "fanny", "morgan", "ana"):
        assert "L’insertion, en" not in today(world, name)


def test_one_question_for_one_or_for_ten(world):
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            today(world, "alice")
        return len(asked)

    work(world, 0)
    one = count()
    work(world, *range(1, 10))
    assert count() == one


@pytest.mark.parametrize(
    ("billed", "cap", "told"),
    [("26000", None, ""), ("28000", None, "près du plafond de 30"), ("30000", None, "rester sous 30"),
     ("30000", 50, "")],
    ids=["far", "near", "reached", "by leave of the préfet"],
)  # fmt: skip
def test_what_the_aci_billed_is_told_beside_its_charges(world, billed, cap, told):
    """100 000 € of charges: 30 000 € of receipts reach the cap (C. trav., D5132-34)."""
    assert charges(world.ecopole, 2026) is None
    nothing = dict.fromkeys(
        ("charges_to_come", "receipts_apart", "receipts_to_come", "procurement"), Money(0)
    )
    YearSaid.objects.create(
        **written(
            ecopole=world.ecopole, year=2026, until=date(2026, 10, 31), charges=Money(10_000_000), cap=cap,
            **nothing,
        )
    )  # fmt: skip
    said = charges(world.ecopole, 2026)
    assert world.team.workshop_id in said.sellers
    found = said.warnings(Money.from_euros(billed))
    assert told in "".join(found)
    assert bool(found) == bool(told)
