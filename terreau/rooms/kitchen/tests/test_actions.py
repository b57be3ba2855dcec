"""A batch from surplus to release: what it writes in the ledger, what it refuses, the same form twice."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from terreau.ledger.actions import Entry, LedgerRefusal, record, reverse
from terreau.ledger.audit import differences
from terreau.ledger.models import Event, Lot, VerdictKind
from terreau.ledger.queries import State, commitments, negative_rights, stock
from terreau.ledger.shelf import ShelfIsShort
from terreau.ledger.trace import journey, recall
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.rooms.kitchen import actions
from terreau.rooms.kitchen.actions import KitchenRefused
from terreau.rooms.kitchen.labels import label_of, label_sheet
from terreau.rooms.kitchen.models import Batch, Control, Ending, Equipment, RecipeVersion, Record, Reply
from terreau.rooms.kitchen.queries import statement, waiting
from terreau.rooms.kitchen.queries.batches import recent, sheet_of
from terreau.rooms.kitchen.queries.goods import surplus
from terreau.rooms.kitchen.queries.hygiene import operator_on
from terreau.rooms.kitchen.queries.orders import orders
from terreau.rooms.kitchen.queries.recipes import last_version, proposed, recipes
from terreau.rooms.kitchen.tests.factories import NOW, TODAY, WRITTEN, make_house

WEEK = (TODAY, TODAY + timedelta(days=3))


@pytest.fixture
def house(db):
    house = make_house()
    yield house
    assert list(differences(house.ecopole)) == []


def released(house, batch: Batch) -> Lot:
    house.cycle(batch)
    house.check(batch, "incubation", "1")
    return actions.release(batch=batch, key="release", **WRITTEN).lot


def test_surplus_becomes_bottles_that_leave_and_are_recalled(house):
    carrots, salt = house.surplus("40"), house.lot("sel", "1")
    (line,) = surplus(house.ecopole, WEEK)
    assert (line.lot, line.left) == (carrots, Decimal(40))
    for _ in range(2):  # the same form twice
        actions.take_surplus(
            ecopole=house.ecopole, kitchen=house.kitchen, line=line, quantity=Decimal(8), price=Money(70),
            key="surplus", **WRITTEN,
        )  # fmt: skip
    # What was taken is no longer for the compost; what was not still is.
    (rest,) = surplus(house.ecopole, WEEK)
    assert rest.left == 32
    assert Event.objects.get(key="surplus:0").price == Money(560)
    batch = house.plan(house.recipe())
    house.use(batch, (carrots, "8"), (salt, "0.1"))
    house.finish(batch, key="finish")
    house.finish(batch, key="finish")
    sheet = sheet_of(batch)
    assert (sheet.state, sheet.made, sheet.hours, sheet.lot.quality) == ("held", 10, 4, 2)
    assert sheet.lot.keeps_until == TODAY + timedelta(days=540)
    assert sheet.ending.gap_kg == Decimal("0.000")
    lot = released(house, batch)
    assert sheet_of(batch).state == "released"
    actions.send(
        ecopole=house.ecopole, kitchen=house.kitchen, lot=lot, receiver=house.agents["cantine"],
        quantity=Decimal(6), price=Money(410), key="send", **WRITTEN,
    )  # fmt: skip
    # From the carrots to who received the soup: six bottles of ten hold 4,8 kg of the eight.
    (reached,) = [line for line in recall(carrots) if line.receiver == house.agents["cantine"]]
    assert (reached.quantity, reached.content) == (Decimal(6), Decimal("4.8"))
    assert {row.lot for row in journey(lot).upstream} == {carrots, salt}
    assert [line.state for line in commitments(house.ecopole, process=batch.process)] == [State.MET]


def test_an_order_is_delivered_of_what_is_released_and_its_rest_stays_due(house):
    batch = house.cooked()
    asked: dict[str, Any] = {
        "ecopole": house.ecopole, "kitchen": house.kitchen, "receiver": house.agents["cantine"],
        "product": house.products["soupe-legumes"], "quantity": Decimal(6), "price": Money(410), "at": NOW,
    }  # fmt: skip
    for _ in range(2):  # the same form twice
        actions.take_order(**asked, due_on=TODAY, key="order")
    (order,) = orders(house.ecopole, house.kitchen)
    assert (order.left, order.commitment.price) == (Decimal(6), Money(2_460))
    with pytest.raises(KitchenRefused, match="est passé"):
        actions.take_order(**asked, due_on=TODAY - timedelta(days=1), key="late")
    given: dict[str, Any] = {"ecopole": house.ecopole, "order": order} | WRITTEN
    with pytest.raises(ShelfIsShort, match="il ne reste rien"):
        actions.deliver(**given, quantity=Decimal(6), key="held")
    lot = released(house, batch)
    with pytest.raises(KitchenRefused, match="il reste 6"):
        actions.deliver(**given, quantity=Decimal(7), key="more")
    for _ in range(2):
        (gone,) = actions.deliver(**given, quantity=Decimal(4), key="part")
    assert (gone.lot, gone.price, gone.fulfils_id) == (lot, Money(1_640), order.commitment.pk)
    (order,) = orders(house.ecopole, house.kitchen)
    assert order.left == 2
    assert waiting(house.ecopole, TODAY).to_deliver == 1
    assert waiting(house.ecopole, TODAY - timedelta(days=1)).to_deliver == 0
    assert [(line.receiver.kind, line.quantity) for line in recall(lot)] == [("canteen", Decimal(4))]
    with pytest.raises(KitchenRefused, match="Dites pourquoi"):
        actions.give_up_order(order=order, reason=" ", key="why", **WRITTEN)
    actions.give_up_order(order=order, reason="plus de soupe", key="up", **WRITTEN)
    assert orders(house.ecopole, house.kitchen) == []
    assert waiting(house.ecopole, TODAY).to_deliver == 0


def test_a_lot_that_is_not_released_does_not_leave(house):
    batch = house.cooked()
    lot = sheet_of(batch).lot
    sent = {"ecopole": house.ecopole, "kitchen": house.kitchen, "lot": lot, "quantity": Decimal(1),
            "receiver": house.agents["cantine"], "price": Money(400), "key": "send"} | WRITTEN  # fmt: skip
    with pytest.raises(KitchenRefused, match="pas libéré"):
        actions.send(**sent)
    released(house, batch)
    actions.send(**sent)
    actions.stop(batch=batch, reason="pot bombé", for_good=False, key="stop", **WRITTEN)
    with pytest.raises(KitchenRefused, match="pas libéré"):
        actions.send(**sent | {"key": "again"})
    # Whatever the door: the ledger refuses it too.
    leaving = Entry(
        "transfer", house.kitchen.pk, house.agents["cantine"].pk, lot.product_id, Decimal(1), Unit.PIECE,
        "door", NOW, lot=lot, from_place_id=house.places["cuisine"].pk,
        to_place_id=house.places["cantine"].pk,
    )  # fmt: skip
    with pytest.raises(LedgerRefusal, match="pot bombé"):
        record(ecopole=house.ecopole, entries=[leaving], recorded_by=None, recorded_at=NOW)
    actions.stop(batch=batch, reason="pots bombés", for_good=True, key="away", **WRITTEN)
    with pytest.raises(KitchenRefused, match="écarté"):
        actions.release(batch=batch, key="release-again", **WRITTEN)


def test_release_names_each_record_that_is_missing_or_wrong(house):
    batch = house.cooked()
    assert waiting(house.ecopole, TODAY).to_release == 1

    def refused() -> str:
        with pytest.raises(KitchenRefused) as refusal:
            actions.release(batch=batch, key="release", **WRITTEN)
        return str(refusal.value)

    assert "F0" in refused()
    assert "Étuvage" in refused()
    weak = house.cycle(batch, minutes="5")
    assert (weak.value, weak.out, weak.limit) == (Decimal("2.44"), True, "3\u00a0min au moins")
    assert waiting(house.ecopole, TODAY).alerts == 1
    house.check(batch, "incubation", "1")
    assert "hors limite. Corrigez" in refused()
    house.cycle(batch, minutes="15")
    assert "dites ce qui a été fait" in refused()
    for _ in range(2):
        actions.reply(control=weak, done="Second cycle complet aussitôt.", **WRITTEN)
    assert Reply.objects.count() == 1
    assert actions.release(batch=batch, key="release", **WRITTEN).kind == VerdictKind.RELEASED
    assert waiting(house.ecopole, TODAY).count == 0
    # The first reading is still there.
    assert [c.out for c in Control.objects.filter(point="f0")] == [True, False]


def test_a_dish_is_cooked_cooled_and_kept_three_days(house):
    batch = house.plan(house.recipe("chilled"), "5")
    carrots, salt = house.lot("carotte", "8"), house.lot("sel", "1")
    house.use(batch, (carrots, "8"), (salt, "0.1"))
    assert house.check(batch, "core", "74", minutes=Decimal(5)).out
    assert house.check(batch, "core", "80", minutes=Decimal(1)).out
    assert not house.check(batch, "core", "80", minutes=Decimal(2)).out
    slow = house.check(batch, "cooling", curve=[(Decimal(0), Decimal(70)), (Decimal(200), Decimal(5))])
    assert slow.out
    fast = house.check(batch, "cooling", curve=[(Decimal(0), Decimal(70)), (Decimal(90), Decimal(5))])
    assert (fast.out, fast.value) == (False, Decimal("73.39"))
    house.finish(batch, "5", hours=Decimal(3))
    for control in Control.objects.filter(out=True):
        actions.reply(control=control, done="Recuit, puis refroidi de nouveau.", **WRITTEN)
    lot = actions.release(batch=batch, key="release", **WRITTEN).lot
    assert lot.keeps_until == TODAY + timedelta(days=3)
    label = label_of(sheet_of(batch), operator_on(house.kitchen, TODAY))
    assert label.life == "À consommer jusqu’au 30/11/2026"
    with pytest.raises(KitchenRefused, match="pas dans son barème"):
        house.check(batch, "ph", "4")


def test_the_mass_closes_or_says_why(house):
    batch = house.plan(house.recipe())
    house.use(batch, (house.lot("carotte", "8"), "8"), (house.lot("sel", "1"), "0.1"))
    with pytest.raises(KitchenRefused, match=r"il manque 2 kg"):
        house.finish(batch, "8")
    with pytest.raises(KitchenRefused, match="est en trop"):
        house.finish(batch, "12")
    house.finish(batch, "8", reason="une marmite a débordé")
    ending = Ending.objects.get()
    assert (ending.gap_kg, ending.reason) == (Decimal(2), "une marmite a débordé")
    assert sheet_of(batch).unusual
    # Jars kept for the oven came out too, and are not in store.
    other = house.plan(house.recipe("pasteurised"))
    house.use(other, (house.lot("carotte", "8"), "8"), (house.lot("sel", "1"), "0.1"))
    house.finish(other, "8", samples=2)
    assert not sheet_of(other).unusual


def test_what_is_finished_may_be_undone_and_finished_again(house):
    batch = house.cooked()
    events = list(Event.objects.filter(process=batch.process, action__in=("produce", "work")))
    reverse(ecopole=house.ecopole, events=events, by=None, at=NOW, key="undo")
    sheet = sheet_of(batch)
    assert (sheet.state, sheet.ending) == ("cooking", None)
    house.finish(batch, "9", samples=1)
    assert (sheet_of(batch).made, Ending.objects.count()) == (9, 2)


def test_on_behalf_of_a_farm_its_rights_stay_and_the_fee_is_due(house):
    house.fee()
    carrots, salt = house.lot("carotte", "20", "ferme"), house.lot("sel", "1")
    batch = house.plan(house.recipe(), owner=house.agents["ferme"])
    house.use(batch, (carrots, "8"), (salt, "0.1"))
    # Cooked for another: a debt as long as nothing came out of it.
    assert [(row.lot, row.quantity) for row in negative_rights(house.ecopole)] == [(carrots, Decimal(-8))]
    house.finish(batch)
    assert negative_rights(house.ecopole) == []
    lines = {line.lot.product.code: line for line in stock(house.ecopole, holder=house.kitchen)}
    assert lines["soupe-legumes"].owner == lines["carotte"].owner == house.agents["ferme"]
    assert (lines["carotte"].quantity, lines["sel"].owner) == (Decimal(12), None)
    lot = released(house, batch)
    told = statement(house.ecopole, house.kitchen, house.agents["ferme"], (TODAY, TODAY))
    # 40 € a batch and 0,60 € a bottle, ten of them.
    assert (told.fee, len(told.batches), len(told.here)) == (Money(4_600), 1, 2)
    sent = {"ecopole": house.ecopole, "kitchen": house.kitchen, "lot": lot, "quantity": Decimal(10),
            "price": Money(400), "key": "send"} | WRITTEN  # fmt: skip
    with pytest.raises(KitchenRefused, match="c’est à Ferme"):
        actions.send(**sent, receiver=house.agents["cantine"])
    (back,) = actions.send(**sent, receiver=house.agents["ferme"])
    assert (back.action, back.price) == ("transfer_custody", None)


def test_nothing_of_a_farm_is_cooked_for_another(house):
    carrots = house.lot("carotte", "20", "ferme")
    with pytest.raises(KitchenRefused, match="c’est à Ferme"):
        house.use(house.plan(house.recipe()), (carrots, "8"))
    with pytest.raises(KitchenRefused, match="aucun prix à façon"):
        house.plan(RecipeVersion.objects.get(), owner=house.agents["ferme"])
    version = RecipeVersion.objects.get()
    needed = {house.products["carotte"]: Decimal(8)}
    shelves = stock(house.ecopole, holder=house.kitchen)
    assert proposed(needed, shelves, None, TODAY) == {}
    assert proposed(needed, shelves, house.agents["ferme"].pk, TODAY) == {
        (carrots.pk, house.places["cuisine"].pk): Decimal(8)
    }
    assert version.number == 1


def test_what_goes_in_is_in_the_recipe_there_and_not_past_its_day(house):
    batch = house.plan(house.recipe())
    old = house.lot("carotte", "9", keeps_until=TODAY - timedelta(days=1))
    carrots, celery = house.lot("carotte", "5"), house.lot("celeri-rave", "3")
    for lines, words in (
        ([(celery, "1")], "Ses allergènes manqueraient"),
        ([(carrots, "6")], "il y en a 5.kg"),
        ([(old, "1")], "sa date est passée"),
        ([], "Rien n’est saisi"),
    ):
        with pytest.raises(KitchenRefused, match=words):
            house.use(batch, *lines)
    with pytest.raises(KitchenRefused, match="Rien n’est entré de"):
        house.finish(batch)
    with pytest.raises(KitchenRefused, match="Dites pourquoi"):
        actions.drop_batch(batch=batch, reason=" ", key="drop", **WRITTEN)
    for _ in range(2):
        actions.drop_batch(batch=batch, reason="autoclave pris", key="drop", **WRITTEN)
    assert sheet_of(batch).state == "dropped"
    assert recent(house.ecopole, TODAY + timedelta(days=1)) == []
    with pytest.raises(KitchenRefused, match="abandonnée"):
        house.use(batch, (carrots, "1"))


def note(house, kind: str, on: date, key: str = "") -> None:
    machine = house.machines["autoclave"]
    actions.note_fact(equipment=machine, kind=kind, on=on, note="", key=key or f"{kind}-{on}", **WRITTEN)


def test_an_autoclave_broken_or_overdue_makes_no_batch(house):
    version = house.recipe()
    # In service for 400 days: its first inspection falls due two years after the first day.
    far = TODAY + timedelta(days=400)
    with pytest.raises(KitchenRefused, match="inspection à faire avant"):
        house.plan(version, on=far)
    note(house, "inspected", TODAY)
    house.plan(version, on=far)
    note(house, "broken", TODAY)
    with pytest.raises(KitchenRefused, match="en panne"):
        house.plan(version)
    note(house, "repaired", TODAY)
    batch = house.plan(version)
    note(house, "broken", TODAY, key="again")
    with pytest.raises(KitchenRefused, match="en panne"):
        house.cycle(batch)


def test_an_autoclave_is_requalified_after_ten_years_and_run_by_a_trained_hand(house):
    version, since = house.recipe(), house.machines["autoclave"].since
    note(house, "inspected", TODAY)
    Equipment.objects.update(since=date(2016, 11, 26))
    with pytest.raises(KitchenRefused, match="requalification à faire avant le 26"):
        house.plan(version)
    Equipment.objects.update(since=since)
    house.plan(version)
    Record.objects.filter(kind="training").update(until=TODAY - timedelta(days=1))
    with pytest.raises(KitchenRefused, match="formation à l’autoclave"):
        house.plan(version)
    version.equipment.clear()
    with pytest.raises(KitchenRefused, match="ne nomme aucun autoclave"):
        house.plan(version)


def test_a_recipe_changes_by_another_version_and_batches_keep_theirs(house):
    version = house.recipe()
    batch = house.plan(version)
    lines = [
        actions.Line(house.products["carotte"], Decimal(9)),
        actions.Line(house.products["celeri-rave"], Decimal(2)),
    ]
    written = actions.Written(
        schedule="sterilised", lines=lines, yield_low=Decimal(10), yield_likely=Decimal(11),
        yield_high=Decimal(12), hours=Decimal(4), life_days=540, steps="Laver.", storage="Au sec",
    )  # fmt: skip
    for _ in range(2):
        second = actions.change_recipe(recipe=version.recipe, written=written, key="v2", **WRITTEN)
    assert (second.number, last_version(version.recipe)) == (2, second)
    assert [need.product.code for need in sheet_of(batch).needs] == ["carotte", "sel"]
    (line,) = recipes(house.ecopole, TODAY)
    assert line.allergens == ("céleri",)
    # 9 × 0,70 € and 2 × 0,88 € of surplus, 4 h × 18,50 €, no jar: 82,06 € for eleven.
    assert (line.cost.goods, line.cost.labour, line.cost.each) == (Money(806), Money(7_400), Money(746))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"life_days": 1096}, "aucune étude validée"),
        ({"life_days": 1300, "study_days": 1200, "study": "labo"}, "va jusqu’à 1200 jours"),
        ({"study_days": 1200}, "Dites où est l’étude"),
        ({"lines": []}, "au moins un ingrédient"),
        ({"yield_low": Decimal(20)}, "dans l’ordre"),
        ({"schedule": "pasteurised", "core_celsius": None}, "à quelle température à cœur"),
        ({"schedule": "chilled", "life_days": 3, "core_celsius": Decimal(60), "core_minutes": Decimal(5)},
         "63"),
    ],
)  # fmt: skip
def test_a_recipe_that_cannot_be_safe_is_refused(house, more, words):
    with pytest.raises(KitchenRefused, match=words):
        house.recipe(**more)


def test_an_ingredient_whose_allergens_are_not_known_is_refused(house):
    jar = actions.Line(house.products["soupe-legumes"], Decimal(1))
    with pytest.raises(KitchenRefused, match="allergènes ne sont pas connus"):
        house.recipe(lines=[jar])


def test_what_is_bought_comes_with_its_suppliers_lot_and_origin(house):
    bought = actions.Bought(
        house.products["sel"], Decimal(5), 0, Money(90), "S-2211", "elsewhere", keeps_until=None
    )
    given = {"ecopole": house.ecopole, "kitchen": house.kitchen, "supplier": house.agents["ferme"]} | WRITTEN
    for _ in range(2):
        (lot,) = actions.buy(**given, bought=[bought], key="slip")
    assert house.held()[lot.code] == 5
    assert (lot.kitchen_intake.supplier_lot, lot.producer) == ("S-2211", house.agents["ferme"])
    for wrong, words in (
        ({"supplier_lot": " "}, "lot du fournisseur"),
        ({"quantity": Decimal(0)}, "ce qui est arrivé"),
    ):
        with pytest.raises(KitchenRefused, match=words):
            actions.buy(**given, bought=[replace(bought, **wrong)], key="other")


def test_a_label_names_each_missing_mention_and_shows_allergens_in_bold(house):
    lines = [actions.Line(house.products["carotte"], Decimal(8), named=True),
             actions.Line(house.products["celeri-rave"], Decimal(3)),
             actions.Line(house.products["sel"], Decimal("0.1"))]  # fmt: skip
    batch = house.plan(house.recipe(lines=lines))
    house.use(
        batch,
        (house.lot("carotte", "8"), "8"),
        (house.lot("celeri-rave", "3"), "3"),
        (house.lot("sel", "1"), "0.1"),
    )
    house.finish(batch, reason="essai")
    label = label_of(sheet_of(batch), operator_on(house.kitchen, TODAY))
    # 8 kg of carrots, 2,5 of water, 2,1 of celeriac (three of 700 g), 0,1 of salt: 12,7 kg in all.
    assert label.ingredients == (
        "carotte* (63 %), eau, céleri-rave*, sel. * issus de l’agriculture biologique."
    )
    assert [part.text for part in label.parts if part.bold] == ["céleri-rave"]
    assert (label.net, label.organic, label.origin) == ("1 kg", "FR-BIO-01", "Agriculture France")
    assert label.life == "À consommer de préférence avant le 20/05/2028"
    assert label_sheet(label, url="https://exemple.invalid/l", count=3, footer="").startswith(b"%PDF")
    bare = label_of(sheet_of(batch), None)
    assert bare.missing == ("le nom et l’adresse de l’exploitant", "le code de l’organisme certificateur")
    with pytest.raises(KitchenRefused, match="il manque le nom et l’adresse de l’exploitant, le code"):
        label_sheet(bare, url="", count=1, footer="")
    with pytest.raises(KitchenRefused, match="pas encore de lot"):
        label_of(sheet_of(house.plan(RecipeVersion.objects.get())), None)


def test_what_is_agreed_with_a_farm_is_never_before_it_is_written(house):
    fee = house.fee(key="fee")
    assert house.fee(key="fee") == fee
    for wrong, words in (
        ({"starts_on": TODAY - timedelta(days=1)}, "est passé"),
        ({"agreed": ""}, "où c’est écrit"),
        ({"per_unit": -1}, "sous 0"),
    ):
        with pytest.raises(KitchenRefused, match=words):
            house.fee(**wrong)


def test_hygiene_is_noted_on_the_day_it_was(house):
    with pytest.raises(KitchenRefused, match="pas encore passé"):
        note(house, "inspected", TODAY + timedelta(days=1))
    with pytest.raises(KitchenRefused, match="personne formée"):
        actions.note_record(
            ecopole=house.ecopole, kind="training", what="HACCP", on=TODAY, key="t", **WRITTEN
        )
    with pytest.raises(KitchenRefused, match="déjà ce nom"):
        actions.add_equipment(ecopole=house.ecopole, kind="kettle", name="Sonde 1", since=TODAY, key="k")
    with pytest.raises(KitchenRefused, match="ni l’un ni l’autre"):
        actions.say_operator(ecopole=house.ecopole, kitchen=house.kitchen, name="A", address="B",
                             organic_body="X", starts_on=TODAY, key="o", **WRITTEN)  # fmt: skip
    gap = actions.note_record(
        ecopole=house.ecopole,
        kind="nonconformity",
        what="Porte laissée ouverte",
        on=TODAY,
        key="n",
        **WRITTEN,
    )
    assert waiting(house.ecopole, TODAY).alerts == 1
    with pytest.raises(KitchenRefused, match="ce qui a été fait"):
        actions.reply(record=gap, done="", **WRITTEN)
    actions.reply(record=gap, done="Refermée, 3 °C une heure après.", **WRITTEN)
    assert waiting(house.ecopole, TODAY).alerts == 0
