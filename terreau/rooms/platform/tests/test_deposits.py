"""Goods that farms leave and still own: kept, taken back, sold for them, handed over, lost; the statement."""

import csv
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from terreau.ledger.actions import NewProcess, agree, open_processes, reverse
from terreau.ledger.answers import Answer, AnswerRefused
from terreau.ledger.audit import differences
from terreau.ledger.models import Custody, Event, Rights
from terreau.ledger.queries import State, commitments, on_hand, stock, stored, taken_from
from terreau.measures.money import Money
from terreau.rooms.platform import actions
from terreau.rooms.platform.deposits import Rates, commission, left
from terreau.rooms.platform.egalim import Local, purchases
from terreau.rooms.platform.inventory import Counted
from terreau.rooms.platform.models import Commission, Deposit
from terreau.rooms.platform.queries import sold_for_farms
from terreau.rooms.platform.statement import engagements, statement
from terreau.rooms.platform.tests.factories import NOW, TODAY, WEEK, small
from terreau.territory.models import Agent, AgentKind, Place, PlaceKind, Quality
from terreau.territory.tests.pages import cost

PAGE, LEAVE, TERMS = "fermes/depots/", "fermes/depots/laisser/", "fermes/commissions/"
CASES = list(
    csv.DictReader((Path(__file__).parent / "commission_cases.csv").read_text(encoding="utf-8").splitlines())
)


def deposit(world, quantity="30", purpose="kept", key="cle-depot", product=None, at=NOW):
    return actions.leave(
        ecopole=world.ecopole, platform=world.platform, farm=world.farm, product=product or world.carrot,
        quantity=Decimal(quantity), quality=Quality.CONVENTIONAL, purpose=purpose, by=None, at=at, key=key,
    )  # fmt: skip


def agreed(world, percent="20", starts_on=TODAY, key="cle-accord"):
    return actions.agree_commission(
        ecopole=world.ecopole, farm=world.farm, percent=Decimal(percent), starts_on=starts_on,
        agreed="convention du 12 mars", by=None, at=NOW, key=key,
    )  # fmt: skip


def act(gesture, world, *answers, key="cle-geste", at=NOW):
    return gesture(ecopole=world.ecopole, platform=world.platform, done=answers, by=None, at=at, key=key)


def sold(world, quantity="10", key="vente"):
    """A line picked and delivered, at 10 € for all of it."""
    pick, delivery = world.order(quantity)
    act(actions.pick, world, Answer(pick, Decimal(quantity)), key=f"{key}-pick")
    act(actions.deliver, world, Answer(delivery, Decimal(quantity)), key=f"{key}-livre")
    return delivery


def part(world, away=False):
    return next(one for one in left(world.ecopole, [world.farm.pk]) if one.away is away)


def handed(world, taker, key="cle-confie", away=False, **more):
    return actions.hand_over(
        ecopole=world.ecopole, part=part(world, away), taker=taker, by=None, at=NOW, key=key, **more
    )


def rights(world, agent):
    return {row.lot.product.code: row.quantity for row in Rights.objects.filter(owner=agent) if row.quantity}


@pytest.fixture
def kitchen(world) -> Agent:
    made = Agent.objects.create(
        ecopole=world.ecopole, kind=AgentKind.KITCHEN, name="Conserverie", commune=world.farm.commune
    )
    Place.objects.create(
        ecopole=world.ecopole, agent=made, kind=PlaceKind.DOOR, name="Réception", commune=made.commune
    )
    return made


def test_what_is_left_changes_hands_and_not_owner(world, lou):
    lot = deposit(world).lot
    assert world.held(world.cold) == 30
    assert rights(world, world.farm) == {"carotte": 30}
    assert not Rights.objects.filter(owner=world.platform).exists()
    assert lot.producer == world.farm, "a lot of its own, which is never mixed"
    text = lou.get(world.url("stock/")).content.decode()
    assert "Ferme des Saules, en dépôt" in text
    assert list(differences(world.ecopole)) == []


