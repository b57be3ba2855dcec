"""Official files of communes: read as INSEE lays them out, whole or not at all."""

from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from terreau.territory.figures_files import load_jobs, load_zones
from terreau.territory.models import CommuneFigures
from terreau.territory.sheets import SheetRefused

HEAD = ["CODGEO", "LIBGEO", "ZE2020", "LIBZE2020", "DEP"]
CALAIS, SAINT_OMER = ("3206", "Calais"), ("3220", "Saint-Omer")
ROWS = [
    ["62057", "Audruicq", *CALAIS, "62"], ["62193", "Calais", *CALAIS, "62"],
    ["62765", "Saint-Omer", *SAINT_OMER, "62"], ["59272", "Holque", *SAINT_OMER, "59"],
]  # fmt: skip

pytestmark = pytest.mark.django_db


def sheet(*rows: list[str], mark: str = ",", title: str = "") -> bytes:
    return (title + "\n".join(mark.join(row) for row in rows)).encode()


def zones() -> dict[str, str]:
    return dict(CommuneFigures.objects.exclude(zone="").values_list("code", "zone"))


def refused(load, data: bytes) -> str:
    with pytest.raises(SheetRefused) as refusal:
        load(data)
    return str(refusal.value)


def test_the_official_workbook_is_read_under_its_title():
    """Another library writes it: a sheet before, lines of title, a code kept as a number, an empty end."""
    book = Workbook()
    book.active.append(["ZE2020", "LIBZE2020", "NB_COM"])
    listed = book.create_sheet("Composition_communale")
    listed.append(["Zones d’emploi 2020, communes au 01/01/2026"])
    for _ in range(4):
        listed.append([None])
    listed.append(HEAD)
    for row in ROWS:
        listed.append(row)
    listed.append(["01001", "L'Abergement-Clémenciat", 51, "Villefranche"])
    data = BytesIO()
    book.save(data)
    changes = load_zones(data.getvalue())
    assert len(changes.added) == 5
    assert zones() == {
        "62057": "3206", "62193": "3206", "62765": "3220", "59272": "3220", "01001": "0051",
    }  # fmt: skip
    again = load_zones(data.getvalue())
    assert (again.added, again.changed, again.unchanged) == ((), (), 5)


def test_text_with_a_title_and_semicolons_is_read_too():
    load_zones(sheet(HEAD, *ROWS, mark=";", title="Zones d’emploi 2020, au 1er janvier 2026\n\n"))
    assert CommuneFigures.objects.get(code="62193").zone_name == "Calais"


def test_the_table_of_which_commune_is_of_what_has_no_names():
    load_zones(sheet(["CODGEO", "EPCI", "ZE2020"], ["62057", "246200844", "3206"]))
    assert CommuneFigures.objects.get().zone_name == ""


def test_a_commune_that_left_its_zone_no_longer_counts():
    load_zones(sheet(HEAD, *ROWS))
    load_jobs(sheet(["CODGEO", "P22_EMPLT"], ["59272", "120.5"]))
    load_zones(sheet(HEAD, *ROWS[:3]))
    assert "59272" not in zones()
    assert CommuneFigures.objects.get(code="59272").jobs == 120.5


def test_a_wrong_file_is_refused_whole_with_each_row_and_reason():
    load_zones(sheet(HEAD, *ROWS))
    message = refused(
        load_zones,
        sheet(HEAD, ROWS[0], ["6205", "X", *CALAIS, "62"], ["62057", "Audruicq", *CALAIS, "62"],
              ["62193", "Calais", "ABCD", "Calais", "62"], ["62041", "Arras", "3206", "Arras", "62"],
              ["62042", "Ailleurs", "3299", "", "62"]),
    )  # fmt: skip
    for said in (
        "ligne 3 : CODGEO : « 6205 »", "ligne 4 : « 62057 » est déjà à la ligne 2",
        "ligne 5 : ZE2020 : « ABCD »", "ligne 6 : LIBZE2020 : la zone 3206 s’appelle « Calais » plus haut",
        "ligne 7 : LIBZE2020 : le nom de la zone 3299 manque",
    ):  # fmt: skip
        assert said in message
    assert len(zones()) == 4
    assert "CODGEO, ZE2020" in refused(load_zones, b"CODE,NOM\n1,2\n")
    assert "classeur ne se lit pas" in refused(load_zones, b"PK\x03\x04rien")


def test_jobs_are_those_of_the_last_census_of_the_file_and_an_empty_cell_is_not_zero():
    head = ["CODGEO", "P16_EMPLT", "P22_EMPLT"]
    load_jobs(sheet(head, ["62057", "1900", "2041.7"], ["62193", "30000", ""], mark=";"))
    assert list(CommuneFigures.objects.order_by("code").values_list("jobs", "jobs_year")) == [
        (2041.7, 2022), (None, None),
    ]  # fmt: skip
    assert "« -3 » n’est pas un nombre d’emplois" in refused(load_jobs, sheet(head, ["62057", "1", "-3"]))


def test_the_command_asks_for_the_file(tmp_path):
    path, out = tmp_path / "zones.csv", StringIO()
    path.write_bytes(sheet(HEAD, *ROWS))
    call_command("import", "zones", path, stdout=out)
    assert out.getvalue().startswith("zones : 4 ajoutés")
    with pytest.raises(CommandError, match="file"):
        call_command("import", "zones")
