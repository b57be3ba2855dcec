"""Two farms on one straight road, 1 € a kilometre, nothing for the hours."""

from datetime import UTC, date, datetime
from decimal import Decimal

from terreau.engines.shares import Rule
from terreau.ledger.actions import (
    NewLot,
    NewProcess,
    Promise,
    new_lots,
    open_processes,
    promise,
    record,
)
from terreau.ledger.checks import Entry
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.planning.models import TourShares
from terreau.planning.shares.actions import (
    count_tours,
    latest,
)
from terreau.planning.shares.reading import month_read
from terreau.planning.shares.terms import Terms
from terreau.planning.tests.factories import Village
from terreau.territory.models import Agent, Place

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


def url(v: Village, rest: str = "") -> str:
    return f"/e/{v.ecopole.slug}/partage/{rest}"
