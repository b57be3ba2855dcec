"""What stands beside the figures of a measured answer, kept with it: what they were made of.

Sums of the flows by month, channel and actor; which kinds of flows each indicator read; the three rounds of
money; who pays and who gains; the kilos from whoever grew them to whoever received them; and where.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from terreau.engines.contribution import Arms, Draws, Family, Flow, Flows, Kind, Missing, Parameter, Territory
from terreau.engines.contribution import public_finance as finance
from terreau.engines.contribution.draws import central
from terreau.engines.contribution.problem import AMOUNTS, ELSEWHERE
from terreau.impact.indicators import CATALOGUE, lm3, public_gain
from terreau.impact.models import Funder
from terreau.impact.parameters import tables

GROUPS = ("month", "channel", "actor")
DECLARED = "declared"
SHARED = (Kind.SHARED_COST, Kind.SHARED_SAVING)
# Ways of the places: food handed over, purchases paid.
GOES, PAID = "goes", "paid"


class _Watched(Flows):
    """Remembers which kinds it was asked for."""

    def of(self, *kinds: Kind) -> list[Flow]:
        self.__dict__.setdefault("asked", {}).update(dict.fromkeys(kinds))
        return super().of(*kinds)


def beside(arms: Arms, where: Territory, parameters: Iterable[Parameter]) -> dict[str, Any]:
    """JSON values, of the last year and at the parameters' own values."""
    flows, draws = arms.years[-1], central(tuple(parameters), tables())
    names = {commune.code: commune.name for commune in where.communes}
    return {
        "sums": sums(flows, names),
        "reads": reads(flows, where, draws),
        "rounds": _or_nothing(lambda: rounds(flows, where, draws)),
        "balance": _or_nothing(lambda: balance(flows, draws)),
        "kilos": kilos(flows),
        "places": places(flows),
        "jobs": _or_nothing(lambda: where.employment),
        "jobs_source": where.jobs_source,
    }


def _or_nothing(read: Callable[[], Any]) -> Any:
    """What is missing is said by the indicators themselves."""
    try:
        return read()
    except Missing:
        return None


def reads(flows: Flows, where: Territory, draws: Draws) -> dict[str, list[str]]:
    """By indicator, the kinds it asked for; those of cooperation read all that links two actors.

    One that lacks something stops at the kind it lacks: the last of its list.
    """
    linking = dict.fromkeys(f.kind for f in flows.rows if f.from_actor and f.to_actor)
    found = {}
    for indicator in CATALOGUE:
        watched = _Watched(flows.start, flows.end, flows.rows, flows.ecopole, flows.suppliers)
        _or_nothing(partial(indicator.read, watched, where, draws))
        nothing = linking if indicator.family is Family.COOPERATION else {}
        found[indicator.id] = [str(kind) for kind in watched.__dict__.get("asked", nothing)]
    return found


def group_of(flow: Flow, by: str) -> str:
    """The code under which a flow is summed: its month, by where it went, or whom it concerns."""
    if by == "month":
        return DECLARED if _declared(flow) else f"{flow.date:%Y-%m}"
    if by == "channel":
        if flow.kind is Kind.PURCHASE:
            return DECLARED if _declared(flow) else "ledger"
        if flow.kind in (Kind.EXIT, Kind.PEOPLE, Kind.LAND, Kind.VOLUNTEER_WORK, Kind.CREDIT):
            return flow.product or ""
        return flow.channel or ""
    if flow.kind in (Kind.INSERTION_WAGE, Kind.PERMANENT_WAGE):
        return flow.place or ""
    return flow.funding_source or (flow.from_actor if flow.kind in SHARED else flow.to_actor) or ""


def _declared(flow: Flow) -> bool:
    """Said once for the whole year, beside movements of the same kind: of no month."""
    if flow.kind is Kind.SALE:
        return flow.lot is None and flow.kg is None and flow.product is None and flow.channel == "basket"
    return flow.kind is Kind.PURCHASE and flow.lot is None