def test_what_is_only_left_is_neither_sold_nor_counted_on(world, lou):
    deposit(world, "30")
    own = world.stocked("4")
    shown = {line.lot.pk: line for line in stock(world.ecopole, holder=world.platform)}
    assert {pk: line.own for pk, line in shown.items()} == {own.pk: True, Deposit.objects.get().lot_id: False}
    assert on_hand(world.ecopole, holder=world.platform, place_kinds=["cold"], on=TODAY) == {
        world.carrot.pk: 4
    }
    seen = stored(world.ecopole, holder_kind=AgentKind.PLATFORM, place_kinds=["cold"])
    assert [line.quantity for line in seen] == [4]
    pick, _ = world.order("10")
    with pytest.raises(AnswerRefused, match="il reste 4\u00a0kg, pour 10\u00a0kg"):
        act(actions.pick, world, Answer(pick, Decimal(10)))
    page = lou.get(world.url("preparation/")).content.decode()
    assert "il manque 6\u00a0kg en réserve" in page


def test_the_platform_gives_back_its_own_first_expired_first_and_never_a_deposit(world):
    deposit(world, "30")  # older than what follows
    own = world.stocked("10", keeps_until=TODAY + timedelta(days=30))
    pick, _ = world.order("10")
    events = act(actions.pick, world, Answer(pick, Decimal(10)))
    assert [event.lot for event in events] == [own]


def test_the_farm_takes_all_of_it_back_in_one_gesture(world, fanny):
    deposit(world)
    url = world.url(f"{PAGE}{part(world).id}/reprendre/")
    answer = fanny.post(url, {"key": "cle-reprise"}, follow=True)
    assert "30\u00a0kg de carotte repris." in answer.content.decode()
    assert world.held(world.door(world.farm)) == 30
    assert left(world.ecopole, [world.farm.pk]) == []
    assert fanny.post(url, {"key": "cle-reprise-2"}).status_code == 404, "there is nothing left"


def test_a_farm_neither_sees_nor_takes_back_what_is_another_s(world, fanny):
    other = Agent.objects.create(
        ecopole=world.ecopole, kind=AgentKind.FARM, name="Ferme du Long Fossé", commune=world.farm.commune
    )
    Place.objects.create(ecopole=world.ecopole, agent=other, kind="door", name="Cour", commune=other.commune)
    actions.leave(
        ecopole=world.ecopole, platform=world.platform, farm=other, product=world.carrot,
        quantity=Decimal(3), quality=0, purpose="kept", by=None, at=NOW, key="cle-autre",
    )  # fmt: skip
    theirs = left(world.ecopole, [other.pk])[0]
    assert "Long Fossé" not in fanny.get(world.url(PAGE)).content.decode()
    assert fanny.post(world.url(f"{PAGE}{theirs.id}/reprendre/"), {"key": "cle-vol-123"}).status_code == 404
    assert fanny.get(world.url(f"fermes/releve/?ferme={other.pk}")).status_code == 404
    assert fanny.get(world.url(f"fermes/bon/?ferme={other.pk}")).status_code == 404


def test_the_same_form_twice_is_one_deposit_and_undoing_leaves_nothing(world):
    first = deposit(world)
    assert deposit(world) == first
    reverse(
        ecopole=world.ecopole, events=list(Event.objects.filter(key__startswith="cle-depot:")), by=None,
        at=NOW, key="cle-annuler",
    )  # fmt: skip
    assert left(world.ecopole, [world.farm.pk]) == []
    assert list(differences(world.ecopole)) == []


def test_a_deposit_said_organic_without_a_certificate_is_noted_conventional(world):
    lot = actions.leave(
        ecopole=world.ecopole, platform=world.platform, farm=world.farm, product=world.carrot,
        quantity=Decimal(3), quality=Quality.ORGANIC, purpose="kept", by=None, at=NOW, key="cle-bio",
    ).lot  # fmt: skip
    assert lot.quality == Quality.CONVENTIONAL
    assert "aucun certificat bio" in Event.objects.get(lot=lot, action="produce").note


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_commission_is_the_rate_of_the_price(case):
    kept = commission(Money(int(case["price_cents"])), Decimal(case["percent"]))
    assert kept == Money(int(case["commission_cents"]))


def test_the_rate_is_that_of_the_day_and_never_begins_in_the_past(world):
    agreed(world, "20")
    agreed(world, "15", TODAY + timedelta(days=7), "cle-accord-2")
    rates = Rates(world.ecopole, [world.farm.pk])
    days = [TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=6), TODAY + timedelta(days=7)]
    assert [rates.on(world.farm.pk, day) for day in days] == [None, 20, 20, 15]
    with pytest.raises(actions.DepositRefused, match="ce qui est vendu garde sa commission"):
        agreed(world, "10", TODAY - timedelta(days=1), "cle-accord-3")
    assert agreed(world, "20") == Commission.objects.get(key="cle-accord"), "the same key is one agreement"


