"""What the convention says of a signature: an annexe that hires that day, and the share of CDI inclusion."""

from datetime import date
from decimal import Decimal

from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.models import Annex, Contract, ContractKind, Participant
from terreau.rooms.insertion.rules import contracts, hours
from terreau.rooms.insertion.rules.law import Finding, rule, warning
from terreau.territory.models import Ecopole


def check(person: Participant, asked: contracts.Contract, *, since: date) -> list[Finding]:
    """Before a contract is signed, or changed from a day on."""
    typed = Annex.objects.filter(ecopole=person.ecopole_id).order_by("recorded_at", "id")
    known = {row.number: row for row in typed}
    rules = {
        number: hours.Annex(number, row.starts_on, row.ends_on, row.monthly_etp, state=row.state)
        for number, row in known.items()
    }
    found = hours.check_hiring(rules.values(), on=since)
    if asked.fixed_term:
        return found
    covering = [known[number] for number, annex in rules.items() if annex.hires(since)]
    if not covering:
        law = rule("contracts", "cdi_inclusion_share", since)
        said = "Sans annexe financière ce jour-là, la part des CDI inclusion n’est pas vérifiée."
        return [*found, warning(law, said)]
    return found + contracts.check_cdi_share(
        cdi_posts=cdi_posts(person.ecopole, since, but=person) + posts(asked, since),
        full_time_posts=sum((row.monthly_etp for row in covering), Decimal(0)),
        derogation=any(row.cdi_derogation for row in covering),
        on=since,
    )


def posts(contract: contracts.Contract, day: date) -> Decimal:
    """A contract in full-time posts: its weekly hours over those of a full week."""
    return contract.hours_on(day) / Decimal(rule("contracts", "weekly_hours", day)["max"])


def cdi_posts(ecopole: Ecopole, day: date, *, but: Participant) -> Decimal:
    """The full-time posts already held in CDI inclusion on a day, by others."""
    rows = Contract.objects.filter(kind=ContractKind.CDI_INCLUSION, participant__ecopole=ecopole)
    held = Participant.objects.filter(pk__in=rows.values("participant")).exclude(pk=but.pk)
    people = list(held.only("id", "ecopole_id"))
    files = Files(people)
    signed = [known for person in people for _, known in files.signed(person) if not known.fixed_term]
    return sum((posts(known, day) for known in signed), Decimal(0))
