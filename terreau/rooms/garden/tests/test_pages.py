"""The garden's pages: one tap as planned, what was typed is kept, strangers see nothing."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from terreau.ledger.models import Event
from terreau.rooms.garden.models import Forecast
from terreau.rooms.garden.tests.factories import TODAY, WEEK, make_garden
from terreau.territory.abilities import Role
from terreau.territory.tests.pages import cost, same_alone, text

KEY = "11111111-aaaa"


def said(row: Forecast) -> str:
    return f"{row.product_id}-{row.place_id}"


def test_late_beds_come_first_then_beds_in_their_order(garden):
    garden.due("carotte", "A10", "10")
    garden.due("poireau", "A2", "10")
    garden.due("laitue", "B2", "10", TODAY - timedelta(days=2))
    page = text(garden.client().get(garden.url()))
    beds = re.findall(r'<h2 id="bed-\d+">(.*?)</h2>', page)
    assert beds == ["Planche B2", "Planche A2", "Planche A10"]
    assert page.count("En retard") == 1


def test_another_day_shows_its_own_harvest_only(garden):
    garden.due("carotte", "A10", "10")
    garden.due("poireau", "A2", "10", TODAY + timedelta(days=1))
    page = text(garden.client().get(garden.url("?jour=2026-11-24")))
    assert "Planche A2" in page
    assert "Planche A10" not in page
    assert garden.client(Role.COORDINATOR).get(garden.url("?jour=hier")).status_code == 404


def test_one_tap_harvests_what_was_planned_and_can_be_undone(garden):
    client, due = garden.client(), garden.due("carotte", "A2", "12.5")
    sent = {"key": KEY, "due": due.pk, "only": due.pk, f"q-{due.pk}": "12,5"}
    page = text(client.post(garden.url("recolte/"), sent, follow=True))
    event = Event.objects.get()
    assert (event.quantity, event.fulfils_id) == (Decimal("12.5"), due.pk)
    assert "Carotte, Planche A2\u202f: 12,5\u00a0kg, c’est noté." in page
    assert event.lot.code in page
    assert f"annuler/{KEY}" in page
    client.post(f"/e/polder/annuler/{KEY}", {"key": "22222222"})
    assert "Rien à récolter" not in text(client.get(garden.url()))


def test_a_form_sent_twice_is_written_once(garden):
    client, due = garden.client(), garden.due("carotte", "A2", "12")
    for _ in range(2):
        assert client.post(garden.url("recolte/"), {"key": KEY, "due": due.pk}).status_code == 302
    assert Event.objects.count() == 1


def test_what_differs_is_typed_and_what_was_typed_is_kept_on_refusal(garden):
    due, other = garden.due("carotte", "A2", "12"), garden.due("poireau", "A2", "7")
    sent = {"key": KEY, "due": [due.pk, other.pk], f"q-{due.pk}": "beaucoup", f"q-{other.pk}": "6,5"}
    response = garden.client().post(garden.url("recolte/"), sent)
    assert response.status_code == 422
    assert 'value="beaucoup"' in text(response)
    assert 'value="6,5"' in text(response)
    assert not Event.objects.exists()


def test_a_weight_of_zero_is_refused_at_its_line_and_a_reason_is_accepted(garden):
    client, due = garden.client(), garden.due("carotte", "A2", "12")
    sent = {"key": KEY, "due": due.pk, f"q-{due.pk}": "0"}
    response = client.post(garden.url("recolte/"), sent)
    assert response.status_code == 422
    assert f'href="#e-{due.pk}"' in text(response)
    assert f'id="e-{due.pk}"' in text(response)
    assert "dites pourquoi rien n’a été récolté" in text(response)
    page = text(client.post(garden.url("recolte/"), sent | {f"refused-{due.pk}": "gelé"}, follow=True))
    assert "rien récolté, c’est noté" in page
    assert not Event.objects.exists()


def test_a_line_of_another_ecopole_is_not_found_and_a_form_without_key_is_refused(garden):
    foreign = make_garden("ailleurs").due("carotte", "A2", "12")
    client, own = garden.client(), garden.due("carotte", "A2", "12")
    assert client.post(garden.url("recolte/"), {"key": KEY, "due": foreign.pk}).status_code == 404
    assert client.post(garden.url("recolte/"), {"due": own.pk}).status_code == 400
    assert not Event.objects.exists()


def test_the_director_reads_and_does_not_write(garden):
    client, due = garden.client(Role.DIRECTOR), garden.due("carotte", "A2", "12")
    page = text(client.get(garden.url()))
    assert "Carotte" in page
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
    assert client.post(garden.url("recolte/"), {"key": KEY, "due": due.pk}).status_code == 403


def test_somebody_from_elsewhere_finds_nothing(garden):
    assert make_garden("ailleurs").client().get(garden.url()).status_code == 404


def test_a_harvest_nobody_planned_takes_a_tile_and_a_weight(garden):
    garden.expects("carotte", "A2", "8", "10")
    client, line = garden.client(), Forecast.objects.get()
    assert f'href="?line={said(line)}"' in text(client.get(garden.url("autre/")))
    assert "Planche A2" in text(client.get(garden.url(f"autre/?line={said(line)}")))
    product, place = garden.products["carotte"].pk, garden.beds["A2"].pk
    sent = {
        "key": KEY,
        "line": said(line),
        "product": product,
        "place": place,
        "quality": 2,
        "quantity": "9,5 kg",
    }
    assert client.post(garden.url("autre/"), sent).status_code == 302
    event = Event.objects.get()
    assert (event.quantity, event.to_place, event.process.kind) == (
        Decimal("9.5"), garden.beds["A2"], "harvest",
    )  # fmt: skip


@pytest.mark.parametrize("typed", ["0", "-2", "douze", "3 kg", "1,5", ""])
def test_a_wrong_number_of_lettuces_is_refused_and_kept(garden, typed):
    product, place = garden.products["laitue"].pk, garden.beds["B1"].pk
    sent = {"key": KEY, "product": product, "place": place, "quality": 1, "quantity": typed}
    response = garden.client().post(garden.url("autre/"), sent)
    assert response.status_code == 422
    assert f'value="{typed}"' in text(response) or not typed
    assert f'<option value="{place}" selected>' in text(response)
    assert not Event.objects.exists()


def test_beds_and_forecasts_of_another_ecopole_cannot_be_chosen(garden):
    stranger = make_garden("ailleurs")
    stranger.expects("carotte", "A2", "8", "10")
    client, line = garden.client(), Forecast.objects.get()
    sent = {"key": KEY, "product": garden.products["carotte"].pk, "place": stranger.beds["A2"].pk}
    assert client.post(garden.url("autre/"), sent | {"quality": 2, "quantity": "3"}).status_code == 422
    assert client.get(garden.url(f"autre/?line={said(line)}")).status_code == 404
    assert client.get(garden.url(f"prevision/ligne/?line={said(line)}")).status_code == 404
    assert client.post(garden.url("prevision/retirer/"), {"line": said(line)}).status_code == 404


def test_a_row_that_cannot_exist_is_not_found_and_a_product_that_cannot_is_refused(garden):
    client, endless = garden.client(), "9" * 5_000
    assert client.get(garden.url(f"prevision/ligne/?line={endless}")).status_code == 404
    assert client.post(garden.url("prevision/retirer/"), {"line": endless}).status_code == 404
    assert client.post(garden.url("autre/"), {"key": KEY, "product": endless}).status_code == 422


def test_the_week_is_saved_whole_or_not_at_all(garden):
    garden.expects("carotte", "A2", "8", "10")
    garden.expects("poireau", "B1", "8", "10")
    carrots, leeks = Forecast.objects.order_by("product__name")
    client, url = garden.client(), garden.url(f"prevision/enregistrer/?semaine={WEEK}")
    sent = {f"likely-{said(carrots)}": "30", f"low-{said(carrots)}": "20", f"low-{said(leeks)}": "11"}
    response = client.post(url, sent)
    assert response.status_code == 422
    assert 'value="30"' in text(response)
    assert f'href="#error-{said(leeks)}"' in text(response)
    assert f'id="error-{said(leeks)}"' in text(response)
    assert set(Forecast.objects.values_list("likely", flat=True)) == {Decimal(10)}
    assert client.post(url, sent | {f"low-{said(leeks)}": "9"}).status_code == 302
    assert list(Forecast.objects.order_by("product__name").values_list("low", "likely")) == [
        (20, 30),
        (9, 10),
    ]


def test_last_week_is_copied_in_one_tap(garden):
    garden.expects("carotte", "A2", "8", "10", WEEK - 1)
    page = text(garden.client().post(garden.url(f"prevision/reprendre/?semaine={WEEK}"), follow=True))
    assert Forecast.objects.filter(week=str(WEEK)).count() == 1
    assert "1 lignes reprises" not in page
    assert "1 ligne reprise" in page


def test_a_line_is_added_changed_and_removed(garden):
    client, url = garden.client(), garden.url("prevision/ligne/")
    sent = {
        "product": garden.products["carotte"].pk, "place": garden.beds["A2"].pk,
        "likely": "12,5", "low": "10", "price": "1,50", "first_day": "23/11/2026",
        "last_day": "29/11/2026", "quality": 2,
    }  # fmt: skip
    refused = client.post(url, sent | {"low": "13"})
    assert refused.status_code == 422
    assert 'value="12,5"' in text(refused)
    assert client.post(url, sent).status_code == 302
    line = Forecast.objects.get()
    assert (line.likely, line.price.cents, line.week) == (Decimal("12.5"), 150, str(WEEK))
    assert client.post(url, sent | {"line": said(line), "price": "2"}).status_code == 302
    assert Forecast.objects.get().price.cents == 200
    client.post(garden.url("prevision/retirer/"), {"line": said(line)})
    assert not Forecast.objects.exists()


def test_a_past_week_no_longer_changes(garden):
    garden.expects("carotte", "A2", "8", "10", WEEK - 1)
    client, line = garden.client(), Forecast.objects.get()
    past = f"?semaine={WEEK - 1}"
    assert "Enregistrer" not in text(client.get(garden.url(f"prevision/{past}")))
    for end, sent in (
        (f"prevision/enregistrer/{past}", {f"likely-{said(line)}": "99"}),
        (f"prevision/reprendre/{past}", {}),
        (f"prevision/retirer/{past}", {"line": said(line)}),
        (f"prevision/ligne/{past}", {"line": said(line)}),
    ):
        response = client.post(garden.url(end), sent)
        assert response.status_code == 422
        assert "est passée" in text(response)
    assert Forecast.objects.get().likely == 10


def test_an_ecopole_without_garden_says_so(garden):
    garden.beds.clear()
    type(garden.agent).objects.filter(pk=garden.agent.pk).update(kind="association")
    client = garden.client()
    assert "Pas encore de jardin" in text(client.get(garden.url()))
    assert client.get(garden.url("prevision/")).status_code == 404


def test_one_harvest_of_a_form_is_undone_from_the_list_of_the_day(garden):
    client = garden.client()
    due, other = garden.due("carotte", "A2", "12"), garden.due("poireau", "A2", "7")
    page = text(client.post(garden.url("recolte/"), {"key": KEY, "due": [due.pk, other.pk]}, follow=True))
    assert f"annuler/{KEY}:1" in page
    client.post(f"/e/polder/annuler/{KEY}:1", {"key": "22222222"})
    assert Event.objects.get(reverses__isnull=False).product == garden.products["poireau"]


@pytest.mark.parametrize("asked", ["?jour=hier", "?jour=9999-12-31", "?jour=0001-01-01"])
def test_a_day_out_of_time_is_not_found(garden, asked):
    assert garden.client().get(garden.url(asked)).status_code == 404


@pytest.mark.parametrize("asked", ["?semaine=2026", "?semaine=9999-W52", "?semaine=0001-W01"])
def test_a_week_out_of_time_is_not_found(garden, asked):
    assert garden.client().get(garden.url(f"prevision/{asked}")).status_code == 404


@pytest.mark.parametrize("end", ["", "autre/", "prevision/", "feuille.pdf"])
def test_the_queries_of_a_page_do_not_grow_with_its_rows(garden, end):
    client = garden.client()

    def lived(product, bed):
        garden.due(product, bed, "5")
        garden.expects(product, bed, "3", "5")
        garden.harvest(garden.line(product, bed, "4"))

    def queries():
        return cost(client, garden.url(end))

    lived("carotte", "A2")
    few = queries()
    for product in ("poireau", "laitue"):
        for bed in garden.beds:
            lived(product, bed)
    assert queries() == few <= 12


@pytest.mark.parametrize("end", ["", "prevision/"])
def test_the_fragment_is_the_middle_of_the_whole_page(garden, end):
    client = garden.client()
    garden.expects("carotte", "A2", "3", "5")
    garden.harvest(garden.line("carotte", "A2", "4"))
    garden.due("carotte", "A2", "5")
    same_alone(client, garden.url(end))


def test_the_harvest_sheet_is_a_pdf(garden):
    garden.due("carotte", "A2", "12")
    response = garden.client().get(garden.url("feuille.pdf"))
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")
