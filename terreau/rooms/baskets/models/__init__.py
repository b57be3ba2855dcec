"""What the baskets room remembers: sizes and counts, members and subscriptions, evenings at the depots."""

from terreau.rooms.baskets.models.evenings import Handover, Outcome, Sheet
from terreau.rooms.baskets.models.members import (
    Change,
    ChangeKind,
    Member,
    Pause,
    PayBy,
    RhythmKind,
    Subscription,
    SubscriptionTerms,
    Waiting,
)
from terreau.rooms.baskets.models.sizes import BasketSize, DepotCount
from terreau.rooms.baskets.models.terms import DepotTerms, MoneyRule, Price, Terms

__all__ = [
    "BasketSize", "Change", "ChangeKind", "DepotCount", "DepotTerms", "Handover", "Member", "MoneyRule",
    "Outcome", "Pause", "PayBy", "Price", "RhythmKind", "Sheet", "Subscription", "SubscriptionTerms", "Terms",
    "Waiting",
]  # fmt: skip
