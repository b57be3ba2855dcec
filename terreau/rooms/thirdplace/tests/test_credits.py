"""Hours validated, credits issued, spent, given, expired: the sum always comes out, and never in euros."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terreau.ledger.actions import Entry, LedgerRefusal, record
from terreau.ledger.audit import differences
from terreau.ledger.effects import Action
from terreau.ledger.models import Custody, Event, Lot
from terreau.measures.money import Money
from terreau.measures.periods import plus_months
from terreau.measures.quantity import Unit
from terreau.rooms.thirdplace import actions
from terreau.rooms.thirdplace.models import Spending
from terreau.rooms.thirdplace.queries import statement, volunteer_hours
from terreau.rooms.thirdplace.queries.credits import book
from terreau.rooms.thirdplace.rules import credits_for
from terreau.rooms.thirdplace.tests.factories import NOW, TODAY, in_a_pathway
from terreau.territory.models import Agent, Place, Product, Quality

CASES = list(csv.DictReader((Path(__file__).parent / "credit_cases.csv").read_text().splitlines()))
lived = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refused(words: str):
    return pytest.raises(actions.PlaceRefused, match=words)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_what_hours_are_worth(case):
    given = {name: Decimal(case[name]) for name in ("per_hour", "cap", "held")}
    assert credits_for(Decimal(case["hours"]), **given) == Decimal(case["credits"])


def test_the_last_day_of_use():
    assert plus_months(date(2026, 11, 27), 12) == date(2027, 11, 27)
    assert plus_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert plus_months(date(2026, 12, 31), 1) == date(2027, 1, 31)


def test_hours_are_in_the_ledger_once_validated_under_a_pseudonym(place):
    held = place.plan()
    gave = place.contribute(place.mona, "3", gathering=held, key="once")
    assert place.contribute(place.mona, "3", gathering=held, key="once") == gave
    assert not Event.objects.exists()
    for _ in range(2):
        place.validate(gave, key="validate-once")
    hours, credits = Event.objects.order_by("id")
    assert (hours.action, hours.provider, hours.receiver, hours.quantity) == (
        Action.WORK, place.mona.agent, place.agent, Decimal(3),
    )  # fmt: skip
    assert hours.process.label == "Pain au levain"
    assert hours.provider.name.startswith("M-")
    assert (credits.action, credits.quantity, credits.price) == (Action.PRODUCE, Decimal(6), None)
    assert credits.lot.keeps_until == date(2027, 11, 27)
    assert book(place.mona, TODAY).total == 6
    (told,) = volunteer_hours(place.ecopole, TODAY, TODAY)
    assert (told.hours, told.people) == (Decimal(3), None)


def test_who_is_paid_here_gives_hours_and_earns_no_credit(place):
    in_a_pathway(place, place.account(place.mona))
    place.earn(place.mona, "3")
    place.earn(place.noe, "3")
    assert (book(place.mona, TODAY).total, book(place.noe, TODAY).total) == (0, 6)
    assert volunteer_hours(place.ecopole, TODAY, TODAY)[0].hours == 6


def test_without_terms_in_force_hours_are_thanked_not_counted_in_credits(place):
    before = date(2023, 12, 31)
    place.mona.charter_on = before
    place.mona.save()
    place.earn(place.mona, "3", on=before)
    assert book(place.mona, TODAY).total == 0


def test_the_rate_is_that_of_the_day_of_the_hours(place):
    actions.set_terms(
        ecopole=place.ecopole,
        since=TODAY,
        per_hour=Decimal(5),
        cap=Decimal(30),
        months=6,
        source="CA",
        key="terms-2",
    )
    place.earn(place.mona, "1", on=TODAY - timedelta(days=1))
    place.earn(place.noe, "1", on=TODAY)
    assert (book(place.mona, TODAY).total, book(place.noe, TODAY).total) == (2, 5)
    with refused("commence déjà"):
        actions.set_terms(
            ecopole=place.ecopole,
            since=TODAY,
            per_hour=Decimal(1),
            cap=Decimal(9),
            months=6,
            source="CA",
            key="t-3",
        )


def test_one_does_not_validate_ones_own_hours_and_the_charter_comes_first(place):
    gave = place.contribute(place.mona, "2")
    with refused("ses propres heures"):
        place.validate(gave, by=place.account(place.mona))
    new = actions.join(
        ecopole=place.ecopole, member=None, name="Lia", email="", charter_on=None, key="member-lia"
    )
    with refused("n’avait pas signé la charte"):
        place.contribute(new, "2")
    with refused("pas encore passé"):
        place.contribute(place.mona, "2", on=TODAY + timedelta(days=1))
    with refused("0 à 24 heures"):
        place.contribute(place.mona, "23")
    with refused("dites pourquoi|Dites pourquoi"):
        actions.refuse(contribution=gave, reason="", at=NOW)
    actions.refuse(contribution=gave, reason="compté deux fois", at=NOW)
    assert place.validate(gave) == []


def benefit(place, cost: str = "4", **more):
    given = {
        "kind": "meal",
        "name": f"Repas à {cost}",
        "product": None,
        "giver": None,
        "since": date(2024, 1, 1),
    }
    return actions.save_benefit(
        ecopole=place.ecopole, cost=Decimal(cost), key=f"benefit-{cost}", **given | more
    )


def test_credits_are_spent_first_to_expire_first_and_never_below_zero(place):
    place.earn(place.mona, "1", on=TODAY - timedelta(days=300))
    place.earn(place.mona, "2")
    meal = benefit(place)
    for _ in range(2):
        spending = actions.spend(member=place.mona, benefit=meal, at=NOW, key="spend-1")
    left = book(place.mona, TODAY)
    assert [(leaf.until, leaf.amount) for leaf in left.leaves] == [(date(2027, 11, 27), Decimal(2))]
    with refused("Il en faut 4, il y en a 2"):
        actions.spend(member=place.mona, benefit=meal, at=NOW, key="spend-2")
    actions.give_back(spending=spending, at=NOW)
    assert book(place.mona, TODAY).total == 6
    again = actions.spend(member=place.mona, benefit=meal, at=NOW, key="spend-3")
    actions.hand_over(spending=again, by=None, at=NOW)
    with refused("déjà remis"):
        actions.give_back(spending=again, at=NOW)
    with refused("rendus"):
        actions.hand_over(spending=spending, by=None, at=NOW)
    actions.close_benefit(benefit=meal, on=TODAY)
    with refused("pas dans la liste"):
        actions.spend(member=place.mona, benefit=meal, at=NOW, key="spend-4")


def test_the_database_keeps_a_book_above_zero(place):
    place.earn(place.mona, "1")
    lot = Lot.objects.get()
    product = Product.objects.get(code="credit-participation")
    taken = Entry(
        Action.CONSUME, place.mona.agent_id, place.agent.pk, product.pk, Decimal(3), Unit.CREDIT, key="over",
        occurred_at=NOW, lot=lot, from_place_id=place.house.purse_id,
    )  # fmt: skip
    with pytest.raises(LedgerRefusal, match="il y reste"):
        record(ecopole=place.ecopole, entries=[taken], recorded_by=None, recorded_at=NOW)


def test_credits_have_no_price_in_euros(place):
    place.earn(place.mona, "1")
    lot = Lot.objects.get()
    sold = Entry(
        Action.TRANSFER, place.mona.agent_id, place.noe.agent_id, lot.product_id, Decimal(1), Unit.CREDIT,
        key="sold", occurred_at=NOW, lot=lot, from_place_id=place.house.purse_id,
        to_place_id=place.house.purse_id, price=Money(500),
    )  # fmt: skip
    with pytest.raises(LedgerRefusal, match="ne se vend ni ne s’achète en euros"):
        record(ecopole=place.ecopole, entries=[sold], recorded_by=None, recorded_at=NOW)


def test_a_basket_handed_over_leaves_the_stock_without_a_price(place):
    basket = Product.objects.create(code="panier", name="Panier", unit="piece", family="basket", unit_kg=4)
    depot = Agent.objects.create(ecopole=place.ecopole, kind="depot", name="Dépôt")
    spot = Place.objects.create(ecopole=place.ecopole, agent=depot, kind="depot", name="Dépôt")
    one = benefit(place, "6", name="Panier", kind="basket", product=basket, giver=depot)
    place.earn(place.mona, "5")
    spending = actions.spend(member=place.mona, benefit=one, at=NOW, key="spend-1")
    with refused("il ne reste rien"):
        actions.hand_over(spending=spending, by=None, at=NOW)
    lot = Lot.objects.create(
        ecopole=place.ecopole,
        code="P1",
        product=basket,
        producer=depot,
        quality=Quality.ORGANIC,
        born_at=NOW,
        key="p1",
    )
    made = Entry(
        Action.PRODUCE, depot.pk, depot.pk, basket.pk, Decimal(2), Unit.PIECE, key="made", occurred_at=NOW,
        lot=lot, to_place_id=spot.pk,
    )  # fmt: skip
    record(ecopole=place.ecopole, entries=[made], recorded_by=None, recorded_at=NOW)
    for _ in range(2):
        actions.hand_over(spending=spending, by=None, at=NOW)
    moved = Event.objects.get(action=Action.TRANSFER)
    assert (moved.receiver, moved.quantity, moved.price, moved.note) == (
        place.mona.agent,
        1,
        None,
        "participation",
    )
    assert Custody.objects.get(holder=depot).quantity == 1
    with refused("de chez qui"):
        benefit(place, "3", product=basket)
    assert not list(differences(place.ecopole))


def test_a_gift_goes_from_book_to_book_with_its_date(place):
    place.earn(place.mona, "5", on=TODAY - timedelta(days=100))
    code = place.noe.agent.name
    for _ in range(2):
        actions.give(member=place.mona, to=f" {code.lower()} ", credits=Decimal(4), at=NOW, key="gift-1")
    assert (book(place.mona, TODAY).total, book(place.noe, TODAY).total) == (6, 4)
    assert book(place.noe, TODAY).leaves[0].until == book(place.mona, TODAY).leaves[0].until
    assert [line.said for line in book(place.noe, TODAY).lines] == ["reçues d’un membre"]
    for to in (place.mona.agent.name, "M-????"):
        with refused("n’est pas le code"):
            actions.give(member=place.mona, to=to, credits=Decimal(1), at=NOW, key="gift-2")
    with refused("Saisissez combien"):
        actions.give(member=place.mona, to=code, credits=Decimal(-1), at=NOW, key="gift-3")


def test_hours_validated_by_mistake_are_reversed_unless_their_credits_are_used(place):
    one, two = place.contribute(place.mona, "2"), place.contribute(place.noe, "2")
    place.validate(one, two)
    actions.unvalidate(contribution=one, by=None, at=NOW)
    assert book(place.mona, TODAY).total == 0
    assert volunteer_hours(place.ecopole, TODAY, TODAY)[0].hours == 2
    actions.spend(member=place.noe, benefit=benefit(place), at=NOW, key="spend-1")
    with pytest.raises(LedgerRefusal):
        actions.unvalidate(contribution=two, by=None, at=NOW)


def totals(place, on):
    told = statement(place.ecopole, on)
    assert told.issued == told.spent + told.expired + told.outstanding
    return told


def test_credits_past_their_day_are_expired_be_it_written_or_not(place):
    place.earn(place.mona, "2", on=TODAY - timedelta(days=300))
    later = NOW + timedelta(days=90)
    assert totals(place, TODAY).outstanding == 4
    before = totals(place, later.date())
    assert (before.outstanding, before.expired, before.holders) == (0, 4, 0)
    assert len(actions.expire(ecopole=place.ecopole, at=later)) == 1
    assert actions.expire(ecopole=place.ecopole, at=later) == []
    assert totals(place, later.date()) == before


def test_holders_are_masked_under_five(place):
    place.earn(place.mona, "1")
    assert totals(place, TODAY).holders is None
    for n in range(4):
        made = actions.join(
            ecopole=place.ecopole, member=None, name=f"N{n}", email="", charter_on=TODAY, key=f"member-{n}"
        )
        place.earn(made, "1")
    assert totals(place, TODAY).holders == 5


@lived
@given(
    lived=st.lists(
        st.tuples(st.sampled_from(["earn", "spend", "give", "expire"]), st.integers(0, 1), st.integers(1, 9)),
        max_size=12,
    )
)
def test_whatever_is_lived_issued_is_spent_and_expired_and_outstanding(place, lived):
    """Two members, months passing: no sum ever differs, in the books nor in the events."""
    with transaction.atomic():
        meal = benefit(place, "3")
        at = NOW
        for rank, (gesture, who, n) in enumerate(lived):
            at += timedelta(days=20 * n)
            member, other = (place.mona, place.noe) if who else (place.noe, place.mona)
            held = book(member, at.date()).total
            if gesture == "earn":
                place.earn(member, str(n), on=at.date(), at=at)
            elif gesture == "spend" and held >= 3:
                actions.spend(member=member, benefit=meal, at=at, key=f"s{rank}-{place.ecopole.pk}")
            elif gesture == "give" and held >= n:
                actions.give(member=member, to=other.agent.name, credits=Decimal(n), at=at, key=f"g{rank}")
            elif gesture == "expire":
                actions.expire(ecopole=place.ecopole, at=at)
            told = totals(place, at.date())
            books = sum(book(one, at.date()).total for one in (place.mona, place.noe))
            assert told.outstanding == books
        assert not list(differences(place.ecopole))
        assert (
            Spending.objects.filter(member__ecopole=place.ecopole).count() * 3
            == totals(place, at.date()).spent
        )
        transaction.set_rollback(True)
