"""What is given at the third place, as products of the ledger: hours, and the credits they are worth."""

TRADES = ("benevolat-chantier", "benevolat-atelier", "benevolat-accueil", "benevolat-entraide")
# Who pays to come, without a name: one for the écopôle.
PUBLIC = "Public du tiers-lieu"
ENTRY = "tiers-lieu-entree"
RENTAL = "tiers-lieu-location"
CREDIT = "credit-participation"
