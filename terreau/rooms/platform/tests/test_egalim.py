"""What a canteen bought here: counted once as EGalim counts it, and written the same in its file."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest

from terreau.formats.macantine import Purchase, purchases_csv
from terreau.ledger.actions import reverse
from terreau.ledger.answers import Answer
from terreau.measures.money import Money
from terreau.rooms.platform import actions, egalim
from terreau.rooms.platform.egalim import Local
from terreau.rooms.platform.tests.factories import NOW, TODAY
from terreau.territory.models import Agent, Commune, Quality
from terreau.territory.tests.pages import cost

CASES = list(csv.DictReader((Path(__file__).parent / "egalim_cases.csv").read_text().splitlines()))
SIRET = "21010034300016"
ANYWHERE = Local("DEPARTEMENT")


def bought(labels: str, euros: str, **more) -> Purchase:
    return Purchase(
        siret=SIRET, description="achat", supplier="Plateforme", day=TODAY, price=Money.from_euros(euros),
        family="AUTRES", labels=tuple(filter(None, labels.split(";"))), **more,
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["cas"])
def test_a_purchase_counts_once_in_its_first_bucket(case):
    assert egalim.bucket_of(bought(case["signes"], case["montant HT"]).labels) == case["compte dans"]


def test_the_shares_of_the_cases_are_those_of_a_sheet_of_paper():
    """Seven purchases of 100 €: two are organic, six durable. 2 ÷ 7 = 28,6 %; 6 ÷ 7 = 85,7 %."""
    found = egalim.shares([bought(case["signes"], case["montant HT"]) for case in CASES], 2026)
    assert found.total == Money.from_euros(700)
    bio, durable = found.objectives
    assert (bio.percent, bio.target, bio.price) == (Decimal("28.6"), 20, Money.from_euros(200))
    assert (durable.percent, durable.target) == (Decimal("85.7"), 50)


def test_before_the_law_a_year_has_no_objective():
    assert egalim.shares([bought("BIO", "10")], 2019).objectives == ()


@pytest.fixture
def canteen(world) -> Agent:
    world.canteen.siret = SIRET
    world.canteen.save()
    return world.canteen


def serve(world, quantity="10", quality=Quality.ORGANIC):
    """A delivery as the platform makes it: picked, then handed over at 10,00 € a line."""
    world.stocked(quantity, quality=quality)
    pick, delivery = world.order(quantity)
    shared = {"ecopole": world.ecopole, "platform": world.platform, "by": None, "at": NOW}
    actions.pick(done=[Answer(pick, Decimal(quantity))], key=f"pick:{pick.pk}", **shared)
    return actions.deliver(done=[Answer(delivery, Decimal(quantity))], key=f"deliver:{delivery.pk}", **shared)


def test_what_was_delivered_is_a_line_of_the_file(world, canteen):
    serve(world)
    (line,) = egalim.purchases(canteen, 2026, ANYWHERE)
    assert (line.siret, line.day, line.price, line.labels) == (SIRET, TODAY, Money(1000), ("BIO",))
    assert (line.family, line.supplier) == ("FRUITS_ET_LEGUMES", world.platform.name)
    assert line.short_circuit  # farm, platform, canteen: one intermediary
    assert egalim.purchases(canteen, 2025, ANYWHERE) == []


def test_what_was_reversed_was_not_bought(world, canteen):
    (event,) = serve(world)
    reverse(ecopole=world.ecopole, events=[event], by=None, at=NOW, key="oops")
    assert egalim.purchases(canteen, 2026, ANYWHERE) == []


def test_page_and_file_tell_the_same_shares(world, canteen, client):
    serve(world, "4")
    serve(world, "6", quality=Quality.CONVENTIONAL)
    client.force_login(world.people["charlie"])
    page = client.get(world.url("commandes/achats/"))
    assert page.status_code == 200
    answer = client.get(world.url("commandes/achats/ma-cantine.csv"))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    total = sum(Decimal(row["prix_ht"]) for row in rows)
    organic = sum(Decimal(row["prix_ht"]) for row in rows if "BIO" in row["categories_egalim"].split(","))
    shares = page.context["shares"]
    assert (shares.total.euros, shares.objectives[0].price.euros) == (total, organic) == (20, 10)
    assert answer.content == purchases_csv(egalim.purchases(canteen, 2026, ANYWHERE))


def test_without_its_siret_nothing_is_written_and_the_page_says_what_to_do(world, client):
    serve(world)
    client.force_login(world.people["charlie"])
    answer = client.get(world.url("commandes/achats/ma-cantine.csv"), follow=True)
    assert "Le SIRET de la cantine manque" in answer.content.decode()


@pytest.mark.parametrize("asked", ["annee=1515", "annee=x", "local=LUNE", "local=KM&km=0"])
def test_what_cannot_be_asked_is_said_at_its_line(world, client, asked):
    client.force_login(world.people["charlie"])
    assert client.get(f"{world.url('commandes/achats/')}?{asked}").status_code == 422
    assert client.get(f"{world.url('commandes/achats/ma-cantine.csv')}?{asked}").status_code == 422


def test_the_page_asks_as_much_for_ten_deliveries_as_for_one(world, canteen, client):
    client.force_login(world.people["charlie"])

    def queries() -> int:
        return cost(client, world.url("commandes/achats/"))

    serve(world)
    few = queries()
    for quantity in ("2", "3", "4"):
        serve(world, quantity)
    assert queries() == few <= 8


@pytest.mark.parametrize(
    ("local", "holds"),
    [
        (Local("COMMUNE"), [True, True, False, False]),
        (Local("DEPARTEMENT"), [True, True, True, False]),
        (Local("KM", 30), [True, True, False, False]),
        (Local("KM", 80), [True, True, False, True]),
    ],
)
def test_local_is_what_the_canteen_says(local, holds):
    here = Commune(code="62057", departement="62", epci_code="246200844", latitude=50.88, longitude=2.08)
    beside = Commune(code="62393", departement="62", epci_code="246200844", latitude=50.92, longitude=1.99)
    far = Commune(code="62041", departement="62", epci_code="200033579", latitude=50.29, longitude=2.78)
    north = Commune(code="59350", departement="59", epci_code="200093201", latitude=50.63, longitude=3.06)
    assert [local.holds(here, origin) for origin in (here, beside, far, north)] == holds
    assert not local.holds(None, here)


def test_a_second_resale_is_no_short_circuit(world, canteen):
    (event,) = serve(world)
    hands = {(event.lot.pk, world.platform.pk): world.shop.pk, (event.lot.pk, world.shop.pk): world.farm.pk}
    assert egalim._intermediaries(event.lot, world.platform.pk, hands) == 2
    assert egalim._intermediaries(event.lot, world.farm.pk, hands) == 0
