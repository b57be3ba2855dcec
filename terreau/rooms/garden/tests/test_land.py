"""Land: plots and their dated status, blocks of beds, a bed's history, crews counted in hours."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from terreau.measures.week import IsoWeek
from terreau.rooms.garden import actions, queries
from terreau.rooms.garden.models import Bed, Block, Crew, Plot, PlotStatus
from terreau.rooms.garden.queries import NewPlanting
from terreau.rooms.garden.tests.factories import NOW, TODAY, make_garden
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, AgentKind, Place, PlaceKind
from terreau.territory.tests.pages import cost, main, text

pytestmark = pytest.mark.django_db
KEY = "11111111-aaaa"
AUTUMN = IsoWeek(2026, 45)


def plan(land, crop, bed, week=AUTUMN, length="30", key="culture-1"):
    new = NewPlanting(land.crops[crop], land.bed(bed), week, Decimal(length), reason="essai")
    return actions.plan_planting(ecopole=land.ecopole, new=new, at=NOW, key=key)


def test_land_is_said_from_nothing_by_forms_alone(garden):
    client = garden.client()
    assert "Aucune parcelle" in main(client.get(garden.url("planches/")))
    sent = {"name": "La Pâture", "commune": "Audruicq", "reference": "ZB 14", "area_m2": "12 500"}
    client.post(garden.url("planches/parcelle/ajouter/"), sent)
    plot = Plot.objects.get()
    assert (plot.area_m2, plot.commune_id, plot.agent) == (Decimal(12500), "62057", garden.agent)
    end = f"planches/parcelle/{plot.pk}/"
    client.post(
        garden.url(f"{end}statut/"), {"status": "conversion", "since": "01/03/2026", "proof": "ECOCERT"}
    )
    page = main(client.get(garden.url(end)))
    assert "depuis le 1er mars 2026" in page
    assert "ECOCERT" in page
    sent = {"name": "C", "shelter": "tunnel", "count": "4", "length_m": "30 m", "width_m": "0,8"}
    page = text(client.post(garden.url(f"{end}bloc/"), sent, follow=True))
    assert "4 planches ajoutées" in page
    names = [bed.name for bed in queries.beds(garden.ecopole)]
    assert names == ["Planche C1", "Planche C2", "Planche C3", "Planche C4"]
    assert main(client.get(garden.url("planches/"))).count("libre") >= 4


def test_a_block_takes_the_free_places_of_its_name_and_refuses_those_taken(garden):
    plot = actions.keep_plot(
        ecopole=garden.ecopole, agent=garden.agent, name="La Pâture", commune=None, reference="", area_m2=None
    )
    size = {"length_m": Decimal(30), "width_m": Decimal("0.8")}
    block = actions.add_block(plot=plot, name="B", shelter="field", count=3, **size)
    # B1 and B2 were known of the territory: they are adopted, not doubled.
    assert Place.objects.filter(agent=garden.agent, name="Planche B1").count() == 1
    assert block.beds.count() == 3
    other = actions.keep_plot(
        ecopole=garden.ecopole, agent=garden.agent, name="Le Marais", commune=None, reference="", area_m2=None
    )
    with pytest.raises(actions.LandRefused, match="déjà pris ailleurs"):
        actions.add_block(plot=other, name="B", shelter="field", count=3, **size)
    assert not other.blocks.exists()


def test_known_beds_are_adopted_into_a_block(land, grower, garden):
    block = Block.objects.get(name="A")
    page = main(grower.get(garden.url(f"planches/bloc/{block.pk}/")))
    assert "Planche A10" in page
    a10, taken = garden.beds["A10"], land.bed("B1").place_id
    end = garden.url(f"planches/bloc/{block.pk}/adopter/")
    sent = {"places": [a10.pk], "length_m": "45", "width_m": "1,2"}
    assert grower.post(end, sent | {"places": [taken]}).status_code == 422
    grower.post(end, sent)
    bed = land.bed("A10")
    assert (bed.block, bed.number, bed.length_m) == ("A", 4, Decimal(45))


def test_a_bed_with_a_history_is_closed_and_never_removed(land, grower, garden):
    plan(land, "blette", "A1")
    bed, empty = land.bed("A1"), land.bed("B3")
    page = text(grower.post(garden.url(f"planches/{bed.id}/retirer/"), follow=True))
    assert "elle ne s’efface pas. Fermez-la plutôt" in page
    grower.post(garden.url(f"planches/{bed.id}/fermer/"), {"closed_on": "01/12/2026"})
    assert land.bed("A1").closed_on == date(2026, 12, 1)
    assert "Blette" in main(grower.get(garden.url(f"planches/{bed.id}/")))
    grower.post(garden.url(f"planches/{bed.id}/fermer/"), {"rouvrir": "1"})
    assert land.bed("A1").closed_on is None
    assert grower.post(garden.url(f"planches/{empty.id}/retirer/")).status_code == 302
    assert not Bed.objects.filter(pk=empty.id).exists()
    assert not Place.objects.filter(pk=empty.place_id).exists()


def test_a_bed_is_not_made_shorter_than_what_stands_on_it(land, grower, garden):
    plan(land, "blette", "A1", length="25")
    bed = land.bed("A1")
    url = garden.url(f"planches/{bed.id}/taille/")
    response = grower.post(url, {"length_m": "20", "width_m": "0,8"})
    assert response.status_code == 422
    assert "Une culture y occupe 25\u00a0m" in text(response)
    assert 'value="20"' in text(response)
    grower.post(url, {"length_m": "28,5", "width_m": "0,8"})
    assert land.bed("A1").length_m == Decimal("28.5")


def test_a_bed_tells_what_grew_there_and_what_was_weighed(land, grower, garden):
    plan(land, "carotte-botte", "B1", week=IsoWeek(2026, 20))
    carrot = garden.products["carotte"]
    garden.products["carotte"] = type(carrot).objects.get(code="carotte-botte")
    garden.harvest(garden.line("carotte", "B1", "12"))
    garden.products["carotte"] = carrot
    garden.harvest(garden.line("carotte", "B1", "7.5"))
    grown, rest = queries.bed_history(land.ecopole, land.bed("B1").place_id, TODAY)
    late = grown[0].planting.last_harvest + 8 < IsoWeek.of(TODAY)
    assert [line.harvested for line in grown] == [Decimal(0) if late else Decimal(12)]
    assert (2026, "Carotte", Decimal("7.5")) in [(r.year, r.product, r.quantity) for r in rest]
    page = main(grower.get(garden.url(f"planches/{land.bed('B1').id}/")))
    assert "7,5\u00a0kg" in page


def test_a_harvest_counts_once_for_the_last_planting_it_may_come_from(land, garden):
    plan(land, "radis", "B1", week=IsoWeek(2026, 40), length="10")
    plan(land, "radis", "B1", week=IsoWeek(2026, 42), length="10", key="culture-2")
    garden.products["radis"] = type(garden.products["carotte"]).objects.get(code="radis")
    garden.harvest(garden.line("radis", "B1", "9", quality=2))
    grown, rest = queries.bed_history(land.ecopole, land.bed("B1").place_id, TODAY)
    assert [line.harvested for line in grown] == [Decimal(9), Decimal(0)]
    assert rest == []


def test_the_map_shows_what_stands_in_the_week_asked(land, grower, garden):
    plan(land, "blette", "A1", week=IsoWeek(2027, 12))
    now = main(grower.get(garden.url("planches/")))
    assert "Blette" not in now
    spring = main(grower.get(garden.url("planches/?semaine=2027-W20")))
    assert 'aria-label="Planche A1\u202f: Blette (prévue)"' in spring
    assert "fam-am" in spring
    assert spring.count("url(#hatch)") == 2  # the planting, and the legend
    assert garden.url(f"planches/{land.bed('A1').id}/") in spring
    assert grower.get(garden.url("planches/?semaine=hier")).status_code == 404


def test_a_partner_farm_has_its_own_land_and_strangers_none(land, grower, garden):
    farm = Agent.objects.create(ecopole=land.ecopole, kind=AgentKind.FARM, name="Ferme du Watergang")
    grower.post(garden.url(f"planches/parcelle/ajouter/?ferme={farm.pk}"), {"name": "Les Alouettes"})
    assert Plot.objects.filter(name="Les Alouettes").count() == 2
    assert "Planche A1" not in main(grower.get(garden.url(f"planches/?ferme={farm.pk}")))
    stranger = make_garden("ailleurs")
    assert grower.get(garden.url(f"planches/?ferme={stranger.agent.pk}")).status_code == 404
    assert stranger.client().get(stranger.url(f"planches/{land.bed('A1').id}/")).status_code == 404


@pytest.mark.parametrize(
    ("end", "sent", "told"),
    [
        ("parcelle/ajouter/", {"name": "Les Alouettes", "reference": "ZB"}, "existe déjà"),
        ("parcelle/ajouter/", {"name": "Neuve", "commune": "Nullepart"}, "pas une commune connue"),
        ("parcelle/ajouter/", {"name": "Neuve", "area_m2": "1.234"}, "de deux façons"),
        ("parcelle/{plot}/statut/", {"status": "organic", "since": "01/03/2014"}, "commence déjà ce jour-là"),
        ("parcelle/{plot}/statut/", {"status": "organic", "since": "31/02/2026"}, "vérifiez le jour"),
        ("parcelle/{plot}/bloc/", {"name": "A", "shelter": "field", "count": "2", "length_m": "30",
                                   "width_m": "0,8"}, "existe déjà"),
        ("parcelle/{plot}/bloc/", {"name": "Z", "shelter": "field", "count": "2000", "length_m": "-3",
                                   "width_m": "0"}, "il faut au moins"),
        ("bloc/{block}/changer/", {"name": "B", "shelter": "field"}, "existe déjà"),
        ("bloc/{block}/planches/", {"count": "0", "length_m": "30", "width_m": "0,8"}, "supérieure ou égale"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(land, grower, garden, end, sent, told):
    plot, block = Plot.objects.get(), Block.objects.get(name="A")
    response = grower.post(garden.url("planches/" + end.format(plot=plot.pk, block=block.pk)), sent)
    assert response.status_code == 422
    assert told in text(response)
    for value in (v for v in sent.values() if v not in ("field", "organic")):
        assert f'value="{value}"' in text(response)


def test_a_status_said_twice_is_one_and_a_mistake_is_withdrawn(land, grower, garden):
    plot = Plot.objects.get()
    url = garden.url(f"planches/parcelle/{plot.pk}/statut/")
    for _ in range(2):
        grower.post(url, {"status": "conventional", "since": "01/01/2027"})
    assert plot.statuses.count() == 2
    grower.post(f"{url}retirer/", {"status": plot.statuses.last().pk})
    assert [line.status for line in plot.statuses.all()] == ["organic"]


def test_crews_are_hours_and_never_names(land, grower, garden):
    sent = {
        "kind": "insertion",
        "hours": "260",
        "establishes": "on",
        "harvests": "on",
        "starts_on": "01/09/2026",
    }
    page = text(grower.post(garden.url("equipes/ajouter/"), sent, follow=True))
    assert "130\u00a0h<" in page  # at half of a professional's work, unless measured
    crew = Crew.objects.get()
    assert (crew.productivity, crew.keeps) == (Decimal("0.5"), False)
    url = garden.url(f"equipes/{crew.pk}/")
    response = grower.post(url, sent | {"ends_on": "01/08/2026", "percent": "150"})
    assert response.status_code == 422
    assert "vient avant le premier" in text(response)
    assert "il faut au plus 100" in text(response)
    grower.post(url, sent | {"percent": "60", "ends_on": "31/12/2026"})
    crew.refresh_from_db()
    assert (crew.productivity, crew.ends_on) == (Decimal("0.6"), date(2026, 12, 31))
    grower.post(f"{url}retirer/")
    assert not Crew.objects.exists()


def test_hours_and_hands_week_by_week(land):
    weeks = IsoWeek.range(IsoWeek(2027, 10), IsoWeek(2027, 30))
    Crew.objects.create(
        ecopole=land.ecopole, agent=land.agent, kind="insertion", hours=10, productivity=Decimal("0.5"),
        starts_on=date(2027, 3, 1), ends_on=date(2027, 5, 2),
    )  # fmt: skip
    made = plan(land, "blette", "A1", week=IsoWeek(2027, 12))
    hours = {line.week: line for line in queries.hours_by_week(land.ecopole, land.agent, weeks)}
    assert hours[IsoWeek(2027, 12)].hands.planned == Decimal("0.960")
    assert hours[IsoWeek(2027, 12)].hands.available == Decimal(5)
    assert hours[IsoWeek(2027, 17)].hands.available == Decimal(5)  # the crew leaves on its Sunday
    assert hours[IsoWeek(2027, 18)].hands.available == 0
    (line,) = queries.plantings(land.ecopole, first=weeks[0], last=weeks[-1], today=TODAY)
    actions.drop_planting(ecopole=land.ecopole, planting=line, reason="", by=None, at=NOW, key=KEY)
    hours = queries.hours_by_week(land.ecopole, land.agent, weeks)
    assert made.pk == line.id
    assert sum(week.hands.planned for week in hours) == 0


def test_pages_take_a_constant_number_of_queries(land, grower, garden):
    bed, plot, block = land.bed("A1"), Plot.objects.get(), Block.objects.get(name="A")
    ends = ["planches/?semaine=2027-W20", f"planches/{bed.id}/", f"planches/parcelle/{plot.pk}/",
            f"planches/bloc/{block.pk}/", "equipes/"]  # fmt: skip

    def counted(end):
        return cost(grower, garden.url(end))

    plan(land, "radis", "A1", week=IsoWeek(2027, 12), length="10")
    before = [counted(end) for end in ends]
    for rank in range(2):
        plan(land, "radis", "A1", week=IsoWeek(2027, 12), length="10", key=f"autre-{rank}")
        actions.add_beds(block=block, count=2, length_m=Decimal(30), width_m=Decimal(1))
        PlotStatus.objects.create(plot=plot, status="organic", since=TODAY + timedelta(days=rank))
        Crew.objects.create(
            ecopole=land.ecopole,
            agent=land.agent,
            kind="permanent",
            hours=35,
            productivity=1,
            starts_on=TODAY,
        )
    assert [counted(end) for end in ends] == before
    assert max(before) <= 12


def test_the_same_form_of_beds_sent_twice_adds_them_once_and_a_stale_one_is_refused(land, grower, garden):
    block = Block.objects.get(beds=land.bed("A1").id)
    last = Bed.objects.filter(block=block).count()
    url = garden.url(f"planches/bloc/{block.pk}/planches/")
    form = {"count": "2", "length_m": "30", "width_m": "0,8", "after": str(last)}
    assert [grower.post(url, form).status_code for _ in range(2)] == [302, 302]
    assert Bed.objects.filter(block=block).count() == last + 2
    answer = grower.post(url, form | {"count": "3"})
    assert answer.status_code == 422
    assert "a changé entre-temps" in text(answer)
    assert f'name="after" value="{last + 2}"' in text(answer)
    assert Bed.objects.filter(block=block).count() == last + 2


@pytest.mark.parametrize("end", ["planches/", "planches/{bed}/", "equipes/"])
def test_a_fragment_is_the_middle_of_the_page(land, grower, garden, end):
    token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    url = garden.url(end.format(bed=land.bed("A1").id))
    whole = token.sub("", main(grower.get(url))).partition(">")[2].strip()
    part = token.sub("", text(grower.get(url, headers={"HX-Request": "true"})))
    assert "<html" not in part
    assert whole in part


def test_the_director_reads_and_changes_nothing(land, garden):
    client, bed = garden.client(Role.DIRECTOR), land.bed("A1")
    for end in ("planches/", f"planches/{bed.id}/", f"planches/bloc/{bed.block_id}/", "equipes/"):
        assert 'method="post"' not in main(client.get(garden.url(end)))
    for end in (f"planches/{bed.id}/fermer/", "planches/parcelle/ajouter/", "equipes/ajouter/"):
        assert client.post(garden.url(end), {}).status_code == 403


def block(land, **changes):
    return Block.objects.create(**{"plot": Plot.objects.first(), "name": "N", "shelter": "field"} | changes)


def bed(land, **changes):
    place = Place.objects.create(
        ecopole=land.ecopole, agent=land.agent, kind=PlaceKind.BED, name=f"Planche {Place.objects.count()}"
    )
    row = {"place": place, "block": Block.objects.get(name="A"), "number": 9, "length_m": 30, "width_m": 1}
    return Bed.objects.create(**row | changes)


def status(land, **changes):
    row = {"plot": Plot.objects.first(), "status": "organic", "since": TODAY}
    return PlotStatus.objects.create(**row | changes)


def plot(land, **changes):
    return Plot.objects.create(**{"ecopole": land.ecopole, "agent": land.agent, "name": "Neuve"} | changes)


def crew(land, **changes):
    row = {"ecopole": land.ecopole, "agent": land.agent, "kind": "permanent", "hours": Decimal(35),
           "productivity": Decimal(1), "starts_on": TODAY}  # fmt: skip
    return Crew.objects.create(**row | changes)


@pytest.mark.parametrize(
    ("make", "changes", "name"),
    [
        (bed, {"length_m": Decimal(0)}, "bed_has_a_size"),
        (bed, {"width_m": Decimal(-1)}, "bed_has_a_size"),
        (block, {"shelter": "serre"}, "block_shelter_known"),
        (status, {"status": "presque"}, "plot_status_known"),
        (crew, {"kind": "amis"}, "crew_kind_known"),
        (crew, {"hours": Decimal(0)}, "crew_has_hours"),
        (crew, {"productivity": Decimal("1.1")}, "crew_productivity_share"),
        (crew, {"ends_on": TODAY - timedelta(days=1)}, "crew_ends_after_start"),
    ],
)
def test_the_database_refuses_nonsense(land, make, changes, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make(land, **changes)


@pytest.mark.parametrize(
    ("make", "name", "columns"),
    [
        (plot, "plot_name_once_per_agent", "plot.agent_id"),
        (block, "block_name_once_per_plot", "block.plot_id"),
        (bed, "bed_number_once_per_block", "bed.block_id"),
        (status, "plot_status_once_a_day", "plotstatus.plot_id"),
    ],
)
def test_the_database_refuses_the_same_twice(land, make, name, columns):
    make(land)
    # SQLite names the columns of a broken unique constraint, PostgreSQL its name.
    said = columns if connection.vendor == "sqlite" else name
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        make(land)
