"""What the baskets say to who invoices: who pays what of each, what is due beside, to whom to write."""

from collections.abc import Collection
from datetime import date

from terreau.billing.lines import Baskets
from terreau.formats.address import Address
from terreau.formats.invoice.values import Party
from terreau.rooms.baskets.queries import addressee, dues, given_back, paid_ahead, payments
from terreau.territory.models import Ecopole


def baskets(ecopole: Ecopole, first: date, last: date) -> Baskets:
    return Baskets(payments(ecopole, first, last), dues(ecopole, first, last), given_back(ecopole))


def ahead(ecopole: Ecopole, agent: int) -> Baskets:
    """What somebody paid ahead, or is given back of it."""
    back = given_back(ecopole, basket__pack__member__agent=agent)
    return Baskets(dues=paid_ahead(ecopole, agent), given_back=back)


def members(agents: Collection[int]) -> dict[int, Party]:
    """A person at home: no SIREN, an address, an e-mail."""
    return {
        agent: Party(to.name, Address(to.street, to.postcode, to.town), email=to.email)
        for agent, to in addressee(agents).items()
    }
