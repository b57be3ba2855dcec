"""The purchases file that a canteen hands to ma-cantine, « achats par SIRET », as it is read in 2026.

Source: betagouv/ma-cantine (MIT), Table Schema of the import, June 2026. Its columns changed once already:
another year's file is another function here.
"""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from terreau.formats.refusals import NotWritten
from terreau.measures.money import Money

COLUMNS = (
    "siret", "description", "fournisseur", "date", "prix_ht", "famille_produits", "categories_egalim",
    "origine", "est_circuit_court", "est_local", "definition_local", "definition_local_km",
)  # fmt: skip
FAMILIES = {
    "VIANDES_VOLAILLES": "Viandes et volailles",
    "CHARCUTERIE": "Charcuterie",
    "PRODUITS_DE_LA_MER": "Produits de la mer",
    "FRUITS_ET_LEGUMES": "Fruits et légumes",
    "PRODUITS_LAITIERS": "Produits laitiers et œufs",
    "BOULANGERIE": "Boulangerie",
    "BOISSONS": "Boissons",
    "AUTRES": "Autres produits",
}
LABELS = (
    "BIO", "LABEL_ROUGE", "AOCAOP", "IGP", "STG", "HVE", "PECHE_DURABLE", "RUP", "COMMERCE_EQUITABLE",
    "FERMIER", "EXTERNALITES", "PERFORMANCE",
)  # fmt: skip
ORIGINS = ("FRANCE", "EUROPE", "")
LOCAL = ("COMMUNE", "DEPARTEMENT", "REGION", "PAT", "KM", "")


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a canteen bought, excluding tax. `local` is the definition it is local by, or nothing."""

    siret: str
    description: str
    supplier: str
    day: date
    price: Money
    family: str
    labels: tuple[str, ...] = ()
    origin: str = "FRANCE"
    short_circuit: bool = False
    local: str = ""
    local_km: int | None = None


def purchases_csv(purchases: Iterable[Purchase]) -> bytes:
    """The whole file, or `NotWritten`: a line that ma-cantine refuses would lose all the others."""
    purchases = list(purchases)
    problems = [
        f"Ligne {number}, {purchase.description or 'sans description'}\u202f: {problem}"
        for number, purchase in enumerate(purchases, start=1)
        for problem in _problems(purchase)
    ]
    if problems:
        raise NotWritten(problems)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(purchase) for purchase in purchases)
    return text.getvalue().encode()


def _problems(purchase: Purchase) -> list[str]:
    wrong = {
        "le SIRET de la cantine doit avoir 14 chiffres.": not re.fullmatch(r"[0-9]{14}", purchase.siret),
        "il manque ce qui a été acheté.": not purchase.description.strip(),
        "le prix doit être positif.": purchase.price.cents <= 0,
        f"« {purchase.family} » n’est pas une famille de ma-cantine.": purchase.family not in FAMILIES,
        f"« {', '.join(purchase.labels)} »\u202f: un signe de qualité inconnu.": not set(purchase.labels)
        <= set(LABELS),
        f"« {purchase.origin} » n’est pas une origine de ma-cantine.": purchase.origin not in ORIGINS,
        f"« {purchase.local} » n’est pas une définition de « local ».": purchase.local not in LOCAL,
        "la distance n’accompagne que la définition KM.": (purchase.local_km is not None)
        != (purchase.local == "KM"),
    }
    return [problem for problem, holds in wrong.items() if holds]


def _row(purchase: Purchase) -> tuple[str, ...]:
    return (
        purchase.siret,
        purchase.description,
        purchase.supplier,
        purchase.day.isoformat(),
        f"{purchase.price.euros:.2f}",
        purchase.family,
        ",".join(purchase.labels),
        purchase.origin,
        "OUI" if purchase.short_circuit else "",
        "OUI" if purchase.local else "",
        purchase.local,
        "" if purchase.local_km is None else str(purchase.local_km),
    )
