"""What leaves the room: counts from five people on, and nothing by which one could be told apart."""

from dataclasses import astuple
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from terreau.ledger.loans import places_lent
from terreau.measures.money import Money
from terreau.rooms.incubator import actions
from terreau.rooms.incubator.models import CropPlan, Exit, YearPlan
from terreau.rooms.incubator.products import CLOSING
from terreau.rooms.incubator.queries.alerts import alerts
from terreau.rooms.incubator.queries.books import book
from terreau.rooms.incubator.queries.outcomes import outcomes
from terreau.rooms.incubator.queries.plans import comparison, incomes
from terreau.rooms.incubator.tests.factories import NOW, START, TODAY, hand, make_couveuse
from terreau.territory.models import Commune

ENDS = date(2029, 12, 31)


@pytest.fixture
def house(db):
    return make_couveuse()


def settle(house, number: int, exit: str = Exit.SETTLED) -> object:
    project = house.under_contract(f"Projet {number}", f"PR{'ABCDEFGHIJKL'[number]}")
    farm = actions.Settled(Commune.objects.get(), Decimal(2), Decimal("1.5"), Decimal(1))
    actions.leave(
        project=project, exit=exit, note="", on=TODAY, hand=hand(),
        settled=farm if exit == Exit.SETTLED else None,
    )  # fmt: skip
    return project


def test_under_five_nothing_is_said(house):
    projects = [settle(house, number) for number in range(4)]
    told = outcomes(house.ecopole, START, TODAY)
    assert {told.started, told.left, told.settled, told.hectares, told.anchored} == {None}
    projects.append(settle(house, 4))
    told = outcomes(house.ecopole, START, TODAY)
    assert (told.started, told.left, told.settled) == (5, 5, 5)
    assert (told.hectares, told.jobs, told.anchored) == (Decimal(10), Decimal("7.5"), Decimal(5))
    # One more who did not settle: five of six would tell of that one.
    settle(house, 5, Exit.OTHER)
    assert outcomes(house.ecopole, START, TODAY).settled is None
    a_year = timezone.make_aware(datetime(2027, 12, 1, 9))
    for number, project in enumerate(projects):
        actions.hear(
            project=project, years=1, state="stopped" if number == 0 else "active", hectares=Decimal(2),
            jobs=Decimal(1), anchored=Decimal(1), on=date(2027, 12, 1), hand=hand(at=a_year),
        )  # fmt: skip
    (after,) = outcomes(house.ecopole, START, ENDS).after
    assert (after.years, after.heard, after.farming, after.anchored) == (1, 5, None, Decimal(5))


def test_what_is_coming_is_said_before_its_day(house):
    project = house.under_contract(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    house.lend(project, ends_on=date(2026, 12, 20))
    start = timezone.make_aware(datetime(2026, 11, 27, 8))
    actions.book(
        project=project, equipment=house.tap(), starts_at=start, ends_at=start + timedelta(hours=1),
        hand=hand(),
    )  # fmt: skip
    actions.commit(
        project=project, supplier="Serres", what="bâche", amount=Money(80_000), on=TODAY, hand=hand()
    )
    found = [
        (alert.due, alert.sentence.replace("\u202f", " ").replace("\u00a0", " "))
        for alert in alerts([project.pk], TODAY, NOW)
    ]
    assert found == [
        (TODAY, "80 % du plafond des engagements"),
        (TODAY, "Borne du fond : à compter"),
        (date(2026, 12, 20), "Planche A1 : le prêt se termine"),
        (date(2026, 12, 31), "CAPE à renouveler ou à clore"),
    ]
    farm = actions.Settled(Commune.objects.get(), Decimal(2), Decimal(1), Decimal(1))
    actions.leave(project=project, exit=Exit.SETTLED, note="", on=TODAY, settled=farm, hand=hand())
    assert alerts([project.pk], TODAY, NOW) == []
    later = alerts([project.pk], date(2029, 12, 1), NOW)
    assert [alert.due for alert in later] == [date(2027, 11, 27), date(2029, 11, 27)]


def test_a_plan_in_three_scenarios_is_worked_by_hand(house):
    """100 kg at 2 € over June and July, 40 € of costs, 30 h; 10 € a month of fixed costs, 50 € at first."""
    project = house.under_contract()
    CropPlan.objects.create(
        project=project, year=2026, product=house.carrot, area_m2=60, quantity=Decimal(100), price=Money(200),
        hours=Decimal(30), costs=Money(4_000), first_month=6, last_month=7,
    )  # fmt: skip
    YearPlan.objects.create(project=project, year=2026, opening=Money(5_000), fixed=Money(1_000))
    house.lived(project, house.lend(project))
    told = comparison(project, 2026, TODAY)
    likely, low = told.likely, told.scenarios["low"]
    assert (likely.turnover, likely.costs, likely.income) == (Money(20_000), Money(16_000), Money(4_000))
    assert [money.euros for money in likely.cash[4:8]] == [0, 70, 140, 130]
    # Seven tenths of the harvest at 95 % of its price; a tenth more costs, 15 % more hours.
    assert (low.turnover, low.costs, low.hours) == (Money(13_300), Money(17_600), Decimal("34.50"))
    carrot = next(crop for crop in told.crops if crop.plan)
    assert (carrot.planned_margin, carrot.real.margin) == (Money(16_000), Money(660))
    assert told.shown == 11
    assert told.real_cash[-1] == Money(5_000 + 660)
    assert incomes(project, TODAY) == {1: Money(4_000)}
    assert sum(planned.cents for _, planned, *_ in told.months) == 20_000


def test_at_the_exit_the_balance_is_settled_and_the_bed_given_back(house):
    """24,00 € sold, 2,40 € of fee, 15,00 € of seeds: the couveuse pays 6,60 €; then nothing is written."""
    project = house.under_contract()
    loan = house.lend(project)
    house.lived(project, loan)
    bed = loan.place_id
    lent = [(bed, "La Menthe", START, date(2026, 12, 31))]
    assert [astuple(one) for one in places_lent(house.ecopole, TODAY, TODAY)] == lent
    assert places_lent(house.ecopole, date(2027, 1, 1), date(2027, 1, 7)) == []
    leave = {"project": project, "exit": Exit.OTHER, "note": "", "on": TODAY, "hand": hand("leaves")}
    for _ in range(2):
        actions.leave(**leave)
    told = book(project, START, TODAY)
    (closing,) = told.of(CLOSING)
    assert (closing.quantity, closing.who, closing.price) == (Decimal("6.6"), "La Menthe", Money(0))
    assert (told.balance, told.closed_on) == (Money(660), TODAY)
    assert [one.until for one in places_lent(house.ecopole, TODAY, TODAY)] == [TODAY]
    assert places_lent(house.ecopole, TODAY + timedelta(days=1), ENDS) == []
    with pytest.raises(actions.IncubatorRefused, match="solde est arrêté"):
        actions.work(project=project, lines=[actions.HourLine(Decimal(1), TODAY)], hand=hand())
    # Who owes more than was sold pays the couveuse.
    other = house.under_contract("Le Thym", "THY")
    actions.commit(project=other, supplier="Serres", what="bâche", amount=Money(900), on=TODAY, hand=hand())
    actions.leave(project=other, exit=Exit.OTHER, note="", on=TODAY, hand=hand())
    (closing,) = book(other, START, TODAY).of(CLOSING)
    assert (closing.quantity, closing.who) == (Decimal(9), str(house.agent))
