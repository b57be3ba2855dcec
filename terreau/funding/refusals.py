"""Why a gesture of funding is refused."""

from terreau.territory.refusals import Refused


class FundingRefused(Refused):
    """Nothing was written; the message says what to do instead, and `field` where."""
