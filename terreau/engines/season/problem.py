"""What the season's planner is told: frozen values that refuse nonsense at construction.

Areas are in beds of their block (halves allowed); yields, hours, plants and costs are for 100 m². Kilos and
hours are Decimals, money is in integer cents. Weeks are written "2027-W01".
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from terreau.measures.stored import Stored

ZERO, ONE = Decimal(0), Decimal(1)
# A lot is never smaller than half a bed, and a bed is never split in more than two.
HALF = Decimal("0.5")
GARDEN, PARTNER = "garden", "partner"
CANTEEN, KITCHEN, GROCERY = "canteen", "kitchen", "grocery"


class ProblemRefused(ValueError):
    """The problem contradicts itself; the message says where and what to correct."""


def _refuse_if(wrong: bool, message: str) -> None:
    if wrong:
        raise ProblemRefused(message)


def _negative(*values: Decimal | int | None) -> bool:
    return any(v is not None and v < 0 for v in values)


@dataclass(frozen=True)
class Hands:
    """A team and its hours, week by week; `productivity`: one of its hours against a professional's.

    `skills`: the gestures it can do. A gesture asks for one skill (see `Labour` and `Crop.harvest_skill`).
    """

    id: str
    name: str
    skills: tuple[str, ...]
    hours: tuple[Decimal, ...]
    productivity: Decimal = ONE

    def __post_init__(self) -> None:
        _refuse_if(not self.skills, f"{self.name}\u202f: il faut au moins un savoir-faire.")
        _refuse_if(_negative(*self.hours), f"{self.name}\u202f: des heures sont négatives.")
        _refuse_if(not 0 < self.productivity <= 2, f"{self.name}\u202f: le rendement va de 0 (exclu) à 2.")


@dataclass(frozen=True)
class Farm:
    """A garden or a partner farm: how many crops it can follow, what each costs it, and its hands.

    `crop_cents`: fixed cost of each crop grown in the season. `overtime_max`: hours a week, any skill.
    """

    id: str
    name: str
    kind: str
    hands: tuple[Hands, ...]
    crops_max: int
    crop_cents: int = 0
    overtime_max: Decimal = ZERO
    overtime_cents: int = 0

    def __post_init__(self) -> None:
        _refuse_if(
            self.kind not in (GARDEN, PARTNER),
            f"{self.name}\u202f: nature «\u202f{self.kind}\u202f» inconnue.",
        )
        _refuse_if(self.crops_max < 0, f"{self.name}\u202f: le nombre de cultures ne peut être négatif.")
        _refuse_if(
            _negative(self.crop_cents, self.overtime_cents, self.overtime_max),
            f"{self.name}\u202f: un coût ou des heures supplémentaires sont négatifs.",
        )
        _check_ids(f"équipe de {self.name}", self.hands)


@dataclass(frozen=True)
class Barred:
    """A family that may not come back yet on a block, and why, in words."""

    family: str
    reason: str


@dataclass(frozen=True)
class Block:
    """Beds that rotate together under one shelter. `families_max`: families present in the season."""

    id: str
    name: str
    farm: str
    shelter: str
    beds: Decimal
    bed_m2: Decimal = Decimal(100)
    families_max: int = 3
    barred: tuple[Barred, ...] = ()

    def __post_init__(self) -> None:
        _refuse_if(
            self.beds <= 0 or bool(self.beds % HALF),
            f"{self.name}\u202f: le nombre de planches doit dépasser 0 et se compter en demi-planches.",
        )
        _refuse_if(self.bed_m2 <= 0, f"{self.name}\u202f: la surface d’une planche doit dépasser 0 m².")
        _refuse_if(self.families_max < 1, f"{self.name}\u202f: il faut permettre une famille au moins.")

    @property
    def bed_names(self) -> tuple[str, ...]:
        """Its half-beds, in order: "1a", "1b", "2a"…"""
        return tuple(f"{n // 2 + 1}{'ab'[n % 2]}" for n in range(int(self.beds / HALF)))


@dataclass(frozen=True)
class Crop:
    """`portion`: kilos in one basket. `price_cents`: what a kilo is worth to the one who eats it.

    `transfer_share`: the part of it paid to the farm. `store_loss`: part lost in a week in the cold store
    (None: does not keep). `kitchen_cents`, `wholesale_cents`: worth of a kilo there (None: not taken).
    `wholesale_kg_max`: what wholesale takes in a week.
    """

    id: str
    name: str
    family: str
    portion: Decimal
    price_cents: int
    transfer_share: Decimal = Decimal("0.75")
    store_loss: Decimal | None = None
    harvest_hours_100kg: Decimal = ZERO
    harvest_skill: str = "récolte"
    kitchen_cents: int | None = None
    wholesale_cents: int | None = None
    wholesale_kg_max: Decimal = ZERO

    def __post_init__(self) -> None:
        _refuse_if(self.portion <= 0, f"{self.name}\u202f: la portion doit dépasser 0 kg.")
        _refuse_if(self.price_cents <= 0, f"{self.name}\u202f: le prix doit dépasser 0 €.")
        _refuse_if(not 0 <= self.transfer_share <= 1, f"{self.name}\u202f: la part de la ferme va de 0 à 1.")
        _refuse_if(
            self.store_loss is not None and not 0 <= self.store_loss < 1,
            f"{self.name}\u202f: la perte par semaine en chambre froide va de 0 à 1 (exclu).",
        )
        _refuse_if(
            _negative(
                self.harvest_hours_100kg, self.kitchen_cents, self.wholesale_cents, self.wholesale_kg_max
            ),
            f"{self.name}\u202f: des heures, un prix ou une quantité sont négatifs.",
        )


@dataclass(frozen=True)
class Yield:
    """Kilos of one week's harvest, so many weeks `after` the planting week: low, likely, high."""

    after: int
    low: Decimal
    likely: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        _refuse_if(self.after < 0, "Une récolte précède sa plantation.")
        _refuse_if(
            not 0 <= self.low <= self.likely <= self.high,
            "Une récolte va de la basse à la haute, par la probable.",
        )


