"""Why a gesture of the incubator is refused."""

from terreau.territory.refusals import Refused


class IncubatorRefused(Refused):
    """Nothing was written; the message says what to do instead, and `field` where."""
