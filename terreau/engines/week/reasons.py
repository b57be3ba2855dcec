"""Why the plan is what it is, in the trade's words, for each line, each farm and each basket."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from terreau.measures.french import format_day, format_decimal, format_percent

from .access import DEMAND, KITCHEN, SOLIDARITY, Outlet, outlets
from .plan import Flow, Fragile, Portion, Rest, Shortfall
from .problem import STEP, ZERO, BasketBatch, Problem, Supply

_QUALITY = ("en conventionnel", "en conversion", "en bio")
_WHY_BARRED = {
    "absent": "personne n’en propose cette semaine",
    "early": "ce qui est proposé n’est pas encore prêt ce jour-là",
    "late": "ce qui est proposé ne se garde pas jusqu’à ce jour",
    "quality": "ce qui est proposé n’a pas la qualité demandée",
    "grade": "il ne reste que du second choix",
    "orders_only": "ce qui reste se vend pour sa ferme, et ne se donne pas",
    "taken": "tout ce qui convient est déjà pris",
    "minimum": "ce qui reste est inférieur au minimum accepté",
    "offer_minimum": "ce qui reste ne s’achète qu’en plus grande quantité",
    "choice": "la promesse coûterait plus cher à d’autres promesses",
}


def amount(quantity: Decimal, unit: str) -> str:
    """ "12,5 kg", "3 pièces"."""
    if unit == "kg":
        return f"{format_decimal(quantity)}\u00a0kg"
    return f"{format_decimal(quantity)}\u00a0pièce{'s' if abs(quantity) >= 2 else ''}"


def euros(cents: Decimal | int) -> str:
    return f"{format_decimal(Decimal(cents) / 100, places=2)}\u00a0€"


def of(name: str) -> str:
    """ "de poireaux", "d’oignons"."""
    lower = name[:1].lower() + name[1:]
    return f"d’{lower}" if lower[:1] in "aeiouyéèêhœ" else f"de {lower}"


def shortfalls(problem: Problem, flows: Sequence[Flow], portions: Sequence[Portion]) -> tuple[Shortfall, ...]:
    """Every promise not fully kept, with the binding reason and what would free it."""
    finder = _Finder(problem, flows)
    found = finder.demands() + finder.solidarity()
    for b in problem.baskets:
        found += _basket_shortfalls(problem, b, [p for p in portions if p.batch == b.id])
    return tuple(found)


def _basket_shortfalls(problem: Problem, b: BasketBatch, inside: Sequence[Portion]) -> list[Shortfall]:
    products = {p.id: p for p in problem.products}
    value = sum((p.quantity * products[p.product].value_cents for p in inside), ZERO)
    missing, lack = b.target_cents * (1 - b.tolerance) - value, b.varieties_min - len(inside)
    title, found = f"Panier {b.size} du {format_day(b.day)}\u202f: ", []
    if missing > 0:
        sentence = (
            f"{title}il vaut {euros(value)}, moins que le minimum promis de {euros(value + missing)}. "
            f"Il faudrait des légumes pour {euros(missing)} de plus par panier, pour {b.count} paniers."
        )
        found.append(Shortfall("basket_value", b.id, missing, "cents", "taken", sentence))
    if lack > 0:
        sentence = (
            f"{title}{len(inside)} légume{_s(len(inside))} au lieu de {b.varieties_min}. "
            f"Il en faudrait {lack} autre{_s(lack)}, en quantité suffisante pour {b.count} paniers."
        )
        found.append(Shortfall("basket_varieties", b.id, Decimal(lack), "product", "taken", sentence))
    return found


def _s(count: int) -> str:
    return "s" if count > 1 else ""


class _Finder:
    """What each supply still holds, and why it does not fill a gap."""

    def __init__(self, problem: Problem, flows: Sequence[Flow]) -> None:
        self.problem = problem
        self.products = {p.id: p for p in problem.products}
        self.supply = {s.id: s for s in problem.supplies}
        self.outlets = {(o.kind, o.id): o for o in outlets(problem)}
        self.spare = {s.id: s.quantity for s in problem.supplies}
        self.received: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for f in flows:
            self.spare[f.supply] -= f.quantity
            unit_kg = self.products[self.supply[f.supply].product].unit_kg
            self.received[f.kind, f.outlet] += f.quantity * (unit_kg if f.kind == SOLIDARITY else 1)

    def demands(self) -> list[Shortfall]:
        found = []
        for d in self.problem.demands:
            missing = d.quantity - self.received[DEMAND, d.id]
            if missing <= 0:
                continue
            product = self.products[d.product]
            outlet = self.outlets[DEMAND, d.id]
            cause, remedies = self._cause(outlet, d.quantity_min - self.received[DEMAND, d.id])
            wanted = f"{amount(missing, product.unit)} {of(product.name)}"
            sentence = (
                f"{d.customer}, {format_day(d.day)}\u202f: il manque {wanted}, {_WHY_BARRED[cause]}. "
                f"Pour servir la ligne\u202f: {wanted} de plus{remedies}."
            )
            found.append(Shortfall(DEMAND, d.id, missing, product.unit, cause, sentence))
        return found

    def solidarity(self) -> list[Shortfall]:
        found = []
        for o in self.problem.solidarity:
            missing = o.quantity_min_kg - self.received[SOLIDARITY, o.id]
            if missing > 0:
                cause, _ = self._cause(self.outlets[SOLIDARITY, o.id], ZERO)
                sentence = (
                    f"{o.name}, {format_day(o.day)}\u202f: il manque {amount(missing, 'kg')} sur les "
                    f"{amount(o.quantity_min_kg, 'kg')} promis, {_WHY_BARRED[cause]}."
                )
                found.append(Shortfall(SOLIDARITY, o.id, missing, "kg", cause, sentence))
        return found

    def _cause(self, outlet: Outlet, least: Decimal) -> tuple[str, str]:
        """The binding reason, and the other ways out: what the outlet would have to accept."""
        mine = [s for s in self.problem.supplies if s.product in outlet.products]
        open_to_it = [s for s in mine if outlet.barrier(s) is None]
        barred = {
            outlet.barrier(s): s
            for s in mine
            if outlet.barrier(s) is not None and self.spare[s.id] >= STEP[self.products[s.product].unit]
        }
        spare = sum((self.spare[s.id] for s in open_to_it), ZERO)
        remedies = "".join(
            f", ou {_remedy(why, s, self.products[s.product].name)}" for why, s in barred.items()
        )
        if not mine:
            return "absent", remedies
        if not open_to_it:
            return str(outlet.barrier(mine[0])), remedies
        if spare < min(STEP[self.products[s.product].unit] for s in open_to_it):
            return "taken", remedies
        if spare < least:
            return "minimum", remedies
        if any(s.min_take and self.spare[s.id] == s.quantity for s in open_to_it):
            return "offer_minimum", remedies
        return "choice", remedies


def _remedy(why: str | None, supply: Supply, name: str) -> str:
    if why == "early":
        return f"livrer à partir du {format_day(supply.first_day)}"
    if why == "late":
        return f"livrer le {format_day(supply.last_day)} au plus tard"
    if why == "quality":
        return f"accepter «\u202f{name}\u202f» {_QUALITY[supply.quality]}"
    return "accepter le second choix"


def farm_sentences(problem: Problem, flows: Sequence[Flow], rests: Sequence[Rest]) -> dict[str, str]:
    """For each farm: what was taken this week, and why not more."""
    products = {p.id: p for p in problem.products}
    rest_of = {r.supply: r for r in rests}
    why = why_left(problem, flows, rests)
    sentences = {}
    for farm in problem.farms:
        mine = [s for s in problem.supplies if s.farm == farm.id]
        taken = sum((rest_of[s.id].used * s.price_cents for s in mine), ZERO)
        over = [s for s in mine if s.id in why]
        if not mine:
            sentences[farm.id] = f"{farm.name}\u202f: rien de proposé cette semaine."
            continue
        lines = [
            f"{amount(s.quantity - rest_of[s.id].used, products[s.product].unit)} "
            f"{of(products[s.product].name)} "
            f"({why[s.id]})"
            for s in over
        ]
        reason = f"restent {', '.join(lines)}" if lines else "tout ce qui était proposé est pris"
        sentences[farm.id] = f"{farm.name}\u202f: {euros(taken)} pris\u202f; {reason}."
    return sentences


def why_left(problem: Problem, flows: Sequence[Flow], rests: Sequence[Rest]) -> dict[str, str]:
    """Of each supply not wholly used, why not."""
    finder, fed = _Finder(problem, flows), _outlets_by_product(problem)
    used = {r.supply: r.used for r in rests}
    return {
        s.id: _why_left(s, fed.get(s.product, []), finder)
        for s in problem.supplies
        if used[s.id] < s.quantity
    }


def _outlets_by_product(problem: Problem) -> dict[str, list[Outlet]]:
    fed: dict[str, list[Outlet]] = defaultdict(list)
    for o in outlets(problem):
        if o.kind != SOLIDARITY:
            for product in o.products:
                fed[product].append(o)
    return fed


def _why_left(supply: Supply, fed: Sequence[Outlet], finder: _Finder) -> str:
    if not fed:
        return "aucun débouché cette semaine"
    barriers = {o.barrier(supply) for o in fed}
    if None not in barriers:
        only = barriers.pop() if len(barriers) == 1 else ""
        return {
            "early": "pas encore prêt aux jours de sortie",
            "late": "ne se garde pas jusqu’aux jours de sortie",
            "quality": "qualité inférieure à ce qui est demandé",
            "grade": "second choix, que personne n’accepte",
            "orders_only": "vendu pour la ferme, et personne n’en commande",
        }.get(only or "", "ni les jours ni la qualité demandés")
    if supply.min_take and finder.spare[supply.id] == supply.quantity:
        return "le minimum à prendre dépasse les besoins"
    return "les débouchés de ce produit sont servis"


def basket_sentence(problem: Problem, batch: BasketBatch, inside: Sequence[Portion], value: Decimal) -> str:
    """What one basket is worth, against its target, and what is new in it."""
    names = {p.id: p.name for p in problem.products}
    known = [names[p.product] for p in inside if batch.recent.get(p.product) == 1]
    gap = (value - batch.target_cents) / batch.target_cents
    told = f"déjà donné la semaine passée\u202f: {', '.join(known)}" if known else "rien de la semaine passée"
    return (
        f"Panier {batch.size} du {format_day(batch.day)}\u202f: {len(inside)} légume{_s(len(inside))}, "
        f"{euros(value)} pour {euros(batch.target_cents)} visés ({format_percent(gap, 1)})\u202f; {told}."
    )


def fragile(problem: Problem, flows: Sequence[Flow], rests: Sequence[Rest]) -> tuple[Fragile, ...]:
    """Under the low forecast, what is missing once the spare of the same product is used, largest first.

    The outlets named are those that use the supply, in the order in which a coordinator would cut them:
    groceries beyond their due are not told apart here, then kitchen, baskets, and order lines last.
    """
    products = {p.id: p for p in problem.products}
    rest_of = {r.supply: r for r in rests}
    spare: dict[str, Decimal] = defaultdict(Decimal)
    for s in problem.supplies:
        sure = s.quantity if s.low is None else s.low
        spare[s.product] += max(ZERO, sure - rest_of[s.id].used)
    order = {SOLIDARITY: 0, KITCHEN: 1, "basket": 2, DEMAND: 3}
    found = []
    for s in problem.supplies:
        if s.low is None or rest_of[s.id].used <= s.low:
            continue
        lack = rest_of[s.id].used - s.low
        lent = min(lack, spare[s.product])
        spare[s.product] -= lent
        if lack == lent:
            continue
        hit = sorted((f for f in flows if f.supply == s.id), key=lambda f: (order[f.kind], f.day, f.outlet))
        named = tuple(f"{f.kind}:{f.outlet}" for f in hit)
        product = products[s.product]
        sentence = (
            f"Si la récolte est basse, il manquera {amount(lack - lent, product.unit)} {of(product.name)} "
            f"(apport {s.id})\u202f: {len(named)} destination{'s' if len(named) > 1 else ''} à revoir."
        )
        found.append((product.unit_kg * (lack - lent), Fragile(s.id, lack - lent, named, sentence)))
    return tuple(f for _, f in sorted(found, key=lambda pair: (-pair[0], pair[1].supply)))