@dataclass(frozen=True)
class Labour:
    """Hours asked of one skill: once in the planting week, then each following week of occupation."""

    skill: str
    establish: Decimal
    upkeep_week: Decimal = ZERO

    def __post_init__(self) -> None:
        _refuse_if(_negative(self.establish, self.upkeep_week), "Des heures de culture sont négatives.")


@dataclass(frozen=True)
class Option:
    """A crop planted in a week under a shelter. `weeks`: weeks the bed is taken, the planting one included.

    `harvest`, `labour`, `plants` and `cost_cents` (plants or seeds, and the area itself) are for 100 m².
    `plant_unit`: "plants", "graines", "kg"…
    """

    id: str
    crop: str
    shelter: str
    week: str
    weeks: int
    harvest: tuple[Yield, ...]
    labour: tuple[Labour, ...] = ()
    plants: Decimal = ZERO
    plant_unit: str = "plants"
    cost_cents: int = 0

    def __post_init__(self) -> None:
        _refuse_if(self.weeks < 1, f"Culture {self.id}\u202f: elle occupe sa planche une semaine au moins.")
        after = [y.after for y in self.harvest]
        _refuse_if(
            after != sorted(set(after)) or any(a >= self.weeks for a in after),
            f"Culture {self.id}\u202f: les récoltes se suivent, tant que la planche est occupée.",
        )
        _refuse_if(
            _negative(self.plants, self.cost_cents),
            f"Culture {self.id}\u202f: des plants ou un coût sont négatifs.",
        )


@dataclass(frozen=True)
class Remaining:
    """Kilos still to come, in a week, from a planting already in the ground."""

    week: str
    low: Decimal
    likely: Decimal
    high: Decimal


@dataclass(frozen=True)
class Fixed:
    """A planting already in the ground on the first week, whole figures, not for 100 m².

    `beds`: its half-beds ("1a", "1b"…); none, where another that stays longer holds those it shares with it.
    `weeks`: how many weeks it still takes them.
    `upkeep_week`: hours a week by skill.
    """

    id: str
    block: str
    crop: str
    beds: tuple[str, ...]
    weeks: int
    harvest: tuple[Remaining, ...] = ()
    upkeep_week: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _refuse_if(self.weeks < 1, f"Plantation {self.id}\u202f: elle n’est plus en terre.")
        _refuse_if(
            _negative(*self.upkeep_week.values()), f"Plantation {self.id}\u202f: des heures sont négatives."
        )
        for r in self.harvest:
            _refuse_if(
                not 0 <= r.low <= r.likely <= r.high,
                f"Plantation {self.id}\u202f: une récolte va de la basse à la haute, par la probable.",
            )


@dataclass(frozen=True)
class BasketWeek:
    """The baskets of one week: how many, and what each should weigh at least and be worth at most."""

    week: str
    count: int
    kg_min: Decimal
    value_cents_max: int

    def __post_init__(self) -> None:
        _refuse_if(self.count <= 0, f"Paniers de {self.week}\u202f: leur nombre doit dépasser 0.")
        _refuse_if(
            self.kg_min < 0 or self.value_cents_max <= 0,
            f"Paniers de {self.week}\u202f: le poids ne peut être négatif, la valeur doit dépasser 0 €.",
        )


