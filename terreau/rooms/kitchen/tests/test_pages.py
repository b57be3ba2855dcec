"""The kitchen's pages: surplus to label by hand, what was typed is kept, queries do not grow."""

import re
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from terreau.ledger.models import Verdict
from terreau.rooms.kitchen import actions
from terreau.rooms.kitchen.models import Batch, Equipment, Fee, Recipe, RecipeVersion, Record
from terreau.rooms.kitchen.queries.batches import sheet_of
from terreau.rooms.kitchen.tests.factories import CLOCK, TODAY, WRITTEN, House, make_house
from terreau.territory.abilities import Role
from terreau.territory.tests.pages import text

KEY = "11111111-aaaa"
RECIPE = {
    "name": "Soupe de carottes", "schedule": "sterilised", "yield_low": "9", "yield_likely": "10",
    "yield_high": "11", "water_kg": "2,5", "hours": "4", "packaging": "0,45", "life_days": "540",
    "steps": "Laver, cuire, mixer.", "storage": "À l’abri de la lumière", "product-0": "carotte",
    "quantity-0": "8", "named-0": "on", "product-1": "sel", "quantity-1": "0,1",
}  # fmt: skip
FINISH = {"made": "10", "hours": "4", "water_kg": "2,5", "trimmings_kg": "0,6"}


@pytest.fixture(autouse=True)
def _friday(settings):
    settings.CLOCK = CLOCK


@pytest.fixture
def house(db) -> House:
    return make_house()


def test_surplus_is_led_to_a_labelled_jar_by_its_pages(house):
    client, keys = house.client(), count(10_000_000)

    def post(end: str, **sent) -> str:
        response = client.post(house.url(end), {"key": str(next(keys)), **sent}, follow=True)
        assert response.status_code == 200, text(response)
        return text(response)

    house.surplus("40")
    assert "40\u00a0kg" in text(client.get(house.url()))
    (address,) = re.findall(r"surplus/\d+/prendre/", text(client.get(house.url())))
    assert "32\u00a0kg" in post(address, quantity="8", price="0,70")
    bought = {
        "supplier": house.agents["ferme"].pk, "product": house.products["sel"].pk, "quantity": "1",
        "price": "0,90", "quality": "0", "zone": "france", "supplier_lot": "S-12",
    }  # fmt: skip
    assert "Sel marin" in post("stock/acheter/", **bought)
    machine = house.machines["autoclave"]
    page = post(
        "recettes/ecrire/", **RECIPE, product=house.products["soupe-legumes"].pk, equipment=machine.pk
    )
    assert "16\u00a0kg" in text(client.get(house.url(f"recettes/{Recipe.objects.get().pk}/?pour=20")))
    page = post("fournees/nouvelle/", version=RecipeVersion.objects.get().pk, planned="", on="27/11/2026")
    here = f"fournees/{Batch.objects.get().pk}/"
    boxes = dict(re.findall(r'name="(lot-\d+-\d+)" value="([^"]*)"', page))
    assert sorted(boxes.values()) == ["0,1", "8"]
    page = post(f"{here}entrer/", **boxes)
    assert f"annuler/{next(keys) - 1}" in page
    page = post(
        f"{here}relever/f0/", **{"f0-curve": "0 118\n2 118", "f0-equipment": machine.pk, "f0-note": "412"}
    )
    assert "Refaire un cycle" in page
    (reply,) = re.findall(r"releves/\d+/repondre/", page)
    assert "Second cycle" in post(reply, done="Second cycle aussitôt")
    post(f"{here}relever/f0/", **{"f0-curve": "0 118\n15 118", "f0-equipment": machine.pk, "f0-note": "413"})
    assert "en attente de libération" in post(f"{here}finir/", **FINISH)
    refused = client.post(house.url(f"{here}liberer/"), {"key": str(next(keys))})
    assert refused.status_code == 422
    assert "Étuvage" in text(refused)
    post(f"{here}relever/incubation/", **{"incubation-value": "1"})
    page = post(f"{here}liberer/")
    assert "il peut partir" in page
    assert "Sans déclaration nutritionnelle" in page
    assert client.get(house.url(f"{here}etiquettes.pdf?nombre=4")).content.startswith(b"%PDF")
    page = post(f"{here}envoyer/", **{
        "send-receiver": house.agents["cantine"].pk, "send-quantity": "6", "send-price": "4,10",
    })  # fmt: skip
    assert "4\u00a0pièces en stock" in page
    assert "bloqué" in post(f"{here}bloquer/", **{"stop-reason": "pot bombé"})
    assert "écarté" in post(f"{here}ecarter/", **{"stop-reason": "pots bombés"})
    assert Verdict.objects.count() == 4


