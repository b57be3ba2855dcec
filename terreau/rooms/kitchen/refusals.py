"""Why a gesture of the kitchen is refused."""

from terreau.territory.refusals import Refused


class KitchenRefused(Refused):
    """Nothing was written; the message says what to do instead, and `field` where."""
