"""The land of a plan, judged: what stands on which half-bed, in which week, after what."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from .plan import Lot, Plan
from .problem import Option, Problem

_NONE = Decimal(0)


class Ground:
    """What every rule reads, and those of the ground."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.wrong: list[str] = []
        self.farm = {f.id: f for f in problem.farms}
        self.block = {b.id: b for b in problem.blocks}
        self.crop = {c.id: c for c in problem.crops}
        self.option = {o.id: o for o in problem.options}
        self.promise = {c.id: c for c in problem.commitments}
        self.number = {week: n for n, week in enumerate(problem.weeks)}
        self._refuse_strangers()

    def check(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.wrong.append(otherwise)

    def _refuse_strangers(self) -> None:
        """What the plan names must exist, once: nothing else can be judged before that."""
        plan = self.plan
        for lot in plan.lots:
            known = lot.block in self.block and lot.option in self.option
            self.check(
                known, f"Lot {lot.id}\u202f: le bloc {lot.block} ou la culture {lot.option} n’existe pas."
            )
        for h in plan.harvests:
            known = h.farm in self.farm and h.crop in self.crop and h.week in self.number
            self.check(known, f"Récolte inconnue\u202f: {h.farm}, {h.crop}, {h.week}.")
        for u in plan.uses:
            known = u.crop in self.crop and u.week in self.number
            self.check(known, f"Usage inconnu\u202f: {u.crop}, {u.week}.")
        for d in plan.deliveries:
            known = d.commitment in self.promise and d.crop in self.crop
            self.check(known, f"Livraison inconnue\u202f: {d.commitment}, {d.crop}.")
        lists: dict[str, list[tuple[str, ...]]] = {
            "lot": [(lot.id,) for lot in plan.lots],
            "récolte": [(h.farm, h.crop, h.week) for h in plan.harvests],
            "usage": [(u.crop, u.week) for u in plan.uses],
            "livraison": [(d.commitment, d.crop) for d in plan.deliveries],
        }
        for what, keys in lists.items():
            for key, times in Counter(keys).items():
                self.check(
                    times == 1, f"Le plan compte deux fois une même ligne ({what})\u202f: {', '.join(key)}."
                )
        self.check(
            [b.week for b in plan.baskets] == [w.week for w in self.problem.baskets.weeks],
            "Le plan ne décrit pas les paniers de chaque semaine, une fois et dans l’ordre.",
        )
        self.check(
            [(h.farm, h.week) for h in plan.hours] == [(f, w) for f in self.farm for w in self.number],
            "Le plan ne dit pas les heures de chaque ferme et de chaque semaine, une fois et dans l’ordre.",
        )
        self.check(
            [i.farm for i in plan.incomes] == list(self.farm),
            "Le plan ne dit pas le revenu de chaque ferme, une fois et dans l’ordre.",
        )

    def _taken(self, option: Option) -> Iterator[int]:
        """The weeks in which a lot takes its bed."""
        first, weeks = self.number[option.week], len(self.problem.weeks)
        for n in range(option.weeks):
            if self.problem.cyclic or first + n < weeks:
                yield (first + n) % weeks

    def _area(self, lot: Lot) -> Decimal:
        """In hundreds of m²."""
        return lot.beds * self.block[lot.block].bed_m2 / 100

    def windows(self) -> None:
        """A lot is an option that was offered, under the shelter it asks for, in half-beds."""
        for lot in self.plan.lots:
            block, option = self.block[lot.block], self.option[lot.option]
            name = self.crop[option.crop].name
            self.check(
                option.shelter == block.shelter,
                f"Lot {lot.id}\u202f: {name} planté en {option.week} demande l’abri "
                f"«\u202f{option.shelter}\u202f», {block.name} est «\u202f{block.shelter}\u202f».",
            )
            self.check(
                lot.beds > 0 and lot.beds * 2 == int(lot.beds * 2),
                f"Lot {lot.id}\u202f: {lot.beds} planches ne se comptent pas en demi-planches.",
            )

    def land(self) -> None:
        """Week by week, a block does not give more beds than it has."""
        taken: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        for lot in self.plan.lots:
            for t in self._taken(self.option[lot.option]):
                taken[lot.block, t] += lot.beds
        for p in self.problem.fixed:
            for t in range(min(p.weeks, len(self.problem.weeks))):
                taken[p.block, t] += Decimal(len(p.beds)) / 2
        for (block, t), beds in sorted(taken.items()):
            self.check(
                beds <= self.block[block].beds,
                f"{self.block[block].name}, {self.problem.weeks[t]}\u202f: {beds} planches prises, "
                f"il y en a {self.block[block].beds}.",
            )

    def beds(self) -> None:
        """Each half-bed carries one lot at a time, and every lot has all its half-beds."""
        holders: dict[tuple[str, str, int], list[str]] = defaultdict(list)
        for block, place, t, who in self._held():
            holders[block, place, t].append(who)
        told = set()
        for (block, place, t), ids in sorted(holders.items()):
            if len(ids) > 1 and (block, place, tuple(ids)) not in told:
                told.add((block, place, tuple(ids)))
                self.wrong.append(
                    f"{self.block[block].name}, demi-planche {place}, {self.problem.weeks[t]}\u202f: "
                    f"{' et '.join(ids)} se chevauchent."
                )

    def _held(self) -> Iterator[tuple[str, str, int, str]]:
        """Block, half-bed, week and who takes it: in the ground, lots, and their ends of last year."""
        last = len(self.problem.weeks)
        for p in self.problem.fixed:
            for t in range(min(p.weeks, last)):
                yield from ((p.block, place, t, p.id) for place in p.beds)
        for lot in self.plan.lots:
            first = self.number[self.option[lot.option].week]
            end = first + self.option[lot.option].weeks
            over = max(0, end - last) if self.problem.cyclic else 0
            self._whole(lot, lot.places, lot.beds * 2)
            self._whole(lot, lot.carried, lot.beds * 2 if over else _NONE)
            for t in range(first, min(end, last)):
                yield from ((lot.block, place, t, lot.id) for place in lot.places)
            for t in range(over):
                yield from ((lot.block, place, t, lot.id) for place in lot.carried)

    def _whole(self, lot: Lot, places: Sequence[str], halves: Decimal) -> None:
        known = set(self.block[lot.block].bed_names)
        self.check(
            len(places) == len(set(places)) == halves and set(places) <= known,
            f"Lot {lot.id}\u202f: ses demi-planches ({', '.join(places) or 'aucune'}) ne sont pas celles du "
            f"bloc ou ne font pas {lot.beds} planches.",
        )

    def rotation(self) -> None:
        """No family before its return, and no more families on a block than it may have."""
        families: dict[str, set[str]] = defaultdict(set)
        for lot in self.plan.lots:
            family = self.crop[self.option[lot.option].crop].family
            families[lot.block].add(family)
            for barred in self.block[lot.block].barred:
                self.check(
                    barred.family != family,
                    f"Lot {lot.id}\u202f: {family} ne peut revenir sur {self.block[lot.block].name} "
                    f"({barred.reason}).",
                )
        for block, found in families.items():
            standing = {self.crop[p.crop].family for p in self.problem.fixed if p.block == block}
            most = max(self.block[block].families_max, len(standing))
            self.check(
                len(found | standing) <= most,
                f"{self.block[block].name}\u202f: {len(found | standing)} familles, {most} au plus.",
            )

    def _grown(self, farm: str) -> set[str]:
        return {self.option[lot.option].crop for lot in self.plan.lots if self.block[lot.block].farm == farm}

    def portfolios(self) -> None:
        for f in self.problem.farms:
            grown = self._grown(f.id)
            self.check(
                len(grown) <= f.crops_max, f"{f.name}\u202f: {len(grown)} légumes, {f.crops_max} au plus."
            )
