"""Net present value for public accounts, on employment alone: its cost now, what net exits bring later."""

from terreau.engines.contribution import jobs, public_finance
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import PUBLIC_SOURCES, Amount, Draws, Flows, Kind, Territory, total

from . import public_gain
from .exits_net import cohorts


def exit_gain(flows: Flows, p: Draws) -> Amount:
    """What one person in full-time work brings a year: the grid at 35 h, a first approximation."""
    year = public_gain.grid_year(flows, p)
    by_line = public_finance.lines(p.tables.grid, year, public_gain.mix(p), public_finance.FULL_TIME)
    return public_finance.gain(by_line, p["part_sans_minimum_entrants"])


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    first = flows.start.year
    last = max(flows.end.year, first + int(p["horizon_ans"].max()) - 1)
    worth, per_etp = exit_gain(flows, p), public_gain.per_etp(flows, p)
    yearly = []
    for year in range(first, last + 1):
        hours = total([r for r in flows.of(Kind.INSERTION_WORK) if r.date.year == year], "hours")
        cost = total(
            [r for r in flows.of(Kind.GRANT) if r.date.year == year and r.funding_source in PUBLIC_SOURCES],
            "eur_ht",
        )
        entered = cohorts(flows, year)
        benefits = jobs.still_in_work(entered, p["effet_net_emploi"], p["maintien_emploi_an"]) * worth
        gain = (1 - p["deadweight"]) * per_etp * hours / p["etp_heures_payees"]
        yearly.append((benefits, cost, gain))
    return public_finance.net_present_value(yearly, p["cofp"], p["taux_actualisation"])


INDICATOR = Indicator(
    id="valeur_publique",
    family=Family.PUBLIC,
    label="Valeur publique de l’emploi seul",
    question="Sur l’emploi seul, l’argent public investi revient-il\u202f?",
    equation="Σ_t [sorties nettes × gain − cofp × (aides − gain)] ÷ (1 + r)^t",
    unit="€",
    read=read,
    parameters=(
        *public_gain.PARAMETERS,
        "effet_net_emploi",
        "maintien_emploi_an",
        "deadweight",
        "cofp",
        "taux_actualisation",
        "horizon_ans",
    ),
    why="Les sorties y sont nettes et l’effet d’aubaine y est déjà.",
    stock=True,
    limits="D’ordinaire négative\u202f: un écopôle se juge sur l’ensemble (travail, nourriture, terres,"
    " liens), pas sur l’emploi seul."
    " Le gain d’une sortie est celui d’un temps plein au SMIC.",
    sources=("Subventions", "Entrées, en nombres", "OpenFisca-France 176.1.8"),
    sdg=("1.2",),
)
