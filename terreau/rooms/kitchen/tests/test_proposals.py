"""A lot the platform proposes: nothing moves before the kitchen takes it; it declines, or the day passes."""

import re
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from terreau.ledger.actions import Entry, record, reverse
from terreau.ledger.audit import differences
from terreau.ledger.models import Cancellation, Commitment, Event, Lot
from terreau.ledger.proposals import propose
from terreau.ledger.queries import stock
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.kitchen import actions
from terreau.rooms.kitchen.actions import KitchenRefused
from terreau.rooms.kitchen.queries import waiting
from terreau.rooms.kitchen.queries.goods import surplus
from terreau.rooms.kitchen.tests.factories import CLOCK, NOW, TODAY, WRITTEN, House, make_house
from terreau.territory.tests.pages import cost

pytestmark = pytest.mark.django_db
SUNDAY = TODAY + timedelta(days=2)
WEEK = (TODAY, TODAY + timedelta(days=7))
numbers = count(1)


@pytest.fixture(autouse=True)
def _friday(settings):
    settings.CLOCK = CLOCK


@pytest.fixture
def house(db) -> House:
    return make_house()


def kept(house: House, quantity: str = "40", **more: Any) -> Lot:
    given = {"keeps_until": TODAY + timedelta(days=10)} | more
    return house.lot("carotte", quantity, "plateforme", "plateforme", **given)


def proposed(house: House, lot: Lot, quantity: str = "30", **more: Any) -> Commitment:
    line = next(li for li in stock(house.ecopole, holder=house.agents["plateforme"]) if li.lot.pk == lot.pk)
    given: dict[str, Any] = {"until": SUNDAY, "at": NOW, "key": f"proposal-{next(numbers)}"} | more
    return propose(ecopole=house.ecopole, line=line, to=house.kitchen, quantity=Decimal(quantity), **given)


def take(house: House, quantity: str, key: str) -> list[Event]:
    [line] = surplus(house.ecopole, WEEK)
    return actions.take_surplus(
        ecopole=house.ecopole, kitchen=house.kitchen, line=line, quantity=Decimal(quantity), price=Money(70),
        key=key, **WRITTEN,
    )  # fmt: skip


def told(house: House) -> list[tuple[str, Decimal, bool]]:
    return [(line.lot.code, line.left, line.proposed) for line in surplus(house.ecopole, WEEK)]


def test_nothing_moves_before_it_is_taken_and_the_rest_stays_proposed(house):
    lot = kept(house)
    proposed(house, lot)
    assert (house.held("plateforme"), house.held()) == ({lot.code: 40}, {})
    assert told(house) == [(lot.code, 30, True)]
    taken = take(house, "12", "taken")
    assert (house.held("plateforme"), house.held()) == ({lot.code: 28}, {lot.code: 12})
    assert told(house) == [(lot.code, 18, True)]
    reverse(ecopole=house.ecopole, events=taken, by=None, at=NOW, key="undone")
    assert told(house) == [(lot.code, 30, True)]
    take(house, "30", "all")
    assert told(house) == []
    assert not list(differences(house.ecopole))


def test_no_more_is_taken_than_was_proposed_nor_than_is_left(house):
    lot = kept(house)
    proposed(house, lot)
    with pytest.raises(KitchenRefused, match="30"):
        take(house, "31", "too-much")
    # Others came first: what stays on the shelf is all that is left to take.
    platform, place = house.agents["plateforme"].pk, house.places["plateforme"].pk
    gone = Entry("lower", platform, platform, lot.product_id, Decimal(35), Unit.KG, "gone", NOW, lot=lot,
                 from_place_id=place)  # fmt: skip
    record(ecopole=house.ecopole, entries=[gone], recorded_by=None, recorded_at=NOW)
    assert told(house) == [(lot.code, 5, True)]


def test_it_falls_with_its_day(house):
    proposed(house, kept(house))
    assert waiting(house.ecopole, SUNDAY).proposed == 1
    assert waiting(house.ecopole, SUNDAY + timedelta(days=1)).proposed == 0
    assert surplus(house.ecopole, (SUNDAY + timedelta(days=1), SUNDAY + timedelta(days=8))) == []


def test_a_lot_both_proposed_and_given_up_by_the_plan_is_told_once(house):
    lot = house.surplus("40")
    proposed(house, lot, until=TODAY + timedelta(days=1))
    assert told(house) == [(lot.code, 30, True)]


def test_the_kitchen_finds_it_on_its_pages_takes_or_declines(house):
    client, keys = house.client(), count(10_000_000)
    lot, other = kept(house), kept(house, "6")
    proposed(house, lot)
    proposed(house, other, "6")
    today = client.get(f"/e/{house.ecopole.slug}/").content.decode()
    assert "Prendre ou décliner" in today
    assert "2<small>lots</small>" in today
    page = client.get(house.url()).content.decode()
    assert page.count("à prendre jusqu’au") == 2
    first, second = sorted(set(re.findall(r"surplus/(\d+)/prendre/", page)), key=int)

    def post(end: str, **sent: str) -> str:
        sent = {"key": str(next(keys)), **sent}
        return client.post(house.url(end), sent, follow=True).content.decode()

    assert "c’est à la conserverie" in post(f"surplus/{first}/prendre/", quantity="30", price="0,70")
    assert "150" in post(f"surplus/{second}/decliner/", why="x" * 151)
    assert "décliné" in post(f"surplus/{second}/decliner/", why="plus de place au froid")
    assert Cancellation.objects.get().reason == "décliné\u202f: plus de place au froid"
    assert house.held() == {lot.code: 30}
    assert house.held("plateforme") == {lot.code: 10, other.code: 6}
    assert "Prendre ou décliner" not in client.get(f"/e/{house.ecopole.slug}/").content.decode()


def test_declining_what_is_no_proposal_is_not_found(house):
    house.surplus("40")  # a promise of compost
    client = house.client()
    row = Commitment.objects.get()
    assert client.post(house.url(f"surplus/{row.pk}/decliner/"), {"key": "12345678"}).status_code == 404
    assert not Cancellation.objects.exists()


def test_more_proposals_ask_no_more_of_the_page(house):
    client = house.client()

    def asked() -> int:
        return cost(client, house.url())

    proposed(house, kept(house))
    one = asked()
    for _ in range(3):
        proposed(house, kept(house))
    assert asked() == one <= 12
