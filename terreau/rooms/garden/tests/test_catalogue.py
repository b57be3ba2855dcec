"""The catalogue: the reference always visible, the écopôle's own figures, a sheet out and in."""

import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terreau.measures.money import Money
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.catalogue_files import COLUMNS, HEADS, read_catalogue, write_catalogue
from terreau.rooms.garden.families import KNOWN, family
from terreau.rooms.garden.models import Crop, CropChoice
from terreau.rooms.garden.strips import strips
from terreau.rooms.garden.tests.factories import NOW, make_garden
from terreau.territory.abilities import Role
from terreau.territory.models import Product
from terreau.territory.sheets import SheetRefused
from terreau.territory.tests.pages import cost, main, text

pytestmark = pytest.mark.django_db


def choose(land, code, reason="nos récoltes de 2025", **figures):
    crop = queries.catalogue(land.ecopole)[code]
    actions.choose_figures(ecopole=land.ecopole, crop=crop, figures=figures, reason=reason, by=None, at=NOW)


def test_an_empty_catalogue_loads_the_reference_by_its_one_button(garden):
    client = garden.client()
    assert main(client.get(garden.url("catalogue/"))).count("<button") == 1
    page = text(client.post(garden.url("catalogue/charger/"), follow=True))
    assert "62 cultures ajoutées" in page
    assert "0 cultures ajoutées" in text(client.post(garden.url("catalogue/charger/"), follow=True))


def test_crops_are_found_by_name_without_accents_and_by_family(land, grower, garden):
    def found(query):
        page = text(grower.get(garden.url(f"catalogue/?{query}")))
        return re.findall(r'catalogue/culture/([\w-]+)/"', page)

    assert found("q=celeri") == ["celeri-branche", "celeri-rave"]
    assert set(found("famille=Rosaceae")) == {"fraise"}
    assert found("q=ananas") == []
    assert len(found("")) == 62


def test_the_year_of_a_crop_is_drawn_and_said(land):
    field, tunnel = strips("44-48>29-33", "50-3>18-24")
    assert field.set_up == "M43 0h5v4.5H43z"
    assert field.words == "semaines 44 à 48, récolte 29 à 33"
    # Through the new year: to the end of week 52, and from week 1.
    assert tunnel.set_up == "M49 0h3v4.5H49zM0 0h3v4.5H0z"
    assert strips("", "") == []


def test_every_family_of_the_catalogue_has_its_colour_and_letters(land):
    latin = {crop.family for crop in land.crops.values()}
    assert latin <= KNOWN.keys()
    assert len({kin.letters for kin in KNOWN.values()}) == len(KNOWN)
    assert family("Inconnue").css == "fam-xx"


def test_own_figures_stand_beside_the_reference_and_give_way_again(land, grower, garden):
    url = garden.url("catalogue/culture/blette/")
    sent = {"yield_likely": "2,4 kg/m²", "return_years": "3", "reason": "pesées de 2025"}
    page = text(grower.post(f"{url}choisir/", sent, follow=True))
    assert "<b>2,4</b> kg/m²" in page
    assert "référence\u202f: 1,9 kg/m²" in page
    assert "pesées de 2025" in page
    # Three years is the reference itself: it goes on following it.
    assert queries.catalogue(land.ecopole)["blette"].chosen == {"yield_likely"}
    page = text(grower.post(f"{url}revenir/", {"figure": "yield_likely"}, follow=True))
    assert "<b>1,9</b> kg/m²" in page
    assert not CropChoice.objects.exists()


def test_sources_are_said_and_estimates_of_the_trade_are_marked(land, grower, garden):
    page = main(grower.get(garden.url("catalogue/culture/blette/")))
    assert page.count("estimation de métier</span>") >= 2
    assert "INRAE Pépinière-Mesclun" in page


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"yield_likely": "beaucoup"}, "n’est pas un nombre"),
        ({"yield_likely": "-1"}, "0 ou plus"),
        ({"yield_low": "3", "yield_likely": "2"}, "c’est moins que 3"),
        ({"price": "1 000 000"}, "c’est trop"),
        ({"price_low": "−2"}, "0 € ou plus"),
        ({"rows": "2,5"}, "nombre entier"),
        ({"field_cycles": "11-14"}, "mise en place puis récolte"),
        ({"field_cycles": "11-14>60-70"}, "semaines de 1 à 52"),
    ],
)
def test_a_wrong_figure_is_refused_where_it_was_typed_and_kept(land, grower, garden, typed, told):
    response = grower.post(garden.url("catalogue/culture/blette/choisir/"), typed)
    assert response.status_code == 422
    assert told in text(response)
    for value in typed.values():
        assert f'value="{value.replace(">", "&gt;")}"' in text(response)
    assert not CropChoice.objects.exists()


