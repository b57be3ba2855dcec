"""Whatever members live in a month, what is invoiced is what was handed over, at its price: to the cent.

Small lives drawn at random and lived through the rooms' own actions: sizes, depots, rhythms, skips, gifts,
more baskets, moves, pauses, several payers under ceilings, a pot, chosen prices; then evenings corrected
after the invoices, a credit note, the month billed again. What should come of them is counted here, apart.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from terreau.billing.actions import bill, credit_note
from terreau.billing.models import Customer, Invoice, InvoiceLine, Issuer
from terreau.billing.payers import baskets
from terreau.billing.tests.factories import FACT, HOME, IBAN, PLATFORM
from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets import actions
from terreau.rooms.baskets.models import Handover, Member
from terreau.rooms.baskets.queries.solidarity import POT
from terreau.rooms.baskets.rhythm import has_basket
from terreau.rooms.baskets.shares import read_part
from terreau.rooms.baskets.tests.members import NOW, START, TODAY, key, make_members, terms_entry
from terreau.territory.hand import Hand
from terreau.territory.models import Agent, AgentKind, Product

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
YEAR = date(2026, 1, 1), date(2026, 12, 31)
WEEKS = [IsoWeek.of(START) + n for n in range(4)]
# Mairie on Wednesday, free; Gare on Friday, 1,50 € to bring a basket there.
WEEKDAY, CHARGE, SIZES = (2, 4), (0, 150), ("petit", "grand")
FEE = 2000


@dataclass(frozen=True)
class Life:
    """A household: what it takes and how, in which way it pays, what happens each week."""

    size: str
    depot: int
    rhythm: str
    # "full"; a third, a quarter until the end of a week; or a price chosen, of small baskets.
    way: str
    until: int
    chosen: int
    changes: tuple[str, ...]
    became: tuple[str, ...]
    # Noted again after the invoices: another outcome, or none; "" leaves the evening as it was.
    corrected: tuple[str, ...]

    def at(self, rank: int) -> tuple[int, date]:
        depot = 1 - self.depot if self.changes[rank] == "move" else self.depot
        return depot, WEEKS[rank].days[WEEKDAY[depot]]

    def count(self, rank: int, skip_rule: str) -> int:
        """Baskets that leave for this household, or in its name."""
        change = self.changes[rank]
        if not has_basket(self.rhythm, (), WEEKS[rank]) or change == "pause":
            return 0
        if change == "skip":
            return int(skip_rule == "kept")
        return 3 if change == "extra" else 1


def four(*words: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.tuples(*[st.sampled_from(words)] * len(WEEKS))


BECAME = ("taken", "taken", "kept", "given", "back", "none")
LIVES = st.builds(
    Life, st.sampled_from(SIZES), st.integers(0, 1), st.sampled_from(["weekly", "a", "b"]),
    st.sampled_from(["full", "third", "quarter", "chosen"]), st.integers(0, 3), st.integers(600, 1800),
    four("plain", "plain", "skip", "give", "friend", "extra", "move", "pause"), four(*BECAME),
    four("", "", "taken", "back", "none"),
)  # fmt: skip


class Month:
    """November of some households, lived; what each is to pay, counted week by week."""

    def __init__(self, members, county, fund, skip_rule, prices, ceiling, in_pot):
        self.members, self.ecopole, self.skip_rule = members, members.house.ecopole, skip_rule
        self.county, self.fund, self.prices = county, fund, dict(zip(SIZES, prices, strict=True))
        for size, cents in self.prices.items():
            row, before = members.house.sizes[size], START - timedelta(days=1)
            actions.set_price(size=row, starts_on=START, price=Money(cents), today=before)
        actions.set_terms(
            ecopole=self.ecopole, at=NOW, key=key(),
            entry=terms_entry(members.house, members.grocery, starts_on=START, skip_rule=skip_rule),
        )  # fmt: skip
        third = [actions.PayerEntry(county, read_part("1/3")), self.rest("1/3")]
        quarter = [actions.PayerEntry(county, read_part("1/2"), Money(ceiling)), self.rest("1/4")]
        self.schemes = {"third": self.scheme("1/3", third), "quarter": self.scheme("1/4", quarter)}
        self.ceiling, self.in_pot = ceiling, in_pot
        if in_pot:
            actions.give_to_pot(
                ecopole=self.ecopole, giver=county, euros=Money(in_pot), until=None, by=None,
                at=at(START, 8), key=key(),
            )  # fmt: skip
        self.joined: list[tuple[Life, Member]] = []

    def rest(self, part):
        return actions.PayerEntry(self.fund, read_part(part), remainder=True)

    def scheme(self, household, payers):
        entry = actions.SchemeEntry(
            household, *YEAR, None, "quotient", ["moins"], read_part(household), payers
        )
        return actions.add_scheme(ecopole=self.ecopole, entry=entry, at=NOW, key=key())

    def join(self, rank: int, life: Life) -> None:
        member = self.members.join(
            f"Foyer{rank}", size=life.size, depot=self.members.house.depots[life.depot], rhythm=life.rhythm
        )
        self.joined.append((life, member))
        if life.way in self.schemes:
            decision = actions.Decision(
                self.schemes[life.way], self.county, "moins", "", START, WEEKS[life.until].sunday
            )
            actions.enrol(member=member, decision=decision, by=None, at=NOW, key=key())
        elif life.way == "chosen" and life.size == "petit":
            held = self.members.held(member.name)
            price = Money(life.chosen)
            actions.choose_price(subscription=held, price=price, starts_on=START, at=NOW, key=key())

    def change(self, rank: int) -> None:
        """What each changes of a week, on its Monday."""
        week, on = WEEKS[rank], at(WEEKS[rank].monday, 10)
        for n, (life, member) in enumerate(self.joined):
            kind, held = life.changes[rank], self.members.held(member.name)
            if kind == "pause":
                actions.pause(subscription=held, first=week, last=week, at=on, key=key())
            elif kind != "plain" and has_basket(life.rhythm, (), week):
                friend = self.joined[n - 1][1]
                friend = friend if kind == "friend" and friend != member else None
                actions.change_delivery(
                    subscription=held, day=week.days[WEEKDAY[life.depot]],
                    kind="give" if kind == "friend" else kind, to_member=friend,
                    to_depot=self.members.house.depots[1 - life.depot] if kind == "move" else None,
                    count=3 if kind == "extra" else 1, by=None, at=on, key=key(),
                )  # fmt: skip

    def note(self, rank: int, became: dict[str, str]) -> None:
        """The evenings of a week: of each household named, what its basket became."""
        evenings: dict[tuple[int, date, str], list[int]] = {}
        for life, member in self.joined:
            outcome = became.get(member.name, "none")
            if outcome != "none" and life.count(rank, self.skip_rule):
                evenings.setdefault((*life.at(rank), outcome), []).append(self.members.held(member.name).pk)
        for (depot, day, outcome), held in evenings.items():
            noted = actions.hand_over(
                ecopole=self.ecopole, depot=self.members.house.depots[depot], day=day, outcome=outcome,
                subscriptions=held, by=None, at=at(day, 18), key=key(),
            )  # fmt: skip
            assert len(noted) == len(held)

    def correct(self, rank: int) -> None:
        """Evenings noted wrong are taken back, and noted again."""
        again = {}
        for life, member in self.joined:
            if said := life.corrected[rank]:
                for row in Handover.objects.filter(
                    subscription__member=member, day=life.at(rank)[1], withdrawn_at=None
                ):
                    actions.withdraw(handover=row, by=None, at=at(LAST, 9))
                again[member.name] = said
        self.note(rank, again)

    def owed(self, *, corrected: bool, until: int) -> "Owed":
        told = Owed()
        for life, member in self.joined:
            told.to_pay[member.agent_id] += FEE
            for rank in range(until):
                became = (corrected and life.corrected[rank]) or life.became[rank]
                count = life.count(rank, self.skip_rule)
                if count and became not in ("back", "none"):
                    self.add(told, life, member, rank, count)
        asked = told.to_pay.pop("half", 0)
        told.to_pay[self.county.pk] += min(asked, self.ceiling)
        told.short += asked - min(asked, self.ceiling)
        return told

    def add(self, told: "Owed", life: Life, member: Member, rank: int, count: int) -> None:
        one = self.prices[life.size]
        # A part is rounded to the nearest cent, of each basket.
        full, third, quarter, half = (count * int(one / Decimal(n) + Decimal("0.5")) for n in (1, 3, 4, 2))
        depot, day = life.at(rank)
        told.delivered += full
        told.beside += CHARGE[depot] * count
        told.to_pay[member.agent_id] += CHARGE[depot] * count
        way = life.way if life.way in ("full", "chosen") or day <= WEEKS[life.until].sunday else "full"
        if way == "third":
            told.to_pay.update(
                {member.agent_id: third, self.county.pk: third, self.fund.pk: full - 2 * third}
            )
        elif way == "quarter":
            told.to_pay.update({member.agent_id: quarter, "half": half, self.fund.pk: full - quarter - half})
        elif way == "chosen" and life.size == "petit":
            told.to_pay[member.agent_id] += life.chosen * count
            told.beside += max(0, life.chosen * count - full)
            told.gifts += max(0, life.chosen * count - full)
            told.short += max(0, full - life.chosen * count)
        else:
            told.to_pay[member.agent_id] += full


class Owed:
    """In cents: what was handed over, what each payer owes but for the pot, what the pot is asked."""

    def __init__(self) -> None:
        self.to_pay: Counter = Counter()
        self.delivered = self.beside = self.gifts = self.short = 0


def at(day: date, hour: int) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


class MonthTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        """A hundred baskets of each size at both depots, and two payers who can be written to."""
        cls.house = made = make_members(capacity=60)
        ecopole = made.house.ecopole
        Issuer.objects.create(
            ecopole=ecopole, agent=made.house.platform, name="Plateforme", siret=PLATFORM, prefix="PP",
            iban=IBAN, vat_number="FR44732829320", email="compta@exemple.invalid", key="i", **HOME, **FACT,
        )  # fmt: skip
        Product.objects.create(code=POT, name="Cagnotte", family="credit", unit="eur", unit_kg=0)
        cls.payers = []
        for name in ("Département", "Fondation"):
            agent = Agent.objects.create(ecopole=ecopole, kind=AgentKind.ASSOCIATION, name=name)
            cls.payers.append(agent)
            Customer.objects.create(
                ecopole=ecopole,
                agent=agent,
                name=name,
                email="payeur@exemple.invalid",
                key=name,
                **HOME,
                **FACT,
            )
        actions.set_solidarity(
            ecopole=ecopole, starts_on=YEAR[0], holder=cls.payers[1], after="full", fallback=None,
            remind_days=30, source="conseil", at=NOW, key=key(),
        )  # fmt: skip
        actions.set_sliding(
            size=made.house.sizes["petit"], starts_on=YEAR[0], lowest=Money(600), highest=Money(1800),
            needed=Money(950), source="calcul", today=TODAY,
        )  # fmt: skip
        for depot in made.house.depots:
            for size in SIZES:
                made.bring(depot, size, 100, at=at(START, 7))

    @settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
    @given(
        lives=st.lists(LIVES, min_size=2, max_size=4), skip_rule=st.sampled_from(["credited", "kept"]),
        prices=st.tuples(st.integers(700, 1900), st.integers(1000, 2900)), ceiling=st.integers(1, 3000),
        in_pot=st.integers(0, 2500), credited=st.integers(0, 5),
    )  # fmt: skip
    def test_the_sum_of_invoices_is_the_sum_of_what_was_handed_over(
        self, lives, skip_rule, prices, ceiling, in_pot, credited
    ):
        month = Month(self.house, *self.payers, skip_rule, prices, ceiling, in_pot)
        for rank, life in enumerate(lives):
            month.join(rank, life)
        for rank in range(len(WEEKS)):
            month.change(rank)
        self.note(month, range(2))
        self.close(month, "early", WEEKS[1].sunday)
        self.hold(month, month.owed(corrected=False, until=2))
        self.note(month, range(2, 4))
        for rank in range(len(WEEKS)):
            month.correct(rank)
        self.give_back(month, credited)
        self.close(month, "late", LAST)
        self.hold(month, month.owed(corrected=True, until=4))
        assert self.close(month, "again", LAST) == []

    def note(self, month, ranks):
        for rank in ranks:
            month.note(rank, {member.name: life.became[rank] for life, member in month.joined})

    def close(self, month, name, on):
        outcome = bill(
            ecopole=month.ecopole, first=FIRST, last=LAST, issued_on=on, hand=Hand(None, at(on, 19), name),
            judges=None, told=lambda: baskets(month.ecopole, FIRST, LAST),
        )  # fmt: skip
        assert outcome.refused == []
        return outcome.issued

    def give_back(self, month, rank):
        """One of the invoices is taken back, by hand: what it billed is billed again with the month."""
        rows = [row for row in Invoice.objects.order_by("pk") if not row.is_credit]
        row = rows[rank % len(rows)]
        credit_note(
            invoice=row, lines=None, reason="abîmé", issued_on=LAST, hand=Hand(None, at(LAST, 18), "by hand"),
            judges=None,
        )  # fmt: skip

    def hold(self, month, owed):
        """Payer by payer, then in all, then thing by thing; the ledger says the same."""
        invoiced: Counter = Counter()
        payers = {month.county.pk, month.fund.pk}
        for row in Invoice.objects.all():
            assert row.net + row.vat + row.rounding == row.gross
            named = re.search("Foyer|M-", json.dumps(row.values))
            assert bool(named) == (row.customer_id not in payers), "a payer reads no name"
            invoiced[row.customer_id] += row.signed.cents
        seller = month.members.house.platform.pk
        given = sum(
            line.amount.cents
            for line in baskets(month.ecopole, FIRST, LAST).payments
            if line.payer_id == seller
        )
        pot = invoiced[month.fund.pk] - owed.to_pay[month.fund.pk]
        assert min(month.in_pot, owed.short) <= pot <= min(month.in_pot + owed.gifts, owed.short)
        assert given == owed.short - pot, "the garden gives what nobody pays, and nothing else"
        owed.to_pay[month.fund.pk] += pot
        assert +invoiced == +owed.to_pay
        fees = FEE * len(month.joined)
        assert invoiced.total() == owed.delivered - given + owed.beside + fees
        sold = Event.objects.filter(
            STANDING, ecopole=month.ecopole, agreement__isnull=False, price__isnull=False
        )
        assert sum(event.price.cents for event in sold) == owed.delivered
        billed = InvoiceLine.objects.filter(undoes=None, undone_by=None)
        things = Counter(billed.values_list("event", "reference", "payer"))
        assert set(things.values()) <= {1}, "never twice"
        by_event: Counter = Counter()
        for line in billed.exclude(event=None):
            by_event[line.event_id] += line.amount.cents
        prices = {event.pk: event.price.cents for event in sold}
        assert all(cents <= prices[pk] for pk, cents in by_event.items())
        assert sum(line.amount.cents for line in billed) == invoiced.total()
        for prefix in ("PP-F", "PP-A"):
            rows = Invoice.objects.filter(series__prefix=prefix).order_by("rank")
            assert list(rows.values_list("rank", flat=True)) == list(range(1, rows.count() + 1))
