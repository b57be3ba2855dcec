"""The week's gestures: done as planned in one tap, in the hours typed, or not done and why; hours add up."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from terreau.ledger.actions import Promise, promise, reverse
from terreau.ledger.answers import Answer
from terreau.ledger.dueforms import LineRefused
from terreau.ledger.models import Event, Process
from terreau.ledger.queries import State, commitments
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.models import Crew
from terreau.rooms.garden.queries import ESTABLISH, HARVEST, UPKEEP, CrewLine, NewPlanting, PlantingState
from terreau.rooms.garden.queries.hands import compare
from terreau.rooms.garden.tests.factories import make_garden
from terreau.rooms.garden.views import tasks as board
from terreau.territory.abilities import Role
from terreau.territory.models import Product
from terreau.territory.tests.pages import cost, text

pytestmark = pytest.mark.django_db
KEY = "33333333-aaaa"
# Chard is set up in week 12 of 2027: that Wednesday, and the Monday after.
WEEK = IsoWeek(2027, 12)
WEDNESDAY = timezone.make_aware(datetime(2027, 3, 24, 10))


@pytest.fixture(autouse=True)
def _wednesday(settings):
    settings.CLOCK = "2027-03-24T10:00"


def plant(land, bed="A1", crop="blette", week=WEEK, key="culture-1"):
    new = NewPlanting(land.crops[crop], land.bed(bed), week, Decimal(30), reason="essai")
    return actions.plan_planting(ecopole=land.ecopole, new=new, at=WEDNESDAY, key=key)


def due(land, week=WEEK, today=None):
    return queries.tasks(land.ecopole, land.agent, week, today or WEDNESDAY.date())


def do(land, *answers, key=KEY, on=WEDNESDAY):
    return actions.do_work(
        ecopole=land.ecopole, answers=answers, on=on, by=None, at=WEDNESDAY, key=key
    )  # fmt: skip


def standing(land):
    found = queries.plantings(land.ecopole, first=WEEK, last=WEEK, today=WEDNESDAY.date())
    return found[0].state


def test_a_gesture_is_late_once_its_week_is_over_and_not_before(land):
    plant(land)
    (task,) = due(land)
    assert (task.gesture, task.crop, str(task.bed), task.block) == (
        "Semer ou planter", "Blette", "Planche A1", "Bloc A",
    )  # fmt: skip
    assert not task.late
    sunday, monday = date(2027, 3, 28), date(2027, 3, 29)
    assert not due(land, today=sunday)[0].late
    (late,) = due(land, week=WEEK + 1, today=monday)
    assert late.late
    assert due(land, week=WEEK + 2, today=monday) == [], "another week shows its own gestures only"


def test_hours_as_planned_set_the_planting_up(land):
    plant(land)
    (task,) = due(land)
    (event,) = do(land, Answer(task.line.commitment, task.line.remaining))
    assert (event.action, event.quantity, event.process_id) == (
        "work", Decimal("0.960"), task.line.commitment.process_id,
    )  # fmt: skip
    assert event.to_place_id == land.bed("A1").place_id
    assert standing(land) is PlantingState.GROWING
    assert due(land) == []


def test_done_in_less_time_is_done_and_undone_it_is_due_again(land):
    plant(land)
    (task,) = due(land)
    events = do(land, Answer(task.line.commitment, Decimal("0.5")))
    assert due(land) == []
    (line,) = [one for one in commitments(land.ecopole) if one.commitment.pk == task.line.commitment.pk]
    assert (line.state, line.remaining) == (State.MET, 0)
    reverse(ecopole=land.ecopole, events=events, by=None, at=WEDNESDAY, key="annule-1")
    assert [one.line.remaining for one in due(land)] == [Decimal("0.960")]
    assert standing(land) is PlantingState.PLANNED


def test_the_same_form_thrice_is_written_once(land):
    plant(land)
    (task,) = due(land)
    first = do(land, Answer(task.line.commitment, Decimal("0.5")))
    for _ in range(2):
        assert do(land, Answer(task.line.commitment, Decimal("0.5"))) == first
    assert Event.objects.count() == 1


def upkeep(land):
    """A gesture of another trade: chard is kept three weeks after it is planted."""
    trade = Product.objects.get(code="travail-entretien")
    return commitments(land.ecopole, product=trade)[0]


def test_not_done_and_why_is_no_longer_asked_and_the_planting_stands(land):
    plant(land)
    line = upkeep(land)
    for _ in range(2):
        assert do(land, Answer(line.commitment, line.remaining, "pluie")) == []
    assert upkeep(land).state is State.CANCELLED
    assert standing(land) is PlantingState.PLANNED


def test_setting_up_is_not_given_up_from_the_board(land):
    plant(land)
    (task,) = due(land)
    with pytest.raises(LineRefused, match="abandonnez la culture"):
        do(land, Answer(task.line.commitment, Decimal(1), "pluie"))
    assert standing(land) is PlantingState.PLANNED


@pytest.mark.parametrize(
    ("hours", "on", "said"),
    [("0", WEDNESDAY, "Saisissez les heures"), ("-1", WEDNESDAY, "Saisissez les heures"),
     ("1", WEDNESDAY + timedelta(days=1), "pas encore passé")],
)  # fmt: skip
def test_impossible_hours_are_refused_at_their_line(land, hours, on, said):
    plant(land)
    (task,) = due(land)
    with pytest.raises(LineRefused, match=said):
        do(land, Answer(task.line.commitment, Decimal(hours)), on=on)
    assert not Event.objects.exists()


def test_two_people_answering_the_same_gesture_the_second_is_told(land):
    plant(land)
    (task,) = due(land)
    do(land, Answer(task.line.commitment, Decimal("0.5")))
    with pytest.raises(LineRefused, match="déjà enregistré"):
        do(land, Answer(task.line.commitment, Decimal("0.5")), key="44444444-bbbb")


def test_unplanned_hours_are_worked_for_the_garden(land):
    trade = Product.objects.get(code="travail-entretien")
    given = {"ecopole": land.ecopole, "garden": land.agent, "trade": trade, "on": WEDNESDAY, "by": None,
             "at": WEDNESDAY}  # fmt: skip
    (event,) = actions.add_work(**given, hours=Decimal(3), key=KEY)
    assert actions.add_work(**given, hours=Decimal(3), key=KEY) == [event]
    assert (event.process_id, event.to_place_id, event.quantity) == (None, None, 3)
    for hours, on in (("0", WEDNESDAY), ("1", WEDNESDAY + timedelta(hours=1))):
        with pytest.raises(actions.WorkRefused):
            actions.add_work(**given | {"on": on}, hours=Decimal(hours), key="44444444-bbbb")


def test_hours_are_counted_against_the_hands_there_are(land):
    plant(land)
    plant(land, "B1", key="culture-2")
    assert queries.week_hours(land.ecopole, land.agent, WEEK, due(land)).hands is None
    crew = {"ecopole": land.ecopole, "agent": land.agent, "kind": "insertion", "productivity": Decimal("0.5")}
    Crew.objects.create(**crew, hours=Decimal(2), starts_on=date(2027, 1, 1))
    Crew.objects.create(**crew, hours=Decimal(100), starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    do(land, Answer(due(land)[0].line.commitment, Decimal("0.5")))
    hours = queries.week_hours(land.ecopole, land.agent, WEEK, due(land))
    assert (hours.todo[ESTABLISH], hours.done[ESTABLISH]) == (Decimal("0.960"), Decimal("0.5"))
    assert (hours.hands.planned, hours.hands.available) == (Decimal("1.460"), Decimal(1))
    assert (hours.hands.missing, hours.hands.short_of) == (Decimal("0.460"), "")


# What each trade asks, the crews (their hours, what they know), what is missing and to which trades.
SKILLS = [
    ("enough in all and for each", {"e": 4, "h": 4}, [(8, "eh")], 0, ""),
    ("enough in all, nobody plants", {"e": 4, "h": 4}, [(8, "h")], 4, "e"),
    ("one crew works once", {"e": 4, "u": 4, "h": 2}, [(5, "eu"), (5, "h")], 3, "eu"),
    ("those who know less are taken first", {"e": 4, "h": 4}, [(4, "e"), (4, "eh")], 0, ""),
    ("nobody is there", {"u": 3}, [], 3, "u"),
    ("nothing is asked", {}, [(8, "euh")], 0, ""),
]


@pytest.mark.parametrize(("asked", "crews", "missing", "short"), [case[1:] for case in SKILLS],
                         ids=[case[0] for case in SKILLS])  # fmt: skip
def test_hours_are_compared_by_skill(asked, crews, missing, short):
    trade = {"e": ESTABLISH, "u": UPKEEP, "h": HARVEST}
    there = [
        CrewLine(n, 1, "", Decimal(hours), Decimal(1), tuple(trade[k] for k in known), WEEK.monday, None)
        for n, (hours, known) in enumerate(crews)
    ]
    found = compare({trade[k]: Decimal(hours) for k, hours in asked.items()}, there)
    assert (found.missing, found.short) == (missing, tuple(trade[k] for k in short))


def test_the_board_says_which_gesture_lacks_hands(garden, land):
    plant(land)
    crew = {"ecopole": land.ecopole, "agent": land.agent, "kind": "seasonal", "productivity": Decimal(1)}
    Crew.objects.create(**crew, hours=Decimal(35), starts_on=date(2027, 1, 1), establishes=False)
    client = garden.client()
    assert "Il manque 0,96\u00a0h pour semer ou planter." in text(client.get(garden.url("travaux/")))
    calendar = text(client.get(garden.url("cultures/")))
    assert "il manque <b>0,96\u00a0h</b> pour semer ou planter" in calendar


@pytest.fixture
def short(land):
    """Radish to keep on three beds, three minutes each; and a bed of chard to plant, an hour."""
    plant(land)
    for bed in ("A2", "A3", "B1"):
        plant(land, bed, key=f"court-{bed}")
    trade = Product.objects.get(code=ESTABLISH)
    made = [
        Promise("work", land.agent.pk, land.agent.pk, trade.pk, Decimal("0.05"), Unit.HOUR, WEEK.monday,
                key=f"court-{bed}-5", to_place_id=land.bed(bed).place_id, note="Semer ou planter",
                process_id=Process.objects.get(key=f"court-{bed}").pk)
        for bed in ("A2", "A3", "B1")
    ]  # fmt: skip
    return [promised.pk for promised in promise(ecopole=land.ecopole, promises=made)]


def one_line(land):
    return [task for task in queries.together(due(land)) if len(task.parts) > 1]


def test_short_gestures_of_a_crop_are_one_line_with_their_hours_summed(garden, land, short):
    (task,) = one_line(land)
    assert (task.where, task.hours) == ("Planches A2, A3, B1", Decimal("0.15"))
    assert len(queries.together(due(land))) == 5, "an hour on a bed stays on its own"
    client = garden.client()
    assert text(client.get(garden.url("travaux/"))).count("Planches A2, A3, B1") == 3
    by_block = text(client.get(garden.url("travaux/?par=bloc")))
    assert "Planches A2, A3" in by_block
    assert "Planches A2, A3, B1" not in by_block


@pytest.mark.parametrize(
    ("typed", "written"),
    [({}, "0.050 0.050 0.050"), ({"q": "0,2"}, "0.067 0.067 0.066"), ({"q": "0,15"}, "0.050 0.050 0.050")],
)
def test_one_tap_answers_all_that_is_told_together(garden, land, short, typed, written):
    sent = {"key": KEY, "due": short, "only": short[0]} | {f"q-{short[0]}": said for said in typed.values()}
    client = garden.client()
    for _ in range(2):
        assert client.post(garden.url("travaux/fait/"), sent).status_code == 302
    hours = Event.objects.filter(fulfils__in=short).order_by("fulfils").values_list("quantity", flat=True)
    assert list(hours) == [Decimal(share) for share in written.split()]
    assert one_line(land) == []


def test_what_is_told_together_is_ticked_and_refused_as_one(garden, land, short):
    sent = {"key": KEY, "due": short, "only": "ticked", "tick": short[0], f"q-{short[0]}": "0"}
    page = garden.client().post(garden.url("travaux/fait/"), sent)
    assert page.status_code == 422
    assert f'id="e-{short[0]}"' in text(page)
    assert not Event.objects.exists()


BROKEN = {
    "crew_kind_known": {"kind": "robots"},
    "crew_has_hours": {"hours": Decimal(0)},
    "crew_productivity_share": {"productivity": Decimal("1.1")},
    "crew_ends_after_start": {"ends_on": date(2026, 12, 31)},
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_itself_refuses_a_crew_that_cannot_be(garden, name):
    crew = {
        "ecopole": garden.ecopole, "agent": garden.agent, "kind": "permanent", "hours": Decimal(35),
        "productivity": Decimal(1), "starts_on": date(2027, 1, 1),
    }  # fmt: skip
    Crew.objects.create(**crew)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Crew.objects.create(**crew | BROKEN[name])


# Pages.


def test_the_board_is_arranged_by_trade_and_by_block(garden, land):
    plant(land)
    plant(land, "B1", key="culture-2")
    client = garden.client()
    page = text(client.get(garden.url("travaux/")))
    assert page.count("column-1") == 2
    assert "column-2" not in page
    assert "Semer ou planter" in page
    by_block = text(client.get(garden.url("travaux/?par=bloc")))
    assert "Bloc A" in by_block
    assert "Bloc B" in by_block
    assert "column-2" in by_block


def test_one_tap_does_a_gesture_as_planned_and_can_be_undone(garden, land):
    plant(land)
    client, (task,) = garden.client(), due(land)
    pk = task.line.commitment.pk
    page = text(client.post(garden.url("travaux/fait/"), {"key": KEY, "due": pk, "only": pk}, follow=True))
    assert "Semer ou planter, Planche A1\u202f: 0,96\u00a0h, c’est noté." in page
    assert f"annuler/{KEY}" in page
    client.post(f"/e/polder/annuler/{KEY}", {"key": "22222222"})
    assert len(due(land)) == 1


def test_the_lines_ticked_are_done_and_no_other(garden, land):
    for rank, bed in enumerate(("A1", "A2", "A3")):
        plant(land, bed, key=f"culture-{rank}")
    client, ids = garden.client(), [task.line.commitment.pk for task in due(land)]
    sent = {"key": KEY, "due": ids, "only": "ticked", f"q-{ids[0]}": "1,5"}
    refused = client.post(garden.url("travaux/fait/"), sent)
    assert refused.status_code == 422
    assert "Aucune ligne n’est cochée" in text(refused)
    page = text(client.post(garden.url("travaux/fait/"), sent | {"tick": ids[:2]}, follow=True))
    assert "2 gestes faits, 2,46\u00a0h." in page
    assert [task.line.commitment.pk for task in due(land)] == ids[2:]


def test_what_was_typed_and_ticked_stays_on_refusal(garden, land):
    plant(land)
    plant(land, "A2", key="culture-2")
    first, other = (task.line.commitment.pk for task in due(land))
    sent = {"key": KEY, "due": [first, other], "tick": [first, other], "only": "ticked", f"q-{first}": "deux",
            f"q-{other}": "0,5"}  # fmt: skip
    response = garden.client().post(garden.url("travaux/fait/"), sent)
    assert response.status_code == 422
    assert 'value="deux"' in text(response)
    assert 'value="0,5"' in text(response)
    assert text(response).count("checked") == 2
    assert f'href="#e-{first}"' in text(response)
    assert not Event.objects.exists()


@pytest.fixture
def many(land, monkeypatch):
    """Five gestures of one trade, where a board shows two of each group, and a group three on its page."""
    monkeypatch.setattr(board, "FEW", 2)
    monkeypatch.setattr(board, "MANY", 3)
    for rank, bed in enumerate(("A1", "A2", "A3", "B1", "B2")):
        plant(land, bed, key=f"culture-{rank}")
    return [task.line.commitment.pk for task in due(land)]


def ticks(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'name="tick" value="(\d+)"', page)]


def test_the_first_gestures_of_a_group_are_shown_the_others_are_one_tap_away(garden, many):
    client = garden.client()
    page = text(client.get(garden.url("travaux/")))
    assert ticks(page) == many[:2]
    link = re.search(r'href="(\?[^"]*groupe=[^"]*)">Voir les 5 gestes', page)[1].replace("&amp;", "&")
    assert ticks(text(client.get(garden.url(f"travaux/{link}")))) == many[:3]
    assert ticks(text(client.get(garden.url(f"travaux/{link}&page=1")))) == many[3:]
    assert ticks(text(client.get(garden.url(f"travaux/{link}&page=9")))) == many[3:]
    assert client.get(garden.url(f"travaux/{link}&page=x")).status_code == 404
    assert ticks(text(client.get(garden.url("travaux/?groupe=autre")))) == many[:2]


def test_a_whole_group_is_done_as_planned_shown_or_not(garden, land, many):
    client = garden.client()
    page = text(client.get(garden.url("travaux/")))
    assert "Les 5 comme prévu" in page
    named = re.findall(r'name="due" value="(\d+)"', page)
    page = text(client.post(garden.url("travaux/fait/"), {"key": KEY, "due": named, "only": ""}, follow=True))
    assert "5 gestes faits" in page
    assert due(land) == []


def test_the_page_of_a_group_comes_back_after_each_gesture(garden, land, many):
    sent = {"key": KEY, "due": many, "only": many[0]}
    end = "travaux/fait/?par=metier&groupe=Semer+ou+planter"
    response = garden.client().post(garden.url(end), sent, follow=True)
    assert ticks(text(response)) == many[1:4]
    assert "Tous les travaux" in text(response)


def test_what_is_refused_further_in_the_group_is_shown(garden, many):
    sent = {"key": KEY, "due": many, "tick": many[4], "only": "ticked", f"q-{many[4]}": "deux"}
    response = garden.client().post(garden.url("travaux/fait/"), sent)
    assert response.status_code == 422
    assert ticks(text(response)) == [*many[:2], many[4]]
    assert f'id="e-{many[4]}"' in text(response)


def test_what_is_late_for_long_does_not_hide_the_week(garden, land, settings):
    client = garden.client()
    plant(land)
    plant(land, "A2", week=WEEK + 3, key="culture-2")
    (old,) = due(land)
    settings.CLOCK = "2027-04-14T10:00"
    week, _, late = text(client.get(garden.url("travaux/"))).partition("En retard de plus de 2 sem")
    assert ticks(late) == [old.line.commitment.pk]
    assert "Planche A2" in week
    settings.CLOCK = "2027-04-07T10:00"
    assert "En retard de plus" not in text(client.get(garden.url("travaux/")))


def test_a_gesture_of_another_ecopole_is_not_found(garden, land):
    plant(land)
    stranger = make_garden("ailleurs")
    pk = due(land)[0].line.commitment.pk
    client = stranger.client()
    assert client.post(stranger.url("travaux/fait/"), {"key": KEY, "due": pk}).status_code == 404
    assert client.get(garden.url("travaux/")).status_code == 404
    assert not Event.objects.exists()


def test_the_director_reads_and_does_not_write(garden, land):
    plant(land)
    client, pk = garden.client(Role.DIRECTOR), due(land)[0].line.commitment.pk
    page = text(client.get(garden.url("travaux/")))
    assert "Blette" in page
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
    assert client.post(garden.url("travaux/fait/"), {"key": KEY, "due": pk}).status_code == 403


def test_the_week_fits_on_paper(garden, land):
    client = garden.client()
    assert client.get(garden.url("travaux.pdf")).content.startswith(b"%PDF")
    plant(land)
    assert client.get(garden.url("travaux.pdf")).content.startswith(b"%PDF")


def test_today_counts_the_gestures_of_the_week_and_calls_none_late(garden, land):
    plant(land)
    page = text(garden.client().get(f"/e/{garden.ecopole.slug}/"))
    assert "Travailler" in page
    assert "En retard" not in page


@pytest.mark.parametrize("end", ["travaux/", "travaux/?par=bloc", "travaux.pdf"])
def test_the_queries_of_a_page_do_not_grow_with_its_rows(garden, land, end):
    client = garden.client()

    def counted():
        return cost(client, garden.url(end))

    def lived(beds):
        for bed in beds:
            plant(land, bed, key=f"culture-{bed}")
            plant(land, bed, "radis", WEEK + 30, key=f"radis-{bed}")
        do(land, Answer(due(land)[0].line.commitment, Decimal(1)), key=f"fait-{beds[0]}-0000")

    lived(["A1", "A2"])
    few = counted()
    lived(["A3", "B1", "B2", "B3"])
    assert counted() == few <= 12
