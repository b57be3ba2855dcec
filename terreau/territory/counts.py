"""Counts of people, as they leave where each of them is known."""

# Fewer than this many could be told apart (secret statistique).
PEOPLE_MIN = 5
FEW = f"moins de {PEOPLE_MIN}"


def masked(count: int) -> int | None:
    """None: there are some, too few to say how many."""
    return None if 0 < count < PEOPLE_MIN else count
