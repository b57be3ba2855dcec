"""What can be done for the worksites."""

from terreau.rooms.worksites.actions.days import Worked, cancel_day, plan_days, work_day
from terreau.rooms.worksites.actions.orders import Quote, accept, ask, drop, finish, quote
from terreau.rooms.worksites.actions.pictures import add_picture, withdraw_picture
from terreau.rooms.worksites.actions.sites import SiteEntry, close_site, save_site
from terreau.rooms.worksites.actions.tools import bring_back, close_tool, save_tool, take_out
from terreau.rooms.worksites.refusals import WorksiteRefused

__all__ = [
    "Quote", "SiteEntry", "Worked", "WorksiteRefused", "accept", "add_picture", "ask", "bring_back",
    "cancel_day", "close_site", "close_tool", "drop", "finish", "plan_days", "quote", "save_site",
    "save_tool", "take_out", "withdraw_picture", "work_day",
]  # fmt: skip
