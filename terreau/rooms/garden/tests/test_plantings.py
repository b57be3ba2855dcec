from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.ledger.actions import reverse
from terreau.ledger.answers import Answer
from terreau.ledger.queries import State, commitments
from terreau.measures.week import IsoWeek
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.cycles import Cycle, harvest_weeks
from terreau.rooms.garden.models import NoteKind
from terreau.rooms.garden.queries import NewPlanting, PlantingState
from terreau.rooms.garden.tests.factories import NOW, TODAY
from terreau.territory.models import Quality

pytestmark = pytest.mark.django_db
SPRING = IsoWeek(2027, 14)


def standing(land):
    return queries.plantings(land.ecopole, first=IsoWeek(2026, 40), last=IsoWeek(2031, 10), today=TODAY)


def plan(land, crop, bed, week=SPRING, length="30", key="culture-1", reason=""):
    new = NewPlanting(land.crops[crop], land.bed(bed), week, Decimal(length), reason=reason)
    return actions.plan_planting(ecopole=land.ecopole, new=new, at=NOW, key=key)


@pytest.mark.parametrize(
    ("written", "week", "weeks_max", "harvest"),
    [
        ("11-14>20-29", 11, None, (9, 18)),
        ("11-14>20-29", 14, None, (9, 15)),  # set up later, harvested later, and not beyond week 29
        ("11-14>20-29", 12, 4, (9, 12)),
        ("11-14>20-29", 15, None, None),
        ("44-48>29-33", 44, None, (37, 41)),  # through the new year
        ("50-3>18-24", 2, None, (20, 22)),
        ("50-3>18-24", 53, None, (20, 24)),  # week 53 is read as week 52
        ("37-40>42-44", 40, None, (4, 4)),  # a short window cuts the wait
    ],
)
def test_a_cycle_says_when_what_is_set_up_is_harvested(written, week, weeks_max, harvest):
    assert harvest_weeks(written, week, weeks_max) == harvest


@given(st.builds(Cycle, *[st.integers(1, 52)] * 4), st.integers(1, 53), st.none() | st.integers(1, 60))
def test_a_harvest_is_never_before_its_set_up_nor_ends_before_it_begins(cycle, week, weeks_max):
    found = cycle.harvest_of(week, weeks_max)
    if found is not None and cycle.harvest_first != cycle.plant_first:
        first, last = found
        assert first <= last


def test_a_planting_is_a_process_with_its_gestures_promised(land):
    plan(land, "blette", "A1", week=IsoWeek(2027, 12))
    (line,) = standing(land)
    assert (line.name, line.state) == ("Blette", PlantingState.PLANNED)
    assert (line.planted, line.first_harvest, line.last_harvest) == (
        IsoWeek(2027, 12), IsoWeek(2027, 21), IsoWeek(2027, 29),
    )  # fmt: skip
    # 30 m × 0,8 m at 1,9 kg/m² over nine weeks
    assert line.kg_week[1] == Decimal("5.067")
    due = commitments(land.ecopole, process=line.id)
    assert [d.commitment.note for d in due][:1] == ["Semer ou planter"]
    assert due[0].quantity == Decimal("0.960")  # 4 h for 100 m², on 24 m²


def test_the_same_planting_sent_twice_is_one(land):
    assert plan(land, "blette", "A1", week=IsoWeek(2027, 12)) == plan(
        land, "blette", "A1", week=IsoWeek(2027, 12)
    )
    assert len(standing(land)) == 1


def test_a_bed_holds_what_fits_in_its_length(land):
    plan(land, "blette", "A1", week=IsoWeek(2027, 12), length="20")
    plan(land, "radis", "A1", week=IsoWeek(2027, 13), length="10", key="culture-2")
    with pytest.raises(actions.PlantingRefused, match="il n’y reste pas de place"):
        plan(land, "radis", "A1", week=IsoWeek(2027, 14), length="1", key="culture-3")


def test_longer_than_its_bed_is_refused_and_a_reason_does_not_help(land):
    with pytest.raises(actions.PlantingRefused, match="mesure 30"):
        plan(land, "blette", "A1", week=IsoWeek(2027, 12), length="31", reason="j’essaie")


def test_out_of_its_window_a_reason_is_asked(land):
    with pytest.raises(actions.PlantingRefused, match="ne se met pas en place en semaine 30"):
        plan(land, "blette", "A1", week=IsoWeek(2027, 30))
    plan(land, "blette", "A1", week=IsoWeek(2027, 30), reason="essai sous voile")
    assert standing(land)[0].reason == "essai sous voile"