def test_an_order_is_delivered_in_one_tap_and_a_core_reading_keeps_its_two_figures(house):
    client, keys = house.client(), count(20_000_000)

    def post(end: str, **sent):
        return client.post(house.url(end), {"key": str(next(keys)), **sent})

    batch = house.plan(house.recipe("chilled"), planned="5")
    house.use(batch, (house.lot("carotte", "8"), "8"), (house.lot("sel", "1"), "0.1"))
    house.finish(batch, "5")
    here = f"fournees/{batch.pk}/"
    # « Pendant »: how long at that temperature; without it the form comes back, and keeps what was read.
    again = post(f"{here}relever/core/", **{"core-value": "74,5", "core-minutes": "", "core-note": "sonde 1"})
    assert again.status_code == 422
    assert 'value="74,5"' in text(again)
    assert 'name="core-minutes"' in text(again)
    post(f"{here}relever/core/", **{"core-value": "76", "core-minutes": "1"})
    short = sheet_of(batch).controls[0]
    assert (short.value, short.minutes, short.out) == (Decimal(76), Decimal(1), True)
    post(f"releves/{short.pk}/repondre/", done="Remis au feu deux minutes")
    post(f"{here}relever/core/", **{"core-value": "76", "core-minutes": "2"})
    post(f"{here}relever/cooling/", **{"cooling-curve": "0 63\n90 9"})
    assert sheet_of(batch).blocking == []
    assert post(f"{here}liberer/").status_code == 302
    asked = {"receiver": house.agents["cantine"].pk, "product": house.products["puree-legumes"].pk,
             "quantity": "3", "price": "9,50", "due_on": "27/11/2026"}  # fmt: skip
    refused = post("commandes/nouvelle/", **asked | {"due_on": "26/11/2026"})
    assert refused.status_code == 422
    assert "est passé" in text(refused)
    post("commandes/nouvelle/", **asked)
    page = text(client.get(house.url()))
    (address,) = set(re.findall(r'action="[^"]*(commandes/\d+/)"', page))
    assert "3\u00a0pièces" in page
    assert "Commande de Cantine" in text(client.get(house.url(address)))
    for quantity, status in (("4", 422), ("3", 302), ("3", 302)):
        assert post(address, quantity=quantity).status_code == status
    assert "Aucune commande en attente" in text(client.get(house.url()))
    assert house.held()[sheet_of(batch).lot.code] == 2
    assert post(f"{address}abandonner/", **{"stop-reason": "trop tard"}).status_code == 302
    assert client.get(house.url("commandes/999999/")).status_code == 404


def test_what_was_typed_is_still_there_with_the_reason(house):
    client = house.client()
    version = house.recipe()
    carrots = house.lot("carotte", "8")
    batch = house.plan(version)
    here = f"fournees/{batch.pk}/"
    for end, sent, words in (
        ("recettes/ecrire/", RECIPE | {"product": house.products["soupe-legumes"].pk, "life_days": "2000"},
         "aucune étude validée"),
        (f"recettes/{version.recipe_id}/changer/", RECIPE | {"name": "", "quantity-2": "5"},
         "Choisissez l’ingrédient"),
        (f"{here}relever/f0/", {"f0-curve": "0 118\nquinze 118", "f0-note": "cycle 7"}, "écrivez une minute"),
        (f"{here}entrer/", {f"lot-{carrots.pk}-{house.places['cuisine'].pk}": "9"}, "il y en a"),
        (f"{here}finir/", FINISH | {"made": "7"}, "Rien n’est entré de"),
        (f"{here}abandonner/", {"drop-reason": ""}, "obligatoire"),
        ("stock/acheter/", {"quantity": "-2", "supplier_lot": "S-9"}, "au moins"),
        ("a-facon/prix/", {"per_batch": "quarante", "agreed": "convention"}, "quarante"),
        ("hygiene/suivi/", {"fact-on": "01/01/2031", "fact-note": "rapport 8", "fact-kind": "inspected",
                            "fact-equipment": house.machines["autoclave"].pk}, "pas encore passé"),
        ("hygiene/exploitant/", {"operator-name": "Nous", "operator-address": "Ici",
                                 "operator-organic_body": "FR-BIO-10"}, "ni l’un ni l’autre"),
    ):  # fmt: skip
        response = client.post(house.url(end), {"key": KEY} | sent)
        assert response.status_code == 422, end
        assert words in text(response), end
        typed = [value for value in sent.values() if isinstance(value, str) and value not in ("", "on")]
        assert all(re.search(rf'[">\n]{re.escape(value)}["<\s]', text(response)) for value in typed), end


