"""Locks: how they bind the program, and which of them cannot hold together."""

from collections.abc import Sequence
from itertools import combinations

from ..access import DEMAND, KITCHEN, Outlet, outlets
from ..problem import STEP, Lock, Problem, Product
from ..reasons import amount, of
from .highs import Program
from .model import Model, build

_BARRED = {
    "product": "ce produit n’y est pas attendu",
    "early": "il n’est pas encore prêt ce jour-là",
    "late": "il ne se garde pas jusqu’à ce jour",
    "quality": "sa qualité n’est pas celle demandée",
    "grade": "c’est du second choix",
}


class Clash(Exception):
    """Locked decisions that cannot hold together; each sentence says which and what to release."""

    def __init__(self, sentences: tuple[str, ...]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def add_locks(problem: Problem, model: Model, locks: Sequence[Lock]) -> None:
    """One row a lock; a lock that no plan could ever respect is refused at once, with its reason."""
    impossible = []
    for i, lock in enumerate(locks):
        columns, value, why = _bound(problem, model, lock)
        if why:
            impossible.append(f"{say(problem, lock)}\u202f: impossible, {why}. Retirez ce verrou.")
        else:
            model.row(f"lock[{i}]", [(c, 1.0) for c in columns], value, value)
    if impossible:
        raise Clash(tuple(impossible))


def _bound(problem: Problem, model: Model, lock: Lock) -> tuple[list[int], float, str]:
    """The columns whose sum is locked, the locked sum, and why it cannot be."""
    if lock.kind == "flow":
        return _flow_bound(problem, model, lock)
    if lock.kind == "portion":
        mine = {k[2]: y for k, y in model.portions.items() if k[:2] == (lock.subject, lock.outlet)}
        if not lock.value or lock.value in mine:
            chosen = [mine[lock.value]] if lock.value else list(mine.values())
            return chosen, float(bool(lock.value)), ""
        return [], 0.0, "cette portion n’est pas prévue, ou dépasse la valeur du panier ou la récolte"
    if lock.kind == "batches":
        n = model.batches.get((lock.subject, lock.day)) if lock.day else None
        if n is None or lock.value % 1:
            return [], 0.0, "cette recette n’est pas prévue ce jour-là, ou le nombre n’est pas entier"
        return [n], float(lock.value), ""
    return _served_bound(problem, model, lock)


def _served_bound(problem: Problem, model: Model, lock: Lock) -> tuple[list[int], float, str]:
    demand = next((d for d in problem.demands if d.id == lock.subject), None)
    if demand is None:
        return [], 0.0, "cette commande n’existe pas"
    unit = next(p.unit for p in problem.products if p.id == demand.product)
    columns = [x for k, x in model.flows.items() if k[1:3] == (DEMAND, demand.id)]
    if lock.value % STEP[unit]:
        return [], 0.0, f"la quantité doit être un multiple de {amount(STEP[unit], unit)}"
    if lock.value and not columns:
        return [], 0.0, "rien de ce qui est proposé ne convient à cette commande"
    return columns, float(lock.value), ""


def _flow_bound(problem: Problem, model: Model, lock: Lock) -> tuple[list[int], float, str]:
    supply = next((s for s in problem.supplies if s.id == lock.subject), None)
    outlet = next((o for o in outlets(problem) if _is_aimed_at(lock, o)), None)
    if supply is None or outlet is None:
        return [], 0.0, "cet apport ou cette destination n’existe pas"
    unit = next(p.unit for p in problem.products if p.id == supply.product)
    column = model.flows.get((supply.id, outlet.kind, outlet.id, outlet.day))
    if lock.value % STEP[unit]:
        return [], 0.0, f"la quantité doit être un multiple de {amount(STEP[unit], unit)}"
    if column is None and lock.value:
        why = _BARRED.get(outlet.barrier(supply) or "", "cette destination ne peut rien en recevoir")
        return [], 0.0, why
    return ([] if column is None else [column]), float(lock.value), ""


def _is_aimed_at(lock: Lock, outlet: Outlet) -> bool:
    same_day = outlet.kind != KITCHEN or lock.day == outlet.day
    return (lock.outlet_kind, lock.outlet) == (outlet.kind, outlet.id) and same_day


def explain(problem: Problem, locks: Sequence[Lock], seed: int) -> tuple[str, ...]:
    """The smallest set of locks that clash: alone, then two by two, else none of them can be spared."""
    for size in (1, 2):
        for few in combinations(locks, size):
            if not _holds(problem, few, seed):
                return _told(problem, few)
    needed = list(locks)
    for lock in locks:
        without = [k for k in needed if k is not lock]
        if not _holds(problem, without, seed):
            needed = without
    return _told(problem, needed)


def _holds(problem: Problem, locks: Sequence[Lock], seed: int) -> bool:
    model = build(problem)
    add_locks(problem, model, locks)
    program = Program(model, seed=seed)
    answer = program.minimise({}, seconds_max=5.0)
    return answer.values is not None or not answer.complete


def _told(problem: Problem, locks: Sequence[Lock]) -> tuple[str, ...]:
    said = [say(problem, lock) for lock in locks]
    if len(said) == 1:
        return (f"{said[0]}\u202f: impossible avec ce qui est disponible cette semaine. Retirez ce verrou.",)
    return (*said, "Ces verrous ne peuvent tenir ensemble. Retirez-en un, ou réduisez une quantité.")


def say(problem: Problem, lock: Lock) -> str:
    """The locked decision, in the trade's words."""
    products = {p.id: p for p in problem.products}
    supplies = {s.id: s for s in problem.supplies}
    demands = {d.id: d for d in problem.demands}
    if lock.kind == "flow" and lock.subject in supplies:
        product = products[supplies[lock.subject].product]
        return _quoted(f"{_much(lock, product)} (apport {lock.subject}) vers {_destination(problem, lock)}")
    if lock.kind == "portion" and lock.outlet in products:
        batch = next((b.size for b in problem.baskets if b.id == lock.subject), lock.subject)
        return _quoted(f"{_much(lock, products[lock.outlet])} par panier {batch}")
    if lock.kind == "served" and lock.subject in demands:
        demand = demands[lock.subject]
        return _quoted(f"{_much(lock, products[demand.product])} pour {demand.customer}")
    if lock.kind == "batches":
        name = next((r.name for r in problem.recipes if r.id == lock.subject), lock.subject)
        return _quoted(f"{lock.value:f} fournée{'s' if lock.value >= 2 else ''} {of(name)}")
    return f"Verrou sur {lock.subject}"


def _quoted(decision: str) -> str:
    return f"Verrou «\u202f{decision}\u202f»"


def _much(lock: Lock, product: Product) -> str:
    return f"{amount(lock.value, product.unit)} {of(product.name)}"


def _destination(problem: Problem, lock: Lock) -> str:
    names = {d.id: d.customer for d in problem.demands}
    names |= {b.id: f"les paniers {b.size}" for b in problem.baskets}
    names |= {r.id: r.name for r in problem.recipes}
    names |= {o.id: o.name for o in problem.solidarity}
    return names.get(lock.outlet, lock.outlet)
