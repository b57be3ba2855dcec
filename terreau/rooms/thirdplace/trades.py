"""What is given at the third place, as products of the ledger: hours, and the credits they are worth."""

TRADES = ("benevolat-chantier", "benevolat-atelier", "benevolat-accueil", "benevolat-entraide")
RENTAL = "tiers-lieu-location"
CREDIT = "credit-participation"
