"""Who pays what of a basket: cases that a social worker reads, and what always holds, to the cent."""

import csv
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terreau.measures.french import parse_money
from terreau.measures.money import Money, added
from terreau.rooms.baskets.shares import Budget, Lot, Part, Payer, Pot, Terms, fault, read_part, shares

TODAY = date(2026, 11, 25)
TOLD = (Path(__file__).parent / "share_cases.csv").read_text(encoding="utf-8")
CASES = list(csv.DictReader(TOLD.splitlines(), delimiter=";"))


def payers(words: str) -> tuple[Payer, ...]:
    found = []
    for rank, said in enumerate(words.split(" · "), start=1):
        name, part, remainder, regime = re.fullmatch(r"(\S+) (.+?)( arrondi)?(?: si (\w+))?", said).groups()
        found.append((name, Payer(rank, rank, read_part(part), None, regime or "", bool(remainder))))
    return tuple(payer for _, payer in found)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_case_that_a_social_worker_reads(case):
    price = parse_money(case["price"])
    terms = Terms(1, "essai", read_part(case["household"]), payers(case["payers"]))
    names = [said.split(" ")[0] for said in case["payers"].split(" · ")]
    wrong = fault(price, terms)
    if case["pays"].startswith("refusé"):
        assert case["pays"].partition(" : ")[2] in wrong.replace("\u00a0", " ")
        return
    assert wrong == ""
    household, paid = shares(price, terms, case["regime"])
    told = [("foyer", household), *((names[payer.id - 1], amount) for payer, amount in paid)]
    said = [(name, parse_money(amount)) for name, amount in (
        line.split(" ", 1) for line in case["pays"].split(" · ")
    )]  # fmt: skip
    assert told == said


@pytest.mark.parametrize("wrong", ["", "abc", "1/0", "3/2", "120 %", "-1 €", "1/3 €", "9" * 30])
def test_a_part_that_does_not_read_is_refused(wrong):
    with pytest.raises(ValueError, match="1/3"):
        read_part(wrong)


cents = st.integers(min_value=0, max_value=5_000)
fraction = st.builds(lambda den, num: Part(min(num, den), den), st.integers(1, 100), st.integers(0, 100))
amount = st.builds(lambda c: Part(amount=Money(c)), cents)
ceiling = st.none() | st.builds(Money, st.integers(1, 20_000))


@st.composite
def schemes(draw) -> Terms:
    count = draw(st.integers(1, 4))
    parts = [draw(fraction | amount) for _ in range(count)]
    told = tuple(
        Payer(n, 100 + n, part, draw(ceiling), "", remainder=n == count)
        for n, part in enumerate(parts, start=1)
    )
    return Terms(1, "essai", draw(fraction | amount), told)


@settings(max_examples=150, deadline=None)
@given(
    schemes(),
    st.lists(st.tuples(st.integers(1, 4_000), st.integers(1, 3), st.booleans()), min_size=1, max_size=30),
    st.integers(0, 30_000), cents,
)  # fmt: skip
def test_money_is_conserved_and_ceilings_and_the_pot_hold(terms, baskets, in_pot, chosen):
    pot = Pot([Lot(1, TODAY, None, Money(in_pot)), Lot(2, TODAY, TODAY, Money(500))])
    budget, paid, gifts = Budget(pot), {}, Money(0)
    from_pot = Money(0)
    for n, (unit, count, in_scheme) in enumerate(baskets):
        price, on = Money(unit * count), TODAY + timedelta(days=n // 4)
        if in_scheme:
            split = budget.by_scheme(price, count, terms, "", on)
        else:
            split = budget.by_choice(price, count, Money(chosen), on)
        assert split.household + added(a for _, a in split.payers) + split.pot + split.garden == price
        assert min(split.household, split.pot, split.garden, *(a for _, a in split.payers)) >= Money(0)
        if in_scheme:
            assert split.household == terms.household.of(Money(unit)).times(count)
        gifts, from_pot = gifts + split.gift, from_pot + split.pot
        for payer, share in split.payers:
            paid[payer] = paid.get(payer, Money(0)) + share
    assert all(payer.ceiling is None or share <= payer.ceiling for payer, share in paid.items())
    assert added(lot.put for lot in pot.lots) == Money(in_pot + 500) + gifts
    assert added(lot.used for lot in pot.lots) == from_pot
    assert all(lot.left >= Money(0) for lot in pot.lots)


def test_a_ceiling_is_filled_in_the_order_of_days_then_the_pot_then_the_garden():
    """Ten euros a basket, a third for the household, a payer with 10 € in all, 2 € in the pot until today."""
    terms = Terms(1, "essai", Part(1, 3), (Payer(1, 9, Part(2, 3), Money(1000), "", True),))
    budget = Budget(Pot([Lot(1, TODAY, TODAY, Money(200))]))
    first, second, third = (budget.by_scheme(Money(1000), 1, terms, "", TODAY) for _ in range(3))
    assert (first.household, first.payers[0][1], first.garden) == (Money(333), Money(667), Money(0))
    assert (second.payers[0][1], second.pot, second.garden) == (Money(333), Money(200), Money(134))
    assert (third.household, third.payers[0][1], third.pot, third.garden) == (
        Money(333), Money(0), Money(0), Money(667),
    )  # fmt: skip


def test_an_old_gift_pays_nothing_any_more_and_a_new_one_nothing_before():
    pot = Pot([
        Lot(1, TODAY, TODAY, Money(500)), Lot(2, TODAY + timedelta(days=2), None, Money(500)),
    ])  # fmt: skip
    assert pot.take(Money(300), TODAY + timedelta(days=1)) == Money(0)
    assert pot.take(Money(600), TODAY + timedelta(days=2)) == Money(500)
