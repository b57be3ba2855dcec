"""`terreau import communes [FICHIER]`, `products [FICHIER]`, `zones FICHIER`, `jobs FICHIER`."""

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.territory.communes import load_communes
from terreau.territory.figures_files import load_jobs, load_zones
from terreau.territory.products import load_products
from terreau.territory.sheets import Changes, SheetRefused

# A new kind of sheet is one line here; some are shipped.
SHIPPED: dict[str, tuple[str, Callable[[bytes | None], Changes]]] = {
    "communes": ("communes : code officiel géographique de l’INSEE, ou feuille livrée", load_communes),
    "products": ("produits et leurs repères", load_products),
}
GIVEN: dict[str, tuple[str, Callable[[bytes], Changes]]] = {
    "zones": ("zones d’emploi 2020 : table d’appartenance géographique des communes (Insee)", load_zones),
    "jobs": ("emplois au lieu de travail, par commune (recensement, Insee)", load_jobs),
}
NAMES_SHOWN_MAX = 20


class Command(BaseCommand):
    help = "Charge une feuille de données ouvertes : tout entière, ou pas du tout."

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True)
        for kind, (label, _) in SHIPPED.items():
            sheet = kinds.add_parser(kind, help=label)
            sheet.add_argument(
                "file", nargs="?", type=Path, help="fichier CSV ; sans lui, les données livrées"
            )
        for kind, (label, _) in GIVEN.items():
            kinds.add_parser(kind, help=label).add_argument("file", type=Path, help="fichier CSV ou XLSX")

    def handle(self, *, kind: str, file: Path | None, **_: Any) -> None:
        try:
            changes = self._load(kind, file.read_bytes() if file else None)
        except OSError as error:
            raise CommandError(f"{file} ne se lit pas : {error.strerror}. Vérifiez le chemin.")
        except SheetRefused as refusal:
            raise CommandError(str(refusal))
        told = ", ".join([_told("ajouté", changes.added), _told("modifié", changes.changed)])
        self.stdout.write(f"{kind} : {told}, {_counted(changes.unchanged, 'inchangé')}")

    def _load(self, kind: str, data: bytes | None) -> Changes:
        if data is None or kind in SHIPPED:
            return SHIPPED[kind][1](data)
        return GIVEN[kind][1](data)


def _counted(number: int, done: str) -> str:
    return f"{number} {done}{'s' if number > 1 else ''}"


def _told(done: str, names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN_MAX])
    more = f"… et {len(names) - NAMES_SHOWN_MAX} autres" if len(names) > NAMES_SHOWN_MAX else ""
    return _counted(len(names), done) + (f" ({shown}{more})" if names else "")
