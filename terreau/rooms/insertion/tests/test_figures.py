"""The demo's year added up again, from raw rows alone: steering, lists, ledger and report say the same.

Nothing here calls the code that counts: hours are added from sheet lines, people from their lines, by hand.
"""

import csv
import io
import re
from collections import Counter, defaultdict
from datetime import date
from decimal import ROUND_DOWN, Decimal

import pytest
from django.db import transaction
from django.test import Client, override_settings

from terreau.ledger.models import Event
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.insertion import demo, report, steering
from terreau.rooms.insertion import models as m
from terreau.rooms.insertion.report import Row, Section, Table, masked
from terreau.territory import demo as territory
from terreau.territory.counts import FEW
from terreau.territory.models import Ecopole, User

TODAY, YEAR, WEEKS = date(2026, 11, 27), 2026, 48
PAID = {"worked", "leave", "holiday", "training", "pmsmp", "sick_paid"}
ROOM = f"/e/{territory.SLUG}/insertion/"
CLOCK = "2026-11-27T10:00"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return tmp_path_factory.mktemp("keys") / "insertion_keys"


@pytest.fixture(scope="module")
def lived(django_db_setup, django_db_blocker, keys):
    """The pathways of the demo, since the first week of the year, alone in their house."""
    here = override_settings(CLOCK=CLOCK, INSERTION_KEYS=keys)
    with django_db_blocker.unblock(), transaction.atomic(), here:
        world = territory.build(48)
        demo.settle_in(world, IsoWeek.of(TODAY) - WEEKS, TODAY)
        yield world.ecopole
        transaction.set_rollback(True)


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_that_day(settings, keys):
    settings.CLOCK, settings.INSERTION_KEYS = CLOCK, keys


def as_(address: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=f"{address}@exemple.invalid"))
    return client


def closed_lines() -> list[m.SheetLine]:
    """The lines of the year whose sheet was closed; the demo reopens none."""
    sheets = set(m.SheetStep.objects.filter(state="closed").values_list("sheet_id", flat=True))
    return [line for line in m.SheetLine.objects.filter(day__year=YEAR) if line.sheet_id in sheets]


def cell(section: Section, code: str, rank: int = 0):
    row = section.row(code)
    assert row, code
    return row.cells[rank]


def test_the_ledger_is_the_closed_sheets_person_by_person_and_month_by_month(lived: Ecopole):
    sheets, ledger = defaultdict(Decimal), defaultdict(Decimal)
    agents = dict(m.Participant.objects.values_list("pk", "agent_id"))
    for line in closed_lines():
        if line.kind in PAID:
            code = "insertion-travail" if line.kind == "worked" else "insertion-absence"
            sheets[agents[line.participant_id], line.day.month, code] += line.hours
    for event in Event.objects.filter(action="work").select_related("product"):
        if event.occurred_at.year == YEAR:
            ledger[event.provider_id, event.occurred_at.month, event.product.code] += event.quantity
    assert sheets == ledger
    assert len({agent for agent, *_ in sheets}) > 30


