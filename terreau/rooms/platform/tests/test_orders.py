"""Orders and their deadline: what is said in time, what waits, and what becomes of it."""

import csv
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import make_aware

from terreau.measures.french import parse_date
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.platform import actions, asks, queries
from terreau.rooms.platform.deadlines import deadline, is_late, rules, week_to_order
from terreau.rooms.platform.models import LateAnswer, LateOrder, LateReply, OrderLine
from terreau.rooms.platform.tests.factories import NOW, TODAY, WEEK, small
from terreau.territory.models import Product

HERE = Path(__file__).parent
FRIDAY = WEEK.days[4]


def cases(name: str) -> list[list[str]]:
    return list(csv.reader((HERE / name).read_text(encoding="utf-8").splitlines(), delimiter=";"))[1:]


def entry(world, quantity: str = "10", day: date = FRIDAY, **more) -> actions.OrderEntry:
    return actions.OrderEntry(
        more.pop("customer", world.canteen), day, more.pop("product", world.carrot), Decimal(quantity),
        Money(200), **more,
    )  # fmt: skip


def ask(world, *entries, key: str = "cle-demande", granted: bool = False):
    return actions.ask(
        ecopole=world.ecopole, entries=entries, granted=granted, by=world.people["charlie"], at=NOW, key=key
    )


def reply(late, said: LateReply = LateReply.ACCEPTED, reason: str = "", key: str = "cle-reponse"):
    return actions.answer_late(late=late, reply=said, reason=reason, by=None, at=NOW, key=key)


def ordered(world, week: IsoWeek = WEEK) -> list[Decimal]:
    return [line.quantity for line in queries.orders(world.ecopole, week)]


@pytest.mark.parametrize("case", cases("deadline_cases.csv"), ids=lambda case: case[0])
def test_worked_cases_of_the_deadline(case):
    _, delivered, said, at, waits = case
    moment = make_aware(datetime.combine(date.fromisoformat(said), time.fromisoformat(at)))
    assert is_late(parse_date(delivered.split(" ", 1)[1]), moment) == (waits == "oui")


def test_every_rule_has_its_date_and_its_source():
    assert all(rule["since"] and rule["source"] for found in rules().values() for rule in found)


def test_one_orders_for_the_first_week_that_is_still_open():
    assert week_to_order(deadline(WEEK + 1)) == WEEK + 1
    assert week_to_order(deadline(WEEK + 1) + timedelta(minutes=1)) == WEEK + 2


def test_in_time_a_line_is_ordered_and_late_it_waits_unseen_by_the_planner(world):
    assert ask(world, entry(world, "7", FRIDAY + timedelta(days=7))) == []
    (late,) = ask(world, entry(world, "9"), key="cle-en-retard")
    assert ordered(world, WEEK + 1) == [7]
    assert ordered(world) == []
    assert queries.said(world.ecopole, WEEK) == []
    sums = queries.ordered_by_week(world.ecopole, WEEK.monday, WEEK.sunday, ["carotte"])
    assert sums == []
    assert queries.late_orders(world.ecopole, TODAY) == 1
    assert list(asks.waiting(world.ecopole, TODAY)) == [late]


def test_accepted_it_is_ordered_as_it_was_asked_once(world):
    asked = entry(world, "9", quantity_min=Decimal(4), substitutes=frozenset({world.lettuce}))
    (late,) = ask(world, asked)
    assert reply(late) == reply(late, key="une-autre-cle")
    line = OrderLine.objects.get()
    assert actions.OrderEntry.of(line, line.day) == asked
    assert queries.late_orders(world.ecopole, TODAY) == 0
    assert ordered(world) == [9]


def test_declined_it_says_why_and_changes_nothing(world):
    actions.order(ecopole=world.ecopole, entries=[entry(world, "4")])
    (late,) = ask(world, entry(world, "9"))
    with pytest.raises(actions.OrderRefused, match="dites pourquoi"):
        reply(late, LateReply.DECLINED, " ")
    assert reply(late, LateReply.DECLINED, "la récolte est faite").reason == "la récolte est faite"
    assert ordered(world) == [4]
    assert [row.answer.reason for row in asks.late(world.canteen, WEEK)] == ["la récolte est faite"]


def test_until_the_yes_the_order_stands_as_it_was(world):
    actions.order(ecopole=world.ecopole, entries=[entry(world, "4")])
    (late,) = ask(world, entry(world, "9"))
    assert ordered(world) == [4]
    reply(late)
    assert ordered(world) == [9]


