"""A week from the sheet to the ledger, and what steering counts of it, added up by hand."""

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from terreau.ledger.models import Event
from terreau.ledger.queries import STANDING
from terreau.measures.money import Money
from terreau.measures.periods import Period
from terreau.rooms.insertion import models as m
from terreau.rooms.insertion.queries import paid_hours
from terreau.rooms.insertion.report import SECTIONS
from terreau.rooms.insertion.steering import annexes, paid_by_day, statement, steering
from terreau.rooms.insertion.tests.factories import NOW, TODAY, _person, as_, written
from terreau.territory.counts import PEOPLE_MIN
from terreau.territory.products import load_products

WEEK = "2026-W47"
MONDAY = date(2026, 11, 16)


@pytest.fixture
def hired(world):
    """Ana and Bob work in the same team, 26 h and 20 h a week; only Ana is followed by Maxence."""
    load_products()
    world.contract()
    m.Contract.objects.create(
        **written(
            participant=world.bob, kind="cddi", employer=world.garden, job="Ouvrier",
            starts_on=date(2026, 10, 1), ends_on=date(2027, 3, 31), weekly_hours=Decimal(20),
        )
    )  # fmt: skip
    m.Posting.objects.create(**written(participant=world.bob, team=world.team, since=date(2026, 11, 1)))
    return world


def url(world, week: str = WEEK) -> str:
    return world.url(f"heures/{world.team.pk}/{week}/")


def form(world, do: str, key: str, **typed: str) -> dict[str, str]:
    """Five days of 5,2 h for Ana and of 4 h for Bob, but for what is typed."""
    fields = {"key": f"00000000-0000-4000-8000-{key:0>12}", "do": do}
    for rank in range(5):
        day = MONDAY + timedelta(days=rank)
        fields |= {f"w{world.ana.pk}-{day}": "5,2", f"w{world.bob.pk}-{day}": "4"}
    return fields | {name.replace("__", "-"): value for name, value in typed.items()}


def cell(letter: str, person, rank: int) -> str:
    return f"{letter}{person.pk}-{MONDAY + timedelta(days=rank)}"


def ledger_hours() -> Decimal:
    return Event.objects.filter(STANDING, action="work").aggregate(Sum("quantity"))["quantity__sum"] or 0


def close_week(world, **typed: str) -> None:
    morgan, daniel = as_(world, "morgan"), as_(world, "daniel")
    assert morgan.post(url(world), form(world, "validate", "1", **typed)).status_code == 302
    assert daniel.post(url(world), {"key": form(world, "", "2")["key"], "do": "close"}).status_code == 302


def test_a_sheet_opens_filled_by_the_contracts(hired):
    page = as_(hired, "morgan").get(url(hired)).content.decode()
    assert "Ana Martin" in page
    assert page.count('value="5,2"') == 5
    assert page.count('value="4"') == 5
    assert "46 h" in page.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_closed_week_is_in_the_ledger_under_a_pseudonym(hired):
    absent = {cell("w", hired.ana, 4): "", cell("a", hired.ana, 4): "5,2", cell("k", hired.ana, 4): "leave"}
    sick = {cell("w", hired.bob, 0): "", cell("a", hired.bob, 0): "4", cell("k", hired.bob, 0): "sick"}
    close_week(hired, **absent | sick)
    # By hand: Ana 4 × 5,2 worked and 5,2 of paid leave; Bob 4 × 4, his sick day not paid.
    told = Event.objects.filter(STANDING, action="work").values_list("provider__name", "product__code")
    assert set(told.annotate(Sum("quantity"))) == {
        ("P-ANA2", "insertion-travail", Decimal("20.8")), ("P-ANA2", "insertion-absence", Decimal("5.2")),
        ("P-BOB3", "insertion-travail", Decimal(16)),
    }  # fmt: skip
    assert set(Event.objects.values_list("receiver__name", "note")) == {(hired.garden.name, "")}
    # The same form again writes nothing.
    before = Event.objects.count()
    as_(hired, "daniel").post(url(hired), {"key": form(hired, "", "2")["key"], "do": "close"})
    as_(hired, "morgan").post(url(hired), form(hired, "validate", "1", **absent | sick))
    assert (Event.objects.count(), m.SheetStep.objects.count()) == (before, 2)


