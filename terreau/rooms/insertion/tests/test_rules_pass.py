from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.measures.periods import Period
from terreau.rooms.insertion.rules import pass_iae
from terreau.rooms.insertion.rules.contracts import Holder
from terreau.rooms.insertion.rules.pass_iae import Pass, Prolongation, Request, Suspension
from terreau.rooms.insertion.tests.rule_cases import assert_said, cases, day, several, yes

DAY = timedelta(days=1)


def suspensions(text):
    return tuple(
        Suspension("CONTRACT_BROKEN", Period(*(day(part.strip()) for part in one.split(">"))))
        for one in several(text)
    )


def prolonged(known, days):
    """One prolongation after the other, each from the end of the day."""
    for count in days:
        step = Prolongation("SENIOR", known.end, known.end + timedelta(days=int(count)))
        known = Pass(known.number, known.start, known.suspensions, (*known.prolongations, step))
    return known


@pytest.mark.parametrize("case", cases("pass_end"))
def test_the_end(case):
    known = Pass("999992100001", day(case["début"]), suspensions(case["suspensions (du > au)"]))
    assert prolonged(known, several(case["prolongations (jours)"])).end == day(case["fin"])


@pytest.mark.parametrize("case", cases("pass_state"))
def test_the_state_on_a_day(case):
    known = Pass("999992100001", day(case["début"]), suspensions(case["suspensions (du > au)"]))
    on = day(case["le"])
    assert known.state(on) == case["état"]
    assert known.is_waiting(on) == yes(case["délai de carence"])
    assert_said(pass_iae.check_use(known, on=on), case["ce qui est dit si l’on s’en sert"])


@pytest.mark.parametrize("case", cases("pass_new"))
def test_a_new_pass(case):
    previous = Pass("999992100001", day(case["PASS précédent depuis le"]))
    found = pass_iae.check_new(
        previous, start=day(case["nouveau PASS le"]), by_prescriber=yes(case["par un prescripteur"])
    )
    assert_said(found, case["ce qui est dit"])


@pytest.mark.parametrize("case", cases("pass_number"))
def test_the_number(case):
    found = pass_iae.check_number(case["numéro"], on=date(2026, 11, 27))
    assert_said(found, case["ce qui est dit"])


@pytest.mark.parametrize("case", cases("pass_suspension"))
def test_a_suspension(case):
    known = Pass("999992100001", day(case["PASS depuis le"]), suspensions(case["suspensions (du > au)"]))
    found = pass_iae.check_suspension(
        known,
        Suspension(case["motif"], Period(day(case["du"]), day(case["au"]))),
        on=day(case["le"]),
        hired_on=day(case["embauche"]),
        kind=case["structure"],
    )
    assert_said(found, case["ce qui est dit"])


@pytest.mark.parametrize("case", cases("pass_prolongation"))
def test_a_prolongation(case):
    known = prolonged(
        Pass("999992100001", day(case["PASS depuis le"])), several(case["prolongations (jours)"])
    )
    asked = Request(
        case["motif"],
        day(case["du"]),
        day(case["au"]),
        opinion=yes(case["avis demandé"]),
        training_end=day(case["fin de formation"]),
    )
    found = pass_iae.check_prolongation(
        known,
        asked,
        on=day(case["le"]),
        holder=Holder(day(case["né le"]), yes(case["RQTH"])),
        kind=case["structure"],
    )
    assert_said(found, case["ce qui est dit"])


def test_a_prolongation_stands_alone_on_the_latest_pass_and_not_while_suspended():
    known = Pass("999992100001", date(2025, 3, 1), suspensions("01/02/2027 > 28/02/2027"))
    asked = Request(
        "PARTICULAR_DIFFICULTIES",
        known.end,
        known.end + 30 * DAY,
        opinion=True,
        phone_interview=True,
        email="a@b",
    )
    found = pass_iae.check_prolongation(
        known, asked, on=date(2027, 2, 1), holder=Holder(date(1990, 1, 1)), is_latest=False, pending=True
    )
    assert_said(
        found,
        "refusé : Seul le dernier PASS | refusé : attend déjà | refusé : suspendu | refusé : un numéro",
    )


days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@given(start=days, gaps=st.lists(st.tuples(st.integers(1, 60), st.integers(1, 200)), max_size=6))
def test_suspensions_never_bring_the_end_forward_and_count_day_by_day(start, gaps):
    """A naive clerk crosses the days off one by one: the 730th not suspended, but one day a suspension."""
    found, at = [], start
    for gap, length in gaps:
        at += gap * DAY
        if at > Pass("", start, tuple(found)).end:
            break
        found.append(Suspension("CONTRACT_BROKEN", Period(at, at + (length - 1) * DAY)))
        at += length * DAY
    off = {s.period.start + n * DAY for s in found for n in range(1, s.period.days)}
    left, last = 730, start - DAY
    while left:
        last += DAY
        left -= last not in off
    ends = [Pass("", start, tuple(found[:count])).end for count in range(len(found) + 1)]
    assert ends == sorted(ends)
    # A suspension that is still running when the days run out pushes the end by its days to come.
    assert ends[-1] >= last
    assert ends[-1] == start + timedelta(days=729 + len(off))


@given(start=days, prolongations=st.lists(st.integers(1, 365), max_size=5))
def test_prolongations_lengthen_by_their_days(start, prolongations):
    known = prolonged(Pass("", start), prolongations)
    assert (known.end - start).days + 1 == 730 + sum(prolongations)
    assert [p.start for p in known.prolongations] == sorted(p.start for p in known.prolongations)
