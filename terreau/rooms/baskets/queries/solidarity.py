"""Who pays what of the baskets handed over: schemes in the order of days, the pot, the prices chosen."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils import timezone

from terreau.ledger.effects import Action
from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.measures.money import Money, added
from terreau.rooms.baskets.models import (
    After,
    ChosenPrice,
    Enrolment,
    Handover,
    Member,
    Scheme,
    SchemePayer,
    Sliding,
    SolidarityTerms,
)
from terreau.rooms.baskets.queries.deliveries import Delivery
from terreau.rooms.baskets.queries.packs import DRAWN
from terreau.rooms.baskets.rules import in_force
from terreau.rooms.baskets.shares import NOTHING, Budget, Lot, Payer, Pot, Split, Terms
from terreau.territory.counts import PEOPLE_MIN, masked
from terreau.territory.models import Ecopole
from terreau.territory.together import together

POT = "cagnotte-solidaire"
# What is given by choosing a price above the full one: one lot, without an end.
FREE = "pot-free-prices"


def terms_of(scheme: Scheme, payers: list[SchemePayer]) -> Terms:
    return Terms(
        scheme.pk, scheme.name, scheme.part,
        tuple(
            Payer(row.pk, row.agent_id, row.part, row.ceiling, row.regime, row.remainder) for row in payers
        ),
    )  # fmt: skip


class Row(NamedTuple):
    """A basket handed over, or several at once, as the money sees it; `drawn`: paid ahead, of these.

    A month reads thousands of them: a tuple is made three times faster.
    """

    event_id: int
    agreement_id: int
    seller_id: int
    member_id: int
    agent_id: int
    subscription_id: int
    size_id: int
    size: str
    vat_class: str
    commune: str
    day: date
    number: int
    price: Money
    charge: Money
    drawn: int = 0

    @property
    def ahead(self) -> Money:
        """The full price of those paid ahead."""
        return Money(self.price.cents // self.number * self.drawn) if self.drawn else NOTHING

    @property
    def left(self) -> "Row":
        """The others, which the month bills."""
        return (
            self._replace(number=self.number - self.drawn, price=self.price - self.ahead)
            if self.drawn
            else self
        )


class Way(NamedTuple):
    """How a basket is paid: by a scheme, for a regime, by its payers as long as it is open; or as chosen."""

    scheme: Scheme | None = None
    regime: str = ""
    is_open: bool = True
    chosen: Money = NOTHING


class Ways:
    """What was decided of solidarity, read at once when first asked; `beside`: what else is read then."""

    def __init__(self, ecopole: Ecopole, *, member: Member | None = None, beside: Sequence[Any] = ()):
        self.ecopole, self.member, self._beside = ecopole, member, beside
        self._terms: dict[tuple[int, bool], Terms] = {}

    @cached_property
    def _decided(self) -> list[list[Any]]:
        enrolments = Enrolment.objects.filter(member__ecopole=self.ecopole)
        chosen = ChosenPrice.objects.filter(subscription__member__ecopole=self.ecopole)
        if self.member:
            enrolments = enrolments.filter(member=self.member)
            chosen = chosen.filter(subscription__member=self.member)
        rules, schemes, enrolled, *others = together(
            SolidarityTerms.objects.filter(ecopole=self.ecopole),
            Scheme.objects.filter(ecopole=self.ecopole).select_related("size__product"),
            enrolments.order_by("starts_on", "id"),
            SchemePayer.objects.filter(scheme__ecopole=self.ecopole).select_related("agent"),
            Sliding.objects.filter(size__ecopole=self.ecopole).select_related("size__product"),
            chosen,
            *self._beside,
        )
        known = {row.pk: row for row in schemes}
        for rule in rules:
            rule.fallback = known.get(rule.fallback_id)
        for row in enrolled:
            row.scheme = known[row.scheme_id]
        return [rules, schemes, enrolled, *others]

    @property
    def beside(self) -> list[list[Any]]:
        return self._decided[6:]

    @cached_property
    def rules(self) -> list[tuple[date, SolidarityTerms]]:
        return [(row.starts_on, row) for row in self._decided[0]]

    @cached_property
    def enrolments(self) -> dict[int, list[Enrolment]]:
        found: dict[int, list[Enrolment]] = defaultdict(list)
        for row in self._decided[2]:
            found[row.member_id].append(row)
        return found

    @cached_property
    def payers(self) -> dict[int, list[SchemePayer]]:
        found: dict[int, list[SchemePayer]] = defaultdict(list)
        for payer in self._decided[3]:
            found[payer.scheme_id].append(payer)
        return found

    @cached_property
    def schemes(self) -> dict[int, Scheme]:
        return {row.pk: row for row in self._decided[1]}

    @cached_property
    def terms(self) -> dict[int, Terms]:
        return {pk: terms_of(row, self.payers[pk]) for pk, row in self.schemes.items()}

    @cached_property
    def sliding(self) -> dict[int, list[tuple[date, Sliding]]]:
        found: dict[int, list[tuple[date, Sliding]]] = defaultdict(list)
        for slide in self._decided[4]:
            found[slide.size_id].append((slide.starts_on, slide))
        return found

    @cached_property
    def chosen(self) -> dict[int, list[tuple[date, Money]]]:
        found: dict[int, list[tuple[date, Money]]] = defaultdict(list)
        for row in self._decided[5]:
            found[row.subscription_id].append((row.starts_on, row.price))
        return found

    def of(self, member_id: int, subscription_id: int, size_id: int, day: date) -> Way | None:
        """None: the member pays the full price."""
        known = [
            row
            for row in self.enrolments.get(member_id, ())
            if row.starts_on <= day
            and (row.ended_on is None or day < row.ended_on)
            and row.scheme.size_id in (None, size_id)
        ]
        for row in reversed(known):
            if day <= min(row.ends_on, row.scheme.last):
                return Way(row.scheme, row.regime)
        if not known:
            return self._choice(subscription_id, size_id, day)
        return self._expired(known[-1], subscription_id, size_id, day)

    def _choice(self, subscription_id: int, size_id: int, day: date) -> Way | None:
        slide = in_force(self.sliding.get(size_id, ()), day)
        chosen = in_force(self.chosen.get(subscription_id, ()), day) if slide else None
        if slide is None or chosen is None:
            return None
        return Way(chosen=min(max(chosen, slide.lowest), slide.highest))

    def _expired(self, row: Enrolment, subscription_id: int, size_id: int, day: date) -> Way | None:
        """The decision is over: what the garden decided holds until the household leaves or is renewed."""
        rule = in_force(self.rules, day)
        if rule is None or rule.after == After.FULL:
            return None
        if rule.after == After.SLIDING:
            slide = in_force(self.sliding.get(size_id, ()), day)
            lowest = Way(chosen=slide.lowest) if slide else None
            return self._choice(subscription_id, size_id, day) or lowest
        fallback = rule.fallback
        if fallback is None or fallback.size_id not in (None, size_id):
            return None
        # Over too, it still says what the household pays: the pot and the garden do the rest.
        return Way(fallback, row.regime, fallback.starts_on <= day <= fallback.last)

    def terms_of(self, way: Way) -> Terms:
        scheme = way.scheme
        assert scheme is not None
        asked = scheme.id, way.is_open
        if asked not in self._terms:
            self._terms[asked] = terms_of(scheme, self.payers[scheme.id] if way.is_open else [])
        return self._terms[asked]

    def coming(self, one: Delivery, free: Collection[int]) -> Way | None:
        """How a delivery to come will be paid; `free`: the sizes of which one chooses the price."""
        if one.size_id not in free and not self.enrolments.get(one.member_id):
            return None
        return self.of(one.member_id, one.subscription_id, one.size_id, one.on)

    def owed(self, one: Delivery, free: Collection[int]) -> Money:
        """What the member will pay of each basket of a delivery."""
        way = self.coming(one, free)
        if way is None:
            return one.price
        return way.scheme.part.of(one.price) if way.scheme else way.chosen


def _put_in(ecopole: Ecopole) -> Any:
    """By its few lots: an écopôle produces every day."""
    rows = Event.objects.filter(STANDING, ecopole=ecopole, lot__product__code=POT, action=Action.PRODUCE)
    return rows.select_related("lot", "provider").order_by("occurred_at", "id")


def _pot_lot(gift: Any) -> Lot:
    on = timezone.localtime(gift.occurred_at).date()
    return Lot(gift.lot_id, on, gift.lot.keeps_until, Money.from_euros(gift.quantity))


class Paid(NamedTuple):
    """A basket and its split; `ahead`: what was paid before, beside."""

    row: Row
    way: Way | None
    split: Split
    ahead: Money = NOTHING


class Walk:
    """Every basket that concerns solidarity, in the order of days, until a day; all of them from `first`.

    Those paid ahead are left out of it: nobody else pays a part of them.

    `paid` keeps those from `first` on; `budget`, what is left once all are; `beside`: what else is read at
    once with what was decided. Two queries.
    """

    def __init__(
        self, ecopole: Ecopole, first: date, last: date, *, all_members: bool = False,
        beside: Sequence[Any] = (),
    ):  # fmt: skip
        self.ways = Ways(ecopole, beside=(_put_in(ecopole), *beside))
        self.gifts, *self.beside = self.ways.beside
        self.budget = Budget(Pot([_pot_lot(gift) for gift in self.gifts if gift.lot.key != FREE]))
        self.last = last
        concerned: Any = Q(subscription__member__in=list(self.ways.enrolments)) | Q(
            subscription__in=list(self.ways.chosen)
        )
        if all_members:
            concerned |= Q(day__gte=first)
        rows = handed_over(ecopole, last).filter(concerned).annotate(drawn=DRAWN)
        split = [self._split(Row._make(told)) for told in rows.values_list(*COLUMNS)]
        self.paid = [one for one in split if one.row.day >= first]

    def __iter__(self) -> Iterator[Paid]:
        return iter(self.paid)

    @property
    def left(self) -> Money:
        """What the pot holds on the last day."""
        lots = self.budget.pot.lots
        return added(lot.left for lot in lots if lot.until is None or self.last <= lot.until)

    @property
    def garden(self) -> Money:
        """What neither payers nor the pot covered."""
        return added(one.split.garden for one in self.paid)

    def _split(self, whole: Row) -> Paid:
        row = whole.left
        way = self.ways.of(row.member_id, row.subscription_id, row.size_id, row.day) if row.number else None
        if way is None:
            split = Split(row.price)
        elif way.scheme:
            terms = self.ways.terms_of(way)
            split = self.budget.by_scheme(row.price, row.number, terms, way.regime, row.day)
        else:
            split = self.budget.by_choice(row.price, row.number, way.chosen, row.day)
        return Paid(row, way, split, whole.ahead)


COLUMNS = (
    "event_id", "subscription__agreement_id", "subscription__agreement__provider_id",
    "subscription__member_id", "subscription__member__agent_id", "subscription_id", "subscription__size_id",
    "subscription__size__product__name", "subscription__size__product__vat_class", "depot__commune__name",
    "day", "count", "event__price", "charge", "drawn",
)  # fmt: skip


def handed_over(ecopole: Ecopole, last: date) -> Any:
    """Those that stand: a basket noted by mistake, or brought back, is not there."""
    return Handover.objects.filter(
        subscription__member__ecopole=ecopole, day__lte=last, withdrawn_at=None, event__isnull=False,
        event__reversed_by=None, event__price__isnull=False,
    ).order_by("day", "event_id")  # fmt: skip


# --- what the house asks --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """Of a period: who was served, with what. Under five households, no number of them.

    `communes`: those of the depots; the few of small ones are told together, under an empty name.
    """

    households: int | None
    baskets: int
    communes: tuple[tuple[str, int | None, int], ...]


def solidarity(ecopole: Ecopole, first: date, last: date) -> Outcome:
    """Baskets handed over in schemes between two days, both included."""
    walk = Walk(ecopole, first, last)
    served: dict[str, set[int]] = defaultdict(set)
    baskets: dict[str, int] = defaultdict(int)
    for paid in walk:
        if paid.way is None or paid.way.scheme is None:
            continue
        where = paid.row.commune or ""
        served[where].add(paid.row.member_id)
        baskets[where] += paid.row.number
    households = len(set().union(*served.values()))
    return Outcome(masked(households), sum(baskets.values()), tuple(_by_commune(served, baskets)))


def _by_commune(served: dict[str, set[int]], baskets: dict[str, int]) -> list[tuple[str, int | None, int]]:
    """The small ones together, with the smallest other when they would still be few: none can be deduced."""
    ranked = sorted(served, key=lambda name: (-len(served[name]), name))
    shown = [name for name in ranked if name and len(served[name]) >= PEOPLE_MIN]
    rest = [name for name in ranked if name not in shown]
    if rest and shown and len(set().union(*(served[name] for name in rest))) < PEOPLE_MIN:
        rest.append(shown.pop())
    told: list[tuple[str, int | None, int]] = [
        (name, len(served[name]), baskets[name]) for name in sorted(shown)
    ]
    if rest:
        together = masked(len(set().union(*(served[name] for name in rest))))
        told.append(("", together, sum(baskets[name] for name in rest)))
    return told
