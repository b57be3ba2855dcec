"""The independent judge: refused unless every rule holds, week by week, and every count is true.

Nothing here is shared with `solve` but the words of the problem and of the plan. Kilos and hours come from a
solver that works in fractions: 50 g and three minutes are its dust, and nothing more is forgiven.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from .plan import Plan, Use
from .problem import Farm, Lock, Problem
from .verify_ground import Ground

_DUST = Decimal("0.05")
_SAME = Decimal("0.00001")
_NONE = Decimal(0)


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
        judge.windows()
        judge.land()
        judge.beds()
        judge.rotation()
        judge.portfolios()
        judge.harvests()
        judge.hours()
        judge.flows()
        judge.capacities()
        judge.baskets()
        judge.commitments()
        judge.locks(locks)
    values = {} if judge.wrong else judge.values()
    judge.claims(values)
    return Verdict(tuple(judge.wrong), values)


class _Judge(Ground):
    """The rules of what is grown, on that ground, and the goals."""

    def harvests(self) -> None:
        """What ripens is what was planted; nobody picks more than the likely harvest."""
        ripe: dict[tuple[str, str, str], list[Decimal]] = defaultdict(lambda: [_NONE] * 3)
        weeks = self.problem.weeks
        for lot in self.plan.lots:
            option, first = self.option[lot.option], self.number[self.option[lot.option].week]
            for y in option.harvest:
                t = first + y.after
                if self.problem.cyclic or t < len(weeks):
                    key = (self.block[lot.block].farm, option.crop, weeks[t % len(weeks)])
                    each = (y.low, y.likely, y.high)
                    ripe[key] = [a + k * self._area(lot) for a, k in zip(ripe[key], each, strict=True)]
        for p in self.problem.fixed:
            for r in p.harvest:
                key = (self.block[p.block].farm, p.crop, r.week)
                ripe[key] = [a + k for a, k in zip(ripe[key], (r.low, r.likely, r.high), strict=True)]
        told = {(h.farm, h.crop, h.week): h for h in self.plan.harvests}
        for key in sorted(ripe.keys() | told.keys()):
            h, due = told.get(key), ripe.get(key, [_NONE] * 3)
            where = f"{self.crop[key[1]].name}, {self.farm[key[0]].name}, {key[2]}"
            said = [h.low, h.likely, h.high] if h else [_NONE] * 3
            self.check(
                all(abs(a - b) <= _SAME for a, b in zip(said, due, strict=True)),
                f"{where}\u202f: récolte annoncée {said[1]} kg, les plantations en donnent {due[1]}.",
            )
            if h:
                self.check(
                    0 <= h.picked <= due[1] + _SAME,
                    f"{where}\u202f: {h.picked} kg récoltés, il n’en mûrit que {due[1]}.",
                )

    def _work(self) -> dict[tuple[str, str, int], Decimal]:
        """Hours asked by farm, skill and week."""
        work: dict[tuple[str, str, int], Decimal] = defaultdict(Decimal)
        for lot in self.plan.lots:
            farm = self.block[lot.block].farm
            for n, t in enumerate(self._taken(self.option[lot.option])):
                for gesture in self.option[lot.option].labour:
                    each = gesture.upkeep_week if n else gesture.establish
                    work[farm, gesture.skill, t] += each * self._area(lot)
        for p in self.problem.fixed:
            for t in range(min(p.weeks, len(self.problem.weeks))):
                for skill, hours in p.upkeep_week.items():
                    work[self.block[p.block].farm, skill, t] += hours
        for h in self.plan.harvests:
            crop = self.crop[h.crop]
            hours = h.picked * crop.harvest_hours_100kg / 100
            work[h.farm, crop.harvest_skill, self.number[h.week]] += hours
        return work

    def hours(self) -> None:
        """For any skills together, the hours asked do not pass those of the hands that have one of them."""
        work = self._work()
        for told in self.plan.hours:
            farm, t = self.farm[told.farm], self.number[told.week]
            asked = {skill: h for (f, skill, week), h in work.items() if (f, week) == (farm.id, t)}
            there = sum((team.hours[t] * team.productivity for team in farm.hands), _NONE)
            needed = sum(asked.values(), _NONE)
            where = f"{farm.name}, {told.week}"
            self.check(
                abs(told.needed - needed) <= _DUST and abs(told.available - there) <= _DUST,
                f"{where}\u202f: heures annoncées {told.needed} sur {told.available}, "
                f"comptées {needed} sur {there}.",
            )
            self.check(
                0 <= told.overtime <= farm.overtime_max + _DUST,
                f"{where}\u202f: {told.overtime} heures supplémentaires, {farm.overtime_max} au plus.",
            )
            lack = self._lack(farm, t, asked)
            self.check(
                lack <= told.overtime + _DUST,
                f"{where}\u202f: il manque {lack - told.overtime:.2f} h de travail aux équipes.",
            )

    def _lack(self, farm: Farm, t: int, asked: dict[str, Decimal]) -> Decimal:
        worst = _NONE
        skills = sorted(s for s, h in asked.items() if h)
        for size in range(1, len(skills) + 1):
            for few in combinations(skills, size):
                able = [team for team in farm.hands if set(team.skills) & set(few)]
                there = sum((team.hours[t] * team.productivity for team in able), _NONE)
                worst = max(worst, sum((asked[s] for s in few), _NONE) - there)
        return worst

    def flows(self) -> None:
        """Of each crop and week, what comes in goes out; what is kept has lost its share."""
        use = {(u.crop, u.week): u for u in self.plan.uses}
        picked: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for h in self.plan.harvests:
            picked[h.crop, h.week] += h.picked
        stock = {s.crop: s.kilos for s in self.problem.opening}
        for (crop, week), kilos in sorted(picked.items()):
            told = use[crop, week].picked if (crop, week) in use else _NONE
            self.check(
                abs(told - kilos) <= _DUST, f"{crop}, {week}\u202f: {kilos} kg récoltés, {told} annoncés."
            )
        for (crop, week), u in use.items():
            where = f"{self.crop[crop].name}, {week}"
            parts = (
                u.picked,
                u.opened,
                u.kept,
                u.portions,
                u.extra,
                u.promised,
                u.kitchen,
                u.wholesale,
                u.stored,
            )
            self.check(min(parts) >= 0, f"{where}\u202f: une quantité est négative.")
            self.check(
                u.picked <= picked[crop, week] + _DUST, f"{where}\u202f: {u.picked} kg ne sont pas récoltés."
            )
            came, went = sum(parts[:3], _NONE), sum(parts[3:], _NONE)
            self.check(abs(came - went) <= _DUST, f"{where}\u202f: {came} kg entrent, {went} kg sortent.")
            opened = stock.get(crop, _NONE) if week == self.problem.weeks[0] else _NONE
            self.check(
                u.opened <= opened + _DUST, f"{where}\u202f: {u.opened} kg sortis d’un stock de {opened} kg."
            )
            self._kept(where, u, use)

    def _kept(self, where: str, u: Use, use: dict[tuple[str, str], Use]) -> None:
        t, weeks = self.number[u.week], self.problem.weeks
        before = use.get((u.crop, weeks[t - 1])) if t or self.problem.cyclic else None
        loss = self.crop[u.crop].store_loss
        left = before.stored * (1 - (loss or _NONE)) if before else _NONE
        self.check(
            u.kept <= left + _DUST, f"{where}\u202f: {u.kept} kg repris du froid, il n’en reste que {left}."
        )
        last = t == len(weeks) - 1 and not self.problem.cyclic
        self.check(
            u.stored <= _DUST or (loss is not None and not last),
            f"{where}\u202f: {u.stored} kg gardés, ce légume ne se garde pas ou la saison finit.",
        )

    def capacities(self) -> None:
        stored: dict[str, Decimal] = defaultdict(Decimal)
        cooked: dict[str, Decimal] = defaultdict(Decimal)
        for u in self.plan.uses:
            crop = self.crop[u.crop]
            stored[u.week] += u.stored
            cooked[u.week] += u.kitchen
            most = _NONE if crop.wholesale_cents is None else crop.wholesale_kg_max
            self.check(
                u.wholesale <= most + _DUST,
                f"{crop.name}, {u.week}\u202f: {u.wholesale} kg vendus en gros, {most} kg au plus.",
            )
            self.check(
                crop.kitchen_cents is not None or u.kitchen <= _DUST,
                f"{crop.name}, {u.week}\u202f: la cuisine n’en prend pas.",
            )
        for d in self.plan.deliveries:
            if self.promise[d.commitment].kind == "kitchen":
                cooked[self.promise[d.commitment].week] += d.kilos
        for what, found, limits in (
            ("Chambre froide", stored, self.problem.cold_kg),
            ("Cuisine", cooked, self.problem.kitchen_kg),
        ):
            for week, kilos in sorted(found.items()):
                most = limits[self.number[week]] if limits else _NONE
                self.check(
                    kilos <= most + 20 * _DUST,
                    f"{what}, {week}\u202f: {kilos} kg pour {most} kg de capacité.",
                )

    def baskets(self) -> None:
        """Portions, extras, worth and presences in baskets, and what the plan tells of them."""
        baskets, count = self.problem.baskets, {w.week: w.count for w in self.problem.baskets.weeks}
        for u in self.plan.uses:
            full = self.crop[u.crop].portion * count.get(u.week, 0)
            name = f"{self.crop[u.crop].name}, paniers de {u.week}"
            self.check(
                u.portions <= full + _DUST, f"{name}\u202f: {u.portions} kg pour {full} kg de portions."
            )
            self.check(
                u.extra <= full * baskets.extra + _DUST,
                f"{name}\u202f: {u.extra} kg dépassent le supplément permis.",
            )
        for w, told in zip(baskets.weeks, self.plan.baskets, strict=True):
            mine = [u for u in self.plan.uses if u.week == w.week]
            kg = sum((u.portions + u.extra for u in mine), _NONE) / w.count
            cents = (
                sum(((u.portions + u.extra) * self.crop[u.crop].price_cents for u in mine), _NONE) / w.count
            )
            varieties = sum((u.portions / self.crop[u.crop].portion for u in mine), _NONE) / w.count
            self.check(
                cents <= w.value_cents_max + 1,
                f"Paniers de {w.week}\u202f: {cents:.0f} centimes, {w.value_cents_max} au plus.",
            )
            counted = ((told.kg, kg), (told.value_cents, cents), (told.varieties, varieties))
            self.check(
                all(abs(a - b) <= _SAME for a, b in counted),
                f"Paniers de {w.week}\u202f: poids, valeur ou nombre de légumes annoncé est faux.",
            )
        self._presences(count)

    def _presences(self, count: dict[str, int]) -> None:
        baskets, weeks = self.problem.baskets, self.problem.weeks
        given: dict[str, dict[int, Decimal]] = defaultdict(dict)
        for u in self.plan.uses:
            if u.week in count:
                share = u.portions / (self.crop[u.crop].portion * count[u.week])
                given[u.crop][self.number[u.week]] = share
        length = min(baskets.presence_weeks, len(weeks))
        for crop, shares in given.items():
            for first in range(len(weeks) if self.problem.cyclic else len(weeks) - length + 1):
                window = [(first + n) % len(weeks) for n in range(length)]
                times = sum((shares.get(t, _NONE) for t in window), _NONE)
                self.check(
                    times <= baskets.presences_max + _DUST,
                    f"{self.crop[crop].name}\u202f: {times:.2f} présences en {length} semaines à partir de "
                    f"{weeks[first]}, {baskets.presences_max} au plus.",
                )

    def commitments(self) -> None:
        given: dict[str, Decimal] = defaultdict(Decimal)
        promised: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for d in self.plan.deliveries:
            c = self.promise[d.commitment]
            given[c.id] += d.kilos
            promised[d.crop, c.week] += d.kilos
            self.check(
                d.crop in c.crops and d.kilos > 0,
                f"Promesse {c.id}\u202f: {self.crop[d.crop].name} n’y est pas attendu.",
            )
        for c in self.problem.commitments:
            self.check(
                given[c.id] <= c.kilos + _DUST,
                f"Promesse {c.id}\u202f: {given[c.id]} kg pour {c.kilos} kg promis.",
            )
        told = {(u.crop, u.week): u.promised for u in self.plan.uses}
        for key in sorted(told.keys() | promised.keys()):
            self.check(
                abs(told.get(key, _NONE) - promised[key]) <= _DUST,
                f"{key[0]}, {key[1]}\u202f: ce qui est livré aux promesses est mal compté.",
            )

    def locks(self, locks: Sequence[Lock]) -> None:
        for lock in locks:
            if lock.kind == "crop":
                held = (lock.what in self._grown(lock.where)) == (lock.sense == "required")
            else:
                same = [x for x in self.plan.lots if (x.block, x.option) == (lock.where, lock.what)]
                beds = sum((x.beds for x in same), _NONE)
                held = (lock.sense == "most" or beds >= lock.beds) and (
                    lock.sense == "least" or beds <= lock.beds
                )
            self.check(held, f"Le verrou sur {lock.what} ({lock.where}) n’est pas respecté.")

    def _income(self, farm: Farm) -> Decimal:
        cents = _NONE
        for h in self.plan.harvests:
            if h.farm == farm.id:
                cents += h.picked * self.crop[h.crop].price_cents * self.crop[h.crop].transfer_share
        return cents - self._cost(farm)

    def _cost(self, farm: Farm) -> Decimal:
        cents = Decimal(len(self._grown(farm.id)) * farm.crop_cents)
        for lot in self.plan.lots:
            if self.block[lot.block].farm == farm.id:
                cents += self._area(lot) * self.option[lot.option].cost_cents
        overtime = sum((h.overtime for h in self.plan.hours if h.farm == farm.id), _NONE)
        return cents + overtime * farm.overtime_cents

    def values(self) -> dict[str, Decimal]:
        """Each goal, counted again."""
        baskets, tolerances = self.problem.baskets, self.problem.tolerances
        given: dict[str, Decimal] = defaultdict(Decimal)
        for d in self.plan.deliveries:
            given[d.commitment] += d.kilos
        promises = variety = waste = surplus = _NONE
        for c in self.problem.commitments:
            promises += max(_NONE, c.kilos - given[c.id]) * c.short_cents
            surplus += given[c.id] * c.price_cents
        for w, told in zip(baskets.weeks, self.plan.baskets, strict=True):
            promises += max(_NONE, w.kg_min - told.kg) * w.count * baskets.short_cents
            variety += max(_NONE, baskets.varieties_min - told.varieties) * w.count
        waste += sum((h.likely - h.picked for h in self.plan.harvests), _NONE)
        waste += sum((s.kilos for s in self.problem.opening), _NONE)
        for u in self.plan.uses:
            crop = self.crop[u.crop]
            waste += u.stored * (crop.store_loss or _NONE) - u.opened
            surplus += (u.portions + u.extra) * crop.price_cents
            surplus += u.kitchen * (crop.kitchen_cents or 0) + u.wholesale * (crop.wholesale_cents or 0)
        surplus -= sum((self._cost(f) for f in self.problem.farms), _NONE)
        hours = sum((max(_NONE, h.needed - tolerances.ease * h.available) for h in self.plan.hours), _NONE)
        total = surplus - promises - variety * baskets.lack_cents
        total -= waste * tolerances.waste_cents + hours * tolerances.strain_cents
        found = {"promises": promises, "variety": variety, "waste": waste, "hours": hours}
        partners = [f for f in self.problem.farms if f.kind == "partner" and self._beds(f)]
        if partners:
            found["fairness"] = min(self._income(f) / self._beds(f) for f in partners)
            beds = sum((self._beds(f) for f in partners), _NONE)
            total += found["fairness"] * tolerances.fairness * beds
        return {**found, "surplus": surplus, "total": total}

    def _beds(self, farm: Farm) -> Decimal:
        return sum((b.beds * b.bed_m2 / 100 for b in self.problem.blocks if b.farm == farm.id), _NONE)

    def claims(self, values: dict[str, Decimal]) -> None:
        """What the plan says of itself is what we count."""
        if self.wrong:
            return
        said = {g.name: g for g in self.plan.goals}
        self.check(said.keys() == values.keys(), "Le plan n’annonce pas exactement les buts de la saison.")
        for name, value in values.items():
            if name in said:
                self.check(
                    abs(said[name].value - value) <= _SAME * max(Decimal(1), abs(value)),
                    f"But «\u202f{name}\u202f»\u202f: {said[name].value} annoncé, {value} compté.",
                )
        for told in self.plan.incomes:
            farm = self.farm[told.farm]
            self.check(
                abs(told.cents - self._income(farm)) <= 1 and told.crops == len(self._grown(farm.id)),
                f"Ferme {farm.name}\u202f: son revenu ou son nombre de légumes est mal compté.",
            )
        self._orders()

    def _orders(self) -> None:
        """Every lot has its plants or seeds, ordered for its week."""
        due: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        for lot in self.plan.lots:
            option = self.option[lot.option]
            due[self.block[lot.block].farm, option.crop, option.week] += self._area(lot) * option.plants
        ordered: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        for order in self.plan.orders:
            ordered[order.farm, order.crop, order.week] += order.plants
        for key in sorted(due.keys() | ordered.keys()):
            self.check(
                abs(due[key] - ordered[key]) <= _SAME,
                f"Commande de {key[1]} pour {key[2]}\u202f: {ordered[key]} au lieu de {due[key]}.",
            )
