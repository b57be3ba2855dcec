"""What a sceptical economist will check, trap by trap, on the catalogue itself."""

from dataclasses import replace

import numpy as np
import pytest

from terreau.engines.contribution import Commune, Draws, Flow, Kind, Missing, Territory, Unknown
from terreau.engines.contribution.draws import central
from terreau.engines.contribution.problem import ELSEWHERE
from terreau.impact.indicators import BY_ID, CATALOGUE
from terreau.impact.indicators.lm3 import rounds
from terreau.impact.parameters import parameters, tables

from .hand import BOURG, TERRITORY, YEAR, day, flows


def draws(**own) -> Draws:
    p = central(parameters(YEAR[0]), tables())
    return Draws({**p.values, **{id: np.array([float(v)]) for id, v in own.items()}}, p.tables)


def read(id, of, p=None, territory=TERRITORY) -> float:
    return float(np.asarray(BY_ID[id].read(of, territory, p or draws())).reshape(-1)[0])


def only(*rows):
    return replace(flows(), rows=rows)


def sale(kg=1_000.0, eur=3_000.0, place=BOURG.code, **more) -> Flow:
    return Flow(day(6), Kind.SALE, kg=kg, eur_ht=eur, place=place, **more)


def test_wages_are_not_income_a_benefit_that_replaces_the_whole_wage_induces_nothing():
    """A grid where 26 hours of work leave the person with what it had: no job is fed by spending."""
    grid = tuple(replace(row, disposable=10_000.0) for row in tables().grid)
    pay = only(Flow(day(6), Kind.INSERTION_WAGE, place=BOURG.code, eur_ht=500_000.0))
    nothing = Draws(draws().values, replace(tables(), grid=grid))
    assert read("emplois_induits", pay, nothing) == 0
    assert read("emplois_induits", pay) > 0


def test_induced_jobs_take_less_than_half_of_an_insertion_wage():
    """2026, 26 h: 6,096 € more for a single person, not the 13,045 € of the wage."""
    from terreau.impact.indicators.induced_jobs import added_income

    pay = only(Flow(day(6), Kind.INSERTION_WAGE, place=BOURG.code, eur_ht=13_045.0))
    single = {f"menage_{h}": 0 for h in ("seul_1enf", "seul_2enf", "couple", "couple_2enf")}
    p = draws(menage_seul=1, heures_hebdo_cddi=26, **single)
    assert float(added_income(pay, TERRITORY, p)[0]) == pytest.approx(6_096, abs=1)


def test_a_year_too_small_to_be_said_is_not_a_year_without_installation():
    """None in 2025, said; fewer than five in 2026, not said: the sum is not zero, it is not known."""
    before = Flow(YEAR[0].replace(year=2025), Kind.INSTALLATION, count=0.0, ha=0.0)
    two_years = replace(flows(), start=before.date, rows=(before,))
    for figure in ("fermes_installees", "hectares_installes"):
        with pytest.raises(Missing, match="moins de cinq"):
            read(figure, two_years)
        assert read(figure, replace(two_years, rows=(before, replace(before, date=day(12))))) == 0


def test_organic_alone_changes_nothing():
    """With f_bio = 1, the agricultural stage weighs nothing: no gain is claimed for a label."""
    assert read("co2e_evite", only(sale(product="20009"))) == pytest.approx((0.24073503 + 0.010751711) * 1)
    assert read("co2e_evite", only(sale(product="20009")), draws(facteur_bio_agri=0.7)) > read(
        "co2e_evite", only(sale(product="20009"))
    )


def test_beans_by_plane_are_not_beans():
    by_plane, by_road = (read("co2e_evite", only(sale(product=p))) for p in ("20061_2", "20061_1"))
    assert by_plane / by_road > 15


def test_measured_litres_win_over_kilometres():
    litres = read("co2e_evite", only(Flow(day(6), Kind.DRIVE, litres=100.0, km=5_000.0)))
    assert litres == pytest.approx(-0.307)
    assert read("co2e_evite", only(Flow(day(6), Kind.DRIVE, km=1_000.0))) == pytest.approx(-77 * 3.07 / 1_000)


def test_a_crate_sold_twice_is_new_income_once():
    """Bought from a farm and sold again, or sold at once: the territory gains the last price, once."""
    bought = Flow(day(6), Kind.PURCHASE, "jardin", "ferme", BOURG.code, sector="AZ", eur_ht=2_000.0)
    once = read("revenu_local_net", only(sale()))
    assert read("revenu_local_net", only(bought, sale(carried=True))) == pytest.approx(once)


