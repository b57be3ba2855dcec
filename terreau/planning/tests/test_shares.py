"""Sharing a tour, worked by hand: two farms on one straight road, 1 € a kilometre, nothing for the hours.

    quai --- 14,456 km --- école (Aulnes) --- 14,456 km --- collège (Butte)

Alone, Les Aulnes pay 28.91 € and La Butte 57.82 €. Together the tour costs 57.82 €: the first stretch and the
way back from it are shared by two, 14.46 € each, and La Butte pays the rest, 43.36 or 43.37 €.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django_tasks_db.models import DBTaskResult

from terreau.engines.shares import Problem, Rule, Shares, verify
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
from terreau.ledger.models import Agreement, Event, Process
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.planning.models import SharingVote, TourShares, TourSpent
from terreau.planning.shares.actions import (
    SharingRefused,
    close_month,
    count_month,
    count_soon,
    count_that_evening,
    count_tour,
    count_tours,
    latest,
    say_spent,
)
from terreau.planning.shares.gather import problem
from terreau.planning.shares.reading import month_read
from terreau.planning.shares.terms import Terms
from terreau.planning.shares.tours import driven
from terreau.planning.shares.trials import simulate
from terreau.planning.shares.votes import vote
from terreau.planning.tests.factories import Village
from terreau.territory.abilities import Role
from terreau.territory.models import Agent, Place
from terreau.territory.tests.factories import someone

DAY = date(2026, 10, 15)
AT = datetime(2026, 10, 15, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BY_SHAPLEY = Terms(Rule())
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


def drove(
    v: Village, stops: list[tuple[str, list[int]]], day: date = DAY, plan: str = "plan-1",
    vehicle: dict[str, object] | None = None, trips: tuple[int, ...] = (1, 1),
) -> None:  # fmt: skip
    """A published tour of the van, 1 € a kilometre."""
    detail = {
        "plan": plan,
        "vehicle": {
            "name": "Fourgon", "day": "0", "km": "1", "hour": "0", "fuel": "diesel", "litres_100km": "8",
            "cold": False, **(vehicle or {}),
        },
        "km": "57.824",
        "stops": [
            {"place": v.places[name].pk, "receiver": v.agents[name].pk, "arrives": "08:30", "leaves": "08:40",
             "trip": trip, "commitments": due}
            for (name, due), trip in zip(stops, trips, strict=False)
        ],
    }  # fmt: skip
    tour = NewProcess(
        "round", f"{plan}-{day}", "Tournée", v.agents["plateforme"].pk, v.places["quai"].pk, day, detail
    )
    open_processes(ecopole=v.ecopole, processes=[tour])


@pytest.fixture
def road(here) -> Village:
    return one_road(here)


def one_road(here: Village) -> Village:
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


def counted(v: Village, at: datetime = NOW) -> TourShares:
    count_tours(v.ecopole, OCTOBER, date(2026, 10, 31), at=at)
    return next(iter(latest(v.ecopole, OCTOBER, date(2026, 10, 31)).values()))


def paid(v: Village) -> dict[str, Money]:
    return {part.name: part.total for part in month_read(v.ecopole, OCTOBER).parts}


def test_two_farms_on_one_road_share_the_stretch_they_have_in_common(road):
    row = counted(road)
    parts = {part.name: part for part in month_read(road.ecopole, OCTOBER).parts}
    assert (parts["Aulnes"].alone, parts["Butte"].alone) == (Money(2891), Money(5782))
    assert parts["Aulnes"].total == Money(1446)
    assert parts["Aulnes"].total + parts["Butte"].total == Money(5782)
    asked = Problem.from_json(TourShares.objects.get(pk=row.pk).problem)
    assert verify(asked, Shares.from_json(row.shares)).accepted
    assert [actor.crates for actor in asked.actors] == [Decimal(2), Decimal(3)]  # 20 kg a crate


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
    assert (month.stale, len(month.driven)) == (1, 1)
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


# What a tour took.


def said(v: Village, km: str = "", put_in: str = "", key: str = "releve-1") -> TourSpent:
    return say_spent(
        ecopole=v.ecopole, tour=Process.objects.get(kind="round"), km=Decimal(km) if km else None,
        put_in=Decimal(put_in) if put_in else None, by=None, at=NOW, key=key,
    )  # fmt: skip


def test_the_kilometres_of_the_meter_are_what_is_shared(road):
    """57.82 € of road were planned; 70 km were driven, at 1 €: 12.18 € more, in proportion to each share."""
    counted(road)
    said(road, km="70")
    month = month_read(road.ecopole, OCTOBER)
    assert month.stale == 1
    with pytest.raises(SharingRefused, match="kilomètres ont changé"):
        close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    row = counted(road)
    (tour,) = month_read(road.ecopole, OCTOBER).tours
    assert (tour.real, tour.correction, tour.stale) == (Money(7000), Money(1218), False)
    assert paid(road)["Aulnes"] == Money(1751)  # 14.46 + 12.18 × 14.46 ÷ 57.82
    assert "d’écart entre la route prévue et la route faite" in tour.parts[0].sentence
    asked = Problem.from_json(TourShares.objects.get(pk=row.pk).problem)
    assert verify(asked, Shares.from_json(row.shares)).accepted


def test_the_hours_of_a_tour_stay_when_its_kilometres_change(road):
    """2 stops of ten minutes and 57.824 km at 45 km/h: 1 h 37 min 7 s, at 10 € the hour."""
    tour = driven(road.ecopole, OCTOBER, DAY)[0]
    asked = problem(road.ecopole, replace(tour, per_hour=Decimal(10)), BY_SHAPLEY)[0]
    assert asked.real is None
    told = replace(tour, per_hour=Decimal(10), road=replace(tour.road, said_km=Decimal(70)))
    assert problem(road.ecopole, told, BY_SHAPLEY)[0].real == Money(7000 + 1619)


def test_a_later_word_replaces_an_earlier_one_and_erases_nothing(road):
    first = said(road, km="70")
    assert said(road, km="71").pk == first.pk  # the same form twice
    said(road, km="60", put_in="5", key="releve-2")
    assert driven(road.ecopole, OCTOBER, DAY)[0].road.km == Decimal(60)
    said(road, key="releve-3")
    assert driven(road.ecopole, OCTOBER, DAY)[0].road.said_km is None
    assert TourSpent.objects.count() == 3


def test_kilometres_taken_back_bring_the_first_count_back(road):
    counted(road)
    said(road, km="70")
    counted(road, NOW + timedelta(hours=1))
    said(road, key="releve-2")
    counted(road, NOW + timedelta(hours=2))
    assert paid(road)["Aulnes"] == Money(1446)
    assert TourShares.objects.count() == 2


def test_kilometres_that_cost_nothing_are_counted_all_the_same(road):
    tour = replace(driven(road.ecopole, OCTOBER, DAY)[0], per_km=Decimal(0))
    for km in ("70", "80"):
        told = replace(tour, road=replace(tour.road, said_km=Decimal(km)))
        assert count_tour(road.ecopole, told, BY_SHAPLEY, at=NOW)
    assert TourShares.objects.get().km == Decimal(80)


def test_nothing_said_or_said_of_a_closed_month_is_refused(road):
    with pytest.raises(SharingRefused, match="Saisissez les kilomètres"):
        said(road)
    counted(road)
    close_month(ecopole=road.ecopole, month=OCTOBER, today=TODAY)
    with pytest.raises(SharingRefused, match="arrêté"):
        said(road, km="70")
    assert not TourSpent.objects.exists()


def test_a_part_of_the_road_goes_by_the_key_of_the_cost(road):
    counted(road)
    month = month_read(road.ecopole, OCTOBER)
    # 57.824 km × 8 L ÷ 100 × 3.17 = 14.664 kg, of which 14.46 € ÷ 57.82 €.
    assert (month.driving.km, month.driving.kg) == (Decimal("57.824"), Decimal("14.664"))
    part, other = (month.drive(road.agents[name].pk) for name in ("aulnes", "butte"))
    assert (part.km, part.kg) == (Decimal("14.461"), Decimal("3.667"))
    assert (part.km + other.km, part.kg + other.kg) == (month.driving.km, month.driving.kg)
    said(road, put_in="6")  # litres weigh, and cost nothing more
    month = month_read(road.ecopole, OCTOBER)
    assert (month.stale, month.driving.kg) == (0, Decimal("19.02"))


@pytest.mark.parametrize(
    ("model", "name", "broken"),
    [
        (SharingVote, "sharing_vote_rule_known", {"rule": "x"}),
        (SharingVote, "sharing_vote_is_written_somewhere", {"minutes": ""}),
        (TourShares, "tour_shares_rule_known", {"rule": "x"}),
        (TourSpent, "tour_spent_km_plausible", {"km": Decimal(0)}),
        (TourSpent, "tour_spent_km_plausible", {"km": Decimal(1001)}),
        (TourSpent, "tour_spent_put_in_plausible", {"put_in": Decimal(-1)}),
        (TourSpent, "tour_spent_put_in_plausible", {"put_in": Decimal(501)}),
    ],
)
def test_the_database_refuses(road, model, name, broken):
    written = {SharingVote: voted, TourShares: counted, TourSpent: partial(said, km="70")}
    row = written[model](road)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**broken)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("sharing_vote_key_once", voted),
        ("tour_shares_problem_once", lambda v: TourShares.objects.get(pk=counted(v).pk)),
        ("tour_spent_key_once", lambda v: said(v, km="70")),
    ],
)
def test_the_database_refuses_twice_the_same(road, name, write):
    row = write(road)
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
    assert "Tournées comptées" in page  # opening the month has it counted
    counted(road)
    page = alice.get(url(road, "?mois=2026-10")).content.decode()
    assert "14,46" in page
    assert "Aucune tournée" not in page
    assert "Dans aucune tournée un groupe ne ferait mieux seul" in page
    assert alice.get(url(road, "?mois=2026-13")).status_code == 404


def test_a_month_is_counted_by_itself_once_when_it_is_read(road, alice):
    for _ in range(2):
        assert "Tournées comptées" in alice.get(url(road, "?mois=2026-10")).content.decode()
    assert alice.post(url(road, "2026-10/compter"), {"key": "compter-octobre"}).status_code == 302
    asked = DBTaskResult.objects.get(task_path=count_month.module_path)
    count_month.func(**asked.args_kwargs["kwargs"])
    asked.status = "SUCCESSFUL"
    asked.save()
    assert "14,46" in alice.get(url(road, "?mois=2026-10")).content.decode()


def test_what_could_not_be_counted_is_not_tried_again_by_itself_within_the_hour(road):
    assert count_soon(road.ecopole, OCTOBER, at=NOW)
    DBTaskResult.objects.update(status="FAILED")
    assert not count_soon(road.ecopole, OCTOBER, at=NOW + timedelta(minutes=59))
    assert count_soon(road.ecopole, OCTOBER, at=NOW + timedelta(minutes=59), by_hand=True)
    DBTaskResult.objects.update(status="FAILED")
    assert count_soon(road.ecopole, OCTOBER, at=NOW + timedelta(hours=2))
    assert DBTaskResult.objects.count() == 3


def test_rounds_are_counted_the_evening_of_their_day(road):
    """The dock closes at 20:00 in Paris."""
    day = TODAY + timedelta(days=2)
    for _ in range(2):
        count_that_evening(road.ecopole, day, at=NOW)
    count_that_evening(road.ecopole, DAY, at=NOW)  # it is past: reading the month will do
    asked = DBTaskResult.objects.get()
    assert asked.run_after == datetime(2026, 11, 25, 19, tzinfo=UTC)
    assert asked.args_kwargs["kwargs"]["month"] == "2026-11-01"


def test_a_month_is_closed_from_its_page(road, alice):
    assert alice.post(url(road, "2026-10/arreter"), {"key": "arreter-octobre"}).status_code == 422
    counted(road)
    assert alice.post(url(road, "2026-10/arreter"), {"key": "arreter-octobre"}).status_code == 302
    assert "Mois arrêté" in alice.get(url(road, "?mois=2026-10")).content.decode()


def test_a_tour_and_the_rules_side_by_side(road, alice):
    row = counted(road)
    page = alice.get(url(road, f"tournee/{row.pk}/")).content.decode()
    assert "Aucun groupe ne ferait mieux seul" in page
    assert "14,46\u00a0€</td>" in page  # the table beside the bars, to the cent
    assert "Seul, cette tournée vous coûterait" in page
    page = alice.get(url(road, "regles/")).content.decode()
    assert "Aucun vote n’est encore écrit" in page


def test_the_road_of_a_tour_is_said_on_its_page(road, alice):
    page_of = url(road, f"tournee/{counted(road).pk}/")
    page = alice.get(page_of).content.decode()
    assert "57,824 km" in page
    assert "14,7 kg" in page
    assert "Niveau 3" in page
    sent = {"key": "releve-page-1", "km": "70,5 km", "put_in": "6"}
    refused = alice.post(f"{page_of}releve", sent)
    assert refused.status_code == 422
    assert "70,5 km" in refused.content.decode()
    assert alice.post(f"{page_of}releve", sent | {"km": "70,5"}).status_code == 302
    page = alice.get(page_of).content.decode()
    assert "70,5 km" in page
    assert "Niveau 4" in page
    assert "avec d’autres kilomètres" in page


@pytest.mark.parametrize("typed", ["-1", "0", "1001", "1.234", "abc", "9" * 400, "NaN", "²", ""])
def test_a_meter_that_cannot_be_read_is_refused(road, alice, typed):
    sent = {"key": "releve-page-1", "km": typed, "put_in": ""}
    assert alice.post(url(road, f"tournee/{counted(road).pk}/releve"), sent).status_code == 422
    assert not TourSpent.objects.exists()


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
