"""The grid computed by OpenFisca-France, an extra that neither runs nor tests the house (0017).

The order matters: RSA and prime d’activité look at one another's past months. Asked for a year first, prime
d’activité of 2026 is 2,763 € instead of 2,611 €. So each month in its turn, from two years before.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from terreau.impact.grid import Cells, Family, Types
from terreau.measures.french import format_date

PACKAGE = "OpenFisca-France"
WEEKS, MONTHS, FULL_TIME = 52, 12, 35
IN_TURN = ("rsa", "ppa", "aide_logement")
# Months to add up, and their sign: OpenFisca counts what is paid as negative.
MONTHLY: dict[str, tuple[int, tuple[str, ...]]] = {
    "salaire_brut": (1, ("salaire_de_base",)), "salaire_net": (1, ("salaire_net",)),
    "cout_employeur": (1, ("salaire_super_brut",)), "cotis_salariales": (-1, ("cotisations_salariales",)),
    "csg_crds": (-1, ("csg_deductible_salaire", "csg_imposable_salaire", "crds_salaire")),
    "rsa": (1, ("rsa",)), "prime_activite": (1, ("ppa",)), "aide_logement": (1, ("aide_logement",)),
}  # fmt: skip
YEARLY = {
    "prestations_familiales": (1, "prestations_familiales"),
    "impot_revenu": (-1, "impot_revenu_restant_a_payer"), "revenu_disponible": (1, "revenu_disponible"),
}  # fmt: skip


class NoOpenFisca(Exception):
    """The extra is not installed; the message says how to."""

    def __init__(self) -> None:
        super().__init__(
            f"{PACKAGE} n’est pas installé ici\u202f: la grille ne se recalcule pas. Lancez make grid, qui"
            " l’installe dans un environnement à part\u202f; ou, dans le vôtre, pip install"
            " --require-hashes -r requirements/openfisca.txt. L’écopôle n’en a pas besoin\u202f: la grille"
            " livrée suffit."
        )


def installed() -> str:
    """Its version. Raises `NoOpenFisca`."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        raise NoOpenFisca


def computed(types: Types, years: Sequence[int]) -> list[Cells]:
    """Every household at all its hours, over these years, as the law of each month stands."""
    installed()
    from openfisca_core.simulation_builder import SimulationBuilder
    from openfisca_france import FranceTaxBenefitSystem

    law = FranceTaxBenefitSystem()
    homes = [(hours, family) for hours in types.hours for family in types.families]
    months = [
        f"{year}-{month:02}"
        for year in range(min(years) - types.warm_up_years, max(years) + 1)
        for month in range(1, MONTHS + 1)
    ]
    smic = law.parameters.marche_travail.salaire_minimum.smic.smic_b_horaire
    wages = {month: smic(month) * WEEKS / MONTHS for month in months}
    told = _told(types, homes, wages)
    # A wage of nothing is divided by in places, then set aside.
    with np.errstate(all="ignore"):
        simulation = SimulationBuilder().build_from_entities(law, told)
        for month in months:
            for variable in IN_TURN:
                simulation.calculate(variable, month)
        workers = np.array([list(told["individus"]).index(f"{n}.1") for n in range(len(homes))])
        return [row for year in years for row in _rows(simulation, law, year, homes, workers)]


def _told(types: Types, homes: Sequence[tuple[int, Family]], wages: dict[str, float]) -> dict[str, Any]:
    """Who lives in each home, what is earned and paid, month by month; the first adult works."""
    told: dict[str, Any] = {"individus": {}, "familles": {}, "foyers_fiscaux": {}, "menages": {}}
    for n, (hours, family) in enumerate(homes):
        home = str(n)
        adults = [f"{n}.{rank}" for rank in range(1, family.adults + 1)]
        children = {f"{n}.e{rank}": born for rank, born in enumerate(family.children_born)}
        born = dict.fromkeys(adults, types.adult_born) | children
        told["individus"] |= {who: {"date_naissance": {"ETERNITY": str(day)}} for who, day in born.items()}
        if hours:
            told["individus"][adults[0]] |= _job(hours, types.staff, wages)
        told["familles"][home] = {"parents": adults, "enfants": list(children)}
        told["foyers_fiscaux"][home] = {"declarants": adults, "personnes_a_charge": list(children)}
        told["menages"][home] = {
            "personne_de_reference": adults[0], "conjoint": adults[1:], "enfants": list(children),
            "loyer": dict.fromkeys(wages, types.rent_eur), "zone_apl": dict.fromkeys(wages, types.zone),
            "statut_occupation_logement": dict.fromkeys(wages, "locataire_vide"),
        }  # fmt: skip
    return told


def _job(hours: int, staff: int, wages: dict[str, float]) -> dict[str, Any]:
    part = hours < FULL_TIME
    return {
        "salaire_de_base": {month: wage * hours for month, wage in wages.items()},
        "contrat_de_travail": dict.fromkeys(wages, "temps_partiel" if part else "temps_plein"),
        "heures_remunerees_volume": dict.fromkeys(wages, hours * WEEKS / MONTHS if part else 0),
        "effectif_entreprise": dict.fromkeys(wages, staff),
    }


def _rows(
    simulation: Any, law: Any, year: int, homes: Sequence[tuple[int, Family]], workers: Any
) -> Iterator[Cells]:
    def amount(variable: str, period: str) -> Any:
        """One number a home: of the person who works, or of the whole home."""
        found = simulation.calculate(variable, period)
        return found if len(found) == len(homes) else found[workers]

    months = [f"{year}-{month:02}" for month in range(1, MONTHS + 1)]
    euros: dict[str, Any] = {
        column: sign * sum(amount(variable, month) for variable in variables for month in months)
        for column, (sign, variables) in MONTHLY.items()
    }
    euros |= {column: sign * amount(variable, str(year)) for column, (sign, variable) in YEARLY.items()}
    euros["cotis_patronales_nettes"] = euros["cout_employeur"] - euros["salaire_brut"]
    source = f"{PACKAGE} {installed()}, législation au {format_date(_last_change(law, year))}"
    for n, (hours, family) in enumerate(homes):
        yield {
            "annee": str(year), "famille": family.name, "nb_enfants": str(len(family.children_born)),
            "couple": str(family.adults - 1), "heures_hebdo": str(hours), "source": source,
            **{column: str(round(float(values[n]))) for column, values in euros.items()},
        }  # fmt: skip


def _last_change(law: Any, year: int) -> date:
    """The last day of that year on which a parameter of the law is known to have changed."""
    changes = (
        change.instant_str
        for parameter in law.parameters.get_descendants()
        for change in getattr(parameter, "values_list", ())
    )
    return date.fromisoformat(max(day for day in changes if day <= f"{year}-12-31"))