def sums(flows: Flows, names: dict[str, str]) -> dict[str, Any]:
    """By kind: its amounts, then [code, words, amounts…] by month, channel and actor."""
    found: dict[str, Any] = {}
    for kind in dict.fromkeys(row.kind for row in flows.rows):
        rows = flows.of(kind)
        amounts = [a for a in AMOUNTS if any(getattr(row, a) is not None for row in rows)]
        # The women among the people are people: of counts within a count, the whole alone adds up.
        whole = [row for row in rows if row.product == "all"] if kind is Kind.PEOPLE else rows
        told: dict[str, Any] = {"amounts": amounts, "total": _amounts(whole, amounts)}
        for by in GROUPS:
            groups: dict[str, list[Flow]] = defaultdict(list)
            for row in rows:
                groups[group_of(row, by)].append(row)
            lines = [[code, _words(code, names), *_amounts(some, amounts)] for code, some in groups.items()]
            told[by] = sorted(lines) if by == "month" else sorted(lines, key=lambda line: -line[2])
        found[kind] = told
    return found


def _amounts(rows: list[Flow], amounts: list[str]) -> list[float]:
    return [float(np.sum([getattr(row, a) or 0.0 for row in rows])) for a in amounts]


def _words(code: str, names: dict[str, str]) -> str:
    """A commune or a funder by its name; who has no name is a person, or nobody said."""
    known = names | dict(Funder.choices) | {ELSEWHERE: "hors du périmètre"}
    return str(known.get(code, code))


def rounds(flows: Flows, where: Territory, draws: Draws) -> dict[str, Any]:
    """R1 by origin, R2 by what it pays here, R3 by who spends it again here; euros."""
    told = lm3.rounds(flows, where, draws)
    origins: dict[str, float] = defaultdict(float)
    for row in flows.of(Kind.SALE, Kind.GRANT):
        origins[row.funding_source or row.channel or ""] += float(np.sum(row.eur_ht or 0.0))
    second = {"staff": told.staff, "suppliers": told.suppliers, "taxes": told.taxes}
    again = {"staff": told.staff_again, "suppliers": told.suppliers_again, "taxes": told.taxes_again}
    return {
        "first": [[code, euros] for code, euros in origins.items() if euros],
        "second": {part: _one(euros) for part, euros in second.items()},
        "third": {part: _one(euros * again[part]) for part, euros in second.items()},
    }


def balance(flows: Flows, draws: Draws) -> dict[str, Any]:
    """Who pays and who gains in the year, before any correction: bodies, and lines with their bearer; euros.

    The gains add up to the indicator « gain_public » before correction.
    """
    by_line = public_gain.by_line(flows, draws)
    saved = by_line["rsa"] * (1 - draws["part_sans_minimum_entrants"])
    by_line = {**by_line, "rsa": saved}
    people = public_gain.etp(flows, draws) * finance.FULL_TIME / draws["heures_hebdo_cddi"]
    grants: dict[str, Any] = defaultdict(float)
    for row in flows.of(Kind.GRANT):
        grants[row.funding_source or ""] += row.eur_ht or 0.0
    bodies = finance.balance(by_line, people, grants)
    return {
        "bodies": [[body, _one(pays), _one(gains)] for body, (pays, gains) in bodies.items()],
        "lines": [[line, finance.BEARER[line], _one(value * people)] for line, value in by_line.items()],
    }


def kilos(flows: Flows) -> list[list[Any]]:
    """[who grew it, to which kind of place, kilos]."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    for row in flows.of(Kind.SALE, Kind.DONATION):
        if row.kg:
            found["farms" if row.carried else "garden", row.channel or ""] += float(np.sum(row.kg))
    return [[grew, to, kg] for (grew, to), kg in sorted(found.items())]


def places(flows: Flows) -> dict[str, list[list[Any]]]:
    """By commune: [its code, kinds of partners, how many, their amount, the biggest's]. JSON values."""
    out = [row for row in flows.of(Kind.SALE, Kind.DONATION) if row.kg]
    paid = [row for row in flows.of(Kind.PURCHASE) if row.eur_ht]
    return {
        GOES: _by_commune(out, "kg", lambda row: row.channel or ""),
        PAID: _by_commune(paid, "eur_ht", lambda row: "farms" if row.lot else "suppliers"),
    }


def _by_commune(rows: Iterable[Flow], amount: str, kind: Any) -> list[list[Any]]:
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    kinds: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        if row.place and row.to_actor:
            sums[row.place][row.to_actor] += float(getattr(row, amount))
            kinds[row.place][kind(row)] = None
    return [
        [code, sorted(kinds[code]), len(by), sum(by.values()), max(by.values())]
        for code, by in sorted(sums.items(), key=lambda item: -sum(item[1].values()))
    ]


def _one(value: Any) -> float:
    return float(np.asarray(value).reshape(-1)[0])