def test_nothing_is_left_to_be_sold_without_an_agreed_commission(world):
    with pytest.raises(actions.DepositRefused, match="aucune commission"):
        deposit(world, purpose="sale")
    agreed(world)
    assert sold_for_farms(world.ecopole, TODAY) == {}
    lot = deposit(world, purpose="sale").lot
    assert sold_for_farms(world.ecopole, TODAY) == {lot.pk: 20}


def test_sold_for_its_farm_rights_pass_from_the_farm_to_the_customer_at_the_price(world):
    agreed(world)
    lot = deposit(world, "30", "sale").lot
    delivery = sold(world, "10")
    rows = Event.objects.filter(lot=lot, receiver=world.canteen).order_by("id")
    passed, held = rows
    assert (passed.action, passed.provider, passed.price) == ("transfer_rights", world.farm, Money(1000))
    assert (held.action, held.provider, held.price) == ("transfer_custody", world.platform, None)
    assert (rights(world, world.farm), rights(world, world.canteen)) == ({"carotte": 20}, {"carotte": 10})
    assert not Rights.objects.filter(owner=world.platform).exists(), "never the platform's, even for a moment"
    line = next(li for li in commitments(world.ecopole) if li.commitment == delivery)
    assert (line.state, line.fulfilled) == (State.MET, 10)
    month = statement(world.ecopole, world.platform, world.farm, TODAY, TODAY)
    assert (month.sold, month.kept, month.due) == (Money(1000), Money(200), Money(800))
    assert list(differences(world.ecopole)) == []


def test_a_canteen_bought_it_from_the_farm_and_the_season_counts_it(world):
    agreed(world)
    deposit(world, "30", "sale")
    sold(world, "10")
    (line,) = purchases(world.canteen, TODAY.year, Local("DEPARTEMENT"))
    assert (line.supplier, line.price, line.short_circuit) == ("Ferme des Saules", Money(1000), True)
    since, until = NOW - timedelta(days=1), NOW + timedelta(days=1)
    taken = taken_from(world.ecopole, provider_ids=[world.farm.pk], since=since, until=until)[world.farm.pk]
    assert (taken.kg, taken.price, taken.transfers) == (10, Money(1000), 1)


def test_own_and_sold_for_a_farm_share_a_line_lot_by_lot_to_the_cent(world):
    agreed(world)
    own = world.stocked("3", keeps_until=TODAY)
    left_lot = deposit(world, "30", "sale").lot
    sold(world, "10")
    priced = Event.objects.filter(receiver=world.canteen, price__isnull=False)
    assert {event.lot_id: event.price for event in priced} == {own.pk: Money(300), left_lot.pk: Money(700)}


def test_what_is_a_farm_s_is_never_given_away(world):
    agreed(world)
    deposit(world, "30", "sale")
    pick, _ = world.order("10")
    gift = world._promise(
        "transfer", world.platform, world.canteen, "10", TODAY, from_place_id=world.dock.pk,
        to_place_id=world.door(world.canteen).pk, price=Money(0), process_id=pick.process_id,
    )  # fmt: skip
    assert gift.process_id == pick.process_id
    with pytest.raises(AnswerRefused, match="il ne reste rien"):
        act(actions.pick, world, Answer(pick, Decimal(10)))


def test_undoing_a_delivery_gives_the_farm_its_rights_back(world):
    agreed(world)
    deposit(world, "30", "sale")
    sold(world, "10")
    events = list(Event.objects.filter(key__startswith="vente-livre:"))
    reverse(ecopole=world.ecopole, events=events, by=None, at=NOW, key="cle-annuler")
    assert rights(world, world.farm) == {"carotte": 30}
    assert statement(world.ecopole, world.platform, world.farm, TODAY, TODAY).sold == Money(0)


def test_handed_over_to_a_kitchen_and_brought_back_it_is_still_the_farm_s(world, lou, kitchen):
    deposit(world, "30", "processing")
    url = world.url(f"{PAGE}{part(world).id}/confier/")
    assert lou.post(url, {"key": "cle-confie-1", "quantity": "31", "taker": kitchen.pk}).status_code == 422
    answer = lou.post(url, {"key": "cle-confie-2", "quantity": "12", "taker": kitchen.pk}, follow=True)
    assert "Conserverie · Réception" in answer.content.decode()
    assert (world.held(world.cold), world.held(world.door(kitchen))) == (18, 12)
    assert rights(world, world.farm) == {"carotte": 30}
    back = world.url(f"{PAGE}{part(world, away=True).id}/rapporter/")
    answer = lou.post(back, {"key": "cle-retour-1"}, follow=True)
    assert "12\u00a0kg de carotte de retour" in answer.content.decode()
    assert world.held(world.cold) == 30
    assert list(differences(world.ecopole)) == []


