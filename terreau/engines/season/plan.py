"""What the season's planner answers: frozen, storable, explained line by line."""

from dataclasses import dataclass
from decimal import Decimal

from terreau.measures.stored import Stored

PROVED, BEST_FOUND, IMPOSSIBLE = "proved", "best_found", "impossible"


@dataclass(frozen=True)
class Goal:
    """A goal's value in this plan, and a bound that no plan can pass (None: no bound is known).

    "total": cents, all goals weighed together; its gap is the one that is proven, and it is divided by the
    total without the lowest income. "promises": cents of broken
    promises. "fairness": cents, the lowest income per bed among partner farms. "variety": vegetables missing,
    all baskets added. "waste": kilos left in the field or lost in store. "hours": hours beyond what is easy.
    "surplus": cents, what eaters receive less what it costs. `gap` is the distance between value and bound,
    divided by the value or by `scale` if the value is smaller.
    """

    name: str
    value: Decimal
    bound: Decimal | None
    gap: Decimal | None
    scale: Decimal
    seconds: Decimal


@dataclass(frozen=True)
class Lot:
    """So many beds of a block planted with one option, and on which half-beds ("1a", "1b"…).

    `carried`: in a typical year, where last year's same lot ends when the year begins.
    """

    id: str
    block: str
    option: str
    beds: Decimal
    places: tuple[str, ...]
    carried: tuple[str, ...] = ()


@dataclass(frozen=True)
class Harvest:
    """What a farm may and will pick of a crop in a week; `picked` beyond `likely` is never planned."""

    farm: str
    crop: str
    week: str
    low: Decimal
    likely: Decimal
    high: Decimal
    picked: Decimal


@dataclass(frozen=True)
class Use:
    """Where a crop goes in a week, in kilos: picked + opened + kept = all that follows.

    `opened`: taken from the opening stock. `kept`: what last week's store still holds. `portions` counts for
    variety, `extra` does not. `promised`: sum of deliveries to commitments. `stored`: goes on to next week.
    """

    crop: str
    week: str
    picked: Decimal
    opened: Decimal
    kept: Decimal
    portions: Decimal
    extra: Decimal
    promised: Decimal
    kitchen: Decimal
    wholesale: Decimal
    stored: Decimal


@dataclass(frozen=True)
class Delivery:
    commitment: str
    crop: str
    kilos: Decimal


@dataclass(frozen=True)
class BasketContent:
    """One basket of a week: its weight, its worth, how many full portions of different vegetables."""

    week: str
    kg: Decimal
    value_cents: Decimal
    varieties: Decimal


@dataclass(frozen=True)
class WeekHours:
    """Hours a farm needs in a week, at a professional's pace, those of its hands, and overtime used."""

    farm: str
    week: str
    needed: Decimal
    available: Decimal
    overtime: Decimal


@dataclass(frozen=True)
class Income:
    """Kilos picked at the transfer price, less plants, areas, fixed costs of crops and overtime."""

    farm: str
    cents: Decimal
    cents_per_bed: Decimal
    crops: int
    sentence: str


@dataclass(frozen=True)
class Coverage:
    """The share of the kilos promised in a week (baskets and commitments) that this plan serves."""

    week: str
    wanted_kg: Decimal
    served_kg: Decimal
    share: Decimal
    varieties: Decimal


@dataclass(frozen=True)
class Shortfall:
    """A promise not fully kept: what is missing, why, and what would free it.

    `kind`: "commitment" (`subject` is its id), "basket_kg" or "basket_varieties" (`subject` is the week).
    """

    kind: str
    subject: str
    week: str
    missing: Decimal
    unit: str
    cause: str
    sentence: str


@dataclass(frozen=True)
class Price:
    """What one more unit of something scarce would be worth to the whole, seen from above.

    `kind`: "hours" (`where` is a farm), "land" and "families" (a block), "crops" (a farm), "cold",
    "kitchen", "wholesale" (a crop); `week` is empty when it is the season's. `cents` is for one unit.
    """

    kind: str
    where: str
    week: str
    unit: str
    cents: Decimal
    sentence: str


@dataclass(frozen=True)
class Order:
    """Seeds or plants to order: so many, of a crop, for a planting week, on a farm."""

    farm: str
    crop: str
    week: str
    plants: Decimal
    unit: str
    beds: Decimal


@dataclass(frozen=True)
class Plan(Stored):
    status: str
    goals: tuple[Goal, ...] = ()
    lots: tuple[Lot, ...] = ()
    harvests: tuple[Harvest, ...] = ()
    uses: tuple[Use, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    baskets: tuple[BasketContent, ...] = ()
    hours: tuple[WeekHours, ...] = ()
    incomes: tuple[Income, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    lowest_week: str = ""
    shortfalls: tuple[Shortfall, ...] = ()
    prices: tuple[Price, ...] = ()
    orders: tuple[Order, ...] = ()
    clash: tuple[str, ...] = ()
    solver: str = ""
    version: str = ""
    seed: int = 0
    seconds: Decimal = Decimal(0)

    def goal(self, name: str) -> Goal:
        return next(g for g in self.goals if g.name == name)