def test_a_closed_week_is_corrected_by_reopening_it(hired):
    close_week(hired)
    assert ledger_hours() == Decimal(46)
    morgan, daniel = as_(hired, "morgan"), as_(hired, "daniel")
    typed = {cell("w", hired.ana, 0): "3"}
    refused = morgan.post(url(hired), form(hired, "save", "3", **typed))
    assert refused.status_code == 422
    assert "rouvrez-la" in refused.content.decode()
    key = form(hired, "", "4")["key"]
    assert morgan.post(url(hired), {"key": key, "do": "reopen", "reason": "oubli"}).status_code == 404
    assert daniel.post(url(hired), {"key": key, "do": "reopen", "reason": ""}).status_code == 422
    daniel.post(url(hired), {"key": key, "do": "reopen", "reason": "départ à midi lundi"})
    assert morgan.post(url(hired), form(hired, "validate", "5", **typed)).status_code == 302
    assert ledger_hours() == Decimal(46), "until it is closed again, nothing moves"
    daniel.post(url(hired), {"key": form(hired, "", "6")["key"], "do": "close"})
    assert ledger_hours() == Decimal("43.8")
    assert Event.objects.filter(reverses__isnull=False).count() == 1
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    assert sum(paid_by_day(hired.ecopole, year).values()) == Decimal("43.8"), "what was undone is taken off"
    assert "départ à midi lundi" in daniel.get(url(hired)).content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"w": "10,5"}, "10\u00a0h au plus par jour"),
        ({"w": "25"}, "24"),
        ({"w": "douze"}, "douze"),
        ({"a": "2"}, "Choisissez le motif"),
    ],
)
def test_what_is_wrong_is_refused_and_what_was_typed_stays(hired, typed, said):
    wrong = {cell(letter, hired.ana, 0): value for letter, value in typed.items()}
    answer = as_(hired, "morgan").post(url(hired), form(hired, "save", "1", **wrong))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert all(f'value="{value}"' in page for value in typed.values())
    assert not m.SheetLine.objects.exists()


def planned_days(world, week: str) -> dict[tuple[str, int], str]:
    """Ana's week as the sheet proposes it: by kind and day of the week."""
    from terreau.measures.week import IsoWeek
    from terreau.rooms.insertion.files import Files
    from terreau.rooms.insertion.hours import habits, planned

    asked = IsoWeek.parse(week)
    known = habits([world.ana], asked).get(world.ana.pk, ())
    slots = planned(Files([world.ana]), world.ana, asked, known)
    return {(kind, day.isoweekday()): str(hours) for (_, day, kind), hours in slots.items()}


def test_what_is_planned_fills_the_week(hired):
    # Armistice Day, Wednesday 11 November 2026; then a training of two whole days and one of two hours.
    assert planned_days(hired, "2026-W46")["holiday", 3] == "5.20"
    days = {"starts_on": MONDAY, "ends_on": MONDAY + timedelta(days=1)}
    hired.add(m.Training, title="SST", hours=Decimal(14), **days)
    later = {"starts_on": MONDAY + timedelta(days=3), "ends_on": MONDAY + timedelta(days=3)}
    hired.add(m.Training, title="CV", hours=Decimal(2), **later)
    assert set(planned_days(hired, WEEK)) == {
        ("training", 1), ("training", 2), ("worked", 3), ("worked", 4), ("worked", 5)
    }  # fmt: skip


def test_the_usual_days_of_the_last_whole_week_are_proposed(hired):
    four = {cell("w", hired.ana, rank): hours for rank, hours in enumerate(("6,5", "6,5", "6,5", "6,5", ""))}
    close_week(hired, **four)
    assert planned_days(hired, "2026-W48") == {("worked", day): "6.500" for day in range(1, 5)}


def test_a_reason_alone_says_the_day_and_one_for_the_week_all_of_it(hired):
    said = {cell("k", hired.ana, 0): "leave", f"all-{hired.bob.pk}": "sick_paid"}
    assert as_(hired, "morgan").post(url(hired), form(hired, "save", "1", **said)).status_code == 302
    kinds = m.SheetLine.objects.values_list("participant", "kind").annotate(Sum("hours"))
    assert set(kinds) == {
        (hired.ana.pk, "leave", Decimal("5.2")), (hired.ana.pk, "worked", Decimal("20.8")),
        (hired.bob.pk, "sick_paid", Decimal(20)),
    }  # fmt: skip


