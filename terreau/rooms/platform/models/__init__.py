"""What the platform remembers: offers, orders, papers, deposits, temperatures, counts. The rest: ledger."""

from terreau.rooms.platform.models.market import (
    Certificate,
    LateAnswer,
    LateOrder,
    LateReply,
    Offer,
    OrderLine,
    SolidarityPromise,
    StandingOrder,
    StandingWeek,
    Terms,
)
from terreau.rooms.platform.models.road import Fuel, StopKind, StopNote, Vehicle
from terreau.rooms.platform.models.stores import (
    COLDEST,
    HOTTEST,
    Commission,
    Deposit,
    Purpose,
    Reading,
    Remedy,
    StockCount,
)

__all__ = [
    "COLDEST",
    "HOTTEST",
    "Certificate",
    "Commission",
    "Deposit",
    "Fuel",
    "LateAnswer",
    "LateOrder",
    "LateReply",
    "Offer",
    "OrderLine",
    "Purpose",
    "Reading",
    "Remedy",
    "SolidarityPromise",
    "StandingOrder",
    "StandingWeek",
    "StockCount",
    "StopKind",
    "StopNote",
    "Terms",
    "Vehicle",
]
