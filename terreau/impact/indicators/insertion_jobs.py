"""ETP of the people employed in insertion."""

from terreau.engines.contribution import jobs
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return jobs.etp(flows.total("hours", Kind.INSERTION_WORK), p["etp_heures_payees"], flows.years)


INDICATOR = Indicator(
    id="etp_insertion",
    family=Family.JOBS,
    label="Emplois d’insertion",
    question="Combien de personnes éloignées de l’emploi travaillent ici, en équivalent temps plein\u202f?",
    equation="Σ heures payées en CDDI ÷ 1 820",
    unit="ETP",
    read=read,
    parameters=("etp_heures_payees",),
    why="Compté tel quel\u202f: ce sont des contrats. Leur effet sur la suite est dans les sorties.",
    headline=True,
    limits="Heures payées, congés compris (35 h × 52)\u202f: à ne pas additionner avec des ETP de 1 607 h.",
    sources=("Registre des heures payées",),
    sdg=("8.5", "10.2"),
)
