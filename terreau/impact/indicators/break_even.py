"""How many people in work because of the pathway would pay for a year of public money."""

from terreau.engines.contribution import public_finance
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Territory

from . import public_gain, public_return
from .public_value import exit_gain


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    net_cost = public_return.paid(flows) / flows.years - public_gain.read(flows, territory, p)
    return public_finance.break_even(
        net_cost,
        exit_gain(flows, p),
        p["maintien_emploi_an"],
        p["taux_actualisation"],
        int(p["horizon_ans"].max()),
    )


INDICATOR = Indicator(
    id="seuil_sorties",
    family=Family.PUBLIC,
    label="Sorties qui équilibreraient",
    question="Combien de retours à l’emploi dus au parcours, chaque année, rembourseraient l’argent"
    " public\u202f?",
    equation="(aides − gain) ÷ Σ_{t=1..H} gain d’une sortie × maintien^t ÷ (1 + r)^t",
    unit="personnes/an",
    read=read,
    parameters=(*public_gain.PARAMETERS, "maintien_emploi_an", "taux_actualisation", "horizon_ans"),
    why="Un seuil, pas un effet\u202f: rien n’en est déduit.",
    extensive=False,
    better=-1,
    limits="À comparer aux sorties nettes, pas aux sorties dynamiques.",
    sources=("Subventions", "OpenFisca-France 176.1.8"),
    sdg=("1.2",),
)