def test_what_is_lost_in_deposit_is_its_farm_s_loss_and_a_count_finds_for_it(world):
    lot = deposit(world).lot
    line = next(iter(stock(world.ecopole, holder=world.platform)))
    actions.lose(
        ecopole=world.ecopole, line=line, quantity=Decimal(4), reason="pourri", by=None, at=NOW, key="perte-1"
    )
    counted = [Counted(lot, Decimal(26), Decimal(27), "mal compté")]
    actions.count_store(
        ecopole=world.ecopole, platform=world.platform, place=world.cold, counted=counted, by=None, at=NOW,
        key="compte-1",
    )  # fmt: skip
    assert rights(world, world.farm) == {"carotte": 27}
    assert not Rights.objects.filter(owner=world.platform).exists()
    (row,) = statement(world.ecopole, world.platform, world.farm, TODAY, TODAY).remainders
    assert row.moves == {"left": 30, "lost": 4, "found": 1}
    assert row.after == 27 == world.held(world.cold)


def lived(world):
    """A month and a bit, with everything in it."""
    before = NOW - timedelta(days=30)
    deposit(world, "5", key="octobre", at=before)
    agreed(world)
    received = [world.arrival("12", price=Money(1800)), world.arrival("7", price=Money(900))]
    act(actions.receive, world, Answer(received[0], Decimal("11.5")), key="recu")
    act(actions.receive, world, Answer(received[1], Decimal(7), refused="trop abîmé"), key="refuse")
    deposit(world, "40", "sale", key="novembre")
    sold(world, "10")
    line = next(li for li in stock(world.ecopole, holder=world.platform) if li.owner and li.quantity > 20)
    actions.lose(
        ecopole=world.ecopole, line=line, quantity=Decimal(2), reason="pourri", by=None, at=NOW, key="perte-2"
    )
    handed(world, world.farm, quantity=Decimal(3))


def test_the_statement_is_what_the_ledger_says_added_up_another_way(world):
    lived(world)
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    told = statement(world.ecopole, world.platform, world.farm, first, last)
    # From the balances: what others than the farm hold of what it owns; and from every event, one by one.
    owned = {row.lot_id: row.quantity for row in Rights.objects.filter(owner=world.farm)}
    at_home = Custody.objects.filter(holder=world.farm)
    kept = sum(owned.values()) - sum(row.quantity for row in at_home)
    assert sum(row.after for row in told.remainders) == kept
    sums, cents = defaultdict(Decimal), defaultdict(int)
    for event in Event.objects.select_related("provider", "receiver"):
        if event.occurred_at.date() < first:
            continue
        way = (event.action, event.provider.kind, event.receiver.kind)
        sums[way] += event.quantity
        cents[way] += event.price.cents if event.price else 0
    assert told.bought.cents == cents["transfer", "farm", "platform"] == 1725
    assert told.sold.cents == cents["transfer_rights", "farm", "canteen"]
    assert told.kept.cents == round(told.sold.cents * 0.2)
    assert told.due.cents == 1725 + told.sold.cents - told.kept.cents
    (brought,) = told.brought
    assert (brought.bought, brought.left, brought.refused) == (Decimal("11.5"), 40, 7)
    assert brought.whole == sums["produce", "farm", "farm"]
    (row,) = told.remainders
    assert (row.before, row.moves["returned"], row.moves["lost"]) == (5, 3, 2)
    assert sums["transfer_custody", "platform", "farm"] == 3 + 2, "what is lost comes back on the spot"


def test_a_month_without_anything_says_what_remains(world, fanny):
    deposit(world, "5", at=NOW - timedelta(days=30))
    text = fanny.get(world.url("fermes/releve/")).content.decode()
    assert "Rien ce mois-là" in text
    assert "<b>5\u00a0kg</b>" in text


