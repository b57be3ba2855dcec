"""What can be done on the platform: the week and its days, the papers of farms, temperatures and crates."""

from terreau.rooms.platform.actions.certificates import (
    CertificateRefused,
    add_certificate,
    withdraw_certificate,
)
from terreau.rooms.platform.actions.crates import CratesRefused, add_crates, move_crates
from terreau.rooms.platform.actions.day import (
    STORES,
    LossRefused,
    deliver,
    lose,
    pick,
    put_back,
    receive,
    set_aside,
)
from terreau.rooms.platform.actions.deposits import (
    DepositRefused,
    agree_commission,
    hand_over,
    leave,
)
from terreau.rooms.platform.actions.inventory import CountRefused, count_store
from terreau.rooms.platform.actions.offers import (
    Fetching,
    OfferEntry,
    copy_offers,
    fetchings,
    import_offers,
    offer,
    withdraw_offer,
)
from terreau.rooms.platform.actions.orders import (
    OrderEntry,
    OrderRefused,
    answer_late,
    ask,
    copy_orders,
    order,
    withdraw_order,
)
from terreau.rooms.platform.actions.standing import (
    skip_standing,
    stand,
    stop_standing,
    take_up_standing,
)
from terreau.rooms.platform.actions.temperatures import (
    TemperatureRefused,
    answer_alert,
    read_temperature,
)
from terreau.rooms.platform.actions.vehicles import VehicleRefused, close_vehicle, save_vehicle

__all__ = [
    "STORES", "CertificateRefused", "CountRefused", "CratesRefused", "DepositRefused", "Fetching",
    "LossRefused", "OfferEntry", "OrderEntry", "OrderRefused", "TemperatureRefused", "VehicleRefused",
    "add_certificate", "add_crates", "agree_commission", "answer_alert", "answer_late", "ask",
    "close_vehicle", "copy_offers", "copy_orders", "count_store", "deliver", "fetchings", "hand_over",
    "import_offers", "leave", "lose", "move_crates", "offer", "order", "pick", "put_back",
    "read_temperature", "receive", "save_vehicle", "set_aside", "skip_standing", "stand", "stop_standing",
    "take_up_standing", "withdraw_certificate", "withdraw_offer", "withdraw_order",
]  # fmt: skip
