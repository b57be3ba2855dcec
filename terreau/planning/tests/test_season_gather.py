"""What the season is told: land and what stands on it, hands, crops in their windows, and what is asked."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from terreau.ledger.loans import give_back, lend_place
from terreau.measures.week import IsoWeek
from terreau.planning.season.changes import changes
from terreau.planning.season.gather import Gathered, NothingToPlan, gather, plant_cents, store_loss
from terreau.planning.season.ground import Known
from terreau.planning.season.needs import Added, season_from, share_after
from terreau.planning.tests.factories import MONDAY, WEEK
from terreau.planning.tests.seasons import FIRST, growing_village, hands, land, needs, planted
from terreau.rooms.garden.models import Bed, Crop


@pytest.fixture
def v(db):
    return growing_village()


def problem(v, *farms, **changed):
    return gather(v.ecopole, needs(v, *farms, **changed), MONDAY)


def block(found, name):
    return next(b for b in found.blocks if name in b.name)


def test_a_season_is_a_year_of_planting_and_its_last_harvests(v):
    found = problem(v)
    assert (found.weeks[0], len(found.weeks), found.cyclic) == ("2026-W49", 78, False)
    assert max(option.week for option in found.options) <= str(FIRST + 51)


def test_beds_are_told_by_block_with_their_shelter_and_area(v):
    found = problem(v)
    tunnel = block(found, "Serre")
    assert (tunnel.beds, tunnel.bed_m2, tunnel.shelter, tunnel.families_max) == (2, 40, "tunnel", 5)
    assert block(found, "La Pointe").farm == str(v.agents["ferme"].pk)
    assert {farm.kind for farm in found.farms} == {"garden", "partner"}


def test_a_farm_that_drops_out_takes_its_land_and_hands_away(v):
    found = problem(v, "jardin")
    assert [farm.name for farm in found.farms] == ["Jardin du Hameau"]
    assert not any("La Pointe" in b.name for b in found.blocks)


def test_a_closed_bed_is_not_planted(v):
    Bed.objects.filter(place__name="Serre 1").update(closed_on=MONDAY)
    assert block(problem(v), "Serre").beds == 1


def test_a_bed_lent_for_some_of_the_season_is_left_out_of_it(v):
    """To a test of the incubator until spring: half the season is not the garden's, nor is the bed."""
    place = Bed.objects.get(place__name="Serre 1").place
    to, ends = v.agents["ferme"], MONDAY + timedelta(days=150)
    lend_place(ecopole=v.ecopole, place=place, to_id=to.pk, starts_on=MONDAY, ends_on=ends, note="", key="l")
    assert block(problem(v), "Serre").beds == 1
    give_back(ecopole=v.ecopole, loans=["l"], on=MONDAY + timedelta(days=1))
    assert block(problem(v), "Serre").beds == 2


def test_no_land_at_all_is_said_in_words(v):
    Bed.objects.update(closed_on=MONDAY)
    with pytest.raises(NothingToPlan, match="décrivez les parcelles"):
        problem(v)


def test_a_crop_is_offered_every_other_week_of_its_windows_under_each_shelter(v):
    options = [o for o in problem(v).options if o.crop == "laitue"]
    assert {o.shelter for o in options} == {"field", "tunnel"}
    for shelter in ("field", "tunnel"):
        weeks = [IsoWeek.parse(o.week) for o in options if o.shelter == shelter]
        assert all(later - earlier >= 2 for earlier, later in pairwise(weeks))


def test_an_option_gives_its_yield_in_its_harvest_weeks_and_holds_its_bed_to_the_last(v):
    option = next(o for o in problem(v).options if o.crop == "carotte-conservation")
    assert sum(y.likely for y in option.harvest) == pytest.approx(Decimal("277.5"), abs=Decimal("0.01"))
    assert option.weeks == option.harvest[-1].after + 1
    assert option.cost_cents > 0
    assert {labour.skill for labour in option.labour} == {"travail-implantation", "travail-entretien"}


