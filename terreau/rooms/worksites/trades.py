"""The trades of a worksite, as products of the ledger: hours of work, and what is priced otherwise."""

from terreau.rooms.worksites.models import Basis

# Hours of the crew, by kind of work.
TRADES = (
    "chantier-fauche", "chantier-taille", "chantier-plantation", "chantier-ramassage", "chantier-amenagement",
)  # fmt: skip
SUPERVISION = "chantier-encadrement"
# What the client pays, where it is not the hour.
PRICED = {Basis.DAY: "chantier-jour", Basis.LUMP: "chantier-forfait"}
