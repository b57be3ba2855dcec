"""The contract in force on a day, and what was committed to third parties under it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.rooms.incubator.models import Contract, Project
from terreau.rooms.incubator.products import COMMITMENT
from terreau.rooms.incubator.refusals import IncubatorRefused
from terreau.rooms.incubator.rules.contracts import Ceiling, ceiling_of, status
from terreau.territory.models import Agent


class Contracts:
    """The signed contracts of a project, read once."""

    def __init__(self, project: Project, rows: Iterable[Contract] | None = None):
        self.project = project
        known = Contract.objects.filter(project=project) if rows is None else rows
        self.signed = sorted((row for row in known if row.signed_on), key=lambda row: row.starts_on)

    def find(self, day: date) -> Contract | None:
        return next((row for row in self.signed if row.starts_on <= day <= row.last_day), None)

    def on(self, day: date) -> Contract:
        """Refused where none is in force: nothing is written outside a contract."""
        if (found := self.find(day)) is None:
            raise IncubatorRefused(
                f"{self.project} n’a pas de contrat signé en cours le {format_date(day)}. "
                "Signez le contrat, ou corrigez la date.",
                "on",
            )
        return found


def contract_on(project: Project, day: date) -> Contract:
    return Contracts(project).on(day)


def ceiling(contract: Contract) -> Ceiling | None:
    """What was committed under the contract, of its ceiling. One query."""
    rows = Event.objects.filter(STANDING, agreement=contract.agreement_id, product__code=COMMITMENT)
    used = rows.aggregate(sum=Sum("price"))["sum"] if contract.agreement_id else None
    return ceiling_of(contract.status, contract.starts_on, contract.ceiling, used or Money(0))


def mentions(contract: Contract) -> list[str]:
    """What invoices and orders say while the test lasts (C. com. R127-3): status, couveuse, term."""
    said = status(contract.status, contract.starts_on)
    if not said["mention"]:
        return []
    couveuse = contract.project.incubator
    seat = couveuse.commune.name if couveuse.commune else ""
    return [
        said["mention"],
        f"Couveuse\u202f: {couveuse}, {seat}, SIRET {couveuse.siret}",
        f"Contrat jusqu’au {format_date(contract.ends_on)}",
    ]


@dataclass(frozen=True)
class Supported:
    """Who tests under a status that invoices must say, with which couveuse, from when to when."""

    holder: str
    incubator: Agent
    starts_on: date
    ends_on: date


def supported(agreements: Collection[int]) -> dict[int, Supported]:
    """Of these agreements, the contracts of such a status. One query."""
    rows = Contract.objects.filter(agreement__in=agreements).select_related("project__incubator__commune")
    return {
        row.agreement_id: Supported(row.project.title, row.project.incubator, row.starts_on, row.ends_on)
        for row in rows
        if row.agreement_id and status(row.status, row.starts_on)["mention"]
    }
