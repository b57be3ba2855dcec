"""What the week's planner is told: frozen values that refuse nonsense at construction.

Quantities are Decimals in the product's own unit ("kg" or "piece"); money is in integer cents.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from terreau.measures.stored import Stored

ZERO = Decimal(0)
# Below these steps nobody weighs: a crate is weighed to 100 g, a portion of a basket to the gram.
STEP = {"kg": Decimal("0.1"), "piece": Decimal(1)}
GRAIN = {"kg": Decimal("0.001"), "piece": Decimal(1)}
CONVENTIONAL, IN_CONVERSION, ORGANIC = 0, 1, 2
SUPPLY_KINDS = ("lot", "forecast", "offer")


class ProblemRefused(ValueError):
    """The problem contradicts itself; the message says where and what to correct."""


def _refuse_if(wrong: bool, message: str) -> None:
    if wrong:
        raise ProblemRefused(message)


@dataclass(frozen=True)
class Product:
    """`group`: at most one product of a group in a basket. No `portions`: never in a basket.

    `keep_value`: the share of its value that a unit kept until next week still has.
    """

    id: str
    name: str
    unit: str
    unit_kg: Decimal
    value_cents: int
    portions: tuple[Decimal, ...] = ()
    group: str | None = None
    keep_value: Decimal = ZERO

    def __post_init__(self) -> None:
        _refuse_if(
            self.unit not in STEP,
            f"{self.name}\u202f: l’unité «\u202f{self.unit}\u202f» n’est ni kg ni piece.",
        )
        _refuse_if(self.unit_kg <= 0, f"{self.name}\u202f: le poids d’une unité doit dépasser 0 kg.")
        _refuse_if(self.unit == "kg" and self.unit_kg != 1, f"{self.name}\u202f: un kilo pèse 1 kg.")
        _refuse_if(self.value_cents <= 0, f"{self.name}\u202f: le prix de référence doit dépasser 0 €.")
        _refuse_if(not 0 <= self.keep_value <= 1, f"{self.name}\u202f: la valeur gardée va de 0 à 1.")
        _refuse_if(
            any(p <= 0 or p % GRAIN[self.unit] for p in self.portions)
            or list(self.portions) != sorted(set(self.portions)),
            f"{self.name}\u202f: les portions doivent être positives, croissantes et distinctes, "
            "au gramme près pour les kilos, entières pour les pièces.",
        )


@dataclass(frozen=True)
class Farm:
    """What a farm was promised for the season so far, pro rata, and what was taken from it."""

    id: str
    name: str
    promised_cents: int
    taken_cents: int

    def __post_init__(self) -> None:
        _refuse_if(
            self.promised_cents < 0 or self.taken_cents < 0,
            f"{self.name}\u202f: un montant ne peut être négatif.",
        )


@dataclass(frozen=True)
class Supply:
    """What can be had of one product from one farm.

    A "lot" is in the store: what is not used must be kept or composted. A "forecast" is ripe in the field:
    what is not used stays there if it keeps beyond the week, and is lost otherwise. An "offer" stays with
    its farm unless taken; `min_take`: taken by at least that much, or not at all. `low` is the bad forecast.
    `orders_only`: sold for its farm, hence to who orders and pays, never packed, cooked or given.
    """

    id: str
    product: str
    farm: str
    quantity: Decimal
    quality: int
    first_day: date
    last_day: date
    price_cents: int
    kind: str
    low: Decimal | None = None
    min_take: Decimal = ZERO
    second_grade: bool = False
    orders_only: bool = False

    def __post_init__(self) -> None:
        low = self.quantity if self.low is None else self.low
        _refuse_if(
            self.kind not in SUPPLY_KINDS,
            f"Apport {self.id}\u202f: nature «\u202f{self.kind}\u202f» inconnue.",
        )
        _refuse_if(self.quality not in (0, 1, 2), f"Apport {self.id}\u202f: qualité {self.quality} inconnue.")
        _refuse_if(self.price_cents < 0, f"Apport {self.id}\u202f: un prix ne peut être négatif.")
        _refuse_if(
            self.first_day > self.last_day,
            f"Apport {self.id}\u202f: la fin de garde précède la première sortie.",
        )
        _refuse_if(
            not 0 <= low <= self.quantity,
            f"Apport {self.id}\u202f: la prévision basse va de 0 à la probable.",
        )
        _refuse_if(
            not 0 <= self.min_take <= self.quantity,
            f"Apport {self.id}\u202f: le minimum à prendre va de 0 à la quantité offerte.",
        )
        _refuse_if(
            self.kind != "offer" and self.min_take > 0,
            f"Apport {self.id}\u202f: seule une offre peut demander un minimum.",
        )


@dataclass(frozen=True)
class Demand:
    """A firm order line: nothing, or at least `quantity_min`; `weight`: what breaking it costs."""

    id: str
    customer: str
    product: str
    quantity: Decimal
    price_cents: int
    day: date
    substitutes: tuple[str, ...] = ()
    quantity_min: Decimal = ZERO
    quality_min: int = CONVENTIONAL
    weight: Decimal = Decimal(1)
    second_grade: bool = False

    def __post_init__(self) -> None:
        _refuse_if(self.quantity <= 0, f"Commande {self.id}\u202f: la quantité doit dépasser 0.")
        _refuse_if(self.price_cents <= 0, f"Commande {self.id}\u202f: le prix doit dépasser 0 €.")
        _refuse_if(self.weight <= 0, f"Commande {self.id}\u202f: le poids doit dépasser 0.")
        _refuse_if(
            not 0 <= self.quantity_min <= self.quantity,
            f"Commande {self.id}\u202f: le minimum accepté va de 0 à la quantité commandée.",
        )
        _refuse_if(
            len(set(self.products)) != len(self.products),
            f"Commande {self.id}\u202f: un produit est cité deux fois.",
        )

    @property
    def products(self) -> tuple[str, ...]:
        return (self.product, *self.substitutes)


@dataclass(frozen=True)
class BasketBatch:
    """All the baskets of one size on one day, with identical content.

    `recent`: weeks since each product was last given (1 = last week). `tolerance`: on the target value.
    """

    id: str
    size: str
    day: date
    count: int
    target_cents: int
    varieties_min: int
    varieties_max: int
    tolerance: Decimal = Decimal("0.05")
    recent: dict[str, int] = field(default_factory=dict)
    quality_min: int = CONVENTIONAL

    def __post_init__(self) -> None:
        _refuse_if(self.count <= 0, f"Paniers {self.id}\u202f: le nombre de paniers doit dépasser 0.")
        _refuse_if(self.target_cents <= 0, f"Paniers {self.id}\u202f: la valeur visée doit dépasser 0 €.")
        _refuse_if(not 0 <= self.tolerance < 1, f"Paniers {self.id}\u202f: la tolérance va de 0 à 1.")
        _refuse_if(
            not 1 <= self.varieties_min <= self.varieties_max,
            f"Paniers {self.id}\u202f: le nombre de légumes va d’un minimum (1 au moins) à un maximum.",
        )
        _refuse_if(
            any(weeks < 1 for weeks in self.recent.values()),
            f"Paniers {self.id}\u202f: un légume déjà donné l’a été il y a une semaine au moins.",
        )


@dataclass(frozen=True)
class Recipe:
    """On a day, none or between `batches_min` and `batches_max`; inputs, hours and value are per batch."""

    id: str
    name: str
    inputs: dict[str, Decimal]
    hours: Decimal
    batches_max: int
    days: tuple[date, ...]
    value_cents: int
    batches_min: int = 1
    quality_min: int = CONVENTIONAL
    second_grade: bool = True

    def __post_init__(self) -> None:
        _refuse_if(
            not self.inputs or any(q <= 0 for q in self.inputs.values()),
            f"Recette {self.name}\u202f: il faut des ingrédients, en quantité positive.",
        )
        _refuse_if(self.hours < 0, f"Recette {self.name}\u202f: les heures ne peuvent être négatives.")
        _refuse_if(
            not 1 <= self.batches_min <= self.batches_max,
            f"Recette {self.name}\u202f: le nombre de fournées va d’un minimum (1 au moins) à un maximum.",
        )
        _refuse_if(not self.days, f"Recette {self.name}\u202f: aucun jour de cuisine.")


@dataclass(frozen=True)
class Kitchen:
    """Hours of hands and equipment, day by day; a day not named is closed."""

    hours: dict[date, Decimal]

    def __post_init__(self) -> None:
        _refuse_if(
            any(h < 0 for h in self.hours.values()), "Cuisine\u202f: les heures ne peuvent être négatives."
        )


@dataclass(frozen=True)
class SolidarityOutlet:
    """A social grocery: a promised minimum, and what it can hand out.

    Offers are bought for it up to the promised minimum only; beyond it, it receives what would be lost.
    `worth_cents`: what a missing promised kilo counts for, as a broken promise.
    """

    id: str
    name: str
    day: date
    quantity_min_kg: Decimal
    quantity_max_kg: Decimal
    worth_cents: int
    quality_min: int = CONVENTIONAL
    second_grade: bool = True

    def __post_init__(self) -> None:
        _refuse_if(
            not 0 <= self.quantity_min_kg <= self.quantity_max_kg,
            f"{self.name}\u202f: la quantité promise va de 0 à la quantité que l’épicerie peut distribuer.",
        )
        _refuse_if(self.worth_cents <= 0, f"{self.name}\u202f: la valeur d’un kilo promis doit dépasser 0 €.")


@dataclass(frozen=True)
class Store:
    """Room left in the cold store for what is kept until next week."""

    free_kg: Decimal

    def __post_init__(self) -> None:
        _refuse_if(self.free_kg < 0, "Chambre froide\u202f: la place libre ne peut être négative.")


@dataclass(frozen=True)
class Taste:
    """What makes a good basket, in points per basket.

    One point per vegetable, one more if it is new, less in proportion of the gap to the target value.
    A vegetable given `novelty_weeks` ago or earlier is as good as new; last week's is worth nothing more.
    """

    variety: Decimal = Decimal(1)
    novelty: Decimal = Decimal(1)
    value: Decimal = Decimal(10)
    novelty_weeks: int = 4

    def __post_init__(self) -> None:
        _refuse_if(
            min(self.variety, self.novelty, self.value) < 0 or self.novelty_weeks < 2,
            "Goût\u202f: aucun point négatif, et la nouveauté demande deux semaines au moins.",
        )


@dataclass(frozen=True)
class Tolerances:
    """What a goal may give back to the goals after it, and the `gap` under which it is called proved.

    Each is a share of the goal's value (or of its scale, see `plan.Goal`). `fairness_levels`: how many of
    the lowest ratios are raised one after the other.
    """

    promises: Decimal = Decimal("0.002")
    fairness: Decimal = Decimal("0.002")
    baskets: Decimal = Decimal("0.002")
    waste: Decimal = Decimal("0.0005")
    gap: Decimal = Decimal("0.01")
    fairness_levels: int = 3

    def __post_init__(self) -> None:
        _refuse_if(
            min(self.promises, self.fairness, self.baskets, self.waste, self.gap) < 0
            or self.fairness_levels < 1,
            "Tolérances\u202f: aucune ne peut être négative, et l’équité demande un niveau au moins.",
        )


@dataclass(frozen=True)
class Problem(Stored):
    week: str
    days: tuple[date, ...]
    products: tuple[Product, ...]
    farms: tuple[Farm, ...]
    supplies: tuple[Supply, ...]
    demands: tuple[Demand, ...] = ()
    baskets: tuple[BasketBatch, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    kitchen: Kitchen | None = None
    solidarity: tuple[SolidarityOutlet, ...] = ()
    store: Store = Store(ZERO)
    taste: Taste = Taste()
    tolerances: Tolerances = Tolerances()

    def __post_init__(self) -> None:
        _refuse_if(not self.days or list(self.days) != sorted(set(self.days)), "Les jours doivent se suivre.")
        _check_ids("produit", self.products)
        _check_ids("ferme", self.farms)
        _check_ids("apport", self.supplies)
        _check_ids("commande", self.demands)
        _check_ids("paniers", self.baskets)
        _check_ids("recette", self.recipes)
        _check_ids("épicerie", self.solidarity)
        units = {p.id: p.unit for p in self.products}
        farms = {f.id for f in self.farms}
        for s in self.supplies:
            _known(units, s.product, f"l’apport {s.id}")
            _refuse_if(s.farm not in farms, f"La ferme {s.farm} de l’apport {s.id} est inconnue.")
            _exact(s.quantity, GRAIN[units[s.product]], f"Apport {s.id}")
            _exact(s.min_take, GRAIN[units[s.product]], f"Apport {s.id} (minimum à prendre)")
        self._check_outlets(units)

    def _check_outlets(self, units: dict[str, str]) -> None:
        for d in self.demands:
            for product in d.products:
                _known(units, product, f"la commande {d.id}")
            _refuse_if(
                len({units[p] for p in d.products}) > 1,
                f"Commande {d.id}\u202f: un produit de remplacement doit se compter dans la même unité.",
            )
            _exact(d.quantity, STEP[units[d.product]], f"Commande {d.id}")
            _exact(d.quantity_min, STEP[units[d.product]], f"Commande {d.id} (minimum)")
        for r in self.recipes:
            _refuse_if(self.kitchen is None, f"Recette {r.name}\u202f: il manque les heures de la cuisine.")
            for product, quantity in r.inputs.items():
                _known(units, product, f"la recette {r.name}")
                _exact(quantity, GRAIN[units[product]], f"Recette {r.name}")
        outlet_days = [(f"La commande {d.id}", d.day) for d in self.demands]
        outlet_days += [(f"Les paniers {b.id}", b.day) for b in self.baskets]
        outlet_days += [(o.name, o.day) for o in self.solidarity]
        outlet_days += [(f"La recette {r.name}", day) for r in self.recipes for day in r.days]
        for what, day in outlet_days:
            _refuse_if(
                day not in self.days, f"{what}\u202f: le {day.isoformat()} n’est pas un jour de la semaine."
            )

    @property
    def end(self) -> date:
        return self.days[-1]


@dataclass(frozen=True)
class Lock(Stored):
    """A decision taken by hand, that the planner must respect.

    "flow": `subject` is a supply, `outlet_kind` and `outlet` (with `day` for a recipe) where it goes.
    "portion": `subject` is a batch of baskets, `outlet` a product, `value` its portion (0: none).
    "served": `subject` is a demand, `value` what it receives.
    "batches": `subject` is a recipe, `day` its day, `value` a whole number of batches.
    """

    kind: str
    subject: str
    value: Decimal
    outlet_kind: str = ""
    outlet: str = ""
    day: date | None = None

    def __post_init__(self) -> None:
        _refuse_if(
            self.kind not in ("flow", "portion", "served", "batches"),
            f"Verrou «\u202f{self.kind}\u202f» inconnu.",
        )
        _refuse_if(self.value < 0, f"Verrou sur {self.subject}\u202f: la quantité ne peut être négative.")


def _check_ids(kind: str, items: Iterable[object]) -> None:
    seen = set()
    for item in items:
        name = getattr(item, "id", "")
        _refuse_if(
            not name or name in seen,
            f"Identifiant de {kind} vide ou donné deux fois\u202f: «\u202f{name}\u202f».",
        )
        seen.add(name)


def _known(units: dict[str, str], product: str, where: str) -> None:
    _refuse_if(product not in units, f"Le produit {product}, cité par {where}, est inconnu.")


def _exact(quantity: Decimal, step: Decimal, what: str) -> None:
    _refuse_if(bool(quantity % step), f"{what}\u202f: {quantity} n’est pas un multiple de {step}.")
