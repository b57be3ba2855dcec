"""Why a gesture of the third place is refused."""

from terreau.territory.refusals import Refused


class PlaceRefused(Refused):
    """Nothing was written; the message says what to do instead, and `field` where."""
