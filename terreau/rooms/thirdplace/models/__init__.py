"""What the third place remembers: its calendar, who signs up and comes, its members, their credits.

Hours given and credits are in the ledger, under a pseudonym.
"""

from terreau.rooms.thirdplace.models.calendar import (
    Booking,
    Charge,
    Gathering,
    GatheringKind,
    House,
    Repair,
    Tariff,
    Thing,
    ThingKind,
    Use,
)
from terreau.rooms.thirdplace.models.credits import Benefit, BenefitKind, Contribution, Spending, Terms
from terreau.rooms.thirdplace.models.fees import Admission, Fee
from terreau.rooms.thirdplace.models.members import Mark, Member, Path, Skill
from terreau.rooms.thirdplace.models.signups import AgeBand, Comer, Presence, SignUp, Testimony

__all__ = [
    "Admission", "AgeBand", "Benefit", "BenefitKind", "Booking", "Charge", "Comer",
    "Contribution", "Fee", "Gathering", "GatheringKind", "House", "Mark", "Member", "Path", "Presence",
    "Repair", "SignUp", "Skill", "Spending", "Tariff", "Terms", "Testimony", "Thing", "ThingKind", "Use",
]  # fmt: skip
