"""The platform's pages: who opens them, what they cost, and what they keep when something is wrong."""

import re
from datetime import time, timedelta
from decimal import Decimal

import pytest

from terreau.ledger.models import Event
from terreau.measures.money import Money
from terreau.rooms.platform import actions
from terreau.rooms.platform.models import Offer, OrderLine
from terreau.rooms.platform.tests.factories import NOW, TODAY, WEEK, form, small
from terreau.territory.models import Agent, Place
from terreau.territory.tests.pages import cost

DAY_PAGES = [
    "",
    "arrivees/",
    "preparation/",
    "livraisons/",
    "stock/",
    "stock/carte/",
    "stock/inventaire/",
    "temperatures/",
    "caisses/",
    "compost/",
    "vehicules/",
]
ASKING_PAGES = [
    "offres/",
    "offres/?semaine=2026-W48",
    "commandes/",
    "commandes/?semaine=2026-W48",
    "commandes/attente/",
    "commandes/regulieres/",
]
GESTURES = [
    "arrivees/recevoir/",
    "preparation/preparer/",
    "livraisons/livrer/",
    "livraisons/ranger/",
    "compost/composter/",
    "temperatures/noter/",
    "caisses/noter/",
    "caisses/ajouter/",
    "stock/inventaire/compter/",
]


def ask_late(ecopole, entries) -> None:
    """Said on the eve of the day: those of the week wait."""
    actions.ask(
        ecopole=ecopole, entries=entries, granted=False, by=None, at=NOW, key=entries[0].customer.name
    )


def live(world, customers: int) -> None:
    """Something on every page, for so many customers and lots."""
    lot = world.stocked("50", keeps_until=TODAY + timedelta(days=1))
    world.compost(lot)
    for number in range(customers):
        agent = Agent.objects.create(
            ecopole=world.ecopole,
            kind="canteen",
            name=f"Cantine {number} du {lot.code}",
            phone="01 99 00 00 01",
        )
        Place.objects.create(
            ecopole=world.ecopole, agent=agent, kind="door", name="Réception", latitude=50.9, longitude=2
        )
        world.arrival("5")
        world.stocked("7")
        world.stocked("2", place=world.dock)
        world.order("3", customer=agent)
        for customer, gesture in ((world.canteen, actions.order), (agent, ask_late)):
            entry = actions.OrderEntry(
                customer, WEEK.days[2] + timedelta(days=7 * (number % 2)), world.carrot, Decimal(4),
                Money(200), substitutes=frozenset({world.lettuce}),
            )  # fmt: skip
            gesture(ecopole=world.ecopole, entries=[entry])
        for customer, product in ((agent, world.carrot), (world.canteen, world.lettuce)):
            day = WEEK.days[OrderLine.objects.count() % 5] + timedelta(days=7)
            standing = actions.OrderEntry(customer, day, product, Decimal(4), Money(200))
            actions.stand(ecopole=world.ecopole, entry=standing, until=None)


@pytest.mark.parametrize("page", DAY_PAGES)
def test_a_page_costs_the_same_however_many_rows_it_has(world, lou, page):
    live(world, 1)
    few = cost(lou, world.url(page))
    live(world, 4)
    assert cost(lou, world.url(page)) == few <= 12


@pytest.mark.parametrize("page", DAY_PAGES)
def test_the_middle_of_a_page_is_what_htmx_receives(world, lou, page):
    live(world, 2)
    whole = lou.get(world.url(page)).content.decode()
    part = lou.get(world.url(page), headers={"HX-Request": "true"}).content.decode()
    main = re.search(r"<main[^>]*>(.*)</main>", whole, re.S)[1]
    secret = re.compile(r'name="(csrfmiddlewaretoken|key)" value="[^"]*"')
    assert secret.sub("", main).strip() in secret.sub("", part)


@pytest.mark.parametrize("page", DAY_PAGES)
def test_an_empty_page_says_what_will_come_and_the_director_may_only_look(world, client, page):
    client.force_login(world.people["daniel"])
    assert "empty-title" in client.get(world.url(page)).content.decode() or page == ""
    live(world, 1)
    text = client.get(world.url(page)).content.decode()
    assert 'name="due"' not in text


@pytest.mark.parametrize("gesture", GESTURES)
def test_only_those_who_run_the_platform_make_its_gestures(world, client, gesture):
    client.force_login(world.people["daniel"])
    assert client.post(world.url(gesture), {"key": "cle-12345678"}).status_code == 403


def test_a_farm_is_received_in_one_tap(world, lou):
    due = [world.arrival("12"), world.arrival("3")]
    answer = lou.post(world.url("arrivees/recevoir/"), form(due))
    assert answer.status_code == 302
    assert world.held(world.cold) == 15


