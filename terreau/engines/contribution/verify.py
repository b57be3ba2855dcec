"""The independent judge: medians looked for again in other draws, without `solve`; what no answer may say.

What the answer says of itself must hold together, and each of its medians must part new draws in two halves,
corrections made here in another way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .answer import Answer, Effect, Figure
from .draws import draw
from .indicator import Correction, Indicator
from .problem import Amount, Arms, Draws, Parameter, Source, Tables, Territory

# Of so many new draws, half at most fall on each side of the answer's median, within so many standard errors.
DRAWS, DOUBT = 1024, 5


@dataclass(frozen=True)
class Verdict:
    """Accepted when nothing is wrong; `recounted`: how many figures were drawn anew."""

    violations: tuple[str, ...]
    recounted: int

    @property
    def accepted(self) -> bool:
        return not self.violations


def verify(
    answer: Answer,
    indicators: Sequence[Indicator],
    source: Source,
    territory: Territory,
    parameters: Sequence[Parameter],
    tables: Tables,
) -> Verdict:
    """With another seed; figures that are counted or missing have nothing to draw again."""
    wrong = [said for effect in answer.effects for said in _sound(effect, answer.draws)]
    if [e.indicator for e in answer.effects] != [i.id for i in indicators]:
        wrong.append("La réponse n’a pas tous les indicateurs demandés, dans leur ordre.")
        return Verdict(tuple(wrong), 0)
    drawn = draw(parameters, tables, n=DRAWS, seed=answer.seed + 1)
    # The answer's own median is drawn too, and from few draws it is less sure.
    most = 0.5 + DOUBT * 0.5 * (1 / DRAWS + 1 / answer.draws) ** 0.5
    arms, recounted = source(drawn), 0
    for indicator, effect in zip(indicators, answer.effects, strict=True):
        figures = [(w, f) for w, f in (("gross", effect.gross), ("net", effect.net)) if f.mid is not None]
        if not figures:
            continue
        value = _read(indicator, arms, territory, drawn)
        corrected = value * _kept(indicator, drawn, len(arms.years) - 1)
        harm = np.asarray(value) < 0 if indicator.better >= 0 else np.asarray(value) > 0
        values = {"gross": value, "net": np.where(harm, value, corrected)}
        for which, figure in figures:
            recounted += 1
            below, above = _sides(values[which], figure.mid or 0.0)
            for share, side in ((below, "sous"), (above, "au-dessus de")):
                if share > most:
                    said = f"{share * 100:.0f}\u202f% des tirages refaits sont {side} la médiane."
                    wrong.append(f"{indicator.id} ({which})\u202f: {said}")
    return Verdict(tuple(wrong), recounted)


def _read(indicator: Indicator, arms: Arms, territory: Territory, drawn: Draws) -> Amount:
    flows, without = arms.up_to(len(arms.years) - 1, indicator.stock)
    value = indicator.read(flows, territory, drawn)
    return value if without is None else value - indicator.read(without, territory, drawn)


def _sides(values: Amount, median: float) -> tuple[float, float]:
    """Shares of values below and above; a count may often be the median itself, and is then neither."""
    drawn = np.broadcast_to(np.asarray(values, dtype=float), (DRAWS,))
    tied = np.isclose(drawn, median, rtol=1e-9)
    return float((~tied & (drawn < median)).mean()), float((~tied & (drawn > median)).mean())


def _kept(indicator: Indicator, p: Draws, year: int) -> Amount:
    """What the corrections leave of one."""
    left: Amount = 1.0
    if Correction.DEADWEIGHT in indicator.applies:
        left = left - left * p["deadweight"]
    if Correction.DISPLACEMENT in indicator.applies:
        supply, displaced = p["auto_approvisionnement_legumes"], p["deplacement"]
        left = left - left * np.where(displaced < supply, displaced, supply)
    if Correction.ATTRIBUTION in indicator.applies:
        left = left * p["attribution"]
    if Correction.DROP_OFF in indicator.applies:
        for _ in range(year):
            left = left - left * p["erosion"]
    return left


def _sound(effect: Effect, draws: int) -> list[str]:
    wrong = []
    for which, figure in (("gross", effect.gross), ("net", effect.net)):
        name = f"{effect.indicator} ({which})"
        if figure.missing:
            if figure.value is not None:
                wrong.append(f"{name}\u202f: manquant, et pourtant chiffré.")
            continue
        wrong += [f"{name}\u202f: {said}" for said in _figure(figure, draws)]
    if any(bar.total > 1 + 5 * max(bar.error, 0.05) for bar in effect.tornado):
        wrong.append(f"{effect.indicator}\u202f: un indice de Sobol dépasse 1.")
    return wrong


def _figure(figure: Figure, draws: int) -> list[str]:
    wrong = []
    if figure.trend and figure.trend[-1][1] != figure.value:
        wrong.append("la dernière année n’est pas le chiffre donné.")
    ends = (figure.low, figure.mid, figure.high)
    if figure.low is None or figure.mid is None or figure.high is None or figure.positive_probability is None:
        if ends != (None, None, None):
            wrong.append("un intervalle à moitié donné.")
        return wrong
    if not figure.low <= figure.mid <= figure.high:
        wrong.append("les percentiles ne sont pas dans l’ordre.")
    # A percentile read between two draws may be of either's sign.
    positive, one = figure.positive_probability, 1 / draws
    if (figure.low > 0 and positive < 0.95 - one) or (figure.high < 0 and positive > 0.05 + one):
        wrong.append("la probabilité d’être positif contredit l’intervalle.")
    return wrong
