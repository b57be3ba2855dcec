"""What the platform and its farms are warned of before they look for it."""

from dataclasses import dataclass

from terreau.rooms.platform.certificates import FarmValidity, to_renew
from terreau.rooms.platform.models import Reading
from terreau.rooms.platform.temperatures import alerts
from terreau.territory.access import EcopoleRequest, acting_for


@dataclass(frozen=True)
class Notices:
    """Temperatures out of limit and not answered; organic certificates that end soon, or are missing."""

    alerts: list[Reading]
    to_renew: list[FarmValidity]


def notices(request: EcopoleRequest) -> Notices:
    """All for who sees the platform; for a farm, its own certificate. Two queries at most."""
    ending = to_renew(request.ecopole, request.today)
    if "see_platform" in request.abilities:
        return Notices(alerts(request.ecopole), ending)
    own = acting_for(request, "certify_own")
    return Notices([], [one for one in ending if one.farm.pk in own])
