"""Packs lived, in cases a garden reads: bought, drawn, skipped, given back; and the sums that always hold."""

import csv
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from terreau.measures.french import parse_money
from terreau.measures.money import Money
from terreau.rooms.baskets import actions, post
from terreau.rooms.baskets.models import Handover, Pack, PackBasket, PackMove, PackOffer, Sheet
from terreau.rooms.baskets.queries import drawn_ahead, owed
from terreau.rooms.baskets.queries.packs import left_of, packs
from terreau.rooms.baskets.tests.members import (
    EVENING,
    NOW,
    START,
    TODAY,
    WEDNESDAY,
    Members,
    key,
    make_members,
)

CASES = list(
    csv.DictReader((Path(__file__).parent / "pack_cases.csv").read_text().splitlines(), delimiter=";")
)
WEDNESDAYS = [WEDNESDAY - timedelta(weeks=weeks) for weeks in (3, 2, 1, 0)]
YEAR = (date(2026, 1, 1), date(2026, 12, 31))
BOUGHT = NOW.replace(month=11, day=2)
names = count(1)


@pytest.fixture
def members(db) -> Members:
    made = make_members(capacity=200)
    for size in ("petit", "grand"):
        made.bring(made.mairie, size, 300, at=NOW.replace(day=2))
    return made


def offer(members: Members, number: int = 10, price: int = 9500, **more) -> PackOffer:
    given = {
        "size": members.house.sizes["petit"], "starts_on": date(2026, 1, 1), "number": number,
        "price": price if isinstance(price, Money) else Money(price), "months": 6, "ending": "repaid",
        "remind": 1, "source": "conseil",
    }  # fmt: skip
    return actions.set_offer(
        ecopole=members.house.ecopole, entry=actions.OfferEntry(**given | more), at=NOW, key=key()
    )


def buy(members: Members, name: str, sold: PackOffer, at=BOUGHT) -> Pack:
    return actions.buy_pack(member=members.known[name], offer=sold, by=None, at=at, key=key())


def given_back() -> list[int]:
    return list(PackMove.objects.filter(kind="returned").values_list("basket", flat=True))


def state(pack: Pack) -> tuple[int, int, int]:
    row = packs(pack.member.ecopole).get(pk=pack.pk)
    return row.left, row.taken, row.returned


def live(members: Members, name: str, pack: Pack, step: str, day: date) -> None:
    """What a household does of the basket of a Wednesday."""
    before = {"sauté": "skip", "donné": "give", "deux": "extra"}.get(step)
    if step == "rendu":
        actions.give_back(pack=pack, at=NOW)
    if before:
        more = {"count": 2} if before == "extra" else {}
        members.change(name, before, day, at=EVENING - timedelta(days=(WEDNESDAY - day).days + 5), **more)
    if step in ("sauté", "rendu"):
        return
    outcome = {"gardé": "kept", "rapporté": "back"}.get(step, "taken")
    (row,) = members.hand(members.mairie, outcome, name, day=day)
    if step == "retiré":
        actions.withdraw(handover=row, by=None, at=EVENING)


def to_pay(members: Members, name: str) -> tuple[Money, Money]:
    """What the month bills of baskets, and what is due of those paid ahead."""
    agent, ecopole = members.known[name].agent_id, members.house.ecopole
    payments, dues = owed(ecopole, *YEAR)
    late = [one.amount for one in payments if one.member_id == agent and not one.ahead]
    ahead = [one.amount for one in dues if one.payer_id == agent and one.kind == "pack"]
    return sum(late, Money(0)), sum(ahead, Money(0))


def test_cases_that_a_garden_reads(members):
    for case in CASES:
        name = f"Foyer{next(names)}"
        members.join(name)
        sold = offer(members, int(case["paniers"]), parse_money(case["prix"]).cents)
        pack = buy(members, name, sold)
        for step, day in zip(case["mercredis"].split(), WEDNESDAYS, strict=False):
            live(members, name, pack, step, day)
        late, ahead = to_pay(members, name)
        told = {
            "reste": state(pack)[0], "au mois": late, "rendu": parse_money(case["prix"]) - ahead,
        }  # fmt: skip
        expected = {
            "reste": int(case["reste"]), "au mois": parse_money(case["au mois"]),
            "rendu": parse_money(case["rendu"]),
        }  # fmt: skip
        assert told == expected, case["cas"]


def test_whatever_is_lived_sums_hold(members):
    """Never more drawn than paid; each event is paid whole; left, drawn and given back make the pack."""
    steps = st.lists(
        st.sampled_from(["pris", "sauté", "donné", "deux", "retiré", "rapporté", "rendu"]),
        min_size=1,
        max_size=4,
    )

    @settings(max_examples=10, deadline=None)
    @given(number=st.integers(2, 5), price=st.integers(200, 2000), steps=steps)
    def lived(number: int, price: int, steps: list[str]) -> None:
        with transaction.atomic():
            name = f"Foyer{next(names)}"
            members.join(name)
            pack = buy(members, name, offer(members, number, price))
            for step, day in zip(steps, WEDNESDAYS, strict=False):
                live(members, name, pack, step, day)
            check(members, pack, number, Money(price))
            transaction.set_rollback(True)

    lived()


