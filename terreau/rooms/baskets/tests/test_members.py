"""A subscription lived: joining, waiting, changing a delivery, the evening at the depot, paying, leaving."""

from datetime import date, timedelta

import pytest

from terreau.ledger.models import Custody, Event
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets import actions, queries
from terreau.rooms.baskets.actions import AlreadyMember, BasketsRefused
from terreau.rooms.baskets.models import DepotCount, Handover, Member, Subscription, Waiting
from terreau.rooms.baskets.queries.deliveries import deliveries
from terreau.rooms.baskets.tests.factories import WEEK
from terreau.rooms.baskets.tests.members import (
    EVENING,
    FRIDAY,
    NOW,
    TODAY,
    WEDNESDAY,
    key,
    terms_entry,
)

NEXT = date(2026, 12, 2)


def told(members, first=TODAY, last=WEEK.sunday, **more):
    return deliveries(members.house.ecopole, first, last, **more)


def refused(call, *, because: str) -> None:
    with pytest.raises(BasketsRefused) as refusal:
        call()
    assert because in str(refusal.value)


def test_a_member_has_a_basket_on_the_day_of_their_depot(members):
    members.join("Anna")
    one, *others = told(members)
    assert not others
    assert (one.day, one.on, one.depot, one.count, one.due) == (
        WEDNESDAY,
        WEDNESDAY,
        "Mairie",
        1,
        Money(1000),
    )
    assert one.until == NOW.replace(hour=16)


def test_joining_twice_with_the_same_form_is_joining_once(members):
    again = {
        "ecopole": members.house.ecopole,
        "person": members.person("Anna"),
        "at": NOW,
        "key": "form-1111",
    }
    wish = members.wish(starts_on=TODAY)
    assert actions.join(wish=wish, **again) == actions.join(wish=wish, **again)
    assert Subscription.objects.count() == 1
    with pytest.raises(AlreadyMember):
        actions.join(wish=wish, **(again | {"key": "form-2222"}))


def test_two_subscriptions_of_one_size_would_collide(members):
    anna = members.join("Anna")
    wish = members.wish(starts_on=TODAY)
    refused(lambda: actions.take_or_wait(member=anna, wish=wish, at=NOW, key=key()), because="déjà abonné")
    actions.stop(subscription=members.held("Anna"), on=date(2026, 12, 31), at=NOW)
    refused(lambda: actions.take_or_wait(member=anna, wish=wish, at=NOW, key=key()), because="31 déc. 2026")
    later = members.wish(starts_on=date(2027, 1, 1))
    assert isinstance(actions.take_or_wait(member=anna, wish=later, at=NOW, key=key()), Subscription)


def test_at_a_full_depot_one_waits_and_a_place_offered_is_really_held(members):
    for name in ("Anna", "Bob", "Chloé", "Driss"):
        members.join(name)
    elise = members.join("Élise", starts_on=TODAY, at=NOW)
    farid = members.join("Farid", starts_on=TODAY, at=NOW + timedelta(minutes=1))
    assert list(Waiting.objects.values_list("member__name", flat=True)) == ["Élise", "Farid"]
    ecopole = members.house.ecopole
    assert actions.offer_places(ecopole=ecopole, at=NOW) == []
    actions.stop(subscription=members.held("Driss"), on=TODAY, at=NOW)
    monday = NOW + timedelta(days=1)
    assert [one.member for one in actions.offer_places(ecopole=ecopole, at=monday)] == [elise]
    # Held for Élise: nobody else takes it, not even who has just come.
    members.join("Gaël", starts_on=TODAY + timedelta(days=1), at=monday)
    assert not Subscription.objects.filter(member__name="Gaël").exists()
    assert actions.offer_places(ecopole=ecopole, at=monday + timedelta(days=6)) == []
    # A week without an answer: it goes to the next, in the order of time.
    after = monday + timedelta(days=7)
    assert [one.member for one in actions.offer_places(ecopole=ecopole, at=after)] == [farid]
    late, held = (Waiting.objects.get(member=one) for one in (elise, farid))
    start = after.date() + timedelta(days=7)
    refused(
        lambda: actions.accept_place(waiting=late, starts_on=start, at=after, key=key()),
        because="n’est plus tenue",
    )
    taken = actions.accept_place(waiting=held, starts_on=start, at=after, key=key())
    assert actions.accept_place(waiting=held, starts_on=start, at=after, key=key()) == taken
    assert taken.member == farid


def test_a_fortnight_leaves_its_place_to_the_other_half(members):
    for name in ("Anna", "Bob", "Chloé", "Driss"):
        members.join(name, rhythm="a")
    members.join("Élise", rhythm="b")
    assert not Waiting.objects.exists()
    members.join("Farid", rhythm="a")
    assert Waiting.objects.get().member == members.known["Farid"]