def test_public_money_creates_nothing():
    grant = Flow(day(6), Kind.GRANT, eur_ht=1_000_000.0, funding_source="etat")
    assert read("revenu_local_net", only(grant)) == 0
    assert read("argent_public", only(grant)) == 1_000_000


def test_sales_displaced_from_neighbours_are_taken_off_and_bounded():
    """Where nobody grows vegetables, nothing local can be displaced: it is all imports replaced."""
    none = read("revenu_local_net", only(sale()), draws(auto_approvisionnement_legumes=0))
    some = read("revenu_local_net", only(sale()), draws(auto_approvisionnement_legumes=0.3, deplacement=0.2))
    k = none / 3_000
    assert some == pytest.approx(k * 3_000 * (1 - 0.3 - 0.2))


def test_a_solidarity_basket_has_one_value_what_is_paid():
    pay = Flow(day(6), Kind.INSERTION_WAGE, place=BOURG.code, eur_ht=100.0)
    paid = only(sale(eur=400.0, channel="solidarity"), pay)
    assert rounds(paid, TERRITORY, draws()).first == 400
    assert read("revenu_local_net", paid) == pytest.approx(
        read("revenu_local_net", only(sale())) * 400 / 3_000
    )


def test_a_place_nobody_wrote_is_neither_here_nor_outside():
    assert read("revenu_local_net", only(sale(place=None))) == 0
    assert read("couverture", only(sale(place=None))) == 0
    assert read("revenu_local_net", only(sale(place=ELSEWHERE))) > 0


def test_exits_are_not_corrected_twice():
    """The causal effect is net already; each sheet says why a correction is or is not made."""
    assert not BY_ID["sorties_net"].applies
    assert not BY_ID["valeur_publique"].applies
    for indicator in CATALOGUE:
        assert indicator.why, indicator.id


def test_exits_fade_with_years():
    entered = replace(flows(), start=YEAR[0].replace(year=2024), rows=(
        Flow(day(6).replace(year=2024), Kind.ENTRY, count=100.0),
        Flow(day(6), Kind.ENTRY, count=10.0),
    ))  # fmt: skip
    assert read("sorties_net", entered) == pytest.approx(100 * 0.05 * 0.8**2 + 10 * 0.05)


def test_two_needs_of_vegetables_are_never_mixed():
    """Coverage and people fed take the need at purchase; the food balance is nobody's denominator."""
    assert not [i.id for i in CATALOGUE if "besoin_legumes_dispo" in i.parameters]


def test_other_food_covers_no_need_of_vegetables():
    eggs = only(sale(product="oeufs"))
    assert read("tonnes", eggs) == 1
    assert read("couverture", eggs) == 0
    assert read("co2e_evite", eggs) == 0


def test_losses_and_partners_kilos_are_beside_never_inside():
    rows = (sale(), sale(carried=True), Flow(day(6), Kind.LOSS, kg=300.0))
    assert read("tonnes", only(*rows)) == 1
    assert read("tonnes_partenaires", only(*rows)) == 1


def test_two_etp_never_one_sum():
    hours = only(
        Flow(day(6), Kind.INSERTION_WORK, hours=1_820.0), Flow(day(6), Kind.PERMANENT_WORK, hours=1_607.0)
    )
    assert (read("etp_insertion", hours), read("etp_permanents", hours)) == (1, 1)


def test_a_producer_counts_for_the_share_bought_not_for_its_whole_staff():
    assert read("emplois_producteurs", flows()) == pytest.approx(0.4)
    assert read("emplois_indirects", flows()) >= 0.4


def test_a_purchase_without_a_sector_is_said_not_dropped():
    with pytest.raises(Missing, match="code APE"):
        read("emplois_indirects", only(Flow(day(6), Kind.PURCHASE, place=BOURG.code, eur_ht=10.0)))


def territory(*communes, rate=0.15) -> Territory:
    return Territory("epci", "CC du Secret", communes, 2026, poverty_rate=rate, jobs_total=6_000.0)


