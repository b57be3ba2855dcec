"""What can be done at the third place."""

from terreau.rooms.thirdplace.actions.calendar import (
    GatheringEntry,
    announce,
    book,
    cancel_booking,
    cancel_gathering,
    change,
    plan,
    repeated,
)
from terreau.rooms.thirdplace.actions.credits import (
    close_benefit,
    expire,
    give,
    give_back,
    hand_over,
    save_benefit,
    set_terms,
    spend,
)
from terreau.rooms.thirdplace.actions.hours import contribute, refuse, unvalidate, validate
from terreau.rooms.thirdplace.actions.members import close_member, join, mark, save_path
from terreau.rooms.thirdplace.actions.rentals import charge, set_tariff
from terreau.rooms.thirdplace.actions.settle import (
    back_in_order,
    close_thing,
    out_of_order,
    save_thing,
    settle,
)
from terreau.rooms.thirdplace.actions.signups import (
    check_in,
    check_out,
    forget,
    leave,
    note_comer,
    sign_up,
    testify,
    walk_in,
    withdraw_testimony,
)
from terreau.rooms.thirdplace.refusals import PlaceRefused

__all__ = [
    "GatheringEntry", "PlaceRefused", "announce", "back_in_order", "book", "cancel_booking",
    "cancel_gathering", "change", "charge", "check_in", "check_out", "close_benefit", "close_member",
    "close_thing", "contribute", "expire", "forget", "give", "give_back", "hand_over", "join", "leave",
    "mark", "note_comer", "out_of_order", "plan", "refuse", "repeated", "save_benefit", "save_path",
    "save_thing", "set_tariff", "set_terms", "settle", "sign_up", "spend", "testify", "unvalidate",
    "validate", "walk_in", "withdraw_testimony",
]  # fmt: skip
