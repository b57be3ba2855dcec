"""What the tours driven say of trip times, worked by hand; nothing is applied that nobody accepted.

From the school to the secondary school 1,157 s are said. Noted at 7:00 at one, at 7:30 at the other, where
seven minutes were planned: the road took 23 minutes, 1,380 s, 1.19 times what was said.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.urls import reverse

from terreau.ledger.actions import NewProcess, open_processes
from terreau.ledger.models import Process, ProcessKind
from terreau.planning.rounds.calibration import accept, calibration
from terreau.planning.rounds.publish import publish_rounds
from terreau.planning.tests.mornings import NOW, TODAY, morning, solved, visitor
from terreau.planning.tests.test_pages import middle, text
from terreau.rooms.platform.models import StopKind, StopNote
from terreau.territory.models import Place, TravelFactor
from terreau.territory.tests.pages import cost
from terreau.territory.tests.test_roads import TOWN, imported
from terreau.territory.travel import TravelRefused, basis

BASE = "estimate 2026-01-01"
OCTOBER = date(2026, 10, 1)
PAGE = "temps-de-trajet/"
KEY = "cale-automne"
# Minutes from the note at the first stop to that at the second, of which seven on the spot.
AS_WORKED = 30


@pytest.fixture
def m(db, settings):
    settings.CLOCK = "2026-11-26T17:00"
    return morning()


def stop(m, name: str, **changes) -> dict:
    told = {"place": m.places[name].pk, "receiver": m.agents[name].pk, "arrives": "07:20", "leaves": "07:27"}
    return told | {"commitments": [], "crates": 1, "trip": 1, "km": "14.456", "road_s": 1157} | changes


def drove(m, minutes, *, day: date = OCTOBER, stops=None, base=BASE, n: int = 0) -> Process:
    """A tour published that day, each stop noted so many minutes after seven; none where nobody did."""
    stops = stops or [stop(m, "ecole"), stop(m, "college")]
    detail = {"plan": f"plan-{day}", "base": base, "stops": stops}
    (tour,) = open_processes(
        ecopole=m.ecopole,
        processes=[
            NewProcess(
                kind=ProcessKind.ROUND, key=f"tour:{day}:{n}", agent_id=m.agents["plateforme"].pk,
                place_id=m.places["quai"].pk, planned_for=day, detail=detail,
            )
        ],
    )  # fmt: skip
    start = datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
    StopNote.objects.bulk_create(
        StopNote(
            ecopole=m.ecopole, round=tour, rank=rank, customer=m.agents["ecole"], kind=StopKind.DELIVERED,
            occurred_at=start + timedelta(minutes=after), recorded_at=start + timedelta(hours=9),
            key=f"note:{tour.pk}:{rank}",
        )
        for rank, after in enumerate(minutes, 1)
        if after is not None
    )  # fmt: skip
    return tour


def season(m, name: str = "automne", today: date = TODAY):
    return next(one for one in calibration(m.ecopole, today).proposals if one.season == name)


def thirty(m, *minutes: float) -> None:
    """Thirty tours, of which the leg takes each of these minutes in turn."""
    for n in range(30):
        drove(m, (0, minutes[n % len(minutes)]), day=OCTOBER + timedelta(days=n))


def test_a_leg_is_what_was_driven_without_the_time_on_the_spot(m):
    thirty(m, AS_WORKED)
    one = season(m)
    assert (one.legs, one.factor, one.low, one.high) == (
        30,
        Decimal("1.19"),
        Decimal("1.19"),
        Decimal("1.19"),
    )
    assert season(m, "hiver").factor is None


def test_the_middle_is_proposed_and_a_few_odd_legs_do_not_move_it(m):
    # 25, 30 and 35 minutes: 18, 23 and 28 of road, 0.93, 1.19 and 1.45 times what was said.
    thirty(m, 25, 30, 35)
    one = season(m)
    assert (one.factor, one.low, one.high) == (Decimal("1.19"), Decimal("0.93"), Decimal("1.45"))
    # An hour and a half for lunch, and two stops noted together: set aside, and said.
    drove(m, (0, 90), day=date(2026, 11, 5))
    drove(m, (0, 1), day=date(2026, 11, 6))
    one = season(m)
    assert (one.legs, one.aside, one.factor) == (30, 2, Decimal("1.19"))


def test_too_few_legs_propose_nothing(m):
    for n in range(29):
        drove(m, (0, AS_WORKED), day=OCTOBER + timedelta(days=n))
    assert (season(m).legs, season(m).factor) == (29, None)
    with pytest.raises(TravelRefused, match="relisez-le"):
        accept(ecopole=m.ecopole, season="automne", asked="1.19", today=TODAY, by=None, at=NOW, key=KEY)


@pytest.mark.parametrize(
    ("minutes", "changes", "base"),
    [
        ((0, None), {}, BASE),  # the second was not noted on the road
        ((30, 0), {}, BASE),  # driven the other way round
        ((0, 30), {"trip": 2}, BASE),  # by the hub in between
        ((0, 30), {"road_s": 179}, BASE),  # so short that a minute weighs too much
        ((0, 30), {}, "roads 2026-01-01"),  # said by other speeds
    ],
)
def test_what_says_nothing_of_the_road_does_not_count(m, minutes, changes, base):
    drove(m, minutes, stops=[stop(m, "ecole"), stop(m, "college", **changes)], base=base)
    one = season(m)
    assert (one.legs, one.aside) == (0, 0)


def test_stops_served_in_another_order_are_not_taken_for_the_road_between_them(m):
    # Planned 1, 2, 3; driven 1, 3, 2: none of the legs of the plan was driven.
    drove(m, (0, 60, 30), stops=[stop(m, name) for name in ("ecole", "college", "depot")])
    assert season(m).legs == 0


def test_a_tour_of_long_ago_is_forgotten(m):
    drove(m, (0, AS_WORKED), day=TODAY - timedelta(days=366))
    drove(m, (0, AS_WORKED), day=TODAY - timedelta(days=365))
    assert season(m).legs == 1


def test_nothing_is_applied_before_somebody_accepts(m):
    thirty(m, AS_WORKED)
    assert basis(m.ecopole, TODAY).factor is None
    for _ in range(2):
        accept(ecopole=m.ecopole, season="automne", asked="1.19", today=TODAY, by=None, at=NOW, key=KEY)
    row = TravelFactor.objects.get()
    assert (row.base, row.factor, row.legs, row.starts_on) == (BASE, Decimal("1.19"), 30, TODAY)
    # What is driven is held against what was said before any factor: the same is proposed, nothing is new.
    assert (season(m).factor, season(m).news) == (Decimal("1.19"), False)


def test_a_published_tour_keeps_what_was_said_of_its_legs(m):
    publish_rounds(plan_id=solved(m).pk, by=None, at=NOW)
    detail = Process.objects.get(kind=ProcessKind.ROUND).detail
    assert detail["base"] == BASE
    doors = [m.places["quai"], *(Place.objects.get(pk=s["place"]) for s in detail["stops"])]
    tenths = [round(abs(a.latitude - b.latitude) * 10) for a, b in pairwise(doors)]
    assert [s["road_s"] for s in detail["stops"]] == [pytest.approx(1156.5 * n, abs=1) for n in tenths]


# On the map, and on the pages.


def test_a_plan_made_on_a_map_says_so_and_names_who_drew_it(m, settings):
    for place, latitude in (("ecole", 50.01), ("college", 50.02), ("depot", 50.07)):
        m.places[place].latitude = latitude
        m.places[place].save()
    imported(TOWN)
    row = solved(m)
    told = text(visitor(m).get(m.url("plan/premier-plan/")))
    for words in (
        "calculé", "Trajets calculés sur la carte OpenStreetMap du 2 nov. 2026",
        "© les contributeurs d’OpenStreetMap (ODbL)",
    ):  # fmt: skip
        assert words in told
    assert "d’un tiers" not in told
    publish_rounds(plan_id=row.pk, by=None, at=NOW)
    detail = Process.objects.get(kind=ProcessKind.ROUND).detail
    assert (detail["travel"], detail["base"]) == ("calculé", "roads 2026-01-01")
    settings.CLOCK = "2026-11-27T07:00"
    told = text(visitor(m).get(reverse("platform:deliveries", args=[m.ecopole.slug])))
    assert "de route (calculé) © les contributeurs d’OpenStreetMap (ODbL)" in told


def test_the_page_says_what_is_proposed_and_one_gesture_applies_it(m):
    told = text(visitor(m).get(m.url(PAGE)))
    assert "Trajets estimés à vol d’oiseau × 1,3, à 45 km/h" in told
    assert "Automne 0 sur 30 qu’il faut – –" in told
    thirty(m, 25, 30, 35)
    client = visitor(m)
    page = client.get(m.url(PAGE))
    assert "30 × 1,19 la moitié des trajets entre × 0,93 et × 1,45" in text(page)
    assert 'name="factor" value="1.19"' in page.content.decode()
    sent = {"key": KEY, "season": "automne", "factor": "1.19"}
    for _ in range(2):
        assert client.post(m.url(f"{PAGE}caler"), sent).url == m.url(PAGE)
    told = text(client.get(m.url(PAGE)))
    assert "calés × 1,19" in told
    assert "depuis le 26 nov. 2026" in told
    assert "Appliquer" not in told
    assert "À partir du 26 nov. 2026, par Alice" in told
    client.post(m.url(f"{PAGE}caler"), sent | {"key": "plus-de-calage", "factor": "1"})
    assert "Automne : plus de coefficient" in text(client.get(m.url(PAGE)))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"season": "automne", "factor": "1.2"}, "le coefficient proposé a changé"),
        ({"season": "automne"}, "le coefficient proposé a changé"),
        ({"season": "mousson", "factor": "1.19"}, "« mousson » n’est pas une saison"),
    ],
)
def test_what_was_not_proposed_is_refused_in_words(m, sent, said):
    thirty(m, AS_WORKED)
    answer = visitor(m).post(m.url(f"{PAGE}caler"), {"key": KEY} | sent)
    assert answer.status_code == 422
    assert said in text(answer)
    assert not TravelFactor.objects.exists()


def test_a_factor_too_far_from_one_is_shown_and_refused(m):
    thirty(m, 55)  # 48 minutes: 2.49 times what was said
    answer = visitor(m).post(m.url(f"{PAGE}caler"), {"key": KEY, "season": "automne", "factor": "2.49"})
    assert (answer.status_code, "trop loin de 1" in text(answer)) == (422, True)


def test_the_director_reads_and_applies_nothing(m):
    thirty(m, AS_WORKED)
    client = visitor(m, "daniel")
    assert "Appliquer" not in text(client.get(m.url(PAGE)))
    assert client.post(m.url(f"{PAGE}caler"), {"key": KEY}).status_code == 403


def test_the_page_asks_the_database_the_same_whatever_was_driven(m):
    client = visitor(m)
    drove(m, (0, AS_WORKED))

    def asked() -> int:
        client.get(m.url(PAGE))
        return cost(client, m.url(PAGE))

    few = asked()
    for n in range(1, 20):
        drove(m, (0, AS_WORKED), day=OCTOBER + timedelta(days=n))
    assert asked() == few <= 12


def test_the_fragment_is_the_middle_of_the_whole_page(m):
    client = visitor(m)
    whole = client.get(m.url(PAGE)).content.decode()
    fragment = client.get(m.url(PAGE), headers={"HX-Request": "true"}).content.decode()
    assert middle(fragment) == middle(whole)
