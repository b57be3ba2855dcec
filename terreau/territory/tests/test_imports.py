"""Open-data sheets: whole or not at all, the same twice changes nothing."""

from decimal import Decimal
from io import StringIO
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command

from terreau.measures.money import Money
from terreau.territory.communes import load_communes, parse_contour
from terreau.territory.models import Commune, Product, ProductFamily
from terreau.territory.products import load_products
from terreau.territory.sheets import SheetRefused

COG = "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT\n"
AUDRUICQ = "COM,62057,32,62,62D,626,1,AUDRUICQ,Audruicq,Audruicq,6229,\n"
FIGURES = "code_insee,nom,code_epci,nom_epci,codes_postaux,population,lat_mairie,lon_mairie,surface_km2\n"
PRODUCTS = (
    "code,name,family,unit,unit_kg,basket_group,storage,keeps_days,vat_class,macantine_family,"
    "reference_price,portions,weeks,expert,source\n"
)
CARROT = 'carotte,Carotte,vegetable,kg,1,,cold,140,food,FRUITS_ET_LEGUMES,"2,70","0,6;0,8",35-52,,Relevé\n'

pytestmark = pytest.mark.django_db


def refused(load, text) -> str:
    with pytest.raises(SheetRefused) as refusal:
        load(text.encode())
    return str(refusal.value)


def test_the_shipped_communes_hold_the_fifteen_of_audruicq_with_contours():
    changes = load_communes()
    assert len(changes.added) == Commune.objects.count() >= 126
    home = Commune.objects.filter(epci_code="246200844")
    assert home.count() == 15
    assert sum(commune.population for commune in home) == 28187
    assert all(commune.contour for commune in home)
    assert Commune.objects.filter(departement="62").count() == 887
    assert not Commune.objects.filter(latitude=None).exists()


def test_shared_borders_are_the_same_line_on_both_sides():
    load_communes()
    edges: dict[frozenset, int] = {}
    for commune in Commune.objects.filter(epci_code="246200844"):
        for ring in commune.contour:
            for a, b in pairwise(ring):
                edge = frozenset([tuple(a), tuple(b)])
                edges[edge] = edges.get(edge, 0) + 1
    assert max(edges.values()) == 2
    assert sum(count == 2 for count in edges.values()) > 100


@pytest.mark.parametrize("load", [load_communes, load_products])
def test_the_same_sheet_twice_changes_nothing(load):
    first = load()
    again = load()
    assert (again.added, again.changed, again.unchanged) == ((), (), len(first.added))


def test_the_official_list_adds_and_renames_and_ignores_parts_of_communes():
    load_communes()
    text = COG + AUDRUICQ.replace("Audruicq,6229", "Audruicq-Ville,6229") + (
        "COM,01001,84,01,01D,012,5,ABERGEMENT,Abergement,L'Abergement-Clémenciat,0108,\n"
        "COMD,01015,84,01,01D,012,1,ARBIGNIEU,Arbignieu,Arbignieu,,01015\n"
        "COM,2A004,94,2A,20R,2A1,1,AJACCIO,Ajaccio,Ajaccio,2A99,\n"
        "COM,97411,04,974,974D,9741,1,SAINT DENIS,Saint-Denis,Saint-Denis,97499,\n"
    )  # fmt: skip
    changes = load_communes(text.encode())
    assert changes.added == ("L’Abergement-Clémenciat", "Ajaccio", "Saint-Denis")
    assert changes.changed == ("Audruicq-Ville",)
    assert Commune.objects.get(code="62057").population
    assert Commune.objects.get(code="97411").departement == "974"


def test_semicolons_and_excels_encoding_are_read():
    text = COG.replace(",", ";") + "COM;62402;32;62;62D;626;1;GUEMPS;Guemps;Guemps été;6229;\n"
    assert load_communes(text.encode("cp1252")).added == ("Guemps été",)


def test_a_wrong_list_is_refused_whole_with_every_reason():
    message = refused(
        load_communes,
        COG + AUDRUICQ + "COM,620,32,62,,,,,,Trop court,,\nCOM,62049,32,59,,,,,,,,\n" + AUDRUICQ + "COM,1\n",
    )
    for said in ("ligne 3 : COM : « 620 »", "ligne 4 : LIBELLE", "ligne 4 : DEP : « 59 »",
                 "ligne 5 : « 62057 » est déjà à la ligne 2", "ligne 6 : 2 cellules"):  # fmt: skip
        assert said in message
    assert not Commune.objects.exists()


