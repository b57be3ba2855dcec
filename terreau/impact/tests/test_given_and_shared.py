"""Hours given, credits, tours shared: from the ledger to the figure, the sheet and its movements."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from terreau.engines.contribution import Arms, Evidence, Kind, solve
from terreau.impact import measured
from terreau.impact.behind import movements
from terreau.impact.indicators import BY_ID
from terreau.impact.parameters import parameters, tables
from terreau.impact.reading import Reading
from terreau.measures.money import Money
from terreau.planning.shares.actions import close_month
from terreau.planning.shares.reading import month_read
from terreau.planning.tests.factories import Village, village
from terreau.planning.tests.road import OCTOBER, TODAY, counted, one_road
from terreau.rooms.baskets.actions import keep_depot, take_back_hours
from terreau.rooms.baskets.queries.keeping import KEPT
from terreau.rooms.baskets.tests.members import NOW, make_members
from terreau.territory.models import Agent, AgentKind, Product

from .hand import TERRITORY

pytestmark = pytest.mark.django_db
YEAR = 2026


@pytest.fixture
def road() -> Village:
    """Two farms on one road of October, counted: 57.82 € where each alone would pay 28.91 € and 57.82 €."""
    found = one_road(village())
    counted(found)
    return found


def flows(v: Village):
    return measured.flows(v.ecopole, YEAR)


def test_a_month_still_open_costs_nobody_anything(road):
    assert not flows(road).of(Kind.SHARED_COST, Kind.SHARED_SAVING)
    assert movements(road.ecopole, YEAR, Kind.SHARED_COST, {}, 1).count == 0


def test_a_closed_month_is_what_was_agreed_to_the_cent_and_what_it_saved(road):
    close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    paid = {row.from_actor: row.eur_ht for row in flows(road).of(Kind.SHARED_COST)}
    assert paid == {"Aulnes": 14.46, "Butte": 43.36}
    with connection.cursor() as cursor:
        cursor.execute("SELECT SUM(promised_value) FROM ledger_agreement WHERE kind = 'sharing'")
        assert Money(int(cursor.fetchone()[0])) == Money(5782)
    saved = {row.from_actor: row.eur_ht for row in flows(road).of(Kind.SHARED_SAVING)}
    assert saved == {"Aulnes": 14.45, "Butte": 14.46}
    assert round(sum(saved.values()), 2) == float(month_read(road.ecopole, OCTOBER).saved.euros)


def test_the_parts_behind_the_figure_are_shown_one_by_one(road):
    close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    found = movements(road.ecopole, YEAR, Kind.SHARED_COST, {}, 1)
    assert {(line.provider, line.quantity, line.counted.replace("\u00a0", " ")) for line in found.lines} == {
        ("Aulnes", 40, "14,46 €"), ("Butte", 60, "43,36 €"),
    }  # fmt: skip
    one = movements(road.ecopole, YEAR, Kind.SHARED_SAVING, {"actor": "Butte", "month": "2026-10"}, 1)
    assert (one.count, one.sums["eur_ht"]) == (1, 14.46)
    assert movements(road.ecopole, YEAR, Kind.SHARED_COST, {"month": "2026-09"}, 1).count == 0


def test_a_person_aboard_is_not_named(road):
    close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    Agent.objects.filter(name="Aulnes").update(kind=AgentKind.PERSON)
    assert {row.from_actor for row in flows(road).of(Kind.SHARED_COST)} == {None, "Butte"}
    found = movements(road.ecopole, YEAR, Kind.SHARED_COST, {}, 1)
    assert {line.provider for line in found.lines} == {"une personne", "Butte"}


def test_hours_of_who_keeps_a_depot_are_counted_with_those_of_volunteers(db):
    members = make_members()
    Product.objects.create(code=KEPT, name="Tenue d’un dépôt", family="work", unit="hour", unit_kg=0)
    written = {"by": None, "at": NOW}
    for number, (depot, day, hours) in enumerate(
        ((members.mairie, 11, "2"), (members.mairie, 18, "1.5"), (members.gare, 20, "3"))
    ):
        keep_depot(
            depot=depot, day=date(YEAR, 11, day), hours=Decimal(hours), key=f"evening-{number}", **written
        )
    take_back_hours(depot=members.gare, day=date(YEAR, 11, 20), **written)
    found = measured.flows(members.house.ecopole, YEAR)
    assert found.total("hours", Kind.VOLUNTEER_WORK) == 3.5
    assert not found.of(Kind.VOLUNTEERS), "so few people are not counted aloud"
    told = movements(members.house.ecopole, YEAR, Kind.VOLUNTEER_WORK, {}, 1)
    assert [(line.provider, line.quantity) for line in told.lines] == [
        ("Dépôt Mairie", Decimal("1.5")), ("Dépôt Mairie", Decimal(2)),
    ]  # fmt: skip


def test_what_a_road_would_have_cost_alone_is_worked_out_not_measured(road):
    close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    asked = [BY_ID["tournees_partagees"], BY_ID["economie_tournees"]]
    arms = Arms((flows(road),), measured=True)
    found = solve(asked, lambda _: arms, TERRITORY, parameters(TODAY), tables(), seed=1, n=4, n_sensitivity=0)
    cost, saving = (Reading(one, found.of(one.id)) for one in asked)
    assert (cost.figure.evidence, saving.figure.evidence) == (Evidence.MEASURED, Evidence.COMPUTED)
    assert (cost.between, saving.between) == ("compté", "comparé, sans intervalle")
    assert (round(cost.figure.value, 2), round(saving.figure.value, 2)) == (57.82, 28.91)