def test_the_sheet_recalls_the_hours_that_the_workshop_wrote_elsewhere(hired):
    from terreau.ledger.actions import Entry, record
    from terreau.measures.quantity import Unit
    from terreau.territory.models import Product

    trade = Product.objects.filter(unit="hour").exclude(code__startswith="insertion").first()
    at = NOW - timedelta(days=5)
    done = Entry(
        "work", hired.garden.pk, hired.garden.pk, trade.pk, Decimal(12), Unit.HOUR, "a", occurred_at=at
    )
    record(ecopole=hired.ecopole, entries=[done], recorded_by=None, recorded_at=NOW)
    page = as_(hired, "morgan").get(url(hired)).content.decode()
    assert "L’atelier a déjà noté 12\u00a0h mercredi" in page


def test_easter_moves_the_holidays():
    from terreau.rooms.insertion.rules.holidays import easter, holidays

    assert [easter(year) for year in (2024, 2025, 2026, 2027)] == [
        date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2027, 3, 28)
    ]  # fmt: skip
    assert (len(holidays(2026)), holidays(2026)[date(2026, 5, 14)]) == (11, "Ascension")


def test_over_the_contract_is_asked_again_then_written(hired):
    more = form(hired, "save", "1") | {cell("w", hired.ana, 0): "9"}
    morgan = as_(hired, "morgan")
    asked = morgan.post(url(hired), more)
    assert (asked.status_code, "C’est voulu" in asked.content.decode()) == (422, True)
    assert morgan.post(url(hired), more | {"accepted": "1"}).status_code == 302
    assert m.SheetLine.objects.aggregate(Sum("hours"))["hours__sum"] == Decimal("49.8")


def test_hours_out_of_a_contract_or_not_worked_yet_are_refused(hired):
    hired.add(m.Amendment, contract=m.Contract.objects.get(participant=hired.ana), kind="end",
              starts_on=MONDAY, ends_on=MONDAY + timedelta(days=3))  # fmt: skip
    answer = as_(hired, "morgan").post(url(hired), form(hired, "save", "1"))
    assert "Ana Martin\u202f: le 20 nov. 2026 est hors de tout contrat." in answer.content.decode()
    this_week = {"key": form(hired, "", "2")["key"], "do": "validate", f"w{hired.bob.pk}-2026-11-27": "4"}
    early = as_(hired, "morgan").post(url(hired, "2026-W48"), this_week)
    assert "qui n’est pas encore là" in early.content.decode()
    assert not m.SheetLine.objects.exists()


def test_each_reads_their_own_people_and_does_their_own_step(hired):
    close = {"key": form(hired, "", "9")["key"], "do": "close"}
    morgan, maxence, salome = (as_(hired, name) for name in ("morgan", "maxence", "salome"))
    assert salome.get(url(hired)).status_code == 404
    assert as_(hired, "ana").get(url(hired)).status_code == 403
    assert as_(hired, "alice").get(url(hired)).status_code == 403
    morgan.post(url(hired), form(hired, "validate", "1"))
    assert morgan.post(url(hired), close).status_code == 404
    page = maxence.get(url(hired)).content.decode()
    assert "Ana Martin" in page
    assert "Bob" not in page
    assert "1 autre personne" in page
    assert maxence.post(url(hired), close).status_code == 302
    assert morgan.get(hired.url("pilotage/")).status_code == 403
    assert m.Reading.objects.filter(part="hours", reader__name="Maxence", participant=hired.bob).count() == 0
    assert m.Reading.objects.filter(part="hours", reader__name="Maxence", participant=hired.ana).exists()


# --- steering -------------------------------------------------------------------------------------------


def annex(world, **fields) -> m.Annex:
    plain = {
        "ecopole": world.ecopole, "holder": world.garden, "number": "ACI062260001A0M0", "state": "VALIDE",
        "starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31), "monthly_etp": Decimal(2),
        "unit_amount": Money(2_392_100), "total_amount": Money(4_784_200), "departement_amount": Money(0),
        "hours_per_etp": Decimal(1820),
    }  # fmt: skip
    return m.Annex.objects.create(**written(**plain | fields))


