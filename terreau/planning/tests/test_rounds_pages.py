"""Pages of the rounds: who may, what they say, what a hand may change, what is published, what they cost."""

import re
from datetime import time, timedelta
from decimal import Decimal

import pytest

from terreau.engines.rounds import Plan, Problem
from terreau.ledger.models import Process, ProcessKind
from terreau.planning.models import PlanState, RoundsPlan
from terreau.planning.publish import InputsChanged, NotPublished
from terreau.planning.rounds.actions import solve_rounds
from terreau.planning.rounds.moves import choices
from terreau.planning.rounds.publish import publish_rounds
from terreau.planning.rounds.reading import RoundsReading
from terreau.planning.tests.mornings import DAY, NOW, asked, morning, solved, visitor
from terreau.planning.tests.test_pages import middle, text
from terreau.rooms.platform.actions import save_vehicle
from terreau.rooms.platform.models import Vehicle
from terreau.territory.models import Place, Product, TravelTime
from terreau.territory.tests.pages import cost
from terreau.territory.travel import correct_travel

KEY = "0f5a2b14-plan"
PLAN = "plan/premier-plan/"


@pytest.fixture
def m(db, settings):
    settings.CLOCK = "2026-11-26T17:00"
    return morning()


def order_of(row) -> list[str]:
    names = {s.id: s.name for s in Problem.from_json(row.problem).stops}
    tours = Plan.from_json(row.plan).tours
    return [names[v.call.key] for tour in tours for trip in tour.trips for v in trip.visits]


def published(m, key="premier-plan", at=NOW) -> RoundsPlan:
    row = solved(m, key, at)
    publish_rounds(plan_id=row.pk, by=m.users["alice"], at=at)
    row.refresh_from_db()
    return row


# Reading and asking.


def test_the_door_opens_on_the_next_day_with_deliveries_and_tells_what_is_due(m):
    told = text(visitor(m).get(m.url()))
    assert "Vendredi 27 novembre 2026 · 3 arrêts, 400 kg" in told
    assert "Cantine du collège Porte 4 80 kg toute la journée" in told
    assert "Planifier la tournée" in told
    empty = text(visitor(m).get(m.url("?jour=2026-11-30")))
    assert "Rien à livrer ce jour-là" in empty


def test_from_the_day_to_the_tours_in_one_gesture(m, django_capture_on_commit_callbacks):
    client = visitor(m, "lou")
    with django_capture_on_commit_callbacks() as queued:
        answer = client.post(m.url(f"planifier?jour={DAY}"), {"key": KEY})
    assert (answer.url, len(queued)) == (m.url(f"plan/{KEY}/"), 1)
    assert 'hx-trigger="load delay:1s"' in client.get(answer.url).content.decode()
    RoundsPlan.objects.update(seconds_max=1)
    solve_rounds.func(plan_id=RoundsPlan.objects.get().pk)
    told = text(client.get(answer.url))
    for words in ("Fourgon", "86,7 km", "A3 ·", "20 min, 14,5 km", "estimé", "Retour, Plateforme du Matin"):
        assert words in told
    assert "Trajets estimés à vol d’oiseau × 1,3, à 45 km/h" in told


def test_refusals_are_said_on_the_page_of_the_day(m):
    answer = visitor(m).post(m.url("planifier?jour=2026-11-30"), {"key": KEY})
    assert answer.status_code == 422
    assert "Aucune livraison n’est due le 30 nov. 2026" in text(answer)
    Vehicle.objects.update(closed_on=DAY)
    assert "Aucun véhicule ne roule" in text(visitor(m).post(m.url(f"planifier?jour={DAY}"), {"key": KEY}))


def test_the_director_reads_and_a_cook_does_not(m):
    solved(m)
    page = visitor(m, "daniel").get(m.url(PLAN))
    assert page.status_code == 200
    assert "Déplacer un arrêt" not in text(page)
    assert "corriger" not in text(page)
    assert visitor(m, "daniel").post(m.url(f"{PLAN}publier"), {"key": KEY}).status_code == 403
    assert visitor(m, "charlie").get(m.url(PLAN)).status_code == 403


def test_the_plan_of_another_ecopole_is_not_found(m):
    solved(m)
    there = morning("ailleurs")
    for rest in (PLAN, f"{PLAN}deplacer/", f"{PLAN}trajet/"):
        assert visitor(there).get(there.url(rest)).status_code == 404