@dataclass(frozen=True)
class Baskets:
    """What all baskets promise. A missing kilo costs `short_cents`, a missing vegetable `lack_cents`.

    A vegetable is a full portion at most `presences_max` times in `presence_weeks` weeks; each week, `extra`
    of a portion may be added.
    """

    weeks: tuple[BasketWeek, ...] = ()
    varieties_min: int = 7
    presences_max: int = 3
    presence_weeks: int = 4
    extra: Decimal = Decimal("0.3")
    short_cents: int = 1000
    lack_cents: int = 200

    def __post_init__(self) -> None:
        _refuse_if(
            self.varieties_min < 0
            or not 1 <= self.presences_max <= self.presence_weeks
            or _negative(self.extra, self.short_cents, self.lack_cents),
            "Paniers\u202f: le nombre de légumes, les présences ou un coût sont hors de leurs bornes.",
        )
        seen = [w.week for w in self.weeks]
        _refuse_if(len(seen) != len(set(seen)), "Paniers\u202f: une semaine est donnée deux fois.")


@dataclass(frozen=True)
class Commitment:
    """Kilos promised to an outlet in a week; any of `crops` will do. A missing kilo costs `short_cents`."""

    id: str
    outlet: str
    kind: str
    week: str
    crops: tuple[str, ...]
    kilos: Decimal
    price_cents: int
    short_cents: int

    def __post_init__(self) -> None:
        _refuse_if(
            self.kind not in (CANTEEN, KITCHEN, GROCERY),
            f"Promesse {self.id}\u202f: débouché «\u202f{self.kind}\u202f» inconnu.",
        )
        _refuse_if(self.kilos <= 0, f"Promesse {self.id}\u202f: la quantité doit dépasser 0 kg.")
        _refuse_if(
            _negative(self.price_cents, self.short_cents),
            f"Promesse {self.id}\u202f: un prix ne peut être négatif.",
        )
        _refuse_if(
            not self.crops or len(set(self.crops)) != len(self.crops),
            f"Promesse {self.id}\u202f: il faut un légume au moins, chacun cité une fois.",
        )


@dataclass(frozen=True)
class Opening:
    """Kilos in the cold store at the start of the first week."""

    crop: str
    kilos: Decimal

    def __post_init__(self) -> None:
        _refuse_if(self.kilos < 0, f"Stock de {self.crop}\u202f: les kilos ne peuvent être négatifs.")


@dataclass(frozen=True)
class Tolerances:
    """`gap`: under it the whole is called proved. `fairness`: what a euro more per bed, on the lowest income,
    counts for on every bed of the partner farms (0: not sought). `waste_cents`: what a kilo left or lost
    counts for. Hours beyond `ease` of the hands of a week count for `strain_cents` each.
    """

    gap: Decimal = Decimal("0.01")
    fairness: Decimal = ONE
    waste_cents: int = 5
    ease: Decimal = Decimal("0.9")
    strain_cents: int = 100

    def __post_init__(self) -> None:
        _refuse_if(
            _negative(self.gap, self.fairness, self.waste_cents, self.strain_cents)
            or not 0 <= self.ease <= 1,
            "Tolérances\u202f: aucune ne peut être négative, et l’aise va de 0 à 1.",
        )