def test_sheets_ledger_and_steering_agree(hired):
    close_week(hired)
    told = steering(hired.ecopole, annex(hired), TODAY)
    november = next(line for line in told.lines if line.month == date(2026, 11, 1))
    sheets = m.SheetLine.objects.filter(replaced_by=None).aggregate(Sum("hours"))["hours__sum"]
    assert sheets == ledger_hours() == november.paid == Decimal(46)
    assert statement(hired.ecopole, date(2026, 11, 1), TODAY).total == Decimal(46)
    # 46 h ÷ 1 820 h, and what 2 posts at 23 921 € are worth for them.
    assert told.realised == Decimal(46) / 1820
    assert told.due == Money(60460)
    assert told.contracted == 2
    assert not november.settled
    # Promised: Ana 26 h and Bob 20 h a week, 52 weeks by 12, in the months of their contracts.
    assert november.forecast == Decimal(46) * 52 / 12
    assert {line.month.month: round(line.forecast, 2) for line in told.lines if line.forecast}[10] == round(
        Decimal(46) * 52 / 12, 2
    )


def test_a_validated_week_is_to_be_closed_on_the_first_page_of_who_closes(hired):
    def told(who: str) -> bool:
        return "Clôturer les heures" in as_(hired, who).get(f"/e/{hired.ecopole.slug}/").content.decode()

    as_(hired, "morgan").post(url(hired), form(hired, "validate", "1"))
    assert [told(who) for who in ("maxence", "daniel", "morgan")] == [True, False, False]
    as_(hired, "maxence").post(url(hired), {"key": form(hired, "", "2")["key"], "do": "close"})
    assert not told("maxence")


def test_a_month_is_settled_once_every_week_of_everybody_is_closed(hired, settings):
    row = annex(hired)
    for week in ("2026-W44", "2026-W45", "2026-W46", "2026-W47", "2026-W48", "2026-W49"):
        sheet = m.WeekSheet.objects.create(**written(ecopole=hired.ecopole, team=hired.team, week=week))
        m.SheetStep.objects.create(**written(sheet=sheet, state="validated"))
        if week != "2026-W49":
            m.SheetStep.objects.create(**written(sheet=sheet, state="closed"))

    def settled(today: date) -> set[int]:
        return {line.month.month for line in steering(hired.ecopole, row, today).lines if line.settled}

    assert settled(date(2026, 12, 1)) == set(), "the week of Monday 30 November is not closed"
    m.SheetStep.objects.create(**written(sheet=sheet, state="closed"))
    assert settled(date(2026, 12, 1)) == {11}
    assert settled(date(2026, 11, 30)) == set(), "the month is not over"


def test_an_hour_that_two_annexes_claim_is_told_and_not_counted(hired):
    close_week(hired)
    row = annex(hired)
    annex(hired, number="ACI062260002A0M0")
    told = steering(hired.ecopole, row, TODAY)
    assert (told.realised, told.unplaced) == (0, Decimal(46))


def test_the_annexe_and_what_was_received_are_typed_and_added(hired):
    maxence = as_(hired, "maxence")
    typed = {"key": "annexe-un-deux", "number": "ACI062260001A0M0", "state": "VALIDE",
             "starts_on": "01/01/2026", "monthly_etp": "24,76", "unit_amount": "23 921",
             "regularised_after": "5, 10, 12"}  # fmt: skip
    for _ in range(2):
        assert maxence.post(hired.url("pilotage/annexe/"), typed).status_code == 302
    row = annexes(hired.ecopole)[0]
    assert (row.total_amount, row.ends_on, row.regularised_after) == (
        Money(59_228_396), date(2026, 12, 31), [5, 10, 12],
    )  # fmt: skip
    for key, amount, more in (
        ("recu-un-un", "49 357", {}),
        ("recu-deux-", "-1 000", {"regularisation": "on"}),
    ):
        answer = maxence.post(
            hired.url(f"pilotage/annexe/{row.pk}/recu/"),
            {"key": key, "received_on": "05/02/2026", "amount": amount} | more,
        )
        assert answer.status_code == 302, answer.content.decode()
    told = steering(hired.ecopole, row, TODAY)
    assert (told.received, told.regularised, told.total) == (
        Money(4_935_700),
        Money(-100_000),
        Money(59_228_396),
    )
    assert "592\u202f283,96" in maxence.get(hired.url("pilotage/")).content.decode()
    corrected = typed | {"key": "annexe-trois", "monthly_etp": "25"}
    maxence.post(hired.url("pilotage/annexe/"), corrected)
    assert [known.monthly_etp for known in annexes(hired.ecopole)] == [25]