def test_one_line_is_confirmed_alone_and_the_others_wait(world, lou):
    first, second = world.arrival("12"), world.arrival("3")
    lou.post(world.url("arrivees/recevoir/"), form([first, second], only=str(second.pk)))
    assert world.held(world.cold) == 3


def test_enter_records_what_was_changed_and_nothing_else(world, lou):
    first, second = world.arrival("12"), world.arrival("3")
    typed = {f"q-{first.pk}": "11,5 kg", f"q-{second.pk}": "3"}
    lou.post(world.url("arrivees/recevoir/"), form([first, second], only="changed", **typed))
    assert world.held(world.cold) == Decimal("11.5")


def test_what_was_typed_stays_on_screen_with_the_reason_at_its_line(world, lou):
    first, second = world.arrival("12"), world.arrival("3")
    typed = {f"q-{first.pk}": "douze", f"q-{second.pk}": "2,75", f"refused-{second.pk}": "calibre"}
    answer = lou.post(world.url("arrivees/recevoir/"), form([first, second], **typed))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="douze"' in text
    assert 'value="2,75"' in text
    assert 'value="calibre"' in text
    assert f'id="e-{first.pk}"' in text
    assert not Event.objects.exists()


def test_a_pick_that_cannot_be_is_said_at_its_line(world, lou):
    world.stocked("4")
    pick, _ = world.order("10")
    answer = lou.post(world.url("preparation/preparer/"), form([pick]))
    assert answer.status_code == 422
    assert "il reste 4" in answer.content.decode()


def test_a_stop_picked_short_is_delivered_as_picked_in_one_tap(world, lou):
    world.stocked("8")
    pick, delivery = world.order("10")
    lou.post(world.url("preparation/preparer/"), form([pick], **{f"q-{pick.pk}": "8"}))
    page = lou.get(world.url("livraisons/")).content.decode()
    shown = re.search(rf'name="q-{delivery.pk}" value="([^"]*)"', page)[1]
    assert shown == "8"
    answer = lou.post(
        world.url("livraisons/livrer/"), form([delivery], "cle-87654321", **{f"q-{delivery.pk}": shown})
    )
    assert answer.status_code == 302
    assert world.held(world.door(world.canteen)) == 8


def test_the_nearest_stop_comes_first(world, lou):
    world.order("1", customer=world.canteen)
    world.order("1", customer=world.shop)
    page = lou.get(world.url("livraisons/")).content.decode()
    assert page.index("1. Halle du Canal") < page.index("2. Cantine des Roseaux")


@pytest.mark.parametrize("key", ["", "court", "clé-accentuée", "x" * 81])
def test_a_form_without_a_proper_key_is_a_bad_request(world, lou, key):
    assert lou.post(world.url("arrivees/recevoir/"), form([world.arrival()], key)).status_code == 400


def test_lines_of_another_ecopole_or_of_another_gesture_are_not_found(world, lou):
    other = small("ailleurs")
    pick, delivery = world.order()
    for due in (other.arrival(), pick, delivery):
        assert lou.post(world.url("arrivees/recevoir/"), form([due])).status_code == 404
    assert lou.get(other.url("arrivees/")).status_code == 404
    assert lou.post(world.url("arrivees/recevoir/"), {"key": "cle-12345678", "due": "abc"}).status_code == 404


def test_a_loss_says_its_reason_and_keeps_what_was_typed_when_it_is_too_much(world, lou):
    lot = world.stocked("5")
    url = world.url(f"stock/{lot.code}/{world.cold.pk}/perte/")
    wrong = lou.post(url, {"key": "cle-12345678", "quantity": "6", "reason": "abîmé"})
    assert wrong.status_code == 422
    assert 'value="6"' in wrong.content.decode()
    assert lou.post(url, {"key": "cle-12345678", "quantity": "1,5", "reason": "abîmé"}).status_code == 302
    assert world.held(world.cold) == Decimal("3.5")
    assert Event.objects.get(action="lower").note == "abîmé"


def test_the_stock_is_filtered_by_place_and_product(world, lou):
    cold, dock = world.stocked("5"), world.stocked("2", place=world.dock)
    page = lou.get(world.url(f"stock/?lieu={world.dock.pk}&produit=carotte")).content.decode()
    assert f">{dock.code}</a>" in page
    assert f">{cold.code}</a>" not in page


@pytest.mark.parametrize("sheet", ["preparation/feuille.pdf", "livraisons/livraisons.pdf"])
@pytest.mark.parametrize("lines", [0, 3])
def test_sheets_are_printed_even_on_an_empty_day(world, lou, sheet, lines):
    live(world, lines)
    answer = lou.get(world.url(sheet))
    assert answer.content.startswith(b"%PDF")
    assert lou.get(world.url(f"{sheet}?jour=demain")).status_code == 404