def test_a_secret_is_never_a_zero():
    """Numerator and denominator cover the same communes; how many are missing is said."""
    assert read("sau_habitant", flows()) == pytest.approx(500 * 10_000 / 9_000)
    (said,) = BY_ID["sau_habitant"].guard(np.zeros(1), flows(), TERRITORY, draws())
    assert "1 communes sur 2" in said
    assert "500\u202fm²" in said
    (imputed,) = BY_ID["foyers_touches"].guard(np.zeros(1), flows(), TERRITORY, draws())
    assert imputed.startswith("1 communes sur 2 sans taux de pauvreté")
    silent = territory(replace(BOURG, sau_ha=Unknown.SECRET, households=Unknown.BLANK))
    with pytest.raises(Missing, match="Agreste"):
        read("sau_habitant", flows(), territory=silent)
    with pytest.raises(Missing, match="Filosofi"):
        read("foyers_touches", flows(), territory=silent)
    hidden = territory(replace(BOURG, poverty_rate=Unknown.SECRET), rate=Unknown.UNAVAILABLE)
    with pytest.raises(Missing, match="secret statistique"):
        read("foyers_touches", flows(), territory=hidden)


def test_land_of_lens_lievin_as_it_is_known():
    """10,237 ha of 30 communes: 565 m² over their 181,085 inhabitants, 422 as a lower bound over all."""
    known = Commune("62000", "Trente communes", 181_085, sau_ha=10_237.0)
    secret = Commune("62001", "Six communes", 61_506, sau_ha=Unknown.SECRET)
    lens = territory(known, secret)
    assert read("sau_habitant", flows(), territory=lens) == pytest.approx(565, abs=1)
    (said,) = BY_ID["sau_habitant"].guard(np.zeros(1), flows(), lens, draws())
    assert "422\u202fm²" in said


def test_perimeters_are_sets_of_communes_none_holds_another():
    """A zone d'emploi that leaves the town out: what is sold there is outside."""
    across = territory(TERRITORY.communes[1], replace(BOURG, code="59001"))
    assert read("revenu_local_net", only(sale()), territory=across) > read("revenu_local_net", only(sale()))
    assert read("couverture", only(sale()), territory=across) == 0


def test_a_multiplier_claimed_at_too_small_a_scale_is_said():
    small = BY_ID["emplois_indirects"].guard(np.zeros(1), flows(), TERRITORY, draws())
    assert any("100 000 emplois" in said for said in small)
    assert any("structure de la France" in said for said in small)
    jobs = dict.fromkeys(tables().io.sectors, 20000.0)
    large = replace(TERRITORY, jobs=jobs)
    assert BY_ID["emplois_indirects"].guard(np.zeros(1), flows(), large, draws()) == ()


def test_induced_jobs_beyond_the_bound_and_returns_above_one_are_said():
    too_many = BY_ID["emplois_induits"].guard(np.array([0.0, 9.7]), flows(), TERRITORY, draws())
    assert any("0,8 emploi induit" in said for said in too_many)
    within = BY_ID["emplois_induits"].guard(np.array([0.0, 9.5]), flows(), TERRITORY, draws())
    assert not any("0,8 emploi induit" in said for said in within)
    assert BY_ID["retour_public"].guard(np.array([0.4, 1.1]), flows(), TERRITORY, draws())
    assert not BY_ID["retour_public"].guard(np.array([0.4, 0.9]), flows(), TERRITORY, draws())


def test_an_lm3_out_of_its_bounds_is_said():
    (said,) = BY_ID["lm3"].guard(np.array([1.5, 3.4]), flows(), TERRITORY, draws())
    assert "50\u202f% des tirages" in said


def test_private_money_is_not_a_public_grant():
    private = only(Flow(day(6), Kind.GRANT, eur_ht=10.0, funding_source="fondation"))
    with pytest.raises(Missing, match="aide au poste"):
        read("retour_public", private)
    assert read("argent_public", private) == 0


def test_effort_full_price_is_three_times_as_much():
    from terreau.impact.indicators.effort import at

    p = draws()
    assert float(at(p["prix_panier_plein"], p)[0]) == pytest.approx(3 * read("effort_panier", flows()))


def test_returned_links_are_beside_chance():
    """A star whose links all go one way: no network drawn at random returns fewer."""
    (said,) = BY_ID["reciprocite"].guard(np.zeros(1), flows(), TERRITORY, draws())
    assert said.startswith("Plus que dans")
    (degree,) = BY_ID["liens_par_acteur"].guard(np.zeros(1), flows(), TERRITORY, draws())
    assert "6 acteurs\u202f; densité 33,3\u202f%" in degree
    (kept,) = BY_ID["resilience"].guard(np.zeros(1), flows(), TERRITORY, draws())
    assert "réseaux tirés au sort" in kept
