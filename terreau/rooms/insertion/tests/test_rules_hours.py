from calendar import monthrange
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.measures.money import Money
from terreau.measures.periods import Period
from terreau.rooms.insertion.rules import hours
from terreau.rooms.insertion.rules.contracts import Amendment, Contract, Kind
from terreau.rooms.insertion.rules.hours import HUNDREDTH, Annex, Line
from terreau.rooms.insertion.rules.law import listed
from terreau.rooms.insertion.tests.rule_cases import assert_said, cases, day, number, several, yes

TODAY = date(2026, 11, 27)


def parts(text):
    return [part.strip() for part in text.split(">")]


def euros(text):
    return Money.from_euros(number(text))


def line(text):
    on, workshop, kind, amount, *annex = parts(text)
    return Line("P-7K3D", day(on), workshop, kind, number(amount), *annex)


@pytest.mark.parametrize("case", cases("etp"))
def test_etp(case):
    per_etp = Decimal(listed("etp_hours", TODAY)[case["mesure"]]["hours"])
    found = hours.monthly_etp if yes(case["sur un mois"]) else hours.annual_etp
    shown = found(number(case["heures"]), per_etp).quantize(Decimal("0.000001"))
    assert shown == number(case["ETP"])


@pytest.mark.parametrize("case", cases("aid"))
def test_the_aid_of_an_annex(case):
    amounts = [parts(text) for text in several(case["montants (depuis > euros)"])]
    annex = Annex(
        "ACI062260001A0M0",
        day(case["du"]),
        day(case["au"]),
        number(case["ETP mensuel"]),
        cofinancing=euros(case["cofinancement"]),
        amounts=tuple((day(since), euros(amount)) for since, amount in amounts),
    )
    monthly = number(case["heures de chaque mois"])
    by_month = dict.fromkeys(annex.months, monthly) if monthly else {}
    assert annex.duration == int(case["durée"])
    assert hours.contracted_etp(annex) == number(case["ETP annuel"])
    assert hours.total_aid(annex) == euros(case["aide totale"])
    assert hours.aid_used(annex, by_month) == euros(case["aide consommée"])
    assert hours.aid_due(annex, by_month) == min(euros(case["aide consommée"]), euros(case["aide totale"]))
    assert hours.department_etp(annex).quantize(HUNDREDTH) == number(case["ETP du département"])
    assert hours.state_etp(annex).quantize(HUNDREDTH) == number(case["ETP de l’État"])


@pytest.mark.parametrize("case", cases("payments"))
def test_the_payments(case):
    annex = Annex(
        "A",
        day(case["du"]),
        day(case["au"]),
        number(case["ETP mensuel"]),
        regularisations=tuple(map(int, case["régularisations de l’annexe"].split())),
    )
    monthly, count = case["heures des mois"].split(" × ")
    by_month = {month: number(monthly) for month in annex.months[: int(count)]}
    found = hours.payments(annex, by_month)
    awaited = [parts(text) for text in several(case["régularisations (mois > euros)"])]
    assert [(p.month, p.amount) for p in found if p.regularisation] == [
        (day(month), euros(amount) if amount else None) for month, amount in awaited
    ]
    assert sum(p.amount.cents for p in found if p.amount) == euros(case["versé en tout"]).cents


def _promised(signed: Contract, period: Period) -> Decimal:
    return sum(hours.promised([signed], period).values(), Decimal(0))


@pytest.mark.parametrize("case", cases("promised"))
def test_what_a_contract_promises(case):
    amendments = [parts(text) for text in several(case["avenants (depuis > fin > heures)"])]
    signed = Contract(
        "jardin",
        Kind.CDDI,
        day(case["du"]),
        day(case["au"]),
        number(case["heures"]),
        tuple(Amendment(day(since), day(end), number(weekly)) for since, end, weekly in amendments),
        left_on=day(case["quitté le"]),
    )
    period = Period(day(case["période du"]), day(case["période au"]))
    assert _promised(signed, period).quantize(Decimal("0.0001")) == number(case["heures payées"])


