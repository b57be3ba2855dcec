"""What can be done in the incubator."""

from terreau.rooms.incubator.actions.contracts import Terms, break_off, draft, sign
from terreau.rooms.incubator.actions.flows import (
    HarvestLine,
    HourLine,
    SaleLine,
    commit,
    harvest,
    sell,
    support,
    work,
)
from terreau.rooms.incubator.actions.means import (
    book,
    cancel_booking,
    count,
    lend,
    mend,
    save_equipment,
    set_rate,
)
from terreau.rooms.incubator.actions.people import (
    Application,
    Settled,
    accept,
    apply,
    appoint,
    decline,
    dismiss,
    invite_tester,
    leave,
    meet,
    register,
)
from terreau.rooms.incubator.actions.plans import (
    hear,
    mark,
    plan_crop,
    plan_year,
    save_plot,
    seek_land,
    unmark,
    unplan_crop,
    unplan_plot,
)
from terreau.rooms.incubator.refusals import IncubatorRefused

__all__ = [
    "Application", "HarvestLine", "HourLine", "IncubatorRefused", "SaleLine", "Settled", "Terms", "accept",
    "apply", "appoint", "book", "break_off", "cancel_booking", "commit", "count", "decline", "dismiss",
    "draft", "harvest", "hear", "invite_tester", "leave", "lend", "mark", "meet", "mend", "plan_crop",
    "plan_year", "register", "save_equipment", "save_plot", "seek_land", "sell", "set_rate", "sign",
    "support", "unmark", "unplan_crop", "unplan_plot", "work",
]  # fmt: skip
