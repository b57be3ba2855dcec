"""From flows, with and without, to figures: gross, net, their interval and what weighs on them.

Percentiles are of the difference, draw by draw, never a difference of percentiles.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from . import draws as sampling
from .answer import Answer, Bar, Effect, Figure
from .indicator import Correction, Indicator
from .problem import Amount, Arms, Array, Draws, Evidence, Missing, Parameter, Source, Tables, Territory
from .sensitivity import MATTERS, Sensitivity, analyse, what_to_measure

VERSION = "1"


def solve(
    indicators: Sequence[Indicator],
    source: Source,
    territory: Territory,
    parameters: Sequence[Parameter],
    tables: Tables,
    *,
    seed: int,
    n: int = 4096,
    n_sensitivity: int = 512,
    correlations: Mapping[tuple[str, str], float] | None = None,
) -> Answer:
    """Every indicator over a territory. `n_sensitivity`: 0 for none, and evidence counts all parameters."""
    drawn = sampling.draw(parameters, tables, n=n, seed=seed, correlations=correlations)
    written = sampling.central(parameters, tables)
    arms, as_written = source(drawn), source(written)
    outcomes = {i.id: _Outcome(i, as_written, written, arms, drawn, territory) for i in indicators}
    found = Sensitivity((), {})
    if n_sensitivity:
        known = [i for i in indicators if not outcomes[i.id].missing]
        found = analyse(
            lambda d: _gross_and_net(known, source(d), territory, d),
            [(i.id, which) for i in known for which in ("gross", "net")],
            parameters,
            tables,
            n=n_sensitivity,
            seed=seed,
        )
    moving = [p for p in parameters if p.moves]
    one_year = len(arms.years) == 1 and arms.measured
    return Answer(
        territory=territory.name,
        scale=territory.scale,
        effects=tuple(outcomes[i.id].effect(parameters, found) for i in indicators),
        to_measure=what_to_measure([i for i in indicators if i.headline], parameters, found),
        draws=n,
        seed=seed,
        moving=len(moving),
        priors=sum(p.evidence is Evidence.PRIOR for p in moving),
        warnings=(
            *arms.warnings,
            *(("Première année\u202f: une seule année de mesure.",) if one_year else ()),
        ),
        version=VERSION,
    )


def gross(indicator: Indicator, arms: Arms, year: int, territory: Territory, draws: Draws) -> Amount:
    """With − without on the same draws; with alone when there is nothing without."""
    flows, without = arms.up_to(year, indicator.stock)
    value = indicator.read(flows, territory, draws)
    return value if without is None else value - indicator.read(without, territory, draws)


def _known(indicator: Indicator, arms: Arms, year: int, territory: Territory, draws: Draws) -> Amount | None:
    """Of a former year, which may lack what the last one has: it is left out of the trend."""
    try:
        return gross(indicator, arms, year, territory, draws)
    except Missing:
        return None


def net(indicator: Indicator, value: Amount, draws: Draws, year: int) -> Amount:
    """gross · (1 − deadweight) · (1 − displacement) · attribution · (1 − drop-off)^t, those that apply.

    A harm is left whole: what corrects a claim must not make a loss look smaller.
    """
    factors: dict[Correction, Callable[[], Amount]] = {
        Correction.DEADWEIGHT: lambda: 1 - draws["deadweight"],
        Correction.DISPLACEMENT: lambda: 1 - displaced(draws),
        Correction.ATTRIBUTION: lambda: draws["attribution"],
        Correction.DROP_OFF: lambda: (1 - draws["erosion"]) ** year,
    }
    if not indicator.applies:
        return value
    kept: Amount = 1.0
    for correction in sorted(indicator.applies):
        kept = kept * factors[correction]()
    return np.where(np.asarray(value) * indicator.better < 0, value, value * kept)


def displaced(draws: Draws) -> Amount:
    """Bounded by local self-supply: nobody's local sales can be displaced of what nobody sells here."""
    return np.minimum(draws["deplacement"], draws["auto_approvisionnement_legumes"])


