"""A stored plan of the season told to people, in the words of Réseau Cocagne:

composition des paniers → générations → surfaces → assolement.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from terreau.engines.season import Lock
from terreau.engines.season.plan import IMPOSSIBLE
from terreau.measures.french import MONTHS_SHORT, format_decimal
from terreau.measures.week import IsoWeek
from terreau.planning.locks import Desk
from terreau.planning.models import SeasonPlan
from terreau.planning.reading import (
    Difference,
    differing,
    euros,
    headline,
    hours,
    kilos,
    vegetables,
    whole_euros,
)
from terreau.planning.season.lines import (
    BasketLine,
    BlockLine,
    CropLine,
    FarmLine,
    GoalLine,
    LackLine,
    LotLine,
    OrderLine,
)
from terreau.planning.season.locks import AREA, FIXED, said_of
from terreau.planning.season.names import Names, said_beds
from terreau.planning.season.needs import Needs

ZERO, HUNDRED = Decimal(0), Decimal(100)
NOW_WEEKS = 4


# name, title, meaning, how it is said
GOALS = (
    ("promises", "Promesses non tenues", "valeur de ce qui manque aux paniers et aux engagements",
     whole_euros),
    ("fairness", "Équité entre les fermes", "le plus bas revenu par planche des fermes partenaires",
     whole_euros),
    ("variety", "Variété des paniers", "légumes qui manquent, tous paniers ajoutés", vegetables),
    ("waste", "Pertes", "laissé au champ ou perdu en chambre froide", kilos),
    ("hours", "Semaines rudes", "heures au-delà de ce qui est aisé", hours),
    ("surplus", "Ce que la saison rapporte à tous", "ce que reçoit qui mange, moins ce que cela coûte",
     whole_euros),
)  # fmt: skip


class SeasonReading:
    """One plan, read as stored; each section of the page decodes only what it shows."""

    def __init__(
        self, row: SeasonPlan, post: Mapping[str, Any] | None = None, errors: Mapping[str, str] | None = None
    ):
        self.row, self.problem = row, row.problem
        self.plan: dict[str, Any] = row.plan or {"status": IMPOSSIBLE}
        self.needs = Needs.from_json(row.needs)
        self.names = Names(self.problem)
        # Surfaces first, then what a farm must grow, or must not.
        locks = sorted((Lock.from_json(lock) for lock in row.locks), key=lambda lock: lock.kind != AREA)
        self.desk = Desk(locks, partial(said_of, self.names), post, errors)
        self.weeks = self.needs.planting

    def part(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.plan.get(name, [])
        return found

    # The whole.

    @property
    def headline(self) -> tuple[str, str]:
        """What the plan is worth, in words, and its tone."""
        gap = next((g["gap"] for g in self.part("goals") if g["name"] == "total"), None)
        return headline(self.plan["status"], [None if gap is None else Decimal(gap)])

    @property
    def goals(self) -> list[GoalLine]:
        """A bound is told where it teaches something: at most as much again as what is reached."""
        mine = {g["name"]: g for g in self.part("goals")}
        value = {name: Decimal(goal["value"]) for name, goal in mine.items()}
        bound = {name: Decimal(goal["bound"]) for name, goal in mine.items() if goal["bound"] is not None}
        return [
            GoalLine(
                title,
                meaning,
                say(value[name]),
                say(bound[name]) if name in bound and bound[name] <= 2 * value[name] else "",
            )
            for name, title, meaning, say in GOALS
            if name in mine
        ]

    @property
    def bounded(self) -> bool:
        """Some goal but the whole has a known best."""
        return any(goal.bound for goal in self.goals)

    @property
    def seconds(self) -> str:
        return f"{format_decimal(Decimal(self.plan.get('seconds', '0')), places=0)}\u00a0s"

    @property
    def clash(self) -> list[str]:
        return list(self.plan.get("clash", []))

    @cached_property
    def _coverage(self) -> list[tuple[IsoWeek, dict[str, Any]]]:
        """The weeks of the season itself; those after it belong to the next one."""
        found = [(IsoWeek.parse(c["week"]), c) for c in self.part("coverage")]
        return [(week, c) for week, c in found if week <= self.weeks[-1]]

    @property
    def coverage(self) -> list[tuple[str, Decimal]]:
        return [(f"S{week.week}", percent_of(c["share"])) for week, c in self._coverage]

    @property
    def lowest(self) -> tuple[IsoWeek, Decimal] | None:
        """The week that lacks most, and the share of its needs that is served."""
        week, c = min(self._coverage, key=lambda pair: Decimal(pair[1]["share"]), default=(None, None))
        return (week, Decimal(c["share"])) if week and c else None

    @property
    def served(self) -> tuple[Decimal, Decimal]:
        """Kilos served and asked over the season."""
        return (
            sum((Decimal(c["served_kg"]) for _, c in self._coverage), ZERO),
            sum((Decimal(c["wanted_kg"]) for _, c in self._coverage), ZERO),
        )

    @property
    def lacks(self) -> list[LackLine]:
        """What the season's own weeks lack, outlet by outlet; what lacks most first."""
        last = str(self.weeks[-1])
        asked = {c["id"]: c["outlet"] for c in self.problem["commitments"]}
        found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for s in self.part("shortfalls"):
            if s["week"] <= last:
                found[asked.get(s["subject"], "Paniers"), s["unit"]].append(s)
        lines = [
            LackLine(
                outlet,
                sum((Decimal(s["missing"]) for s in rows), ZERO),
                unit,
                span_of([IsoWeek.parse(s["week"]) for s in rows]),
                tuple(s["sentence"] for s in rows),
            )
            for (outlet, unit), rows in found.items()
        ]
        return sorted(lines, key=lambda line: (line.unit != "kg", -line.missing, line.outlet))

    @property
    def prices(self) -> list[str]:
        """What one more of something scarce would be worth; the dearest first."""
        ranked = sorted(self.part("prices"), key=lambda p: -Decimal(p["cents"]))
        return [p["sentence"] for p in ranked if Decimal(p["cents"]) >= HUNDRED]

    # Composition des paniers.

    @property
    def baskets(self) -> list[BasketLine]:
        return [
            BasketLine(
                IsoWeek.parse(b["week"]), Decimal(b["kg"]), euros(Decimal(b["value_cents"])),
                Decimal(b["varieties"]),
            )
            for b in self.part("baskets")
            if b["week"] <= str(self.weeks[-1])
        ]  # fmt: skip

    @property
    def varieties(self) -> list[tuple[str, Decimal, int]]:
        asked = self.problem["baskets"]["varieties_min"]
        return [(f"S{b.week.week}", round(b.varieties, 1), asked) for b in self.baskets]

    @property
    def in_baskets(self) -> list[tuple[str, list[Decimal | None]]]:
        """Kilos put in baskets, by crop and month."""
        return self._by_month(
            (u["crop"], u["week"], Decimal(u["portions"]) + Decimal(u["extra"])) for u in self.part("uses")
        )

    # Générations.

    @property
    def months(self) -> list[str]:
        return [f"{MONTHS_SHORT[month - 1]}" for _, month in self._months]

    @cached_property
    def _months(self) -> list[tuple[int, int]]:
        return list(dict.fromkeys(month_of(week) for week in self.needs.weeks))

    def _by_month(self, rows: Iterable[tuple[str, str, Decimal]]) -> list[tuple[str, list[Decimal | None]]]:
        """Sums by crop and month; a month without anything is an empty cell."""
        at = {month: rank for rank, month in enumerate(self._months)}
        found: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO] * len(at))
        months: dict[str, int] = {}
        for crop, week, kg in rows:
            if kg:
                if week not in months:
                    months[week] = at[month_of(IsoWeek.parse(week))]
                found[crop][months[week]] += kg
        named = sorted((self.names.crops[crop], sums) for crop, sums in found.items())
        return [(name, [round(kg, 0) or None for kg in sums]) for name, sums in named]

    @property
    def calendar(self) -> list[tuple[str, list[Decimal | None]]]:
        """Kilos harvested, by crop and month."""
        return self._by_month((h["crop"], h["week"], Decimal(h["picked"])) for h in self.part("harvests"))

    @property
    def generations(self) -> list[CropLine]:
        """Crop by crop, its sowings one after another."""
        lots: dict[str, list[LotLine]] = defaultdict(list)
        for line in self.lots:
            lots[line.crop].append(line)
        sums: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO] * 4)
        for h in self.part("harvests"):
            name = self.names.crops[h["crop"]]
            for rank, figure in enumerate(("low", "likely", "high", "picked")):
                sums[name][rank] += Decimal(h[figure])
        return [
            CropLine(
                name,
                tuple(sorted(lots[name], key=lambda x: (x.week, x.farm, x.block))),
                sum((x.beds for x in lots[name]), ZERO),
                *sums[name],
            )
            for name in sorted({*lots, *sums})
        ]

    @cached_property
    def lots(self) -> list[LotLine]:
        return [self._lot(lot) for lot in self.part("lots")]

    def _lot(self, lot: dict[str, Any]) -> LotLine:
        sowing, names = self.names.sowing(lot["option"]), self.names
        beds = Decimal(lot["beds"])
        return LotLine(
            names.crops[sowing.crop],
            names.families[sowing.crop],
            names.farms[names.holders[lot["block"]]],
            names.blocks[lot["block"]],
            sowing.week,
            sowing.last,
            beds,
            places(lot["places"]),
            self.desk.on(Lock(AREA, lot["block"], lot["option"], FIXED, beds)),
        )

    # Surfaces.

    @property
    def areas(self) -> list[tuple[str, list[Decimal | None]]]:
        """Beds given to each crop over the season, by farm."""
        farms = list(self.names.farms.values())
        found: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO] * len(farms))
        for line in self.lots:
            found[line.crop][farms.index(line.farm)] += line.beds
        return [(name, [beds or None for beds in found[name]]) for name in sorted(found)]

    @property
    def farms(self) -> list[FarmLine]:
        """Income, and hours against hands: the farms that earn least per bed first."""
        by_farm: dict[str, list[tuple[str, Decimal, Decimal]]] = defaultdict(list)
        for h in self.part("hours"):
            week = IsoWeek.parse(h["week"])
            if week <= self.weeks[-1]:
                needed, there = Decimal(h["needed"]), Decimal(h["available"])
                by_farm[h["farm"]].append((f"S{week.week}", round(there, 0), round(needed, 0)))
        return [
            FarmLine(
                self.names.farms[i["farm"]],
                whole_euros(Decimal(i["cents"])),
                whole_euros(Decimal(i["cents_per_bed"])),
                i["crops"],
                i["sentence"],
                tuple(by_farm[i["farm"]]),
                sum(needed > there for _, there, needed in by_farm[i["farm"]]),
            )
            for i in sorted(self.part("incomes"), key=lambda i: Decimal(i["cents_per_bed"]))
        ]

    @property
    def fairness(self) -> list[tuple[str, Decimal]]:
        """Income per bed, in euros; the lowest first."""
        ranked = sorted(self.part("incomes"), key=lambda i: Decimal(i["cents_per_bed"]))
        return [(self.names.farms[i["farm"]], round(Decimal(i["cents_per_bed"]) / 100, 0)) for i in ranked]

    @property
    def trade_off(self) -> list[tuple[str, Decimal]]:
        """As equity weighs more: the lowest income per bed, in euros, and what it costs to all."""
        points = sorted((Decimal(lowest), Decimal(total)) for _, total, lowest in self.row.trade_off)
        best = max((total for _, total in points), default=ZERO)
        return [
            (f"{whole_euros(best - total)} de moins pour tous" if total < best else "Le plus pour tous",
             round(lowest / 100, 0))
            for lowest, total in points
        ]  # fmt: skip

    @property
    def surplus(self) -> list[tuple[str, Decimal, Decimal]]:
        """What goes to the shops beyond the needs, and to the kitchen, by crop; the largest first."""
        found: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
        for u in self.part("uses"):
            found[u["crop"]][0] += Decimal(u["wholesale"])
            found[u["crop"]][1] += Decimal(u["kitchen"])
        rows = [
            (self.names.crops[crop], shops, cooked)
            for crop, (shops, cooked) in found.items()
            if shops or cooked
        ]
        return sorted(rows, key=lambda row: (-row[1] - row[2], row[0]))

    # Assolement.

    @property
    def land(self) -> list[tuple[str, list[Decimal]]]:
        """Beds taken, by block and week of the season."""
        at = {week: rank for rank, week in enumerate(self.weeks)}
        taken = {block: [ZERO] * len(at) for block in self.names.blocks}
        for lot in self.part("lots"):
            sowing = self.names.sowing(lot["option"])
            self._take(taken[lot["block"]], at[sowing.week], sowing.weeks, Decimal(lot["beds"]))
        for f in self.problem["fixed"]:
            self._take(taken[f["block"]], 0, f["weeks"], Decimal(len(f["beds"])) / 2)
        return [(self.names.blocks[block], beds) for block, beds in taken.items()]

    def _take(self, beds: list[Decimal], first: int, weeks: int, count: Decimal) -> None:
        for rank in range(first, min(first + weeks, len(beds))):
            beds[rank] += count

    @property
    def week_labels(self) -> list[str]:
        return [f"S{week.week}" for week in self.weeks]

    @property
    def blocks(self) -> list[BlockLine]:
        by_block: dict[str, list[LotLine]] = defaultdict(list)
        for lot, line in zip(self.part("lots"), self.lots, strict=True):
            by_block[lot["block"]].append(line)
        return [
            BlockLine(
                b["name"],
                self.names.farms[b["farm"]],
                "tunnel" if b["shelter"] == "tunnel" else "plein champ",
                Decimal(b["beds"]),
                tuple(sorted(by_block[b["id"]], key=lambda line: (line.week, line.crop))),
                tuple((x["family"], x["reason"]) for x in b["barred"]),
            )
            for b in self.problem["blocks"]
        ]

    # What to order, what to do now, what to buy.

    @cached_property
    def orders(self) -> list[OrderLine]:
        return [
            OrderLine(
                self.names.farms[o["farm"]],
                self.names.crops[o["crop"]],
                IsoWeek.parse(o["week"]),
                Decimal(o["plants"]),
                o["unit"],
                Decimal(o["beds"]),
            )
            for o in sorted(self.part("orders"), key=lambda o: (o["week"], o["crop"], o["farm"]))
        ]

    @property
    def sow_now(self) -> list[LotLine]:
        """The first weeks' sowings."""
        soon = self.weeks[0] + (NOW_WEEKS - 1)
        return sorted(
            (line for line in self.lots if line.week <= soon), key=lambda x: (x.week, x.farm, x.crop)
        )

    @property
    def to_buy(self) -> list[LackLine]:
        """Kilos promised that the season does not give."""
        return [line for line in self.lacks if line.unit == "kg"]


