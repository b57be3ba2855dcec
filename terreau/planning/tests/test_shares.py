"""Sharing a tour, worked by hand: two farms on one straight road, 1 € a kilometre, nothing for the hours.

    quai --- 14,456 km --- école (Aulnes) --- 14,456 km --- collège (Butte)

Alone, Les Aulnes pay 28.91 € and La Butte 57.82 €. Together the tour costs 57.82 €: the first stretch and the
way back from it are shared by two, 14.46 € each, and La Butte pays the rest, 43.36 or 43.37 €.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from terreau.engines.shares import Problem, Shares, verify
from terreau.ledger.actions import (
    reverse,
)
from terreau.ledger.models import Agreement, Event, Process
from terreau.measures.money import Money
from terreau.planning.models import SharingVote, TourShares, TourSpent
from terreau.planning.shares.actions import (
    SharingRefused,
    close_month,
    count_month,
    count_tour,
    count_tours,
    say_spent,
)
from terreau.planning.shares.gather import problem
from terreau.planning.shares.reading import month_read
from terreau.planning.shares.tours import driven
from terreau.planning.shares.trials import simulate
from terreau.planning.shares.votes import vote
from terreau.planning.tests.factories import Village
from terreau.planning.tests.road import BY_SHAPLEY, DAY, NOW, OCTOBER, TODAY, counted, drive, drove, paid
from terreau.territory.models import Agent


def test_two_farms_on_one_road_share_the_stretch_they_have_in_common(road):
    row = counted(road)
    parts = {part.name: part for part in month_read(road.ecopole, OCTOBER).parts}
    assert (parts["Aulnes"].alone, parts["Butte"].alone) == (Money(2891), Money(5782))
    assert parts["Aulnes"].total == Money(1446)
    assert parts["Aulnes"].total + parts["Butte"].total == Money(5782)
    asked = Problem.from_json(TourShares.objects.get(pk=row.pk).problem)
    assert verify(asked, Shares.from_json(row.shares)).accepted
    assert [actor.crates for actor in asked.actors] == [Decimal(2), Decimal(3)]  # 20 kg a crate


def test_a_tour_counted_again_from_the_same_facts_is_not_written_again(road):
    assert count_tours(road.ecopole, OCTOBER, DAY, at=NOW) == 1
    assert count_tours(road.ecopole, OCTOBER, DAY, at=NOW) == 0
    count_month.func(ecopole_id=road.ecopole.pk, month="2026-10-01", at=NOW.isoformat())
    assert TourShares.objects.count() == 1


def test_what_was_not_handed_over_shares_nothing(road):
    event = Event.objects.get(key=f"d-butte-{DAY}-0")
    reverse(ecopole=road.ecopole, events=[event], by=None, at=NOW, key="rendu")
    counted(road)
    assert paid(road) == {"Aulnes": Money(2891)}


def test_the_last_publication_of_a_day_is_the_one_that_counts(road):
    promise_of_the_first = Event.objects.get(key=f"d-aulnes-{DAY}-0").fulfils_id
    drove(road, [("école", [promise_of_the_first])], plan="plan-2")
    counted(road)
    assert paid(road) == {"Aulnes": Money(2891)}


def test_an_own_vehicle_that_costs_less_is_what_one_would_pay_alone(road):
    commune = road.ecopole.commune
    type(commune).objects.filter(pk=commune.pk).update(latitude=50.1, longitude=2.0)
    Agent.objects.filter(pk=road.agents["aulnes"].pk).update(commune=commune)
    counted(road)
    alone = {part.name: part.alone for part in month_read(road.ecopole, OCTOBER).parts}
    assert alone["Aulnes"] == Money(400)  # its school is next door: ten minutes there, at 24 € the hour
    assert paid(road)["Aulnes"] <= Money(400)


def voted(v: Village, rule: str = "crates", since: date = OCTOBER, key: str = "vote-de-mars") -> SharingVote:
    return vote(
        ecopole=v.ecopole, rule=rule, starts_on=since, minutes="PV du 12 mars", by=None, at=NOW, key=key
    )


def test_a_voted_rule_counts_from_its_day_and_makes_older_counts_stale(road):
    counted(road)
    voted(road)
    month = month_read(road.ecopole, OCTOBER)
    assert (month.stale, len(month.driven)) == (1, 1)
    with pytest.raises(SharingRefused, match="comptez-les d’abord"):
        close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    counted(road)
    # By the crate: 57.82 € × 2 ÷ 5.
    assert paid(road)["Aulnes"] == Money(2313)
    assert month_read(road.ecopole, OCTOBER).stale == 0


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"rule": "au-hasard"}, "Choisissez"),
        ({"minutes": "  "}, "où le vote est écrit"),
        ({"minutes": "x" * 201}, "Trop long"),
    ],
)
def test_a_vote_that_cannot_be_read_is_refused(road, asked, message):
    said = {"rule": "epm", "starts_on": OCTOBER, "minutes": "PV", "by": None, "at": NOW, "key": "un-vote-1"}
    with pytest.raises(SharingRefused, match=message):
        vote(ecopole=road.ecopole, **said | asked)
    assert not SharingVote.objects.exists()


def test_a_closed_month_is_agreed_once_and_keeps_its_rule(road):
    counted(road)
    done = close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    assert {(a.provider.name, a.promised_value.cents) for a in done} == {("Aulnes", 1446), ("Butte", 4336)}
    assert [a.pk for a in close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)] == [
        a.pk for a in done
    ]
    assert Agreement.objects.filter(kind="sharing").count() == 2
    with pytest.raises(SharingRefused, match="arrêté"):
        voted(road)
    voted(road, since=date(2026, 11, 1))
    drive(road, DAY + timedelta(days=1))  # a tour said too late changes nothing of what is agreed
    assert count_tours(road.ecopole, OCTOBER, date(2026, 10, 31), at=NOW) == 0


def test_a_month_that_runs_or_that_nobody_drove_is_not_closed(road):
    counted(road)
    with pytest.raises(SharingRefused, match="n’est pas fini"):
        close_month(ecopole=road.ecopole, month=OCTOBER, today=date(2026, 10, 31))
    with pytest.raises(SharingRefused, match="Aucune tournée"):
        close_month(ecopole=road.ecopole, month=date(2026, 9, 1), today=TODAY)


def test_every_rule_is_tried_on_the_same_tours(road):
    counted(road)
    told = simulate(road.ecopole, OCTOBER, TODAY)
    assert told.tours == 1
    assert {sum(a.cents for a in rule.amounts) for rule in told.rules} == {5782}
    crates = next(rule for rule in told.rules if rule.rule == "crates")
    assert not crates.above_alone


# What a tour took.


def said(v: Village, km: str = "", put_in: str = "", key: str = "releve-1") -> TourSpent:
    return say_spent(
        ecopole=v.ecopole, tour=Process.objects.get(kind="round"), km=Decimal(km) if km else None,
        put_in=Decimal(put_in) if put_in else None, by=None, at=NOW, key=key,
    )  # fmt: skip


def test_the_kilometres_of_the_meter_are_what_is_shared(road):
    """57.82 € of road were planned; 70 km were driven, at 1 €: 12.18 € more, in proportion to each share."""
    counted(road)
    said(road, km="70")
    month = month_read(road.ecopole, OCTOBER)
    assert month.stale == 1
    with pytest.raises(SharingRefused, match="kilomètres ont changé"):
        close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    row = counted(road)
    (tour,) = month_read(road.ecopole, OCTOBER).tours
    assert (tour.real, tour.correction, tour.stale) == (Money(7000), Money(1218), False)
    assert paid(road)["Aulnes"] == Money(1751)  # 14.46 + 12.18 × 14.46 ÷ 57.82
    assert "d’écart entre la route prévue et la route faite" in tour.parts[0].sentence
    asked = Problem.from_json(TourShares.objects.get(pk=row.pk).problem)
    assert verify(asked, Shares.from_json(row.shares)).accepted


def test_the_hours_of_a_tour_stay_when_its_kilometres_change(road):
    """2 stops of ten minutes and 57.824 km at 45 km/h: 1 h 37 min 7 s, at 10 € the hour."""
    tour = driven(road.ecopole, OCTOBER, DAY)[0]
    asked = problem(road.ecopole, replace(tour, per_hour=Decimal(10)), BY_SHAPLEY)[0]
    assert asked.real is None
    told = replace(tour, per_hour=Decimal(10), road=replace(tour.road, said_km=Decimal(70)))
    assert problem(road.ecopole, told, BY_SHAPLEY)[0].real == Money(7000 + 1619)


def test_a_later_word_replaces_an_earlier_one_and_erases_nothing(road):
    first = said(road, km="70")
    assert said(road, km="71").pk == first.pk  # the same form twice
    said(road, km="60", put_in="5", key="releve-2")
    assert driven(road.ecopole, OCTOBER, DAY)[0].road.km == Decimal(60)
    said(road, key="releve-3")
    assert driven(road.ecopole, OCTOBER, DAY)[0].road.said_km is None
    assert TourSpent.objects.count() == 3


def test_kilometres_taken_back_bring_the_first_count_back(road):
    counted(road)
    said(road, km="70")
    counted(road, NOW + timedelta(hours=1))
    said(road, key="releve-2")
    counted(road, NOW + timedelta(hours=2))
    assert paid(road)["Aulnes"] == Money(1446)
    assert TourShares.objects.count() == 2


def test_kilometres_that_cost_nothing_are_counted_all_the_same(road):
    tour = replace(driven(road.ecopole, OCTOBER, DAY)[0], per_km=Decimal(0))
    for km in ("70", "80"):
        told = replace(tour, road=replace(tour.road, said_km=Decimal(km)))
        assert count_tour(road.ecopole, told, BY_SHAPLEY, at=NOW)
    assert TourShares.objects.get().km == Decimal(80)


def test_nothing_said_or_said_of_a_closed_month_is_refused(road):
    with pytest.raises(SharingRefused, match="Saisissez les kilomètres"):
        said(road)
    counted(road)
    close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    with pytest.raises(SharingRefused, match="arrêté"):
        said(road, km="70")
    assert not TourSpent.objects.exists()


def test_a_part_of_the_road_goes_by_the_key_of_the_cost(road):
    counted(road)
    month = month_read(road.ecopole, OCTOBER)
    # 57.824 km × 8 L ÷ 100 × 3.17 = 14.664 kg, of which 14.46 € ÷ 57.82 €.
    assert (month.driving.km, month.driving.kg) == (Decimal("57.824"), Decimal("14.664"))
    part, other = (month.drive(road.agents[name].pk) for name in ("aulnes", "butte"))
    assert (part.km, part.kg) == (Decimal("14.461"), Decimal("3.667"))
    assert (part.km + other.km, part.kg + other.kg) == (month.driving.km, month.driving.kg)
    said(road, put_in="6")  # litres weigh, and cost nothing more
    month = month_read(road.ecopole, OCTOBER)
    assert (month.stale, month.driving.kg) == (0, Decimal("19.02"))


@pytest.mark.parametrize(
    ("model", "name", "broken"),
    [
        (SharingVote, "sharing_vote_rule_known", {"rule": "x"}),
        (SharingVote, "sharing_vote_is_written_somewhere", {"minutes": ""}),
        (TourShares, "tour_shares_rule_known", {"rule": "x"}),
        (TourSpent, "tour_spent_km_plausible", {"km": Decimal(0)}),
        (TourSpent, "tour_spent_km_plausible", {"km": Decimal(1001)}),
        (TourSpent, "tour_spent_put_in_plausible", {"put_in": Decimal(-1)}),
        (TourSpent, "tour_spent_put_in_plausible", {"put_in": Decimal(501)}),
    ],
)
def test_the_database_refuses(road, model, name, broken):
    written = {SharingVote: voted, TourShares: counted, TourSpent: partial(said, km="70")}
    row = written[model](road)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**broken)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("sharing_vote_key_once", voted),
        ("tour_shares_problem_once", lambda v: TourShares.objects.get(pk=counted(v).pk)),
        ("tour_spent_key_once", lambda v: said(v, km="70")),
    ],
)
def test_the_database_refuses_twice_the_same(road, name, write):
    row = write(road)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