def test_pages_and_sheets_answer_the_farm_and_cost_the_same_however_many_lines(world, fanny):
    paths = [PAGE, "fermes/releve/", "fermes/bon/"]
    deposit(world, "1", key="premier")
    counts = [cost(fanny, world.url(path)) for path in paths]
    lived(world)
    for number in range(4):
        deposit(world, "2", key=f"autre-{number}", product=world.lettuce if number % 2 else None)
    assert [cost(fanny, world.url(path)) for path in paths] == counts
    assert max(counts) <= 12
    text = fanny.get(world.url("fermes/releve/")).content.decode()
    assert "17,25\u00a0€" in text
    assert "bon/?ferme=" in text
    for path in ("fermes/releve.pdf", "fermes/bon.pdf"):
        answer = fanny.get(world.url(path))
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    "path", ["fermes/releve/?mois=2026-13", "fermes/releve/?mois=abc", "fermes/bon/?jour=x"]
)
def test_what_is_not_a_month_or_a_day_is_not_found(world, fanny, path):
    assert fanny.get(world.url(path)).status_code == 404


def test_a_deposit_is_noted_from_the_page_and_what_was_typed_stays(world, lou):
    typed = {
        "key": "cle-page-1", "farm": world.farm.pk, "product": world.carrot.pk, "quantity": "0",
        "quality": "2", "purpose": "kept",
    }  # fmt: skip
    assert lou.post(world.url(LEAVE), typed).status_code == 422
    refused = lou.post(world.url(LEAVE), typed | {"quantity": "12,5", "purpose": "sale"})
    assert refused.status_code == 422
    assert 'value="12,5"' in refused.content.decode()
    answer = lou.post(world.url(LEAVE), typed | {"quantity": "12,5"}, follow=True)
    assert "12,5\u00a0kg de carotte, à garder, lot" in answer.content.decode()


def test_only_who_decides_agrees_a_commission(world, client):
    typed = {
        "key": "cle-taux-1", "farm": world.farm.pk, "percent": "15,5", "starts_on": "23/11/2026",
        "agreed": "réunion du 20 novembre",
    }  # fmt: skip
    client.force_login(world.people["lou"])
    assert client.post(world.url(TERMS), typed).status_code == 403
    client.force_login(world.people["alice"])
    wrong = client.post(world.url(TERMS), typed | {"percent": "101"})
    assert wrong.status_code == 422
    answer = client.post(world.url(TERMS), typed, follow=True)
    assert "commission de 15,5\u202f% notée" in answer.content.decode()


def test_a_farm_reads_why_its_offer_was_not_taken(world, fanny):
    week = WEEK + 1
    entry = actions.OfferEntry(world.farm, world.carrot, Decimal(20), Money(150), week.monday, week.sunday)
    actions.offer(ecopole=world.ecopole, week=week, entries=[entry])
    pk = world.farm.offers.get().pk
    for number, why in enumerate(("trop tôt", "les débouchés de ce produit sont servis")):
        told = NewProcess(
            kind="other", key=f"plan-{number}", agent_id=world.farm.pk, planned_for=week.monday,
            detail={"offers": {str(pk): why}},
        )  # fmt: skip
        open_processes(ecopole=world.ecopole, processes=[told])
    world.arrival("5", day=week.monday, price=Money(750))
    text = fanny.get(world.url(f"offres/?semaine={week}")).content.decode()
    assert "Pas tout pris\u202f: les débouchés de ce produit sont servis." in text
    assert "trop tôt" not in text, "the newest publication counts"


def test_what_a_season_promised_is_beside_what_was_taken(world):
    for product, value in ((world.carrot, 36500), (None, 73000)):
        agree(
            ecopole=world.ecopole, kind="supply", provider_id=world.farm.pk, receiver_id=world.platform.pk,
            product_id=product.pk if product else None, promised=Decimal(365) if product else None,
            promised_value=Money(value), per="season", starts_on=TODAY - timedelta(days=72),
            ends_on=TODAY + timedelta(days=292), key=f"accord-{value}",
        )  # fmt: skip
    received = world.arrival("12", price=Money(1800))
    act(actions.receive, world, Answer(received, Decimal(12)))
    whole, carrots = sorted(
        engagements(world.ecopole, world.farm, TODAY), key=lambda one: one.product == "Carotte"
    )
    # 73 of 365 days are gone: a fifth of what was promised.
    assert (carrots.by_now, carrots.taken, carrots.taken_value) == (Money(7300), 12, Money(1800))
    assert (carrots.percent, whole.by_now, whole.taken, whole.percent) == (25, Money(14600), None, 12)


def test_a_small_world_of_another_ecopole_stays_apart(world):
    other = small("dune")
    deposit(other, key="chez-eux")
    assert left(world.ecopole, [other.farm.pk]) == []
