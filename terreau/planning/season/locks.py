"""Decisions taken by hand on a season: what the page sends, and the planner's `Lock` made of it.

A ticked box carries the decision's own name (`lock`), the field beside it the beds (`value|<name>`).
"""

from decimal import Decimal

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


def said_of(names: Names, lock: Lock) -> Lockable:
    """An area is so many beds; a crop that a farm must grow, or must not, has none."""
    if lock.kind == CROP:
        farm, crop = names.farms.get(lock.where, ""), names.crops.get(lock.what, "")
        return Lockable(name_of(lock), f"{farm} {SENSES[lock.sense]}\u202f: {crop.lower()}", "", "")
    label = "Un semis qui n’existe plus"
    if lock.what in names.options and lock.where in names.blocks:
        sowing = names.sowing(lock.what)
        label = f"{names.crops[sowing.crop]}, semaine {sowing.week.week}, {names.blocks[lock.where]}"
    return Lockable(name_of(lock), label, format_decimal(lock.beds), "planches")
