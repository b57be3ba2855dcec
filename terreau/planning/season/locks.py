"""Decisions taken by hand on a season: what the page sends, and the planner's `Lock` made of it.

A ticked box carries the decision's own name (`lock`), the field beside it the beds (`value|<name>`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404, QueryDict

from terreau.engines.season import Lock
from terreau.engines.season.problem import HALF
from terreau.measures.french import FrenchEntryError, format_decimal, parse_decimal
from terreau.planning.locks import Lockable
from terreau.planning.season.names import Names

AREA, CROP = "area", "crop"
FIXED, MOST, FORBIDDEN, REQUIRED = "fixed", "most", "forbidden", "required"
SENSES = {FORBIDDEN: "ne cultive pas", REQUIRED: "cultive"}
BEDS_MAX = Decimal(10_000)


def name_of(lock: Lock) -> str:
    """A sowing is named by its block and option; a crop by its farm, and what is decided of it."""
    if lock.kind == AREA:
        return f"{AREA}|{lock.where}|{lock.what}"
    return f"{CROP}|{lock.where}|{lock.what}|{lock.sense}"


def read_locks(post: QueryDict, names: Names) -> tuple[tuple[Lock, ...], dict[str, str]]:
    """The locks of a form, and what cannot be read, by name; a decision unknown to this plan is a 404."""
    locks, errors = [], {}
    for name in dict.fromkeys(post.getlist("lock")):
        kind, _, rest = name.partition("|")
        if kind == AREA:
            lock, error = _area(post.get(f"value|{name}", ""), rest.split("|"), names)
        else:
            lock, error = _crop(rest.split("|"), names), ""
        if lock:
            locks.append(lock)
        else:
            errors[name] = error
    if crop := post.get("crop"):
        added = _crop([post.get("crop-farm", ""), crop, post.get("crop-sense", "")], names)
        others = [lock for lock in locks if (lock.where, lock.what) != (added.where, added.what)]
        locks = [*others, added]
    return tuple(locks), errors


def _area(typed: str, parts: list[str], names: Names) -> tuple[Lock | None, str]:
    if len(parts) != 2 or parts[0] not in names.blocks or parts[1] not in names.options:
        raise Http404
    try:
        beds = parse_decimal(typed)
    except FrenchEntryError as error:
        return None, str(error)
    if beds < 0 or beds > BEDS_MAX or beds % HALF:
        return None, "Une surface se compte en demi-planches\u202f: 0 pour ne rien y semer, 0,5, 1, 1,5…"
    # No bed at all: forbidden there.
    return Lock(AREA, parts[0], parts[1], FIXED if beds else MOST, beds), ""


def _crop(parts: list[str], names: Names) -> Lock:
    known = len(parts) == 3 and parts[0] in names.farms and parts[1] in names.crops and parts[2] in SENSES
    if not known:
        raise Http404
    return Lock(CROP, parts[0], parts[1], parts[2])


@dataclass(frozen=True)
class CropLock:
    """A crop that a farm must grow, or must not."""

    name: str
    label: str


class SeasonDesk:
    """What each sowing of the page offers to lock, and the locks the plan was already made with."""

    def __init__(
        self,
        names: Names,
        kept: Iterable[Lock],
        post: Mapping[str, Any] | None = None,
        errors: Mapping[str, str] | None = None,
    ):
        self.names, self.kept, self.post, self.errors = names, tuple(kept), post, errors or {}
        self.kept_names = {name_of(lock) for lock in self.kept}
        self.ticked = set(post.getlist("lock")) if isinstance(post, QueryDict) else self.kept_names

    def on(self, block: str, option: str, beds: Decimal) -> Lockable | None:
        """None: already locked, its field stands in the list of locks."""
        lock = Lock(AREA, block, option, FIXED, beds)
        return None if name_of(lock) in self.kept_names else self._field(lock)

    @property
    def areas(self) -> list[Lockable]:
        return [self._field(lock) for lock in self.kept if lock.kind == AREA]

    @property
    def crops(self) -> list[CropLock]:
        return [CropLock(name_of(lock), self.label(lock)) for lock in self.kept if lock.kind == CROP]

    def _field(self, lock: Lock) -> Lockable:
        name = name_of(lock)
        typed = self.post.get(f"value|{name}") if self.post is not None else None
        return Lockable(
            name=name,
            label=self.label(lock),
            value=format_decimal(lock.beds) if typed is None else typed,
            unit="planches",
            ticked=name in self.ticked,
            error=self.errors.get(name, ""),
        )

    def label(self, lock: Lock) -> str:
        """The decision in words, without its beds."""
        names = self.names
        if lock.kind == CROP:
            farm, crop = names.farms.get(lock.where, ""), names.crops.get(lock.what, "")
            return f"{farm} {SENSES[lock.sense]}\u202f: {crop.lower()}"
        if lock.what not in names.options or lock.where not in names.blocks:
            return "Un semis qui n’existe plus"
        sowing = names.sowing(lock.what)
        return f"{names.crops[sowing.crop]}, semaine {sowing.week.week}, {names.blocks[lock.where]}"
