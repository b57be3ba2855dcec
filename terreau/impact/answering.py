"""From a question to an answer: the flows of the years asked, the perimeter, the parameters in force."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from terreau.engines.contribution import Answer, Arms, Kind, Missing, Parameter, Territory, solve, verify
from terreau.engines.contribution.problem import Source, total
from terreau.impact import learning, measured
from terreau.impact.beside import beside
from terreau.impact.indicators import CATALOGUE
from terreau.impact.models import Reckoning
from terreau.impact.parameters import parameters, tables
from terreau.impact.territories import EPCI, Perimeter, perimeters, territory
from terreau.ledger.models import Event
from terreau.planning.models import PlanState
from terreau.planning.running import PlanRefusedByItsJudge
from terreau.territory.models import Ecopole

SEED = 1
DRAWS, SENSITIVITY = 4096, 512
# Years shown beside the one asked: a trend, or « première année ».
YEARS = 3
UNPAID_BASKETS = (
    "Ventes de paniers\u202f: aucune recette, et pourtant des paniers livrés. Déclarez-les\u202f: l’argent "
    "local en dépend."
)


def perimeter_of(ecopole: Ecopole, scale: str = EPCI) -> Perimeter:
    known = perimeters(ecopole)
    found = next((one for one in known if one.scale == scale), None)
    if found is None:
        choices = ", ".join(one.scale for one in known)
        raise Missing(f"Périmètre «\u202f{scale}\u202f» inconnu. Au choix\u202f: {choices}.")
    return found


def years_lived(ecopole: Ecopole, year: int) -> list[int]:
    """The year asked and those before it that the ledger knows, three at most."""
    first = (
        Event.objects.filter(ecopole=ecopole).order_by("occurred_at").values_list("occurred_at", flat=True)
    )
    began = first.first()
    if began is None or began.year > year:
        raise Missing(f"{year}\u202f: le grand livre n’a rien de cette année-là.")
    return list(range(max(began.year, year - YEARS + 1), year + 1))


def year_unanswered(ecopole: Ecopole, today: date) -> int | None:
    """The last year over, if the ledger knows it and nobody asked for its answer. Two queries at most."""
    year = today.year - 1
    given_up = (PlanState.FAILED, PlanState.IMPOSSIBLE, PlanState.CANCELLED)
    asked = Reckoning.objects.filter(ecopole=ecopole, measured=True, year=year).exclude(state__in=given_up)
    if asked.exists():
        return None
    try:
        years_lived(ecopole, year)
    except Missing:
        return None
    return year


def lived(ecopole: Ecopole, year: int, today: date) -> Arms:
    """The measured flows, and what a reader must know of them."""
    years = tuple(measured.flows(ecopole, one) for one in years_lived(ecopole, year))
    warnings = [f"{year}\u202f: année en cours, chiffres provisoires."] if year >= today.year else []
    baskets = [row for row in years[-1].of(Kind.SALE) if row.channel == "basket"]
    if total(baskets, "kg") and not total(baskets, "eur_ht"):
        warnings.append(UNPAID_BASKETS)
    return Arms(years, measured=True, warnings=tuple(warnings))


def judged(
    source: Source,
    where: Territory,
    said: Sequence[Parameter],
    *,
    n: int = DRAWS,
    sensitivity: int = SENSITIVITY,
) -> Answer:
    """The engine's answer, measured or projected, refused if its own judge disagrees."""
    found = solve(CATALOGUE, source, where, said, tables(), seed=SEED, n=n, n_sensitivity=sensitivity)
    if violations := verify(found, CATALOGUE, source, where, said, tables()).violations:
        raise PlanRefusedByItsJudge("\n".join(violations))
    return found


def measured_answer(ecopole: Ecopole, year: int, scale: str, today: date, **more: Any) -> Answer:
    """Raises `Missing` when the perimeter or the year has no data."""
    return told(ecopole, year, scale, today, **more)[0]


def told(ecopole: Ecopole, year: int, scale: str, today: date, **more: Any) -> tuple[Answer, dict[str, Any]]:
    """The answer, and what stands beside it."""
    where = territory(perimeter_of(ecopole, scale))
    arms, said = lived(ecopole, year, today), parameters(date(year, 12, 31))
    taught = {"seen": learning.seen(arms.years, where, said, today)}
    return judged(lambda _: arms, where, said, **more), beside(arms, where, said) | taught