def test_steering_is_the_sum_of_the_sheets(lived: Ecopole):
    by_month: dict[int, Decimal] = defaultdict(Decimal)
    for line in closed_lines():
        by_month[line.day.month] += line.hours if line.kind in PAID else 0
    row = m.Annex.objects.get(starts_on__year=YEAR)
    told = steering.steering(lived, row, TODAY)
    assert {line.month.month: line.paid for line in told.lines if line.paid} == by_month
    total = sum(by_month.values())
    assert told.realised == total / 1820
    # 24,76 posts at 23 921 €: 592 283,96 €; what is due is the hours' part of it.
    assert told.total == Money(59_228_396)
    assert told.due.cents == int((total / 1820 * 2_392_100).quantize(Decimal(1)))
    received = m.AidReceived.objects.filter(annex=row.number)
    assert told.received + told.regularised == sum((one.amount for one in received), Money(0))
    assert told.received.cents % (told.total.cents // 12) < 12, "whole twelfths"
    # The last week awaits the counsellor: November is open, and all that comes before is settled.
    assert [line.month.month for line in told.lines if line.settled] == list(range(1, 11))
    months = [by_month[month] / 1820 * 12 for month in range(1, 11)]
    assert round(told.mean, 20) == round(sum(months) / 10, 20)


def test_the_statement_of_a_month_is_its_sheets(lived: Ecopole):
    by_person: dict[int, Decimal] = defaultdict(Decimal)
    for line in closed_lines():
        if line.kind in PAID and line.day.month == 10:
            by_person[line.participant_id] += line.hours
    told = steering.statement(lived, date(YEAR, 10, 1), TODAY)
    lines: dict[int, Decimal] = defaultdict(Decimal)
    for one in told.lines:
        lines[one.person.pk] += one.paid
    assert {pk: paid for pk, paid in lines.items() if paid} == by_person
    assert told.settled


def test_the_report_counts_the_people_who_worked(lived: Ecopole):
    worked: Counter[int] = Counter()
    for line in closed_lines():
        worked[line.participant_id] += line.hours if line.kind == "worked" else 0
    there = {pk for pk, amount in worked.items() if amount >= 1}
    people = {p.pk: p for p in m.Participant.objects.filter(pk__in=there)}
    kept = defaultdict(set)
    for criterion in m.Criterion.objects.all():
        kept[criterion.code].add(criterion.participant_id)
    said = report.people(lived, YEAR)
    assert cell(said, "total") == len(there)
    assert cell(said, "F") == sum(p.sex == "F" for p in people.values())
    assert cell(said, "F") + cell(said, "M") == len(there)
    for code in ("RSA", "ASS", "AAH", "QPV", "DELD", "DETLD"):
        assert cell(said, code) == len(kept[code] & there), code
    assert cell(said, "moins-26") == sum(YEAR - p.birth_date.year < 26 for p in people.values())
    assert cell(said, "50-et-plus") == sum(YEAR - p.birth_date.year >= 50 for p in people.values())
    hired = m.Contract.objects.filter(starts_on__year=YEAR, kind="cddi")
    assert cell(said, "entree-total") == hired.count()
    hours = report.time(lived, YEAR)
    paid = sum(line.hours for line in closed_lines() if line.kind in PAID)
    assert cell(hours, "heures", 2) == paid
    assert cell(hours, "etp-realises") == (paid / 1820).quantize(Decimal("0.01"), ROUND_DOWN)
    assert cell(hours, "etp-conventionnes") == Decimal("24.76")


CATEGORIES = {
    "durable": {"1", "3", "4", "9", "11"}, "transition": {"10", "13", "14"},
    "positive": {"2", "5", "12", "15"}, "other": {"6", "7", "8"},
}  # fmt: skip


def test_the_report_counts_the_exits_by_the_rule(lived: Ecopole):
    worked: Counter[int] = Counter()
    for line in closed_lines():
        worked[line.participant_id] += line.hours if line.kind == "worked" else 0
    counted: Counter[str] = Counter()
    for gone in m.Exit.objects.filter(left_on__year=YEAR).select_related("contract"):
        long_enough = (gone.left_on - gone.contract.starts_on).days * Decimal("0.0328767") > Decimal("2.65")
        for category, reasons in CATEGORIES.items():
            if gone.reason in reasons and long_enough and worked[gone.participant_id] >= 1:
                counted[category] += 1
    said = report.outcomes(lived, YEAR)
    assert {code: cell(said, code) for code in CATEGORIES} == {code: counted[code] for code in CATEGORIES}
    total = sum(counted.values())
    assert cell(said, "comptees") == total > 10
    dynamic = Decimal(total - counted["other"]) / total * 100
    assert cell(said, "objectif-dynamic").startswith(f"{dynamic:.1f}".replace(".", ","))
    assert cell(said, "objectif-dynamic", 1).startswith("60,0")


def test_the_report_counts_the_support(lived: Ecopole):
    weighs, before = set(), {}
    for row in m.Obstacle.objects.filter(family="mobilite").order_by("said_on", "pk"):
        if row.said_on.year == YEAR and row.level != "0":
            weighs.add(row.participant_id)
        elif row.said_on.year < YEAR:
            before[row.participant_id] = row.level
    weighs |= {pk for pk, level in before.items() if level != "0"}
    left = m.Exit.objects.filter(left_on__year__lt=YEAR).values_list("participant", flat=True)
    weighs -= set(left) - set(
        m.Contract.objects.filter(starts_on__year=YEAR).values_list("participant", flat=True)
    )
    reach = defaultdict(set)
    for action in m.SupportAction.objects.filter(done_on__year=YEAR):
        if action.family == "mobilite":
            reach[action.participant_id] |= (
                {"internal", "external"} if action.reach == "both" else {action.reach}
            )
    said = report.accompaniment(lived, YEAR)
    sides = [sum(found == side for found in reach.values()) for side in ({"internal"}, {"external"})]
    both = sum(len(found) == 2 for found in reach.values())
    assert said.row("mobilite").cells == (len(weighs | set(reach)), *sides, both)
    trainings = m.Training.objects.filter(starts_on__year=YEAR)
    assert said.row("formations").cells == (
        len(trainings), len({t.participant_id for t in trainings}), sum(t.hours for t in trainings),
    )  # fmt: skip
    immersions = m.Pmsmp.objects.filter(starts_on__year=YEAR)
    assert cell(said, "pmsmp-total") == len(immersions)


@pytest.mark.parametrize(
    ("section", "code"), [("personnes", "RSA"), ("heures", "heures"), ("sorties", "durable")]
)
def test_a_figure_opens_the_list_it_counts(lived: Ecopole, section: str, code: str):
    count = len(report.SECTIONS[section](lived, YEAR).row(code).people)
    page = as_("accompagnement").get(f"{ROOM}pilotage/bilan/{YEAR}/{section}/{code}/").content.decode()
    assert len(re.findall(rf'href="{ROOM}P-[A-Z0-9]{{4}}/"', page)) == count > 4
    read = m.Reading.objects.filter(reader__email="accompagnement@exemple.invalid")
    assert read.values("participant").distinct().count() >= count


def test_who_is_counted_for_justice_is_not_read_without_a_reason(lived: Ecopole):
    page = f"{ROOM}pilotage/bilan/{YEAR}/accompagnement/justice/"
    assert f'href="{ROOM}P-' in as_("accompagnement").get(page).content.decode()
    assert f'href="{ROOM}P-' not in as_("direction").get(page).content.decode()


def test_files_say_what_the_pages_say_masked_for_the_others_and_each_is_logged(lived: Ecopole):
    daniel = as_("direction")
    whole = daniel.get(f"{ROOM}pilotage/bilan/{YEAR}/bilan.csv?asp").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(whole), delimiter=";"))
    said = {(row["Tableau"], row["Ligne"]): row for row in rows}
    found = said["Salariés en parcours", "Bénéficiaires du RSA"]
    assert found["Valeur"] == str(cell(report.people(lived, YEAR), "RSA"))
    assert {row["État"] for row in rows} == {"provisoire"}
    hidden = daniel.get(f"{ROOM}pilotage/bilan/{YEAR}/bilan.csv").content.decode()
    assert FEW in hidden
    assert FEW not in whole
    names = [p.name for p in m.Participant.objects.all()]
    assert not any(name in whole + hidden for name in names)
    for file in (
        "bilan/2026/bilan.pdf",
        f"annexe/{m.Annex.objects.get(starts_on__year=YEAR).pk}/dialogue.pdf?asp",
    ):
        assert daniel.get(f"{ROOM}pilotage/{file}").content.startswith(b"%PDF")
    logged = list(m.Export.objects.order_by("pk").values_list("what", "nominative"))
    assert ("bilan annuel 2026 (CSV), masqué", False) in logged
    assert len(logged) == 4


