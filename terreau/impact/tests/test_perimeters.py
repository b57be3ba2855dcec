"""What may be answered for: sets of communes, each with its jobs or what to import to know them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from terreau.engines.contribution import Missing
from terreau.impact.answering import perimeter_of
from terreau.impact.territories import DEPARTEMENT, EPCI, SCALES, ZONE, known_epci, perimeters, territory
from terreau.territory.figures_files import load_jobs, load_zones
from terreau.territory.models import Commune, Ecopole

# A zone of three communes: two of our EPCI, one of the next département; a fourth of the EPCI is elsewhere.
PLACES = [
    ("62057", "Audruicq", "62", "246200844", 5_400), ("62645", "Oye-Plage", "62", "246200844", 5_300),
    ("59272", "Holque", "59", "200000002", 900), ("62621", "Nortkerque", "62", "246200844", 1_600),
]  # fmt: skip
ZONES = "CODGEO,ZE2020,LIBZE2020\n62057,3206,Le Calaisis\n62645,3206,Le Calaisis\n59272,3206,Le Calaisis\n"
JOBS = "CODGEO;P22_EMPLT\n62057;2041,7\n62645;812,3\n59272;120\n62621;200\n"

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Ecopole:
    for code, name, departement, epci, population in PLACES:
        Commune.objects.create(
            code=code, name=name, departement=departement, epci_code=epci, epci_name=f"CC {epci}",
            population=population, latitude=50.9, longitude=2.1,
        )  # fmt: skip
    return Ecopole.objects.create(slug="ici", name="Ici", commune_id="62057")


def test_without_the_official_table_the_zone_says_which_file_and_how(home):
    near, zone, wide = perimeters(home)
    assert (near.scale, zone.scale, wide.scale) == SCALES == (EPCI, ZONE, DEPARTEMENT)
    assert "terreau import zones FICHIER" in zone.missing
    assert "insee.fr" in zone.missing
    with pytest.raises(Missing, match="d’Audruicq"):
        territory(zone)
    with pytest.raises(CommandError, match="import zones"):
        call_command("impact", perimeter=ZONE, year=2026, stdout=StringIO())


def test_a_zone_crosses_the_borders_of_the_others(home):
    load_zones(ZONES.encode())
    zone = perimeter_of(home, ZONE)
    assert (zone.name, zone.missing) == ("Zone d’emploi du Calaisis", "")
    where = territory(zone)
    assert where.codes == {"62057", "62645", "59272"}
    assert where.population == 11_600
    with pytest.raises(Missing, match="Importez les emplois"):
        _ = where.employment


def test_a_zone_with_a_commune_nobody_knows_is_refused(home):
    load_zones((ZONES + "62193,3206,Le Calaisis\n").encode())
    assert "3 communes connues sur 4" in perimeter_of(home, ZONE).missing


def test_jobs_of_the_census_take_the_place_of_an_order_of_magnitude(home):
    load_zones(ZONES.encode())
    assert known_epci("246200844").jobs_total == 6_000
    load_jobs(JOBS.encode())
    where = territory(perimeter_of(home, ZONE))
    assert where.employment == pytest.approx(2_974)
    assert where.jobs_source == "recensement 2022 (Insee), emplois au lieu de travail"
    assert known_epci("246200844").jobs_total == pytest.approx(3_054)


def test_jobs_are_not_those_of_a_part_of_the_communes(home):
    """One commune without a number: the sum would be too small, and is not made."""
    load_jobs(JOBS.replace("62621;200", "62621;").encode())
    assert known_epci("246200844").jobs_total == 6_000
    assert known_epci("200000002").jobs_total == 120


def test_an_epci_of_which_we_say_nothing_is_answered_once_its_jobs_are_imported(home):
    home.commune = Commune.objects.get(code="59272")
    assert "terreau import jobs FICHIER" in perimeters(home)[0].missing
    load_jobs(JOBS.encode())
    assert territory(perimeters(home)[0]).employment == 120