def test_hygiene_is_kept_and_printed(house):
    client = house.client()
    cook = client.session["_auth_user_id"]
    assert "jamais noté" in text(client.get(house.url("hygiene/")))
    for end, sent in (
        ("nettoye/", {"what": "Chambre froide"}),
        ("materiel/", {"machine-kind": "ph_meter", "machine-name": "pH 2", "machine-since": "01/11/2026"}),
        ("suivi/", {"fact-equipment": house.machines["autoclave"].pk, "fact-kind": "inspected",
                    "fact-on": "20/11/2026", "fact-note": "rapport 88"}),
        ("non-conformite/", {"gap-what": "Joint usé", "gap-on": "26/11/2026"}),
        ("formation/", {"training-person": cook, "training-what": "Hygiène",
                        "training-on": "02/03/2026", "training-until": "02/03/2029"}),
    ):  # fmt: skip
        response = client.post(house.url(f"hygiene/{end}"), {"key": f"{KEY}-{end.rstrip('/')}"} | sent)
        assert response.status_code == 302, text(response)
    page = text(client.get(house.url("hygiene/")))
    assert "Joint usé" in page
    gap = Record.objects.get(kind="nonconformity")
    client.post(house.url(f"hygiene/{gap.pk}/repondre/"), {"key": KEY, "done": "Joint changé"})
    assert "Joint changé" in text(client.get(house.url("hygiene/")))
    assert Equipment.objects.filter(name="pH 2").exists()
    house.cooked()
    assert client.get(house.url("hygiene/dossier.pdf")).content.startswith(b"%PDF")
    assert client.get(house.url("hygiene/dossier.pdf?du=01/12/2026&au=01/01/2026")).status_code == 404
    assert client.post(house.url("hygiene/nettoye/"), {"key": KEY, "what": "Autre"}).status_code == 404


def test_a_label_that_is_not_complete_says_what_is_missing(house):
    batch = house.cooked()
    actions.say_operator(
        ecopole=house.ecopole,
        kitchen=house.kitchen,
        name="",
        address="",
        starts_on=TODAY,
        key="empty",
        **WRITTEN,
    )
    client = house.client()
    assert "il manque\u202f: le nom et l’adresse" in text(client.get(house.url(f"fournees/{batch.pk}/")))
    response = client.get(house.url(f"fournees/{batch.pk}/etiquettes.pdf"), follow=True)
    assert "il manque le nom et l’adresse de l’exploitant" in text(response)


def test_a_farm_reads_its_own_statement_and_no_other(house):
    client = house.client()
    sent = {"farm": house.agents["ferme"].pk, "per_batch": "40", "per_unit": "0,60",
            "starts_on": "27/11/2026", "agreed": "convention", "key": KEY}  # fmt: skip
    for _ in range(2):
        assert client.post(house.url("a-facon/prix/"), sent).status_code == 302
    assert Fee.objects.count() == 1
    house.cooked("ferme")
    farmer = house.client(Role.FARMER, "ferme")
    page = text(farmer.get(house.url("a-facon/")))
    assert "46,00\u00a0€" in page
    assert "8\u00a0kg" in page
    assert farmer.get(house.url("a-facon/releve.pdf")).content.startswith(b"%PDF")
    stranger = house.client(Role.FARMER, "autre ferme")
    assert "46,00" not in text(stranger.get(house.url("a-facon/")))
    own = house.agents["ferme"].pk
    assert stranger.get(house.url(f"a-facon/?ferme={own}")).status_code == 404
    assert stranger.get(house.url(f"a-facon/releve.pdf?ferme={own}")).status_code == 404
    assert stranger.get(house.url()).status_code == 403


