"""Finding a lot from what is typed in a terminal."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from terreau.ledger.models import Lot


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("lot", help="le code du lot, comme sur l’étiquette : 26328-CAR-07")
    parser.add_argument("--ecopole", help="l’adresse de l’écopôle, si plusieurs ont ce lot")


def find(code: str, ecopole: str | None) -> Lot:
    lots = Lot.objects.filter(code__iexact=code.strip()).select_related("product", "producer", "ecopole")
    if ecopole:
        lots = lots.filter(ecopole__slug=ecopole)
    found = list(lots)
    if not found:
        raise CommandError(f"Aucun lot « {code} ». Relisez l’étiquette.")
    if len(found) > 1:
        slugs = ", ".join(lot.ecopole.slug for lot in found)
        raise CommandError(f"Plusieurs écopôles ont un lot « {code} » ({slugs}) : ajoutez --ecopole.")
    return found[0]
