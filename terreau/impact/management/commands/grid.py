"""`terreau grid build [--check]`: the public-finance grid made again with OpenFisca, an optional extra."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from terreau.impact import legislation
from terreau.impact.grid import EUROS, SHIPPED, differences, shipped, types, written, years


class Command(BaseCommand):
    help = "Refait la grille des finances publiques avec OpenFisca, ou vérifie celle qui est livrée."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("gesture", choices=["build"])
        parser.add_argument(
            "--check", action="store_true", help="comparer à la grille livrée, ne rien écrire"
        )
        parser.add_argument(
            "--years", type=int, nargs="+", default=years(), help="celles de la grille livrée"
        )
        parser.add_argument("--out", type=Path, default=SHIPPED, help="où l’écrire ; sinon, à sa place")

    def handle(self, **options: Any) -> None:
        asked = sorted(set(options["years"]))
        try:
            made = legislation.computed(types(), asked)
        except legislation.NoOpenFisca as missing:
            raise CommandError(str(missing))
        kept = [row for row in shipped() if int(row["annee"]) in asked]
        found = differences(kept, made, types().tolerance_eur)
        for difference in found:
            self.stdout.write(str(difference))
        self.stdout.write(f"{made[-1]['source']} : {len(made) * len(EUROS)} cases recalculées.")
        if options["check"]:
            self._judge(len(found))
            return
        others = [row for row in shipped() if int(row["annee"]) not in asked]
        self._write(options["out"], sorted([*others, *made], key=lambda row: row["annee"]))

    def _judge(self, wrong: int) -> None:
        limit = f"plus de {types().tolerance_eur} € par an"
        if wrong:
            many = "s" if wrong > 1 else ""
            raise CommandError(f"{wrong} écart{many} de {limit} : refaites la grille (terreau grid build).")
        self.stdout.write(f"La grille livrée est la bonne : aucun écart de {limit}.")

    def _write(self, path: Path, grid: list[dict[str, str]]) -> None:
        try:
            path.write_text(written(grid), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{path} ne s’écrit pas : {error.strerror}.")
        self.stdout.write(f"{path} : {len(grid)} lignes écrites.")
