"""What the shares engine is told: who shares, what any group alone would cost, and what was voted.

Amounts are whole cents; rates are Decimals in euros; distances are metres and durations seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.measures.money import Money
from terreau.measures.stored import Stored

ZERO, NOTHING = Decimal(0), Money(0)
SHAPLEY, NUCLEOLUS, EPM = "shapley", "nucleolus", "epm"
ACAM, PROPORTIONAL, CRATES = "acam", "proportional", "crates"
RULES = (SHAPLEY, NUCLEOLUS, EPM, ACAM, PROPORTIONAL, CRATES)
# Shown beside the rules when there are too many players for a nucleolus; not one that is voted.
LEAST_CORE = "least_core"
# Every subset of eighteen stops or actors is looked at: 262,144 of them.
EXACT_MAX = 18


class ProblemRefused(ValueError):
    """The problem contradicts itself; the message says where and what to correct."""


def _refuse_if(wrong: bool, message: str) -> None:
    if wrong:
        raise ProblemRefused(message)


@dataclass(frozen=True)
class Actor:
    """Whoever shares the cost. `crates`: what the rule by crate counts.

    `own`: what this tour would cost the actor with its own vehicle, from its own farm.
    """

    id: str
    name: str
    crates: Decimal = ZERO
    own: Money | None = None

    def __post_init__(self) -> None:
        _refuse_if(self.crates < 0, f"{self.name}\u202f: un nombre de caisses ne peut être négatif.")
        _refuse_if(
            self.own is not None and self.own < NOTHING,
            f"{self.name}\u202f: le coût avec son propre véhicule ne peut être négatif.",
        )


@dataclass(frozen=True)
class Stop:
    """A halt of a tour: the seconds spent there, and whose crates are handled. Minutes go with crates."""

    id: str
    service_s: int
    crates: dict[str, Decimal]

    def __post_init__(self) -> None:
        _refuse_if(self.service_s < 0, f"Arrêt {self.id}\u202f: une durée ne peut être négative.")
        _refuse_if(
            not self.crates or any(c <= 0 for c in self.crates.values()),
            f"Arrêt {self.id}\u202f: il faut au moins un acteur, et des caisses en nombre positif.",
        )


@dataclass(frozen=True)
class Tour:
    """One executed tour of one van: out of the hub and back, its stops in the order they were made.

    Place 0 of the matrices is the hub, place k the k-th stop.
    """

    id: str
    day: Money
    per_km: Decimal
    per_hour: Decimal
    distance_m: tuple[tuple[int, ...], ...]
    duration_s: tuple[tuple[int, ...], ...]
    stops: tuple[Stop, ...]

    def __post_init__(self) -> None:
        places = len(self.stops) + 1
        _check_ids(f"arrêt de la tournée {self.id}", self.stops)
        _refuse_if(not self.stops, f"Tournée {self.id}\u202f: elle n’a aucun arrêt.")
        _refuse_if(
            self.day < NOTHING or min(self.per_km, self.per_hour) < 0,
            f"Tournée {self.id}\u202f: un tarif ne peut être négatif.",
        )
        for what, matrix in (("distances", self.distance_m), ("durées", self.duration_s)):
            _refuse_if(
                len(matrix) != places or any(len(row) != places for row in matrix),
                f"Tournée {self.id}\u202f: il faut {places} × {places} {what}, dépôt compris.",
            )
            _refuse_if(
                any(value < 0 for row in matrix for value in row),
                f"Tournée {self.id}\u202f: les {what} ne peuvent être négatives.",
            )

    @property
    def actors(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(actor for stop in self.stops for actor in stop.crates))


@dataclass(frozen=True)
class Table:
    """What every group costs: place m of `cents` is the group whose members are the bits of m."""

    players: tuple[str, ...]
    cents: tuple[Decimal, ...]

    def __post_init__(self) -> None:
        n = len(self.players)
        _refuse_if(not 1 <= n <= EXACT_MAX, f"Une table va de 1 à {EXACT_MAX} acteurs.")
        _refuse_if(len(set(self.players)) != n, "La table cite deux fois le même acteur.")
        _refuse_if(
            len(self.cents) != 2**n,
            f"Il faut un coût pour chacun des {2**n} groupes, le groupe vide compris.",
        )
        _refuse_if(bool(self.cents[0]), "Le groupe vide ne coûte rien.")
        _refuse_if(min(self.cents) < 0, "Un groupe ne peut coûter moins que rien.")


@dataclass(frozen=True)
class Common:
    """What belongs to all and goes by the voted key `weights`: rent of the hub, unsold hours, empty crates.

    `out_of_tour`: a part of the tour's own cost (its empty capacity), taken off the fair shares first.
    """

    name: str
    amount: Money
    weights: dict[str, Decimal]
    out_of_tour: bool = False
    voted: date | None = None
    minutes: str = ""

    def __post_init__(self) -> None:
        _refuse_if(self.amount < NOTHING, f"{self.name}\u202f: un montant commun ne peut être négatif.")
        _refuse_if(
            any(w < 0 for w in self.weights.values()) or not any(self.weights.values()),
            f"{self.name}\u202f: la clé votée donne un poids positif à un acteur au moins.",
        )


@dataclass(frozen=True)
class Solidarity:
    """A voted step after the fair share: nobody among `helped` pays more than `cap` euros a crate.

    The others pay for it in proportion to their crates, `levy` euros a crate at most; those of `helped` who
    pay too are never pushed above the cap. When the levy is short, each receives the same part of its need.
    """

    name: str
    cap: Decimal
    levy: Decimal
    helped: tuple[str, ...]
    voted: date
    minutes: str

    def __post_init__(self) -> None:
        _refuse_if(
            self.cap < 0 or self.levy < 0,
            f"{self.name}\u202f: ni le plafond ni la contribution par caisse ne peuvent être négatifs.",
        )


@dataclass(frozen=True)
class Rule:
    """The rule the assembly voted, from a date on, and where its vote is written."""

    key: str = SHAPLEY
    voted: date | None = None
    minutes: str = ""

    def __post_init__(self) -> None:
        _refuse_if(
            self.key not in RULES,
            f"La règle «\u202f{self.key}\u202f» est inconnue\u202f: choisissez parmi {', '.join(RULES)}.",
        )


@dataclass(frozen=True)
class Problem(Stored):
    """One game: executed tours, a table, or those `sharing` what an oracle given to `solve` will say.

    `real`: what was really spent on it; without it, the modelled cost is shared as it is.
    One tour of eighteen stops at most is made again by the cheapest way for every group, unless `keep_order`;
    otherwise the executed order is kept, and a group skips the stops nobody of it uses.
    """

    actors: tuple[Actor, ...]
    tours: tuple[Tour, ...] = ()
    table: Table | None = None
    keep_order: bool = False
    real: Money | None = None
    rule: Rule = Rule()
    commons: tuple[Common, ...] = ()
    solidarity: tuple[Solidarity, ...] = ()
    sharing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_ids("acteur", self.actors)
        _check_ids("tournée", self.tours)
        _refuse_if(
            sum((bool(self.tours), self.table is not None, bool(self.sharing))) != 1,
            "Donnez une chose et une seule\u202f: des tournées, une table, ou ceux qui partagent.",
        )
        _refuse_if(self.real is not None and self.real < NOTHING, "Le coût réel ne peut être négatif.")
        known = {a.id for a in self.actors}
        for name in self._aboard():
            _refuse_if(name not in known, f"L’acteur {name}, qui est à bord, est inconnu.")
        _refuse_if(
            self.rule.key == CRATES and not any(a.crates for a in self.actors if a.id in self.players),
            "La règle à la caisse demande des caisses\u202f: personne n’en a.",
        )
        self._check_names()

    def _aboard(self) -> tuple[str, ...]:
        if self.table:
            return self.table.players
        return self.sharing or tuple(actor for tour in self.tours for actor in tour.actors)

    @property
    def players(self) -> tuple[str, ...]:
        """Those who share, in the order of the actors: the order in which the last cents go."""
        aboard = set(self._aboard())
        return tuple(a.id for a in self.actors if a.id in aboard)

    def _check_names(self) -> None:
        known = {a.id for a in self.actors}
        cited = {(c.name, actor) for c in self.commons for actor in c.weights}
        cited |= {(s.name, actor) for s in self.solidarity for actor in s.helped}
        for where, actor in sorted(cited):
            _refuse_if(actor not in known, f"{where}\u202f: l’acteur {actor} est inconnu.")


def _check_ids(kind: str, items: Iterable[object]) -> None:
    seen = set()
    for item in items:
        name = getattr(item, "id", "")
        _refuse_if(
            not name or name in seen,
            f"Identifiant ({kind}) vide ou donné deux fois\u202f: «\u202f{name}\u202f».",
        )
        seen.add(name)