def test_a_basket_is_skipped_until_the_cut_off_and_taken_back(members):
    members.join("Anna")
    members.change("Anna", "skip")
    assert [(one.kind, one.count) for one in told(members)] == [("skip", 0)]
    members.change("Anna", "plain")
    assert [one.count for one in told(members)] == [1]
    late = NOW.replace(hour=16)
    refused(lambda: members.change("Anna", "skip", at=late), because="jusqu’au 23 nov. 2026 à 16\u00a0h")
    refused(lambda: members.change("Anna", "skip", day=FRIDAY), because="pas de panier")


def test_where_skipping_keeps_what_is_due_the_basket_goes_to_the_solidarity(members):
    entry = terms_entry(members.house, members.grocery, skip_rule="kept", starts_on=date(2026, 11, 1))
    actions.set_terms(ecopole=members.house.ecopole, entry=entry, at=NOW, key="terms-2")
    members.join("Anna")
    members.change("Anna", "skip")
    one = told(members)[0]
    assert (one.count, one.receiver, one.due) == (1, "Épicerie solidaire", Money(1000))


def test_a_basket_is_given_moved_or_doubled(members):
    for name in ("Anna", "Bob", "Chloé", "Driss"):
        members.join(name)
    members.change("Anna", "give", to_member=members.known["Bob"])
    members.change("Bob", "give")
    members.change("Chloé", "move", to_depot=members.gare)
    refused(lambda: members.change("Driss", "extra", count=7), because="De 2 à 6")
    members.change("Driss", "extra", count=2)
    assert [(one.member, one.on, one.depot, one.count, one.receiver) for one in told(members)] == [
        ("Anna", WEDNESDAY, "Mairie", 1, "Bob"),
        ("Bob", WEDNESDAY, "Mairie", 1, "Épicerie solidaire"),
        ("Driss", WEDNESDAY, "Mairie", 2, "Driss"),
        ("Chloé", FRIDAY, "Gare", 1, "Chloé"),
    ]
    assert told(members)[-1].due == Money(1150)
    assert [one.member for one in told(members, depot=members.gare)] == ["Chloé"]
    refused(lambda: members.change("Anna", "extra", count=2), because="complet")
    refused(lambda: members.change("Anna", "give", to_member=members.known["Anna"]), because="autre membre")


def test_pauses_are_whole_weeks_and_no_more_than_granted(members):
    members.join("Anna")
    held, first = members.held("Anna"), WEEK + 1
    refused(
        lambda: actions.pause(subscription=held, first=first, last=first + 4, at=NOW, key=key()),
        because="5 semaines de pause en 2026",
    )
    refused(
        lambda: actions.pause(subscription=held, first=first, last=WEEK, at=NOW, key=key()),
        because="échangez",
    )
    pause = actions.pause(subscription=held, first=first, last=first + 1, at=NOW, key=key())
    assert [one.count for one in told(members, last=(WEEK + 3).sunday)] == [1, 0, 0, 1]
    refused(lambda: members.change("Anna", "skip", day=NEXT), because="en pause")
    actions.end_pause(pause=pause, at=NOW)
    assert [one.count for one in told(members, last=(WEEK + 3).sunday)] == [1, 1, 1, 1]


def test_another_depot_from_a_week_on(members):
    members.join("Anna")
    held = members.held("Anna")
    change = {"subscription": held, "depot": members.gare, "rhythm": "a", "at": NOW, "key": key()}
    refused(lambda: actions.change_terms(week=WEEK, **change), because="semaine en cours")
    actions.change_terms(week=WEEK + 1, **change)
    found = told(members, last=(WEEK + 3).sunday)
    assert [(str(one.on), one.depot) for one in found] == [
        ("2026-11-25", "Mairie"), ("2026-12-04", "Gare"), ("2026-12-18", "Gare"),
    ]  # fmt: skip


def test_counts_follow_the_members_and_leave_the_others_beside(members):
    ecopole = members.house.ecopole
    for name in ("Anna", "Bob", "Chloé"):
        members.join(name)
    members.house.counts(WEEK, ("petit", 0, 2, 5), ("grand", 1, 4, 2))
    assert actions.fill_counts(ecopole=ecopole, week=WEEK, today=TODAY) == 3
    rows = DepotCount.objects.order_by("day")
    assert [(row.count, row.subscribed) for row in rows] == [(8, 3), (2, 0)]
    members.change("Anna", "skip")
    members.change("Bob", "move", to_depot=members.gare)
    for _ in range(2):
        actions.fill_counts(ecopole=ecopole, week=WEEK, today=TODAY)
        seen = [(row.size.rank, str(row.depot), row.count, row.subscribed) for row in rows.order_by("id")]
        assert sorted(seen) == [(1, "Gare", 1, 1), (1, "Mairie", 6, 1), (2, "Gare", 2, 0)]
    # Typed again, a total keeps the part of the members.
    members.house.counts(WEEK, ("petit", 0, 2, 4))
    assert [(row.count, row.subscribed) for row in rows.order_by("id")] == [(4, 1)]
    assert actions.fill_counts(ecopole=ecopole, week=WEEK, today=WEEK.sunday) == 0


def held_by(agent) -> int:
    return int(sum(row.quantity for row in Custody.objects.filter(holder=agent)))


