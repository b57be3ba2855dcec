"""Standing orders: on which days they come back, taken up once, skipped, changed for one week."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from terreau.measures.french import WEEKDAYS, parse_date
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.platform import actions
from terreau.rooms.platform.models import LateOrder, OrderLine, StandingOrder, StandingWeek
from terreau.rooms.platform.standing import due
from terreau.rooms.platform.tests.factories import NOW, TODAY, WEEK, small
from terreau.rooms.platform.tests.test_orders import cases, entry, ordered

NEXT = WEEK + 1


def stand(world, quantity: str = "6", day: date = NEXT.days[2], until: date | None = None, **more):
    return actions.stand(ecopole=world.ecopole, entry=entry(world, quantity, day, **more), until=until)


def take_up(world, week: IsoWeek = NEXT, *, granted: bool = False, customer=None, key: str = "cle-reprise"):
    return actions.take_up_standing(
        ecopole=world.ecopole, week=week, since=TODAY, granted=granted, by=None, at=NOW, key=key,
        customer=customer,
    )  # fmt: skip


@pytest.mark.parametrize("case", cases("standing_cases.csv"), ids=lambda case: case[0])
def test_worked_cases_of_standing_orders(world, case):
    _, who, weekday, since, until, week, today, back = case
    first = parse_date(since)
    first += timedelta(days=(WEEKDAYS.index(weekday) - first.weekday()) % 7)
    customer = world.canteen if who == "cantine" else world.shop
    StandingOrder.objects.create(
        ecopole=world.ecopole, customer=customer, product=world.carrot, quantity=Decimal(3), price=Money(200),
        weekday=first.isoweekday(), first_day=first, last_day=parse_date(until) if until else None,
    )  # fmt: skip
    found = due(world.ecopole, IsoWeek.parse(week), parse_date(today))
    assert [line.day for line in found] == ([parse_date(back)] if back else [])


def test_it_is_taken_up_once_with_all_its_terms(world):
    stand(world, "6", quantity_min=Decimal(2), substitutes=frozenset({world.lettuce}))
    assert take_up(world) == (1, 0)
    assert take_up(world, key="cle-encore") == (0, 0)
    line = OrderLine.objects.get()
    asked = entry(world, "6", NEXT.days[2], quantity_min=Decimal(2), substitutes=frozenset({world.lettuce}))
    assert actions.OrderEntry.of(line, line.day) == asked


def test_what_is_changed_for_one_week_stays_so_and_the_next_one_is_as_ever(world):
    stand(world)
    take_up(world)
    actions.order(ecopole=world.ecopole, entries=[entry(world, "9", NEXT.days[2])])
    take_up(world, key="cle-encore")
    take_up(world, NEXT + 1, key="cle-suivante")
    assert (ordered(world, NEXT), ordered(world, NEXT + 1)) == ([9], [6])


def test_withdrawn_for_one_week_it_does_not_come_back_that_week(world):
    stand(world)
    take_up(world)
    line = OrderLine.objects.get()
    actions.withdraw_order(line=line, granted=False, by=None, at=NOW, key="cle-retrait")
    assert take_up(world, key="cle-encore") == (0, 0)
    assert ordered(world, NEXT) == []


def test_a_line_said_by_hand_and_withdrawn_is_not_taken_up_either(world):
    stand(world)
    actions.order(ecopole=world.ecopole, entries=[entry(world, "9", NEXT.days[2])])
    assert due(world.ecopole, NEXT, TODAY) == []
    line = OrderLine.objects.get()
    actions.withdraw_order(line=line, granted=False, by=None, at=NOW, key="cle-retrait")
    assert due(world.ecopole, NEXT, TODAY) == []


def test_skipped_twice_it_comes_back_the_week_after(world):
    standing = stand(world)
    for _ in range(2):
        actions.skip_standing(standing=standing, week=NEXT)
    assert take_up(world) == (0, 0)
    assert StandingWeek.objects.count() == 1
    assert take_up(world, NEXT + 1, key="cle-suivante") == (1, 0)


def test_taken_up_late_by_a_customer_it_waits_and_by_the_coordinator_it_is_ordered(world):
    stand(world, day=WEEK.days[3])
    stand(world, day=WEEK.days[3], customer=world.shop)
    assert take_up(world, WEEK, customer=world.canteen) == (1, 1)
    assert LateOrder.objects.get().customer == world.canteen
    assert take_up(world, WEEK, granted=True, key="cle-tous") == (1, 0)
    assert OrderLine.objects.get().customer == world.shop


def test_said_again_it_replaces_itself_and_stopped_it_comes_back_no_more(world):
    stand(world, "6")
    standing = stand(world, "8")
    assert StandingOrder.objects.get().quantity == 8
    take_up(world)
    actions.stop_standing(standing=standing)
    assert take_up(world, NEXT + 1, key="cle-suivante") == (0, 0)
    assert ordered(world, NEXT) == [8]


# The pages.


def typed(world, **changes) -> dict[str, object]:
    return {
        "product": str(world.carrot.pk), "weekday": "3", "first_day": "23/11/2026", "last_day": "",
        "quantity": "6", "price": "2,00", "quality_min": "1", **changes,
    }  # fmt: skip


def test_a_canteen_says_it_once_and_takes_it_up_in_two_taps(world, charlie):
    charlie.post(world.url("commandes/regulieres/"), typed(world))
    standing = StandingOrder.objects.get()
    assert (standing.weekday, standing.first_day) == (3, WEEK.days[2])
    assert "mercredi" in charlie.get(world.url("commandes/regulieres/")).content.decode()
    assert "Reprendre mes commandes régulières" in charlie.get(world.url("commandes/")).content.decode()
    charlie.post(world.url("commandes/regulieres/reprendre/"), {"key": "cle-reprise"})
    assert ordered(world, NEXT) == [6]
    assert "Reprendre mes commandes" not in charlie.get(world.url("commandes/")).content.decode()


def test_a_canteen_changes_skips_and_stops_it(world, charlie):
    standing = stand(world)
    page = world.url(f"commandes/regulieres/?ligne={standing.pk}")
    assert "Modifier carotte" in charlie.get(page).content.decode()
    charlie.post(page, typed(world, quantity="8"))
    assert StandingOrder.objects.get().quantity == 8
    charlie.post(world.url(f"commandes/regulieres/{standing.pk}/passer/?semaine={NEXT}"))
    assert due(world.ecopole, NEXT, TODAY) == []
    charlie.post(world.url(f"commandes/regulieres/{standing.pk}/arreter/"))
    assert not StandingOrder.objects.exists()


def test_the_coordinator_takes_up_those_of_all_and_a_buyer_only_its_own(world, client):
    stand(world)
    stand(world, customer=world.shop)
    everybody = {"key": "cle-tous-1", "tous": "1"}
    client.force_login(world.people["charlie"])
    client.post(world.url("commandes/regulieres/reprendre/"), everybody)
    assert OrderLine.objects.get().customer == world.canteen
    client.force_login(world.people["alice"])
    assert "tous les clients" in client.get(world.url("commandes/")).content.decode()
    client.post(world.url("commandes/regulieres/reprendre/"), everybody | {"key": "cle-tous-2"})
    assert OrderLine.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantity": "0"}, "saisissez ce qu’il vous faut"),
        ({"last_day": "24/11/2026"}, "écrivez une fin plus tardive"),
        ({"first_day": "31/12/2999"}, "hors du possible"),
        ({"weekday": "8"}, 'aria-describedby="id_weekday-error"'),
        ({"price": "", "product": "lettuce"}, "n’a pas encore de prix"),
    ],
)
def test_what_cannot_be_is_kept_on_screen_with_its_reason(world, charlie, changes, said):
    if changes.get("product"):
        world.lettuce.reference_price = None
        world.lettuce.save()
        changes = changes | {"product": str(world.lettuce.pk)}
    answer = charlie.post(world.url("commandes/regulieres/"), typed(world, **changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not StandingOrder.objects.exists()


def test_those_of_others_are_not_found(world, charlie):
    other = small("ailleurs")
    for line in (stand(other), stand(world, customer=world.shop)):
        for path in ("?ligne={}", "{}/arreter/", "{}/passer/"):
            address = world.url("commandes/regulieres/" + path.format(line.pk))
            gesture = charlie.get if "ligne" in path else charlie.post
            assert gesture(address).status_code == 404
