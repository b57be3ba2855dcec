"""What the baskets say to who invoices: who pays what of each, what is due beside, to whom to write."""

from collections.abc import Collection
from datetime import date

from terreau.billing.lines import Baskets
from terreau.formats.address import Address
from terreau.formats.invoice.values import Party
from terreau.rooms.baskets.queries import addressee, owed, paid_ahead
from terreau.territory.models import Ecopole


def baskets(ecopole: Ecopole, first: date, last: date) -> Baskets:
    return Baskets(*owed(ecopole, first, last))


def ahead(ecopole: Ecopole, agent: int) -> Baskets:
    """What somebody paid ahead, or is given back of it."""
    return Baskets(dues=paid_ahead(ecopole, agent))


def members(agents: Collection[int]) -> dict[int, Party]:
    """A person at home: no SIREN, an address, an e-mail."""
    return {
        agent: Party(to.name, Address(to.street, to.postcode, to.town), email=to.email)
        for agent, to in addressee(agents).items()
    }
