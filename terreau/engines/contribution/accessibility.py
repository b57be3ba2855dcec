"""Accessibility: how many poor households are reached, at what effort, at what distance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .problem import Amount, Array, Commune, Missing, Territory, Unknown

EARTH_KM = 6371.0
UNITS_FIRST, UNITS_FROM_14, UNITS_BELOW_14 = 1.0, 0.5, 0.3


def consumption_units(adults: int, from_14: int = 0, below_14: int = 0) -> float:
    """1 for the first adult, 0.5 for each other person from 14, 0.3 below."""
    return UNITS_FIRST + UNITS_FROM_14 * (adults - 1 + from_14) + UNITS_BELOW_14 * below_14


@dataclass(frozen=True)
class PoorHouseholds:
    """`imputed`: communes whose secret rate is taken from the perimeter's; `without`: left out of both."""

    poor: float
    households: float
    imputed: int
    without: int


def poor_households(territory: Territory) -> PoorHouseholds:
    """Households under the line, over the communes whose households are known."""
    known = [(c, c.households) for c in territory.communes if not isinstance(c.households, Unknown)]
    if not known:
        raise Missing(f"Ménages de {territory.name}\u202f: absents. Importez le fichier Filosofi de l’Insee.")
    return PoorHouseholds(
        poor=sum(households * poverty_rate(c, territory) for c, households in known),
        households=sum(households for _, households in known),
        imputed=sum(isinstance(c.poverty_rate, Unknown) for c, _ in known),
        without=len(territory.communes) - len(known),
    )


def poverty_rate(commune: Commune, territory: Territory) -> float:
    if not isinstance(commune.poverty_rate, Unknown):
        return commune.poverty_rate
    if isinstance(territory.poverty_rate, Unknown):
        raise Missing(
            f"Taux de pauvreté de {commune.name}\u202f: {commune.poverty_rate.value}, et celui de"
            f" {territory.name} est absent. Ajoutez-le (Filosofi, Insee), avec sa source, à"
            " impact/data/perimeters.csv."
        )
    return territory.poverty_rate


def effort(price: Amount, weeks: Amount, disposable: Amount) -> Amount:
    """What a year of baskets takes of a household's disposable income."""
    return price * weeks / disposable


def haversine_km(lat: Amount, lon: Amount, other_lat: Amount, other_lon: Amount) -> Array:
    a, b = np.radians(lat), np.radians(other_lat)
    half = (
        np.sin((b - a) / 2) ** 2
        + np.cos(a) * np.cos(b) * np.sin(np.radians(np.asarray(other_lon) - np.asarray(lon)) / 2) ** 2
    )
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(half)))


def within(territory: Territory, relays: Sequence[str], km: float) -> float:
    """Share of poor households whose town hall is within so many km of a relay's."""
    placed = [c for c in territory.communes if c.lat is not None and c.lon is not None]
    spots = [c for c in placed if c.code in set(relays)]
    weights = np.array(
        [
            0.0 if isinstance(c.households, Unknown) else c.households * poverty_rate(c, territory)
            for c in placed
        ]
    )
    if not spots or not weights.sum():
        raise Missing(
            f"Distances dans {territory.name}\u202f: il faut des dépôts, des mairies situées et des ménages."
        )
    lat, lon = np.array([c.lat for c in placed], float), np.array([c.lon for c in placed], float)
    near = np.min(
        np.stack([haversine_km(lat, lon, float(s.lat or 0), float(s.lon or 0)) for s in spots]), axis=0
    )
    return float(weights[near <= km].sum() / weights.sum())