def test_a_stop_that_cannot_be_served_may_be_left_out_and_the_rest_is_planned(m):
    m.door("loin", "canteen", "Cantine lointaine", 51.5)
    m.due("loin", "20")
    solved(m)
    client = visitor(m)
    page = client.get(m.url(PLAN))
    assert "Tout ne peut pas être livré" in text(page)
    left = re.findall(r'name="left" value="([^"]+)"', page.content.decode())
    answer = client.post(m.url(f"{PLAN}planifier"), {"key": KEY, "left": left})
    row = RoundsPlan.objects.get(key=KEY)
    assert answer.url == m.url(f"plan/{KEY}/")
    RoundsPlan.objects.update(seconds_max=1)
    solve_rounds.func(plan_id=row.pk)
    told = text(client.get(answer.url))
    assert "1 arrêt laissé de côté à la main" in told
    assert "Cantine lointaine" not in told
    publish_rounds(plan_id=row.pk, by=None, at=NOW)
    assert client.post(m.url(f"{PLAN}planifier"), {"key": "autre-cle-1", "left": "9:9"}).status_code == 404


def test_planning_again_searches_from_the_plan_on_screen(m):
    first = solved(m)
    visitor(m).post(m.url(f"{PLAN}planifier"), {"key": KEY})
    again = RoundsPlan.objects.get(key=KEY)
    RoundsPlan.objects.update(seconds_max=1)
    solve_rounds.func(plan_id=again.pk)
    again.refresh_from_db()
    assert (again.previous, again.state) == (first, PlanState.READY)
    assert order_of(again) == order_of(first)


def again_from(m, key) -> RoundsPlan:
    visitor(m).post(m.url(f"plan/{key}/planifier"), {"key": "encore-une-fois"})
    RoundsPlan.objects.update(seconds_max=1)
    solve_rounds.func(plan_id=RoundsPlan.objects.get(key="encore-une-fois").pk)
    return RoundsPlan.objects.get(key="encore-une-fois")


def test_planning_again_mends_what_a_hand_broke(m):
    m.hours("depot", time(5), time(6, 45))
    row = solved(m)
    move = positions(row, "Dépôt", "après Cantine du collège") | {"key": KEY}
    visitor(m).post(m.url(f"{PLAN}deplacer/"), move)
    assert again_from(m, KEY).state == PlanState.READY


def test_planning_again_keeps_a_split_order_whole(m):
    m.due("college", "900")
    row = solved(m)
    assert sorted(order_of(again_from(m, "premier-plan"))) == sorted(order_of(row))


def test_a_van_full_of_cold_crates_is_told(m):
    Product.objects.update(family="dairy")
    Vehicle.objects.update(cold=True, crates=20)
    solved(m)
    told = text(visitor(m).get(m.url(PLAN)))
    assert "au plus plein : 20 sur 20 caisses" in told
    assert "20 caisses dont 20 au froid, 400 kg" in told


def test_an_order_split_between_visits_is_said(m):
    m.due("college", "900")
    solved(m)
    assert "plus qu’un véhicule ne prend ; livré en" in text(visitor(m).get(m.url(PLAN)))


# Publishing.


def test_a_published_tour_is_written_for_those_who_drive(m):
    row = published(m)
    (process,) = Process.objects.filter(kind=ProcessKind.ROUND)
    detail = process.detail
    assert (process.agent, process.planned_for) == (m.agents["plateforme"], DAY)
    assert (detail["plan"], detail["travel"]) == (row.key, "estimé")
    assert detail["vehicle"] == {
        "id": Vehicle.objects.get().pk, "name": "Fourgon", "day": "45", "km": "0.3", "hour": "24",
        "crates": 40, "fuel": "diesel", "litres_100km": "8.000", "cold": False,
    }  # fmt: skip
    plan = Plan.from_json(row.plan)
    # 45 € for the day, 86.734 km at 0.30 €, 2 h 39 min 41 s at 24 €.
    assert (detail["km"], detail["euros"]) == ("86.734", "134.89")
    assert Decimal(detail["hours"]) == pytest.approx(
        Decimal(plan.tours[0].duration_s) / 3600, abs=Decimal("0.001")
    )
    assert [s["receiver"] for s in detail["stops"]] == [
        next(a.pk for a in m.agents.values() if a.name == name) for name in order_of(row)
    ]
    assert sum(Decimal(s["km"]) for s in detail["stops"]) < Decimal(detail["km"])
    first = detail["stops"][0]
    assert (first["arrives"], first["km"], len(first["commitments"])) == ("06:39", "14.456", 1)


def test_publishing_twice_is_publishing_once(m):
    row = published(m)
    again = publish_rounds(plan_id=row.pk, by=None, at=NOW)
    assert [p.pk for p in again] == [p.pk for p in Process.objects.filter(kind=ProcessKind.ROUND)]


def test_a_later_publication_replaces_the_former_without_touching_it(m):
    first = published(m)
    second = published(m, "second-plan", at=NOW + timedelta(minutes=5))
    first.refresh_from_db()
    assert (first.state, second.state) == (PlanState.REPLACED, PlanState.PUBLISHED)
    assert [p.detail["plan"] for p in Process.objects.filter(kind=ProcessKind.ROUND).order_by("pk")] == [
        "premier-plan", "second-plan",
    ]  # fmt: skip


