"""The measured flows of a lived demo, found again by queries that share nothing with them."""

from datetime import date
from io import StringIO

import pytest
from django.db import connection, transaction
from django.test import override_settings

from terreau.engines.contribution import Kind
from terreau.impact import measured
from terreau.impact.answering import lived, measured_answer
from terreau.impact.models import Declaration
from terreau.rooms.insertion.hours import ABSENT, WORKED
from terreau.territory import demo as territory
from terreau.territory.models import Commune, Ecopole
from terreau.web.management.commands.demo import Command

TODAY = date(2026, 11, 27)
CLOCK = "2026-11-27T09:00"
pytestmark = pytest.mark.django_db
OWN = "('garden', 'platform', 'kitchen', 'association')"
STANDING = """
    FROM ledger_event e
    JOIN territory_agent p ON p.id = e.provider_id JOIN territory_agent r ON r.id = e.receiver_id
    JOIN territory_product g ON g.id = e.product_id LEFT JOIN ledger_lot l ON l.id = e.lot_id
    LEFT JOIN territory_agent m ON m.id = l.producer_id
    WHERE e.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM ledger_event x WHERE x.reverses_id = e.id)
    AND e.occurred_at >= '2025-12-31T23:00' AND e.occurred_at < '2026-12-31T23:00'
"""


@pytest.fixture(scope="module")
def ecopole(django_db_setup, django_db_blocker, tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys") / "insertion_keys"
    here = override_settings(CLOCK=CLOCK, INSERTION_KEYS=keys)
    with django_db_blocker.unblock(), transaction.atomic(), here:
        Command(stdout=StringIO())._live(TODAY, weeks=2, seed=1, seconds=0.01)
        yield Ecopole.objects.get(slug=territory.SLUG)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def flows(ecopole, django_db_blocker):
    with django_db_blocker.unblock():
        return measured.flows(ecopole, 2026)


def asked(select: str, where: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {select} {STANDING} AND {where}")
        return float(cursor.fetchone()[0] or 0)


def kilos(flows, *kinds, **like) -> float:
    rows = [r for r in flows.of(*kinds) if all(getattr(r, name) == value for name, value in like.items())]
    return sum(r.kg for r in rows if r.kg is not None)


# Quantities are stored in thousandths, and so is the weight of a unit.
KG = "SUM(e.quantity * g.unit_kg) / 1000000.0"
OUT = f"e.action IN ('transfer', 'transfer_rights') AND r.kind NOT IN {OWN}"


def test_kilos_sold_out_of_baskets_by_who_grew_them(flows):
    for carried, maker in ((False, f"m.kind IN {OWN}"), (True, f"m.kind NOT IN {OWN}")):
        found = sum(kilos(flows, Kind.SALE, channel=c, carried=carried) for c in ("canteen", "shop"))
        where = f"{OUT} AND r.kind IN ('canteen', 'shop') AND g.family NOT IN ('basket', 'crate') AND {maker}"
        assert found > 0
        assert found == pytest.approx(asked(KG, where))


def test_kilos_given(flows):
    where = f"{OUT} AND r.kind = 'grocery' AND COALESCE(e.price, 0) = 0 AND g.family <> 'crate'"
    given = kilos(flows, Kind.DONATION)
    assert given > 0
    assert given == pytest.approx(asked(KG, where))


def test_kilos_in_baskets_are_those_packed_and_delivered(flows):
    """Every basket packed was delivered: what went in is what came out."""
    packed = asked(
        KG, "e.action = 'consume' AND e.process_id IN (SELECT id FROM ledger_process WHERE kind = 'packing')"
    )
    made = asked("SUM(e.quantity)", "e.action = 'produce' AND g.family = 'basket' AND p.kind = 'platform'")
    left = asked("SUM(e.quantity)", f"{OUT} AND g.family = 'basket' AND r.kind = 'depot'")
    assert made == left
    found = kilos(flows, Kind.SALE, channel="basket")
    assert found > 0
    assert found == pytest.approx(packed)


def test_euros_paid_to_partners(flows):
    where = f"e.action IN ('transfer', 'transfer_rights') AND r.kind IN {OWN} AND p.kind NOT IN {OWN}"
    paid = sum(r.eur_ht for r in flows.of(Kind.PURCHASE) if r.lot)
    assert paid > 0
    assert paid == pytest.approx(asked("SUM(e.price) / 100.0", where))


def test_nothing_that_passes_within_the_site_is_counted(ecopole, flows):
    own = set(ecopole.agents.filter(kind__in=measured.OWN).values_list("name", flat=True))
    assert not {r.to_actor for r in flows.of(Kind.SALE, Kind.DONATION)} & own


def test_a_person_is_never_named(ecopole, flows):
    people = set(ecopole.agents.filter(kind="person").values_list("name", flat=True))
    assert not {name for r in flows.rows for name in (r.from_actor, r.to_actor)} & people


def test_insertion_hours_are_those_of_closed_weeks(flows):
    """The demo closes its sheets: each paid hour of a pseudonym is counted, once."""
    hours = asked("SUM(e.quantity) / 1000.0", f"g.code IN ('{WORKED}', '{ABSENT}')")
    assert hours > 0
    assert flows.total("hours", Kind.INSERTION_WORK) == pytest.approx(hours)


def test_what_was_declared_stands_until_it_is_withdrawn(ecopole, flows):
    said = {row.kind: row.amount for row in Declaration.objects.filter(ecopole=ecopole, year=2026)}
    assert flows.total("hours", Kind.PERMANENT_WORK) == float(said["permanent_hours"])
    assert flows.total("kwh", Kind.COLD) == float(said["cold"])


def test_the_garden_s_land_is_what_its_plots_say(flows):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT SUM(area_m2) / 1000.0 / 10000 FROM garden_plot p "
            "JOIN territory_agent a ON a.id = p.agent_id WHERE a.kind = 'garden'"
        )
        assert flows.total("ha", Kind.LAND) == pytest.approx(float(cursor.fetchone()[0]))


def test_an_open_year_says_so_and_every_figure_is_known_or_says_why(ecopole):
    with override_settings(CLOCK=CLOCK):
        found = measured_answer(ecopole, 2026, "epci", TODAY, n=64, sensitivity=0)
    assert "2026\u202f: année en cours, chiffres provisoires." in found.warnings
    for effect in found.effects:
        assert effect.gross.value is not None or "\u202f: " in effect.gross.missing
    assert type(found).from_json(found.to_json()) == found


def test_a_department_of_which_communes_are_missing_says_what_to_import(ecopole):
    Commune.objects.filter(code="62908").update(departement="99")
    with pytest.raises(LookupError, match="terreau import communes"):
        measured_answer(ecopole, 2026, "departement", TODAY)


def test_a_year_the_ledger_does_not_know(ecopole):
    with pytest.raises(LookupError, match="2023"):
        lived(ecopole, 2023, TODAY)
