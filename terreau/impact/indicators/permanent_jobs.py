"""ETP of permanent staff."""

from terreau.engines.contribution import jobs
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory

MISSING = "Heures des permanents\u202f: aucune. Déclarez celles de l’année, depuis la paie."


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    hours = flows.needed("hours", MISSING, Kind.PERMANENT_WORK)
    return jobs.etp(hours, p["heures_etp_permanent"], flows.years)


INDICATOR = Indicator(
    id="etp_permanents",
    family=Family.JOBS,
    label="Emplois permanents",
    question="Combien d’emplois permanents l’écopôle porte-t-il\u202f?",
    equation="Σ heures travaillées ÷ 1 607",
    unit="ETP",
    read=read,
    parameters=("heures_etp_permanent",),
    why="Compté tel quel\u202f: ce sont des contrats.",
    limits="Heures travaillées\u202f: un autre ETP que celui de l’insertion (1 820 h payées).",
    sources=("Registre des heures",),
    sdg=("8.5",),
)