def change_more(m):
    m.due("ecole", "100")
    return "Cantine de l’école : 10 caisses, 200 kg devient 15 caisses, 300 kg."


def change_hours(m):
    m.hours("ecole", time(7), time(8))
    return "Cantine de l’école : prix, jours ou conditions ont changé."


def change_travel(m):
    correct_travel(
        ecopole=m.ecopole, from_place=m.places["quai"], to_place=m.places["ecole"], minutes=30, by=None,
        at=NOW, key="trajet-1",
    )  # fmt: skip
    return "Des temps de trajet ont changé depuis."


def change_van(m):
    van = Vehicle.objects.get()
    fields = {f.name: getattr(van, f.name) for f in Vehicle._meta.fields}
    for name in ("id", "ecopole", "key", "closed_on"):
        del fields[name]
    save_vehicle(ecopole=m.ecopole, vehicle=van, key="v", **fields | {"crates": 30})
    return "Fourgon : 40 caisses, 800 kg devient 30 caisses, 800 kg."


@pytest.mark.parametrize("change", [change_more, change_hours, change_travel, change_van])
def test_what_changed_since_is_said_and_nothing_is_published(m, change):
    row = solved(m)
    said = change(m)
    with pytest.raises(InputsChanged, match="la journée a changé") as refusal:
        publish_rounds(plan_id=row.pk, by=None, at=NOW)
    assert [r.replace("\u00a0", " ").replace("\u202f", " ") for r in refusal.value.reasons] == [said]
    page = visitor(m).post(m.url(f"{PLAN}publier"), {"key": KEY})
    assert page.status_code == 422
    assert said in text(page)
    assert not Process.objects.filter(kind=ProcessKind.ROUND).exists()


def test_only_a_ready_plan_of_a_day_to_come_is_published(m):
    row = asked(m)
    with pytest.raises(NotPublished, match="en attente"):
        publish_rounds(plan_id=row.pk, by=None, at=NOW)
    row.state = PlanState.READY
    row.plan = Plan("best_found").to_json()
    row.save()
    with pytest.raises(NotPublished, match="Aucun véhicule ne sort"):
        publish_rounds(plan_id=row.pk, by=None, at=NOW)
    with pytest.raises(NotPublished, match="est passé"):
        publish_rounds(plan_id=row.pk, by=None, at=NOW + timedelta(days=2))


# A hand on the plan.


def positions(row, what: str, where: str) -> dict[str, str]:
    stops, places = choices(RoundsReading(row))
    stop = next(at for at, words in stops.items() if what in words)
    to = next(at for at, words in places.items() if where in words.replace("\u202f", " "))
    return {"arret": stop, "vers": to}


def test_a_moved_stop_says_at_once_what_it_costs(m):
    m.van("Second")
    row = solved(m)
    asked_for = positions(row, "Dépôt de la gare", "Second, qui ne sortait pas")
    told = text(visitor(m).get(m.url(f"{PLAN}deplacer/"), asked_for))
    # One more van-day at 45 €, one more loading of twenty minutes at 24 €: 53 €.
    assert "Coût +53,00 €" in told
    assert "Tout tient" in told
    assert RoundsPlan.objects.count() == 1


def test_a_moved_stop_says_at_once_what_it_breaks(m):
    m.hours("depot", time(5), time(6, 45))
    row = solved(m)
    told = text(
        visitor(m).get(m.url(f"{PLAN}deplacer/"), positions(row, "Dépôt", "après Cantine du collège"))
    )
    assert "Ce qui ne tiendrait plus Dépôt de la gare : arrivée" in told
    assert "trop tard" in told


def test_a_move_is_kept_as_a_plan_of_its_own_and_published(m):
    m.van("Second")
    row = solved(m)
    client = visitor(m)
    move = positions(row, "Dépôt de la gare", "Second, qui ne sortait pas") | {"key": KEY}
    for _ in range(2):
        assert client.post(m.url(f"{PLAN}deplacer/"), move).url == m.url(f"plan/{KEY}/")
    kept = RoundsPlan.objects.get(key=KEY)
    assert (RoundsPlan.objects.count(), kept.previous, kept.state) == (2, row, PlanState.READY)
    assert len(Plan.from_json(kept.plan).tours) == 2
    assert "Ordonné à la main" in text(client.get(m.url(f"plan/{KEY}/")))
    assert len(publish_rounds(plan_id=kept.pk, by=None, at=NOW)) == 2


