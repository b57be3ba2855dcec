"""The season as a mixed-integer program: columns are decisions, rows are the rules of the trade.

Areas are counted in half-beds, so that whole columns are whole half-beds. Money is in euros, to be minimised.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from ..access import maximal, offered, ripening, span
from ..problem import HALF, KITCHEN, PARTNER, Block, Crop, Farm, Hands, Option, Problem

# Each family of rows, and its sentence; docs/engines/season.md gives the equations.
FAMILIES = {
    "land": "Chaque semaine, les planches prises sur un bloc ne dépassent pas les siennes.",
    "family": "Une famille n’occupe un bloc que si elle y est admise cette saison.",
    "families": "Un bloc n’admet pas plus de familles que son maximum.",
    "portfolio": "Une ferme ne plante que les légumes qu’elle a choisi de suivre.",
    "crops": "Une ferme ne suit pas plus de légumes que son maximum.",
    "picking": "On ne récolte pas plus que ce qui mûrit, et laisser au champ est permis.",
    "hands": "Le travail d’une semaine tient dans les heures des équipes et les heures supplémentaires.",
    "team": "Une équipe partage ses heures entre ses savoir-faire.",
    "ease": "Au-delà d’une part de ses heures, une ferme travaille tendu, et c’est compté.",
    "overtime": "Les heures supplémentaires d’une semaine ne dépassent pas leur maximum.",
    "flow": "Ce qui est récolté, sorti ou gardé d’un légume va aux débouchés ou en chambre froide.",
    "basket_kg": "Les paniers pèsent au moins le poids promis, ou ce qui manque est compté.",
    "basket_value": "Les paniers ne valent pas plus que leur prix.",
    "varieties": "Un panier a le nombre promis de légumes, ou ce qui manque est compté.",
    "presences": "Un légume n’est en pleine portion qu’un nombre limité de fois sur quelques semaines.",
    "commitment": "Ce qu’un débouché reçoit, plus ce qui lui manque, fait ce qui lui est promis.",
    "cold": "Ce qui est gardé tient dans la chambre froide.",
    "kitchen": "Ce qui est transformé tient dans la capacité de la cuisine.",
    "lowest": "Le revenu d’une ferme partenaire, par planche, n’est jamais sous le plus bas.",
    "lock": "Une décision verrouillée est respectée.",
}
# Those in which farms meet; all others are the business of one farm.
SHARED = (
    "flow",
    "basket_kg",
    "basket_value",
    "varieties",
    "presences",
    "commitment",
    "cold",
    "kitchen",
    "lowest",
)
GOALS = ("promises", "variety", "waste", "hours", "surplus")
Entries = list[tuple[int, float]]
# Euros that no hundred square metres of vegetables will ever bring in a season: bounds want an end.
_EVER = 1e5


@dataclass
class Model:
    """Rows first, then columns with what they put in each row: handed to HiGHS as arrays.

    Half-beds are whole in `areas`; `families` and `grown` are switches. `goals` holds the costs of each goal.
    """

    row_names: list[str] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    column_names: list[str] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    areas: dict[tuple[str, str], int] = field(default_factory=dict)
    families: dict[tuple[str, str], int] = field(default_factory=dict)
    grown: dict[tuple[str, str], int] = field(default_factory=dict)
    flows: dict[tuple[str, ...], int] = field(default_factory=dict)
    goals: dict[str, dict[int, float]] = field(default_factory=lambda: {name: {} for name in GOALS})
    lowest: int = -1
    rows: dict[tuple[object, ...], int] = field(default_factory=dict)
    constants: dict[str, float] = field(default_factory=dict)

    def row(self, name: str, lower: float, upper: float) -> int:
        self.row_names.append(name)
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        return len(self.row_names) - 1

    def column(
        self,
        name: str,
        upper: float,
        entries: Iterable[tuple[int, float]],
        *,
        lower: float = 0.0,
        integer: bool = False,
        **costs: float,
    ) -> int:
        """One decision, with what it costs to each goal."""
        at = len(self.column_names)
        self.column_names.append(name)
        self.lower.append(lower)
        self.upper.append(upper)
        self.integer.append(integer)
        self.starts.append(len(self.indices))
        for row, value in entries:
            self.indices.append(row)
            self.values.append(value)
        self.cost(at, costs)
        return at

    def late_row(self, name: str, terms: Entries, lower: float, upper: float) -> int:
        """A row written after its columns."""
        row = self.row(name, lower, upper)
        for column, value in sorted(terms, reverse=True):
            end = self.starts[column + 1] if column + 1 < len(self.starts) else len(self.indices)
            self.indices.insert(end, row)
            self.values.insert(end, value)
            for later in range(column + 1, len(self.starts)):
                self.starts[later] += 1
        return row

    def cost(self, column: int, costs: Mapping[str, float]) -> None:
        for goal, cost in costs.items():
            if cost:
                self.goals[goal][column] = cost


def build(problem: Problem) -> Model:
    """Every rule but locks."""
    return _Builder(problem).model


def weights(problem: Problem) -> dict[str, float]:
    """Euros for a unit of each goal: a vegetable missing, a kilo lost, an hour beyond what is easy."""
    t = problem.tolerances
    lack = problem.baskets.lack_cents / 100
    hours = t.strain_cents / 100
    return {"promises": 1.0, "variety": lack, "waste": t.waste_cents / 100, "hours": hours, "surplus": 1.0}


def wish(problem: Problem, *, weight: float | None = None) -> float:
    """Euros of the whole that a euro more per bed on the lowest income is worth: its weight, bed by bed."""
    each = float(problem.tolerances.fairness) if weight is None else weight
    partners = {f.id for f in problem.farms if f.kind == PARTNER}
    beds = sum(float(b.beds * b.bed_m2) / 100 for b in problem.blocks if b.farm in partners)
    return each * beds


def weigh(problem: Problem, model: Model) -> dict[int, float]:
    """The cost of the whole: every goal at its weight, the lowest income at its own."""
    costs: dict[int, float] = defaultdict(float)
    for goal, weight in weights(problem).items():
        for column, cost in model.goals[goal].items():
            costs[column] += weight * cost
    if model.lowest >= 0:
        costs[model.lowest] = -wish(problem)
    return costs


class _Builder:
    def __init__(self, problem: Problem) -> None:
        self.problem, self.model = problem, Model()
        self.crop = {c.id: c for c in problem.crops}
        self.block = {b.id: b for b in problem.blocks}
        self.offered = offered(problem)
        self.options = {o.id: o for o in problem.options}
        self.spans = {o.id: span(problem, problem.weeks.index(o.week), o.weeks) for o in problem.options}
        self.rows: dict[tuple[object, ...], int] = {}
        self.group: dict[tuple[str, str], str] = {}
        self.switched: dict[tuple[str, str], Entries] = defaultdict(list)
        self.windows: dict[tuple[str, int], list[int]] = defaultdict(list)
        self._incomes()
        self._land()
        self._ripening()
        for f in problem.farms:
            self._portfolio(f)
            self._hands(f)
        self._outlets()
        self._presences()
        for b in problem.blocks:
            for o in self.offered[b.id]:
                self._area(b, o)
        self._picking()
        self._crop_weeks()
        self._commitments()
        lost = sum(float(r.likely) for p in problem.fixed for r in p.harvest)
        self.model.constants["waste"] = lost + sum(float(s.kilos) for s in problem.opening)
        self.model.rows = self.rows

    def _row(self, family: str, *key: object, lower: float = -inf, upper: float = 0.0) -> int:
        named = [self.problem.weeks[k] if isinstance(k, int) else str(k) for k in key]
        row = self.model.row(f"{family}[{','.join(named)}]", lower, upper)
        self.rows[family, *key] = row
        return row

    def _put(self, *key: object, value: float = 1.0) -> Entries:
        """This much in a row, if the row exists."""
        return [(self.rows[key], value)] if key in self.rows else []

    def _land(self) -> None:
        for b in self.problem.blocks:
            standing = [p for p in self.problem.fixed if p.block == b.id]
            for t in range(len(self.problem.weeks)):
                taken = sum(len(p.beds) for p in standing if t < p.weeks)
                self._row("land", b.id, t, upper=float(b.beds / HALF) - taken)
            self._families(b, {self.crop[p.crop].family for p in standing})

    def _families(self, b: Block, standing: set[str]) -> None:
        """Switches only where not every family offered may come."""
        mine: dict[str, list[Option]] = {family: [] for family in sorted(standing)}
        for o in self.offered[b.id]:
            mine.setdefault(self.crop[o.crop].family, []).append(o)
        most = max(b.families_max, len(standing))
        if len(mine) <= most:
            return
        limit = self._row("families", b.id, upper=float(most))
        for family, options in mine.items():
            entries = self._switch("family", (b.id, family), [b.id], options, float(b.beds / HALF))
            name = f"u[{b.id},{family}]"
            lower = float(family in standing)
            column = self.model.column(name, 1.0, [(limit, 1.0), *entries], lower=lower, integer=True)
            self.model.families[b.id, family] = column

    def _switch(
        self, family: str, key: tuple[str, str], blocks: Sequence[str], options: Sequence[Option], most: float
    ) -> Entries:
        """Rows that shut options off, one for each largest set of them that share a week."""
        together: dict[int, set[str]] = defaultdict(set)
        for o in options:
            for t in self.spans[o.id]:
                together[t].add(o.id)
        entries = []
        for n, ids in enumerate(maximal(frozenset(s) for s in together.values())):
            row = self._row(family, *key, f"{n + 1}")
            entries.append((row, -most))
            for b in blocks:
                for option in ids:
                    self.switched[b, option].append((row, 1.0))
        return entries

    def _portfolio(self, f: Farm) -> None:
        """Switches only where crops are counted or cost something each."""
        blocks = [b for b in self.problem.blocks if b.farm == f.id]
        mine: dict[str, dict[str, Option]] = defaultdict(dict)
        for b in blocks:
            for o in self.offered[b.id]:
                mine[o.crop][o.id] = o
        if not f.crop_cents and len(mine) <= f.crops_max:
            return
        limit = self._row("crops", f.id, upper=float(f.crops_max))
        for crop, options in mine.items():
            growing = [b.id for b in blocks if any(o.id in options for o in self.offered[b.id])]
            most = sum(float(self.block[b].beds / HALF) for b in growing)
            entries = self._switch("portfolio", (f.id, crop), growing, list(options.values()), most)
            cost = f.crop_cents / 100
            entries += [(limit, 1.0), *self._paid(f.id, -cost)]
            name = f"g[{f.id},{crop}]"
            self.model.grown[f.id, crop] = self.model.column(name, 1.0, entries, integer=True, surplus=cost)

    def _hands(self, f: Farm) -> None:
        """Skills held by the same teams are one; a team of several shares its hours between them."""
        holders, model, weeks = self._holders(f), self.model, self.problem.weeks
        for skill, teams in holders.items():
            self.group[f.id, skill] = "+".join(team.id for team in teams)
        groups = {self.group[f.id, skill]: teams for skill, teams in holders.items()}
        ease, overtime = float(self.problem.tolerances.ease), float(f.overtime_max)
        for t, week in enumerate(weeks):
            hours = {team.id: float(team.hours[t] * team.productivity) for team in f.hands}
            most = sum(hours.values())
            tense = self._row("ease", f.id, t, upper=ease * most)
            model.column(f"strained[{f.id},{week}]", (1 - ease) * most + overtime, [(tense, -1.0)], hours=1.0)
            for team in f.hands:
                self._row("team", f.id, team.id, t, upper=hours[team.id])
            for g, teams in groups.items():
                row = self._row("hands", f.id, g, t, upper=-self._standing_hours(f, g, t))
                for team in teams:
                    entries = [(row, -1.0), (tense, 1.0), *self._put("team", f.id, team.id, t)]
                    model.column(f"work[{f.id},{team.id},{g},{week}]", hours[team.id], entries)
            if overtime:
                self._overtime(f, list(groups), t, [(tense, 1.0)])

    def _overtime(self, f: Farm, groups: Sequence[str], t: int, tense: Entries) -> None:
        most, cost = float(f.overtime_max), f.overtime_cents / 100
        limit = self._row("overtime", f.id, t, upper=most)
        for g in groups:
            entries = [*self._put("hands", f.id, g, t, value=-1.0), *tense, (limit, 1.0)]
            name = f"overtime[{f.id},{g},{self.problem.weeks[t]}]"
            column = self.model.column(name, most, [*entries, *self._paid(f.id, -cost)], surplus=cost)
            self.model.flows["overtime", f.id, self.problem.weeks[t], g] = column

    def _holders(self, f: Farm) -> dict[str, tuple[Hands, ...]]:
        """For each skill asked on this farm, the teams that have it."""
        asked: set[str] = set()
        for p in self.problem.fixed:
            if self.block[p.block].farm == f.id:
                asked |= {self.crop[p.crop].harvest_skill, *p.upkeep_week}
        for b in self.problem.blocks:
            for o in self.offered[b.id] if b.farm == f.id else ():
                asked |= {self.crop[o.crop].harvest_skill, *(work.skill for work in o.labour)}
        return {s: tuple(team for team in f.hands if s in team.skills) for s in sorted(asked)}

    def _standing_hours(self, f: Farm, group: str, t: int) -> float:
        """What plantings already in the ground ask for."""
        return sum(
            float(hours)
            for p in self.problem.fixed
            if self.block[p.block].farm == f.id and t < p.weeks
            for skill, hours in p.upkeep_week.items()
            if self.group[f.id, skill] == group
        )

    def _incomes(self) -> None:
        """Partner farms only: the lowest income per standard bed of 100 m² is what fairness raises."""
        rows: Entries = []
        for f in self.problem.farms:
            beds = sum(float(b.beds * b.bed_m2) / 100 for b in self.problem.blocks if b.farm == f.id)
            if f.kind == PARTNER and beds:
                rows.append((self._row("lowest", f.id), beds))
        if rows:
            self.model.lowest = self.model.column("lowest", _EVER, rows, lower=-_EVER)

    def _paid(self, farm: str, euros: float) -> Entries:
        """What a decision brings to the income of a partner farm."""
        return self._put("lowest", farm, value=-euros)

    def _outlets(self) -> None:
        p = self.problem
        for w in p.baskets.weeks:
            t, count = p.weeks.index(w.week), w.count
            row = self._row("basket_kg", t, lower=float(w.kg_min) * count, upper=inf)
            name = f"short[{w.week}]"
            self.model.column(
                name, float(w.kg_min) * count, [(row, 1.0)], promises=p.baskets.short_cents / 100
            )
            self._row("basket_value", t, upper=count * w.value_cents_max / 100)
            if p.baskets.varieties_min:
                row = self._row("varieties", t, lower=float(p.baskets.varieties_min * count), upper=inf)
                most = float(p.baskets.varieties_min * count)
                self.model.column(f"lack[{w.week}]", most, [(row, 1.0)], variety=1.0)
        for t in range(len(p.weeks)):
            if p.cold_kg:
                self._row("cold", t, upper=float(p.cold_kg[t]))
            if p.kitchen_kg:
                self._row("kitchen", t, upper=float(p.kitchen_kg[t]))

    def _ripening(self) -> None:
        """What could ripen at most, by farm, crop and week, and a row where something can."""
        weeks = self.problem.weeks
        best: dict[tuple[str, str, str, int], float] = defaultdict(float)
        for b in self.problem.blocks:
            for o in self.offered[b.id]:
                for t, (_, likely, _) in ripening(self.problem, o):
                    key = (b.farm, o.crop, b.id, t)
                    best[key] = max(best[key], float(likely * b.beds * b.bed_m2) / 100)
        standing: dict[tuple[str, str, int], float] = defaultdict(float)
        for p in self.problem.fixed:
            for r in p.harvest:
                standing[self.block[p.block].farm, p.crop, weeks.index(r.week)] += float(r.likely)
        self.ripe = {**standing}
        for (farm, crop, _, week), kilos in best.items():
            self.ripe[farm, crop, week] = self.ripe.get((farm, crop, week), 0.0) + kilos
        self.ripe = {key: kilos for key, kilos in sorted(self.ripe.items()) if kilos}
        for grown in self.ripe:
            self._row("picking", *grown, upper=standing.get(grown, 0.0))
        for c in self.problem.crops:
            for t in self._there(c):
                self._row("flow", c.id, t, lower=0.0)

    def _there(self, c: Crop) -> list[int]:
        """The weeks in which there may be some of a crop: picked, or kept since it was."""
        weeks = {t for _, crop, t in self.ripe if crop == c.id}
        if any(s.crop == c.id and s.kilos for s in self.problem.opening):
            weeks.add(0)
        if weeks and c.store_loss is not None and self.problem.cold_kg:
            first = 0 if self.problem.cyclic else min(weeks)
            return list(range(first, len(self.problem.weeks)))
        return sorted(weeks)

    def _area(self, b: Block, o: Option) -> None:
        """One half-bed of a block given to an option: land, families, hands, kilos to come, money."""
        unit = float(HALF * b.bed_m2) / 100
        entries = [(self.rows["land", b.id, t], 1.0) for t in self.spans[o.id]]
        entries += self.switched.get((b.id, o.id), [])
        hours: dict[int, float] = defaultdict(float)
        for work in o.labour:
            for n, t in enumerate(self.spans[o.id]):
                row = self.rows["hands", b.farm, self.group[b.farm, work.skill], t]
                hours[row] += unit * float(work.upkeep_week if n else work.establish)
        entries += [(row, value) for row, value in hours.items() if value]
        kilos = 0.0
        for t, (_, likely, _) in ripening(self.problem, o):
            if likely:
                entries.append((self.rows["picking", b.farm, o.crop, t], -unit * float(likely)))
                kilos += unit * float(likely)
        entries += self._paid(b.farm, -unit * o.cost_cents / 100)
        self.model.areas[b.id, o.id] = self.model.column(
            f"x[{b.id},{o.id}]",
            float(b.beds / HALF),
            entries,
            integer=True,
            waste=kilos,
            surplus=unit * o.cost_cents / 100,
        )

    def _presences(self) -> None:
        """Windows of a few weeks, where a crop could be in more baskets than allowed."""
        baskets, weeks = self.problem.baskets, self.problem.weeks
        given = {weeks.index(w.week) for w in baskets.weeks}
        length = min(baskets.presence_weeks, len(weeks))
        last = len(weeks) if self.problem.cyclic else len(weeks) - length + 1
        for c in self.problem.crops:
            for first in range(last):
                window = span(self.problem, first, length)
                inside = [t for t in window if t in given and ("flow", c.id, t) in self.rows]
                if len(inside) > baskets.presences_max:
                    row = self._row("presences", c.id, first, upper=float(baskets.presences_max))
                    for t in inside:
                        self.windows[c.id, t].append(row)

    def _picking(self) -> None:
        for (farm, crop_id, t), kilos in self.ripe.items():
            crop = self.crop[crop_id]
            hands = self.rows["hands", farm, self.group[farm, crop.harvest_skill], t]
            entries = [(self.rows["picking", farm, crop_id, t], 1.0), (self.rows["flow", crop_id, t], 1.0)]
            entries += [(hands, float(crop.harvest_hours_100kg) / 100)] if crop.harvest_hours_100kg else []
            entries += self._paid(farm, crop.price_cents * float(crop.transfer_share) / 100)
            self._flow(("picked", farm, crop_id), t, kilos, entries, waste=-1.0)

    def _flow(self, key: tuple[str, ...], t: int, upper: float, entries: Entries, **costs: float) -> None:
        week = self.problem.weeks[t]
        name = f"{key[0]}[{','.join((*key[1:], week))}]"
        column = self.model.flows[*key, week] = self.model.column(name, upper, entries)
        self.model.cost(column, costs)

    def _crop_weeks(self) -> None:
        p = self.problem
        baskets = {p.weeks.index(w.week): w for w in p.baskets.weeks}
        opening = {s.crop: float(s.kilos) for s in p.opening}
        for key in [key for key in self.rows if key[0] == "flow"]:
            crop, t = self.crop[str(key[1])], int(str(key[2]))
            out: Entries = [(self.rows[key], -1.0)]
            if t in baskets:
                self._basket(crop, t, baskets[t].count, out)
            if p.kitchen_kg and crop.kitchen_cents is not None:
                kitchen = [*out, *self._put("kitchen", t)]
                worth = crop.kitchen_cents / 100
                self._flow(("kitchen", crop.id), t, float(p.kitchen_kg[t]), kitchen, surplus=-worth)
            if crop.wholesale_cents is not None and crop.wholesale_kg_max:
                worth, most = crop.wholesale_cents / 100, float(crop.wholesale_kg_max)
                self._flow(("wholesale", crop.id), t, most, out, surplus=-worth)
            if t == 0 and crop.id in opening:
                self._flow(("opened", crop.id), t, opening[crop.id], [(self.rows[key], 1.0)], waste=-1.0)
            self._store(crop, t, out)

    def _basket(self, crop: Crop, t: int, count: int, out: Entries) -> None:
        """A full portion in each basket counts for variety; a little more may be given, and does not."""
        portion, price = float(crop.portion), crop.price_cents / 100
        entries = [*out, *self._put("basket_kg", t), *self._put("basket_value", t, value=price)]
        extra = float(self.problem.baskets.extra) * portion * count
        if extra:
            self._flow(("extra", crop.id), t, extra, entries, surplus=-price)
        entries = [*entries, *self._put("varieties", t, value=1 / portion)]
        entries += [(row, 1 / (portion * count)) for row in self.windows.get((crop.id, t), ())]
        self._flow(("portions", crop.id), t, portion * count, entries, surplus=-price)

    def _store(self, crop: Crop, t: int, out: Entries) -> None:
        p, following = self.problem, (t + 1) % len(self.problem.weeks)
        if crop.store_loss is None or not p.cold_kg or (following == 0 and not p.cyclic):
            return
        loss = float(crop.store_loss)
        entries = [*out, (self.rows["flow", crop.id, following], 1 - loss), *self._put("cold", t)]
        self._flow(("stored", crop.id), t, float(p.cold_kg[t]), entries, waste=loss)

    def _commitments(self) -> None:
        for c in self.problem.commitments:
            t, kilos = self.problem.weeks.index(c.week), float(c.kilos)
            row = self._row("commitment", c.id, lower=kilos, upper=kilos)
            self.model.column(f"missing[{c.id}]", kilos, [(row, 1.0)], promises=c.short_cents / 100)
            for crop in c.crops:
                if ("flow", crop, t) not in self.rows:
                    continue
                entries = [(row, 1.0), (self.rows["flow", crop, t], -1.0)]
                entries += self._put("kitchen", t) if c.kind == KITCHEN else []
                column = self.model.column(
                    f"delivered[{c.id},{crop}]", kilos, entries, surplus=-c.price_cents / 100
                )
                self.model.flows["delivered", c.id, crop] = column
