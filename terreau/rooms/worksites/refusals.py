"""Why a gesture of the worksites is refused."""

from terreau.territory.refusals import Refused


class WorksiteRefused(Refused):
    """Nothing was written; the message says what to do instead, and `field` where."""