def check(members: Members, pack: Pack, number: int, price: Money) -> None:
    left, taken, returned = state(pack)
    assert left + taken + returned == number
    assert min(left, taken, returned) >= 0
    amounts = dict(PackBasket.objects.filter(pack=pack).values_list("pk", "amount"))
    assert sum(amounts.values(), Money(0)) == price
    told, _ = owed(members.house.ecopole, *YEAR)
    standing = Handover.objects.filter(withdrawn_at=None, event__isnull=False, event__reversed_by=None)
    for row in standing.select_related("event"):
        mine = [one for one in told if one.event_id == row.event_id]
        assert sum((one.amount for one in mine), Money(0)) == row.event.price
    assert sum(one.number for one in told if one.ahead) == taken
    # The earned, the given back and the left, by their own amounts, are the price.
    earned = sum((one.amount for one in drawn_ahead(members.house.ecopole, YEAR[1])), Money(0))
    back = sum((amounts[pk] for pk in given_back()), Money(0))
    moves = PackMove.objects.filter(basket__pack=pack).order_by("turn")
    last = {move.basket_id: move.kind for move in moves}
    rest = sum((a for pk, a in amounts.items() if last.get(pk) in (None, "restored")), Money(0))
    assert earned + back + rest == price


def test_a_pack_is_bought_once_by_who_takes_these_baskets_at_what_is_offered(members):
    members.join("Anna")
    sold = offer(members)
    once = actions.buy_pack(member=members.known["Anna"], offer=sold, by=None, at=NOW, key="same-key")
    again = actions.buy_pack(member=members.known["Anna"], offer=sold, by=None, at=NOW, key="same-key")
    assert once == again
    assert PackBasket.objects.count() == 10
    assert once.ends_on == date(2027, 5, 23)
    offer(members, price=9000, starts_on=TODAY)
    with pytest.raises(actions.BasketsRefused, match="plus proposée"):
        buy(members, "Anna", sold, at=NOW)
    large = offer(members, size=members.house.sizes["grand"], price=14000, ending="carried")
    with pytest.raises(actions.BasketsRefused, match="Abonnez-vous d’abord"):
        buy(members, "Anna", large, at=NOW)


@pytest.mark.parametrize(
    ("more", "why"),
    [({"price": Money(10001)}, "d’avance, pas plus"), ({"price": Money(9)}, "moins d’un centime"),
     ({"remind": 10}, "avant la fin"), ({"starts_on": date(2025, 1, 1)}, "pas encore de prix")],
)  # fmt: skip
def test_an_offer_that_does_not_read_is_refused(members, more, why):
    with pytest.raises(actions.BasketsRefused, match=why):
        offer(members, **more)


def test_two_packs_the_first_to_end_goes_first_and_none_before_it_was_bought(members):
    members.join("Anna")
    kept = buy(members, "Anna", offer(members, 2, 1900, ending="carried"))
    ends = buy(members, "Anna", offer(members, 3, 2800), at=NOW.replace(day=10))
    for day in WEDNESDAYS[:2]:
        members.hand(members.mairie, "taken", "Anna", day=day)
    assert (state(kept)[1], state(ends)[1]) == (1, 1), "on the 4th, only the first was bought"
    (told,) = left_of(members.house.ecopole, TODAY)
    assert (told.left, told.low) == (3, False)


def test_what_is_left_at_the_end_is_given_back_once_its_evenings_are_noted(members):
    members.join("Anna")
    pack = buy(members, "Anna", offer(members, months=1))
    kept = buy(members, "Anna", offer(members, 12, 11000, months=1, ending="carried"))
    assert pack.ends_on == date(2026, 12, 2)
    ecopole = members.house.ecopole
    assert actions.end_packs(ecopole=ecopole, at=NOW.replace(month=12, day=9)) == 0
    post.keep_tonight.call(at=NOW.replace(month=12, day=10).isoformat())
    assert state(pack) == (0, 0, 10)
    assert len(given_back()) == 10
    assert state(kept) == (12, 0, 0), "kept without an end"
    assert actions.end_packs(ecopole=ecopole, at=NOW.replace(month=12, day=11)) == 0, "once"


def test_who_leaves_is_owed_what_is_left(members):
    members.join("Anna")
    pack = buy(members, "Anna", offer(members, ending="carried"))
    actions.leave(member=members.known["Anna"], at=NOW)
    assert state(pack) == (0, 0, 10)


def test_what_was_paid_or_drawn_is_never_edited(members):
    """The database refuses, whoever asks."""
    members.join("Anna")
    pack = buy(members, "Anna", offer(members), at=NOW.replace(month=11, day=2))
    members.hand(members.mairie, "taken", "Anna", day=START + timedelta(days=2))
    for rows, change in (
        (PackOffer.objects.all(), {"price": Money(1)}), (Pack.objects.filter(pk=pack.pk), {"ends_on": None}),
        (PackBasket.objects.all(), {"amount": Money(1)}), (PackMove.objects.all(), {"turn": 3}),
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match="ne se modifie pas"), transaction.atomic():
            rows.update(**change)
        with pytest.raises(DatabaseError, match="ne s’efface pas"), transaction.atomic():
            rows.order_by()._raw_delete(rows.db)


