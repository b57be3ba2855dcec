"""Two years of worksites in the demo: three clients, six sites, a day a week; the orders of the moment."""

import struct
import zlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any

from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.worksites import actions
from terreau.rooms.worksites.models import Basis, Order, Side, Site, SiteKind
from terreau.territory.clock import moment
from terreau.territory.demo import World
from terreau.territory.models import Agent, AgentKind, Commune

OWNERS = (
    (AgentKind.AUTHORITY, "Commune d’Oye-Plage", "Oye-Plage"),
    (AgentKind.LANDLORD, "Habitat du Marais", "Audruicq"),
)
COMMUNITY = "CC de la Région d’Audruicq"


@dataclass(frozen=True)
class Land:
    """An invented site, and how its care is sold."""

    name: str
    owner: str
    commune: str
    kind: SiteKind
    area_m2: int | None
    length_m: int | None
    care: str
    trade: str
    basis: Basis
    price: int
    hazards: str
    access: str
    shift: tuple[float, float]


LANDS = (
    Land("Marais des Vanneaux", COMMUNITY, "Guemps", SiteKind.MARSH, 18_000, None,
         "fauche tardive exportée", "chantier-fauche", Basis.DAY, 65_000,
         "sol instable, fossés profonds", "par la digue, clé à la mairie", (0.008, 0.01)),
    Land("Sentier des Roseaux", COMMUNITY, "Nouvelle-Église", SiteKind.PATH, None, 2_400,
         "débroussaillage, marches", "chantier-amenagement", Basis.DAY, 65_000, "", "stationner à l’église",
         (-0.006, 0.012)),
    Land("Haie du Long Talus", "Commune d’Oye-Plage", "Oye-Plage", SiteKind.HEDGE, None, 850,
         "taille douce, sans nids", "chantier-taille", Basis.HOUR, 2_150,
         "ligne électrique au-dessus du talus", "par la rue basse", (-0.01, 0.0)),
    Land("Prairie du Gros Saule", "Commune d’Oye-Plage", "Oye-Plage", SiteKind.MEADOW, 9_500, None,
         "fauche, ramassage", "chantier-fauche", Basis.LUMP, 310_000, "", "portail vert", (-0.004, 0.02)),
    Land("Mare de la Résidence", "Habitat du Marais", "Audruicq", SiteKind.POND, 600, None,
         "berges éclaircies à la main", "chantier-fauche", Basis.HOUR, 2_150,
         "eau profonde d’un mètre cinquante", "par le parking", (0.003, -0.006)),
    Land("Bois des Jeux", "Habitat du Marais", "Audruicq", SiteKind.WOOD, 4_200, 300,
         "élagage léger, déchets", "chantier-ramassage", Basis.LUMP, 240_000, "", "à pied", (-0.003, 0.008)),
)  # fmt: skip
TOOLS = (("Débroussailleuse", 3), ("Faux", 6), ("Râteau", 8), ("Sécateur à long manche", 5), ("Brouette", 4))
YEAR_WEEKS, WEDNESDAY, AHEAD = 52, 2, 4


def live(world: World, first: IsoWeek, today: date) -> None:
    """Site after site, an order each year and a day every six weeks; the last ones are under way."""
    dice = Random(48)
    sites = _settle(world)
    this_week = IsoWeek.of(today)
    last = this_week + AHEAD
    for start in range(0, last - first + 1, YEAR_WEEKS):
        weeks = IsoWeek.range(first + start, min(first + start + YEAR_WEEKS, last + 1))
        for rank, (land, site) in enumerate(zip(LANDS, sites, strict=True)):
            own = [week.days[WEDNESDAY] for week in weeks if (week - this_week) % len(LANDS) == rank]
            if own:
                _season(world, land, site, own, weeks[-1].sunday, today, dice)
    _of_the_moment(world, sites, today)


def _settle(world: World) -> list[Site]:
    communes = {commune.name: commune for commune in Commune.objects.all()}
    owners = {agent.name: agent for agent in Agent.objects.filter(ecopole=world.ecopole, name=COMMUNITY)}
    for number, (kind, name, commune) in enumerate(OWNERS):
        owners[name] = Agent.objects.create(
            ecopole=world.ecopole, kind=kind, name=name, commune=communes[commune],
            phone=f"01 99 00 90 {number:02}", email=f"chantiers{number}@exemple.invalid",
        )  # fmt: skip
    for name, count in TOOLS:
        actions.save_tool(ecopole=world.ecopole, name=name, count=count, key=f"demo:tool:{name}")
    return [
        actions.save_site(ecopole=world.ecopole, site=None, key=f"demo:site:{land.name}", entry=_entry(
            land, owners[land.owner], communes[land.commune]
        ))
        for land in LANDS
    ]  # fmt: skip