def test_a_family_comes_back_on_its_block_after_its_delay(land):
    plan(land, "blette", "A1", week=IsoWeek(2027, 12))
    for year in (2028, 2029):
        with pytest.raises(actions.PlantingRefused, match="Famille des betteraves"):
            plan(land, "epinard", "A2", week=IsoWeek(year, 12), key="culture-2")
    plan(land, "epinard", "A2", week=IsoWeek(2030, 12), key="culture-3")
    # Another block, and the same year, are free.
    plan(land, "epinard", "B1", week=IsoWeek(2028, 12), key="culture-4")
    plan(land, "epinard", "A3", week=IsoWeek(2027, 12), key="culture-5")


def test_what_is_planned_moves_and_its_former_plan_is_given_up(land):
    plan(land, "blette", "A1", week=IsoWeek(2027, 12))
    (line,) = standing(land)
    actions.move_planting(
        ecopole=land.ecopole, planting=line, bed=land.bed("A2"), week=IsoWeek(2027, 13), by=None, at=NOW,
        key="deplace-1",
    )  # fmt: skip
    former, new = sorted(standing(land), key=lambda p: p.id)
    assert (former.state, new.state) == (PlantingState.DROPPED, PlantingState.PLANNED)
    assert (new.place_id, new.planted) == (land.bed("A2").place_id, IsoWeek(2027, 13))
    states = {due.state for due in commitments(land.ecopole, process=former.id)}
    assert states == {State.CANCELLED}


def established(land, line):
    due = commitments(land.ecopole, process=line.id)[0]
    return land.work(Answer(due.commitment, Decimal("1.5")))


def test_what_is_in_the_ground_does_not_move_and_may_be_lost(land):
    plan(land, "blette", "A1", week=IsoWeek(2027, 12))
    (line,) = standing(land)
    events = established(land, line)
    (line,) = standing(land)
    assert line.state is PlantingState.GROWING
    with pytest.raises(actions.PlantingRefused, match="ne se déplace pas"):
        actions.drop_planting(ecopole=land.ecopole, planting=line, reason="", by=None, at=NOW, key="fin-0")
    actions.end_planting(
        ecopole=land.ecopole, planting=line, kind=NoteKind.FAILED, text="grêle", by=None, at=NOW, key="fin-1"
    )
    (line,) = standing(land)
    assert line.state is PlantingState.FAILED
    assert {d.state for d in commitments(land.ecopole, process=line.id)} == {State.MET, State.CANCELLED}
    plan(land, "blette", "A1", week=IsoWeek(2027, 12), key="culture-2")  # its bed is free again
    assert reverse(ecopole=land.ecopole, events=events, by=None, at=NOW, key="annule-1")


def test_lines_are_read_in_a_constant_number_of_queries(land, django_assert_num_queries):
    for rank, bed in enumerate(("A1", "A2", "A3")):
        plan(land, "blette", bed, week=IsoWeek(2027, 12), key=f"culture-{rank}")
        with django_assert_num_queries(1):
            assert len(standing(land)) == rank + 1


ENGAGED, CERTIFIED = ("2024-03-01", "conversion"), ("2026-03-01", "organic")
LEAP = ("2024-02-29", "conversion")
CASES = [
    # status history, planted, harvested, sold as
    ([ENGAGED, CERTIFIED], "2026-04-01", "2026-07-01", Quality.ORGANIC),
    ([ENGAGED, CERTIFIED], "2026-02-20", "2026-07-01", Quality.CONVERSION),
    ([ENGAGED], "2024-04-01", "2025-02-28", Quality.CONVENTIONAL),
    ([ENGAGED], "2024-04-01", "2025-03-01", Quality.CONVERSION),
    ([LEAP], "2024-04-01", "2025-02-28", Quality.CONVENTIONAL),
    ([LEAP], "2024-04-01", "2025-03-01", Quality.CONVERSION),
    ([], "2026-04-01", "2026-07-01", Quality.CONVENTIONAL),
]


@pytest.mark.parametrize(("history", "planted", "harvested", "quality"), CASES)
def test_what_a_harvest_may_be_sold_as(history, planted, harvested, quality):
    statuses = [(date.fromisoformat(since), status) for since, status in history]
    days = {"planted_on": date.fromisoformat(planted), "harvested_on": date.fromisoformat(harvested)}
    assert queries.quality_of(statuses, **days) == quality


def test_a_bed_closed_before_the_harvest_is_refused(land):
    bed = replace(land.bed("A1"), closed_on=date(2027, 6, 1))
    new = NewPlanting(land.crops["blette"], bed, IsoWeek(2027, 12), Decimal(30))
    (objection,) = queries.objections(new, [], [bed])
    assert not objection.may_force
