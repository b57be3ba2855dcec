"""What public accounts save and receive because people work, before any exit."""

from terreau.engines.contribution import jobs, public_finance
from terreau.engines.contribution.indicator import Correction, Family, Indicator
from terreau.engines.contribution.problem import Amount, Array, Draws, Flows, Kind, Territory

HOUSEHOLDS = ("seul", "seul_1enf", "seul_2enf", "couple", "couple_2enf")
PARAMETERS = (
    "heures_hebdo_cddi",
    "part_sans_minimum_entrants",
    "etp_heures_payees",
    *(f"menage_{h}" for h in HOUSEHOLDS),
)


def mix(p: Draws) -> dict[str, Amount]:
    return {household: p[f"menage_{household}"] for household in HOUSEHOLDS}


def grid_year(flows: Flows, p: Draws) -> int:
    """The year of the grid that holds for these flows: the last one begun, else the first."""
    years = sorted({row.year for row in p.tables.grid})
    return max((year for year in years if year <= flows.end.year), default=years[0])


def by_line(flows: Flows, p: Draws) -> dict[str, Array]:
    """Euros per person and year, by line of public accounts; derived once per draws."""
    key = ("lines", grid_year(flows, p))
    if key not in p.kept:
        p.kept[key] = public_finance.lines(p.tables.grid, key[1], mix(p), p["heures_hebdo_cddi"])
    kept: dict[str, Array] = p.kept[key]
    return kept


def per_etp(flows: Flows, p: Draws) -> Amount:
    gain = public_finance.gain(by_line(flows, p), p["part_sans_minimum_entrants"])
    return public_finance.per_etp(gain, p["heures_hebdo_cddi"])


def etp(flows: Flows, p: Draws) -> Amount:
    return jobs.etp(flows.total("hours", Kind.INSERTION_WORK), p["etp_heures_payees"], flows.years)


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return etp(flows, p) * per_etp(flows, p)


INDICATOR = Indicator(
    id="gain_public",
    family=Family.PUBLIC,
    label="Ce que les comptes publics récupèrent",
    question="Chaque année, que récupèrent l’État, le département et la Sécurité sociale quand ces"
    " personnes travaillent\u202f?",
    equation="ETP × (RSA, logement, famille, prime d’activité évités ou versés + cotisations + CSG + impôt)",
    unit="€/an",
    read=read,
    parameters=PARAMETERS,
    applies=frozenset({Correction.DEADWEIGHT}),
    why="Une part des personnes aurait travaillé de toute façon\u202f; un droit ne se déplace ni ne se"
    " partage.",
    limits="Locataire en zone 2, SMIC, cinq types de ménage, 20 à 35 h\u202f; ASS et ARE comptées comme le"
    " RSA.",
    comparator="2026, personne seule au RSA, 26 h\u202f: 10 789 € par personne, 14 524 € par ETP.",
    sources=("Heures payées", "OpenFisca-France 176.1.8"),
    sdg=("1.2",),
)
