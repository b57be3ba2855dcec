"""Ordered by the piece, weighed, paid by the kilo: one weight from the scales to a canteen’s purchases."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.ledger.answers import Answer
from terreau.ledger.dueforms import LineRefused
from terreau.ledger.models import Cancellation, Custody, Event
from terreau.measures.french import parse_decimal
from terreau.measures.money import Money
from terreau.rooms.platform import actions
from terreau.rooms.platform.behind import Asked, Orders
from terreau.rooms.platform.egalim import Local, purchases
from terreau.rooms.platform.models import OrderLine
from terreau.rooms.platform.pieces import beyond, piece_kg, price_weighed, weights
from terreau.rooms.platform.tests.factories import NOW, TODAY, form
from terreau.rooms.platform.tests.test_orders import cases, entry, typed
from terreau.rooms.platform.views.sheets import to_deliver, to_pick
from terreau.territory.models import Product

NEXT_TUESDAY = TODAY + timedelta(days=8)


@pytest.mark.parametrize("case", cases("tolerance_cases.csv"), ids=lambda case: case[0])
def test_worked_cases_of_the_tolerance(case):
    _, planned, pieces, weighed, reason = case
    found = beyond(
        planned=parse_decimal(planned), weighed=parse_decimal(weighed), pieces=pieces == "oui", on=TODAY
    )
    assert found == (reason == "oui")


def test_every_piece_has_its_weight_its_date_and_its_source_and_is_of_a_product_sold_by_the_kilo(db):
    from terreau.territory.products import load_products

    load_products()
    by_kilo = set(Product.objects.filter(unit="kg").values_list("code", flat=True))
    for row in weights():
        assert Decimal(row["piece_kg"]) > 0
        assert date.fromisoformat(row["since"])
        assert row["source"]
        assert row["code"] in by_kilo


def test_a_weight_is_the_one_of_its_day():
    assert piece_kg("potimarron", TODAY) == Decimal("1.2")
    assert piece_kg("potimarron", date(2000, 1, 1)) is None
    assert piece_kg("mache", TODAY) is None


@pytest.mark.parametrize(
    ("planned", "said"), [("0.6", "6\u00a0pièces"), ("0.4", "4 sur 6\u00a0pièces"), ("0.65", "6\u00a0pièces")]
)
def test_a_plan_that_serves_a_part_says_how_many_pieces(planned, said):
    assert Asked(quantity=Decimal("0.6"), pieces=6).said(Decimal(planned)) == said


@pytest.fixture
def in_pieces(world):
    """Sixty carrots, six kilos, ordered in pieces and promised; ten kilos wait in store."""
    asked = entry(world, "6", TODAY, pieces=60)
    actions.order(ecopole=world.ecopole, entries=[asked])
    world.stocked("10")
    return world.order("6")


def pick(world, due, weighed: str, reason: str = "", key: str = "cle-preparer"):
    return actions.pick(
        ecopole=world.ecopole, platform=world.platform, done=[Answer(due, Decimal(weighed), reason)],
        by=None, at=NOW, key=key,
    )  # fmt: skip


@pytest.mark.parametrize("weighed", ["6.7", "5.3", "0"])
def test_a_weight_beyond_the_tolerance_is_refused_without_a_reason(world, in_pieces, weighed):
    due, _ = in_pieces
    with pytest.raises(LineRefused, match=r"60.pièces.*plus de 10.% d’écart.*dites pourquoi"):
        pick(world, due, weighed)
    assert not Event.objects.filter(action="move").exists()
    assert Custody.objects.get(place=world.cold).quantity == 10


def test_with_its_reason_it_is_written_and_the_reason_is_kept(world, in_pieces):
    due, _ = in_pieces
    (event,) = pick(world, due, "6.7", "carottes plus grosses")
    assert (event.quantity, event.note) == (Decimal("6.7"), "carottes plus grosses")


def test_short_with_its_reason_the_rest_is_given_up_for_that_reason(world, in_pieces):
    due, _ = in_pieces
    pick(world, due, "4", "il en manque")
    assert Cancellation.objects.get().reason == "il en manque"


def test_more_than_ordered_by_the_kilo_says_why_and_less_does_not(world):
    world.stocked("20")
    more, _ = world.order("6")
    with pytest.raises(LineRefused, match="dites pourquoi"):
        pick(world, more, "7")
    assert pick(world, more, "4")


def test_what_is_weighed_is_what_is_delivered_paid_and_counted_for_the_canteen(world, in_pieces, client):
    due, delivery = in_pieces
    client.force_login(world.people["lou"])
    page = client.get(world.url("preparation/")).content.decode()
    assert "60\u00a0pièces · " in page
    assert '<details class="more" open>' in page, "a line in pieces is to be weighed: its field is shown"
    weighed = {f"q-{due.pk}": "6,45"}
    assert client.post(world.url("preparation/preparer/"), form([due], **weighed)).status_code == 302
    (stop,) = to_deliver(world.ecopole, TODAY)
    assert stop["lines"] == [
        {"product": "Carotte", "pieces": "60\u00a0pièces", "quantity": "6,45\u00a0kg"},
    ]
    page = client.get(world.url("livraisons/")).content.decode()
    assert "60\u00a0pièces · Préparé\u202f: 6,45\u00a0kg" in page
    client.post(
        world.url("livraisons/livrer/"), form([delivery], "cle-livrer", **{f"q-{delivery.pk}": "6,45"})
    )
    handed = Event.objects.get(fulfils=delivery)
    # 10 € promised for 6 kg: 6,45 kg are 10,75 €.
    assert (handed.quantity, handed.price) == (Decimal("6.45"), Money(1075))
    (bought,) = purchases(world.canteen, TODAY.year, Local("DEPARTEMENT"))
    assert bought.price == handed.price
    assert Custody.objects.get(place=world.door(world.canteen)).quantity == handed.quantity


@pytest.mark.parametrize(
    ("unit", "promised", "weighed", "paid"),
    [
        # 1.33 € the kilo: 1.5 kg are promised at 2.00 €; 1.8 kg are 2.394 €, not 1.8/1.5 of 2.00 €.
        (133, "1.5", "1.8", 239),
        (133, "1.5", "9", 1197),
        (167, "6", "6.45", 1077),
        # Half a cent goes upwards: 2.51 € × 0.5.
        (251, "10", "0.5", 126),
        (0, "4", "5", 0),
    ],
)
def test_what_is_weighed_is_paid_the_kilo(unit, promised, weighed, paid):
    line = Money(unit).times(Decimal(promised))
    assert price_weighed(line, Decimal(promised), Decimal(weighed)) == Money(paid)


@given(unit=st.integers(0, 10_000), milli=st.integers(1001, 900_000), weighed=st.integers(1, 900_000))
def test_the_price_of_the_kilo_is_found_again_from_a_kilo_up(unit, milli, weighed):
    promised, weight = Decimal(milli).scaleb(-3), Decimal(weighed).scaleb(-3)
    line = Money(unit).times(promised)
    assert price_weighed(line, promised, weight) == Money(unit).times(weight)


def test_a_line_that_no_price_of_the_kilo_makes_is_paid_in_proportion():
    assert price_weighed(Money(1000), Decimal(6), Decimal("6.45")) == Money(1075)


def test_beyond_the_tolerance_the_page_asks_why_and_keeps_what_was_typed(world, in_pieces, client):
    due, _ = in_pieces
    client.force_login(world.people["lou"])
    answer = client.post(world.url("preparation/preparer/"), form([due], **{f"q-{due.pk}": "8,2"}))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="8,2"' in text
    assert f'id="e-{due.pk}"' in text
    said = {f"q-{due.pk}": "8,2", f"refused-{due.pk}": "convenu avec le client"}
    again = client.post(world.url("preparation/preparer/"), form([due], "cle-seconde", **said))
    assert again.status_code == 302


def test_the_picking_sheet_shows_the_pieces_asked_and_the_kilos_planned(world, in_pieces):
    (group,) = to_pick(world.ecopole, TODAY)
    (line,) = group["lines"]
    assert (line["pieces"], line["quantity"]) == ("60\u00a0pièces", "6\u00a0kg")


@pytest.mark.parametrize("quantity", ["60 pièces", "60 pieces", "60pièces"])
def test_a_buyer_orders_in_pieces_reads_both_and_changes_it(world, charlie, quantity):
    asked = typed(world, day=str(NEXT_TUESDAY), quantity=quantity, quantity_min="3")
    charlie.post(world.url("commandes/"), asked)
    line = OrderLine.objects.get()
    assert (line.pieces, line.quantity, line.quantity_min) == (60, 6, 3)
    assert line.asked == "60\u00a0pièces, environ 6\u00a0kg"
    assert line.asked in charlie.get(world.url("commandes/")).content.decode()
    page = world.url(f"commandes/?ligne={line.pk}")
    assert 'value="60\u00a0pièces"' in charlie.get(page).content.decode()
    charlie.post(page, asked | {"quantity": "7", "key": "cle-en-kilos"})
    line = OrderLine.objects.get()
    assert (line.pieces, line.quantity) == (None, 7)


@pytest.mark.parametrize(
    ("code", "quantity", "said"),
    [
        ("carotte", "0 pièce", "entier, de 1 à 10000"),
        ("carotte", "2,5 pièces", "entier, de 1 à 10000"),
        ("carotte", "-3 pièces", "entier, de 1 à 10000"),
        ("carotte", "20000 pièces", "entier, de 1 à 10000"),
        ("carotte", "6 paquets", "attendue en pièces"),
        ("carotte", "60 pièces, 70 kg", "attendue en pièces"),
        ("mache", "6 pièces", "Commandez en kilos"),
    ],
)
def test_pieces_that_cannot_be_are_kept_on_screen_with_their_reason(world, charlie, code, quantity, said):
    product, _ = Product.objects.get_or_create(
        code=code, defaults={"name": "Mâche", "unit": "kg", "family": "vegetable", "unit_kg": Decimal(1)}
    )
    asked = typed(world, day=str(NEXT_TUESDAY), quantity=quantity, product=str(product.pk))
    answer = charlie.post(world.url("commandes/"), asked)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not OrderLine.objects.exists()


def test_pieces_of_a_product_sold_by_the_piece_are_its_own_unit(world, charlie):
    asked = typed(world, day=str(NEXT_TUESDAY), quantity="12 pièces", product=str(world.lettuce.pk))
    charlie.post(world.url("commandes/"), asked)
    line = OrderLine.objects.get()
    assert (line.pieces, line.quantity) == (None, 12)


def test_the_picker_reads_what_is_accepted_instead_and_what_stands_for_what(world, client):
    accepts = entry(world, "6", TODAY, substitutes=frozenset({world.lettuce}))
    actions.order(ecopole=world.ecopole, entries=[accepts])
    carrot, _ = world.order("6")
    lettuce, _ = world.order("4", product=world.lettuce)
    orders = Orders(world.ecopole, [carrot, lettuce])
    assert orders.instead(carrot) == "à défaut\u202f: Laitue"
    assert orders.instead(lettuce) == "à la place de\u202f: Carotte"
    (group,) = to_pick(world.ecopole, TODAY)
    assert {line["instead"] for line in group["lines"]} == {orders.instead(carrot), orders.instead(lettuce)}
    client.force_login(world.people["lou"])
    page = client.get(world.url("preparation/")).content.decode()
    assert orders.instead(carrot) in page
    assert client.get(world.url("preparation/feuille.pdf")).content.startswith(b"%PDF")


def test_what_is_ordered_for_itself_stands_for_nothing_else(world):
    accepts = entry(world, "6", TODAY, substitutes=frozenset({world.lettuce}))
    actions.order(ecopole=world.ecopole, entries=[accepts, entry(world, "4", TODAY, product=world.lettuce)])
    lettuce, _ = world.order("4", product=world.lettuce)
    assert Orders(world.ecopole, [lettuce]).instead(lettuce) == ""
