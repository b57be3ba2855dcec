"""What others may ask the baskets room: what is composed, for how many, and who pays for what was taken."""

from terreau.rooms.baskets.queries.money import (
    HANDED_OVER,
    Addressee,
    Drawn,
    DueLine,
    PaymentLine,
    addressee,
    agent_of,
    drawn_ahead,
    named_ahead,
    owed,
    paid_ahead,
)
from terreau.rooms.baskets.queries.packing import (
    Batch,
    Content,
    CountLine,
    MeanLine,
    SizeLine,
    batches,
    counts,
    mean_counts,
    recently_given,
    sizes,
)
from terreau.rooms.baskets.queries.search import found
from terreau.rooms.baskets.queries.solidarity import Outcome, solidarity
from terreau.rooms.baskets.queries.today import BasketsToday, awaiting

__all__ = [
    "HANDED_OVER", "Addressee", "BasketsToday", "Batch", "Content", "CountLine", "Drawn", "DueLine",
    "MeanLine", "Outcome", "PaymentLine", "SizeLine", "addressee", "agent_of", "awaiting", "batches",
    "counts", "drawn_ahead", "found", "mean_counts", "named_ahead", "owed", "paid_ahead",
    "recently_given", "sizes", "solidarity",
]  # fmt: skip
