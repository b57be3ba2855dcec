"""Jobs of local producers that the écopôle's purchases pay for: only the share bought."""

from terreau.engines.contribution import jobs
from terreau.engines.contribution.indicator import Correction, Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory

FARMING = "AZ"


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    """By the producer's own turnover and staff if it gave them, else by the sector's jobs per euro."""
    io = p.tables.io
    per_euro = io.jobs_per_meur[io.sectors.index(FARMING)] / 1e6 * p["io_deflateur_emplois"]
    found: Amount = 0.0
    for row in territory.here(flows.of(Kind.PURCHASE)):
        if row.sector == FARMING and row.eur_ht is not None:
            known = flows.suppliers.get(row.to_actor or "")
            found = found + (
                jobs.producers(row.eur_ht, known.turnover, known.staff) if known else row.eur_ht * per_euro
            )
    return found / flows.years


INDICATOR = Indicator(
    id="emplois_producteurs",
    family=Family.JOBS,
    label="Emplois chez les producteurs locaux",
    question="Combien d’emplois les achats aux fermes d’ici font-ils vivre\u202f?",
    equation="Σ achats ÷ chiffre d’affaires × ETP de la ferme",
    unit="ETP",
    read=read,
    parameters=("io_deflateur_emplois",),
    applies=frozenset({Correction.DEADWEIGHT, Correction.DISPLACEMENT, Correction.ATTRIBUTION}),
    why="Ces fermes auraient vendu une part ailleurs\u202f; une part se fait avec d’autres.",
    limits="La seule part achetée, jamais tout l’effectif. Compris dans les emplois indirects\u202f: ne pas"
    " additionner.",
    sources=(
        "Achats",
        "Chiffre d’affaires et effectif donnés par la ferme, sinon la branche (Insee 2010, déflaté)",
    ),
    sdg=("2.3", "8.3"),
)
