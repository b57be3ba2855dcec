"""Why a gesture on a subscription is refused."""

from terreau.territory.refusals import Refused


class BasketsRefused(Refused):
    """Nothing was written; the message says what to do instead, and `field` where."""
