"""The independent judge: refused unless every rule holds, in exact decimals, and every count is true.

Nothing here is shared with `solve` or `greedy` but the words of the problem and of the plan.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .plan import Flow, Plan
from .problem import Lock, Problem

_CRATE = {"kg": Decimal("0.1"), "piece": Decimal(1)}
_GRAM = {"kg": Decimal("0.001"), "piece": Decimal(1)}
_SAME = Decimal("0.00001")


@dataclass(frozen=True)
class Verdict:
    """Accepted when nothing is wrong; `values` are the goals, counted again from the plan alone."""

    violations: tuple[str, ...]
    values: dict[str, Decimal]

    @property
    def accepted(self) -> bool:
        return not self.violations


def verify(problem: Problem, plan: Plan, locks: Sequence[Lock] = ()) -> Verdict:
    """Feasibility and value of the plan, recomputed. An impossible plan has nothing to publish: refused."""
    if plan.status == "impossible":
        return Verdict(("Ce plan est impossible\u202f: il n’y a rien à publier.", *plan.clash), {})
    judge = _Judge(problem, plan)
    if not judge.wrong:
        judge.flows()
        judge.rests()
        judge.demands()
        judge.baskets()
        judge.kitchen()
        judge.solidarity()
        judge.locks(locks)
    values = {} if judge.wrong else judge.goals()
    judge.claims(values)
    return Verdict(tuple(judge.wrong), values)


class _Judge:
    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.wrong: list[str] = []
        self.product = {p.id: p for p in problem.products}
        self.supply = {s.id: s for s in problem.supplies}
        self.demand = {d.id: d for d in problem.demands}
        self.batch = {b.id: b for b in problem.baskets}
        self.recipe = {r.id: r for r in problem.recipes}
        self.grocery = {o.id: o for o in problem.solidarity}
        self._refuse_strangers()
        self.used: dict[str, Decimal] = defaultdict(Decimal)
        self.received: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for f in plan.flows:
            self.used[f.supply] += f.quantity
            self.received[f.kind, f.outlet] += f.quantity
        self.portion = {(p.batch, p.product): p.quantity for p in plan.portions}

    def check(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.wrong.append(otherwise)

    def _refuse_strangers(self) -> None:
        """What the plan names must exist, once: nothing else can be judged before that."""
        known: dict[str, Collection[str]] = {
            "demand": self.demand,
            "basket": self.batch,
            "kitchen": self.recipe,
            "solidarity": self.grocery,
        }
        for f in self.plan.flows:
            self.check(
                f.supply in self.supply and f.outlet in known.get(f.kind, ()),
                f"Le plan envoie {f.supply} vers {f.kind} {f.outlet}, qui n’existe pas.",
            )
        for p in self.plan.portions:
            self.check(p.batch in self.batch, f"Le plan remplit des paniers inconnus\u202f: {p.batch}.")
            self.check(
                p.product in self.product, f"Le plan met un produit inconnu en panier\u202f: {p.product}."
            )
        for n in self.plan.batches:
            self.check(n.recipe in self.recipe, f"Le plan cuisine une recette inconnue\u202f: {n.recipe}.")
        lists: dict[str, list[tuple[object, ...]]] = {
            "flux": [(f.supply, f.kind, f.outlet, f.day) for f in self.plan.flows],
            "portion": [(p.batch, p.product) for p in self.plan.portions],
            "fournée": [(n.recipe, n.day) for n in self.plan.batches],
        }
        for what, keys in lists.items():
            for key, times in Counter(keys).items():
                self.check(times == 1, f"Le plan compte deux fois une même ligne ({what})\u202f: {key}.")
        self.check(
            [r.supply for r in self.plan.rests] == [s.id for s in self.problem.supplies],
            "Le plan ne dit pas où finit chaque apport, une fois et dans l’ordre.",
        )
        self.check(
            [c.batch for c in self.plan.baskets] == [b.id for b in self.problem.baskets],
            "Le plan ne décrit pas chaque lot de paniers, une fois et dans l’ordre.",
        )
        self.check(
            [c.farm for c in self.plan.farms] == [f.id for f in self.problem.farms],
            "Le plan ne décrit pas chaque ferme, une fois et dans l’ordre.",
        )

    def flows(self) -> None:
        """Nothing leaves before its day or after it keeps; quality, grade and product are those asked."""
        for f in self.plan.flows:
            s = self.supply[f.supply]
            unit = self.product[s.product].unit
            step = _GRAM[unit] if f.kind in ("basket", "kitchen") else _CRATE[unit]
            line = f"{s.product} de l’apport {s.id} vers {f.outlet}"
            self.check(
                f.quantity > 0 and f.quantity % step == 0, f"{line}\u202f: {f.quantity} ne se pèse pas."
            )
            products, quality, second_grade = self._asked(f)
            self.check(s.product in products, f"{line}\u202f: ce produit n’y est pas attendu.")
            self.check(s.quality >= quality, f"{line}\u202f: la qualité demandée n’y est pas.")
            self.check(
                second_grade or not s.second_grade, f"{line}\u202f: le second choix n’y est pas accepté."
            )
            self.check(
                f.kind == "demand" or not s.orders_only,
                f"{line}\u202f: vendu pour sa ferme, il ne va qu’aux commandes.",
            )
            self.check(
                s.first_day <= f.day <= s.last_day,
                f"{line}\u202f: le {f.day.isoformat()}, trop tôt ou trop tard.",
            )

    def _asked(self, f: Flow) -> tuple[set[str], int, bool]:
        if f.kind == "demand":
            d = self.demand[f.outlet]
            self.check(f.day == d.day, f"Commande {d.id}\u202f: servie un autre jour que le sien.")
            return {d.product, *d.substitutes}, d.quality_min, d.second_grade
        if f.kind == "basket":
            b = self.batch[f.outlet]
            self.check(f.day == b.day, f"Paniers {b.id}\u202f: remplis un autre jour que le leur.")
            return {p for lot, p in self.portion if lot == b.id}, b.quality_min, False
        if f.kind == "kitchen":
            r = self.recipe[f.outlet]
            self.check(f.day in r.days, f"Recette {r.name}\u202f: approvisionnée un jour sans cuisine.")
            return set(r.inputs), r.quality_min, r.second_grade
        o = self.grocery[f.outlet]
        self.check(f.day == o.day, f"{o.name}\u202f: servie un autre jour que le sien.")
        return set(self.product), o.quality_min, o.second_grade

    def rests(self) -> None:
        """Kilos are conserved; what is kept keeps, and has room; an offer is taken by its minimum."""
        kept_kg = Decimal(0)
        for s, rest in zip(self.problem.supplies, self.plan.rests, strict=True):
            parts = (rest.kept, rest.composted, rest.left)
            self.check(
                rest.used == self.used[s.id], f"Apport {s.id}\u202f: la quantité sortie est mal comptée."
            )
            self.check(
                rest.used + sum(parts) == s.quantity and min(parts) >= 0,
                f"Apport {s.id}\u202f: sorti, gardé, perdu et laissé ne font pas la quantité disponible.",
            )
            self.check(
                all(part % _GRAM[self.product[s.product].unit] == 0 for part in parts),
                f"Apport {s.id}\u202f: un reste ne se pèse pas.",
            )
            keeps = s.last_day > max(self.problem.days)
            stays = s.kind == "offer" or (s.kind == "forecast" and keeps)
            self.check(not rest.left or stays, f"Apport {s.id}\u202f: rien ne peut être laissé sur place.")
            self.check(not rest.composted or not stays, f"Apport {s.id}\u202f: rien ne doit être perdu.")
            self.check(
                not rest.kept or (s.kind == "lot" and keeps), f"Apport {s.id}\u202f: ne peut être gardé."
            )
            self.check(
                not rest.used or rest.used >= s.min_take,
                f"Apport {s.id}\u202f: pris sous le minimum de l’offre.",
            )
            kept_kg += rest.kept * self.product[s.product].unit_kg
        self.check(kept_kg <= self.problem.store.free_kg, "La chambre froide déborde.")

    def demands(self) -> None:
        for d in self.problem.demands:
            served = self.received["demand", d.id]
            self.check(served <= d.quantity, f"Commande {d.id}\u202f: servie plus qu’elle ne demande.")
            self.check(
                not served or served >= d.quantity_min, f"Commande {d.id}\u202f: servie sous son minimum."
            )

    def baskets(self) -> None:
        """All the baskets of a batch hold the same portions, which all come out of some supply."""
        for (batch, product), quantity in self.portion.items():
            self.check(
                quantity in self.product[product].portions,
                f"Paniers {batch}\u202f: {quantity} n’est pas une portion de {product}.",
            )
        for b in self.problem.baskets:
            inside = {p: q for (lot, p), q in self.portion.items() if lot == b.id}
            filled: dict[str, Decimal] = defaultdict(Decimal)
            for f in self.plan.flows:
                if (f.kind, f.outlet) == ("basket", b.id):
                    filled[self.supply[f.supply].product] += f.quantity
            for p in inside.keys() | filled.keys():
                self.check(
                    filled[p] == inside.get(p, 0) * b.count,
                    f"Paniers {b.id}\u202f: {p} ne fait pas le même poids dans les {b.count} paniers.",
                )
            groups = Counter(self.product[p].group for p in inside if self.product[p].group)
            self.check(
                all(times == 1 for times in groups.values()),
                f"Paniers {b.id}\u202f: deux légumes d’un même groupe.",
            )
            self.check(len(inside) <= b.varieties_max, f"Paniers {b.id}\u202f: trop de légumes différents.")
            value = self._value(b.id)
            self.check(
                value <= b.target_cents * (1 + b.tolerance),
                f"Paniers {b.id}\u202f: valeur au-dessus de la tolérance.",
            )

    def _value(self, batch: str) -> Decimal:
        return sum(
            (q * self.product[p].value_cents for (lot, p), q in self.portion.items() if lot == batch),
            Decimal(0),
        )

    def kitchen(self) -> None:
        done = {(n.recipe, n.day): n.count for n in self.plan.batches}
        hours: dict[date, Decimal] = defaultdict(Decimal)
        for (name, day), count in done.items():
            r = self.recipe[name]
            hours[day] += r.hours * count
            self.check(day in r.days, f"Recette {r.name}\u202f: cuisinée un jour sans cuisine.")
            self.check(
                r.batches_min <= count <= r.batches_max,
                f"Recette {r.name}\u202f: {count} fournées hors limites.",
            )
        for day, needed in hours.items():
            available = (
                self.problem.kitchen.hours.get(day, Decimal(0)) if self.problem.kitchen else Decimal(0)
            )
            self.check(
                needed <= available, f"Cuisine\u202f: {needed} h demandées, {available} h ouvertes, le {day}."
            )
        drawn: dict[tuple[str, object, str], Decimal] = defaultdict(Decimal)
        for f in self.plan.flows:
            if f.kind == "kitchen":
                drawn[f.outlet, f.day, self.supply[f.supply].product] += f.quantity
        for r in self.problem.recipes:
            for day in r.days:
                for p, quantity in r.inputs.items():
                    self.check(
                        drawn[r.id, day, p] == quantity * done.get((r.id, day), 0),
                        f"Recette {r.name}\u202f: {p} ne fait pas le compte des fournées.",
                    )

    def _given(self, outlet: str, kind: str | None = None) -> Decimal:
        total = Decimal(0)
        for f in self.plan.flows:
            if (f.kind, f.outlet) == ("solidarity", outlet):
                s = self.supply[f.supply]
                if kind is None or s.kind == kind:
                    total += f.quantity * self.product[s.product].unit_kg
        return total

    def solidarity(self) -> None:
        for o in self.problem.solidarity:
            self.check(
                self._given(o.id) <= o.quantity_max_kg, f"{o.name}\u202f: reçoit plus qu’elle ne distribue."
            )
            self.check(
                self._given(o.id, "offer") <= o.quantity_min_kg,
                f"{o.name}\u202f: achats au-delà de ce qui est promis.",
            )

    def locks(self, locks: Sequence[Lock]) -> None:
        done = {(n.recipe, n.day): n.count for n in self.plan.batches}
        for k in locks:
            found = Decimal(0)
            if k.kind == "flow":
                found += sum(
                    f.quantity
                    for f in self.plan.flows
                    if (f.supply, f.kind, f.outlet) == (k.subject, k.outlet_kind, k.outlet)
                    and (f.kind != "kitchen" or f.day == k.day)
                )
            elif k.kind == "portion":
                found = self.portion.get((k.subject, k.outlet), Decimal(0))
            elif k.kind == "served":
                found = self.received["demand", k.subject]
            else:
                found += done.get((k.subject, k.day), 0) if k.day else 0
            self.check(
                found == k.value,
                f"Le verrou sur {k.subject} n’est pas respecté\u202f: {found}, non {k.value}.",
            )

    def goals(self) -> dict[str, Decimal]:
        values = {"promises": self._broken_promises()}
        ratios = sorted(self._ratios())
        for k in range(1, min(len(ratios), self.problem.tolerances.fairness_levels) + 1):
            values[f"fairness_{k}"] = sum(ratios[:k], Decimal(0)) / k
        values["baskets"] = self._points()
        values["waste"] = self._lost_kg()
        values["margin"] = self._margin()
        return values

    def _broken_promises(self) -> Decimal:
        cents = Decimal(0)
        for d in self.problem.demands:
            cents += d.weight * d.price_cents * (d.quantity - self.received["demand", d.id])
        for o in self.problem.solidarity:
            cents += o.worth_cents * max(Decimal(0), o.quantity_min_kg - self._given(o.id))
        for b in self.problem.baskets:
            varieties = sum(1 for lot, _ in self.portion if lot == b.id)
            cents += b.count * max(Decimal(0), b.target_cents * (1 - b.tolerance) - self._value(b.id))
            lacking = max(0, b.varieties_min - varieties)
            cents += b.count * lacking * Decimal(b.target_cents) / b.varieties_min
        return cents

    def _ratios(self) -> list[Decimal]:
        """Only farms that were promised something and have something to sell can see their share change."""
        ratios = []
        for farm in self.problem.farms:
            mine = [s for s in self.problem.supplies if s.farm == farm.id and s.price_cents and s.quantity]
            if mine and farm.promised_cents:
                taken = sum((self.used[s.id] * s.price_cents for s in mine), Decimal(farm.taken_cents))
                ratios.append(taken / farm.promised_cents)
        return ratios

    def _points(self) -> Decimal:
        taste, total, baskets = self.problem.taste, Decimal(0), 0
        for b in self.problem.baskets:
            points = -taste.value * abs(self._value(b.id) / b.target_cents - 1)
            for lot, p in self.portion:
                if lot == b.id:
                    weeks = min(b.recent.get(p, taste.novelty_weeks), taste.novelty_weeks)
                    points += taste.variety + taste.novelty * (weeks - 1) / (taste.novelty_weeks - 1)
            total += points * b.count
            baskets += b.count
        return total / max(1, baskets)

    def _lost_kg(self) -> Decimal:
        kilos = Decimal(0)
        for s, rest in zip(self.problem.supplies, self.plan.rests, strict=True):
            p = self.product[s.product]
            kilos += p.unit_kg * (rest.composted + rest.kept - rest.kept * p.keep_value)
        return kilos

    def _margin(self) -> Decimal:
        cents = Decimal(0)
        for d in self.problem.demands:
            cents += d.price_cents * self.received["demand", d.id]
        for n in self.plan.batches:
            cents += n.count * self.recipe[n.recipe].value_cents
        for s, rest in zip(self.problem.supplies, self.plan.rests, strict=True):
            p = self.product[s.product]
            cents += rest.kept * p.keep_value * p.value_cents - rest.used * s.price_cents
        return cents

    def claims(self, values: dict[str, Decimal]) -> None:
        """What the plan says of itself is what we count."""
        if self.wrong:
            return
        said = {g.name: g for g in self.plan.goals}
        self.check(said.keys() == values.keys(), "Le plan n’annonce pas exactement les buts de la semaine.")
        for name, value in values.items():
            if name in said:
                self.check(
                    abs(said[name].value - value) <= _SAME * max(Decimal(1), abs(value)),
                    f"But «\u202f{name}\u202f»\u202f: {said[name].value} annoncé, {value} compté.",
                )
        for c in self.plan.baskets:
            varieties = sum(1 for lot, _ in self.portion if lot == c.batch)
            self.check(
                (c.value_cents, c.varieties) == (self._value(c.batch), varieties),
                f"Paniers {c.batch}\u202f: la valeur ou le nombre de légumes annoncé est faux.",
            )
        for share in self.plan.farms:
            farm = next(f for f in self.problem.farms if f.id == share.farm)
            sold = [self.used[s.id] * s.price_cents for s in self.problem.supplies if s.farm == farm.id]
            taken = sum(sold, Decimal(farm.taken_cents))
            self.check(
                share.taken_cents == taken, f"Ferme {farm.name}\u202f: ce qui lui est pris est mal compté."
            )
