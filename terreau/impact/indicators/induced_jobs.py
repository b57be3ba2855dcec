"""Jobs that employees' spending feeds: from the income *added* to the territory, not from wages."""

import numpy as np

from terreau.engines.contribution import jobs, leontief, public_finance
from terreau.engines.contribution.indicator import Correction, Family, Indicator
from terreau.engines.contribution.problem import Amount, Array, Draws, Flows, Kind, Territory, total

from . import indirect_jobs
from .lm3 import MISSING
from .public_gain import grid_year, mix


def added_income(flows: Flows, territory: Territory, p: Draws) -> Amount:
    """Net pay of residents less the benefits it replaces: of an insertion wage, what the person gains."""
    flows.needed("eur_ht", MISSING, Kind.INSERTION_WAGE, Kind.PERMANENT_WAGE)
    insertion = total(territory.here(flows.of(Kind.INSERTION_WAGE)), "eur_ht")
    permanent = total(territory.here(flows.of(Kind.PERMANENT_WAGE)), "eur_ht")
    asked = p.tables.grid, grid_year(flows, p), mix(p), p["heures_hebdo_cddi"]
    gained = public_finance.mixed(*asked, "disposable") / public_finance.mixed(*asked, "net")
    return insertion * gained + permanent


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    income = added_income(flows, territory, p)
    found = jobs.induced(
        leontief.of(territory, p),
        p.tables.io.jobs_per_meur,
        income,
        p["propension_consommer"],
        p["io_deflateur_emplois"],
    )
    return found / flows.years


def guard(drawn: Array, flows: Flows, territory: Territory, p: Draws) -> tuple[str, ...]:
    """The scale of the territory, and the upper bound of sheltered jobs per exposed job."""
    direct = jobs.etp(flows.total("hours", Kind.INSERTION_WORK), p["etp_heures_payees"], flows.years)
    direct = direct + jobs.etp(
        flows.total("hours", Kind.PERMANENT_WORK), p["heures_etp_permanent"], flows.years
    )
    said = indirect_jobs.guard(drawn, flows, territory, p)
    if np.any(drawn > direct * p["multiplicateur_exposes_borne"]):
        said += (
            "Plus de 0,8 emploi induit par emploi direct\u202f: plus qu’il ne s’observe, à ne pas publier.",
        )
    return said


INDICATOR = Indicator(
    id="emplois_induits",
    family=Family.JOBS,
    label="Emplois nés des dépenses des salariés",
    question="Combien d’emplois les salariés font-ils vivre en dépensant ici ce qu’ils gagnent de"
    " plus\u202f?",
    equation="e · (I − A_r)⁻¹ · h_r · c · revenu ajouté",
    unit="ETP",
    read=read,
    parameters=(
        "heures_hebdo_cddi",
        "menage_seul",
        "menage_seul_1enf",
        "menage_seul_2enf",
        "menage_couple",
        "menage_couple_2enf",
        "propension_consommer",
        "io_deflateur_emplois",
        "emplois_france",
        "flq_delta",
    ),
    guard=guard,
    applies=frozenset({Correction.DEADWEIGHT, Correction.ATTRIBUTION}),
    why="Le revenu ajouté ôte déjà les prestations remplacées\u202f; une dépense de salarié ne déplace pas"
    " de vente.",
    limits="Jamais plus de 0,8 emploi induit par emploi direct (Frocrain & Giraud 2018)\u202f: signalé"
    " au-delà.",
    comparator="80 emplois abrités pour 100 exposés, borne haute.",
    sources=("Paie", "Grille OpenFisca", "Comptes de l’Insee 2010"),
    sdg=("8.3",),
)
