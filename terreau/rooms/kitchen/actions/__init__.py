"""What can be done in the kitchen."""

from terreau.rooms.kitchen.actions.batches import (
    Out,
    drop_batch,
    finish,
    plan_batch,
    release,
    stop,
    use,
)
from terreau.rooms.kitchen.actions.controls import Read, check, reply
from terreau.rooms.kitchen.actions.goods import Bought, buy, send, take_surplus
from terreau.rooms.kitchen.actions.hygiene import (
    add_equipment,
    agree_fee,
    note_fact,
    note_record,
    say_operator,
)
from terreau.rooms.kitchen.actions.orders import deliver, give_up_order, take_order
from terreau.rooms.kitchen.actions.recipes import Line, Written, change_recipe, close_recipe, write_recipe
from terreau.rooms.kitchen.refusals import KitchenRefused

__all__ = [
    "Bought", "KitchenRefused", "Line", "Out", "Read", "Written", "add_equipment", "agree_fee", "buy",
    "change_recipe", "check", "close_recipe", "deliver", "drop_batch", "finish", "give_up_order",
    "note_fact", "note_record", "plan_batch", "release", "reply", "say_operator", "send", "stop",
    "take_order", "take_surplus", "use", "write_recipe",
]  # fmt: skip
