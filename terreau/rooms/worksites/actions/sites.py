"""Natural sites: described, corrected, closed when they are no longer cared for; none is removed."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from terreau.rooms.worksites.models import Site
from terreau.rooms.worksites.refusals import WorksiteRefused
from terreau.territory.models import Agent, Commune, Ecopole, Place, PlaceKind


@dataclass(frozen=True)
class SiteEntry:
    """What is said of a site; without coordinates, it is at the town hall of its commune."""

    name: str
    owner: Agent
    commune: Commune
    kind: str
    care: str
    passes_a_year: int
    area_m2: int | None = None
    length_m: int | None = None
    hazards: str = ""
    access: str = ""
    latitude: float | None = None
    longitude: float | None = None


OF_PLACE = ("name", "commune", "latitude", "longitude")


@transaction.atomic
def save_site(*, ecopole: Ecopole, site: Site | None, entry: SiteEntry, key: str) -> Site:
    """A new site, or other words on one we know; its owner stays: its orders are theirs."""
    ecopole.take_turns()  # the same form sent twice at once takes its turn
    if site is None and (known := Site.objects.filter(ecopole=ecopole, key=key).first()):
        return known
    owner = site.owner if site else entry.owner
    _refuse_nonsense(ecopole, site, owner, entry)
    place = site.place if site else Place(ecopole=ecopole, agent=owner, kind=PlaceKind.SITE)
    row = site or Site(ecopole=ecopole, key=key)
    for name, value in vars(entry).items():
        if name != "owner":
            setattr(place if name in OF_PLACE else row, name, value)
    place.save()
    row.place = place
    row.save()
    return row


def _refuse_nonsense(ecopole: Ecopole, site: Site | None, owner: Agent, entry: SiteEntry) -> None:
    if not entry.area_m2 and not entry.length_m:
        raise WorksiteRefused(
            f"{entry.name}\u202f: saisissez sa surface, ou sa longueur "
            "si c’est une haie, une berge, un sentier.",
            "area_m2",
        )
    alike = Place.objects.filter(ecopole=ecopole, agent=owner, name=entry.name)
    if (alike.exclude(pk=site.place_id) if site else alike).exists():
        raise WorksiteRefused(
            f"{owner} a déjà un lieu nommé {entry.name}\u202f: donnez un autre nom.", "name"
        )


def close_site(*, site: Site, on: date) -> None:
    """It is no longer cared for from that day on; closed twice, it keeps the first day."""
    Site.objects.filter(pk=site.pk, closed_on=None).update(closed_on=on)
