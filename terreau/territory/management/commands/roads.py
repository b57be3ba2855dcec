"""`terreau roads import FICHIER.osm.pbf [--around LAT,LON --radius 60km]`: roads, to time trips on."""

from argparse import ArgumentParser
from math import isfinite
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.measures.french import format_date
from terreau.territory.clock import now
from terreau.territory.commands import the_ecopole
from terreau.territory.models import Ecopole, Place, PlaceKind
from terreau.territory.roads.actions import import_roads
from terreau.territory.roads.extract import Circle, ExtractRefused
from terreau.territory.travel import PlacesOffMap, legs, position

ATTRIBUTION = "© les contributeurs d’OpenStreetMap (ODbL)"
# Where vehicles go.
DRIVEN_TO = (PlaceKind.DOCK, PlaceKind.DOOR, PlaceKind.DEPOT)


class Command(BaseCommand):
    help = "Importe les routes d’un extrait OpenStreetMap : les trajets sont alors calculés, plus estimés."

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True)
        roads = kinds.add_parser("import", help="un extrait .osm.pbf, comme ceux de Geofabrik")
        roads.add_argument("file", type=Path, help="le fichier .osm.pbf")
        roads.add_argument("--around", help="ne garder que les routes autour d’un point\u202f: 50.44,2.79")
        roads.add_argument("--radius", help="à combien de kilomètres au plus\u202f: 60km")
        roads.add_argument("--ecopole", help="adresse de l’écopôle, s’il y en a plusieurs")

    def handle(self, *, file: Path, around: str | None, radius: str | None, **options: Any) -> None:
        ecopole, circle = the_ecopole(options["ecopole"]), _circle(around, radius)
        try:
            done = import_roads(ecopole=ecopole, path=file, circle=circle, at=now(), tell=self.stdout.write)
        except ExtractRefused as refusal:
            raise CommandError(str(refusal))
        graph = done.graph
        day = f"Données du {format_date(graph.of)}" if graph.of else "Données sans date"
        said = f"{graph.nodes} nœuds de route" if done.new else "déjà importées, rien n’a changé"
        self.stdout.write(f"{day}\u202f: {said}, pour {ecopole}. {ATTRIBUTION}")
        self._ask(ecopole)

    def _ask(self, ecopole: Ecopole) -> None:
        """Every way at once, so that no page waits for it; whoever is off the map is named now."""
        rows = Place.objects.filter(ecopole=ecopole, kind__in=DRIVEN_TO).order_by("pk")
        places = [place for place in rows.select_related("commune", "agent__commune") if position(place)]
        try:
            legs(ecopole, places, now().date())
        except PlacesOffMap as off:
            self.stderr.write(str(off))
            lost = {place.pk for place in off.places}
            places = [place for place in places if place.pk not in lost]
            legs(ecopole, places, now().date())
        self.stdout.write(f"Trajets calculés entre {len(places)} lieux.")


def _circle(around: str | None, radius: str | None) -> Circle | None:
    if around is None and radius is None:
        return None
    try:
        latitude, longitude = (float(part) for part in (around or "").split(","))
        km = float((radius or "").lower().removesuffix("km").replace(",", "."))
    except ValueError:
        raise CommandError(
            "--around et --radius vont ensemble, comme --around 50.44,2.79 --radius 60km\u202f: latitude,"
            "longitude, avec un point, puis des kilomètres."
        )
    if not (-90 < latitude < 90 and -180 <= longitude <= 180 and isfinite(km) and km > 0):
        raise CommandError(f"{around}, {radius}\u202f: ce n’est pas un point de la Terre et une distance.")
    return Circle(latitude, longitude, km)
