"""Published results found again within their tolerance; inputs and sources are in published.toml."""

import tomllib
import warnings
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from terreau.engines.contribution import accessibility, food, jobs, leontief, lm3, public_finance
from terreau.engines.contribution.accessibility import EARTH_KM
from terreau.engines.contribution.sroi import sroi
from terreau.impact.parameters import DATA, out_of_range, parameters, sector_of, tables, written
from terreau.territory.communes import FIGURES, SHIPPED, parse_contour
from terreau.territory.sheets import read_sheet

PUBLISHED = tomllib.loads((Path(__file__).with_name("published.toml")).read_text(encoding="utf-8"))


def case(name):
    return PUBLISHED[name]


def today() -> dict[str, float]:
    return {p.id: p.value for p in parameters(date(2026, 11, 27))}


def coefficients(of: dict) -> np.ndarray:
    return np.array(of["inputs"], float) / np.array(of["output"], float)


def test_eurostat_multipliers_of_germany():
    de = case("germany_1995")
    inverse, output = leontief.inverse(coefficients(de)), np.array(de["output"], float)
    tolerance = de["tolerance"]
    assert leontief.output_multipliers(inverse) == pytest.approx(de["output_multipliers"], abs=tolerance)
    added = leontief.content(np.array(de["value_added"]) / output, inverse)
    assert added == pytest.approx(de["value_added_multipliers"], abs=tolerance)
    worked = leontief.content(np.array(de["jobs_thousands"]) / output, inverse)
    assert worked == pytest.approx(de["jobs_thousands_per_million"], abs=tolerance)
    assert np.diag(inverse)[:3] == pytest.approx(de["leontief_diagonal"], abs=tolerance)


def test_spicosa_income_multipliers_of_the_netherlands():
    nl = case("netherlands_2000")
    a, labour = coefficients(nl), np.array(nl["labour"]) / np.array(nl["output"])
    one = leontief.multipliers(labour, leontief.inverse(a))
    two = leontief.multipliers(labour, leontief.type_two(a, np.array(nl["households"]), labour, 1.0))
    assert leontief.content(labour, leontief.inverse(a)) == pytest.approx(nl["income"], abs=1e-3)
    assert one == pytest.approx(nl["income_type_one"], abs=nl["tolerance_one"])
    assert two == pytest.approx(nl["income_type_two"], abs=nl["tolerance_two"])
    # Algebra: households closed, every sector is multiplied by the same constant.
    assert two / one == pytest.approx(np.full(6, nl["constant"]), abs=nl["tolerance_constant"])
    assert np.ptp(two / one) < 1e-12


