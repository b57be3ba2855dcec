"""What an insertion job costs public accounts in the end, per ETP."""

from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Missing, Territory

from . import public_gain, public_return


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    etp = public_gain.etp(flows, p)
    if not (etp > 0 if isinstance(etp, float) else (etp > 0).all()):
        raise Missing(
            "Heures d’insertion de la période\u202f: aucune. Le coût par emploi se calcule sur elles."
        )
    return public_return.paid(flows) / flows.years / etp - public_gain.per_etp(flows, p)


INDICATOR = Indicator(
    id="cout_public_net",
    family=Family.PUBLIC,
    label="Coût public net par emploi",
    question="Que coûte en fin de compte un emploi d’insertion aux comptes publics\u202f?",
    equation="(aides publiques − gain) ÷ ETP d’insertion",
    unit="€/ETP/an",
    read=read,
    parameters=public_gain.PARAMETERS,
    why="Présenté brut\u202f; la part qui aurait travaillé est ôtée du gain, à part.",
    extensive=False,
    better=-1,
    limits="Toutes les aides publiques de l’écopôle sont portées par ses emplois d’insertion, même celles"
    " d’autres métiers.",
    comparator="12 000 à 16 700 € par ETP dans l’illustration de la méthode.",
    sources=("Subventions", "OpenFisca-France 176.1.8"),
    sdg=("1.2",),
)
