"""What the contribution engine is told: flows, a territory, parameters and tables.

Flows measured in the ledger and flows of a scenario have one schema: an amount is a number, or one number per
draw, (N,). A field that does not apply is None, never 0; euros are before VAT.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum, IntEnum, StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Amount = float | Array
ELSEWHERE = "elsewhere"  # a place known to be outside every perimeter; None is a place nobody wrote down


class ProblemRefused(ValueError):
    """The problem contradicts itself; the message says where and what to correct."""


class Missing(LookupError):
    """A figure cannot be computed: which source is missing, and how to get it. Never replaced by a zero."""


def _refuse_if(wrong: bool, message: str) -> None:
    if wrong:
        raise ProblemRefused(message)


# Parameters


class Evidence(IntEnum):
    """From the strongest to the weakest; a figure is worth its weakest input that matters."""

    MEASURED = 1
    OFFICIAL = 2
    COMPUTED = 3
    ELSEWHERE = 4
    PRIOR = 5

    @property
    def label(self) -> str:
        return {
            1: "mesuré", 2: "paramètre officiel", 3: "calculé", 4: "mesuré ailleurs", 5: "a priori d’expert"
        }[self.value]  # fmt: skip


EVIDENCE_OF_STATUS = {
    "measured": Evidence.MEASURED,
    "official": Evidence.OFFICIAL,
    "published": Evidence.OFFICIAL,
    "computed": Evidence.COMPUTED,
    "derived": Evidence.COMPUTED,
    "measured_example": Evidence.ELSEWHERE,
    "expert_prior": Evidence.PRIOR,
}
# « empirical »: a vector by product stands beside; the value alone serves a product nobody named.
DISTRIBUTIONS = ("fixed", "pert", "beta", "lognormal", "uniform", "poisson", "empirical")


@dataclass(frozen=True)
class Parameter:
    """A dated figure and how far it may be from the truth.

    `low`, `high`: minimum and maximum (pert, uniform), P5 and P95 (beta, lognormal), alternatives (fixed).
    `measure`: how a garden would replace it by its own; `effort`: 1 the ledger has it, 2 a survey, 3 a study.
    """

    id: str
    family: str
    label: str
    value: float
    low: float
    high: float
    unit: str
    distribution: str
    status: str
    source: str
    since: date
    measure: str = ""
    effort: int = 3

    def __post_init__(self) -> None:
        _refuse_if(
            self.distribution not in DISTRIBUTIONS,
            f"{self.id}\u202f: loi «\u202f{self.distribution}\u202f» inconnue.",
        )
        _refuse_if(
            self.status not in EVIDENCE_OF_STATUS,
            f"{self.id}\u202f: statut «\u202f{self.status}\u202f» inconnu.",
        )
        _refuse_if(
            not self.low <= self.value <= self.high,
            f"{self.id}\u202f: {self.value} n’est pas entre {self.low} et {self.high}.",
        )
        _refuse_if(
            self.distribution == "beta" and not 0 < self.low < self.value < self.high < 1,
            f"{self.id}\u202f: une loi bêta demande des bornes entre 0 et 1, exclus\u202f; sinon,"
            " «\u202fpert\u202f».",
        )
        _refuse_if(
            self.distribution == "lognormal" and self.low <= 0,
            f"{self.id}\u202f: une loi log-normale demande une borne basse positive.",
        )

    @property
    def evidence(self) -> Evidence:
        return EVIDENCE_OF_STATUS[self.status]

    @property
    def moves(self) -> bool:
        """Whether two draws of it may differ."""
        if self.distribution == "poisson":
            return self.value > 0
        return self.distribution not in ("fixed", "empirical") and self.low < self.high

    def outside(self, value: float) -> bool:
        """A value beyond the range: computed all the same, and said."""
        return not self.low <= value <= self.high


# Flows


class Kind(StrEnum):
    """What a flow is. Beside each: the fields it is read by."""

    INSERTION_WORK = "insertion_work"  # hours paid under an insertion contract
    PERMANENT_WORK = "permanent_work"  # hours worked
    INSERTION_WAGE = "insertion_wage"  # eur_ht net pay, place of the home
    PERMANENT_WAGE = "permanent_wage"  # eur_ht net pay, place of the home
    ENTRY = "entry"  # count of people
    EXIT = "exit"  # count, as the insertion rules count it; product: durable, transition, positive, other
    PEOPLE = "people"  # count of people employed in the period; product: all, women, rsa, deld, qpv
    SALE = "sale"  # kg, eur_ht, product, channel, place; the garden's own unless `carried`
    DONATION = "donation"  # kg, product
    LOSS = "loss"  # kg
    PURCHASE = "purchase"  # eur_ht, sector, to_actor, place
    GRANT = "grant"  # eur_ht, funding_source
    LOCAL_TAX = "local_tax"  # eur_ht
    DRIVE = "drive"  # litres; or km when nobody noted litres
    COLD = "cold"  # kwh
    HOUSEHOLD = "household"  # count of solidarity households served in the period
    LAND = "land"  # ha; product: organic, conversion, protected
    INSTALLATION = "installation"  # count of farms, ha
    LINK = "link"  # a cooperation that moves nothing counted above: training, shared tool
    VOLUNTEER_WORK = "volunteer_work"  # hours given, never paid; product: the trade
    VOLUNTEERS = "volunteers"  # count of people who gave some in the period
    CREDIT = "credit"  # count, earned by hours and worth no euro; product: issued, spent
    SHARED_COST = "shared_cost"  # eur_ht, from_actor's part of tours made together
    SHARED_SAVING = "shared_saving"  # eur_ht, what that road would have cost from_actor alone, less its part


@dataclass(frozen=True)
class Flow:
    """One movement, or the sum of alike movements of a day or a month. A person is never named."""

    date: date
    kind: Kind
    from_actor: str | None = None
    to_actor: str | None = None
    place: str | None = None
    product: str | None = None
    sector: str | None = None
    channel: str | None = None
    kg: Amount | None = None
    eur_ht: Amount | None = None
    hours: Amount | None = None
    litres: Amount | None = None
    km: Amount | None = None
    kwh: Amount | None = None
    ha: Amount | None = None
    count: Amount | None = None
    carried: bool = False
    lot: str | None = None
    pseudonym: str | None = None
    funding_source: str | None = None


AMOUNTS = ("kg", "eur_ht", "hours", "litres", "km", "kwh", "ha", "count")
# `funding_source` of a grant: who pays. Others are private: foundation, sponsor.
PUBLIC_SOURCES = ("etat", "departement", "region", "epci", "commune", "fse")


@dataclass(frozen=True)
class Supplier:
    """What a supplier said of itself: euros of turnover before VAT, ETP."""

    turnover: float
    staff: float


@dataclass(frozen=True)
class Flows:
    """The flows of a closed period, both days included. `ecopole`: its name as an actor of these flows."""

    start: date
    end: date
    rows: tuple[Flow, ...] = ()
    ecopole: str = ""
    suppliers: Mapping[str, Supplier] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _refuse_if(self.end < self.start, f"La période finit ({self.end}) avant de commencer ({self.start}).")
        for row in self.rows:
            _refuse_if(
                not self.start <= row.date <= self.end,
                f"Un flux du {row.date} n’est pas de la période {self.start} – {self.end}.",
            )

    @cached_property
    def _by_kind(self) -> dict[Kind, list[Flow]]:
        kinds: dict[Kind, list[Flow]] = {}
        for row in self.rows:
            kinds.setdefault(row.kind, []).append(row)
        return kinds

    def of(self, *kinds: Kind) -> list[Flow]:
        return [row for kind in kinds for row in self._by_kind.get(kind, ())]

    def total(self, amount: str, *kinds: Kind) -> Amount:
        return total(self.of(*kinds), amount)

    def needed(self, amount: str, missing: str, *kinds: Kind) -> Amount:
        """The same total, where no such flow is a blank, never a zero: `missing` says what to do."""
        if not self.of(*kinds):
            raise Missing(missing)
        return self.total(amount, *kinds)

    @property
    def years(self) -> float:
        """Whole months count as twelfths, so that a calendar year is one year."""
        whole = self.start.day == 1 and (self.end + timedelta(1)).day == 1
        return len(self.months) / 12 if whole else ((self.end - self.start).days + 1) / 365.25

    @property
    def months(self) -> list[tuple[int, int]]:
        first, last = self.start.year * 12 + self.start.month - 1, self.end.year * 12 + self.end.month
        return [(month // 12, month % 12 + 1) for month in range(first, last)]


def total(rows: Iterable[Flow], amount: str) -> Amount:
    """The sum of what is known; 0 when there is no such flow."""
    known: Iterable[Amount] = (x for row in rows if (x := getattr(row, amount)) is not None)
    return sum(known, 0.0)


def joined(years: Sequence[Flows]) -> Flows:
    """Several periods in their order as one."""
    if len(years) == 1:
        return years[0]
    suppliers = {name: supplier for year in years for name, supplier in year.suppliers.items()}
    rows = tuple(row for year in years for row in year.rows)
    return Flows(years[0].start, years[-1].end, rows, years[0].ecopole, suppliers)


# Territory


class Unknown(Enum):
    """Why a statistic has no value. None of them is a zero."""

    SECRET = "secret statistique"
    BLANK = "non renseigné"
    UNAVAILABLE = "non disponible"


Stat = float | Unknown


@dataclass(frozen=True)
class Commune:
    code: str
    name: str
    population: float
    lat: float | None = None
    lon: float | None = None
    persons: Stat = Unknown.UNAVAILABLE  # of fiscal households
    households: Stat = Unknown.UNAVAILABLE
    poverty_rate: Stat = Unknown.UNAVAILABLE  # 0 to 1
    sau_ha: Stat = Unknown.UNAVAILABLE


@dataclass(frozen=True)
class KnownSum:
    """A sum over the communes that have the figure, the population of these alone, and how many lack it."""

    value: float
    population: float
    communes: int
    missing: int


@dataclass(frozen=True)
class Territory:
    """One perimeter, a set of communes. Perimeters are computed apart: none is assumed to hold another.

    `jobs`: by sector of the input–output table; without it, the total makes every location quotient 1, said.
    """

    scale: str
    name: str
    communes: tuple[Commune, ...]
    cog_year: int
    poverty_rate: Stat = Unknown.UNAVAILABLE
    jobs: Mapping[str, float] | None = None
    jobs_total: float | None = None
    jobs_source: str = ""

    def __post_init__(self) -> None:
        _refuse_if(not self.communes, f"{self.name}\u202f: un périmètre a au moins une commune.")
        codes = [commune.code for commune in self.communes]
        _refuse_if(len(set(codes)) != len(codes), f"{self.name}\u202f: une commune est citée deux fois.")

    @cached_property
    def codes(self) -> frozenset[str]:
        return frozenset(commune.code for commune in self.communes)

    @property
    def population(self) -> float:
        return sum(commune.population for commune in self.communes)

    @property
    def employment(self) -> float:
        jobs = sum(self.jobs.values()) if self.jobs else self.jobs_total
        if not jobs:
            raise Missing(
                f"Emplois de {self.name}\u202f: absents. Importez les emplois au lieu de travail du"
                " recensement de l’Insee (terreau import jobs FICHIER), ou saisissez leur total."
            )
        return jobs

    def known(self, name: str) -> KnownSum:
        having = [c for c in self.communes if not isinstance(getattr(c, name), Unknown)]
        return KnownSum(
            sum(getattr(c, name) for c in having),
            sum(c.population for c in having),
            len(having),
            len(self.communes) - len(having),
        )

    def here(self, rows: Iterable[Flow]) -> list[Flow]:
        return [row for row in rows if row.place in self.codes]


# Tables and draws


@dataclass(frozen=True, eq=False)
class InputOutput:
    """A national table. `coefficients[i, j]`: domestic input of i for a euro of output of j."""

    sectors: tuple[str, ...]
    coefficients: Array
    households: Array  # share of a euro of consumption spent on each domestic sector
    jobs_per_meur: Array
    value_added: Array  # per unit of output
    labour: Array  # labour cost per unit of output
    jobs: Array  # thousands

    def __post_init__(self) -> None:
        n = len(self.sectors)
        _refuse_if(self.coefficients.shape != (n, n), f"La table demande {n} × {n} coefficients.")
        _refuse_if(
            bool((self.coefficients < 0).any() or (self.coefficients.sum(0) >= 1).any()),
            "Table entrées-sorties\u202f: un coefficient est négatif, ou une branche consomme plus qu’elle"
            " ne produit.",
        )


@dataclass(frozen=True)
class Household:
    """One row of the grid: annual euros of a household type at so many hours a week."""

    year: int
    family: str
    hours: float
    gross: float
    net: float
    employer_cost: float
    employer_contributions: float
    employee_contributions: float
    csg: float
    rsa: float
    ppa: float
    housing: float
    family_benefits: float
    income_tax: float
    disposable: float


@dataclass(frozen=True)
class Food:
    """kgCO2e per kg at plate of the reference chain, by stage."""

    code: str
    label: str
    plane: bool
    total: float
    agriculture: float
    packaging: float
    transport: float
    retail: float
    consumption: float


@dataclass(frozen=True, eq=False)
class Tables:
    io: InputOutput
    grid: tuple[Household, ...]
    foods: Mapping[str, Food]


@dataclass(frozen=True, eq=False)
class Draws:
    """A value per draw, (N,), of every parameter; N = 1 when parameters are taken as they are.

    `kept`: what several indicators derive from the same draws, a regional table for one, is derived once.
    """

    values: Mapping[str, Array]
    tables: Tables
    kept: dict[Any, Any] = field(default_factory=dict, repr=False)

    def __getitem__(self, id: str) -> Array:
        if id not in self.values:
            raise Missing(f"Paramètre {id}\u202f: absent du fichier des paramètres.")
        return self.values[id]

    @property
    def n(self) -> int:
        return max((len(v) for v in self.values.values()), default=1)


@dataclass(frozen=True)
class Arms:
    """The years as they are or would be with the écopôle, and the same years without it, if any flow is left.

    `measured`: read in the ledger over closed periods. `warnings`: what a reader must know of these flows.
    """

    years: tuple[Flows, ...]
    without: tuple[Flows, ...] = ()
    measured: bool = False
    warnings: tuple[str, ...] = ()
    _kept: dict[tuple[int, bool], tuple[Flows, Flows | None]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        _refuse_if(not self.years, "Il faut au moins une période.")
        same = [(f.start, f.end) for f in self.without] == [(f.start, f.end) for f in self.years]
        _refuse_if(bool(self.without) and not same, "Avec et sans\u202f: les périodes ne sont pas les mêmes.")

    def up_to(self, year: int, stock: bool) -> tuple[Flows, Flows | None]:
        """The flows of a year, or of all years to that one, with and without."""
        if (year, stock) not in self._kept:
            first = 0 if stock else year
            without = joined(self.without[first : year + 1]) if self.without else None
            self._kept[year, stock] = joined(self.years[first : year + 1]), without
        return self._kept[year, stock]


# What the draws make of flows: nothing when they are measured.
Source = Callable[[Draws], Arms]