def test_a_household_whose_baskets_have_their_own_price_pays_by_the_month_and_nothing_is_drawn(members):
    """A scheme or a chosen price: refused kindly before, and a pack bought before stays whole."""
    members.join("Anna")
    sold = offer(members)
    pack = buy(members, "Anna", sold)
    actions.set_sliding(
        size=members.house.sizes["petit"], starts_on=date(2026, 1, 1), lowest=Money(500), highest=Money(1500),
        needed=Money(1000), source="calcul", today=TODAY,
    )  # fmt: skip
    actions.choose_price(
        subscription=members.held("Anna"), price=Money(800), starts_on=TODAY, at=NOW, key=key()
    )
    with pytest.raises(actions.BasketsRefused, match="déjà leur propre prix") as refused:
        buy(members, "Anna", sold, at=NOW)
    assert "solid" not in str(refused.value)
    members.hand(members.mairie, "taken", "Anna")
    assert state(pack) == (10, 0, 0)
    assert to_pay(members, "Anna")[0] == Money(1000)
    page = members.as_member("Anna").get(members.house.url("moi/")).content.decode()
    assert "Il vous reste <b>10 paniers</b>" in page
    assert "il vous en restera" not in page


def test_the_letter_and_today_say_what_is_left_before_it_is_nothing(members):
    members.join("Anna")
    members.join("Bob")
    buy(members, "Anna", offer(members, 2, 1900), at=NOW)
    members.hand(members.mairie, "taken", "Anna")
    row = Sheet.objects.create(ecopole=members.house.ecopole, week=TODAY, news="Il gèle.", published_at=NOW)
    post.send_sheet.call(sheet_id=row.pk, origin="https://exemple.invalid/")
    told = {one.to[0]: "Il vous reste 1 panier payé d’avance." in one.body for one in mail.outbox}
    assert told == {"anna@exemple.invalid": True, "bob@exemple.invalid": False}
    today = f"/e/{members.house.ecopole.slug}/"
    told_to_the_garden = members.client().get(today).content.decode()
    assert "Leurs paniers payés d’avance arrivent au bout" in told_to_the_garden
    assert "1<small>foyer</small>" in told_to_the_garden
    assert "Il vous reste 1 panier payé d’avance" in members.as_member("Anna").get(today).content.decode()
    members.hand(members.mairie, "taken", "Bob")
    page = members.as_member("Bob").get(today).content.decode()
    assert "d’avance" not in page


def test_the_page_says_that_what_was_paid_is_spent_and_the_month_goes_on(members):
    members.join("Anna")
    buy(members, "Anna", offer(members, 2, 1900))
    for day in WEDNESDAYS[:2]:
        members.hand(members.mairie, "taken", "Anna", day=day)
    page = members.as_member("Anna").get(members.house.url("moi/")).content.decode()
    assert "Vos paniers d’avance sont finis" in page
    assert "Dû\u202f: 10,00" in page.replace("\u00a0", " ")


def test_pages_of_packs_ask_as_much_for_one_as_for_many(members, django_assert_max_num_queries):
    members.join("Anna")
    sold = offer(members)
    buy(members, "Anna", sold)
    anna, noa = members.as_member("Anna"), members.client()
    pages = [
        (anna, "moi/"),
        (anna, "moi/avance/"),
        (noa, "avance/"),
        (noa, f"membres/{members.known['Anna'].pk}/"),
    ]
    first = [_asked(client, members.house.url(end), django_assert_max_num_queries) for client, end in pages]
    for name in ("Bob", "Chloé"):
        members.join(name)
        buy(members, name, sold)
    buy(members, "Anna", sold)
    offer(members, 20, 18000)
    again = [_asked(client, members.house.url(end), django_assert_max_num_queries) for client, end in pages]
    assert first == again


def _asked(client, url, most) -> int:
    with most(12) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_an_offer_is_written_on_its_page_and_what_does_not_read_stays_typed(members):
    client, url = members.client(), members.house.url("avance/offre/")
    sent = {
        "key": "11111111-aaaa", "offer-size": str(members.house.sizes["petit"].pk), "offer-number": "13",
        "offer-price": "120,00", "offer-months": "3", "offer-ending": "repaid", "offer-remind": "3",
        "offer-starts_on": "23/11/2026", "offer-source": "conseil",
    }  # fmt: skip
    page = client.post(url, sent | {"offer-price": "1 300,00"})
    assert page.status_code == 422
    assert "d’avance, pas plus" in page.content.decode()
    assert client.post(url, sent).status_code == 302
    assert client.post(url, sent).status_code == 302
    (row,) = PackOffer.objects.all()
    assert (row.number, row.price, row.remind) == (13, Money(12000), 3)
    # Without a price, it is offered no more.
    client.post(url, sent | {"key": "22222222-aaaa", "offer-price": ""})
    assert "13 ×" not in client.get(members.house.url("avance/")).content.decode()
