"""What is given at the third place, as products of the ledger: hours, and the credits they are worth."""

TRADES = ("benevolat-chantier", "benevolat-atelier", "benevolat-accueil", "benevolat-entraide")
# Hours given elsewhere in the house, and counted with them: who keeps a depot of baskets says so there.
ELSEWHERE = ("benevolat-depot",)
# Who pays to come, without a name: one for the écopôle.
PUBLIC = "Public du tiers-lieu"
ENTRY = "tiers-lieu-entree"
RENTAL = "tiers-lieu-location"
CREDIT = "credit-participation"