def test_a_crop_of_ones_own_is_here_and_nowhere_else(land, grower, garden):
    product = Product.objects.get(code="carotte")
    sent = {"name": "Salsifis", "family": "Asteraceae", "product": product.pk, "field_cycles": "12-16>40-52"}
    page = text(grower.post(garden.url("catalogue/ajouter/"), sent, follow=True))
    assert "culture de votre écopôle" in page
    assert queries.catalogue(land.ecopole)["salsifis"].own
    assert "salsifis" not in queries.catalogue(make_garden("ailleurs").ecopole)
    again = grower.post(garden.url("catalogue/ajouter/"), sent)
    assert again.status_code == 422
    assert "est déjà au catalogue" in text(again)
    blank = grower.post(garden.url("catalogue/ajouter/"), sent | {"name": "=1+1"})
    assert "Commencez le nom par une lettre" in text(blank)


def test_the_sheet_opens_in_a_french_spreadsheet(land, grower, garden):
    response = grower.get(garden.url("catalogue/tableur.csv"))
    lines = response.content.decode("utf-8-sig").split("\r\n")
    assert response.content.startswith("\ufeff".encode())
    assert lines[0] == ";".join(COLUMNS)
    assert (
        lines[1].startswith("ail;Ail sec;Alliacées;Ail;3-7>31-35;40-42>27-31") is False
    )  # quoted: it has « ; »
    assert '"3-7>31-35;40-42>27-31;44-48>29-33"' in lines[1]
    assert ";0,2;0,8;2,1;" in lines[1]


def upload(client, garden, data: bytes):
    file = SimpleUploadedFile("catalogue.csv", data, content_type="text/csv")
    return client.post(garden.url("catalogue/importer/"), {"file": file})


def sheet(**rows: dict[str, str]) -> bytes:
    """A sheet that says these figures of these crops and nothing of the others."""
    heads = ["code", *HEADS.values()]
    lines = [";".join(heads)]
    for code, said in rows.items():
        cells = [code.replace("_", "-"), *(said.get(name, "") for name in HEADS)]
        lines.append(";".join(cells))
    return "\n".join(lines).encode("cp1252", errors="replace")


def test_a_sheet_is_counted_before_it_is_kept(land, grower, garden):
    choose(land, "carotte-botte", return_years=9)
    reference = land.crops["blette"]
    data = sheet(
        blette={"yield_likely": "2,4", "return_years": str(reference.return_years)},
        carotte_botte={"return_years": str(land.crops["carotte-botte"].return_years)},
    )
    page = text(upload(grower, garden, data))
    counts = re.findall(r"<dd>(\d+)</dd>", page)
    assert counts == ["2", "2", "1", "1"]  # read, changing, becoming ours, following the reference again
    assert not CropChoice.objects.filter(crop__code="blette").exists()
    assert "2 cultures changent" in text(
        grower.post(garden.url("catalogue/importer/"), {"text": data.decode("cp1252")}, follow=True)
    )
    (kept,) = CropChoice.objects.all()
    assert (kept.crop.code, kept.yield_likely, kept.return_years) == ("blette", Decimal("2.4"), None)
    assert kept.reason == "tableur du 23 nov. 2026"


def test_a_wrong_sheet_is_refused_whole_with_every_reason(land, grower, garden):
    data = sheet(
        blette={"yield_likely": "beaucoup", "rows": "deux"}, ananas={"yield_likely": "2"},
        carotte_botte={"yield_likely": "2,4"},
    )  # fmt: skip
    response = upload(grower, garden, data + data.split(b"\n")[3])
    assert response.status_code == 422
    page = text(response)
    for told in ("Ligne 2", "rendement probable (kg/m²)", "rangs : « deux »", "Ligne 3", "« ananas »"):
        assert told in page
    assert not CropChoice.objects.exists()
    assert text(upload(grower, garden, b"a;b\n1;2")).count("en-tête inconnu") == 1


def test_the_same_crop_twice_and_figures_in_disorder_are_refused(land):
    data = sheet(blette={"yield_low": "5", "yield_likely": "2"})
    again = data + b"\n" + data.split(b"\n")[1]
    with pytest.raises(SheetRefused) as refusal:
        read_catalogue(again, land.crops)
    reasons = " ".join(str(error) for error in refusal.value.errors)
    assert "c’est moins que 5" in reasons
    assert "« blette » est déjà à la ligne 2" in reasons


