"""Schemes written and closed; households sent, enrolled, renewed; prices chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.rooms.baskets.models import (
    After,
    BasketSize,
    ChosenPrice,
    Enrolment,
    Member,
    Price,
    Referral,
    Referrer,
    Scheme,
    SchemePayer,
    Sliding,
    SolidarityTerms,
    Subscription,
)
from terreau.rooms.baskets.queries.schemes import scheme_states
from terreau.rooms.baskets.queries.solidarity import Ways
from terreau.rooms.baskets.refusals import BasketsRefused
from terreau.rooms.baskets.rules import in_force
from terreau.rooms.baskets.shares import Part, Payer, Terms, fault
from terreau.territory.models import Agent, Ecopole, User


@dataclass(frozen=True)
class PayerEntry:
    agent: Agent
    part: Part
    ceiling: Money | None = None
    regime: str = ""
    remainder: bool = False


@dataclass(frozen=True)
class SchemeEntry:
    name: str
    starts_on: date
    ends_on: date
    size: BasketSize | None
    criterion: str
    bands: Sequence[str]
    household: Part
    payers: Sequence[PayerEntry] = field(default_factory=tuple)


@dataclass(frozen=True)
class Decision:
    """Who decided what of a household, and until when."""

    scheme: Scheme
    referrer: Agent
    band: str
    regime: str
    starts_on: date
    ends_on: date


# --- what the garden decides ----------------------------------------------------------------------------


@transaction.atomic
def set_solidarity(
    *, ecopole: Ecopole, starts_on: date, holder: Agent, after: str, fallback: Scheme | None,
    remind_days: int, source: str, at: datetime, key: str,
) -> SolidarityTerms:  # fmt: skip
    """Who keeps the pot, what follows an expired decision; what has begun keeps its rule."""
    ecopole.take_turns()
    if known := SolidarityTerms.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if (after == After.SCHEME) != (fallback is not None):
        raise BasketsRefused(
            "Nommez le dispositif de repli, et lui seul avec « un autre dispositif ».", "fallback"
        )
    if after == After.SLIDING:
        priced = set(
            Sliding.objects.filter(size__ecopole=ecopole, starts_on__lte=starts_on).values_list(
                "size", flat=True
            )
        )
        for size in BasketSize.objects.filter(ecopole=ecopole).select_related("product"):
            if size.pk not in priced:
                raise BasketsRefused(
                    f"{size} n’a pas de prix libre à cette date\u202f: écrivez-le d’abord.", "after"
                )
    return SolidarityTerms.objects.create(
        ecopole=ecopole, starts_on=starts_on, holder=holder, after=after, fallback=fallback,
        remind_days=remind_days, source=source, recorded_at=at, key=key,
    )  # fmt: skip


@transaction.atomic
def add_scheme(*, ecopole: Ecopole, entry: SchemeEntry, at: datetime, key: str) -> Scheme:
    """A scheme whose parts make the price of every basket it is for, or nothing."""
    ecopole.take_turns()
    if known := Scheme.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if entry.ends_on < entry.starts_on:
        raise BasketsRefused("Le dispositif finit avant de commencer\u202f: échangez les dates.", "ends_on")
    if not entry.payers:
        raise BasketsRefused("Nommez au moins un payeur.", "payers")
    _refuse_parts(ecopole, entry)
    scheme = Scheme.objects.create(
        ecopole=ecopole, name=entry.name, starts_on=entry.starts_on, ends_on=entry.ends_on, size=entry.size,
        criterion=entry.criterion, bands=list(entry.bands), recorded_at=at, key=key,
        **columns(entry.household),
    )  # fmt: skip
    SchemePayer.objects.bulk_create(
        SchemePayer(
            scheme=scheme, rank=rank, agent=payer.agent, ceiling=payer.ceiling, regime=payer.regime,
            remainder=payer.remainder, **columns(payer.part),
        )
        for rank, payer in enumerate(entry.payers, start=1)
    )  # fmt: skip
    return scheme


def columns(part: Part) -> dict[str, object]:
    if part.amount is not None:
        return {"amount": part.amount}
    return {"num": part.num, "den": part.den}


def _refuse_parts(ecopole: Ecopole, entry: SchemeEntry) -> None:
    told = tuple(
        Payer(rank, payer.agent.pk, payer.part, payer.ceiling, payer.regime, payer.remainder)
        for rank, payer in enumerate(entry.payers)
    )
    terms = Terms(0, entry.name, entry.household, told)
    sizes = (
        [entry.size]
        if entry.size
        else list(BasketSize.objects.filter(ecopole=ecopole).select_related("product"))
    )
    priced = False
    for size in sizes:
        for price in prices_over(size, entry.starts_on, entry.ends_on):
            priced = True
            if wrong := fault(price, terms):
                raise BasketsRefused(f"{size}\u202f: {wrong}", "payers")
    if not priced:
        raise BasketsRefused(
            "Aucun panier n’a de prix sur cette période\u202f: écrivez-le d’abord.", "starts_on"
        )


def prices_over(size: BasketSize, first: date, last: date) -> list[Money]:
    """Those of a size over a period."""
    rows = list(Price.objects.filter(size=size, starts_on__lte=last).values_list("starts_on", "price"))
    begun = in_force(rows, first)
    return ([begun] if begun else []) + [price for start, price in rows if start > first]


def refuse_price(size: BasketSize, starts_on: date, price: Money) -> None:
    """A price that a running scheme counted in euros would no longer make."""
    ways = Ways(size.ecopole)
    for pk, scheme in ways.schemes.items():
        if (
            scheme.size_id in (None, size.pk)
            and scheme.last >= starts_on
            and (wrong := fault(price, ways.terms[pk]))
        ):
            raise BasketsRefused(
                f"{scheme}\u202f: {wrong} Ou clôturez-le la veille, et écrivez le suivant ensuite.",
                "price",
            )


@transaction.atomic
def close_scheme(*, scheme: Scheme, on: date, today: date) -> None:
    """After that day it pays no more; its households then pay as the garden decided."""
    scheme.ecopole.take_turns()
    scheme.refresh_from_db()
    if on < today:
        raise BasketsRefused(
            f"Le {format_date(on)} est passé\u202f: ses paniers sont payés. Choisissez un jour à venir.", "on"
        )
    if on > scheme.ends_on:
        raise BasketsRefused(f"Il finit déjà le {format_date(scheme.ends_on)}.", "on")
    Scheme.objects.filter(pk=scheme.pk).update(closed_on=on)


@transaction.atomic
def set_sliding(
    *,
    size: BasketSize,
    starts_on: date,
    lowest: Money,
    highest: Money,
    needed: Money,
    source: str,
    today: date,
) -> Sliding:
    """The bounds of the prices chosen, and the mean that is needed, from a day to come."""
    size.ecopole.take_turns()
    if highest < lowest:
        raise BasketsRefused("Le plus haut est sous le plus bas\u202f: échangez-les.", "highest")
    known = Sliding.objects.filter(size=size)
    if known.exists() and starts_on <= today:
        raise BasketsRefused(
            "Un prix libre change à partir d’un jour à venir\u202f: choisissez-en un.", "starts_on"
        )
    given = {"lowest": lowest, "highest": highest, "needed": needed, "source": source}
    row, _ = known.update_or_create(size=size, starts_on=starts_on, defaults=given)
    return row


@transaction.atomic
def choose_price(
    *, subscription: Subscription, price: Money, starts_on: date, at: datetime, key: str
) -> ChosenPrice:
    """A member's own price, within the bounds."""
    subscription.member.ecopole.take_turns()
    if known := ChosenPrice.objects.filter(subscription=subscription, key=key).first():
        return known
    rows = [(row.starts_on, row) for row in Sliding.objects.filter(size=subscription.size_id)]
    slide = in_force(rows, starts_on)
    if slide is None:
        raise BasketsRefused("Ce panier n’a pas de prix libre.", "price")
    if not slide.lowest <= price <= slide.highest:
        raise BasketsRefused(f"De {slide.lowest} à {slide.highest} par panier.", "price")
    return ChosenPrice.objects.create(
        subscription=subscription, price=price, starts_on=starts_on, recorded_at=at, key=key
    )