@dataclass(frozen=True)
class Problem(Stored):
    """`cyclic`: a typical year, whose last week is followed by the first. Otherwise a dated horizon: what
    would come after its last week is not counted.

    `cold_kg`, `kitchen_kg`: capacities week by week (empty: no cold store, no kitchen).
    """

    weeks: tuple[str, ...]
    cyclic: bool
    farms: tuple[Farm, ...]
    blocks: tuple[Block, ...]
    crops: tuple[Crop, ...]
    options: tuple[Option, ...]
    baskets: Baskets = Baskets()
    commitments: tuple[Commitment, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    opening: tuple[Opening, ...] = ()
    cold_kg: tuple[Decimal, ...] = ()
    kitchen_kg: tuple[Decimal, ...] = ()
    tolerances: Tolerances = Tolerances()

    def __post_init__(self) -> None:
        _refuse_if(
            not self.weeks or list(self.weeks) != sorted(set(self.weeks)), "Les semaines doivent se suivre."
        )
        for kind, items in (
            ("ferme", self.farms),
            ("bloc", self.blocks),
            ("légume", self.crops),
            ("culture", self.options),
            ("promesse", self.commitments),
            ("plantation", self.fixed),
        ):
            _check_ids(kind, items)
        for name, capacities in (("chambre froide", self.cold_kg), ("cuisine", self.kitchen_kg)):
            _refuse_if(
                len(capacities) not in (0, len(self.weeks)) or _negative(*capacities),
                f"Capacité de la {name}\u202f: une valeur positive par semaine, ou aucune.",
            )
        self._check_growing()
        self._check_outlets()
        self._check_ground()

    def _check_growing(self) -> None:
        farms, crops = {f.id for f in self.farms}, {c.id for c in self.crops}
        for f in self.farms:
            for team in f.hands:
                _refuse_if(
                    len(team.hours) != len(self.weeks),
                    f"{f.name}, {team.name}\u202f: il faut des heures pour chaque semaine.",
                )
        for b in self.blocks:
            _refuse_if(b.farm not in farms, f"La ferme {b.farm} du bloc {b.name} est inconnue.")
        for o in self.options:
            _refuse_if(o.crop not in crops, f"Le légume {o.crop} de la culture {o.id} est inconnu.")
            _refuse_if(o.week not in self.weeks, f"Culture {o.id}\u202f: {o.week} est hors de la saison.")
            _refuse_if(
                self.cyclic and o.weeks > len(self.weeks),
                f"Culture {o.id}\u202f: elle occupe sa planche plus d’une année.",
            )

    def _check_outlets(self) -> None:
        crops = {c.id for c in self.crops}
        for w in self.baskets.weeks:
            _refuse_if(w.week not in self.weeks, f"Paniers\u202f: {w.week} est hors de la saison.")
        for c in self.commitments:
            _refuse_if(c.week not in self.weeks, f"Promesse {c.id}\u202f: {c.week} est hors de la saison.")
            _refuse_if(
                c.kind == KITCHEN and not self.kitchen_kg,
                f"Promesse {c.id}\u202f: il manque la capacité de la cuisine.",
            )
            for crop in c.crops:
                _refuse_if(crop not in crops, f"Le légume {crop} de la promesse {c.id} est inconnu.")

    def _check_ground(self) -> None:
        """What is in the ground or in store is a fact of a dated season, and no two share half a bed."""
        _refuse_if(
            self.cyclic and bool(self.fixed or self.opening),
            "Une année type part d’une terre nue et d’un stock vide\u202f: retirez plantations et stocks.",
        )
        blocks, crops = {b.id: b for b in self.blocks}, {c.id for c in self.crops}
        taken: set[tuple[str, str]] = set()
        for f in self.fixed:
            _refuse_if(f.block not in blocks, f"Le bloc {f.block} de la plantation {f.id} est inconnu.")
            _refuse_if(f.crop not in crops, f"Le légume {f.crop} de la plantation {f.id} est inconnu.")
            for bed in f.beds:
                _refuse_if(
                    bed not in blocks[f.block].bed_names,
                    f"Plantation {f.id}\u202f: la demi-planche {bed} n’existe pas.",
                )
                _refuse_if(
                    (f.block, bed) in taken, f"Plantation {f.id}\u202f: la demi-planche {bed} est déjà prise."
                )
                taken.add((f.block, bed))
            for r in f.harvest:
                _refuse_if(
                    r.week not in self.weeks, f"Plantation {f.id}\u202f: {r.week} est hors de la saison."
                )
        for s in self.opening:
            _refuse_if(s.crop not in crops, f"Le légume {s.crop} en stock est inconnu.")
        _refuse_if(
            len({s.crop for s in self.opening}) < len(self.opening), "Un légume est deux fois en stock."
        )


@dataclass(frozen=True)
class Lock(Stored):
    """A decision taken by hand, that the planner must respect.

    "area": on block `where`, option `what` takes exactly ("fixed"), at least ("least") or at most ("most")
    so many `beds`; at most 0 forbids it. "crop": farm `where` does not grow ("forbidden") or grows
    ("required") crop `what`.
    """

    kind: str
    where: str
    what: str
    sense: str
    beds: Decimal = ZERO

    def __post_init__(self) -> None:
        senses = {"area": ("fixed", "least", "most"), "crop": ("forbidden", "required")}
        _refuse_if(
            self.sense not in senses.get(self.kind, ()),
            f"Verrou «\u202f{self.kind} {self.sense}\u202f» inconnu.",
        )
        _refuse_if(
            self.beds < 0 or bool(self.beds % HALF),
            f"Verrou sur {self.where}\u202f: une surface se compte en demi-planches, à partir de 0.",
        )


def _check_ids(kind: str, items: Iterable[object]) -> None:
    seen = set()
    for item in items:
        name = getattr(item, "id", "")
        _refuse_if(
            not name or name in seen,
            f"Identifiant de {kind} vide ou donné deux fois\u202f: «\u202f{name}\u202f».",
        )
        seen.add(name)
