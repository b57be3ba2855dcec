"""The week as a mixed-integer program: columns are decisions, rows are the rules of the trade."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import inf

from ..access import BASKET, DEMAND, KITCHEN, SOLIDARITY, Outlet, access
from ..account import FlowKey, farms_in_play, novelty_points, variety_worth
from ..problem import STEP, BasketBatch, Problem, SolidarityOutlet, Supply

# Each family of rows, and its sentence; docs/engines/week.md gives the equations.
FAMILIES = {
    "supply": "Ce qui sort d’un apport, plus ce qui en est gardé, perdu ou laissé, fait sa quantité.",
    "offer_min": "Une offre se prend au moins à hauteur de son minimum…",
    "offer_max": "… ou pas du tout.",
    "demand": "Ce qu’une commande reçoit, plus ce qui lui manque, fait ce qu’elle demande.",
    "demand_min": "Une commande reçoit au moins le minimum accepté…",
    "demand_max": "… ou rien.",
    "basket_fill": "Les portions d’un légume, pour tous les paniers d’un lot, sortent des apports.",
    "one_portion": "Un légume entre dans un panier en une seule portion.",
    "group": "Deux légumes d’un même groupe ne se rencontrent pas dans un panier.",
    "varieties_min": "Un panier a le nombre promis de légumes, ou ce qui manque est compté.",
    "varieties_max": "Un panier n’a pas plus de légumes que son maximum.",
    "basket_value": "La valeur d’un panier est sa cible, à un écart près, en plus ou en moins.",
    "basket_floor": "Sous la tolérance, l’écart est une promesse non tenue.",
    "kitchen_input": "Les ingrédients des fournées sortent des apports.",
    "kitchen_min": "Un jour de cuisine, une recette fait au moins sa plus petite série…",
    "kitchen_max": "… au plus la plus grande, ou rien.",
    "kitchen_hours": "Les fournées d’un jour tiennent dans les heures de la cuisine.",
    "solidarity_min": "Une épicerie reçoit les kilos promis, ou ce qui manque est compté.",
    "solidarity_max": "Une épicerie ne reçoit pas plus qu’elle ne peut distribuer.",
    "solidarity_bought": "On n’achète pas pour donner au-delà de ce qui est promis.",
    "store": "Ce qui est gardé tient dans la chambre froide.",
    "ratio": "La part d’une ferme est ce qu’on lui prend, semaine comprise, sur ce qu’on lui a promis.",
    "lowest": "La somme des k plus basses parts est au plus celle de k fermes quelconques.",
    "goal": "Un but atteint reste acquis, à sa tolérance près, pour les buts suivants.",
    "lock": "Une décision verrouillée est respectée.",
    "steps": "À la fin, ce qui va aux commandes et aux épiceries se compte en pas de 100 g ou en pièces.",
}


# A goal's unit in the plan, per unit of its cost in the program, which speaks euros and minimises everything.
UNIT = {"promises": 100.0, "fairness": -1.0, "baskets": -1.0, "waste": 1.0, "margin": -100.0}


@dataclass
class Model:
    """Columns and rows as plain lists, handed to HiGHS as arrays; no expression is ever built."""

    column_names: list[str] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    row_names: list[str] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    flows: dict[FlowKey, int] = field(default_factory=dict)
    portions: dict[tuple[str, str, Decimal], int] = field(default_factory=dict)
    batches: dict[tuple[str, date], int] = field(default_factory=dict)
    switches: dict[tuple[str, str], int] = field(default_factory=dict)
    goals: dict[str, dict[int, float]] = field(default_factory=dict)

    @property
    def yes_or_no(self) -> list[int]:
        return [*self.portions.values(), *self.switches.values()]

    def copy(self) -> "Model":
        """The same program, free to be narrowed and lengthened."""
        fresh = Model(flows=self.flows, portions=self.portions, batches=self.batches)
        fresh.switches, fresh.goals = self.switches, self.goals
        fresh.column_names, fresh.row_names = list(self.column_names), list(self.row_names)
        fresh.lower, fresh.upper, fresh.integer = list(self.lower), list(self.upper), list(self.integer)
        fresh.row_lower, fresh.row_upper = list(self.row_lower), list(self.row_upper)
        fresh.starts, fresh.indices, fresh.values = list(self.starts), list(self.indices), list(self.values)
        return fresh

    def column(self, name: str, upper: float = inf, *, lower: float = 0.0, integer: bool = False) -> int:
        self.column_names.append(name)
        self.lower.append(lower)
        self.upper.append(upper)
        self.integer.append(integer)
        return len(self.column_names) - 1

    def row(self, name: str, terms: Sequence[tuple[int, float]], lower: float, upper: float) -> None:
        """One rule; its family precedes the bracket in its name. A rule about nothing is not written."""
        if not terms:
            return
        self.row_names.append(name)
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        self.starts.append(len(self.indices))
        for column, value in terms:
            self.indices.append(column)
            self.values.append(value)


def kind_of(goal: str) -> str:
    """ "fairness" for "fairness_2", and the name itself for the others."""
    return goal.partition("_")[0]


def build(problem: Problem) -> Model:
    """Every rule but locks and goals already reached; `goals` holds the costs of each, to be minimised."""
    return _Builder(problem).model


class _Builder:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.model = Model()
        self.products = {p.id: p for p in problem.products}
        self.access = {(o.kind, o.id, o.day): (o, found) for o, found in access(problem).items()}
        self.costs: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        self.leaving: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for d in problem.demands:
            self._demand(d.id)
        for b in problem.baskets:
            self._basket(b)
        self._kitchen()
        for o in problem.solidarity:
            self._grocery(o)
        self._supplies()
        self._fairness()
        self.model.goals = {name: dict(costs) for name, costs in self.costs.items()}

    def _flows(self, outlet: Outlet, supplies: Sequence[Supply], limit: float) -> list[tuple[int, float]]:
        terms = []
        for s in supplies:
            upper = min(limit, float(s.quantity))
            if upper <= 0:
                continue
            name = f"x[{s.id},{outlet.kind},{outlet.id},{outlet.day.isoformat()}]"
            column = self.model.column(name, upper)
            self.model.flows[s.id, outlet.kind, outlet.id, outlet.day] = column
            self.leaving[s.id].append((column, 1.0))
            if s.price_cents:
                self.costs["margin"][column] += s.price_cents / 100
            terms.append((column, 1.0))
        return terms

    def _demand(self, demand_id: str) -> None:
        d = next(d for d in self.problem.demands if d.id == demand_id)
        model, quantity = self.model, float(d.quantity)
        outlet, supplies = self.access[DEMAND, d.id, d.day]
        terms = self._flows(outlet, supplies, quantity)
        missing = model.column(f"missing[{d.id}]", quantity)
        model.row(f"demand[{d.id}]", [*terms, (missing, 1.0)], quantity, quantity)
        self.costs["promises"][missing] += float(d.price_cents * d.weight) / 100
        for column, _ in terms:
            self.costs["margin"][column] -= d.price_cents / 100
        if d.quantity_min > STEP[self.products[d.product].unit] and terms:
            on = model.switches["demand", d.id] = model.column(f"serve[{d.id}]", 1.0, integer=True)
            model.row(f"demand_min[{d.id}]", [*terms, (on, -float(d.quantity_min))], 0.0, inf)
            model.row(f"demand_max[{d.id}]", [*terms, (on, -quantity)], -inf, 0.0)

    def _basket(self, b: BasketBatch) -> None:
        """Portions by 0/1 columns; a portion that the supplies could never fill for all has no column."""
        model = self.model
        outlet, supplies = self.access[BASKET, b.id, b.day]
        by_product: dict[str, list[Supply]] = defaultdict(list)
        for s in supplies:
            by_product[s.product].append(s)
        every: list[int] = []
        worth: list[tuple[int, float]] = []
        groups: dict[str, list[int]] = defaultdict(list)
        for product_id, found in by_product.items():
            product, stock = self.products[product_id], sum(s.quantity for s in found)
            fitting = [p for p in product.portions if p * b.count <= stock]
            fitting = [p for p in fitting if p * product.value_cents <= b.target_cents * (1 + b.tolerance)]
            chosen = []
            for portion in fitting:
                y = model.column(f"y[{b.id},{product_id},{portion}]", 1.0, integer=True)
                model.portions[b.id, product_id, portion] = y
                worth.append((y, float(portion * product.value_cents) / 100))
                chosen.append(y)
                self._points(b, product_id, y)
            if not chosen:
                continue
            flows = self._flows(outlet, found, float(fitting[-1] * b.count))
            filled = [(y, -float(p * b.count)) for y, p in zip(chosen, fitting, strict=True)]
            model.row(f"basket_fill[{b.id},{product_id}]", [*flows, *filled], 0.0, 0.0)
            if len(chosen) > 1:
                model.row(f"one_portion[{b.id},{product_id}]", [(y, 1.0) for y in chosen], -inf, 1.0)
            every += chosen
            if product.group:
                groups[product.group] += chosen
        for group, chosen in groups.items():
            model.row(f"group[{b.id},{group}]", [(y, 1.0) for y in chosen], -inf, 1.0)
        self._promised_content(b, every, worth)

    def _points(self, b: BasketBatch, product_id: str, y: int) -> None:
        taste = self.problem.taste
        points = taste.variety + taste.novelty * novelty_points(self.problem, b, product_id)
        self.costs["baskets"][y] -= float(points) * self._share(b)

    def _share(self, b: BasketBatch) -> float:
        return b.count / sum(batch.count for batch in self.problem.baskets)

    def _promised_content(self, b: BasketBatch, every: list[int], worth: list[tuple[int, float]]) -> None:
        model, target = self.model, b.target_cents / 100
        width = target * float(b.tolerance)
        lack = model.column(f"lack[{b.id}]", b.varieties_min)
        ones = [(y, 1.0) for y in every]
        model.row(f"varieties_min[{b.id}]", [*ones, (lack, 1.0)], b.varieties_min, inf)
        model.row(f"varieties_max[{b.id}]", ones, -inf, b.varieties_max)
        self.costs["promises"][lack] += float(b.count * variety_worth(b)) / 100
        over = model.column(f"over[{b.id}]", width)
        under = model.column(f"under[{b.id}]", target)
        short = model.column(f"short[{b.id}]", target)
        model.row(f"basket_value[{b.id}]", [*worth, (under, 1.0), (over, -1.0)], target, target)
        model.row(f"basket_floor[{b.id}]", [(under, 1.0), (short, -1.0)], -inf, width)
        self.costs["promises"][short] += b.count
        for gap in (over, under):
            self.costs["baskets"][gap] += float(self.problem.taste.value) / target * self._share(b)

    def _kitchen(self) -> None:
        model = self.model
        hours: dict[date, list[tuple[int, float]]] = defaultdict(list)
        for r in self.problem.recipes:
            for day in r.days:
                outlet, supplies = self.access[KITCHEN, r.id, day]
                where = f"{r.id},{day.isoformat()}"
                n = model.column(f"batches[{where}]", r.batches_max, integer=True)
                model.batches[r.id, day] = n
                for product, quantity in r.inputs.items():
                    found = [s for s in supplies if s.product == product]
                    flows = self._flows(outlet, found, float(quantity * r.batches_max))
                    terms = [*flows, (n, -float(quantity))]
                    model.row(f"kitchen_input[{where},{product}]", terms, 0.0, 0.0)
                if r.batches_min > 1:
                    on = model.switches["kitchen", where] = model.column(f"cook[{where}]", 1.0, integer=True)
                    model.row(f"kitchen_min[{where}]", [(n, 1.0), (on, -r.batches_min)], 0.0, inf)
                    model.row(f"kitchen_max[{where}]", [(n, 1.0), (on, -r.batches_max)], -inf, 0.0)
                hours[day].append((n, float(r.hours)))
                self.costs["margin"][n] -= r.value_cents / 100
        for day, terms in hours.items():
            open_hours = self.problem.kitchen.hours.get(day, 0) if self.problem.kitchen else 0
            model.row(f"kitchen_hours[{day.isoformat()}]", terms, -inf, float(open_hours))

    def _grocery(self, o: SolidarityOutlet) -> None:
        model, least, most = self.model, float(o.quantity_min_kg), float(o.quantity_max_kg)
        outlet, supplies = self.access[SOLIDARITY, o.id, o.day]
        kilos: list[tuple[int, float]] = []
        bought: list[tuple[int, float]] = []
        for s in supplies:
            unit_kg = float(self.products[s.product].unit_kg)
            limit = least if s.kind == "offer" else most
            terms = [(x, unit_kg) for x, _ in self._flows(outlet, [s], limit / unit_kg)]
            kilos += terms
            bought += terms if s.kind == "offer" else []
        missing = model.column(f"missing[{o.id}]", least)
        self.costs["promises"][missing] += o.worth_cents / 100
        model.row(f"solidarity_min[{o.id}]", [*kilos, (missing, 1.0)], least, inf)
        model.row(f"solidarity_max[{o.id}]", kilos, -inf, most)
        model.row(f"solidarity_bought[{o.id}]", bought, -inf, least)

    def _supplies(self) -> None:
        model, store = self.model, []
        for s in self.problem.supplies:
            product, terms, quantity = self.products[s.product], self.leaving[s.id], float(s.quantity)
            unit_kg, keeps = float(product.unit_kg), s.last_day > self.problem.end
            if s.kind == "offer" or (s.kind == "forecast" and keeps):
                rest = [(model.column(f"left[{s.id}]", quantity), 1.0)]
            else:
                lost = model.column(f"composted[{s.id}]", quantity)
                self.costs["waste"][lost] += unit_kg
                rest = [(lost, 1.0)]
            if s.kind == "lot" and keeps:
                kept = model.column(f"kept[{s.id}]", quantity)
                self.costs["waste"][kept] += unit_kg * float(1 - product.keep_value)
                self.costs["margin"][kept] -= float(product.keep_value) * product.value_cents / 100
                store.append((kept, unit_kg))
                rest.append((kept, 1.0))
            model.row(f"supply[{s.id}]", [*terms, *rest], quantity, quantity)
            if s.min_take:
                on = model.switches["offer", s.id] = model.column(f"take[{s.id}]", 1.0, integer=True)
                model.row(f"offer_min[{s.id}]", [*terms, (on, -float(s.min_take))], 0.0, inf)
                model.row(f"offer_max[{s.id}]", [*terms, (on, -quantity)], -inf, 0.0)
        model.row("store[]", store, -inf, float(self.problem.store.free_kg))

    def _fairness(self) -> None:
        """The k lowest ratios, summed: k·level − Σ max(0, level − ratio), raised one k after the other."""
        model, in_play = self.model, farms_in_play(self.problem)
        farms = {f.id: f for f in self.problem.farms}
        terms: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for s in self.problem.supplies:
            if s.farm in in_play and s.price_cents:
                price = -s.price_cents / farms[s.farm].promised_cents
                terms[s.farm] += [(x, price) for x, _ in self.leaving[s.id]]
        ratios = {}
        for f in in_play:
            so_far = farms[f].taken_cents / farms[f].promised_cents
            ratios[f] = model.column(f"ratio[{f}]")
            model.row(f"ratio[{f}]", [(ratios[f], 1.0), *terms[f]], so_far, so_far)
        for k in range(1, min(len(in_play), self.problem.tolerances.fairness_levels) + 1):
            level = model.column(f"level[{k}]", lower=-inf)
            costs = self.costs[f"fairness_{k}"]
            costs[level] = -1.0
            for f in in_play:
                below: list[tuple[int, float]] = []
                if k > 1:
                    column = model.column(f"below[{k},{f}]")
                    costs[column] = 1.0 / k
                    below = [(column, -1.0)]
                model.row(f"lowest[{k},{f}]", [(level, 1.0), (ratios[f], -1.0), *below], -inf, 0.0)