def test_a_kept_move_that_breaks_something_is_not_published(m):
    m.hours("depot", time(5), time(6, 45))
    row = solved(m)
    client = visitor(m)
    move = positions(row, "Dépôt", "après Cantine du collège") | {"key": KEY}
    page = client.get(client.post(m.url(f"{PLAN}deplacer/"), move).url)
    assert "ce plan ne tient pas encore" in text(page)
    assert f"plan/{KEY}/publier" not in page.content.decode()
    with pytest.raises(NotPublished, match="ne tiennent pas") as refusal:
        publish_rounds(plan_id=RoundsPlan.objects.get(key=KEY).pk, by=None, at=NOW)
    assert "trop tard" in refusal.value.reasons[0]


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_within_its_trip_a_stop_goes_where_it_is_put(m, place):
    row = solved(m)
    before = order_of(row)
    to = list(choices(RoundsReading(row))[1])[place]
    visitor(m).post(m.url(f"{PLAN}deplacer/"), {"arret": "0.0.0", "vers": to, "key": KEY})
    expected = before[1:]
    expected.insert(max(0, place - 1), before[0])
    assert order_of(RoundsPlan.objects.get(key=KEY)) == expected


def test_one_part_of_a_split_order_moves_alone(m):
    m.due("college", "900")
    m.van("Second")
    row = solved(m)
    count = len(order_of(row))
    stops, places = choices(RoundsReading(row))
    for stop in stops:
        for to in list(places)[:4]:
            answer = visitor(m).get(m.url(f"{PLAN}deplacer/"), {"arret": stop, "vers": to})
            assert len(re.findall(r"<th>[AB]\d", answer.content.decode())) == count


@pytest.mark.parametrize("move", [{}, {"arret": "0.0.9", "vers": "1:0:0"}, {"arret": "0.0.0", "vers": "x"}])
def test_a_move_of_what_is_not_there_is_not_found(m, move):
    solved(m)
    assert visitor(m).get(m.url(f"{PLAN}deplacer/"), move).status_code == 404


def test_a_trip_is_corrected_from_the_plan(m):
    solved(m)
    client, ends = visitor(m), {"de": str(m.places["quai"].pk), "vers": str(m.places["ecole"].pk)}
    assert "De Plateforme du Matin à Cantine de l’école" in text(client.get(m.url(f"{PLAN}trajet/"), ends))
    wrong = client.post(m.url(f"{PLAN}trajet/"), ends | {"key": KEY, "minutes": "0", "km": "vingt"})
    assert wrong.status_code == 422
    assert 'value="vingt"' in wrong.content.decode()
    sent = ends | {"key": KEY, "minutes": "15", "km": "17,5", "both_ways": "on"}
    for _ in range(2):
        assert client.post(m.url(f"{PLAN}trajet/"), sent).status_code == 302
    row = TravelTime.objects.get()
    assert (row.minutes, row.km, row.both_ways, row.recorded_by) == (
        15,
        Decimal("17.5"),
        True,
        m.users["alice"],
    )
    again = solved(m, "second-plan", at=NOW + timedelta(minutes=5))
    assert "corrigé" in text(client.get(m.url("plan/second-plan/")))
    assert RoundsReading(again).travel == "estimé et corrigé"
    assert client.get(m.url(f"{PLAN}trajet/"), {"de": "9", "vers": "²"}).status_code == 404


# What a page costs.


@pytest.mark.parametrize("rest", ["", PLAN])
def test_the_fragment_is_the_middle_of_the_whole_page(m, rest):
    solved(m)
    client = visitor(m)
    whole = client.get(m.url(rest)).content.decode()
    fragment = client.get(m.url(rest), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert middle(fragment) == middle(whole)


def queries(client, url) -> int:
    client.get(url)
    return cost(client, url)


def test_pages_ask_the_database_the_same_whatever_the_number_of_rows(m):
    client = visitor(m)
    published(m)
    hand = f"deplacer/?arret=0.0.0&vers={Vehicle.objects.get().pk}:0:2"
    few = [queries(client, m.url(rest)) for rest in ("", PLAN, f"{PLAN}{hand}")]
    for n in range(4):
        m.door(f"cantine-{n}", "canteen", f"Cantine {n}", 50.05)
        m.due(f"cantine-{n}", "20")
    m.van("Second")
    published(m, "second-plan", at=NOW + timedelta(minutes=5))
    solved(m, "troisieme-plan", at=NOW + timedelta(minutes=9))
    many = [queries(client, m.url(rest)) for rest in ("", "plan/second-plan/", f"plan/second-plan/{hand}")]
    assert many == few
    assert max(many) <= 12


def test_a_place_that_moved_away_leaves_the_plan_readable(m):
    solved(m)
    Place.objects.update(latitude=None)
    assert visitor(m).get(m.url(PLAN)).status_code == 200