def test_what_is_in_the_ground_stands_on_its_half_beds_and_still_gives(v):
    planted(v, "poireau", "Grand champ 1", IsoWeek(2026, 25))
    planted(v, "laitue", "Grand champ 2", IsoWeek(2026, 44), length="25")
    found = {f.crop: f for f in problem(v).fixed}
    assert found["poireau"].beds == ("1a", "1b")
    assert found["laitue"].beds == ("2a",)
    assert found["poireau"].harvest[0].week >= "2026-W49"
    assert found["poireau"].harvest[0].likely > 0


def test_what_is_planned_by_hand_keeps_its_bed_unless_it_is_to_be_replaced(v):
    planted(v, "radis", "Serre 1", FIRST + 20, done=False)
    (kept,) = problem(v).fixed
    assert (kept.crop, kept.beds) == ("radis", ("1a", "1b"))
    assert problem(v, replace=True).fixed == ()


def test_plantings_that_share_a_bed_have_each_a_half_and_those_beyond_still_give(v):
    for week in (25, 26, 27):
        planted(v, "poireau", "Grand champ 1", IsoWeek(2026, week), length="15")
    first, second, third = problem(v).fixed
    assert {first.beds, second.beds} == {("1a",), ("1b",)}
    assert third.beds == ()
    assert third.harvest
    assert third.upkeep_week


def test_what_stands_before_a_planting_to_come_on_its_bed_still_gives(v):
    planted(v, "laitue", "Grand champ 1", IsoWeek(2026, 44))
    planted(v, "radis", "Grand champ 1", FIRST + 20, done=False)
    found = {f.crop: f for f in problem(v).fixed}
    assert found["radis"].beds == ("1a", "1b")
    assert found["laitue"].beds == ()
    assert found["laitue"].harvest[0].likely > 0


def test_a_family_does_not_return_before_its_delay_and_the_reason_says_why(v):
    planted(v, "poireau", "Grand champ 1", IsoWeek(2026, 25))
    (barred,) = block(problem(v), "Grand champ").barred
    assert barred.family == "famille des oignons"
    assert "Poireau en 2026" in barred.reason
    assert "la famille des oignons y revient au bout de 6 ans" in barred.reason
    assert block(problem(v), "La Pointe").barred == ()


def test_rotation_is_judged_by_the_delay_of_each_crop_and_its_own_year(v):
    late = Crop.objects.get(code="laitue")
    Crop.objects.filter(code="radis").update(family=late.family)
    planted(v, "laitue", "Grand champ 1", IsoWeek(2025, 15))
    seen = Gathered(Known(v.ecopole, MONDAY), needs(v))
    field = block(seen.problem, "Grand champ")
    # Lettuce may come back after two years; radishes, of the same family here, wait four.
    assert field.barred == ()
    apart = seen.apart[field.id]
    assert apart
    assert {option.partition(":")[0] for option in apart} == {"radis"}


def test_in_a_tunnel_no_family_waits_more_than_three_years(v):
    planted(v, "radis", "Serre 1", IsoWeek(2023, 38))
    assert block(problem(v), "Serre").barred == ()
    planted(v, "radis", "Serre 2", IsoWeek(2025, 38))
    assert "3 ans" in block(problem(v), "Serre").barred[0].reason


def test_hands_are_told_crew_by_crew_and_a_cap_shrinks_them_in_proportion(v):
    crews = next(f for f in problem(v).farms if f.kind == "garden").hands
    assert sorted((c.hours[0], c.productivity) for c in crews) == [(35, 1), (100, Decimal("0.5"))]
    capped = problem(v, hours_max={str(v.agents["jardin"].pk): Decimal("67.5")})
    crews = next(f for f in capped.farms if f.kind == "garden").hands
    assert sum(c.hours[0] for c in crews) == Decimal("67.5")