def test_the_monthly_statement_names_one_s_own_people_and_its_export_is_logged(hired):
    close_week(hired)
    maxence = as_(hired, "maxence")
    page = maxence.get(hired.url("pilotage/mois/2026-11/")).content.decode()
    assert "Ana Martin" in page
    assert "Bob" not in page
    assert "1 autre personne" in page
    answer = maxence.get(hired.url("pilotage/mois/2026-11/export.csv"))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [(row["Pseudonyme"], row["Heures payées"], row["ETP du mois"]) for row in rows] == [
        ("P-ANA2", "26", "0,1714")
    ]
    assert list(m.Export.objects.values_list("what", "people", "nominative")) == [
        ("état mensuel 11/2026", 1, True)
    ]
    assert "Bob Durand" in as_(hired, "daniel").get(hired.url("pilotage/mois/2026-11/")).content.decode()


def test_above_the_room_hours_of_few_people_are_masked(hired):
    close_week(hired)
    told = paid_hours(hired.ecopole, 2026)
    assert [(line.month.month, line.people, line.hours) for line in told] == [(11, None, None)]
    assert PEOPLE_MIN == 5


def test_the_queries_do_not_grow_with_the_people(hired):
    close_week(hired)
    annex(hired)
    daniel = as_(hired, "daniel")
    row = m.Annex.objects.get()
    accounts = dict.fromkeys(
        ("charges", "charges_to_come", "receipts_apart", "receipts_to_come", "procurement"), Money(0)
    )
    m.YearSaid.objects.create(**written(ecopole=hired.ecopole, year=2026, until=TODAY, **accounts))
    pages = [url(hired), hired.url("heures/"), hired.url("pilotage/"), hired.url("pilotage/mois/2026-11/")]
    pages += [hired.url(f"pilotage/bilan/2026/{section}/") for section in SECTIONS]
    pages += [hired.url("pilotage/bilan/2026/personnes/total/"), hired.url("sorties/")]
    pages += [hired.url(f"pilotage/annexe/{row.pk}/dialogue/")]

    def counts() -> list[int]:
        found = []
        for page in pages:
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert daniel.get(page).status_code == 200
            found.append(len(seen))
        return found

    before = counts()
    assert max(before) <= 12
    for number in range(4):
        person = _person(
            hired.ecopole, f"P-N{number}", "Nouvelle", "Personne", hired.people["maxence"], hired.team
        )
        m.Contract.objects.create(
            **written(
                participant=person, kind="cddi", employer=hired.garden, job="Ouvrier",
                starts_on=date(2026, 10, 1), ends_on=date(2027, 3, 31), weekly_hours=Decimal(20),
            )
        )  # fmt: skip
    assert counts() == before


def test_the_fragment_is_the_middle_of_the_page(hired):
    close_week(hired)
    annex(hired)
    once = re.compile(r'name="(csrfmiddlewaretoken|key)" value="[\w-]+"')
    daniel = as_(hired, "daniel")
    pages = [
        "heures/", "pilotage/", "pilotage/mois/2026-11/", f"heures/{hired.team.pk}/2026-W46/",
        "pilotage/bilan/2026/personnes/", "pilotage/bilan/2026/sorties/",
        "pilotage/bilan/2026/heures/heures/",
        f"pilotage/annexe/{m.Annex.objects.get().pk}/dialogue/",
    ]  # fmt: skip
    for page in map(hired.url, pages):
        body = once.sub("", daniel.get(page).content.decode())
        middle = body.partition("<main")[2].partition(">")[2].partition("</main>")[0].strip()
        part = once.sub("", daniel.get(page, headers={"HX-Request": "true"}).content.decode())
        assert "<html" not in part
        assert middle in part
