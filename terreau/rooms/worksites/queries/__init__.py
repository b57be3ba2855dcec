"""What others may ask of the worksites: counts and hours, never a person."""

from terreau.rooms.worksites.queries.orders import DayLine, OrderLine, days, orders
from terreau.rooms.worksites.queries.report import ClientYear, SiteYear, client_year, clients_of, years
from terreau.rooms.worksites.queries.search import found
from terreau.rooms.worksites.queries.sites import SiteLine, sites
from terreau.rooms.worksites.queries.tools import ToolLine, tools

__all__ = [
    "ClientYear",
    "DayLine",
    "OrderLine",
    "SiteLine",
    "SiteYear",
    "ToolLine",
    "client_year",
    "clients_of",
    "days",
    "found",
    "orders",
    "sites",
    "tools",
    "years",
]  # fmt: skip
