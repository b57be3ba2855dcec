"""The territory on a map, and each of its actors."""

from collections import Counter
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render

from terreau.territory import queries
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.geography import Frame, centroid, place_names, spread
from terreau.territory.models import Agent, AgentKind, Commune, Ecopole, Place, PlaceKind
from terreau.territory.settling import STORES

# What the map shows; people are nobody's business but their garden's.
MAPPED = tuple(kind for kind in AgentKind if kind is not AgentKind.PERSON)
SCALE_KM = 5
# Far enough to fill the corners of the window.
MAP_KM = 45


@dataclass(frozen=True, slots=True)
class Mark:
    """An actor on the map."""

    agent: Agent
    commune: Commune | None
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Shape:
    """A commune on the map; `home` when it belongs to the écopôle's intercommunality."""

    commune: Commune
    path: str
    home: bool
    named: bool
    x: float
    y: float


@needs("see_territory")
def territory_map(request: EcopoleRequest) -> HttpResponse:
    actors = list(queries.agents(request.ecopole, kinds=MAPPED))
    where = _where(request.ecopole, actors)
    communes = [commune for commune in queries.communes_around(request.ecopole, MAP_KM) if commune.contour]
    counted = Counter(actor.kind for actor in actors)
    context = {
        "actors": [(actor, commune) for actor, commune, _ in where],
        "kinds": [(kind, counted[kind]) for kind in MAPPED if counted[kind]],
        "outside": [actor for actor, _, point in where if point is None],
    }
    if communes:
        context |= _drawing(request.ecopole, communes, where)
    return render(request, "territory/map.html", context)


Spot = tuple[Agent, Commune | None, tuple[float, float] | None]


def _where(ecopole: Ecopole, actors: list[Agent]) -> list[Spot]:
    """Each actor at its first located place, or at its town hall."""
    first: dict[int, Place] = {}
    located = queries.places(ecopole).filter(latitude__isnull=False, longitude__isnull=False)
    # An owner is not at its marsh.
    for place in located.exclude(kind=PlaceKind.SITE):
        first.setdefault(place.agent_id, place)
    spots: list[Spot] = []
    for actor in actors:
        held = first.get(actor.pk)
        commune = actor.commune or (held.commune if held else None)
        spots.append((actor, commune, _point(held) or _point(commune)))
    return spots


def _point(thing: Place | Commune | None) -> tuple[float, float] | None:
    if thing is None or thing.latitude is None or thing.longitude is None:
        return None
    return thing.longitude, thing.latitude


def _drawing(ecopole: Ecopole, communes: list[Commune], where: list[Spot]) -> dict[str, object]:
    """The home territory fills the window, with every actor in it; neighbours are cut by its edges."""
    epci = ecopole.commune.epci_code
    home = [c for c in communes if c.pk == ecopole.commune_id or (epci and c.epci_code == epci)] or communes
    corners = [point for commune in home for ring in commune.contour for point in ring]
    frame = Frame.around([*corners, *(point for _, _, point in where if point)])
    located = [(actor, commune, point) for actor, commune, point in where if point]
    spots = spread([frame.xy(*point) for _, _, point in located])
    marks = [Mark(actor, commune, x, y) for (actor, commune, _), (x, y) in zip(located, spots, strict=True)]
    shown = home + [c for c in communes if c not in home and frame.shows(c.contour)]
    middles = [frame.xy(*centroid(max(commune.contour, key=len))) for commune in shown]
    names = place_names([(c.name, middle) for c, middle in zip(shown, middles, strict=True)], spots)
    shapes = [
        Shape(
            commune,
            frame.path(commune.contour),
            place < len(home),
            frame.holds(commune.name, names[place]),
            *names[place],
        )
        for place, commune in enumerate(shown)
    ]
    return {
        "frame": frame,
        "neighbours": [shape for shape in shapes if not shape.home],
        "homes": [shape for shape in shapes if shape.home],
        "marks": marks,
        "scale_km": SCALE_KM,
        "scale_width": frame.km * SCALE_KM,
        "scale_y": frame.height - 28,
        "population": sum(shape.commune.population or 0 for shape in shapes if shape.home),
    }


@needs("see_territory")
def actor(request: EcopoleRequest, pk: int) -> HttpResponse:
    found = queries.agents(request.ecopole).filter(pk=pk).first()
    manages = "manage_people" in request.abilities
    if found is None or (found.kind == AgentKind.PERSON and not manages):
        raise Http404
    held = list(queries.places(request.ecopole).filter(agent=found))
    beds = [place for place in held if place.kind == PlaceKind.BED]
    context = {
        "actor": found,
        # A household is changed where it joins, not here.
        "manages": manages and found.kind in MAPPED,
        "stores": STORES,
        "places": [place for place in held if place.kind not in (PlaceKind.BED, PlaceKind.SITE)],
        "beds": sorted(beds, key=lambda bed: queries.bed_order(bed.name)),
        "members": queries.members(request.ecopole).filter(agent=found) if manages else [],
    }
    return render(request, "territory/actor.html", context)