# What farms offer and customers order.


def offered(world, **changes: str) -> dict[str, str]:
    return {
        "product": str(world.carrot.pk), "quantity": "40,5", "price": "1,30", "quality": "2",
        "first_day": "30/11/2026", "last_day": "06/12/2026", **changes,
    }  # fmt: skip


def test_a_farm_offers_changes_and_withdraws_a_line(world, fanny):
    assert fanny.post(world.url("offres/"), offered(world)).status_code == 302
    line = Offer.objects.get()
    assert (line.farm, line.week, line.quantity, line.price) == (
        world.farm,
        "2026-W49",
        Decimal("40.5"),
        Money(130),
    )
    fanny.post(world.url(f"offres/?ligne={line.pk}"), offered(world, quantity="30"))
    assert Offer.objects.get().quantity == 30
    fanny.post(world.url(f"offres/{line.pk}/retirer/"))
    assert not Offer.objects.exists()


def test_a_farm_has_its_goods_fetched_and_need_not_say_it_again(world, fanny):
    fetched = {"collected": "on", "collect_after": "07:30", "collect_before": "09:00"}
    fanny.post(world.url("offres/"), offered(world, **fetched))
    line = Offer.objects.get()
    assert (line.collected, line.collect_after, line.collect_before) == (True, time(7, 30), time(9))
    page = fanny.get(world.url("offres/")).content.decode()
    assert "à prendre à la ferme, 7\u00a0h\u00a030 – 9\u00a0h\u00a000" in page
    # A new line starts as the last one, so does a file, and last week is taken up as it was.
    assert 'value="07:30"' in page
    next_week = WEEK + 1
    entry = actions.OfferEntry(
        world.farm, world.lettuce, Decimal(5), Money(90), next_week.monday, next_week.sunday
    )
    actions.offer(ecopole=world.ecopole, week=next_week, entries=[entry])
    fanny.post(world.url("offres/reprendre/?semaine=2026-W50"))
    assert Offer.objects.filter(collected=True, collect_after=time(7, 30)).count() == 4
    fanny.post(world.url(f"offres/?ligne={line.pk}"), offered(world, collect_after="07:30"))
    line.refresh_from_db()
    assert (line.collected, line.collect_after) == (False, None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"collected": "on", "collect_after": "09:00", "collect_before": "08:00"}, "La fin vient avant"),
        ({"quantity": "0"}, "saisissez ce que la ferme peut apporter"),
        ({"quantity": "-3"}, "sous zéro"),
        ({"quantity": "3 pièces"}, "attendue en kg"),
        ({"price": "-1"}, "saisissez 0 €"),
        ({"last_day": "20/12/2026"}, "n’est pas dans la semaine 49"),
        ({"first_day": "05/12/2026", "last_day": "01/12/2026"}, "avant le premier"),
    ],
)
def test_an_offer_that_cannot_be_is_kept_on_screen_with_its_reason(world, fanny, changes, said):
    answer = fanny.post(world.url("offres/"), offered(world, **changes))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in text
    assert all(f'value="{typed}"' in text for typed in changes.values() if typed != "on")
    assert not Offer.objects.exists()


def test_last_week_is_offered_again_in_two_taps(world, fanny):
    fanny.post(
        world.url("offres/?semaine=2026-W48"), offered(world, first_day="23/11/2026", last_day="29/11/2026")
    )
    assert "Reprendre la semaine dernière" in fanny.get(world.url("offres/")).content.decode()
    fanny.post(world.url("offres/reprendre/"))
    assert Offer.objects.filter(week="2026-W49").count() == 1


def test_a_past_week_no_longer_changes(world, fanny):
    answer = fanny.post(
        world.url("offres/?semaine=2026-W47"), offered(world, first_day="16/11/2026", last_day="16/11/2026")
    )
    assert answer.status_code == 422
    assert not Offer.objects.exists()


def test_a_farm_sees_what_the_plan_takes_from_its_offer(world, fanny):
    fanny.post(
        world.url("offres/?semaine=2026-W48"), offered(world, first_day="23/11/2026", last_day="29/11/2026")
    )
    world.arrival("17")
    text = fanny.get(world.url("offres/?semaine=2026-W48")).content.decode()
    assert "À préparer cette semaine" in text
    assert text.count("17\u00a0kg") == 2


def test_nobody_speaks_for_another_farm_or_customer_but_coordination(world, client):
    other = Agent.objects.create(ecopole=world.ecopole, kind="farm", name="Ferme voisine")
    client.force_login(world.people["fanny"])
    assert client.get(world.url(f"offres/?ferme={other.pk}")).status_code == 404
    assert client.get(world.url("commandes/")).status_code == 403
    client.force_login(world.people["charlie"])
    assert client.get(world.url(f"commandes/?client={world.shop.pk}")).status_code == 404
    client.force_login(world.people["alice"])
    assert client.get(world.url(f"offres/?ferme={other.pk}")).status_code == 200
    assert client.get(world.url(f"commandes/?client={world.shop.pk}")).status_code == 200


