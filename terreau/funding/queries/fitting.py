"""What is open and fits: every scheme and every aid of the catalogue, judged for one need."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from terreau.funding.matching import Match, Need, Offer, State, match
from terreau.funding.models import Aid
from terreau.funding.schemes import schemes
from terreau.funding.vocabulary import enum, themes
from terreau.territory.models import Ecopole

ORDER = (State.ELIGIBLE, State.LATER, State.NO)


@dataclass(frozen=True)
class Found:
    """An aid or a scheme, and why it suits or does not."""

    name: str
    payer: str
    themes: tuple[str, ...]
    match: Match
    # Of a scheme, its folder; of an aid, its row.
    scheme: str = ""
    aid_id: int | None = None
    held_in: str = ""

    @property
    def labels(self) -> list[str]:
        return [themes()[code] for code in self.themes]


def fitting(ecopole: Ecopole, need: Need) -> list[Found]:
    """Those that suit first, then those to come, then the others. One query."""
    words: dict[str, Any] = {
        "audiences": enum("targeted_audiences"),
        "steps": enum("mobilization_steps"),
        "destinations": enum("destinations"),
    }
    found = [
        Found(one.name, one.payer, one.themes, match(need, one.offer, **words), one.slug, held_in=one.held_in)
        for one in schemes(need.on)
    ]
    for aid in Aid.objects.filter(ecopole=ecopole).order_by("name", "id"):
        payer = ", ".join(aid.data.get("financers", []))
        judged = match(need, offer_of(aid), **words)
        found.append(Found(aid.name, payer, tuple(aid.themes), judged, aid_id=aid.pk))
    return sorted(found, key=lambda one: (ORDER.index(one.match.state), bool(one.held_in), one.name))


def offer_of(aid: Aid) -> Offer:
    """A catalogue aid, as matching reads it. An ongoing aid has no end, whatever its dates were."""
    data = aid.data
    ongoing = data.get("recurrence") == "ongoing"
    return Offer(
        aid.name,
        _codes(data.get("targeted_audiences")),
        data.get("perimeter", ""),
        _codes(data.get("mobilization_steps")),
        _codes(data.get("destinations")),
        _day(data.get("start_date")),
        None if ongoing else _day(data.get("submission_deadline")),
    )


def _codes(told: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(told or ())


def _day(told: str | None) -> date | None:
    return date.fromisoformat(told) if told else None
