"""What can be done for the baskets: say how many go where, pack them, keep subscriptions, hand them over."""

from terreau.rooms.baskets.actions.deliveries import change_delivery, end_pause, fill_counts, pause
from terreau.rooms.baskets.actions.evenings import hand_over, withdraw
from terreau.rooms.baskets.actions.keeping import keep_depot, take_back_hours
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
from terreau.rooms.baskets.actions.packs import OfferEntry, buy_pack, end_packs, give_back, set_offer
from terreau.rooms.baskets.actions.pot import give_to_pot, settle_pot
from terreau.rooms.baskets.actions.settings import DepotEntry, TermsEntry, set_depot, set_price, set_terms
from terreau.rooms.baskets.actions.solidarity import (
    Decision,
    PayerEntry,
    SchemeEntry,
    add_scheme,
    answer_referral,
    choose_price,
    close_scheme,
    end_enrolment,
    enrol,
    open_link,
    refer,
    set_sliding,
    set_solidarity,
    to_remind,
)
from terreau.rooms.baskets.actions.subscriptions import (
    AlreadyMember,
    Person,
    Wish,
    accept_place,
    change_terms,
    correct,
    forget,
    join,
    leave,
    leave_list,
    offer_places,
    stop,
    take_or_wait,
)
from terreau.rooms.baskets.refusals import BasketsRefused

__all__ = [
    "STORES", "AlreadyMember", "BasketsRefused", "Decision", "DepotEntry", "OfferEntry", "PackingRefused",
    "PayerEntry", "Person", "SchemeEntry", "SizeRefused", "SizeTerms", "StoresAreShort", "TermsEntry",
    "Wish", "accept_place", "add_scheme", "add_size", "answer_referral", "buy_pack", "change_delivery",
    "change_size", "change_terms", "choose_price", "close_scheme", "copy_counts", "correct",
    "end_enrolment", "end_packs", "end_pause", "enrol", "fill_counts", "forget", "give_back",
    "give_to_pot", "hand_over", "join", "keep_depot", "leave", "leave_list", "offer_places", "open_link",
    "pack", "pause", "refer", "set_counts", "set_depot", "set_offer", "set_price", "set_sliding",
    "set_solidarity", "set_terms", "settle_pot", "stop", "take_back_hours", "take_or_wait",
    "to_remind", "withdraw",
]  # fmt: skip