def test_the_director_reads_and_changes_nothing(house):
    batch = house.cooked()
    client = house.client(Role.DIRECTOR, "plateforme")
    for end in ("", f"fournees/{batch.pk}/", "recettes/", "stock/", "a-facon/", "hygiene/"):
        page = text(client.get(house.url(end)))
        assert house.kitchen.name in page or "<h1>" in page
        assert 'action="/e/polder/transformation/' not in page, end
    assert client.post(house.url(f"fournees/{batch.pk}/liberer/"), {"key": KEY}).status_code == 403
    elsewhere = make_house("ailleurs")
    for end in (f"fournees/{batch.pk}/", f"recettes/{batch.version.recipe_id}/"):
        assert house.client().get(house.url(end)).status_code == 200
        assert elsewhere.client().get(elsewhere.url(end)).status_code == 404


PAGES = (
    "",
    "fournees/{batch}/",
    "fournees/{waits}/",
    "fournees/nouvelle/",
    "recettes/",
    "recettes/{recipe}/",
    "recettes/ecrire/",
    "stock/",
    "commandes/nouvelle/",
    "a-facon/?ferme={farm}",
    "hygiene/",
    "hygiene/dossier.pdf",
)
QUERIES_MAX = 12


def test_pages_ask_no_more_when_there_is_more(house):
    house.fee()
    first = house.cooked("ferme")
    house.surplus("40")
    waits = house.plan(first.version, owner=house.agents["ferme"])
    house.use(waits, (house.lot("carotte", "8", "ferme"), "8"))
    numbers = {"batch": first.pk, "waits": waits.pk, "recipe": first.version.recipe_id,
               "farm": house.agents["ferme"].pk}  # fmt: skip
    client = house.client()

    def asked() -> dict[str, int]:
        found = {}
        for page in PAGES:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(house.url(page.format(**numbers))).status_code == 200
            found[page] = len(queries)
        return found

    asked()
    before = asked()
    _more(house, first)
    assert asked() == before
    assert max(before.values()) <= QUERIES_MAX, before


def _more(house: House, first: Batch) -> None:
    """Four batches more, surplus, readings, recipes, records."""
    version = first.version
    for n in range(4):
        house.surplus("20")
        carrots, salt = house.lot("carotte", "8", "ferme"), house.lot("sel", "1")
        batch = house.plan(version, owner=house.agents["ferme"])
        house.use(batch, (carrots, "8"), (salt, "0.1"))
        house.cycle(batch, "2")
        house.finish(batch)
        house.cycle(first, "2")
        for kind in ("cleaning", "nonconformity"):
            actions.note_record(ecopole=house.ecopole, kind=kind, what="Chambre froide",
                                on=TODAY - timedelta(days=n), key=f"{kind}-{n}", **WRITTEN)  # fmt: skip
        lines = [actions.Line(house.products["carotte"], Decimal(8))]
        written = actions.Written(
            schedule="pasteurised", lines=lines, yield_low=Decimal(9), yield_likely=Decimal(10),
            yield_high=Decimal(11), hours=Decimal(4), life_days=90, steps="Cuire.", storage="Au sec",
            core_celsius=Decimal(85), core_minutes=Decimal(5),
        )  # fmt: skip
        actions.write_recipe(ecopole=house.ecopole, product=house.products["soupe-legumes"],
                             name=f"Purée {n}", written=written, key=f"more-{n}", **WRITTEN)  # fmt: skip


def test_a_fragment_is_the_middle_of_its_page(house):
    batch = house.cooked()
    client = house.client()
    once = re.compile(r'value="[0-9A-Za-z-]{36,64}"')  # the keys and tokens of forms, new each time
    for end in ("", f"fournees/{batch.pk}/", "recettes/", "hygiene/"):
        whole = once.sub("", text(client.get(house.url(end))))
        fragment = once.sub("", text(client.get(house.url(end), headers={"HX-Request": "true"})))
        middle = fragment.partition("<h1>")[2].partition("<nav hx-swap-oob")[0]
        assert middle.partition("<div hx-swap-oob")[0].strip()[:4000] in whole, end
    assert sheet_of(batch).state == "held"
