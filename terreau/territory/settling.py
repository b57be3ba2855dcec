"""Opening an écopôle; adding and changing its actors and places. None is removed: the ledger may know it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from terreau.territory.actions import invite_first_coordinator
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Invitation, Place, PlaceKind

# What an actor is given with its first page: without a door, nothing can be brought to it or fetched.
FIRST_PLACES: dict[str, tuple[tuple[PlaceKind, str], ...]] = {
    AgentKind.PLATFORM: (
        (PlaceKind.COLD, "Chambre froide"),
        (PlaceKind.AMBIENT, "Réserve sèche"),
        (PlaceKind.DOCK, "Quai"),
    ),
    AgentKind.FARM: ((PlaceKind.DOOR, "Cour"),),
    AgentKind.KITCHEN: ((PlaceKind.DOOR, "Réception"),),
    AgentKind.CANTEEN: ((PlaceKind.DOOR, "Réception"),),
    AgentKind.SHOP: ((PlaceKind.DOOR, "Réception"),),
    AgentKind.GROCERY: ((PlaceKind.DOOR, "Réception"),),
    # Baskets are counted by the name of the place: it is the depot's own.
    AgentKind.DEPOT: ((PlaceKind.DEPOT, ""),),
}
STORES = (PlaceKind.COLD, PlaceKind.AMBIENT)
PLACE_NAME_MAX = 80


@dataclass(frozen=True)
class ActorEntry:
    """What is said of an actor."""

    name: str
    kind: str
    commune: Commune
    contact: str = ""
    phone: str = ""
    email: str = ""
    siret: str = ""


@dataclass(frozen=True)
class PlaceEntry:
    """What is said of a place; without coordinates, it is at the town hall of its actor."""

    name: str
    kind: str
    capacity_kg: Decimal | None = None
    latitude: float | None = None
    longitude: float | None = None


class EntryRefused(Exception):
    """Nothing was written; the message says why and what to type instead, and `field` where."""

    field = "name"


class NameTaken(EntryRefused):
    """Two actors of an écopôle, or two places of an actor, would answer to the same name."""


class SiretTaken(EntryRefused):
    """An establishment is one actor of the écopôle."""

    field = "siret"


class PlatformStands(EntryRefused):
    """The plans and the stores rely on one platform, with its cold store, its dry store and its dock."""

    field = "kind"


class NotAStore(EntryRefused):
    """Only what stores has a capacity."""

    field = "capacity_kg"


class BedsThere(EntryRefused):
    """The block already has these beds."""

    field = "count"


@transaction.atomic
def open_ecopole(
    *, slug: str, name: str, commune: Commune, platform_name: str, coordinator: str, at: datetime
) -> tuple[Invitation, str]:
    """An écopôle, its platform with its stores, and the letter to who will coordinate it, with its token.

    Nobody is signed in yet, so nobody's right to invite is asked: only the operator's command calls this.
    """
    ecopole = Ecopole.objects.create(slug=slug, name=name, commune=commune)
    entry = ActorEntry(platform_name, AgentKind.PLATFORM, commune)
    return invite_first_coordinator(
        platform=add_actor(ecopole=ecopole, entry=entry), email=coordinator, at=at
    )


@transaction.atomic
def add_actor(*, ecopole: Ecopole, entry: ActorEntry) -> Agent:
    """An actor and its first places, at the town hall of its commune until somebody says better."""
    _refuse_name_taken(_locked(ecopole), entry.name)
    _refuse_siret_taken(ecopole, entry.siret)
    if entry.kind == AgentKind.PLATFORM:
        standing = Agent.objects.filter(ecopole=ecopole, kind=AgentKind.PLATFORM).first()
        if standing:
            raise PlatformStands(
                f"Acteur non ajouté\u202f: {ecopole} a déjà sa plateforme, « {standing} ». "
                "Choisissez une autre nature, ou ajoutez un lieu à cette plateforme."
            )
    actor = Agent.objects.create(ecopole=ecopole, **_values(entry))
    Place.objects.bulk_create(
        Place(
            ecopole=ecopole,
            agent=actor,
            kind=kind,
            name=name or entry.name.removeprefix("Dépôt ")[:PLACE_NAME_MAX],
            commune=entry.commune,
            latitude=entry.commune.latitude,
            longitude=entry.commune.longitude,
        )
        for kind, name in FIRST_PLACES.get(entry.kind, ())
    )
    return actor


@transaction.atomic
def change_actor(*, actor: Agent, entry: ActorEntry) -> None:
    """Say again what is known of an actor; its places left at the town hall follow it to its new commune."""
    _refuse_name_taken(_locked(actor.ecopole), entry.name, but=actor)
    _refuse_siret_taken(actor.ecopole, entry.siret, but=actor)
    if (entry.kind == AgentKind.PLATFORM) != (actor.kind == AgentKind.PLATFORM):
        raise PlatformStands(
            f"{actor} reste de nature « {actor.get_kind_display()} »\u202f: les stocks et les plans comptent "
            "sur une seule plateforme, toujours la même."
        )
    if entry.commune != actor.commune:
        left = actor.commune or Commune()
        held = Place.objects.filter(agent=actor, commune=actor.commune)
        held.filter(latitude=left.latitude, longitude=left.longitude).exclude(kind=PlaceKind.BED).update(
            latitude=entry.commune.latitude, longitude=entry.commune.longitude
        )
        held.update(commune=entry.commune)
    for field, value in _values(entry).items():
        setattr(actor, field, value)
    actor.save(update_fields=list(_values(entry)))


@transaction.atomic
def add_place(*, actor: Agent, entry: PlaceEntry) -> Place:
    _locked(actor.ecopole)
    _refuse_place(actor, entry)
    return Place.objects.create(ecopole=actor.ecopole, agent=actor, commune=actor.commune, **_values(entry))


@transaction.atomic
def change_place(*, place: Place, entry: PlaceEntry) -> None:
    """Say again what is known of a place; a platform keeps at least one of each of its stores."""
    _locked(place.ecopole)
    _refuse_place(place.agent, entry, but=place)
    needed = {kind for kind, _ in FIRST_PLACES[AgentKind.PLATFORM]}
    alike = Place.objects.filter(agent=place.agent, kind=place.kind).exclude(pk=place.pk)
    if place.agent.kind == AgentKind.PLATFORM and place.kind in needed - {entry.kind} and not alike.exists():
        raise PlatformStands(
            f"« {place} » reste de nature « {place.get_kind_display()} »\u202f: {place.agent} n’en a pas "
            "d’autre et les plans en ont besoin. Ajoutez-en d’abord un autre."
        )
    for field, value in _values(entry).items():
        setattr(place, field, value)
    place.save(update_fields=list(_values(entry)))


@transaction.atomic
def add_beds(*, garden: Agent, block: str, count: int, after: int | None = None) -> list[Place]:
    """The beds missing from a block of so many: « Planche A1 » to « Planche A12 ».

    `after`: the garden's last place when its author was asked. Asked twice, they are added once.
    """
    _locked(garden.ecopole)
    places = Place.objects.filter(agent=garden)
    there = set(places.values_list("name", flat=True))
    names = [f"Planche {block}{number}" for number in range(1, count + 1)]
    missing = [name for name in names if name not in there]
    if not missing:
        if after is not None and (since := list(places.filter(name__in=names, pk__gt=after).order_by("pk"))):
            return since
        raise BedsThere(
            f"Aucune planche ajoutée\u202f: {garden} a déjà {names[0]} à {names[-1]}. "
            "Choisissez une autre lettre, ou un nombre plus grand."
        )
    return Place.objects.bulk_create(
        Place(ecopole=garden.ecopole, agent=garden, kind=PlaceKind.BED, name=name, commune=garden.commune)
        for name in missing
    )


def _locked(ecopole: Ecopole) -> Ecopole:
    """Two people naming at once wait for each other, and the second is told which name is taken."""
    return Ecopole.objects.select_for_update().get(pk=ecopole.pk)


def _refuse_name_taken(ecopole: Ecopole, name: str, but: Agent | None = None) -> None:
    actors = Agent.objects.filter(ecopole=ecopole)
    if taken := _bearing(name, actors.values_list("pk", "name"), but):
        other = actors.select_related("commune").get(pk=taken)
        where = f", {other.commune}" if other.commune else ""
        raise NameTaken(
            f"« {other} » est déjà un acteur de l’écopôle ({other.get_kind_display()}{where}). "
            "Donnez un nom qui les distingue."
        )


def _refuse_siret_taken(ecopole: Ecopole, siret: str, but: Agent | None = None) -> None:
    others = Agent.objects.filter(ecopole=ecopole, siret=siret)
    if siret and (other := (others.exclude(pk=but.pk) if but else others).first()):
        raise SiretTaken(f"Ce SIRET est déjà celui de « {other} ». Vérifiez-le, ou effacez-le.")


def _refuse_place(actor: Agent, entry: PlaceEntry, but: Place | None = None) -> None:
    places = Place.objects.filter(agent=actor)
    if taken := _bearing(entry.name, places.values_list("pk", "name"), but):
        other = places.get(pk=taken)
        raise NameTaken(
            f"{actor} a déjà un lieu « {other} » ({other.get_kind_display()}). "
            "Donnez un nom qui les distingue."
        )
    if entry.capacity_kg is not None and entry.kind not in STORES:
        raise NotAStore(
            "Une capacité ne se donne qu’à une chambre froide ou à une réserve, pas à un lieu de nature "
            f"« {PlaceKind(entry.kind).label} »\u202f: effacez-la, ou changez la nature."
        )


def _bearing(name: str, rows: Iterable[tuple[int, str]], but: Agent | Place | None) -> int:
    """Who else answers to a name, or 0; capitals make no difference to those who hear it."""
    heard = name.casefold()
    return next((pk for pk, known in rows if known.casefold() == heard and not (but and but.pk == pk)), 0)


def _values(entry: ActorEntry | PlaceEntry) -> dict[str, Any]:
    return {field: getattr(entry, field) for field in entry.__dataclass_fields__}