def test_a_crew_that_leaves_gives_no_hours_afterwards(v):
    crew = hands(v, "ferme", "seasonal", "20")
    crew.starts_on, crew.ends_on = FIRST.monday + timedelta(days=70), FIRST.monday + timedelta(days=90)
    crew.save()
    (seasonal,) = [team for f in problem(v).farms for team in f.hands if team.name == "saisonniers"]
    assert [week for week, hours in zip(problem(v).weeks, seasonal.hours, strict=True) if hours] == [
        str(FIRST + n) for n in (10, 11, 12)
    ]


def test_canteens_ask_in_school_weeks_what_they_asked_a_year_before(v):
    asked = {c.week: c for c in problem(v).commitments if c.outlet == "Cantines, carotte de garde"}
    assert asked["2027-W10"].kilos == 20
    assert asked["2027-W10"].price_cents == 280
    assert asked["2027-W10"].crops == ("carotte-conservation",)
    # The Christmas holidays of zone B.
    assert not {"2026-W52", "2026-W53"} & asked.keys()


def test_a_removed_demand_is_not_asked_and_an_added_one_is(v):
    added = Added("Cantine du collège", "canteen", "radis", Decimal(12), "2027-W16", "2027-W20")
    found = problem(v, removed=("canteen:carotte", "canteen:poireau"), added=(added,))
    asked = [c for c in found.commitments if c.kind == "canteen"]
    assert {c.crops for c in asked} == {("radis",)}
    assert len(asked) == 5
    assert asked[0].kilos == 12


def test_baskets_follow_the_last_weeks_and_the_percent_asked(v):
    from terreau.rooms.baskets.models import DepotCount

    DepotCount.objects.update(day=WEEK.monday - timedelta(days=4))
    assert {b.count for b in problem(v).baskets.weeks[:52]} == {10}
    assert problem(v).baskets.weeks[0].value_cents_max == 720
    assert problem(v, baskets_percent=Decimal(150)).baskets.weeks[0].count == 15


def test_gifts_promised_are_asked_of_common_vegetables(v):
    gift = next(c for c in problem(v).commitments if c.outlet.startswith("Dons"))
    assert (gift.kilos, gift.price_cents, gift.kind) == (5, 0, "grocery")


def test_planned_again_in_season_it_ends_with_the_season_under_way():
    assert season_from(IsoWeek(2027, 1)) == (IsoWeek(2027, 1), IsoWeek(2027, 52))
    assert season_from(IsoWeek(2027, 20), IsoWeek(2027, 52)) == (IsoWeek(2027, 20), IsoWeek(2027, 52))
    assert season_from(IsoWeek(2028, 1), IsoWeek(2027, 52))[1] == IsoWeek(2028, 52)


def test_after_the_year_the_next_season_takes_over():
    last = IsoWeek(2027, 48)
    assert [share_after(last + n, last) for n in (0, 8, 9, 26, 27)] == [
        1, Decimal("0.8"), Decimal("0.5"), Decimal("0.2"), 0,
    ]  # fmt: skip


def test_half_is_lost_at_the_end_of_a_time_in_store_and_what_does_not_keep_is_not_stored():
    assert store_loss(Decimal(1)) is None
    kept = (1 - store_loss(Decimal(20))) ** 20
    assert kept == pytest.approx(Decimal("0.5"), abs=Decimal("0.01"))


def test_seeds_cost_less_than_plants_in_pots():
    assert [plant_cents(Decimal(n)) for n in (100, 12, 2)] == [Decimal("0.4"), 6, 45]


def test_what_changed_since_is_told_and_nothing_when_nothing_did(v):
    before = problem(v)
    assert changes(before, problem(v)) == []
    hands(v, "ferme", "seasonal", "20")
    land(v, "ferme", "Le Clos", 2)
    planted(v, "poireau", "Grand champ 2", IsoWeek(2026, 27))
    told = " ".join(changes(before, problem(v)))
    assert "Le Clos" in told
    assert "2\u00a0planches, est arrivé depuis" in told
    assert "Les bras de Ferme des Saules" in told
    assert "Poireau en terre" in told