# --- households -----------------------------------------------------------------------------------------


@transaction.atomic
def open_link(*, ecopole: Ecopole, agent: Agent, until: date, at: datetime, key: str) -> Referrer:
    """A secret link for an organisation, until a day; its former one opens nothing any more."""
    ecopole.take_turns()
    if known := Referrer.objects.filter(ecopole=ecopole, key=key).first():
        return known
    if until < timezone.localtime(at).date():
        raise BasketsRefused(f"Le {format_date(until)} est passé. Choisissez un jour à venir.", "until")
    last = Referrer.objects.filter(agent=agent).order_by("number").last()
    return Referrer.objects.create(
        ecopole=ecopole,
        agent=agent,
        number=last.number + 1 if last else 1,
        until=until,
        recorded_at=at,
        key=key,
    )


@transaction.atomic
def refer(
    *, referrer: Referrer, scheme: Scheme, name: str, contact: str, band: str, regime: str, months: int,
    at: datetime, key: str,
) -> Referral:  # fmt: skip
    """A household is sent: a name, how to reach it, a band; nothing of its income."""
    referrer.ecopole.take_turns()
    if known := Referral.objects.filter(referrer=referrer, key=key).first():
        return known
    _refuse_words(scheme, band, regime)
    return Referral.objects.create(
        referrer=referrer, scheme=scheme, name=name, contact=contact, band=band, regime=regime, months=months,
        made_at=at, key=key,
    )  # fmt: skip


