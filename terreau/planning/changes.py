"""What is no longer the same between the problem a plan answered and the week as it stands now."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from terreau.engines.week.problem import Problem
from terreau.measures.french import format_quantity
from terreau.measures.quantity import Quantity, Unit


def changes(planned: Problem, present: Problem) -> list[str]:
    """One sentence per supply, order or batch of baskets that came, went or changed; nothing: still true."""
    names = {p.id: p.name for p in (*planned.products, *present.products)}
    units = {p.id: p.unit for p in (*planned.products, *present.products)}
    farms = {f.id: f.name for f in (*planned.farms, *present.farms)}

    def amount(product: str, quantity: Decimal) -> str:
        return format_quantity(Quantity(quantity, Unit(units[product])))

    return [
        *compare(
            planned.supplies,
            present.supplies,
            lambda s: f"{names[s.product]} de {farms[s.farm]}",
            lambda s: amount(s.product, s.quantity),
        ),
        *compare(
            planned.demands,
            present.demands,
            lambda d: f"{names[d.product]} pour {d.customer}",
            lambda d: amount(d.product, d.quantity),
        ),
        *compare(
            planned.baskets,
            present.baskets,
            lambda b: f"{b.size} du {b.day:%d/%m}",
            lambda b: f"{b.count} paniers",
        ),
        *compare(
            planned.solidarity,
            present.solidarity,
            lambda o: f"Solidarité, {o.name}",
            lambda o: amount_kg(o.quantity_min_kg),
        ),
    ]


def amount_kg(quantity: Decimal) -> str:
    return format_quantity(Quantity(quantity, Unit.KG))


def compare(before: Iterable[Any], after: Iterable[Any], name: Any, amount: Any) -> list[str]:
    old, new = {x.id: x for x in before}, {x.id: x for x in after}
    sentences = [f"{name(old[i])} : {amount(old[i])}, n’y est plus." for i in old.keys() - new.keys()]
    sentences += [f"{name(new[i])} : {amount(new[i])}, est arrivé depuis." for i in new.keys() - old.keys()]
    for i in old.keys() & new.keys():
        if old[i] != new[i]:
            was, now = amount(old[i]), amount(new[i])
            sentences.append(
                f"{name(new[i])} : prix, jours ou conditions ont changé."
                if was == now
                else f"{name(new[i])} : {was} devient {now}."
            )
    return sorted(sentences)