def test_a_line_taken_back_late_stays_until_the_yes(world):
    actions.order(ecopole=world.ecopole, entries=[entry(world, "4")])
    (late,) = actions.withdraw_order(
        line=OrderLine.objects.get(), granted=False, by=None, at=NOW, key="cle-retrait"
    )
    assert ordered(world) == [4]
    reply(late)
    assert ordered(world) == []


def test_the_same_request_sent_twice_is_one_and_another_supersedes_it(world):
    (first,) = ask(world, entry(world, "9"))
    assert ask(world, entry(world, "9")) == [first]
    assert ask(world, entry(world, "9"), key="cle-autre") == [first]
    assert LateOrder.objects.count() == 1
    (second,) = ask(world, entry(world, "11"), key="cle-seconde")
    assert second.supersedes == first
    with pytest.raises(actions.OrderRefused, match="a changé depuis"):
        reply(first)
    reply(second, key="cle-oui")
    assert ordered(world) == [11]


def test_what_was_ordered_in_time_and_is_sent_again_late_waits_for_nothing(world):
    actions.order(ecopole=world.ecopole, entries=[entry(world, "4")])
    assert ask(world, entry(world, "4")) == []
    assert not LateOrder.objects.exists()


def test_who_answers_late_orders_needs_no_other_yes(world):
    assert ask(world, entry(world, "9"), granted=True) == []
    assert ordered(world) == [9]


def test_two_people_do_not_answer_otherwise(world):
    (late,) = ask(world, entry(world))
    reply(late)
    with pytest.raises(actions.OrderRefused, match="déjà acceptée"):
        reply(late, LateReply.DECLINED, "trop tard", key="cle-non")


def test_a_day_that_has_passed_is_not_granted_and_no_longer_waits(world):
    (late,) = ask(world, entry(world, day=TODAY - timedelta(days=3)))
    with pytest.raises(actions.OrderRefused, match="ce jour est passé"):
        reply(late)
    assert queries.late_orders(world.ecopole, TODAY) == 0


def test_copied_late_the_lines_of_last_week_wait_once(world):
    actions.order(ecopole=world.ecopole, entries=[entry(world, "6", FRIDAY - timedelta(days=7))])

    def copy(key: str) -> tuple[int, int]:
        return actions.copy_orders(
            ecopole=world.ecopole, customer=world.canteen, week=WEEK, since=TODAY, granted=False, by=None,
            at=NOW, key=key,
        )  # fmt: skip

    assert copy("cle-reprise") == (1, 1)
    assert copy("cle-encore") == (0, 0)
    assert ordered(world) == []


# The pages.


def typed(world, **changes) -> dict[str, object]:
    return {
        "key": "cle-commande", "product": str(world.carrot.pk), "day": str(FRIDAY), "price": "2,00",
        "quantity": "12", "quality_min": "1", **changes,
    }  # fmt: skip


def test_a_buyer_orders_late_sees_it_wait_and_takes_it_back(world, charlie):
    page = world.url(f"commandes/?semaine={WEEK}")
    assert "Cette commande est close" in charlie.get(page).content.decode()
    charlie.post(page, typed(world))
    late = LateOrder.objects.get()
    assert late.recorded_by == world.people["charlie"]
    assert "en attente de l’accord de la plateforme" in charlie.get(page).content.decode()
    charlie.post(world.url(f"commandes/attente/{late.pk}/retirer/"), {"key": "cle-reprise"})
    assert LateAnswer.objects.get().reply == LateReply.WITHDRAWN
    assert "en attente de l’accord" not in charlie.get(page).content.decode()


def test_a_line_withdrawn_late_waits_on_the_page(world, charlie):
    actions.order(ecopole=world.ecopole, entries=[entry(world)])
    line = OrderLine.objects.get()
    for key in ("cle-retirer", "cle-encore"):  # a second tap waits for the same yes, and says so
        charlie.post(world.url(f"commandes/{line.pk}/retirer/"), {"key": key})
        assert "votre demande de retrait attend" in charlie.get(world.url("commandes/")).content.decode()
    assert LateOrder.objects.count() == 1
    text = charlie.get(world.url(f"commandes/?semaine={WEEK}")).content.decode()
    assert "à retirer" in text
    assert OrderLine.objects.get() == line


