"""Hours given: declared, then validated by a referent, and only then in the ledger with what they are worth.

`work` goes from the member's pseudonym to the organisation that keeps the place. Never mixed with paid hours:
who is paid here to work (a role of a pathway) is thanked, and earns no credit.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from terreau.ledger.actions import Entry, NewLot, NewProcess, new_lots, open_processes, record, reverse
from terreau.ledger.effects import Action
from terreau.ledger.models import Custody, Event, Lot, Process, ProcessKind
from terreau.measures.french import format_date
from terreau.measures.periods import plus_months
from terreau.measures.quantity import Unit
from terreau.rooms.thirdplace.models import Contribution, Gathering, House, Member, Terms
from terreau.rooms.thirdplace.refusals import PlaceRefused
from terreau.rooms.thirdplace.rules import credits_for
from terreau.rooms.thirdplace.trades import CREDIT
from terreau.territory.abilities import Role
from terreau.territory.clock import moment
from terreau.territory.models import Ecopole, Membership, Product, Quality, User

ENDS_AT = time(20)


@transaction.atomic
def contribute(
    *, member: Member, gathering: Gathering | None, trade: Product, hours: Decimal, on: date,
    by: User | None, at: datetime, key: str,
) -> Contribution:  # fmt: skip
    """Hours are declared, by the member or by who keeps the place; nothing is in the ledger yet."""
    member.ecopole.take_turns()
    if known := Contribution.objects.filter(member=member, key=key).first():
        return known
    if on > timezone.localtime(at).date():
        raise PlaceRefused(
            f"Le {format_date(on)} n’est pas encore passé. Saisissez le jour des heures.", "on"
        )
    if member.charter_on is None or member.charter_on > on:
        raise PlaceRefused(
            f"{member} n’avait pas signé la charte des bénévoles le {format_date(on)}. "
            "Faites-la signer, puis notez-le sur sa fiche.",
            "member",
        )
    told = Contribution.objects.filter(member=member, on=on, refused_at=None)
    that_day = told.aggregate(n=Sum("hours"))["n"] or Decimal(0)
    if hours <= 0 or that_day + hours > 24:
        raise PlaceRefused(
            f"{member}, {format_date(on)}\u202f: une journée compte de 0 à 24 heures.", "hours"
        )
    return Contribution.objects.create(
        member=member, gathering=gathering, on=on, trade=trade, hours=hours, recorded_by=by, recorded_at=at,
        key=key,
    )  # fmt: skip


def paid_here(ecopole: Ecopole, agents: Iterable[int]) -> set[int]:
    """Of these pseudonyms, those of people whom somebody here employs in a pathway. One query."""
    paid = Membership.objects.filter(ecopole=ecopole, role=Role.PARTICIPANT).values("user")
    rows = Membership.objects.filter(agent__in=set(agents), user__in=paid)
    return set(rows.values_list("agent_id", flat=True))


def terms_on(ecopole: Ecopole, day: date) -> Terms | None:
    return Terms.objects.filter(ecopole=ecopole, since__lte=day).order_by("-since").first()


@transaction.atomic
def validate(
    *, ecopole: Ecopole, contributions: Sequence[Contribution], by: User | None, at: datetime, key: str
) -> list[Lot]:
    """A referent says: those hours were given. Returns the credits they are worth, as lots."""
    ecopole.take_turns()
    rows = Contribution.objects.filter(
        pk__in=[one.pk for one in contributions], member__ecopole=ecopole, event=None, refused_at=None
    )
    waiting = list(rows.select_related("member", "trade", "gathering").order_by("on", "id"))
    if not waiting:
        return []
    _refuse_own(waiting, by)
    house = House.objects.get(ecopole=ecopole)
    events = record(
        ecopole=ecopole, entries=_work(ecopole, house, waiting, at), recorded_by=by, recorded_at=at
    )
    for one, event in zip(waiting, events, strict=True):
        one.event = event
    Contribution.objects.bulk_update(waiting, ["event"])
    return _issue(ecopole, house, waiting, by, at)


def _refuse_own(waiting: Sequence[Contribution], by: User | None) -> None:
    own = {one.member.agent_id for one in waiting}
    if by and Membership.objects.filter(user=by, agent__in=own, role=Role.MEMBER).exists():
        raise PlaceRefused("On ne valide pas ses propres heures\u202f: demandez à quelqu’un d’autre.")


def workshops(ecopole: Ecopole, house: House, held: Iterable[Gathering]) -> list[Process]:
    """Each gathering as an operation of the ledger, in order: hours and entries meet there."""
    return open_processes(
        ecopole=ecopole,
        processes=[
            NewProcess(
                kind=ProcessKind.WORKSHOP, key=f"thirdplace:{row.pk}", label=row.title,
                agent_id=house.agent_id, planned_for=timezone.localtime(row.starts_at).date(),
            )
            for row in held
        ],
    )  # fmt: skip


def _work(ecopole: Ecopole, house: House, waiting: Sequence[Contribution], at: datetime) -> list[Entry]:
    held = {one.gathering.pk: one.gathering for one in waiting if one.gathering}
    opened = workshops(ecopole, house, held.values())
    process = {pk: row.pk for pk, row in zip(held, opened, strict=True)}
    return [
        Entry(
            Action.WORK, one.member.agent_id, house.agent_id, one.trade_id, one.hours, Unit.HOUR,
            key=f"contribution:{one.pk}:hours", occurred_at=_evening(one.on, at),
            process_id=process.get(one.gathering_id or 0),
        )
        for one in waiting
    ]  # fmt: skip


def _evening(day: date, at: datetime) -> datetime:
    return min(moment(day, ENDS_AT), at)


def _issue(
    ecopole: Ecopole, house: House, waiting: Sequence[Contribution], by: User | None, at: datetime
) -> list[Lot]:
    """A lot of credits each, up to the cap of its book, under the terms of its day."""
    unpaid = {one.member.agent_id for one in waiting}
    unpaid -= paid_here(ecopole, unpaid)
    product = Product.objects.get(code=CREDIT)
    held = held_by(product, unpaid)
    worth: list[tuple[Contribution, Decimal, date]] = []
    known: dict[date, Terms | None] = {}
    for one in waiting:
        if one.on not in known:
            known[one.on] = terms_on(ecopole, one.on)
        terms, agent = known[one.on], one.member.agent_id
        if terms is None or agent not in unpaid:
            continue
        earned = credits_for(one.hours, per_hour=terms.per_hour, cap=terms.cap, held=held[agent])
        if earned:
            held[agent] += earned
            worth.append((one, earned, plus_months(one.on, terms.months)))
    lots = new_lots(
        ecopole=ecopole,
        lots=[
            NewLot(
                product, house.agent_id, Quality.CONVENTIONAL, at, f"contribution:{one.pk}", keeps_until=until
            )
            for one, _, until in worth
        ],
    )
    record(
        ecopole=ecopole,
        entries=[
            Entry(
                Action.PRODUCE, house.agent_id, one.member.agent_id, product.pk, earned, Unit.CREDIT,
                key=f"contribution:{one.pk}:credits", occurred_at=at, lot=lot, to_place_id=house.purse_id,
            )
            for (one, earned, _), lot in zip(worth, lots, strict=True)
        ],
        recorded_by=by, recorded_at=at,
    )  # fmt: skip
    return lots


def held_by(product: Product, agents: Iterable[int]) -> defaultdict[int, Decimal]:
    """What each has in their book. One query."""
    rows = Custody.objects.filter(holder__in=set(agents), product=product, quantity__gt=0).order_by()
    found: defaultdict[int, Decimal] = defaultdict(Decimal)
    found.update(dict(rows.values_list("holder_id").annotate(n=Sum("quantity"))))
    return found


@transaction.atomic
def refuse(*, contribution: Contribution, reason: str, at: datetime) -> None:
    """The hours are not taken into account, and why: the member reads it."""
    contribution.member.ecopole.take_turns()
    contribution.refresh_from_db()
    if contribution.refused_at:
        return
    if contribution.event_id:
        raise PlaceRefused("Ces heures sont déjà validées\u202f: annulez d’abord leur validation.")
    if not reason:
        raise PlaceRefused("Dites pourquoi ces heures ne comptent pas\u202f: la personne le lira.", "reason")
    contribution.refused_at, contribution.refused_why = at, reason
    contribution.save(update_fields=["refused_at", "refused_why"])


@transaction.atomic
def unvalidate(*, contribution: Contribution, by: User | None, at: datetime) -> None:
    """Validated by mistake: hours and credits are reversed; refused if those credits have been used."""
    ecopole = contribution.member.ecopole
    ecopole.take_turns()
    contribution.refresh_from_db()
    if contribution.event_id is None or contribution.refused_at:
        return
    keys = [f"contribution:{contribution.pk}:{end}" for end in ("hours", "credits")]
    written = list(
        Event.objects.filter(ecopole=ecopole, key__in=keys, reversed_by=None).select_related("product")
    )
    reverse(ecopole=ecopole, events=written, by=by, at=at, key=f"contribution:{contribution.pk}:undone")
