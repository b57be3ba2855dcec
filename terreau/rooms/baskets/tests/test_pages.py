"""The baskets' pages: one tap per batch, a matrix that keeps what was typed, sizes."""

import pytest

from terreau.ledger.models import Event
from terreau.measures.money import Money
from terreau.rooms.baskets.models import BasketSize, DepotCount
from terreau.rooms.baskets.tests.factories import CLOCK, WEEK, make_packing
from terreau.territory.abilities import Role
from terreau.territory.models import Place, PlaceKind
from terreau.territory.tests.pages import cost, same_alone, text

KEY = "11111111-aaaa"
TERMS = {
    "target_value": "12,50", "tolerance_percent": "5", "varieties_min": "4", "varieties_max": "7",
    "quality_min": "2",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _monday_morning(settings):
    settings.CLOCK = CLOCK


@pytest.fixture
def packing(db):
    return make_packing()


def cell(packing, size: str, depot: int, day: int) -> str:
    return f"n-{packing.sizes[size].pk}-{packing.depots[depot].pk}-{WEEK.days[day]}"


def prefixed(size, **change: str) -> dict[str, str]:
    return {"size": str(size.pk)} | {f"{size.pk}-{name}": value for name, value in (TERMS | change).items()}


def test_one_tap_packs_a_batch_and_can_be_undone(packing):
    packing.stored("carotte", "10")
    promises = packing.batch("petit", 10, carotte="6")
    client = packing.client()
    page = text(client.get(packing.url()))
    assert "0,6\u00a0kg" in page
    assert page.count("Tout est préparé") == 1
    sent = {"key": KEY, "due": [c.pk for c in promises]}
    page = text(client.post(packing.url("preparer/"), sent, follow=True))
    assert "Petit panier, lun. 23 nov.\u202f: 10 préparés." in page
    assert f"annuler/{KEY}" in page
    assert "Tout est préparé" not in page
    client.post(f"/e/polder/annuler/{KEY}", {"key": "22222222"})
    assert "Tout est préparé" in text(client.get(packing.url()))


def test_a_form_sent_twice_is_written_once(packing):
    packing.stored("carotte", "20")
    client, promises = packing.client(), packing.batch("petit", 10, carotte="6")
    for _ in range(2):
        sent = {"key": KEY, "due": [c.pk for c in promises]}
        assert client.post(packing.url("preparer/"), sent).status_code == 302
    assert Event.objects.filter(process__kind="packing").count() == 2


def test_what_the_store_lacks_is_said_at_its_line_and_what_was_typed_is_kept(packing):
    packing.stored("carotte", "5")
    made, carrots = packing.batch("petit", 10, carotte="6")
    sent = {"key": KEY, "due": [made.pk, carrots.pk], f"q-{made.pk}": "9", f"q-{carrots.pk}": "5,5"}
    response = packing.client().post(packing.url("preparer/"), sent)
    assert response.status_code == 422
    assert 'value="9"' in text(response)
    assert 'value="5,5"' in text(response)
    assert f'href="#e-{carrots.pk}"' in text(response)
    assert f'id="e-{carrots.pk}"' in text(response)
    assert f'id="e-{made.pk}"' not in text(response)


def test_a_batch_of_another_ecopole_is_not_found_and_a_form_without_key_is_refused(packing):
    foreign = make_packing("ailleurs").batch("petit", 10, carotte="6")
    client, own = packing.client(), packing.batch("petit", 10, carotte="6")
    assert client.post(packing.url("preparer/"), {"key": KEY, "due": foreign[0].pk}).status_code == 404
    assert client.post(packing.url("preparer/"), {"due": own[0].pk}).status_code == 400


def test_the_director_reads_and_does_not_write(packing):
    packing.batch("petit", 10, carotte="6")
    packing.counts(WEEK, ("petit", 0, 2, 5))
    client = packing.client(Role.DIRECTOR)
    for end in ("", "depots/", "tailles/"):
        page = text(client.get(packing.url(end))).partition("<main")[2].partition("</main>")[0]
        assert "<button" not in page
    for end in ("preparer/", "depots/enregistrer/", "depots/reprendre/", "tailles/enregistrer/"):
        assert client.post(packing.url(end), {"key": KEY}).status_code == 403


def test_somebody_from_elsewhere_finds_nothing(packing):
    client = make_packing("ailleurs").client()
    for end in ("", "depots/", "tailles/", "feuille.pdf"):
        assert client.get(packing.url(end)).status_code == 404


@pytest.mark.parametrize("asked", ["2026", "9999-W52", "0001-W01"])
def test_a_week_out_of_time_is_not_found(packing, asked):
    client = packing.client()
    for end in ("", "depots/"):
        assert client.get(packing.url(f"{end}?semaine={asked}")).status_code == 404
    assert client.get(packing.url("feuille.pdf?jour=9999-12-31")).status_code == 404


def test_an_empty_week_says_what_to_do_first(packing):
    client = packing.client()
    assert "Compter les paniers" in text(client.get(packing.url()))
    packing.counts(WEEK, ("petit", 0, 2, 5))
    assert "quand le plan de la semaine est publié" in text(client.get(packing.url()))


def test_the_matrix_is_written_whole_zero_and_empty_boxes_included(packing):
    packing.counts(WEEK, ("petit", 0, 2, 5), ("grand", 0, 2, 3))
    sent = {
        "day": str(WEEK.days[2]), cell(packing, "petit", 0, 2): "0", cell(packing, "grand", 0, 2): "",
        cell(packing, "petit", 1, 2): "7",
    }  # fmt: skip
    assert packing.client().post(packing.url(f"depots/enregistrer/?semaine={WEEK}"), sent).status_code == 302
    row = DepotCount.objects.get()
    assert (row.count, row.depot, row.size) == (7, packing.depots[1], packing.sizes["petit"])


@pytest.mark.parametrize("typed", ["-1", "2,5", "trois", "10000"])
def test_one_wrong_box_keeps_everything_typed_and_writes_nothing(packing, typed):
    packing.counts(WEEK, ("petit", 0, 2, 5))
    sent = {
        "day": str(WEEK.days[2]), cell(packing, "petit", 0, 2): typed, cell(packing, "grand", 1, 2): "8",
    }  # fmt: skip
    response = packing.client().post(packing.url(f"depots/enregistrer/?semaine={WEEK}"), sent)
    assert response.status_code == 422
    assert f'value="{typed}"' in text(response)
    assert 'value="8"' in text(response)
    assert "Mairie, Petit panier\u202f:" in text(response)
    assert DepotCount.objects.get().count == 5


def test_a_depot_or_a_day_from_elsewhere_is_ignored(packing):
    stranger = make_packing("ailleurs")
    sent = {"day": str((WEEK + 1).days[2]), cell(stranger, "petit", 0, 2): "8"}
    packing.client().post(packing.url(f"depots/enregistrer/?semaine={WEEK}"), sent)
    assert not DepotCount.objects.exists()


def test_a_day_is_added_and_last_week_is_copied(packing):
    packing.counts(WEEK - 1, ("petit", 0, 2, 5))
    client = packing.client()
    assert cell(packing, "grand", 1, 4) in text(client.get(packing.url(f"depots/?jour={WEEK.days[4]}")))
    page = text(client.post(packing.url(f"depots/reprendre/?semaine={WEEK}"), follow=True))
    assert "5 paniers repris" in page
    assert client.post(packing.url(f"depots/reprendre/?semaine={WEEK}")).status_code == 422


def test_a_past_week_no_longer_changes(packing):
    packing.counts(WEEK - 1, ("petit", 0, 2, 5))
    client, past = packing.client(), f"?semaine={WEEK - 1}"
    assert "Enregistrer" not in text(client.get(packing.url(f"depots/{past}")))
    for end in ("depots/enregistrer/", "depots/reprendre/"):
        response = client.post(packing.url(end + past), {"day": str((WEEK - 1).days[2])})
        assert response.status_code == 422
        assert "est passée" in text(response)
    assert DepotCount.objects.get().count == 5


def test_a_size_is_changed_and_what_is_wrong_stays_on_screen(packing):
    client, size = packing.client(), packing.sizes["petit"]
    refused = client.post(packing.url("tailles/enregistrer/"), prefixed(size, varieties_min="9"))
    assert refused.status_code == 422
    assert 'value="9"' in text(refused)
    assert "de 9 à 7 légumes" in text(refused)
    zero = client.post(packing.url("tailles/enregistrer/"), prefixed(size, target_value="0"))
    assert "valeur visée au-dessus de 0" in text(zero)
    assert client.post(packing.url("tailles/enregistrer/"), prefixed(size)).status_code == 302
    assert BasketSize.objects.get(pk=size.pk).target_value == Money(1250)


def test_a_size_of_another_ecopole_is_not_found(packing):
    size = make_packing("ailleurs").sizes["petit"]
    client, url = packing.client(), packing.url("tailles/enregistrer/")
    assert client.post(url, prefixed(size)).status_code == 404
    assert client.post(url, {"size": "9" * 5_000}).status_code == 404


def test_a_size_is_added_once(packing):
    client, product = packing.client(), packing.products["geant"]
    sent = {"0-product": str(product.pk)} | {f"0-{name}": value for name, value in TERMS.items()}
    assert "Panier géant" in text(client.get(packing.url("tailles/")))
    assert client.post(packing.url("tailles/ajouter/"), sent).status_code == 302
    assert BasketSize.objects.get(product=product, ecopole=packing.ecopole).rank == 3
    again = client.post(packing.url("tailles/ajouter/"), sent)
    assert again.status_code == 422
    assert "a déjà ses règles" in text(again)


@pytest.mark.parametrize("end", ["", "depots/", "tailles/", "feuille.pdf"])
def test_the_queries_of_a_page_do_not_grow_with_its_rows(packing, end):
    client = packing.client()

    def queries():
        return cost(client, packing.url(end))

    packing.batch("petit", 5, carotte="3")
    packing.counts(WEEK, ("petit", 0, 0, 5))
    few = queries()
    for number in range(3):
        new = Place.objects.create(
            ecopole=packing.ecopole, agent=packing.platform, kind=PlaceKind.DEPOT, name=f"Dépôt {number}"
        )
        packing.depots.append(new)
        packing.batch("grand", 5, carotte="3", poireau="2", laitue="5")
    packing.counts(WEEK, *(("petit", n, day, 5) for n in range(5) for day in (0, 2, 4)))
    assert queries() == few <= 12


@pytest.mark.parametrize("end", ["", "depots/", "tailles/"])
def test_the_fragment_is_the_middle_of_the_whole_page(packing, end):
    packing.batch("petit", 5, carotte="3")
    packing.counts(WEEK, ("petit", 0, 2, 5))
    client = packing.client()
    same_alone(client, packing.url(end))


def test_the_packing_sheet_is_a_pdf_with_or_without_a_plan(packing):
    client = packing.client()
    for _ in range(2):
        response = client.get(packing.url("feuille.pdf"))
        assert response["Content-Type"] == "application/pdf"
        assert response.content.startswith(b"%PDF")
        packing.batch("petit", 5, carotte="3")
        packing.counts(WEEK, ("petit", 0, 0, 5))