@pytest.mark.parametrize("case", cases("annex_number"))
def test_the_number_of_an_annex(case):
    assert_said(hours.check_number(case["numéro"], on=TODAY), case["ce qui est dit"])


@pytest.mark.parametrize("case", cases("status"))
def test_consumption(case):
    assert hours.consumption(number(case["réalisé"]), number(case["conventionné"])) == case["état"]


@pytest.mark.parametrize("case", cases("week"))
def test_a_week(case):
    lines = [line(text) for text in several(case["lignes (jour > atelier > sorte > heures)"])]
    found = hours.check_week(lines, weekly_hours=number(case["heures au contrat"]), closed=yes(case["close"]))
    assert_said(found, case["ce qui est dit"])


@pytest.mark.parametrize("case", cases("attributed"))
def test_hours_and_annexes(case):
    annexes = [
        Annex(name, day(start), day(end), Decimal(10), state=state)
        for name, start, end, state in map(parts, several(case["annexes (numéro > du > au > état)"]))
    ]
    lines = [line(text) for text in several(case["lignes (jour > atelier > sorte > heures > annexe)"])]
    found = hours.attribute(lines, annexes)
    counted = {name: sum(line.hours for line in kept) for name, kept in found.by_annex.items()}
    awaited = dict(parts(text) for text in several(case["comptées (annexe > heures)"]))
    assert counted == {name: number(amount) for name, amount in awaited.items()}
    assert sum(line.hours for line in found.unplaced) == number(case["laissées"])
    assert_said(found.findings, case["ce qui est dit"])


def test_forecast_takes_what_is_entered_then_what_is_promised():
    annex = Annex("A", date(2026, 1, 1), date(2026, 12, 31), Decimal(1))
    signed = Contract("jardin", Kind.CDDI, date(2026, 1, 1), date(2026, 11, 15), Decimal(24))
    found = hours.forecast(annex, {date(2026, 1, 1): Decimal(90)}, [signed])
    assert found[date(2026, 1, 1)] == 90
    assert found[date(2026, 6, 1)] == 104
    assert found[date(2026, 11, 1)] == 52
    assert found[date(2026, 12, 1)] == 0


def test_the_mean_of_the_months_entered_alone():
    assert hours.mean_etp({}, Decimal(1820)) is None
    known = {date(2026, 1, 1): Decimal(1820), date(2026, 2, 1): Decimal(910)}
    assert hours.mean_etp(known, Decimal(1820)) == 9


def test_rsa_recipients_paid_by_the_department():
    annex = Annex("A", date(2026, 1, 1), date(2026, 12, 31), Decimal(10), cofinancing=Money(6336000))
    # 63,360 € ÷ 12 ÷ (88 % of 600 €).
    assert hours.rsa_recipients(annex, Money(60000)) == 10


def test_the_modulated_part():
    annex = Annex("A", date(2026, 1, 1), date(2026, 12, 31), Decimal("24.76"), modulated=Decimal("0.10"))
    assert hours.modulated_aid(annex) == Money(5922840)
    assert hours.check_modulated(annex) == []
    over = Annex("A", annex.start, annex.end, Decimal(10), modulated=Decimal("0.11"))
    [doubt] = hours.check_modulated(over)
    assert doubt.article.endswith("à confirmer")


def test_an_annex_hires_until_its_last_day_and_counts_when_closed():
    valid = Annex("A", date(2026, 1, 1), date(2026, 12, 31), Decimal(10))
    assert valid.hires_on(date(2026, 12, 30))
    assert not valid.hires_on(date(2026, 12, 31))
    closed = Annex("A", valid.start, valid.end, Decimal(10), state="CLOTURE")
    assert closed.is_counted
    assert not closed.hires_on(date(2026, 6, 1))


def test_asp_counts_whole_hours():
    assert [hours.whole_hours(Decimal(text)) for text in ("112.4", "112.5", "113.5")] == [112, 113, 114]


first = date(2027, 1, 1)
ranks = st.integers(0, 900)