def test_leontief_is_that_of_pymrio():
    """An independent program, on its own multi-regional table of 48 sectors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pymrio

        theirs = pymrio.load_test().calc_system()
    a, inverse = theirs.A.to_numpy(), theirs.L.to_numpy()
    assert a.shape == (48, 48)
    assert np.allclose(leontief.inverse(a), inverse, atol=1e-8)
    x = theirs.x.to_numpy().ravel()
    assert np.allclose(leontief.inverse(a) @ theirs.Y.to_numpy().sum(1), x, rtol=1e-8)


def test_two_french_tables_agree_on_agriculture():
    fr, io = case("france_agriculture"), tables().io
    ours = leontief.output_multipliers(leontief.inverse(io.coefficients))
    assert ours[io.sectors.index("AZ")] == pytest.approx(fr["insee_2010"], abs=1e-3)
    assert ours[io.sectors.index("AZ")] == pytest.approx(fr["imaclim_2018"], rel=fr["tolerance"])
    assert ours[io.sectors.index("C1")] == pytest.approx(fr["food_industry_2010"], rel=fr["tolerance"])


def test_the_french_table_is_whole():
    """Ten sectors, 25.5 million jobs, households buying 77 % at home; every activity code has a sector."""
    io = tables().io
    assert len(io.sectors) == 10
    assert io.jobs.sum() == pytest.approx(25_500, rel=2e-3)
    assert io.households.sum() == pytest.approx(0.770, abs=1e-3)
    naf = [*range(1, 4), *range(5, 10), *range(10, 34), *range(35, 40), *range(41, 44), *range(45, 48)]
    naf += [*range(49, 54), 55, 56, *range(58, 64), *range(64, 67), 68, *range(69, 76), *range(77, 83)]
    naf += [84, 85, *range(86, 89), *range(90, 100)]
    assert {sector_of(f"{division:02}.00Z") for division in naf} == set(io.sectors)
    assert (sector_of("01.13Z"), sector_of("1013B"), sector_of("46.31Z")) == ("AZ", "C1", "SPR")


def test_flegg_lambda():
    flq = case("flq_lambda")
    found = leontief.lam(flq["size"], np.array(flq["delta"]))
    assert float(found) == pytest.approx(flq["expected"], abs=flq["tolerance"])


@pytest.mark.parametrize("row", PUBLISHED["honest_multipliers"], ids=lambda row: row["perimeter"])
def test_honest_employment_multipliers_of_agriculture(row):
    """At the scale of an EPCI, 1.03 to 1.3, not 2; the diagonal without λ would say 1.20 to 1.32."""
    io, size, delta = tables().io, row["jobs"] / 28.5e6, np.array(row["delta"])
    region = leontief.regional(io, np.ones(10), size, delta)
    assert leontief.lam(size, delta) == pytest.approx(row["lam"], abs=1e-3)
    one = leontief.multipliers(io.jobs_per_meur, region.leontief)
    kept = today()["part_revenu_conso"]
    two = leontief.multipliers(
        io.jobs_per_meur,
        leontief.type_two(region.coefficients, region.households, io.labour, np.full(3, kept)),
    )
    assert one[:, 0] == pytest.approx(row["type_one"], abs=5.01e-3)
    assert two[:, 0] == pytest.approx(row["type_two"], abs=5.01e-3)


def test_lm3_of_northumberland_and_of_a_survey():
    money = case("lm3_northumberland")
    local = lm3.Rounds(1.0, 0.0, 1.0, 0.0, 0.0, money["local"] - 1, 0.0)
    assert local.second + local.third == pytest.approx(money["local"])
    assert (local.second + local.third) / money["elsewhere"] == pytest.approx(
        money["ratio"], rel=money["tolerance"]
    )
    survey = case("lm3_survey")
    assert lm3.respent(survey["answers"]) == pytest.approx(survey["mean"], abs=survey["tolerance"])
    assert lm3.Rounds(1.0, survey["pay"], 0.0, 0.0, survey["rate"], 0.0, 0.0).third == survey["spent"]


def test_utopies_is_the_sum_of_its_three_effects():
    row = case("utopies_paris")
    assert sum(row["parts"]) == pytest.approx(row["expected"], abs=row["tolerance"])
    assert today()["multiplicateur_utopies_paris"] == row["expected"]


def test_sroi_of_growing_communities():
    row = case("growing_communities")
    assert sroi([row["values"]], row["investment"]) == pytest.approx(row["expected"], rel=row["tolerance"])
    assert sroi([row["client_values"]], 1.0) == row["client"]


def test_parcel_hectares_of_tourtoirac():
    row = case("tourtoirac")
    hectares = food.hectares(row["people"], row["groups"])
    assert hectares == pytest.approx(2.9, abs=0.05)
    assert hectares == pytest.approx(row["expected"], rel=row["tolerance"])


def test_area_of_a_departement_from_its_contours():
    """All its communes; and the contours shipped, on the sphere, are of the area their source says."""
    row = case("pas_de_calais")
    communes = [
        c for c in read_sheet(SHIPPED.read_bytes(), (FIGURES,))[1] if c.text("code_insee")[:2] == "62"
    ]
    areas = [float(c.text("surface_km2")) for c in communes]
    assert len(communes) == row["communes"]
    assert sum(areas) == pytest.approx(row["from_contours"], rel=1e-5)
    assert sum(areas) == pytest.approx(row["official"], rel=row["tolerance"])
    drawn = [
        (parse_contour(c.text("contour")), a)
        for c, a in zip(communes, areas, strict=True)
        if c.text("contour")
    ]
    assert len(drawn) == row["contours_shipped"]
    said = sum(area for _, area in drawn)
    assert sum(on_sphere(rings) for rings, _ in drawn) == pytest.approx(said, rel=row["tolerance_simplified"])


def on_sphere(rings: list) -> float:
    """km²; each ring between its points and the equator."""
    total = 0.0
    for ring in rings:
        points = np.radians(np.array(ring))
        steps, heights = np.diff(points[:, 0]), np.sin(points[:, 1])
        total += abs(float(np.sum(steps * (heights[1:] + heights[:-1]) / 2)))
    return total * EARTH_KM**2


def test_agribalyse_stages_sum_and_the_plane_shows():
    row, foods = case("agribalyse"), tables().foods
    assert len(foods) == 82
    for one in foods.values():
        stages = one.agriculture + one.packaging + one.transport + one.retail + one.consumption
        assert stages == pytest.approx(one.total, abs=row["tolerance"]), one.label
    assert foods[row["carrot"]].total == row["carrot_total"]
    assert foods[row["beans"]].total == pytest.approx(row["beans_total"], abs=row["tolerance_beans"])
    flown = foods[row["beans_by_plane"]]
    assert flown.total == pytest.approx(row["beans_by_plane_total"], abs=row["tolerance_beans"])
    assert [one for one in foods.values() if one.plane] == [flown]


def test_agribalyse_means_medians_and_what_one_plane_does_to_them():
    row, foods = case("agribalyse"), tuple(tables().foods.values())
    for stage, expected in row["means"].items():
        assert np.mean([getattr(one, stage) for one in foods]) == pytest.approx(expected, abs=6e-4)
    for stage, expected in row["medians"].items():
        assert np.median([getattr(one, stage) for one in foods]) == pytest.approx(expected, abs=6e-4)
    for stage, expected in row["without_plane"].items():
        kept = [getattr(one, stage) for one in foods if not one.plane]
        assert np.mean(kept) == pytest.approx(expected, abs=6e-4)


def test_public_gain_is_employer_cost_less_what_the_person_gains():
    """On the 70 working rows of the grid, up to the prime de Noël and the like."""
    grid, tolerance = tables().grid, case("openfisca")["tolerance_identity"]
    working = [row for row in grid if row.hours]
    assert len(working) == 70
    for row in working:
        asked = grid, row.year, {row.family: 1.0}, row.hours
        gain = public_finance.gain(public_finance.lines(*asked))
        other = public_finance.mixed(*asked, "employer_cost") - public_finance.mixed(*asked, "disposable")
        assert abs(gain - other) < tolerance, row


@pytest.mark.parametrize("family", ["seul", "seul_1enf", "seul_2enf", "couple", "couple_2enf"])
def test_public_gain_of_each_household(family):
    row = case("openfisca")
    gain = public_finance.gain(public_finance.lines(tables().grid, 2026, {family: 1.0}, 26))[0]
    assert float(gain) == pytest.approx(row["gain_26h_2026"][family], abs=1)
    assert public_finance.per_etp(float(gain), 26) == pytest.approx(row["per_etp_26h_2026"][family], abs=1)


@pytest.mark.parametrize("row", PUBLISHED["rsa"], ids=lambda row: str(row["on"]))
def test_rsa_of_the_day(row):
    values = {p.id: p.value for p in parameters(row["on"])}
    assert values["rsa_base"] == pytest.approx(row["expected"], abs=0.01)


def test_poverty_line_of_households():
    row = case("poverty_line")
    line, units = today()["seuil_pauvrete"], accessibility.consumption_units
    assert line == row["single"]
    assert line * units(2) == pytest.approx(row["couple"], abs=row["tolerance"])
    assert line * (units(2, below_14=1) - units(2)) == pytest.approx(row["child_below_14"], abs=1)
    assert line * (units(2, from_14=1) - units(2)) == pytest.approx(row["child_from_14"], abs=1)


def test_food_balance_supply_of_vegetables():
    row = case("faostat")
    kilos = row["kilotonnes"] * 1e6 / row["population"]
    assert kilos == pytest.approx(row["expected"], abs=row["tolerance"])
    assert today()["besoin_legumes_dispo"] == pytest.approx(kilos, abs=0.05)


def test_yield_and_jobs_of_macon():
    row = case("macon")
    harvested = food.harvest(row["hectares"], row["expected"], 1.0, 0.0)
    assert harvested / 1000 == pytest.approx(row["tonnes"], rel=row["tolerance"])
    paid = row["etp"] * today()["etp_heures_payees"]
    assert jobs.etp(paid, today()["etp_heures_payees"], 1.0) / row["people"] == pytest.approx(0.5)


def test_sheltered_jobs_have_their_upper_bound():
    row = case("frocrain_giraud")
    assert today()["multiplicateur_exposes_borne"] * row["exposed"] == row["sheltered"]


def test_every_parameter_says_where_it_comes_from():
    """Dated, sourced, and what would replace it; the two needs of vegetables stay two rows."""
    for id, rows in written().items():
        assert [p.since for p in rows] == sorted({p.since for p in rows}), id
        for p in rows:
            assert all((p.source, p.unit, p.label)), id
            assert 1 <= p.effort <= 3, id
            assert p.measure or p.effort == 3, f"{id}: how is it measured?"
    assert sum(v for id, v in today().items() if id.startswith("mois_")) == pytest.approx(1)
    assert {"besoin_legumes_frais", "besoin_legumes_dispo"} <= set(written())
    assert (DATA / "grid.csv").exists()


def test_a_garden_s_own_figure_replaces_the_default_and_an_odd_one_is_said():
    on = date(2026, 11, 27)
    default = next(p for p in parameters(on) if p.id == "heures_hebdo_cddi")
    own = replace(default, value=24.0, low=24.0, high=24.0, status="measured", source="nos contrats")
    assert {p.id: p for p in parameters(on, [own])}["heures_hebdo_cddi"] == own
    assert not own.moves
    assert out_of_range([own], on) == ()
    (said,) = out_of_range([replace(own, value=15.0, low=15.0, high=15.0)], on)
    assert said.startswith("Durée hebdomadaire CDDI\u202f: 15 est hors de 20 à 35")
