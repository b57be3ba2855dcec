"""Seats and the waiting list in the order of time; coming; being counted; consent; being forgotten."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terreau.rooms.thirdplace import actions, models, queries
from terreau.rooms.thirdplace.actions.signups import AlreadySignedUp, seats_taken
from terreau.rooms.thirdplace.models import Comer, Gathering, Presence, SignUp
from terreau.rooms.thirdplace.queries import attendance, who_came
from terreau.rooms.thirdplace.queries.calendar import GatheringLine, lines
from terreau.rooms.thirdplace.tests.factories import NOW, TODAY, sign_up

TOMORROW = TODAY + timedelta(days=1)
LONG_AFTER = NOW + timedelta(days=100)
lived = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refused(words: str):
    return pytest.raises(actions.PlaceRefused, match=words)


def line(gathering: Gathering) -> GatheringLine:
    return lines(Gathering.objects.filter(pk=gathering.pk))[0]


def test_beyond_the_capacity_one_waits_and_a_seat_freed_goes_to_the_first(place):
    held = place.plan(TOMORROW, capacity=4)
    ana, bob = sign_up(held, "Ana", adults=2), sign_up(held, "Bob", adults=1, children=1)
    chloe, dan = sign_up(held, "Chloé"), sign_up(held, "Dan")
    assert [one.seated_at is not None for one in (ana, bob, chloe, dan)] == [True, True, False, False]
    assert (line(held).seated, line(held).waiting) == (4, 2)
    told = actions.leave(sign_up=ana, at=NOW)
    assert [one.name for one in told] == ["Chloé", "Dan"]
    assert actions.leave(sign_up=ana, at=NOW) == []
    assert seats_taken(held) == 4
    assert actions.leave(sign_up=dan, at=NOW) == []


def test_a_group_too_large_for_what_is_free_keeps_its_rank(place):
    held = place.plan(TOMORROW, capacity=2)
    ana, _ = sign_up(held, "Ana"), sign_up(held, "Bob")
    four, one = sign_up(held, "Quatre", adults=2), sign_up(held, "Un")
    assert [who.name for who in actions.leave(sign_up=ana, at=NOW)] == ["Un"]
    four.refresh_from_db()
    assert four.seated_at is None
    assert [who.name for who in actions.leave(sign_up=one, at=NOW)] == []


@lived
@given(moves=st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=12), capacity=st.integers(1, 6))
def test_seats_are_never_more_than_there_are_and_none_stays_empty_that_somebody_awaits(
    place, moves, capacity
):
    with transaction.atomic():
        held = place.plan(TOMORROW, capacity=capacity)
        for rank, (adults, leaves) in enumerate(moves):
            if leaves and (first := SignUp.objects.filter(gathering=held, left_at=None).first()):
                actions.leave(sign_up=first, at=NOW)
            else:
                sign_up(held, f"P{held.pk}-{rank}", adults=adults)
            taken = seats_taken(held)
            assert taken <= capacity
            waiting = SignUp.objects.filter(gathering=held, left_at=None, seated_at=None)
            assert all(one.people > capacity - taken for one in waiting)
        transaction.set_rollback(True)


def test_what_is_refused_says_what_to_do(place):
    held = place.plan(TOMORROW)
    with refused("Un enfant vient avec un adulte"):
        sign_up(held, "Théo", adults=0, children=1)
    with refused("8 au plus"):
        sign_up(held, "Classe", adults=2, children=25)
    ana = sign_up(held, "Ana")
    with pytest.raises(AlreadySignedUp) as twice:
        sign_up(held, "Ana")
    assert twice.value.sign_up == ana
    for _ in range(5):
        sign_up(place.plan(TOMORROW), "Ana")
    with refused("beaucoup de fois aujourd’hui"):
        sign_up(place.plan(TOMORROW), "Ana")
    with refused("closes"):
        sign_up(place.plan(TOMORROW, announced=False), "Bob")
    actions.cancel_gathering(gathering=held, reason="gel", following=False, at=NOW)
    with refused("annulé.*gel"):
        sign_up(held, "Bob")
    with refused("est passé"):
        actions.leave(sign_up=ana, at=LONG_AFTER)


def test_presence_is_a_tap_taken_back_by_another_and_walk_ins_count(place):
    held = place.plan(capacity=4, at=NOW - timedelta(days=1))
    ana = sign_up(held, "Ana", adults=1, children=2, at=NOW - timedelta(hours=1))
    for _ in range(2):
        here = actions.check_in(sign_up=ana, by=None, at=NOW, key="tap-1")
    actions.check_out(presence=here, by=None, at=NOW)
    actions.check_in(sign_up=ana, by=None, at=NOW, key="tap-2")
    for _ in range(2):
        actions.walk_in(gathering=held, people=2, by=None, at=NOW, key="walk-1")
    assert line(held).came == 5
    (told,) = attendance(place.ecopole, TODAY, TODAY)
    assert (told.kind, told.held, told.signed_up, told.came) == ("atelier", 1, 3, 5)
    assert Presence.objects.count() == 3
    with refused("se note le jour même"):
        actions.walk_in(gathering=place.plan(TOMORROW), people=1, by=None, at=NOW, key="walk-2")


def test_who_comes_is_told_by_numbers_and_masked_under_five(place):
    held, commune = place.plan(), place.ecopole.commune
    for n in range(6):
        actions.note_comer(
            gathering=held,
            commune=commune,
            age="25-44" if n else "65+",
            first_time_here=n < 5,
            at=NOW,
            key=f"c-{n}",
        )
    with refused("Rien n’est dit"):
        actions.note_comer(gathering=held, commune=None, age="", first_time_here=None, at=NOW, key="c-9")
    told = who_came(place.ecopole, TODAY, TODAY)
    assert (told.answers, told.first_time, told.communes) == (6, 5, (("Audruicq", 6),))
    assert dict(told.ages)["25 à 44 ans"] == 5
    assert dict(told.ages)["65 ans et plus"] is None
    assert {f.name for f in Comer._meta.fields} == {"id", "gathering", "commune", "age", "first_time", "key"}


def test_words_are_kept_with_consent_and_erased_when_withdrawn(place):
    said = {
        "ecopole": place.ecopole,
        "gathering": None,
        "words": "On repart fiers.",
        "signed": "M.",
        "on": TODAY,
    }
    with refused("Sans l’accord"):
        actions.testify(**said, consents=False, by=None, key="t-1")
    row = actions.testify(**said, consents=True, by=None, key="t-2")
    assert [one.words for one in queries.testimonies(place.ecopole)] == ["On repart fiers."]
    actions.withdraw_testimony(testimony=row, at=NOW)
    assert queries.testimonies(place.ecopole) == []
    assert models.Testimony.objects.get().words == ""


def test_names_are_forgotten_numbers_stay(place):
    held = place.plan(TOMORROW)
    sign_up(held, "Ana", adults=2)
    assert actions.forget(ecopole=place.ecopole, at=NOW + timedelta(days=80)) == 0
    assert actions.forget(ecopole=place.ecopole, at=LONG_AFTER) == 1
    row = SignUp.objects.get()
    assert (row.name, row.email, str(row)) == ("", "", "nom effacé")
    assert line(held).seated == 2