def _refuse_words(scheme: Scheme, band: str, regime: str) -> None:
    if band not in scheme.bands:
        raise BasketsRefused(f"{scheme}\u202f: choisissez une de ses tranches.", "band")
    asked = scheme.payers.exclude(regime="").exists()
    if asked and not regime:
        raise BasketsRefused(f"{scheme}\u202f: dites si le foyer relève de la CAF ou de la MSA.", "regime")


@transaction.atomic
def answer_referral(*, referral: Referral, enrolment: Enrolment | None, at: datetime) -> None:
    """Enrolled or not: what named the household is erased."""
    Referral.objects.filter(pk=referral.pk, answered_at=None).update(
        answered_at=at, enrolment=enrolment, name="", contact=""
    )


@transaction.atomic
def enrol(
    *, member: Member, decision: Decision, renews: Enrolment | None = None, by: User | None, at: datetime,
    key: str,
) -> Enrolment:  # fmt: skip
    """A household enters a scheme, or stays in it: the decision, and until when."""
    member.ecopole.take_turns()
    if known := Enrolment.objects.filter(member=member, key=key).first():
        return known
    _refuse_decision(member, decision, timezone.localtime(at).date())
    return Enrolment.objects.create(
        member=member, renews=renews, recorded_at=at, recorded_by=by, key=key, **vars(decision)
    )


def _refuse_decision(member: Member, decision: Decision, today: date) -> None:
    scheme, start, end = decision.scheme, decision.starts_on, decision.ends_on
    _refuse_words(scheme, decision.band, decision.regime)
    if end < start:
        raise BasketsRefused("La décision finit avant de commencer\u202f: échangez les dates.", "ends_on")
    if start < scheme.starts_on or end > scheme.last:
        raise BasketsRefused(
            f"{scheme} va du {format_date(scheme.starts_on)} au {format_date(scheme.last)}\u202f: "
            "choisissez des dates dans cette période.",
            "ends_on",
        )
    rules = [(row.starts_on, row) for row in SolidarityTerms.objects.filter(ecopole=member.ecopole)]
    if in_force(rules, start) is None:
        raise BasketsRefused(
            "Décidez d’abord ce que paie un foyer dont la décision est échue\u202f: onglet Règles.",
            "starts_on",
        )
    for row in Enrolment.objects.filter(member=member).select_related("scheme"):
        last = min(row.ends_on, row.ended_on - timedelta(days=1)) if row.ended_on else row.ends_on
        if row.starts_on <= end and start <= last:
            raise BasketsRefused(
                f"{member} est déjà dans {row.scheme} jusqu’au {format_date(last)}\u202f: "
                "commencez après, ou sortez-le d’abord.",
                "starts_on",
            )
    _refuse_spent(member.ecopole, scheme, today)


def _refuse_spent(ecopole: Ecopole, scheme: Scheme, today: date) -> None:
    """Said before, with another to choose; who is in it already is served all the same."""
    states = scheme_states(ecopole, today)
    if not any(state.scheme.pk == scheme.pk and state.is_spent for state in states):
        return
    others = [str(state.scheme) for state in states if state.is_open(today) and not state.is_spent]
    instead = (
        f"Choisissez plutôt\u202f: {', '.join(others)}."
        if others
        else "Aucun autre n’est ouvert\u202f: cherchez un payeur."
    )
    raise BasketsRefused(f"Le budget de {scheme} est dépensé. {instead}", "scheme")


@transaction.atomic
def end_enrolment(*, enrolment: Enrolment, on: date, today: date) -> None:
    """From that day on, the household pays like anybody; baskets already handed over keep their payers."""
    enrolment.member.ecopole.take_turns()
    if on < max(today, enrolment.starts_on):
        raise BasketsRefused(
            f"Choisissez un jour à partir du {format_date(max(today, enrolment.starts_on))}.", "on"
        )
    Enrolment.objects.filter(pk=enrolment.pk, ended_on=None).update(ended_on=on)


@transaction.atomic
def to_remind(*, ecopole: Ecopole, at: datetime) -> int:
    """How many decisions end soon and were not said yet; they now are."""
    ecopole.take_turns()
    today = timezone.localtime(at).date()
    rows = [(row.starts_on, row) for row in SolidarityTerms.objects.filter(ecopole=ecopole)]
    if (rule := in_force(rows, today)) is None:
        return 0
    soon = (today, today + timedelta(days=rule.remind_days))
    return Enrolment.objects.filter(
        member__ecopole=ecopole, ends_on__range=soon, ended_on=None, renewed=None, reminded_at=None
    ).update(reminded_at=at)
