"""The calendar: beds × weeks, a planting moved and what is objected as it moves, hours beside hands."""

import re
from datetime import date
from decimal import Decimal

import pytest

from terreau.ledger.actions import open_processes, promise
from terreau.ledger.answers import Answer
from terreau.ledger.loans import give_back, lend_place
from terreau.ledger.models import Process
from terreau.ledger.queries import commitments
from terreau.measures.week import IsoWeek
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.forms_plantings import WeekField
from terreau.rooms.garden.models import Block, Crew
from terreau.rooms.garden.queries import NewPlanting, PlantingState, planting_process, planting_promises
from terreau.rooms.garden.tests.factories import NOW, TODAY, make_garden
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, Place
from terreau.territory.tests.pages import cost, main, text

pytestmark = pytest.mark.django_db
KEY = "11111111-aaaa"
SPRING = IsoWeek(2027, 12)


def plan(land, crop="blette", bed="A1", week=SPRING, length="30", key="culture-1", reason=""):
    new = NewPlanting(land.crops[crop], land.bed(bed), week, Decimal(length), reason=reason)
    return actions.plan_planting(ecopole=land.ecopole, new=new, at=NOW, key=key)


def line(land, pk):
    return queries.planting(land.ecopole, pk, TODAY)


def standing(land):
    lines = queries.plantings(land.ecopole, first=IsoWeek(2026, 40), last=IsoWeek(2030, 1), today=TODAY)
    return [p for p in lines if p.state is PlantingState.PLANNED]


@pytest.mark.parametrize(
    ("typed", "week"),
    [
        ("semaine 14 2027", IsoWeek(2027, 14)),
        ("S14/2027", IsoWeek(2027, 14)),
        ("sem. 53 de 2026", IsoWeek(2026, 53)),
        ("2027-W14", IsoWeek(2027, 14)),
        ("05/04/2027", IsoWeek(2027, 14)),
        ("lundi 5 avril 2027", IsoWeek(2027, 14)),
    ],
)
def test_a_week_is_typed_as_growers_say_it(typed, week):
    assert WeekField().clean(typed) == week
    assert WeekField().clean(WeekField().prepare_value(week)) == week


def test_a_planting_is_added_where_the_bed_and_the_week_are_asked(land, grower, garden):
    place = land.bed("A1").place_id
    page = main(grower.get(garden.url(f"cultures/ajouter/?planche={place}&semaine={SPRING}")))
    assert 'value="semaine 12 2027"' in page
    assert f'<option value="{place}" selected>' in page
    sent = {"key": KEY, "crop": "blette", "bed": place, "week": "semaine 12 2027", "variety": "Verte à carde"}
    for _ in range(2):
        page = text(grower.post(garden.url("cultures/ajouter/"), sent, follow=True))
    (kept,) = standing(land)
    # No length typed: the whole bed.
    assert (kept.planted, kept.length_m, kept.variety) == (SPRING, Decimal(30), "Verte à carde")
    assert "Semer ou planter" in page
    assert "semaines 21 à 29" in page
    assert "45,6\u00a0kg" in page


def test_what_is_objected_is_said_kindly_and_only_some_is_answered_by_a_reason(land, grower, garden):
    place, url = land.bed("A1").place_id, garden.url("cultures/ajouter/")
    sent = {"key": KEY, "crop": "blette", "bed": place, "week": "semaine 30 2027", "length": "28"}
    response = grower.post(url, sent)
    assert response.status_code == 422
    page = main(response)
    assert "ne se met pas en place en semaine 30" in page
    assert 'value="28"' in page
    assert 'name="reason"' in page
    assert "Prévoir quand même" in page
    long = main(grower.post(url, sent | {"length": "31"}))
    assert "mesure 30" in long
    assert 'name="reason"' not in long
    assert grower.post(url, sent | {"reason": "essai sous voile"}).status_code == 302
    assert standing(land)[0].reason == "essai sous voile"


