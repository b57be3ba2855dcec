"""What can be done on the platform: offer, order, receive, pick, deliver, set aside; certify."""

from terreau.rooms.platform.actions.certificates import (
    CertificateRefused,
    add_certificate,
    withdraw_certificate,
)
from terreau.rooms.platform.actions.day import (
    STORES,
    LossRefused,
    OfferEntry,
    OrderEntry,
    copy_offers,
    copy_orders,
    deliver,
    import_offers,
    lose,
    offer,
    order,
    pick,
    put_back,
    receive,
    set_aside,
    withdraw_offer,
    withdraw_order,
)

__all__ = [
    "STORES", "CertificateRefused", "LossRefused", "OfferEntry", "OrderEntry",
    "add_certificate", "copy_offers", "copy_orders", "deliver", "import_offers", "lose", "offer", "order",
    "pick", "put_back", "receive", "set_aside", "withdraw_certificate", "withdraw_offer", "withdraw_order",
]  # fmt: skip
