"""Why the plan is what it is, in the trade's words: what is missing, what it costs, what to order."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from terreau.measures.french import format_decimal

from .access import offered, ripening
from .plan import BasketContent, Delivery, Harvest, Lot, Order, Price, Shortfall
from .problem import HALF, ZERO, Farm, Problem

# What is told for one unit is told for a size that a grower can picture.
_TOLD = {"hours": 12, "land": 1, "families": 1, "crops": 1, "cold": 100, "kitchen": 100}


def kilos(quantity: Decimal) -> str:
    return f"{format_decimal(quantity, places=0 if quantity >= 10 else 1)}\u00a0kg"


def euros(cents: Decimal) -> str:
    return f"{format_decimal(cents / 100, places=0 if abs(cents) >= 1000 else 2)}\u00a0€"


def beds(count: Decimal) -> str:
    return f"{format_decimal(count)}\u00a0planche{'s' if count >= 2 else ''}"


def week_name(week: str) -> str:
    """ "semaine 22" for "2027-W22"."""
    return f"semaine {int(week[-2:])}"


def either(names: Sequence[str]) -> str:
    """ "carotte", "carotte ou panais", "carotte, panais ou navet"."""
    lower = [name[:1].lower() + name[1:] for name in names]
    return lower[0] if len(lower) == 1 else f"{', '.join(lower[:-1])} ou {lower[-1]}"


def shortfalls(
    problem: Problem,
    baskets: Sequence[BasketContent],
    deliveries: Sequence[Delivery],
    harvests: Sequence[Harvest],
) -> tuple[Shortfall, ...]:
    """Every promise not fully kept, why, and what would free it. Less than 100 g is not missing."""
    finder = _Finder(problem, harvests)
    found = []
    given: dict[str, Decimal] = defaultdict(Decimal)
    for d in deliveries:
        given[d.commitment] += d.kilos
    for c in problem.commitments:
        missing = c.kilos - given[c.id]
        if missing >= Decimal("0.1"):
            cause, why = finder.why(c.crops, c.week, missing)
            name = either([finder.crop[crop].name for crop in c.crops])
            said = f"{c.outlet}, {week_name(c.week)}\u202f: il manque {kilos(missing)} ({name}), {why}"
            found.append(Shortfall("commitment", c.id, c.week, missing, "kg", cause, said))
    contents = {b.week: b for b in baskets}
    for w in problem.baskets.weeks:
        missing = (w.kg_min - contents[w.week].kg) * w.count
        if missing >= Decimal("0.1"):
            said = (
                f"Paniers, {week_name(w.week)}\u202f: {kilos(contents[w.week].kg)} par panier au lieu de "
                f"{kilos(w.kg_min)}. {finder.most(w.week, missing)}"
            )
            found.append(Shortfall("basket_kg", w.week, w.week, missing, "kg", "choice", said))
        lack = problem.baskets.varieties_min - contents[w.week].varieties
        if lack >= Decimal("0.01"):
            there = format_decimal(contents[w.week].varieties, places=1)
            said = (
                f"Paniers, {week_name(w.week)}\u202f: {there} légumes en pleine portion au lieu de "
                f"{problem.baskets.varieties_min}. {finder.others(w.week)}"
            )
            found.append(Shortfall("basket_varieties", w.week, w.week, lack, "légumes", "choice", said))
    return tuple(found)


class _Finder:
    """What could ripen in a week, and what does."""

    def __init__(self, problem: Problem, harvests: Sequence[Harvest]) -> None:
        self.problem = problem
        self.crop = {c.id: c for c in problem.crops}
        self.there = {(h.crop, h.week) for h in harvests if h.likely > 0}
        self.could: dict[str, dict[str, tuple[Decimal, str]]] = defaultdict(dict)
        able = {o.id: o for options in offered(problem).values() for o in options}
        for o in able.values():
            for t, (_, likely, _) in ripening(problem, o):
                best = self.could[problem.weeks[t]].get(o.crop)
                if likely and (best is None or likely > best[0]):
                    self.could[problem.weeks[t]][o.crop] = (likely, o.week)

    def why(self, crops: Sequence[str], week: str, missing: Decimal) -> tuple[str, str]:
        able = {c: self.could[week][c] for c in crops if c in self.could[week]}
        if able:
            crop, (likely, planted) = max(able.items(), key=lambda item: (item[1][0], item[0]))
            area = (missing / likely / HALF).to_integral_value(ROUND_CEILING) * HALF
            return "choice", (
                "les planches et les heures servent mieux ailleurs. Pour la tenir\u202f: environ "
                f"{beds(area)} de 100 m² de plus en {either([self.crop[crop].name])}, "
                f"plantées en {week_name(planted)}."
            )
        if self.problem.cold_kg and any(self.crop[c].store_loss is not None for c in crops):
            return "store", (
                "rien n’en mûrit cette semaine-là et ce qui est gardé ne suffit pas. Pour la tenir\u202f: "
                "en garder davantage en chambre froide, ou en acheter."
            )
        return "season", (
            "aucune culture proposée n’en donne cette semaine-là. Pour la tenir\u202f: changer de légume ou "
            "de semaine, ou en acheter."
        )

    def most(self, week: str, missing: Decimal) -> str:
        """The crop that would give most that week on one more bed."""
        if not self.could[week]:
            return "Rien ne mûrit cette semaine-là\u202f: il faut garder en chambre froide ou acheter."
        crop, (likely, planted) = max(self.could[week].items(), key=lambda item: (item[1][0], item[0]))
        area = (missing / likely / HALF).to_integral_value(ROUND_CEILING) * HALF
        return (
            f"Environ {beds(area)} de 100 m² de plus en {either([self.crop[crop].name])}, plantées en "
            f"{week_name(planted)}, donneraient ce poids."
        )

    def others(self, week: str) -> str:
        """Crops that could ripen that week and do not."""
        if not self.could[week]:
            return "Rien ne mûrit cette semaine-là\u202f: il faut garder en chambre froide ou acheter."
        absent = [self.crop[c].name for c in self.could[week] if (c, week) not in self.there]
        if not absent:
            return "Tout ce qui peut mûrir cette semaine-là est déjà planté\u202f: gardez ou achetez."
        return f"Pourraient mûrir cette semaine-là et ne sont pas plantés\u202f: {either(absent[:5])}."


def income_sentence(farm: Farm, paid: Decimal, cost: Decimal, per_bed: Decimal, crops: int) -> str:
    return (
        f"{farm.name}\u202f: {euros(paid)} de récoltes au prix de cession, {euros(cost)} de plants, de "
        f"surfaces et d’heures supplémentaires, soit {euros(per_bed)} par planche, avec {crops} légume"
        f"{'s' if crops > 1 else ''}."
    )


def orders(problem: Problem, lots: Sequence[Lot]) -> tuple[Order, ...]:
    """Plants and seeds to have for each planting week, by farm and crop."""
    options, blocks = {o.id: o for o in problem.options}, {b.id: b for b in problem.blocks}
    found: dict[tuple[str, str, str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for lot in lots:
        option, block = options[lot.option], blocks[lot.block]
        total = found[option.week, block.farm, option.crop, option.plant_unit]
        total[0] += lot.beds * block.bed_m2 / 100 * option.plants
        total[1] += lot.beds
    return tuple(
        Order(farm, crop, week, plants, unit, area)
        for (week, farm, crop, unit), (plants, area) in sorted(found.items())
    )


def price(problem: Problem, kind: str, where: str, week: str, cents: Decimal) -> Price:
    """ "12 h de plus en semaine 22 vaudraient 340 €": true of small changes, seen from above."""
    holders = problem.farms if kind in ("hours", "crops") else problem.blocks
    names = {holder.id: holder.name for holder in holders}
    told, name = _TOLD[kind], names.get(where, where)
    thing, unit = {
        "hours": (f"{told} h de plus", "h"),
        "land": ("Une planche de plus", "planche"),
        "families": ("Une famille de plus", "famille"),
        "crops": ("Un légume de plus", "légume"),
        "cold": (f"{told} kg de place de plus en chambre froide", "kg"),
        "kitchen": (f"{told} kg de capacité de plus en cuisine", "kg"),
    }[kind]
    when = f" en {week_name(week)}" if week else ""
    place = f" ({name})" if name else ""
    verb = "vaudraient" if told > 1 else "vaudrait"
    sentence = f"{thing}{when}{place} {verb} environ {euros(cents * told)}."
    return Price(kind, where, week, unit, cents, sentence)