@given(ranks, st.integers(0, 500), st.lists(st.tuples(ranks, st.integers(20, 35)), max_size=4), ranks)
def test_promised_hours_add_up_day_by_day(start, length, changes, cut):
    """A naive clerk adds the days one by one; whatever amendments, a period is the sum of its parts."""
    begin = first + timedelta(days=start)
    signed = Contract(
        "jardin",
        Kind.CDDI,
        begin,
        begin + timedelta(days=length),
        Decimal(26),
        tuple(Amendment(begin + timedelta(days=rank), weekly_hours=Decimal(h)) for rank, h in changes),
    )
    days = [first + timedelta(days=rank) for rank in range(1400)]
    naive = sum(signed.hours_on(d) * 52 / 12 / monthrange(d.year, d.month)[1] for d in days)
    whole = _promised(signed, Period(days[0], days[-1]))
    halves = [Period(days[0], days[cut]), Period(days[cut + 1], days[-1])]
    assert abs(whole - naive) < Decimal("1e-20")
    assert abs(whole - sum(_promised(signed, half) for half in halves)) < Decimal("1e-20")


amounts = st.decimals(0, 300, places=2)


@given(st.lists(amounts, min_size=1, max_size=40))
def test_etp_of_parts_make_the_etp_of_the_whole(parts):
    per_etp = Decimal(1820)
    whole = hours.annual_etp(sum(parts), per_etp)
    added = sum(hours.annual_etp(part, per_etp) for part in parts)
    assert abs(whole - added) < Decimal("1e-20")
    # The months' mean over a year is the annual ETP: the two tests of consumption agree.
    by_month = {date(2026, 1, 1) + timedelta(days=n): part for n, part in enumerate(parts[:12])}
    if len(by_month) == 12:
        annual = hours.annual_etp(sum(parts[:12]), per_etp)
        assert hours.mean_etp(by_month, per_etp).quantize(HUNDREDTH, ROUND_DOWN) == annual.quantize(
            HUNDREDTH, ROUND_DOWN
        )


@given(
    st.lists(
        st.tuples(st.integers(0, 800), st.sampled_from(["jardin", "plateforme"]), st.integers(1, 10)),
        max_size=40,
    ),
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 400)), max_size=4),
)
def test_no_hour_counts_under_two_annexes_and_none_is_lost(worked, spans):
    first = date(2025, 1, 1)
    annexes = [
        Annex(str(rank), first + timedelta(days=start), first + timedelta(days=start + length), Decimal(1))
        for rank, (start, length) in enumerate(spans)
    ]
    lines = [
        Line(f"P-{rank}", first + timedelta(days=on), workshop, "worked", Decimal(amount))
        for rank, (on, workshop, amount) in enumerate(worked)
    ]
    found = hours.attribute(lines, annexes)
    counted = [line for kept in found.by_annex.values() for line in kept]
    assert sorted(line.person for line in counted + found.unplaced) == sorted(line.person for line in lines)
    by_month = sum(sum(found.by_month(annex.number).values()) for annex in annexes)
    assert by_month == sum(line.hours for line in counted)


@given(st.decimals(1, 60, places=2), st.lists(st.decimals(0, 9000, places=1), min_size=12, max_size=12))
def test_payments_and_regularisations_make_the_aid_due(etp, monthly):
    annex = Annex("A", date(2026, 1, 1), date(2026, 12, 31), etp)
    by_month = dict(zip(annex.months, monthly, strict=True))
    paid = sum(payment.amount.cents for payment in hours.payments(annex, by_month))
    assert paid == hours.aid_due(annex, by_month).cents
    assert hours.department_etp(annex) + hours.state_etp(annex) == hours.contracted_etp(annex)


@pytest.mark.parametrize("case", cases("hiring"))
def test_a_contract_begins_under_an_annexe_that_hires(case):
    annexes = [
        hours.Annex(f"{rank}", day(start), day(end), Decimal(2), state=state)
        for rank, typed in enumerate(several(case["annexes (état > du > au)"]))
        for state, start, end in [[part.strip() for part in typed.split(">")]]
    ]
    assert_said(hours.check_hiring(annexes, on=day(case["contrat du"])), case["ce qui est dit"])
