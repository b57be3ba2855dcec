"""What this room seals: the columns its migrations name, and the codes that its tables count."""

from functools import lru_cache

from terreau.territory.sealed import SealedDateField, SealedTextField, unseal

__all__ = ["SealedDateField", "SealedTextField", "unseal_code"]


@lru_cache(maxsize=16_384)
def unseal_code(token: str) -> str:
    """A code that tables count. Opened once: a year has thousands, and nothing here says whose it is."""
    return unseal(token)
