"""The forecast comes from the plantings and learns: worked by hand, then held to what must always be true."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from terreau.ledger.answers import Answer
from terreau.ledger.queries import commitments
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.models import CropChoice, Forecast, NoteKind, Plot, PlotStatus, Status
from terreau.rooms.garden.queries import NewPlanting
from terreau.rooms.garden.queries.learning import Memory, Seen, lesson, own_ratio
from terreau.rooms.garden.tests.factories import NOW, TODAY
from terreau.territory.models import Agent, Place, Product

MEMORY = Memory(weeks=52, half_life=26, catalogue_weeks=4, planting_weeks=2)
# Spring leaves chard set up in week 12 of 2026: 5,067 kg a week on 24 m², from week 21 to 29.
SET_UP, RIPE = IsoWeek(2026, 12), IsoWeek(2026, 22)


def plant(land, crop="blette", bed="A1", week=SET_UP, length="30"):
    new = NewPlanting(land.crops[crop], land.bed(bed), week, Decimal(length))
    return actions.plan_planting(ecopole=land.ecopole, new=new, at=NOW, key=f"culture-{crop}-{bed}-{week}")


def said(land, week=RIPE, today=None):
    return queries.forecasts(land.ecopole, week, today=today or week.monday)


# By hand -------------------------------------------------------------------------------------------------


def test_without_history_the_lesson_is_the_catalogue():
    told = lesson([], catalogue_spread=0.3, memory=MEMORY)
    assert (told.ratio, told.spread, told.error, told.weeks) == (1, 0.3, None, 0)


def test_one_week_that_gave_half_is_drawn_toward_the_catalogue():
    # (50 + 4·100) / (100 + 4·100) = 450 / 500
    told = lesson([Seen(0, 100, 50)], catalogue_spread=0.0, memory=MEMORY)
    assert told.ratio == pytest.approx(0.9)
    # 50 came where 90 was then expected: 40 % of the catalogue's 100, and the band is not narrower.
    assert told.error == pytest.approx(0.4)
    assert told.spread == pytest.approx(0.4)


def test_a_week_half_a_year_old_weighs_half():
    # (1·120 + ½·60 + 4·100) / (1·100 + ½·100 + 4·100) = 550 / 550
    told = lesson([Seen(0, 100, 120), Seen(26, 100, 60)], catalogue_spread=0.2, memory=MEMORY)
    assert told.ratio == pytest.approx(1.0)
    # errors 0,2 and −0,4: (1·0,2 + ½·0,4) / 1,5
    assert told.error == pytest.approx(0.4 / 1.5)


def test_a_planting_that_already_gave_twice_goes_on_giving_more():
    # 3 weeks of 10 kg gave 60: (60 + 2·1·10) / (30 + 2·10) = 80 / 50
    assert own_ratio(1.0, week=10, expected=30, harvested=60, memory=MEMORY) == pytest.approx(1.6)


# What is always true ---------------------------------------------------------------------------------------

amounts = st.floats(0, 1e6)
histories = st.lists(st.builds(Seen, st.integers(0, 60), st.floats(0.1, 1e6), amounts), max_size=12)


@given(histories, st.floats(0, 1))
def test_a_forecast_never_goes_below_zero(seen, spread):
    told = lesson(seen, catalogue_spread=spread, memory=MEMORY)
    assert told.ratio >= 0
    assert told.spread >= 0


@given(histories, st.integers(0, 11), st.floats(0, 1e5), st.floats(0, 1))
def test_harvesting_more_never_teaches_to_expect_less(seen, rank, more, spread):
    if not seen:
        return
    rank %= len(seen)
    better = [Seen(s.ago, s.expected, s.harvested + (more if n == rank else 0)) for n, s in enumerate(seen)]
    before = lesson(seen, catalogue_spread=spread, memory=MEMORY)
    after = lesson(better, catalogue_spread=spread, memory=MEMORY)
    assert after.ratio >= before.ratio


@given(histories.filter(bool))
def test_a_band_is_not_narrower_than_the_errors_measured(seen):
    told = lesson(seen, catalogue_spread=0.0, memory=MEMORY)
    weights = [0.5 ** (s.ago / MEMORY.half_life) for s in seen]
    squares = [((s.harvested - told.ratio * s.expected) / s.expected) ** 2 for s in seen]
    measured = sum(w * e for w, e in zip(weights, squares, strict=True)) / sum(weights)
    assert told.spread >= measured**0.5 * (1 - 1e-9)


@given(amounts, st.floats(0.1, 1e4), st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0, 1e5))
def test_a_planting_learns_the_right_way(ratio, week, expected, came, more):
    def shifted(harvested):
        return own_ratio(ratio, week=week, expected=expected, harvested=harvested, memory=MEMORY)

    assert 0 <= shifted(came) <= shifted(came + more)


# From the plantings ----------------------------------------------------------------------------------------


def test_a_planting_gives_a_line_in_each_of_its_harvest_weeks(land):
    plant(land)
    (line,) = said(land)
    # 1,9 kg/m² over nine weeks; its price of the catalogue × 0,75
    assert (line.likely, line.quality, line.typed) == (Decimal("5.0"), 2, None)
    assert line.low < line.likely
    assert line.price == land.crops["blette"].price.times(Decimal("0.75"))
    assert (line.first_day, line.last_day) == (RIPE.monday, (RIPE + 1).sunday)
    assert said(land, IsoWeek(2026, 20)) == said(land, IsoWeek(2026, 30)) == []
    assert said(land, IsoWeek(2026, 29))[0].last_day == IsoWeek(2026, 29).sunday


def test_pieces_are_whole_and_priced_by_the_piece(land):
    plant(land, "laitue", week=IsoWeek(2026, 11), length="3")
    (line,) = said(land, IsoWeek(2026, 19))
    # 3 m × 0,8 m × 2,4 kg/m² over two weeks, 300 g each: 9,6 lettuces
    assert line.likely == 9
    assert line.price == land.crops["laitue"].price.times(Decimal("0.3") * Decimal("0.75"))


def test_two_plantings_of_a_product_on_a_bed_are_one_line(land):
    plant(land, length="10")
    plant(land, week=SET_UP + 1, length="20")
    (line,) = said(land)
    assert line.id == f"{line.product_id}-{land.bed('A1').place_id}"
    assert line.likely > 5


def test_the_ecopoles_own_price_is_asked(land):
    CropChoice.objects.create(
        ecopole=land.ecopole, crop_id=land.crops["blette"].id, price=Money(1000), changed_at=NOW
    )
    plant(land)
    assert said(land)[0].price == Money(750)


def test_what_the_gardener_says_wins_for_that_bed_and_can_be_taken_back(land, garden):
    plant(land)
    plant(land, bed="A2")
    garden.products["blette"] = Product.objects.get(code="blette")
    garden.expects("blette", "A2", "1", "2", week=RIPE)
    lines = {line.place: line for line in said(land)}
    assert (lines["Planche A2"].likely, lines["Planche A1"].likely) == (2, Decimal("5.0"))
    assert lines["Planche A2"].typed
    actions.remove_forecast(ecopole=land.ecopole, garden=garden.agent, line_id=lines["Planche A2"].typed)
    assert [line.likely for line in said(land)] == [Decimal("5.0")] * 2


def test_a_lost_planting_gives_nothing(land):
    plant(land)
    (line,) = queries.plantings(land.ecopole, first=RIPE, last=RIPE, today=TODAY)
    actions.end_planting(
        ecopole=land.ecopole, planting=line, kind=NoteKind.FAILED, text="grêle", by=None, at=NOW, key="fin-01"
    )
    assert said(land) == []


def test_land_in_conversion_when_it_was_planted_is_not_sold_as_organic(land):
    PlotStatus.objects.all().delete()
    plot = land.bed("A1").plot_id
    for status, since in ((Status.CONVERSION, date(2024, 4, 1)), (Status.ORGANIC, date(2026, 3, 25))):
        PlotStatus.objects.create(plot_id=plot, status=status, since=since)
    plant(land)
    plant(land, bed="A2", week=IsoWeek(2026, 14))
    sold_as = {line.place: line.quality for line in said(land, IsoWeek(2026, 24))}
    assert sold_as == {"Planche A1": 1, "Planche A2": 2}


def test_a_harvest_answering_the_plan_is_sold_as_its_plot_allows(land, garden):
    PlotStatus.objects.all().delete()
    for status, since in ((Status.CONVERSION, date(2024, 4, 1)), (Status.ORGANIC, date(2026, 11, 1))):
        PlotStatus.objects.create(plot_id=land.bed("A1").plot_id, status=status, since=since)
    plant(land, "carotte-conservation", week=IsoWeek(2026, 22))
    garden.beds["A1"] = land_place(garden, "A1")
    (event,) = garden.harvest(garden.line("carotte", "A1", "5"))
    assert event.lot.quality == 1


def land_place(garden, name):
    return Place.objects.get(ecopole=garden.ecopole, name=f"Planche {name}")


# On the page -----------------------------------------------------------------------------------------------


@pytest.fixture
def in_june(settings):
    settings.CLOCK = f"{RIPE.monday}T10:00"


def test_a_plantings_line_is_corrected_on_the_page_and_the_others_go_on_learning(land, garden, in_june):
    plant(land)
    plant(land, bed="A2")
    client, (line, other) = garden.client(), sorted(said(land), key=lambda line: line.place)
    page = client.get(garden.url("prevision/")).content.decode()
    assert f'name="likely-{line.id}" value="5"' in page
    sent = {f"likely-{line.id}": "7", f"low-{line.id}": "3", f"likely-{other.id}": "5"}
    assert client.post(garden.url("prevision/enregistrer/"), sent).status_code == 302
    row = Forecast.objects.get()
    assert (row.likely, row.low, row.place.name, row.price) == (7, 3, "Planche A1", line.price)


def test_a_plantings_line_opens_with_its_terms_and_is_withdrawn_once_typed(land, garden, in_june):
    plant(land)
    client, (line,) = garden.client(), said(land)
    page = client.get(garden.url(f"prevision/ligne/?line={line.id}&semaine={RIPE}")).content.decode()
    assert 'value="5"' in page
    assert "Retirer de la prévision" not in page
    actions.set_forecast(
        ecopole=land.ecopole, garden=garden.agent, week=RIPE,
        lines=[
            actions.ForecastEntry(
                Product.objects.get(code="blette"), land_place(garden, "A1"), Decimal(1), Decimal(2),
                Money(1), RIPE.monday, RIPE.sunday,
            )
        ],
    )  # fmt: skip
    page = client.get(garden.url(f"prevision/ligne/?line={line.id}&semaine={RIPE}")).content.decode()
    assert "Retirer de la prévision" in page
    client.post(garden.url(f"prevision/retirer/?semaine={RIPE}"), {"line": line.id})
    assert not Forecast.objects.exists()
    assert said(land)[0].likely == Decimal("5.0")


def test_the_page_shows_what_was_learned_and_half_a_year_ahead(land, garden, in_june):
    garden.products["blette"] = Product.objects.get(code="blette")
    garden.beds["A1"] = land_place(garden, "A1")
    plant(land)
    week = RIPE - 1
    promised = garden.due("blette", "A1", "5", week.days[1])
    garden.harvest(garden.line("blette", "A1", "3", commitment=promised), on=moment(week.days[1]))
    client = garden.client()
    page = client.get(garden.url("prevision/")).content.decode()
    # (3 + 4 × 5) / (5 + 4 × 5): 92 %
    assert re.search(r"92\s% du catalogue", page)
    assert "Récolte attendue" in page
    part = client.get(garden.url("prevision/"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "92" in part


# From the past ---------------------------------------------------------------------------------------------


def test_what_was_harvested_shifts_the_rest_of_the_planting_and_the_next_ones(land, garden):
    garden.products["blette"] = Product.objects.get(code="blette")
    garden.beds["A1"] = land_place(garden, "A1")
    plant(land)
    plant(land, bed="B1")
    for n in range(3):
        promised = garden.due("blette", "A1", "5", (RIPE + n).days[1])
        garden.harvest(garden.line("blette", "A1", "2.5", commitment=promised), on=moment((RIPE + n).days[1]))
    lines = {line.place: line for line in said(land, RIPE + 3)}
    assert lines["Planche A1"].likely < lines["Planche B1"].likely < 5
    # Before anything was known, the same weeks were expected at the catalogue's figure.
    assert {line.likely for line in said(land, RIPE)} == {Decimal("5.0")}


def moment(day):
    return NOW.replace(year=day.year, month=day.month, day=day.day)


def test_a_bed_asked_for_less_and_that_gave_it_says_nothing_against_the_catalogue(land, garden):
    garden.products["blette"] = Product.objects.get(code="blette")
    garden.beds["A1"] = land_place(garden, "A1")
    plant(land)
    promised = garden.due("blette", "A1", "1", RIPE.days[1])
    garden.harvest(garden.line("blette", "A1", "1", commitment=promised), on=moment(RIPE.days[1]))
    assert said(land, RIPE + 1)[0].likely == Decimal("5.0")


def test_the_outlook_adds_up_and_says_its_band(land):
    plant(land)
    plant(land, bed="A2")
    told = queries.outlook(land.ecopole, RIPE, today=RIPE.monday, weeks=10)
    assert [w.likely for w in told.weeks] == [10] * 8 + [0] * 2
    assert all(w.low <= w.likely <= w.high for w in told.weeks)
    assert told.lessons == []


def test_a_garden_reads_its_own_outlook(land):
    elsewhere = Agent.objects.create(ecopole=land.ecopole, kind="garden", name="Jardin des Remparts")
    Plot.objects.update(agent=elsewhere)
    plant(land)

    def expected(garden):
        (week,) = queries.outlook(land.ecopole, RIPE, today=RIPE.monday, garden=garden).weeks
        return week.likely

    assert (expected(None), expected(elsewhere), expected(land.agent)) == (5, 5, 0)


def test_the_forecast_is_read_in_a_constant_number_of_queries(land):
    plant(land)

    def count():
        with CaptureQueriesContext(connection) as seen:
            said(land)
        return len(seen)

    few = count()
    for bed in ("A2", "A3", "B1"):
        plant(land, bed=bed)
    assert count() == few <= 5


def test_work_done_does_not_change_what_is_expected(land):
    process = plant(land)
    due = commitments(land.ecopole, process=process.pk)[0]
    land.work(Answer(due.commitment, Decimal("1.5")))
    assert said(land)[0].likely == Decimal("5.0")