def percent_of(share: str) -> Decimal:
    return round(Decimal(share) * HUNDRED, 0)


def month_of(week: IsoWeek) -> tuple[int, int]:
    """A week belongs to the month of its Thursday."""
    thursday = week.days[3]
    return thursday.year, thursday.month


def places(halves: Iterable[str]) -> str:
    """« 1, 2 et ½ de 3 »: the beds of a lot by their rank in the block."""
    count: dict[int, int] = defaultdict(int)
    for place in halves:
        count[int(place[:-1])] += 1
    return ", ".join(str(n) if sides == 2 else f"½ de {n}" for n, sides in sorted(count.items()))


def span_of(weeks: list[IsoWeek]) -> str:
    first, last = min(weeks), max(weeks)
    many = f"{len(set(weeks))} semaines, de S{first.week} à S{last.week}"
    return f"S{first.week}" if first == last else many


def differences(one: SeasonReading, other: SeasonReading) -> list[tuple[str, list[Difference]]]:
    sections = (("Fermes", _incomes), ("Surfaces", _areas), ("Assolement", _lots))
    return differing(((title, amounts(one), amounts(other)) for title, amounts in sections), sorted)


def _incomes(reading: SeasonReading) -> dict[str, str]:
    return {farm.name: f"{farm.income}, {farm.per_bed} par planche" for farm in reading.farms}


def _areas(reading: SeasonReading) -> dict[str, str]:
    beds: dict[str, Decimal] = defaultdict(Decimal)
    for line in reading.lots:
        beds[f"{line.crop}, {line.farm}"] += line.beds
    return {what: said_beds(count) for what, count in beds.items()}


def _lots(reading: SeasonReading) -> dict[str, str]:
    beds: dict[str, Decimal] = defaultdict(Decimal)
    for line in reading.lots:
        beds[f"{line.block}, semaine {line.week.week}, {line.crop}"] += line.beds
    return {what: said_beds(count) for what, count in beds.items()}