HEADER = ";".join(["code", *HEADS.values()]).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n\n", b"\x89PNG\r\n\x1a\n" + bytes(500), HEADER, HEADER + b"\nblette",
        HEADER + b'\n"blette;2',
        HEADER + b"\nblette" + b";9" * 30, HEADER + b"\nblette;" + b"1-2>3-4;" * 300,
        HEADER + b"\nblette" + b";1e400" * 19, HEADER + b"\nblette" + ";²".encode() * 19, b"x" * 1_000_001,
    ],
)  # fmt: skip
def test_no_file_makes_the_catalogue_stumble(land, grower, garden, data):
    response = upload(grower, garden, data)
    assert response.status_code == 422
    assert 'class="error' in text(response) or "rien n’a été enregistré" in text(response)
    assert not CropChoice.objects.exists()


figures = st.fixed_dictionaries(
    {},
    optional={
        "rows": st.integers(1, 99),
        "return_years": st.integers(1, 99),
        "spacing_cm": st.decimals(0, 9_999_999, places=3),
        "establish_hours": st.decimals(0, 9_999_999, places=3),
        "price_high": st.integers(10_000, 9_000_000).map(Money),
        "portion_kg": st.decimals(0, 99, places=3),
        "field_cycles": st.just("11-14>20-29;44-48>29-33"),
    },
)


@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)  # fmt: skip
@given(
    st.dictionaries(st.sampled_from(["blette", "ail", "laitue", "poireau"]), figures),
    st.text("abc é;\"'’", max_size=30).map(str.strip),
)
def test_a_sheet_written_then_read_changes_nothing(land, chosen, reason):
    CropChoice.objects.all().delete()
    for code, own in chosen.items():
        choose(land, code, reason=reason, **own)
    before = queries.catalogue(land.ecopole)
    read = read_catalogue(write_catalogue(before.values()), before)
    assert actions.import_catalogue(ecopole=land.ecopole, choices=read, crops=before, by=None, at=NOW) == 0
    assert queries.catalogue(land.ecopole) == before


def test_pages_take_a_constant_number_of_queries(land, grower, garden):
    def counted(end):
        return cost(grower, garden.url(end))

    before = counted("catalogue/"), counted("catalogue/culture/blette/"), counted("catalogue/tableur.csv")
    for code in ("blette", "ail", "laitue"):
        choose(land, code, yield_likely=Decimal("1.95"), yield_high=Decimal(20))
    assert (
        counted("catalogue/"), counted("catalogue/culture/blette/"), counted("catalogue/tableur.csv")
    ) == before  # fmt: skip
    assert max(before) <= 6


@pytest.mark.parametrize("end", ["catalogue/", "catalogue/culture/blette/", "catalogue/ajouter/"])
def test_a_fragment_is_the_middle_of_the_page(land, grower, garden, end):
    token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    whole = token.sub("", main(grower.get(garden.url(end)))).partition(">")[2].strip()
    part = token.sub("", text(grower.get(garden.url(end), headers={"HX-Request": "true"})))
    assert "<html" not in part
    assert whole in part


def test_the_director_reads_and_chooses_nothing(land, garden):
    client = garden.client(Role.DIRECTOR)
    assert 'method="post"' not in main(client.get(garden.url("catalogue/culture/blette/")))
    for end in ("catalogue/culture/blette/choisir/", "catalogue/ajouter/", "catalogue/charger/"):
        assert client.post(garden.url(end), {}).status_code == 403
    assert garden.client(Role.PLATFORM).get(garden.url("catalogue/")).status_code == 403


@pytest.mark.parametrize(("owned", "name"), [(False, "crop_code_once"), (True, "crop_code_once_per_ecopole")])
def test_a_code_names_one_crop(land, owned, name):
    row = {"ecopole": land.ecopole if owned else None, "code": "salsifis", "name": "Salsifis",
           "family": "Asteraceae", "product_id": land.crops["ail"].product_id}  # fmt: skip
    Crop.objects.create(**row)
    said = "crop.code" if connection.vendor == "sqlite" else name
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        Crop.objects.create(**row)


def test_an_ecopole_chooses_once_for_a_crop(land):
    row = {"ecopole": land.ecopole, "crop_id": land.crops["ail"].id, "changed_at": NOW}
    CropChoice.objects.create(**row)
    said = "cropchoice.crop_id" if connection.vendor == "sqlite" else "crop_choice_once_per_ecopole"
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        CropChoice.objects.create(**row)
