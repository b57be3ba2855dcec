"""The public-finance grid that is shipped: read, compared, made again by the law if OpenFisca is there."""

from importlib.util import find_spec

import pytest
from django.core.management import CommandError, call_command

from terreau.impact import legislation
from terreau.impact.grid import SHIPPED, differences, shipped, types, written, years
from terreau.impact.indicators import CATALOGUE
from terreau.impact.parameters import written as parameters_written

installed = find_spec("openfisca_france") is not None


def changed(year: str, family: str, hours: str, **cells: str) -> list[dict[str, str]]:
    """The grid as it was made by a real run, but for these cells."""
    row = (year, family, hours)
    return [
        one | cells if (one["annee"], one["famille"], one["heures_hebdo"]) == row else one
        for one in shipped()
    ]


def test_it_holds_every_household_at_every_hour_of_each_year():
    held = {(row["famille"], int(row["heures_hebdo"]), row["annee"]) for row in shipped()}
    assert held == {
        (f.name, hours, str(y)) for f in types().families for hours in types().hours for y in years()
    }
    assert len(shipped()) == len(held) == 80


def test_it_is_written_as_a_real_run_wrote_it():
    assert written(shipped()) == SHIPPED.read_text(encoding="utf-8")


def test_the_sheets_name_the_version_that_made_it():
    (version,) = {row["source"].partition(",")[0] for row in shipped()}
    named = {source for i in CATALOGUE for source in i.sources if source.startswith("OpenFisca")}
    assert named == {version}


def test_two_grids_differ_cell_by_cell_beyond_the_tolerance():
    assert differences(shipped(), shipped(), 0) == []
    spiral = changed("2026", "seul", "26", prime_activite="2763", aide_logement="1135")
    (told,) = differences(shipped(), spiral, types().tolerance_eur)
    assert (
        str(told)
        == "2026, seul, 26 h, prime d’activité\u202f: 2\u202f611\u00a0€ livrés, 2\u202f763\u00a0€ recalculés"
    )


def test_a_row_that_only_one_of_them_has_is_said():
    (gone,) = differences(shipped(), shipped()[:-1], 1)
    assert str(gone) == "2026, couple_2enf, 35 h\u202f: non recalculé"
    (new,) = differences(shipped()[1:], shipped(), 1)
    assert str(new) == "2025, seul, 0 h\u202f: absent de la grille livrée"


@pytest.mark.skipif(installed, reason="OpenFisca is installed here")
def test_without_openfisca_the_command_says_how_to_install_it(tmp_path):
    with pytest.raises(CommandError, match="make grid") as refusal:
        call_command("grid", "build", "--out", str(tmp_path / "grid.csv"))
    assert "requirements/openfisca.txt" in str(refusal.value)
    assert not list(tmp_path.iterdir())


def test_the_check_fails_on_a_wrong_cell_and_passes_on_none(monkeypatch, capsys):
    monkeypatch.setattr(legislation, "computed", lambda *_: changed("2025", "couple", "35", rsa="12"))
    with pytest.raises(CommandError, match="1 écart de plus de 1 € par an"):
        call_command("grid", "build", "--check")
    assert "2025, couple, 35 h, RSA" in capsys.readouterr().out
    monkeypatch.setattr(legislation, "computed", lambda *_: list(shipped()))
    call_command("grid", "build", "--check")
    assert "aucun écart" in capsys.readouterr().out


def test_a_year_added_keeps_the_others(monkeypatch, tmp_path):
    next_year = [row | {"annee": "2027"} for row in shipped() if row["annee"] == "2026"]
    monkeypatch.setattr(legislation, "computed", lambda *_: next_year)
    path = tmp_path / "grid.csv"
    call_command("grid", "build", "--years", "2027", "--out", str(path))
    assert path.read_text() == written([*shipped(), *next_year])


@pytest.mark.skipif(not installed, reason="OpenFisca is an extra: make grid")
@pytest.mark.filterwarnings("ignore")
def test_the_law_gives_the_shipped_grid_again():
    """To the euro: no cell moved when it was written."""
    made = legislation.computed(types(), years())
    assert differences(shipped(), made, types().tolerance_eur) == []
    assert written(made) == written(shipped())


@pytest.mark.skipif(not installed, reason="OpenFisca is an extra: make grid")
@pytest.mark.filterwarnings("ignore")
def test_smic_and_rsa_are_dated_as_the_law_dates_them():
    from openfisca_france import FranceTaxBenefitSystem

    law = FranceTaxBenefitSystem().parameters
    minimum = law.prestations_sociales.solidarite_insertion.minima_sociaux
    kept = {
        "smic_horaire": law.marche_travail.salaire_minimum.smic.smic_b_horaire,
        "rsa_base": minimum.rsa.rsa_m.montant_de_base_du_rsa,
    }
    for name, parameter in kept.items():
        for ours in parameters_written()[name]:
            assert ours.value == parameter(str(ours.since)), f"{name}, {ours.since}"
        last = max(change.instant_str for change in parameter.values_list)
        assert str(parameters_written()[name][-1].since) == last
