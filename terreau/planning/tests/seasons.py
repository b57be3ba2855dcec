"""The village plans its season: six beds of the garden, three of the farm, five crops, one canteen.

Monday 23 November 2026; the season begins in week 49. Leeks stand on the garden's first bed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from terreau.engines.season import Lock
from terreau.ledger.actions import Entry, open_processes, promise, record
from terreau.ledger.models import Commitment, Process
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.planning.models import SeasonPlan
from terreau.planning.season.actions import request_season, solve_season
from terreau.planning.season.needs import Needs
from terreau.planning.season.publish import publish_season
from terreau.planning.tests.factories import MONDAY, NOW, WEEK, Village, village
from terreau.rooms.baskets.models import DepotCount
from terreau.rooms.garden.crops import load_crops
from terreau.rooms.garden.models import Bed, Block, Crew, Crop, Plot
from terreau.rooms.garden.queries import (
    ESTABLISH,
    BedLine,
    NewPlanting,
    beds,
    catalogue,
    planting_process,
    planting_promises,
    trades,
)
from terreau.rooms.platform.actions import OrderEntry, order
from terreau.territory.abilities import Role
from terreau.territory.models import Place
from terreau.territory.products import load_products
from terreau.territory.tests.factories import someone

CROPS = ("carotte-conservation", "laitue", "poireau", "radis")
FIRST = WEEK + 1
YEAR = Needs(str(FIRST), str(FIRST + 51), ())


def growing_village(slug: str = "hameau") -> Village:
    v = village(slug)
    load_products()
    load_crops()
    Crop.objects.exclude(code__in=CROPS).delete()
    land(v, "jardin", "Grand champ", 4)
    land(v, "jardin", "Serre", 2, shelter="tunnel")
    land(v, "ferme", "La Pointe", 3)
    hands(v, "jardin", "insertion", "100", "0.5")
    hands(v, "jardin", "permanent", "35")
    hands(v, "ferme", "permanent", "35")
    v.users["gaelle"] = someone(f"gaelle@{slug}.example.org", v.agents["jardin"], Role.GROWER)
    v.users["felix"] = someone(f"felix@{slug}.example.org", v.agents["ferme"], Role.FARMER)
    for week in (IsoWeek(2026, 10), IsoWeek(2026, 40)):
        last_year(v, week)
    return v


def land(v: Village, owner: str, name: str, count: int, *, shelter: str = "field") -> Block:
    plot, _ = Plot.objects.get_or_create(ecopole=v.ecopole, agent=v.agents[owner], name=f"Parcelle {name}")
    block = Block.objects.create(plot=plot, name=name, shelter=shelter)
    for number in range(1, count + 1):
        place = Place.objects.create(
            ecopole=v.ecopole, agent=v.agents[owner], kind="bed", name=f"{name} {number}"
        )
        Bed.objects.create(
            place=place, block=block, number=number, length_m=Decimal(50), width_m=Decimal("0.8")
        )
    return block


def hands(v: Village, owner: str, kind: str, hours: str, productivity: str = "1") -> Crew:
    return Crew.objects.create(
        ecopole=v.ecopole,
        agent=v.agents[owner],
        kind=kind,
        hours=Decimal(hours),
        productivity=Decimal(productivity),
        starts_on=MONDAY - timedelta(days=365),
    )


def last_year(v: Village, week: IsoWeek, quantity: str = "20") -> None:
    entry = OrderEntry(
        customer=v.agents["cantine"],
        day=week.days[3],
        product=v.products["carotte"],
        quantity=Decimal(quantity),
        price=Money(280),
    )
    order(ecopole=v.ecopole, entries=[entry])


def bed(v: Village, name: str) -> BedLine:
    return next(line for line in beds(v.ecopole) if line.name == name)


def planted(
    v: Village, crop: str, on: str, week: IsoWeek, *, done: bool = True, length: str = "50", plan: str = ""
) -> Process:
    """A planting decided for that week; `done`: it was set up."""
    new = NewPlanting(catalogue(v.ecopole)[crop], bed(v, on), week, Decimal(length))
    key = f"culture:{crop}:{on}:{week}"
    (process,) = open_processes(ecopole=v.ecopole, processes=[planting_process(new, key=key, plan=plan)])
    promised = promise(ecopole=v.ecopole, promises=planting_promises(new, process, trades(), plan=plan))
    if done:
        set_up(v, next(c for c in promised if c.product.code == ESTABLISH))
    return process


def set_up(v: Village, due: Commitment, at: datetime = NOW) -> None:
    """The garden sows or plants what it had promised to."""
    entry = Entry(
        action="work",
        provider_id=due.provider_id,
        receiver_id=due.receiver_id,
        product_id=due.product_id,
        quantity=due.quantity,
        unit=Unit.HOUR,
        occurred_at=at,
        process_id=due.process_id,
        fulfils_id=due.pk,
        key=f"travail-{due.pk}",
    )
    record(ecopole=v.ecopole, entries=[entry], recorded_by=None, recorded_at=at)


def needs(v: Village, *farms: str, **changed: object) -> Needs:
    """Everybody who has land, from next week on."""
    names = farms or ("jardin", "ferme")
    given = {"first": YEAR.first, "last": YEAR.last} | changed
    return Needs(farms=tuple(v.agents[name].pk for name in names), **given)


def asked(
    v: Village,
    key: str = "premiere-saison",
    at: datetime = NOW,
    wanted: Needs | None = None,
    locks: tuple[Lock, ...] = (),
) -> SeasonPlan:
    return request_season(
        ecopole=v.ecopole, needs=wanted or needs(v), today=at.date(), locks=locks, by=v.users["alice"],
        at=at, key=key,
    )  # fmt: skip


def solved(v: Village, key: str = "premiere-saison", at: datetime = NOW, **given: object) -> SeasonPlan:
    row = asked(v, key, at, **given)
    SeasonPlan.objects.filter(pk=row.pk).update(seconds_max=SECONDS)
    solve_season.func(plan_id=row.pk)
    row.refresh_from_db()
    return row


# Several times what a garden of nine beds needs: what is proven is the engine's own tests' business.
SECONDS = 2


@dataclass
class Season:
    v: Village
    key: str

    @property
    def row(self) -> SeasonPlan:
        return SeasonPlan.objects.get(ecopole=self.v.ecopole, key=self.key)

    def url(self, rest: str = "") -> str:
        return f"/e/{self.v.ecopole.slug}/saison/{rest}"

    def published(self, at: datetime = NOW) -> list[Process]:
        return publish_season(plan_id=self.row.pk, by=self.v.users["alice"], at=at)


def one_season() -> Season:
    """Ten baskets a week, the canteen's carrots, leeks already in the ground: solved, not published."""
    v = growing_village()
    DepotCount.objects.update(day=WEEK.monday - timedelta(days=4))
    planted(v, "poireau", "Grand champ 1", IsoWeek(2026, 27))
    return Season(v, solved(v).key)