def test_figures_out_of_range_are_refused():
    head = FIGURES.replace("\n", ",contour\n")
    message = refused(load_communes, head + '62057,Audruicq,,,62370,"5 a",95,2.08,-1,"2.0,50.8 2.1,50.9"\n')
    for said in (
        "population : « 5 a »",
        "lat_mairie : « 95 » sort de",
        "surface_km2 : « -1 »",
        "contour illisible",
    ):
        assert said in message


def test_an_empty_figure_is_unknown_never_zero():
    load_communes((FIGURES + "62057,Audruicq,,,,,,,\n").encode())
    assert Commune.objects.get().population is None


@pytest.mark.parametrize("text", ["", "nom;age\nZoé;12\n", COG])
def test_a_file_without_known_header_or_rows_is_refused(text):
    assert "Fichier refusé" in refused(load_communes, text)


def test_a_cell_without_end_is_refused_at_its_line():
    said = refused(load_communes, f'{COG}62057,"{"a" * 200_000}\n')
    assert "guillemet fermant" in said


def test_a_contour_is_read_ring_by_ring():
    ring = "2.0,50.8 2.1,50.8 2.1,50.9 2.0,50.8"
    assert parse_contour(f"{ring} / {ring}") == [[[2.0, 50.8], [2.1, 50.8], [2.1, 50.9], [2.0, 50.8]]] * 2


def test_the_shipped_products_are_complete_and_sourced():
    load_products()
    products = list(Product.objects.all())
    assert len(products) >= 80
    assert {product.family for product in products} == set(ProductFamily.values)
    assert all(product.source for product in products)
    # An hour of work has no public price, and a credit has none at all.
    assert all(
        product.reference_price
        for product in products
        if product.family not in (ProductFamily.WORK, ProductFamily.CREDIT)
    )
    for product in products:
        product.full_clean()
    fresh = [product for product in products if product.family in ("vegetable", "herb", "fruit")]
    assert all(product.portion_sizes and product.harvest_weeks for product in fresh)
    # In every week of the year something comes out of the ground.
    assert all(any(week in product.harvest_weeks for product in fresh) for week in range(1, 53))


def test_a_product_is_read_the_french_way():
    load_products((PRODUCTS + CARROT).encode())
    carrot = Product.objects.get()
    assert carrot.reference_price == Money(270)
    assert carrot.portion_sizes == (Decimal("0.6"), Decimal("0.8"))
    assert carrot.harvest_weeks == frozenset(range(35, 53))


def test_wrong_products_are_refused_whole_with_every_reason():
    wrong = "Navet,Carotte,rocks,sac,-2,,frozen,x,gold,CAILLOUX,-1,0.8;0.4,60-61,peut-être,\n"
    message = refused(load_products, PRODUCTS + CARROT + wrong)
    for said in (
        "code : « Navet »", "« Carotte » est déjà à la ligne 2", "family : « rocks » est inconnu",
        "unit : « sac »", "unit_kg : « -2 »", "storage : « frozen »",
        "keeps_days : « x »", "vat_class : « gold »",
        "macantine_family : « CAILLOUX »", "reference_price : « -1 »", "portions : portions « 0.8;0.4 »",
        "weeks : semaines « 60-61 »", "expert : « peut-être »", "source : à remplir",
    ):  # fmt: skip
        assert f"ligne 3 : {said}" in message
    assert not Product.objects.exists()


def test_a_known_product_keeps_its_unit():
    load_products((PRODUCTS + CARROT).encode())
    message = refused(load_products, PRODUCTS + CARROT.replace(",kg,", ",piece,"))
    assert "déjà compté en kg" in message
    assert Product.objects.get().unit == "kg"


def test_the_command_says_what_changed(tmp_path):
    out = StringIO()
    sheet = tmp_path / "produits.csv"
    sheet.write_text(PRODUCTS + CARROT, encoding="utf-8")
    call_command("import", "products", str(sheet), stdout=out)
    sheet.write_text(PRODUCTS + CARROT.replace("2,70", "2,90"), encoding="utf-8")
    call_command("import", "products", str(sheet), stdout=out)
    assert out.getvalue().splitlines() == [
        "products : 1 ajouté (Carotte), 0 modifié, 0 inchangé",
        "products : 0 ajouté, 1 modifié (Carotte), 0 inchangé",
    ]


def test_the_command_names_the_file_it_cannot_read(tmp_path):
    with pytest.raises(CommandError, match="ne se lit pas"):
        call_command("import", "communes", str(tmp_path / "absent.csv"))
