"""Locks: how they bind the program, and which of them cannot hold together."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from math import inf

from ..problem import HALF, Lock, Problem
from ..reasons import beds, either, week_name
from .highs import Program
from .model import Model, build

_SENSES = {"fixed": "exactement", "least": "au moins", "most": "au plus"}


class Clash(Exception):
    """Decisions that cannot hold together; each sentence says which and what to release."""

    def __init__(self, sentences: tuple[str, ...]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def add_locks(problem: Problem, model: Model, locks: Sequence[Lock]) -> None:
    """Bounds on areas and switches; a lock that no plan could ever respect is refused with its reason."""
    impossible = []
    for n, lock in enumerate(locks):
        why = _area(problem, model, lock) if lock.kind == "area" else _crop(problem, model, lock, n)
        if why:
            impossible.append(f"{say(problem, lock)}\u202f: impossible, {why}. Retirez ce verrou.")
    if impossible:
        raise Clash(tuple(impossible))


def _area(problem: Problem, model: Model, lock: Lock) -> str:
    column, wanted = model.areas.get((lock.where, lock.what)), float(lock.beds / HALF)
    if column is None:
        return _barred(problem, lock) if wanted and lock.sense != "most" else ""
    if lock.sense != "most":
        if wanted > model.upper[column]:
            return "le bloc n’a pas autant de planches, ou un autre verrou en permet moins"
        model.lower[column] = max(model.lower[column], wanted)
    if lock.sense != "least":
        if wanted < model.lower[column]:
            return "un autre verrou en demande davantage"
        model.upper[column] = min(model.upper[column], wanted)
    if model.lower[column]:
        crop = next(o.crop for o in problem.options if o.id == lock.what)
        family = next(c.family for c in problem.crops if c.id == crop)
        farm = next(b.farm for b in problem.blocks if b.id == lock.where)
        for switch in (model.families.get((lock.where, family)), model.grown.get((farm, crop))):
            if switch is not None:
                model.lower[switch] = 1.0
    return ""


def _barred(problem: Problem, lock: Lock) -> str:
    option = next((o for o in problem.options if o.id == lock.what), None)
    block = next((b for b in problem.blocks if b.id == lock.where), None)
    if option is None or block is None:
        return "cette culture ou ce bloc n’existe pas"
    if option.shelter != block.shelter:
        return "cette culture ne va pas sous cet abri"
    family = next(c.family for c in problem.crops if c.id == option.crop)
    reason = next((b.reason for b in block.barred if b.family == family), "")
    return f"la rotation l’interdit ({family}\u202f: {reason})"


def _crop(problem: Problem, model: Model, lock: Lock, n: int) -> str:
    crop_of = {o.id: o.crop for o in problem.options}
    mine = {b.id for b in problem.blocks if b.farm == lock.where}
    columns = [x for (b, o), x in model.areas.items() if b in mine and crop_of[o] == lock.what]
    switch = model.grown.get((lock.where, lock.what))
    if lock.sense == "forbidden":
        if any(model.lower[x] for x in columns):
            return "un autre verrou en fait planter"
        for x in columns:
            model.upper[x] = 0.0
        if switch is not None:
            model.upper[switch] = 0.0
        return ""
    if not any(model.upper[x] for x in columns):
        return "aucune culture proposée de ce légume n’y trouve sa place"
    model.late_row(f"lock[{n}]", [(x, 1.0) for x in columns], 1.0, inf)
    if switch is not None:
        model.lower[switch] = 1.0
    return ""


def explain(
    problem: Problem, locks: Sequence[Lock], seed: int, *, seconds_max: float = inf
) -> tuple[str, ...]:
    """The smallest set of locks that clash: alone, then two by two, else none of them can be spared.

    Without time to try them, those that may well be innocent are named too.
    """
    trials = _Trials(seed, seconds_max)
    if not trials.hold(problem, ()):
        return _ground(problem, trials)
    for size in (1, 2):
        for few in combinations(locks, size):
            if not trials.hold(problem, few):
                return _told(problem, few)
    needed = list(locks)
    for lock in locks:
        without = [k for k in needed if k is not lock]
        if not trials.hold(problem, without):
            needed = without
    return _told(problem, needed)


class _Trials:
    """Locks are held to be innocent until a season tried in time proves them guilty."""

    def __init__(self, seed: int, seconds_max: float) -> None:
        self.seed, self.left = seed, seconds_max

    def hold(self, problem: Problem, locks: Sequence[Lock]) -> bool:
        if self.left <= 0:
            return True
        model = build(problem)
        try:
            add_locks(problem, model, locks)
        except Clash:
            return False
        program = Program(model, {}, seed=self.seed)
        answer = program.run(seconds_max=self.left)
        self.left -= program.seconds
        return answer.values is not None or not answer.complete


def _ground(problem: Problem, trials: _Trials) -> tuple[str, ...]:
    """Without any lock, only what is already in the ground can ask for too much: which plantings."""
    needed = list(problem.fixed)
    for planting in problem.fixed:
        without = [p for p in needed if p is not planting]
        if not trials.hold(replace(problem, fixed=tuple(without)), ()):
            needed = without
    blocks, crops = {b.id: b.name for b in problem.blocks}, {c.id: c.name for c in problem.crops}
    said = tuple(f"Plantation {p.id}\u202f: {crops[p.crop]}, {blocks[p.block]}." for p in needed)
    return (
        *said,
        "L’entretien de ces plantations demande plus d’heures que les équipes n’en ont. Ajoutez des heures, "
        "ou retirez l’une d’elles.",
    )


def _told(problem: Problem, locks: Sequence[Lock]) -> tuple[str, ...]:
    said = [say(problem, lock) for lock in locks]
    if len(said) == 1:
        return (
            f"{said[0]}\u202f: impossible avec les planches, les familles et les heures de la saison. "
            "Retirez ce verrou.",
        )
    return (*said, "Ces verrous ne peuvent tenir ensemble. Retirez-en un, ou réduisez une surface.")


def say(problem: Problem, lock: Lock) -> str:
    """The locked decision, in the trade's words."""
    crops, options = {c.id: c.name for c in problem.crops}, {o.id: o for o in problem.options}
    blocks, farms = {b.id: b.name for b in problem.blocks}, {f.id: f.name for f in problem.farms}
    if lock.kind == "crop":
        verb = "ne cultive pas" if lock.sense == "forbidden" else "cultive"
        crop = either([crops.get(lock.what, lock.what)])
        return f"Verrou «\u202f{farms.get(lock.where, lock.where)} {verb} {crop}\u202f»"
    option = options.get(lock.what)
    what = f"{crops[option.crop]}, {week_name(option.week)}" if option else lock.what
    area = f"{_SENSES[lock.sense]} {beds(lock.beds)}"
    return f"Verrou «\u202f{what}, {blocks.get(lock.where, lock.where)}, {area}\u202f»"
