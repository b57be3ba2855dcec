"""Invoices of the demo: how each organisation bills and is billed, and the year gone by, month by month.

Their papers are made and judged when somebody opens them.
"""

from datetime import date, timedelta
from functools import partial

from terreau.billing.actions import bill
from terreau.billing.models import Customer, Issuer
from terreau.billing.payers import baskets
from terreau.measures.periods import month_end
from terreau.territory.clock import moment
from terreau.territory.demo import World
from terreau.territory.hand import Hand
from terreau.territory.models import Agent

MONTHS = 12
# Published as an example, of no account.
IBAN, BIC, ICS = "FR7630006000011234567890189", "AGRIFRPP", "FR72ZZZ123456"


def settle_in(world: World, first: date) -> None:
    """Platform, garden and kitchen are liable for VAT, the couveuse is not; farms let the platform bill."""
    houses = (
        (world.platform, "SCIC SA à capital variable", "PW", ""),
        (world.garden, "Association loi 1901, atelier et chantier d’insertion", "JA", ""),
        (world.kitchen, "SARL", "CA", ""),
        (world.incubator, "Association loi 1901", "CL", "franchise"),
    )
    rows = [_issuer(agent, n, first, *said) for n, (agent, *said) in enumerate(houses, start=1)]
    for n, farm in enumerate(world.farms):
        row = _issuer(farm, 100 + n, first, "Ferme", f"F{n + 1:02}", "franchise" if n % 2 else "")
        row.self_billed_by, row.mandate_on = world.platform, first
        rows.append(row)
    Issuer.objects.bulk_create(rows)
    Customer.objects.bulk_create(_customer(agent, 200 + n, first) for n, agent in enumerate(world.canteens))


def live(world: World, today: date) -> None:
    """All that was due, each month of the last year."""
    months = [today.replace(day=1)]
    while len(months) <= MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    for month in reversed(months[1:]):
        last = month_end(month)
        bill(
            ecopole=world.ecopole, first=month, last=last, issued_on=last, judges=None,
            hand=Hand(None, moment(last, 18), f"demo:{month:%Y-%m}"),
            told=partial(baskets, world.ecopole, month, last),
        )  # fmt: skip


def _numbers(number: int) -> tuple[str, str]:
    """A SIRET and a VAT number of nobody: no organisation’s begins with so many zeros."""
    siren = _checked(f"{number:08}")
    return _checked(f"{siren}0001"), f"FR{(12 + 3 * (int(siren) % 97)) % 97:02}{siren}"


def _checked(digits: str) -> str:
    """With the last digit that makes it right (Luhn)."""
    doubled = (int(digit) * (1 + (n % 2 == 0)) for n, digit in enumerate(reversed(digits)))
    return f"{digits}{-sum(value // 10 + value % 10 for value in doubled) % 10}"


def _home(agent: Agent) -> dict[str, str]:
    commune = agent.commune or agent.ecopole.commune
    postcode = commune.postcodes.split("|")[0]
    return {"street": "1 place de la Mairie", "postcode": postcode, "town": commune.name}


def _issuer(agent: Agent, number: int, first: date, legal: str, prefix: str, exemption: str) -> Issuer:
    siret, vat_number = _numbers(number)
    return Issuer(
        ecopole=agent.ecopole, agent=agent, since=first, name=agent.name, siret=siret, legal=legal,
        vat_number="" if exemption else vat_number, exemption=exemption, email=agent.email,
        phone=agent.phone, iban=IBAN, bic=BIC, creditor_id=ICS, prefix=prefix, recorded_at=moment(first, 9),
        key=f"demo-issuer-{agent.pk}", **_home(agent),
    )  # fmt: skip


def _customer(agent: Agent, number: int, first: date) -> Customer:
    """The commune that pays for its canteen, by Chorus Pro."""
    return Customer(
        ecopole=agent.ecopole, agent=agent, since=first, siret=_numbers(number)[0],
        name=f"{agent.commune}, {agent.name[:1].lower()}{agent.name[1:]}", email=agent.email, public=True,
        service="RESTAURATION",
        commitment=f"BC-{first.year}-{number}", recorded_at=moment(first, 9),
        key=f"demo-customer-{agent.pk}", **_home(agent),
    )  # fmt: skip
