"""Decisions taken by hand: what the page sends, and the planner's `Lock` made of it.

A ticked box carries the decision's own name (`lock`), the field beside it its quantity (`value|<name>`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.http import Http404, QueryDict

from terreau.engines.week.access import BASKET
from terreau.engines.week.problem import Lock, Problem
from terreau.measures.french import FrenchEntryError, format_day, format_decimal, parse_quantity
from terreau.measures.quantity import Unit
from terreau.planning.names import Names

PARTS = 4
L = TypeVar("L")


def name_of(lock: Lock) -> str:
    return "|".join((lock.kind, lock.subject, lock.outlet_kind, lock.outlet))


@dataclass(frozen=True)
class Lockable:
    """A decision of the plan that may be kept or changed; `choices` where only some values exist."""

    name: str
    label: str
    value: str
    unit: str
    ticked: bool = False
    error: str = ""
    choices: tuple[tuple[str, str], ...] = ()


def read_locks(post: QueryDict, problem: Problem) -> tuple[tuple[Lock, ...], dict[str, str]]:
    """The locks of a form, and what cannot be read, by name; a decision unknown to this plan is a 404."""
    names, locks, errors = Names(problem), [], {}
    for name in dict.fromkeys(post.getlist("lock")):
        parts = name.split("|")
        unit = _unit(names, parts)
        if unit is None:
            raise Http404
        kind, subject, outlet_kind, outlet = parts
        try:
            value = parse_quantity(post.get(f"value|{name}", ""), unit).amount
        except FrenchEntryError as error:
            errors[name] = str(error)
            continue
        if value < 0:
            errors[name] = "Une quantité ne peut être négative\u202f: écrivez 0 pour ne rien envoyer."
            continue
        locks.append(Lock(kind, subject, value, outlet_kind, outlet))
    return tuple(locks), errors


def _unit(names: Names, parts: list[str]) -> Unit | None:
    """The unit of the decision; None if the plan knows no such decision."""
    if len(parts) != PARTS:
        return None
    kind, subject, outlet_kind, outlet = parts
    known = {
        "served": subject in names.demands,
        "portion": subject in names.batches and outlet in names.products,
        "flow": subject in names.supplies and (outlet_kind, outlet) in names.outlets,
    }.get(kind, False)
    if not known:
        return None
    product = {"served": lambda: names.demands[subject].product, "portion": lambda: outlet}
    return Unit(names.unit(product[kind]() if kind in product else names.product_of(subject)))


class Desk(Generic[L]):
    """What each line of a page offers to lock, and the locks its plan was already made with.

    `said`: a decision as the plan has it, in words.
    """

    def __init__(
        self,
        kept: Iterable[L],
        said: Callable[[L], Lockable],
        post: Mapping[str, Any] | None = None,
        errors: Mapping[str, str] | None = None,
    ):
        self.kept, self.said, self.post, self.errors = [said(lock) for lock in kept], said, post, errors or {}
        self.kept_names = {lock.name for lock in self.kept}
        self.ticked = set(post.getlist("lock")) if isinstance(post, QueryDict) else self.kept_names

    def on(self, lock: L) -> Lockable | None:
        """None: this decision is already locked, its field stands in the list of locks."""
        said = self.said(lock)
        return None if said.name in self.kept_names else self._typed(said)

    @property
    def list(self) -> list[Lockable]:
        return [self._typed(said) for said in self.kept]

    def _typed(self, said: Lockable) -> Lockable:
        typed = self.post.get(f"value|{said.name}") if self.post is not None else None
        return replace(
            said,
            value=said.value if typed is None else typed,
            ticked=said.name in self.ticked,
            error=self.errors.get(said.name, ""),
        )


def said_of(names: Names, lock: Lock) -> Lockable:
    unit = _unit(names, name_of(lock).split("|"))
    return Lockable(
        name=name_of(lock),
        label=label_of(names, lock),
        value=format_decimal(lock.value),
        unit=unit.label(2) if unit else "",
        choices=_choices(names, lock, unit),
    )


def _choices(names: Names, lock: Lock, unit: Unit | None) -> tuple[tuple[str, str], ...]:
    if lock.kind == "flow" and lock.outlet_kind == BASKET:
        # What fills the baskets follows from their portions: here one may only keep a supply out.
        return (("0", "ne rien y mettre"),)
    if lock.kind != "portion" or unit is None or lock.outlet not in names.products:
        return ()
    portions = names.products[lock.outlet].portions
    said = [(format_decimal(p), f"{format_decimal(p)}\u00a0{unit.label(p)}") for p in portions]
    return (*said, ("0", "aucune"))


def label_of(names: Names, lock: Lock) -> str:
    """The decision in words, without its quantity."""
    if lock.kind == "served" and (d := names.demands.get(lock.subject)):
        return f"{names.product(d.product)} pour {d.customer}, {format_day(d.day)}"
    if lock.kind == "portion" and (b := names.batches.get(lock.subject)):
        return f"{names.product(lock.outlet)}, par {b.size} du {format_day(b.day)}"
    if lock.kind == "flow" and lock.subject in names.supplies:
        product, farm = names.product(names.product_of(lock.subject)), names.farm_of(lock.subject)
        return f"{product} de {farm} vers {names.outlet(f'{lock.outlet_kind}:{lock.outlet}')}"
    return "Une ligne qui n’existe plus"


def served(demand: str, quantity: Decimal) -> Lock:
    return Lock("served", demand, quantity)


def portion(batch: str, product: str, quantity: Decimal) -> Lock:
    return Lock("portion", batch, quantity, outlet=product)


def flow(supply: str, outlet_kind: str, outlet: str, quantity: Decimal) -> Lock:
    return Lock("flow", supply, quantity, outlet_kind, outlet)
