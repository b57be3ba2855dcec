"""Does an aid suit? Each criterion answers by a sentence; the least favourable one decides.

Audience × perimeter (commune ⊂ intercommunality ⊂ département ⊂ Region ⊂ France) × step × destination × open
on a day. What nobody wrote does not exclude: it is said « à vérifier ».
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from terreau.measures.french import format_date, format_decimal, unaccented

EVERYWHERE = ("france", "france entiere", "france metropolitaine", "national", "europe", "union europeenne")


class State(StrEnum):
    """From the best to the worst."""

    ELIGIBLE = "eligible"
    CHECK = "check"
    LATER = "later"
    NO = "no"


@dataclass(frozen=True)
class Offer:
    """What an aid asks. Nothing listed: nothing is known of that criterion."""

    name: str
    audiences: tuple[str, ...] = ()
    perimeter: str = ""
    steps: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    opens_on: date | None = None
    closes_on: date | None = None
    population_below: int | None = None
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Need:
    """Who asks, from where (the commune first, then what contains it), for what, and when."""

    audience: str
    places: tuple[str, ...]
    population: int | None
    step: str
    destination: str
    on: date


@dataclass(frozen=True)
class Criterion:
    state: State
    sentence: str


@dataclass(frozen=True)
class Match:
    criteria: tuple[Criterion, ...]

    @property
    def state(self) -> State:
        """No if one says no, later if one says later; what is to be checked does not exclude."""
        worst = {one.state for one in self.criteria}
        return next((state for state in (State.NO, State.LATER) if state in worst), State.ELIGIBLE)

    @property
    def because(self) -> tuple[str, ...]:
        """The sentences that decide; of what suits, what is still to be checked."""
        wanted = State.CHECK if self.state is State.ELIGIBLE else self.state
        return tuple(one.sentence for one in self.criteria if one.state is wanted)


Words = Mapping[str, str]


def match(need: Need, offer: Offer, *, audiences: Words, steps: Words, destinations: Words) -> Match:
    """`audiences`, `steps`, `destinations`: the words of each code, to answer with."""
    said = [
        _listed("Public", "cette aide ne s’adresse pas à", need.audience, offer.audiences, audiences),
        _perimeter(need, offer),
        _population(need, offer),
        _listed("Étape", "cette aide ne porte pas sur", need.step, offer.steps, steps),
        _listed("Dépenses", "cette aide ne couvre pas", need.destination, offer.destinations, destinations),
        *_dates(need, offer),
        *(Criterion(State.CHECK, f"À vérifier\u202f: {words}.") for words in offer.conditions),
    ]
    return Match(tuple(one for one in said if one))


def _listed(label: str, no: str, asked: str, allowed: tuple[str, ...], words: Words) -> Criterion:
    if not allowed:
        return Criterion(State.CHECK, f"{label}\u202f: rien n’est écrit, à vérifier.")
    if asked in allowed:
        return Criterion(State.ELIGIBLE, f"{label}\u202f: {words[asked]}.")
    told = ", ".join(words[code] for code in allowed)
    return Criterion(State.NO, f"{label}\u202f: {no} «\u202f{words[asked]}\u202f». Elle vise\u202f: {told}.")


def _perimeter(need: Need, offer: Offer) -> Criterion:
    if not offer.perimeter:
        return Criterion(State.CHECK, "Périmètre\u202f: rien n’est écrit, à vérifier.")
    wanted = plain(offer.perimeter)
    here = need.places[0]
    if wanted in EVERYWHERE or wanted in map(plain, need.places):
        return Criterion(State.ELIGIBLE, f"Périmètre\u202f: {offer.perimeter}, qui contient {here}.")
    around = ", ".join(need.places[1:])
    return Criterion(State.NO, f"Périmètre\u202f: {offer.perimeter}, qui ne contient pas {here} ({around}).")


def _population(need: Need, offer: Offer) -> Criterion | None:
    if offer.population_below is None:
        return None
    limit = format_decimal(offer.population_below)
    if need.population is None:
        return Criterion(
            State.CHECK, f"Population\u202f: moins de {limit} habitants\u202f; celle-ci n’est pas connue."
        )
    told = format_decimal(need.population)
    if need.population < offer.population_below:
        return Criterion(State.ELIGIBLE, f"Population\u202f: {told} habitants, moins de {limit}.")
    return Criterion(State.NO, f"Population\u202f: {told} habitants, il faut moins de {limit}.")


def _dates(need: Need, offer: Offer) -> list[Criterion]:
    if offer.closes_on and need.on > offer.closes_on:
        return [Criterion(State.NO, f"Dates\u202f: fini le {format_date(offer.closes_on)}.")]
    if offer.opens_on and need.on < offer.opens_on:
        return [Criterion(State.LATER, f"Dates\u202f: ouvre le {format_date(offer.opens_on)}.")]
    if offer.closes_on:
        return [Criterion(State.ELIGIBLE, f"Dates\u202f: jusqu’au {format_date(offer.closes_on)}.")]
    return [Criterion(State.ELIGIBLE, "Dates\u202f: aucune date de fin n’est écrite.")]


def plain(name: str) -> str:
    """A name as one searches it: no accent, no typographic apostrophe, no word in brackets."""
    return unaccented(name.partition("(")[0].replace("’", "'"))
