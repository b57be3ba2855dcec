"""The garden of the demo: a season that holds on its land, gives what was announced, and is lived."""

from collections import Counter
from datetime import date

import pytest
from django.db import transaction

from terreau.ledger.audit import differences
from terreau.ledger.queries import State, promised
from terreau.measures.week import IsoWeek
from terreau.rooms.garden import demo, queries
from terreau.rooms.garden.models import Crew, FieldInput, InputKind, InputStatus, PlotStatus
from terreau.rooms.garden.queries import NewPlanting, objections, register
from terreau.territory import demo as territory

pytestmark = pytest.mark.django_db
FIRST, LAST_YEAR = IsoWeek(2026, 30), 2027
TODAY = FIRST.monday


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        built = territory.build(48)
        demo.settle_in(built, FIRST, LAST_YEAR)
        territory.count_rows()
        yield built
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def standing(world, django_db_blocker):
    return queries.plantings(
        world.ecopole, first=IsoWeek(2023, 1), last=IsoWeek(2029, 1), today=TODAY, agent=world.garden
    )


def test_the_garden_and_six_farms_have_their_land_and_hands(world):
    beds = Counter(bed.agent_id for bed in queries.beds(world.ecopole))
    assert beds[world.garden.pk] == 120
    assert sorted(beds.values()) == [32] * 6 + [120]
    assert Crew.objects.filter(agent=world.garden, kind="insertion", productivity="0.5").exists()
    statuses = PlotStatus.objects.filter(plot__agent=world.garden).order_by("since")
    assert [row.status for row in statuses] == ["organic", "conversion", "organic"]


def test_each_season_has_some_four_hundred_plantings_of_every_crop(world, standing):
    seasons = Counter(line.planted.year for line in standing)
    assert set(seasons) == {2024, 2025, 2026, 2027}
    assert all(340 <= count <= 440 for count in seasons.values())
    crops = {line.crop for line in standing if line.planted.year == 2026}
    products = {crop.product_code for code, crop in queries.catalogue(world.ecopole).items() if code in crops}
    assert products == set(demo.WEEKLY)


def test_no_rule_of_the_field_objects(world, standing):
    crops, land = queries.catalogue(world.ecopole), queries.beds(world.ecopole, world.garden)
    by_place = {bed.place_id: bed for bed in land}
    for line in standing[::40]:
        new = NewPlanting(crops[line.crop], by_place[line.place_id], line.planted, line.length_m)
        assert objections(new, standing, land, moving=line.id) == []


@pytest.mark.parametrize(("week", "least", "most"), [(8, 400, 1500), (26, 1400, 3400), (40, 2000, 4500)])
def test_a_week_gives_what_a_garden_for_300_baskets_gives(world, week, least, most):
    """In kilos; the bells of WEEKLY say 850, 2 400 and 3 100 in these weeks."""
    (told,) = queries.outlook(world.ecopole, IsoWeek(2027, week), today=TODAY).weeks
    assert least < told.likely < most


def test_a_week_is_lived_and_the_ledger_holds(world):
    demo.live_week(world, FIRST)
    due = promised(world.ecopole, due=(FIRST.monday, FIRST.sunday), provider=world.garden.pk)
    assert due
    assert {line.state for line in due} <= {State.MET, State.PARTLY_MET}
    inputs = FieldInput.objects.filter(agent=world.garden)
    assert inputs.filter(kind=InputKind.SEED).exists()
    assert not inputs.filter(status=InputStatus.DEROGATION, proof="").exists()
    assert register.settings_up(world.garden, 2026)
    assert list(differences(world.ecopole)) == []


def test_what_stood_before_is_known_as_set_up(world, standing):
    before = [line for line in standing if line.planted < FIRST]
    assert {line.state for line in before} == {
        queries.PlantingState.GROWING, queries.PlantingState.FINISHED,
    }  # fmt: skip
    assert register.years(world.garden, date(2026, 7, 20)) == [2026, 2025, 2024]
