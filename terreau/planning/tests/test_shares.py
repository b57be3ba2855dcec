"""Sharing a tour, worked by hand: two farms on one straight road, 1 € a kilometre, nothing for the hours.

    quai --- 14,456 km --- école (Aulnes) --- 14,456 km --- collège (Butte)

Alone, Les Aulnes pay 28.91 € and La Butte 57.82 €. Together the tour costs 57.82 €: the first stretch and the
way back from it are shared by two, 14.46 € each, and La Butte pays the rest, 43.36 or 43.37 €.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from terreau.engines.shares import Problem, Shares, verify
from terreau.ledger.actions import (
    NewLot,
    NewProcess,
    Promise,
    new_lots,
    open_processes,
    promise,
    record,
    reverse,
)
from terreau.ledger.checks import Entry
from terreau.ledger.models import Agreement, Event
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.planning.models import SharingVote, TourShares
from terreau.planning.shares.actions import (
    SharingRefused,
    close_month,
    count_month,
    count_tours,
    latest,
    vote,
)  # fmt: skip
from terreau.planning.shares.reading import month_read, simulate
from terreau.planning.tests.factories import Village
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, Place
from terreau.territory.tests.factories import someone

DAY = date(2026, 10, 15)
AT = datetime(2026, 10, 15, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OCTOBER, TODAY = date(2026, 10, 1), date(2026, 11, 23)


def at(v: Village, name: str, kind: str, place: str, latitude: float) -> None:
    v.agents[name] = Agent.objects.create(ecopole=v.ecopole, kind=kind, name=name.capitalize())
    v.places[name] = Place.objects.create(
        ecopole=v.ecopole, agent=v.agents[name], kind=place, name=name, latitude=latitude, longitude=2.0
    )


def delivered(v: Village, farm: str, school: str, kilos: str, day: date = DAY, n: int = 0) -> int:
    """What the farm grew is handed over at the school by the platform; the promise it fulfils."""
    moment = datetime.combine(day, AT.timetz())
    carrots, hub = v.products["carotte"], v.places["quai"]
    key = f"{farm}-{day}-{n}"
    producer, platform, receiver = (v.agents[name] for name in (farm, "plateforme", school))
    lot = new_lots(ecopole=v.ecopole, lots=[NewLot(carrots, producer.pk, 0, moment, f"lot-{key}")])[0]
    due = promise(
        ecopole=v.ecopole,
        promises=[
            Promise(
                "transfer", platform.pk, receiver.pk, carrots.pk, Decimal(kilos), Unit.KG, day, f"due-{key}",
                from_place_id=hub.pk, to_place_id=v.places[school].pk,
            )
        ],
    )[0]  # fmt: skip
    told = {"product_id": carrots.pk, "quantity": Decimal(kilos), "unit": Unit.KG, "lot": lot}
    entries = [
        Entry(
            "produce", producer.pk, producer.pk, key=f"p-{key}", occurred_at=moment, to_place_id=hub.pk,
            **told,
        ),
        Entry(
            "transfer", producer.pk, platform.pk, key=f"a-{key}", occurred_at=moment, from_place_id=hub.pk,
            to_place_id=hub.pk, **told,
        ),
        Entry(
            "transfer", platform.pk, receiver.pk, key=f"d-{key}", occurred_at=moment, from_place_id=hub.pk,
            to_place_id=v.places[school].pk, fulfils_id=due.pk, **told,
        ),
    ]  # fmt: skip
    record(ecopole=v.ecopole, entries=entries, recorded_by=None, recorded_at=NOW)
    return due.pk


def drove(v: Village, stops: list[tuple[str, list[int]]], day: date = DAY, plan: str = "plan-1") -> None:
    """A published tour of the van, 1 € a kilometre."""
    detail = {
        "plan": plan,
        "vehicle": {"name": "Fourgon", "day": "0", "km": "1", "hour": "0"},
        "stops": [
            {"place": v.places[name].pk, "receiver": v.agents[name].pk, "arrives": "08:30", "leaves": "08:40",
             "trip": 1, "commitments": due}
            for name, due in stops
        ],
    }  # fmt: skip
    tour = NewProcess(
        "round", f"{plan}-{day}", "Tournée", v.agents["plateforme"].pk, v.places["quai"].pk, day, detail
    )
    open_processes(ecopole=v.ecopole, processes=[tour])


@pytest.fixture
def road(here) -> Village:
    Place.objects.filter(pk=here.places["quai"].pk).update(latitude=50.0, longitude=2.0)
    at(here, "école", "canteen", "door", 50.1)
    at(here, "collège", "canteen", "door", 50.2)
    at(here, "aulnes", "farm", "field", 50.0)
    at(here, "butte", "farm", "field", 50.0)
    drive(here)
    return here


def drive(v: Village, day: date = DAY, plan: str = "plan-1") -> None:
    first = delivered(v, "aulnes", "école", "40", day)
    second = delivered(v, "butte", "collège", "60", day)
    drove(v, [("école", [first]), ("collège", [second])], day, plan)


def counted(v: Village) -> TourShares:
    count_tours(v.ecopole, OCTOBER, date(2026, 10, 31), at=NOW)
    return next(iter(latest(v.ecopole, OCTOBER, date(2026, 10, 31)).values()))


def paid(v: Village) -> dict[str, Money]:
    return {part.name: part.total for part in month_read(v.ecopole, OCTOBER).parts}


def test_two_farms_on_one_road_share_the_stretch_they_have_in_common(road):
    row = counted(road)
    parts = {part.name: part for part in month_read(road.ecopole, OCTOBER).parts}
    assert (parts["Aulnes"].alone, parts["Butte"].alone) == (Money(2891), Money(5782))
    assert parts["Aulnes"].total == Money(1446)
    assert parts["Aulnes"].total + parts["Butte"].total == Money(5782)
    problem = Problem.from_json(TourShares.objects.get(pk=row.pk).problem)
    assert verify(problem, Shares.from_json(row.shares)).accepted
    assert [actor.crates for actor in problem.actors] == [Decimal(2), Decimal(3)]  # 20 kg a crate


def test_a_tour_counted_again_from_the_same_facts_is_not_written_again(road):
    assert count_tours(road.ecopole, OCTOBER, DAY, at=NOW) == 1
    assert count_tours(road.ecopole, OCTOBER, DAY, at=NOW) == 0
    count_month.func(ecopole_id=road.ecopole.pk, month="2026-10-01", at=NOW.isoformat())
    assert TourShares.objects.count() == 1


def test_what_was_not_handed_over_shares_nothing(road):
    event = Event.objects.get(key=f"d-butte-{DAY}-0")
    reverse(ecopole=road.ecopole, events=[event], by=None, at=NOW, key="rendu")
    counted(road)
    assert paid(road) == {"Aulnes": Money(2891)}


def test_the_last_publication_of_a_day_is_the_one_that_counts(road):
    promise_of_the_first = Event.objects.get(key=f"d-aulnes-{DAY}-0").fulfils_id
    drove(road, [("école", [promise_of_the_first])], plan="plan-2")
    counted(road)
    assert paid(road) == {"Aulnes": Money(2891)}


def test_an_own_vehicle_that_costs_less_is_what_one_would_pay_alone(road):
    commune = road.ecopole.commune
    type(commune).objects.filter(pk=commune.pk).update(latitude=50.1, longitude=2.0)
    Agent.objects.filter(pk=road.agents["aulnes"].pk).update(commune=commune)
    counted(road)
    alone = {part.name: part.alone for part in month_read(road.ecopole, OCTOBER).parts}
    assert alone["Aulnes"] == Money(400)  # its school is next door: ten minutes there, at 24 € the hour
    assert paid(road)["Aulnes"] <= Money(400)


def voted(v: Village, rule: str = "crates", since: date = OCTOBER, key: str = "vote-de-mars") -> SharingVote:
    return vote(
        ecopole=v.ecopole, rule=rule, starts_on=since, minutes="PV du 12 mars", by=None, at=NOW, key=key
    )


def test_a_voted_rule_counts_from_its_day_and_makes_older_counts_stale(road):
    counted(road)
    voted(road)
    month = month_read(road.ecopole, OCTOBER)
    assert (month.stale, month.driven) == (1, 1)
    with pytest.raises(SharingRefused, match="comptez-les d’abord"):
        close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    counted(road)
    # By the crate: 57.82 € × 2 ÷ 5.
    assert paid(road)["Aulnes"] == Money(2313)
    assert month_read(road.ecopole, OCTOBER).stale == 0


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"rule": "au-hasard"}, "Choisissez"),
        ({"minutes": "  "}, "où le vote est écrit"),
        ({"minutes": "x" * 201}, "Trop long"),
    ],
)
def test_a_vote_that_cannot_be_read_is_refused(road, asked, message):
    said = {"rule": "epm", "starts_on": OCTOBER, "minutes": "PV", "by": None, "at": NOW, "key": "un-vote-1"}
    with pytest.raises(SharingRefused, match=message):
        vote(ecopole=road.ecopole, **said | asked)
    assert not SharingVote.objects.exists()


def test_a_closed_month_is_agreed_once_and_keeps_its_rule(road):
    counted(road)
    done = close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    assert {(a.provider.name, a.promised_value.cents) for a in done} == {("Aulnes", 1446), ("Butte", 4336)}
    assert [a.pk for a in close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)] == [
        a.pk for a in done
    ]
    assert Agreement.objects.filter(kind="sharing").count() == 2
    with pytest.raises(SharingRefused, match="arrêté"):
        voted(road)
    voted(road, since=date(2026, 11, 1))
    drive(road, DAY + timedelta(days=1))  # a tour said too late changes nothing of what is agreed
    assert count_tours(road.ecopole, OCTOBER, date(2026, 10, 31), at=NOW) == 0


def test_a_month_that_runs_or_that_nobody_drove_is_not_closed(road):
    counted(road)
    with pytest.raises(SharingRefused, match="n’est pas fini"):
        close_month(ecopole=road.ecopole, month=OCTOBER, today=date(2026, 10, 31))
    with pytest.raises(SharingRefused, match="Aucune tournée"):
        close_month(ecopole=road.ecopole, month=date(2026, 9, 1), today=TODAY)


def test_every_rule_is_tried_on_the_same_tours(road):
    counted(road)
    told = simulate(road.ecopole, OCTOBER, TODAY)
    assert told.tours == 1
    assert {sum(a.cents for a in rule.amounts) for rule in told.rules} == {5782}
    crates = next(rule for rule in told.rules if rule.rule == "crates")
    assert not crates.above_alone


@pytest.mark.parametrize(
    ("model", "name", "broken"),
    [
        (SharingVote, "sharing_vote_rule_known", {"rule": "x"}),
        (SharingVote, "sharing_vote_is_written_somewhere", {"minutes": ""}),
        (TourShares, "tour_shares_rule_known", {"rule": "x"}),
    ],
)
def test_the_database_refuses(road, model, name, broken):
    row = voted(road) if model is SharingVote else counted(road)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**broken)


@pytest.mark.parametrize("name", ["sharing_vote_key_once", "tour_shares_problem_once"])
def test_the_database_refuses_twice_the_same(road, name):
    row = voted(road) if name.startswith("sharing") else TourShares.objects.get(pk=counted(road).pk)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


# Pages.


@pytest.fixture
def alice(road, client):
    client.force_login(road.users["alice"])
    return client


def url(v: Village, rest: str = "") -> str:
    return f"/e/{v.ecopole.slug}/partage/{rest}"


def test_the_month_says_what_awaits_then_who_pays_what(road, alice):
    page = alice.get(url(road, "?mois=2026-10")).content.decode()
    assert "1 tournée à compter" in page
    counted(road)
    page = alice.get(url(road, "?mois=2026-10")).content.decode()
    assert "14,46" in page
    assert "Aucune" not in page
    assert "Dans aucune tournée un groupe ne ferait mieux seul" in page
    assert alice.get(url(road, "?mois=2026-13")).status_code == 404


def test_asking_to_count_is_queued_once(road, alice, django_capture_on_commit_callbacks):
    for _ in range(2):
        assert alice.post(url(road, "2026-10/compter"), {"key": "compter-octobre"}).status_code == 302
    page = alice.get(url(road, "?mois=2026-10")).content.decode()
    assert "Tournées comptées" in page


def test_a_month_is_closed_from_its_page(road, alice):
    assert alice.post(url(road, "2026-10/arreter"), {"key": "arreter-octobre"}).status_code == 422
    counted(road)
    assert alice.post(url(road, "2026-10/arreter"), {"key": "arreter-octobre"}).status_code == 302
    assert "Mois arrêté" in alice.get(url(road, "?mois=2026-10")).content.decode()


def test_a_tour_and_the_rules_side_by_side(road, alice):
    row = counted(road)
    page = alice.get(url(road, f"tournee/{row.pk}/")).content.decode()
    assert "Aucun groupe ne ferait mieux seul" in page
    assert "Seul, cette tournée vous coûterait" in page
    page = alice.get(url(road, "regles/")).content.decode()
    assert "Aucun vote n’est encore écrit" in page


def test_a_vote_refused_keeps_what_was_typed(road, alice):
    said = {"key": "vote-page-1", "rule": "epm", "starts_on": "31/02/2026", "minutes": "PV du 12 mars"}
    answer = alice.post(url(road, "regles/voter"), said)
    assert answer.status_code == 422
    assert "PV du 12 mars" in answer.content.decode()
    assert alice.post(url(road, "regles/voter"), said | {"starts_on": "01/10/2026"}).status_code == 302
    assert SharingVote.objects.get().rule == "epm"


def test_a_farm_reads_its_own_sheet_and_no_other(road, client):
    counted(road)
    client.force_login(someone("fanny@hameau.example.org", road.agents["aulnes"], Role.FARMER))
    page = client.get(url(road, "ma-fiche/?mois=2026-10")).content.decode()
    assert "Seul, cette tournée vous coûterait" in page
    assert "Butte" not in page
    assert client.get(url(road, f"fiche/{road.agents['butte'].pk}/")).status_code == 403


def test_pages_ask_as_much_for_ten_tours_as_for_one(road, alice, django_assert_max_num_queries):
    for n in range(1, 5):
        drive(road, DAY + timedelta(days=n))
    row = counted(road)
    for page in (
        "?mois=2026-10",
        f"tournee/{row.pk}/",
        "regles/",
        f"fiche/{road.agents['aulnes'].pk}/?mois=2026-10",
    ):
        alice.get(url(road, page))
        with django_assert_max_num_queries(12):
            assert alice.get(url(road, page)).status_code == 200