def _entry(land: Land, owner: Agent, commune: Commune) -> actions.SiteEntry:
    return actions.SiteEntry(
        name=land.name, owner=owner, commune=commune, kind=land.kind, care=land.care, passes_a_year=9,
        area_m2=land.area_m2, length_m=land.length_m, hazards=land.hazards, access=land.access,
        latitude=round((commune.latitude or 0) + land.shift[0], 5),
        longitude=round((commune.longitude or 0) + land.shift[1], 5),
    )  # fmt: skip


def _ask(world: World, land: Land, site: Site, what: str, from_on: date, to_on: date, on: date) -> Order:
    return actions.ask(
        ecopole=world.ecopole, site=site, provider=world.garden, trade=world.products[land.trade], what=what,
        from_on=from_on, to_on=to_on, on=on, by=None, at=moment(on, 9),
        key=f"demo:{land.name}:{on}:{what}"[:80],
    )  # fmt: skip


def _season(
    world: World, land: Land, site: Site, days: list[date], to_on: date, today: date, dice: Random
) -> None:
    """Asked, quoted and accepted on its first morning, then worked day by day, and finished."""
    start = min(days[0], today)
    order = _ask(world, land, site, land.care.capitalize(), start, to_on, start)
    common: dict[str, Any] = {"on": start, "by": None, "at": moment(start, 9)}
    hours = Decimal(30 * len(days))
    actions.quote(
        order=order, terms=actions.Quote(land.basis, Money(land.price), hours), key="demo-quote", **common
    )
    actions.accept(order=order, key="demo-accept", **common)
    planned = actions.plan_days(
        order=order, days=days, people=6, hours_each=Decimal(5), key="demo-plan", **common
    )
    done = [day for day in planned if day.on < today]
    for day in done:
        worked = actions.Worked(
            people=dice.randint(5, 7), hours_each=Decimal(dice.choice(("4.5", "5", "5"))),
            supervision_hours=Decimal(5),
            area_m2=(land.area_m2 or 0) // 4, length_m=(land.length_m or 0) // 4, note="Comme prévu.",
        )  # fmt: skip
        actions.work_day(
            day=day, worked=worked, by=None, at=moment(day.on, 18), key=f"demo:{day.process.key}"
        )
    for side, day in zip(Side, done[:1] + done[-1:], strict=False):
        actions.add_picture(
            order=order, side=side, photo=drawn(side), caption="depuis l’entrée", taken_on=day.on, by=None,
            at=moment(day.on, 18), key=f"demo-{side}",
        )  # fmt: skip
    if len(done) == len(planned) and planned[-1].on < today:
        actions.finish(
            order=order, on=planned[-1].on, by=None, at=moment(planned[-1].on, 18), key="demo-finish"
        )


def _of_the_moment(world: World, sites: list[Site], today: date) -> None:
    """An order that waits for its price, another for its client's answer."""
    spring = date(today.year + 1, 3, 1)
    _ask(world, LANDS[4], sites[4], "Curer la mare à la main", spring, date(spring.year, 4, 30), today)
    order = _ask(world, LANDS[2], sites[2], "Planter 120 m de haie", spring, date(spring.year, 3, 31), today)
    terms = actions.Quote(Basis.LUMP, Money(184_000), Decimal(80))
    actions.quote(order=order, terms=terms, on=today, by=None, at=moment(today, 9), key="demo-quote")


WIDE, HIGH, HORIZON = 320, 240, 110
SKY, FAR, CUT, TALL, DARK = range(5)
PALETTE = bytes((196, 220, 236, 120, 150, 110, 150, 180, 90, 110, 130, 50, 70, 90, 40))


@lru_cache(maxsize=2)
def drawn(side: Side) -> bytes:
    """A meadow drawn for the demo: tall grass before, cut after."""
    dice, rows = Random(side), []
    heights = [dice.randint(0, 60) if side == Side.BEFORE else 0 for _ in range(WIDE // 4)]
    for y in range(HIGH):
        row = bytearray()
        for blade in heights:
            if y < HORIZON - 30:
                colour = TALL if y > HORIZON + 20 - blade else SKY
            else:
                colour = FAR if y < HORIZON - blade else (TALL if blade > 20 else CUT)
            row += bytes((colour, colour, colour, DARK if blade > 30 and colour == TALL else colour))
        rows.append(b"\0" + bytes(row))
    head = struct.pack(">IIBBBBB", WIDE, HIGH, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", PALETTE), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
