"""What can be done for the baskets: say how many go where, pack them, keep subscriptions, hand them over."""

from terreau.rooms.baskets.actions.packing import (
    STORES,
    PackingRefused,
    SizeRefused,
    SizeTerms,
    StoresAreShort,
    add_size,
    change_size,
    copy_counts,
    pack,
    set_counts,
)

__all__ = [
    "STORES", "PackingRefused", "SizeRefused", "SizeTerms", "StoresAreShort", "add_size", "change_size",
    "copy_counts", "pack", "set_counts",
]  # fmt: skip