def test_a_line_of_few_people_is_hidden_with_the_one_that_would_tell_it():
    def table(whole: bool) -> Table:
        rows = [
            Row(code, code, (count,), frozenset(range(count)))
            for code, count in (("a", 3), ("b", 6), ("c", 9), ("d", 0))
        ]
        return Table("Sorties", ("Personnes",), tuple(rows), whole=frozenset("abcd" if whole else ""))

    shown = [masked(Section("s", "S", (table(whole),))).tables[0].rows for whole in (True, False)]
    assert [row.cells[0] for row in shown[0]] == [FEW, FEW, 9, 0]
    assert [row.cells[0] for row in shown[1]] == [FEW, 6, 9, 0]


def test_what_was_negotiated_and_what_the_accounts_say_are_typed_and_shown(lived: Ecopole):
    maxence = as_("accompagnement")
    row = m.Annex.objects.get(starts_on__year=YEAR)
    typed = {"key": "objectifs-1", "target_dynamic": "95", "cdi_inclusion": "1"}
    for _ in range(2):
        assert maxence.post(f"{ROOM}pilotage/annexe/{row.pk}/objectifs/", typed).status_code == 302
    [newest, *_] = steering.annexes(lived)
    assert (newest.target_dynamic, newest.target_durable, newest.monthly_etp) == (95, None, row.monthly_etp)
    # An annexe typed again keeps what was negotiated.
    again = {"key": "annexe-encore", "number": row.number, "state": "VALIDE", "starts_on": "01/01/2026",
             "monthly_etp": "25", "unit_amount": "23 921"}  # fmt: skip
    assert maxence.post(f"{ROOM}pilotage/annexe/", again).status_code == 302
    assert steering.annexes(lived)[0].target_dynamic == 95
    said = {"key": "chiffres-un", "until": "31/10/2026", "charges": "1 000 000", "charges_to_come": "200 000",
            "receipts_apart": "270 000", "receipts_to_come": "100 000", "modulated": "5",
            "supervisors_hours": "1 607"}  # fmt: skip
    wrong = maxence.post(f"{ROOM}pilotage/bilan/{YEAR}/chiffres/", said | {"until": "31/10/2025"})
    assert (wrong.status_code, "Une date de 2026" in wrong.content.decode()) == (422, True)
    assert maxence.post(f"{ROOM}pilotage/bilan/{YEAR}/chiffres/", said).status_code == 302
    page = maxence.get(f"{ROOM}pilotage/").content.decode().replace("\u202f", " ")
    # 270 000 ÷ 1 000 000, and 370 000 ÷ 1 200 000: the demo alone has sold nothing.
    assert "27,0 %" in page
    assert "30,8 %" in page
    assert "près du plafond de 30,0 %" in page
    talk = maxence.get(f"{ROOM}pilotage/annexe/{steering.annexes(lived)[0].pk}/dialogue/").content.decode()
    assert "sous l’objectif" in talk
    assert "objectif non paramétré" in talk