def _gross_and_net(
    indicators: Sequence[Indicator], arms: Arms, territory: Territory, draws: Draws
) -> list[Array]:
    """Two rows per indicator, of the last year."""
    rows: list[Amount] = []
    year = len(arms.years) - 1
    for indicator in indicators:
        value = gross(indicator, arms, year, territory, draws)
        rows += [value, net(indicator, value, draws, year)]
    return [np.broadcast_to(np.asarray(row, dtype=float), (draws.n,)) for row in rows]


class _Outcome:
    """One indicator, read as written year by year, and over the draws for the last year."""

    def __init__(
        self,
        indicator: Indicator,
        as_written: Arms,
        written: Draws,
        arms: Arms,
        drawn: Draws,
        where: Territory,
    ) -> None:
        self.indicator, self.measured = indicator, arms.measured
        self.missing = ""
        self.warnings: tuple[str, ...] = ()
        years = range(len(arms.years))
        try:
            values = [_known(indicator, as_written, year, where, written) for year in years[:-1]]
            values.append(gross(indicator, as_written, years[-1], where, written))
            spread = gross(indicator, arms, years[-1], where, drawn)
        except Missing as missing:
            self.missing = str(missing)
            return
        told = [(t, value) for t, value in enumerate(values) if value is not None]
        self.labels = [arms.years[t].end.year for t, _ in told]
        self.gross = [_number(value) for _, value in told]
        self.net = [_number(net(indicator, value, written, t)) for t, value in told]
        self.gross_drawn = np.broadcast_to(np.asarray(spread, dtype=float), (drawn.n,))
        self.net_drawn = np.broadcast_to(
            np.asarray(net(indicator, spread, drawn, years[-1]), dtype=float), (drawn.n,)
        )
        if indicator.guard:
            flows, _ = arms.up_to(years[-1], indicator.stock)
            self.warnings = indicator.guard(self.gross_drawn, flows, where, drawn)

    def effect(self, parameters: Sequence[Parameter], found: Sensitivity) -> Effect:
        id = self.indicator.id
        if self.missing:
            figure = Figure(self.indicator.unit, Evidence.MEASURED, missing=self.missing)
            return Effect(id, figure, figure)
        bars = found.bars.get((id, "net"), ())
        return Effect(
            indicator=id,
            gross=self._figure(
                self.gross, self.gross_drawn, self._evidence(parameters, found.bars.get((id, "gross")))
            ),
            net=self._figure(
                self.net, self.net_drawn, self._evidence(parameters, found.bars.get((id, "net")))
            ),
            tornado=bars,
            warnings=self.warnings,
        )

    def _figure(self, values: list[float], drawn: Array, evidence: Evidence) -> Figure:
        trend = tuple(zip(self.labels, values, strict=True))
        if drawn.max() - drawn.min() <= 1e-12 * max(1.0, abs(values[-1])):
            return Figure(self.indicator.unit, evidence, values[-1], trend=trend)
        low, mid, high = (float(x) for x in np.percentile(drawn, (5, 50, 95)))
        return Figure(
            self.indicator.unit, evidence, values[-1], low, mid, high, float((drawn > 0).mean()), trend
        )

    def _evidence(self, parameters: Sequence[Parameter], bars: Sequence[Bar] | None) -> Evidence:
        """The weakest of what weighs; without sensitivity, of all the indicator declares and that moves."""
        own = Evidence.MEASURED if self.measured else Evidence.COMPUTED
        if bars is None:
            weighing = {p.id for p in parameters if p.moves and p.id in self.indicator.parameters}
        else:
            weighing = {bar.parameter for bar in bars if bar.total >= MATTERS}
        return max([own, self.indicator.evidence, *(p.evidence for p in parameters if p.id in weighing)])


def _number(value: Amount) -> float:
    return float(np.asarray(value).reshape(-1)[0])