def test_an_evening_writes_one_priced_fact_for_each_basket_and_the_money_follows(members):
    for name in ("Anna", "Bob", "Chloé", "Driss"):
        members.join(name)
    members.change("Anna", "give", to_member=members.known["Bob"])
    members.change("Driss", "skip")
    members.bring(members.mairie, "petit", 5)
    taken = members.hand(members.mairie, "taken", "Bob")
    assert members.hand(members.mairie, "taken", "Bob") == []
    left = members.hand(members.mairie, "given")
    assert [row.subscription.member.name for row in [*taken, *left]] == ["Bob", "Anna", "Chloé"]
    lines = queries.owed(members.house.ecopole, WEDNESDAY, WEDNESDAY)[0]
    assert [line.amount for line in lines] == [Money(1000)] * 3
    agents = {members.known[name].agent_id for name in ("Anna", "Bob", "Chloé")}
    assert {line.payer_id for line in lines} == {line.member_id for line in lines} == agents
    for line in lines:
        event = Event.objects.get(pk=line.event_id)
        assert (event.agreement.provider_id, event.price) == (line.seller_id, line.amount)
    # Left, they go on to the solidarity; two stay at the depot.
    assert held_by(members.grocery) == 2
    assert held_by(members.mairie.agent) == 2
    assert queries.owed(members.house.ecopole, FRIDAY, FRIDAY)[0] == []


def test_an_evening_noted_by_mistake_is_taken_back(members):
    members.join("Anna")
    members.bring(members.mairie, "petit", 1)
    row = members.hand(members.mairie, "given")[0]
    for _ in range(2):
        actions.withdraw(handover=row, by=None, at=EVENING)
    assert held_by(members.mairie.agent) == 1
    assert queries.owed(members.house.ecopole, WEDNESDAY, WEDNESDAY)[0] == []
    members.hand(members.mairie, "back")
    assert held_by(members.mairie.agent) == 0
    assert held_by(members.house.platform) == 1
    assert queries.owed(members.house.ecopole, WEDNESDAY, WEDNESDAY)[0] == []
    assert Handover.objects.filter(withdrawn_at=None).get().outcome == "back"


def test_what_was_not_delivered_is_not_handed_over(members):
    members.join("Anna")
    refused(lambda: members.hand(members.mairie, "taken"), because="Enregistrez d’abord la livraison")
    refused(lambda: members.hand(members.gare, "taken", day=FRIDAY), because="le jour même")
    assert not Handover.objects.exists()


def test_dues_are_the_fee_of_each_year_and_what_the_depot_adds(members):
    members.join("Anna")
    members.join("Bob", depot=members.gare)
    members.bring(members.gare, "petit", 1)
    actions.hand_over(
        ecopole=members.house.ecopole, depot=members.gare, day=FRIDAY, outcome="taken", by=None,
        at=EVENING + timedelta(days=2), key=key(),
    )  # fmt: skip
    found = queries.owed(members.house.ecopole, date(2026, 11, 1), date(2026, 11, 30))[1]
    assert [(line.kind, str(line.on), line.amount.cents) for line in found] == [
        ("fee", "2026-11-02", 2000), ("fee", "2026-11-02", 2000), ("delivery", "2026-11-27", 150),
    ]  # fmt: skip
    assert len({line.reference for line in found}) == 3
    again = queries.owed(members.house.ecopole, date(2027, 1, 1), date(2027, 12, 31))[1]
    assert [str(line.on) for line in again] == ["2027-11-02", "2027-11-02"]


def test_who_leaves_is_erased_at_once_or_kept_as_long_as_the_law_says(members):
    anna, bob = members.join("Anna"), members.join("Bob")
    members.bring(members.mairie, "petit", 2)
    members.hand(members.mairie, "taken", "Anna")
    later = EVENING + timedelta(days=1)
    kept = actions.leave(member=anna, at=later)
    assert kept == date(2036, 12, 31)
    assert actions.leave(member=bob, at=later) is None
    anna, bob = Member.objects.get(pk=anna.pk), Member.objects.get(pk=bob.pk)
    assert (anna.name, anna.phone, anna.town) == ("Anna", "", "Audruicq")
    assert (bob.name, bob.email) == (f"Membre parti ({bob.agent.name})", "")
    assert queries.addressee([anna.agent_id])[anna.agent_id].name == "Anna"
    assert told(members, first=date(2026, 12, 1), last=date(2026, 12, 31)) == []
    ecopole = members.house.ecopole
    assert actions.forget(ecopole=ecopole, at=later) == 0
    assert actions.forget(ecopole=ecopole, at=later.replace(year=2037, day=2, month=1)) == 1
    assert "parti" in Member.objects.get(pk=anna.pk).name


def test_deliveries_ask_as_much_for_one_member_as_for_many(members, django_assert_num_queries):
    members.join("Anna")
    with django_assert_num_queries(5):
        told(members)
    for name in ("Bob", "Chloé", "Driss"):
        members.join(name)
        members.change(name, "give")
    with django_assert_num_queries(5):
        assert len(told(members)) == 4
    assert IsoWeek.of(TODAY) == WEEK