def test_the_coordinator_accepts_in_one_tap_or_declines_with_a_reason(world, client):
    carrot, lettuce = ask(world, entry(world), entry(world, product=world.lettuce))
    client.force_login(world.people["alice"])
    assert "Accorder des commandes" in client.get(f"/e/{world.ecopole.slug}/").content.decode()
    assert "2 lignes hors délai" in client.get(world.url("commandes/")).content.decode()
    page = client.get(world.url("commandes/attente/")).content.decode()
    assert "rien n’en était commandé" in page
    answer = world.url("commandes/attente/{}/repondre/")
    client.post(answer.format(carrot.pk), {"key": "cle-oui-1", "reply": "accepted"})
    assert ordered(world) == [10]
    refused = client.post(answer.format(lettuce.pk), {"key": "cle-non-1", "reply": "declined", "reason": ""})
    assert refused.status_code == 422
    assert f'id="e-{lettuce.pk}"' in refused.content.decode()
    client.post(answer.format(lettuce.pk), {"key": "cle-non-2", "reply": "declined", "reason": "plus rien"})
    client.force_login(world.people["charlie"])
    text = client.get(world.url(f"commandes/?semaine={WEEK}")).content.decode()
    assert "Refusée" in text
    assert "plus rien" in text


def test_an_answer_that_comes_second_says_so(world, client):
    (late,) = ask(world, entry(world))
    reply(late)
    client.force_login(world.people["alice"])
    answer = client.post(
        world.url(f"commandes/attente/{late.pk}/repondre/"),
        {"key": "cle-non-1", "reply": "declined", "reason": "non"},
    )
    assert answer.status_code == 422
    assert "déjà acceptée" in answer.content.decode()


def test_the_coordinator_orders_late_without_waiting(world, client):
    client.force_login(world.people["alice"])
    client.post(world.url(f"commandes/?semaine={WEEK}&client={world.canteen.pk}"), typed(world))
    assert ordered(world) == [12]


def test_a_late_order_of_another_is_not_found(world, charlie):
    other = small("ailleurs")
    (theirs,) = ask(other, entry(other))
    (shops,) = ask(world, entry(world, customer=world.shop))
    for late in (theirs, shops):
        answer = charlie.post(world.url(f"commandes/attente/{late.pk}/retirer/"), {"key": "cle-reprise"})
        assert answer.status_code == 404
    answer = charlie.post(world.url(f"commandes/attente/{shops.pk}/repondre/"), {"key": "cle-12345678"})
    assert answer.status_code == 403
    charlie.force_login(world.people["alice"])
    answer = charlie.post(world.url(f"commandes/attente/{theirs.pk}/repondre/"), {"key": "cle-12345678"})
    assert answer.status_code == 404


def test_an_order_costs_the_same_however_many_lines_wait(world, charlie):
    page = world.url(f"commandes/?semaine={WEEK}")

    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            charlie.get(page)
        return len(caught)

    ask(world, entry(world))
    few = cost()
    ask(world, entry(world, product=world.lettuce), entry(world, day=TODAY), key="cle-suite")
    assert cost() == few <= 12


def family(world) -> None:
    for product, group in ((world.carrot, "racine"), (world.lettuce, "salade")):
        product.basket_group = group
        product.save()
    for code, unit, group in (("panais", "kg", "racine"), ("radis", "piece", "racine"), ("ail", "kg", "")):
        Product.objects.create(
            code=code,
            name=code.title(),
            unit=unit,
            family="vegetable",
            unit_kg=Decimal(1),
            basket_group=group,
        )


def test_one_tick_accepts_what_is_of_the_same_family_and_unit(world, charlie):
    family(world)
    asked = typed(world, day=str(FRIDAY + timedelta(days=7)), family_instead="on")
    charlie.post(world.url("commandes/"), asked | {"substitutes": [str(world.lettuce.pk)]})
    line = OrderLine.objects.get()
    assert {product.name for product in line.substitutes.all()} == {"Panais", "Laitue"}


def test_what_has_no_family_says_so(world, charlie):
    family(world)
    for product in (world.lettuce, Product.objects.get(code="ail")):
        asked = typed(
            world, day=str(FRIDAY + timedelta(days=7)), product=str(product.pk), family_instead="on"
        )
        answer = charlie.post(world.url("commandes/"), asked)
        assert answer.status_code == 422
        assert f"de la famille de {product}" in answer.content.decode()
    assert not OrderLine.objects.exists()
