"""Repeats, rooms and tools that never clash, what is announced, changed, cancelled."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from terreau.measures.money import Money
from terreau.rooms.thirdplace import actions
from terreau.rooms.thirdplace.models import Booking, Charge, Gathering, Repair
from terreau.rooms.thirdplace.queries.calendar import days, gatherings, things
from terreau.rooms.thirdplace.tests.factories import NOW, TODAY, entry, sign_up
from terreau.territory.models import Agent

TOMORROW = TODAY + timedelta(days=1)
CHRISTMAS = date(2026, 12, 25)


def refused(words: str):
    return pytest.raises(actions.PlaceRefused, match=words)


def booked(place, thing, day, start, end, **more):
    given = {"who": "Amap", "use": "partner", "by": None, "key": f"book-{thing.name}-{day}-{start}"} | more
    return actions.book(thing=thing, day=day, start=start, end=end, **given)


def test_a_series_skips_its_exceptions_and_books_its_room_each_time(place):
    on = actions.repeated(date(2026, 12, 4), every_weeks=1, until=date(2027, 1, 8), skipped=[CHRISTMAS])
    assert [f"{day:%d/%m}" for day in on] == ["04/12", "11/12", "18/12", "01/01", "08/01"]
    made = place.plan_all(on, things=[place.room])
    assert len({one.series for one in made}) == 1
    assert Booking.objects.filter(thing=place.room, cancelled_at=None).count() == 5
    # One is changed alone, then the third and those after it are cancelled.
    actions.change(
        gathering=made[1], entry=entry(start=time(9), end=time(11)), day=TOMORROW, things=[], by=None, at=NOW
    )
    gone = actions.cancel_gathering(gathering=made[2], reason="travaux", following=True, at=NOW)
    assert [one.pk for one in gone] == [one.pk for one in made[2:]]
    left = gatherings(place.ecopole, TODAY, date(2027, 2, 1))
    assert [(one.day, bool(one.cancelled_why)) for one in left] == [
        (TOMORROW, False), (on[0], False), (on[2], True), (on[3], True), (on[4], True),
    ]  # fmt: skip
    assert Booking.objects.filter(thing=place.room, cancelled_at=None).count() == 1


def test_repeats_that_mean_nothing_are_refused(place):
    with refused("n’est pas un jour de la série"):
        actions.repeated(TODAY, every_weeks=1, until=TODAY + timedelta(days=14), skipped=[TOMORROW])
    with refused("il en faut de 1 à 60"):
        actions.repeated(TODAY, every_weeks=1, until=TODAY + timedelta(days=1000))
    with refused("il en faut de 1"):
        actions.repeated(TODAY, every_weeks=2, until=TODAY, skipped=[TODAY])


def test_no_two_bookings_of_a_thing_overlap_and_what_touches_does_not(place):
    booked(place, place.room, TOMORROW, time(9), time(12))
    booked(place, place.room, TOMORROW, time(12), time(13))
    booked(place, place.saw, TOMORROW, time(9), time(12))
    with refused("Grande salle.*pris de 9.h.00 à 12.h.00 pour Amap"):
        place.plan(TOMORROW, things=[place.saw, place.room], start=time(11), end=time(12))
    assert not Gathering.objects.exists()
    held = place.plan(TOMORROW, things=[place.room], start=time(14), end=time(16))
    with refused("pris de 14"):
        booked(place, place.room, TOMORROW, time(13), time(15))
    with refused("changez ce rendez-vous"):
        actions.cancel_booking(booking=held.bookings.get(), at=NOW)
    # Its own booking is no clash for itself.
    actions.change(
        gathering=held,
        entry=entry(start=time(15), end=time(17)),
        day=TOMORROW,
        things=[place.room],
        by=None,
        at=NOW,
    )
    actions.cancel_booking(booking=Booking.objects.get(thing=place.saw), at=NOW)
    booked(place, place.saw, TOMORROW, time(9), time(12), key="saw-again")


def test_a_machine_under_repair_is_not_booked(place):
    for _ in range(2):
        actions.out_of_order(thing=place.saw, since=TODAY, reason="lame voilée", key="repair-1")
    assert Repair.objects.count() == 1
    with refused("en réparation .lame voilée."):
        booked(place, place.saw, TOMORROW, time(9), time(12))
    with refused("en réparation"):
        place.plan(TOMORROW, things=[place.saw])
    with refused("déjà en réparation"):
        actions.out_of_order(thing=place.saw, since=TODAY, reason="autre", key="repair-2")
    assert [one.repair for one in things(place.ecopole, TODAY) if one.repair] == ["lame voilée"]
    actions.back_in_order(thing=place.saw, on=TOMORROW)
    booked(place, place.saw, TOMORROW, time(9), time(12))
    with refused("encore réservé 1 fois"):
        actions.close_thing(thing=place.saw, on=TODAY)


def test_what_cannot_be_is_refused_with_what_to_do(place):
    with refused("20 places, pour 30"):
        place.plan(TOMORROW, things=[place.room], capacity=30)
    with refused("fin est avant le début"):
        place.plan(TOMORROW, start=time(19), end=time(17))
    held = place.plan(TOMORROW)
    sign_up(held, "Ana", adults=3)
    with refused("3 personnes ont déjà leur place"):
        actions.change(gathering=held, entry=entry(capacity=2), day=TOMORROW, things=[], by=None, at=NOW)
    with refused("dites pourquoi"):
        actions.cancel_gathering(gathering=held, reason="", following=False, at=NOW)
    over = place.plan(TODAY - timedelta(days=1))
    with refused("est passé"):
        actions.announce(gathering=over, at=NOW)
    with refused("tenu par Tiers-lieu"):
        actions.settle(ecopole=place.ecopole, agent=place.mona.agent, unit="manne")


def test_a_month_is_whole_weeks(place):
    place.plan(TOMORROW)
    weeks = days(place.ecopole, date(2026, 11, 1), date(2026, 11, 30), month=11)
    assert [len(week) for week in weeks] == [7] * 6
    held = [day for week in weeks for day in week if day.gatherings]
    assert [(day.on, day.inside) for day in held] == [(TOMORROW, True)]


def test_a_room_used_by_another_is_counted_at_the_tariff_of_its_day(place):
    """12,00 € an hour since January, 15,00 € since today: two hours and a half of yesterday are 30,00 €."""
    client, school = (
        place.client(),
        Agent.objects.create(ecopole=place.ecopole, kind="association", name="École"),
    )
    day = TODAY - timedelta(days=1)
    held = booked(place, place.room, day, time(18), time(20, 30), who="École de musique", use="rented")
    sent = {"key": "count-12345", "payer": school.pk}
    page = client.post(place.url(f"salles/reservations/{held.pk}/compter/"), sent)
    assert page.status_code == 422
    assert "pas de tarif" in page.content.decode()
    for per_hour, since in (("12", "01/01/2026"), ("15", f"{TODAY:%d/%m/%Y}")):
        tariff = {"tariff-thing": place.room.pk, "tariff-per_hour": per_hour,
                  "tariff-since": since, "tariff-source": "CA", "key": f"tariff-{per_hour}-1"}  # fmt: skip
        assert client.post(place.url("salles/tarif/"), tariff).status_code == 302
    assert client.post(place.url("salles/tarif/"), tariff | {"key": "tariff-again"}).status_code == 422
    for _ in range(2):
        client.post(place.url(f"salles/reservations/{held.pk}/compter/"), sent)
    event = Charge.objects.get().event
    assert (event.quantity, event.price, event.provider, event.receiver) == (
        Decimal("2.5"), Money(3_000), place.agent, school,
    )  # fmt: skip
    assert "À compter" not in client.get(place.url("salles/")).content.decode()
    ours = booked(place, place.room, day, time(9), time(10), use="own")
    with refused("rien à compter"):
        actions.charge(booking=ours, payer=school, by=None, at=NOW, key="ours")
