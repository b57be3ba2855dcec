"""What Les Aulnes drove before: to the school and the college in one go, on the straight road of test_shares.

ferme --- 14,456 km --- école --- 14,456 km --- collège: 57,823 km there and back, 4 times a month.
"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from terreau.planning.models import FormerRound, FormerRoundWithdrawn
from terreau.planning.shares.former import FormerRefused, declare, former, withdraw
from terreau.planning.shares.reading import names
from terreau.planning.tests.factories import Village
from terreau.planning.tests.road import OCTOBER, counted, url
from terreau.territory.abilities import Role
from terreau.territory.models import Place
from terreau.territory.tests.factories import someone

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def declared(v: Village, key: str = "avant-1", **changes) -> FormerRound:
    said = {
        "served": [v.agents["école"].pk, v.agents["collège"].pk], "times_month": Decimal(4),
        "vehicle": "van_diesel", "litres_100km": Decimal(9), "km": None,
    }  # fmt: skip
    return declare(ecopole=v.ecopole, partner=v.agents["aulnes"], by=None, at=NOW, key=key, **said | changes)


def before(v: Village):
    return former([v.agents["aulnes"]], names(v.ecopole), OCTOBER).get(v.agents["aulnes"].pk)


def test_a_round_is_the_shortest_by_its_customers_and_back(road):
    row = declared(road)
    assert (row.km, row.km_said) == (Decimal("57.823"), False)
    told = before(road)
    # 57.823 km × 4 = 231.292 km, × 9 L ÷ 100 × 3.17.
    assert (told.km, told.kg) == (Decimal("231.292"), Decimal("65.988"))
    assert "déclaré, arrêté du 26 avril 2017\u202f: 9\u00a0L aux 100\u00a0km" in told.rounds[0].method


def test_kilometres_that_are_said_beat_the_estimate(road):
    row = declared(road, km=Decimal(50))
    assert (row.km, row.km_said) == (Decimal(50), True)


def test_nothing_declared_is_nothing_said(road):
    assert before(road) is None


def test_rounds_add_up_and_one_that_was_wrong_is_taken_back_once(road):
    first, second = declared(road), declared(road, "avant-2", km=Decimal(10), times_month=Decimal(1))
    assert before(road).km == Decimal("241.292")
    assert withdraw(row=first, by=None, at=NOW).pk == withdraw(row=first, by=None, at=NOW).pk
    assert [told.row.pk for told in before(road).rounds] == [second.pk]
    assert FormerRound.objects.count() == 2


def test_the_same_form_twice_declares_once(road):
    assert declared(road).pk == declared(road, km=Decimal(12)).pk


def test_what_cannot_be_estimated_or_burnt_is_refused_with_what_to_type(road):
    with pytest.raises(FormerRefused, match="ne brûle pas de litres"):
        declared(road, vehicle="car_electric")
    Place.objects.filter(pk=road.places["école"].pk).update(latitude=None)
    with pytest.raises(FormerRefused, match="saisissez les kilomètres"):
        declared(road)
    many = [pk + 1000 for pk in range(19)]
    with pytest.raises(FormerRefused, match="saisissez les kilomètres"):
        declared(road, served=many)
    assert not FormerRound.objects.exists()


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("former_round_vehicle_known", {"vehicle": "tracteur"}),
        ("former_round_times_plausible", {"times_month": Decimal(0)}),
        ("former_round_km_plausible", {"km": Decimal(0)}),
        ("former_round_litres_of_its_vehicle", {"vehicle": "car_electric"}),
        ("former_round_litres_of_its_vehicle", {"litres_100km": Decimal(0)}),
    ],
)
def test_the_database_refuses(road, name, broken):
    row = declared(road)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        FormerRound.objects.filter(pk=row.pk).update(**broken)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("former_round_key_once", declared),
        ("former_round_withdrawn_once", lambda v: withdraw(row=declared(v), by=None, at=NOW)),
    ],
)
def test_the_database_refuses_twice_the_same(road, name, write):
    row = write(road)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


# Pages.


def sent(v: Village, **changes) -> dict[str, object]:
    return {
        "key": "avant-page-1", "served": [v.agents["école"].pk], "times_month": "4,3",
        "vehicle": "van_diesel", "litres_100km": "9", "km": "",
    } | changes  # fmt: skip


@pytest.fixture
def fanny(road, client):
    client.force_login(someone("fanny@hameau.example.org", road.agents["aulnes"], Role.FARMER))
    return client


def test_a_farm_declares_its_own_practice_and_reads_it_beside_its_part(road, fanny):
    counted(road)
    own = url(road, "ma-fiche/?mois=2026-10")
    assert "Ce que vous rouliez avant" not in fanny.get(own).content.decode()
    aulnes, butte = road.agents["aulnes"].pk, road.agents["butte"].pk
    assert fanny.post(url(road, f"fiche/{aulnes}/avant"), sent(road)).status_code == 302
    page = fanny.get(own).content.decode()
    assert "Ce que vous rouliez avant" in page
    assert "14,5 km" in page  # its part of the tour
    assert "124,3 km" in page  # 28.912 km × 4.3
    assert fanny.post(url(road, f"fiche/{butte}/avant"), sent(road)).status_code == 404
    row = FormerRound.objects.get()
    assert fanny.post(url(road, f"fiche/{butte}/avant/{row.pk}/retirer")).status_code == 404
    assert fanny.post(url(road, f"fiche/{aulnes}/avant/{row.pk}/retirer")).status_code == 302
    assert FormerRoundWithdrawn.objects.get().round == row


def test_the_platform_declares_for_a_partner_and_direction_only_reads(road, client):
    address = url(road, f"fiche/{road.agents['butte'].pk}/")
    client.force_login(road.users["alice"])
    assert client.post(f"{address}avant", sent(road)).status_code == 302
    assert FormerRound.objects.get().partner == road.agents["butte"]
    client.force_login(road.users["daniel"])
    page = client.get(address).content.decode()
    assert "Ce que vous rouliez avant" in page
    assert "Déclarer" not in page
    assert client.post(f"{address}avant", sent(road)).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"served": []}, {"served": ["abc"]}, {"served": ["9" * 30]}, {"times_month": "0"},
        {"times_month": "1000"}, {"vehicle": "tracteur"}, {"litres_100km": "-1"}, {"km": "1.234"},
        {"km": "9" * 400}, {"vehicle": "car_electric"},
    ],
)  # fmt: skip
def test_a_declaration_that_cannot_be_read_keeps_what_was_typed(road, fanny, wrong):
    typed = sent(road, times_month="4,7") | wrong
    answer = fanny.post(url(road, f"fiche/{road.agents['aulnes'].pk}/avant"), typed)
    assert answer.status_code == 422
    assert f'value="{typed["litres_100km"]}"' in answer.content.decode()
    assert not FormerRound.objects.exists()


def test_a_customer_of_another_ecopole_is_not_one(road, fanny):
    # The farm itself neither: nobody drives to oneself.
    typed = sent(road, served=[road.agents["aulnes"].pk])
    assert fanny.post(url(road, f"fiche/{road.agents['aulnes'].pk}/avant"), typed).status_code == 422


def test_a_sheet_asks_as_much_for_five_rounds_as_for_one(road, fanny, django_assert_max_num_queries):
    counted(road)
    for n in range(5):
        declared(road, f"avant-{n}", km=Decimal(20))
    for page in ("ma-fiche/?mois=2026-10",):
        fanny.get(url(road, page))
        with django_assert_max_num_queries(12):
            assert fanny.get(url(road, page)).status_code == 200