def test_a_bed_lent_is_said_on_the_map_and_nothing_is_planted_there(land, grower, garden):
    place = Place.objects.get(pk=land.bed("A1").place_id)
    tester = Agent.objects.create(ecopole=land.ecopole, kind="person", name="La Menthe")
    lend_place(ecopole=land.ecopole, place=place, to_id=tester.pk, starts_on=date(2027, 3, 1),
               ends_on=date(2027, 9, 30), note="", key="loan")  # fmt: skip
    inside, after = (
        grower.get(garden.url(f"planches/?semaine=2027-W{n}")).content.decode() for n in (20, 41)
    )
    assert "prêtée à La Menthe" in inside
    assert "La Menthe" not in after
    with pytest.raises(actions.PlantingRefused, match="prêtée à La Menthe du 1er mars 2027"):
        plan(land, reason="je force")
    give_back(ecopole=land.ecopole, loans=["loan"], on=date(2027, 3, 15))
    plan(land, reason="")
    assert len(standing(land)) == 1


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"week": "semaine 54 2027"}, "n’a pas de semaine 54"),
        ({"week": "bientôt"}, "Ou une semaine, comme semaine 14 2027"),
        ({"week": "semaine 14 9999"}, "trop loin"),
        ({"length": "0"}, "il faut au moins"),
        ({"crop": "ananas"}, "Sélectionnez un choix valide"),
        ({"bed": "999999"}, "Sélectionnez un choix valide"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_field(land, grower, garden, changed, told):
    sent = {"key": KEY, "crop": "blette", "bed": land.bed("A1").place_id, "week": "semaine 12 2027"}
    response = grower.post(garden.url("cultures/ajouter/"), sent | changed)
    assert response.status_code == 422
    assert told in text(response)
    assert not Process.objects.exists()


def test_the_calendar_draws_plantings_in_their_weeks(land, grower, garden):
    made = plan(land)
    page = main(grower.get(garden.url("cultures/?semaine=2027-W10&sur=26")))
    bar = re.search(rf'href="[^"]*/{made.pk}/" class="fam-am" data-move="{made.pk}".*?</a>', page, re.DOTALL)
    # From week 12 to week 29 out of the 26 that begin in week 10; harvested from week 21.
    assert 'x="7.69%"' in bar[0]
    assert 'width="69.23%"' in bar[0]
    assert "récolte dès la semaine 21, prévue</title>" in bar[0]
    assert "Planche A1" in page
    assert "Amaranthacées" in page


def test_a_calendar_of_one_block_of_a_phone_of_nonsense(land, grower, garden):
    plan(land)
    block = Block.objects.get(name="B")
    assert "Blette" not in main(grower.get(garden.url(f"cultures/?semaine=2027-W10&bloc={block.pk}")))
    phone = {"User-Agent": "Mozilla/5.0 (Android 16; Mobile) Mobi"}
    assert 'class="calendar half"' in main(grower.get(garden.url("cultures/"), headers=phone))
    assert 'class="calendar"' in main(grower.get(garden.url("cultures/")))
    for query in ("sur=12", "semaine=hier", "bloc=999", "ferme=999", "bloc=x"):
        assert grower.get(garden.url(f"cultures/?{query}")).status_code == 404


def test_lengths_that_share_a_bed_are_drawn_side_by_side(land, grower, garden):
    plan(land, "radis", length="10", week=IsoWeek(2027, 13))
    plan(land, "radis", length="20", week=IsoWeek(2027, 14), key="culture-2")
    page = main(grower.get(garden.url("cultures/?semaine=2027-W10&sur=26")))
    assert re.findall(r'<svg x="[\d.]+%" y="([\d.]+)" width="[\d.]+%" height="([\d.]+)"', page) == [
        ("1", "17.0"), ("19", "17.0"),
    ]  # fmt: skip


def verdict(client, garden, pk, bed, week):
    return client.get(garden.url(f"cultures/{pk}/verifier/?planche={bed.place_id}&semaine={week}"))


def test_as_it_moves_the_server_says_what_the_rules_object(land, grower, garden):
    made = plan(land)
    plan(land, bed="A2", key="culture-2")
    free = text(verdict(grower, garden, made.pk, land.bed("B1"), SPRING + 1))
    assert "Elle y tient" in free
    assert "Poser ici" in free
    assert f'name="week" value="{SPRING + 1}"' in free
    taken = text(verdict(grower, garden, made.pk, land.bed("A2"), SPRING))
    assert "il n’y reste pas de place" in taken
    assert "Poser ici" not in taken
    out = text(verdict(grower, garden, made.pk, land.bed("B1"), IsoWeek(2027, 30)))
    assert "ne se met pas en place en semaine 30" in out
    assert 'name="reason" required' in out
    # Where it stands is free for itself.
    assert "Elle y tient" in text(verdict(grower, garden, made.pk, land.bed("A1"), SPRING))
    assert grower.get(garden.url(f"cultures/{made.pk}/verifier/")).status_code == 404
    stranger = make_garden("ailleurs").client()
    assert verdict(stranger, garden, made.pk, land.bed("A1"), SPRING).status_code == 404


def test_a_planting_is_moved_once_and_the_calendar_comes_back(land, grower, garden):
    made = plan(land)
    url = garden.url(f"cultures/{made.pk}/deplacer/")
    sent = {"key": KEY, "bed": land.bed("B1").place_id, "week": str(SPRING + 1), "length": "30",
            "retour": "semaine=2027-W10&sur=26&next=//ailleurs"}  # fmt: skip
    for _ in range(2):
        response = grower.post(url, sent)
        assert response["Location"] == garden.url("cultures/?semaine=2027-W10&sur=26")
    (moved,) = standing(land)
    assert (moved.place_id, moved.planted) == (land.bed("B1").place_id, SPRING + 1)
    assert line(land, made.pk).state is PlantingState.DROPPED


def test_without_javascript_its_page_moves_and_shortens_it_and_keeps_what_was_typed(land, grower, garden):
    made = plan(land)
    plan(land, bed="A2", key="culture-2")
    url = garden.url(f"cultures/{made.pk}/deplacer/")
    sent = {"key": KEY, "bed": land.bed("A2").place_id, "week": "semaine 13 2027", "length": "12,5"}
    response = grower.post(url, sent)
    assert response.status_code == 422
    assert "il n’y reste pas de place" in text(response)
    assert 'value="12,5"' in text(response)
    assert 'value="semaine 13 2027"' in text(response)
    sent |= {"bed": land.bed("B2").place_id, "key": f"{KEY}-2"}
    assert "c’est déplacé" in text(grower.post(url, sent, follow=True))
    assert any(p.length_m == Decimal("12.5") for p in standing(land))


def test_dropped_lost_and_finished(land, grower, garden):
    made = plan(land, week=IsoWeek(2026, 47), reason="essai")
    other = plan(land, bed="B2", key="culture-2")
    grower.post(garden.url(f"cultures/{other.pk}/abandonner/"), {"key": KEY, "reason": "pas de plants"})
    assert line(land, other.pk).state is PlantingState.DROPPED
    url = garden.url(f"cultures/{made.pk}/finir/")
    sent = {"key": f"{KEY}-2", "kind": "failed", "text": "grêle"}
    assert "est prévue\u202f: rien n’a changé" in text(grower.post(url, sent, follow=True))
    again = grower.post(garden.url(f"cultures/{other.pk}/abandonner/"), {"key": KEY}, follow=True)
    assert "est abandonnée\u202f: rien n’a changé" in text(again)
    land.work(Answer(commitments(land.ecopole, process=made.pk)[0].commitment, Decimal(1)))
    refused = grower.post(garden.url(f"cultures/{made.pk}/abandonner/"), {"key": f"{KEY}-3"})
    assert "ce qui est fait ne se déplace pas" in text(refused)
    assert grower.post(url, sent | {"kind": "volée"}).status_code == 422
    page = text(grower.post(url, sent, follow=True))
    assert "est perdue" in page
    assert line(land, made.pk).state is PlantingState.FAILED


def test_what_is_finished_early_frees_its_bed(land):
    made = plan(land, week=IsoWeek(2026, 47), reason="essai")
    land.work(Answer(commitments(land.ecopole, process=made.pk)[0].commitment, Decimal(1)))
    until = line(land, made.pk).last_harvest
    actions.end_planting(
        ecopole=land.ecopole, planting=line(land, made.pk), kind="finished", text="", by=None, at=NOW, key=KEY
    )
    over = line(land, made.pk)
    assert (over.state, over.last_harvest) == (PlantingState.FINISHED, IsoWeek.of(TODAY))
    assert until > over.last_harvest
    assert over.harvest_weeks == 1
    plan(land, "radis", week=IsoWeek(2026, 49), key="culture-2", reason="essai")


def test_hours_beyond_the_hands_are_said_in_words(land, grower, garden):
    plan(land)
    page = main(grower.get(garden.url("cultures/?semaine=2027-W10&sur=26")))
    assert "semaine 12 de 2027" in page
    assert "0,96\u00a0h prévues pour 0\u00a0h" in page
    Crew.objects.create(
        ecopole=land.ecopole, agent=land.agent, kind="permanent", hours=35, productivity=1,
        starts_on=date(2026, 1, 1),
    )  # fmt: skip
    page = main(grower.get(garden.url("cultures/?semaine=2027-W10&sur=26")))
    assert "Les bras suffisent" in page


def test_the_director_reads_and_moves_nothing(land, garden):
    made, client = plan(land), garden.client(Role.DIRECTOR)
    page = main(client.get(garden.url("cultures/?semaine=2027-W10")))
    assert "data-move" not in page
    assert "calendar.js" not in page
    assert 'method="post"' not in main(client.get(garden.url(f"cultures/{made.pk}/")))
    assert verdict(client, garden, made.pk, land.bed("A1"), SPRING).status_code == 403
    for end in ("deplacer", "abandonner", "finir"):
        assert client.post(garden.url(f"cultures/{made.pk}/{end}/"), {"key": KEY}).status_code == 403


@pytest.mark.parametrize("end", ["cultures/?semaine=2027-W10", "cultures/{pk}/", "cultures/ajouter/"])
def test_a_fragment_is_the_middle_of_the_page(land, grower, garden, end):
    once = re.compile(r'name="(csrfmiddlewaretoken|key)" value="[\w-]+"')
    url = garden.url(end.format(pk=plan(land).pk))
    whole = once.sub("", main(grower.get(url))).partition(">")[2].strip()
    part = once.sub("", text(grower.get(url, headers={"HX-Request": "true"})))
    assert "<html" not in part
    assert whole in part


def test_pages_take_a_constant_number_of_queries(land, grower, garden):
    made = plan(land)
    bed = land.bed("B1")
    ends = ["cultures/?semaine=2027-W10", f"cultures/{made.pk}/", "cultures/ajouter/",
            f"cultures/{made.pk}/verifier/?planche={bed.place_id}&semaine=2027-W13"]  # fmt: skip

    def counted(end):
        return cost(grower, garden.url(end))

    before = [counted(end) for end in ends]
    for rank, name in enumerate(("A2", "A3", "B2")):
        plan(land, bed=name, key=f"autre-{rank}")
    assert [counted(end) for end in ends] == before
    assert max(before) <= 12


def three_years(land) -> None:
    """120 beds in 8 blocks, 400 plantings a year for three years with all their gestures."""
    for letter in "CDEFGHIJ":
        block = Block.objects.create(plot=Block.objects.first().plot, name=letter)
        actions.add_beds(block=block, count=15, length_m=Decimal(30), width_m=Decimal("0.8"))
    there, trades = [b for b in queries.beds(land.ecopole) if b.block not in "AB"], queries.trades()
    crops = sorted(land.crops.values(), key=lambda crop: crop.code)
    new = []
    for year in (2026, 2027, 2028):
        for rank in range(400):
            week = IsoWeek(year, 2 + (rank * 7) % 48)
            new.append(NewPlanting(crops[rank * 5 % len(crops)], there[rank * 11 % 120], week, Decimal(15)))
    made = open_processes(
        ecopole=land.ecopole,
        processes=[planting_process(one, key=f"big-{rank}") for rank, one in enumerate(new)],
    )
    promise(
        ecopole=land.ecopole,
        promises=[p for one, row in zip(new, made, strict=True) for p in planting_promises(one, row, trades)],
    )


# The pages of the garden, and the most queries each may ask.
PAGES = {
    "": 12,
    "travaux/?semaine=2027-W12": 12,
    "travaux/?semaine=2027-W12&par=bloc": 12,
    "travaux.pdf?semaine=2027-W12": 12,
    "cultures/?semaine=2027-W01&sur=52": 12,
    "cultures/?semaine=2027-W01&sur=52&vue=tableau": 12,
    "planches/?semaine=2027-W20": 12,
    "planches/{bed}/": 12,
    "cultures/{planting}/": 12,
    "cultures/{planting}/verifier/?planche={place}&semaine=2027-W13": 12,
    "cultures/ajouter/": 12,
    "catalogue/": 12,
    "equipes/": 12,
    "observations/": 12,
    "apports/": 12,
    "registre/": 12,
    "registre/?partie=cultures": 12,
    "terrain/donnees.json": 12,
}


def test_three_years_of_four_hundred_plantings_take_no_more_queries_than_one(land, grower, garden):
    plan(land)
    plan(land, bed="B1", week=IsoWeek(2026, 48), key="semaine", reason="à faire aujourd’hui")
    first, bed = standing(land)[0], land.bed("A1")
    ends = {end: end.format(bed=bed.id, place=bed.place_id, planting=first.id) for end in PAGES}

    def counted():
        found = {}
        for end, asked in ends.items():
            found[end] = cost(grower, garden.url(asked))
        return found

    few = counted()
    three_years(land)
    assert len(standing(land)) > 1000
    assert counted() == few
    assert {end: count for end, count in few.items() if count > PAGES[end]} == {}
