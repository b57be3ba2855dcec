"""What the baskets room remembers: sizes and counts, members and what they take or paid ahead, evenings."""

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
from terreau.rooms.baskets.models.packs import Ending, MoveKind, Pack, PackBasket, PackMove, PackOffer
from terreau.rooms.baskets.models.sizes import BasketSize, DepotCount
from terreau.rooms.baskets.models.solidarity import (
    After,
    ChosenPrice,
    Criterion,
    Enrolment,
    Referral,
    Referrer,
    Regime,
    Scheme,
    SchemePayer,
    Sliding,
    SolidarityTerms,
)
from terreau.rooms.baskets.models.terms import DepotTerms, MoneyRule, Price, Terms

__all__ = [
    "After", "BasketSize", "Change", "ChangeKind", "ChosenPrice", "Criterion", "DepotCount", "DepotTerms",
    "Ending", "Enrolment", "Handover", "Member", "MoneyRule", "MoveKind", "Outcome", "Pack", "PackBasket",
    "PackMove", "PackOffer", "Pause", "PayBy", "Price", "Referral", "Referrer", "Regime", "RhythmKind",
    "Scheme", "SchemePayer", "Sheet", "Sliding", "SolidarityTerms", "Subscription", "SubscriptionTerms",
    "Terms", "Waiting",
]  # fmt: skip
