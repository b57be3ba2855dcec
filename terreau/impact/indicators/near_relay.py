"""Share of poor households within five kilometres of a place where baskets are given."""

from terreau.engines.contribution import accessibility
from terreau.engines.contribution.indicator import Family, Indicator
from terreau.engines.contribution.problem import Amount, Draws, Flows, Kind, Territory

KM = 5.0
CHANNELS = ("basket", "solidarity")


def relays(flows: Flows) -> list[str]:
    return sorted({r.place for r in flows.of(Kind.SALE, Kind.DONATION) if r.place and r.channel in CHANNELS})


def read(flows: Flows, territory: Territory, p: Draws) -> Amount:
    return accessibility.within(territory, relays(flows), KM)


INDICATOR = Indicator(
    id="a_portee",
    family=Family.ACCESS,
    label="À cinq kilomètres d’un dépôt",
    question="Combien de foyers modestes habitent à moins de cinq kilomètres d’un dépôt\u202f?",
    equation="foyers pauvres des communes à 5 km au plus ÷ foyers pauvres",
    unit="part",
    read=read,
    why="Une distance, pas un effet.",
    extensive=False,
    limits="De mairie à mairie, à vol d’oiseau\u202f: une commune est tout entière dedans, ou dehors.",
    sources=("Dépôts", "Filosofi 2021 (Insee)", "Mairies"),
    sdg=("1.2", "11.a"),
)
