"""Taking from what is held, first expired first out, so that nothing is taken twice within one gesture."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from terreau.ledger.queries import StockLine
from terreau.measures.french import format_quantity
from terreau.measures.quantity import Quantity, Unit
from terreau.territory.models import Product


class ShelfIsShort(Exception):
    """There is less than what was asked; `left` says how much there is."""

    def __init__(self, product: str, wanted: Quantity, left: Quantity):
        there_is = f"il reste {format_quantity(left)}" if left else "il ne reste rien"
        super().__init__(
            f"{product} : {there_is}, pour {format_quantity(wanted)} demandés. "
            "Saisissez ce qu’il y a, ou enregistrez d’abord ce qui est arrivé."
        )
        self.left = left


class Shelf:
    """What can be taken from a set of stock lines, counted down in memory: first expired, first out.

    Held lots stay; with `on`, so do those past their day; so does what is another's, unless `others` is said.
    It is read once: the ledger refuses in the end what another hand took meanwhile.
    """

    def __init__(self, lines: Iterable[StockLine], *, on: date | None = None):
        self._lines: dict[int, list[StockLine]] = defaultdict(list)
        self._left: dict[tuple[int, int], Decimal] = {}
        for line in lines:  # as `stock` gives them: the first to expire first
            past = on is not None and line.keeps_until is not None and line.keeps_until < on
            if line.usable and not past:
                self._lines[line.product.pk].append(line)
                self._left[line.lot.pk, line.place.pk] = line.quantity

    def left(self, product: Product, *, quality_min: int = 0, others: bool = False) -> Decimal:
        """What has not been taken yet, of this quality at least."""
        return sum((left for _, left in self._of(product, quality_min, others)), Decimal(0))

    def take(
        self, product: Product, quantity: Decimal, *, quality_min: int = 0, others: bool = False
    ) -> list[tuple[StockLine, Decimal]]:
        """The lots that make up the quantity; refused whole if there is not enough."""
        left, unit = self.left(product, quality_min=quality_min, others=others), Unit(product.unit)
        if left < quantity:
            raise ShelfIsShort(product.name, Quantity(quantity, unit), Quantity(left, unit))
        taken = []
        for line, there in self._of(product, quality_min, others):
            part = min(there, quantity)
            if part > 0:
                taken.append((line, part))
                self._left[line.lot.pk, line.place.pk] -= part
                quantity -= part
        return taken

    def _of(self, product: Product, quality_min: int, others: bool) -> list[tuple[StockLine, Decimal]]:
        lines = [
            line
            for line in self._lines[product.pk]
            if line.quality >= quality_min and (others or line.owner is None)
        ]
        return [(line, self._left[line.lot.pk, line.place.pk]) for line in lines]
