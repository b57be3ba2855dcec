"""Land per inhabitant. The usable area (SAU) is recorded at the farm's seat: never below the EPCI."""

from .problem import KnownSum, Missing, Territory

M2_PER_HA = 10_000


def sau_per_inhabitant(territory: Territory) -> tuple[float, float, KnownSum]:
    """m² per inhabitant of the communes that are known, and the lower bound: secrets are nothing."""
    known = territory.known("sau_ha")
    if not known.communes:
        raise Missing(
            f"SAU de {territory.name}\u202f: absente. Importez le recensement agricole 2020 (Agreste)."
        )
    area = known.value * M2_PER_HA
    return area / known.population, area / territory.population, known