def test_a_line_of_another_ecopole_is_neither_changed_nor_withdrawn(world, fanny):
    other = small("ailleurs")
    entry = actions.OfferEntry(other.farm, other.carrot, Decimal(3), Money(100), WEEK.monday, WEEK.sunday)
    actions.offer(ecopole=other.ecopole, week=WEEK, entries=[entry])
    line = Offer.objects.get()
    assert fanny.get(world.url(f"offres/?semaine={WEEK}&ligne={line.pk}")).status_code == 404
    assert fanny.post(world.url(f"offres/{line.pk}/retirer/")).status_code == 404


@pytest.mark.parametrize("typed", ["abc", "9" * 19, "9" * 5_000])
def test_a_line_that_cannot_exist_is_not_found(world, client, typed):
    for who, page in (("fanny", "offres"), ("charlie", "commandes")):
        client.force_login(world.people[who])
        assert client.get(world.url(f"{page}/?ligne={typed}")).status_code == 404
        assert client.get(world.url(f"{page}/?semaine=0001-W01")).status_code == 404


def ordered(world, **changes: object) -> dict[str, object]:
    return {
        "key": "cle-commande", "product": str(world.carrot.pk), "day": "2026-12-01", "price": "2,00",
        "quantity": "12", "quantity_min": "6",
        "quality_min": "1", "window_start": "07:30", "window_end": "10:30",
        "substitutes": [str(world.lettuce.pk)], **changes,
    }  # fmt: skip


def test_a_canteen_orders_changes_and_withdraws_a_line(world, charlie):
    assert charlie.post(world.url("commandes/"), ordered(world)).status_code == 302
    line = OrderLine.objects.get()
    assert (line.customer, line.quantity, line.quantity_min) == (world.canteen, 12, 6)
    assert "ou Laitue" in charlie.get(world.url("commandes/")).content.decode()
    charlie.post(world.url(f"commandes/?ligne={line.pk}"), ordered(world, quantity="15", substitutes=[]))
    line = OrderLine.objects.get()
    assert (line.quantity, line.substitutes.count()) == (15, 0)
    charlie.post(world.url(f"commandes/{line.pk}/retirer/"), {"key": "cle-retirer"})
    assert not OrderLine.objects.exists()


def test_without_a_price_the_last_one_is_kept(world, charlie):
    charlie.post(world.url("commandes/"), ordered(world, price="2,35"))
    charlie.post(world.url("commandes/"), ordered(world, day="2026-12-03", price=""))
    assert set(OrderLine.objects.values_list("price", flat=True)) == {Money(235)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantity": "0"}, "saisissez ce qu’il vous faut"),
        ({"quantity_min": "13"}, "plus que la quantité commandée"),
        ({"window_end": "07:00"}, "échangez-les"),
        ({"day": "2026-11-20"}, 'aria-describedby="id_day-error"'),
        ({"price": "-2"}, "sous zéro"),
    ],
)
def test_an_order_that_cannot_be_is_kept_on_screen_with_its_reason(world, charlie, changes, said):
    answer = charlie.post(world.url("commandes/"), ordered(world, **changes))
    assert answer.status_code == 422
    assert said in answer.content.decode().replace("\u00a0", " ")
    assert not OrderLine.objects.exists()


def test_a_canteen_orders_as_last_week_in_two_taps(world, charlie):
    entry = actions.OrderEntry(world.canteen, WEEK.days[1], world.carrot, Decimal(12), Money(200))
    actions.order(ecopole=world.ecopole, entries=[entry])
    charlie.post(world.url("commandes/reprendre/"), {"key": "cle-reprendre"})
    assert {str(d) for d in OrderLine.objects.values_list("day", flat=True)} == {"2026-11-24", "2026-12-01"}


@pytest.mark.parametrize("page", ASKING_PAGES)
def test_offers_and_orders_cost_the_same_however_many_lines_they_have(world, client, page):
    client.force_login(world.people["alice"])
    live(world, 2)
    add_offers(world, 1)
    few = cost(client, world.url(page))
    live(world, 3)
    add_offers(world, 3)
    assert cost(client, world.url(page)) == few <= 12


def add_offers(world, qualities: int) -> None:
    for week in (WEEK, WEEK + 1):
        entries = [
            actions.OfferEntry(
                world.farm, world.carrot, Decimal(3), Money(100), week.monday, week.sunday, quality
            )
            for quality in range(qualities)
        ]
        actions.offer(ecopole=world.ecopole, week=week, entries=entries)
