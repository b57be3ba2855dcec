"""The answer to be given: a PDF of some ten pages, a spreadsheet, JSON; the same identifiers in all."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse

from terreau.impact.parameters import parameters
from terreau.impact.reading import HERE, AnswerReading, Interval, Part, Reading, Said
from terreau.measures.french import format_date_long, format_decimal
from terreau.territory import papers
from terreau.territory.models import Ecopole


def pdf(reading: AnswerReading, ecopole: Ecopole) -> HttpResponse:
    name = f"reponse-{reading.row.year}-{reading.row.scale}"
    return papers.printed("impact/rapport.typ", told(reading, ecopole), name)


def told(reading: AnswerReading, ecopole: Ecopole) -> dict[str, Any]:
    """What the sheet sees: words and numbers already written."""
    row, answer = reading.row, reading.answer
    used = {name for p in reading.parts for r in (*p.headlines, *p.others) for name in _names(r)}
    in_force = [p for p in parameters(date(row.year, 12, 31)) if p.id in used]
    return {
        "ecopole": ecopole.name, "year": str(row.year), "perimeter": row.name,
        "date": format_date_long(row.created_at.date()), "footer": f"{ecopole.name} · la réponse {row.year}",
        "warnings": list(answer.warnings), "draws": format_decimal(answer.draws),
        "moving": str(answer.moving),
        "priors": str(answer.priors), "seed": str(answer.seed), "version": answer.version,
        "parts": [_part(part) for part in reading.parts],
        "exits": [
            [r.indicator.label, "on ne sait pas" if r.missing else r.headline, "" if r.missing else r.between]
            for r in reading.exits
        ],
        "rounds": _rounds(reading),
        "kilos": _kilos(reading),
        "origins": [[a, _euros(v)] for a, b, v in reading.money if b == HERE],
        "spent": [[b, _euros(v)] for a, b, v in reading.money if a == HERE],
        "bodies": [[b.name, *(_euros(x) for x in (b.pays, b.gains, b.left))]
                   for b in (*reading.bodies, *([reading.all_bodies] if reading.bodies else []))],
        "scales": [[s.name, format_decimal(s.jobs), *(f"{_two(a)} / {_two(b)}" for a, b in s.cells)]
                   for s in reading.scales],
        "near": [n for n, s in enumerate(reading.scales) if s.near],
        "to_measure": [list(pair) for pair in reading.to_measure],
        "parameters": [[p.label, Said(p).value, Said(p).range, p.unit, p.evidence.label, p.source]
                       for p in in_force],
        "sources": sorted({s for part in reading.parts for r in _every(part) for s in r.indicator.sources}),
    }  # fmt: skip


def _names(one: Reading) -> tuple[str, ...]:
    return (*one.indicator.parameters, *one.indicator.applies)


def _every(part: Part) -> list[Reading]:
    return [*part.headlines, *part.others, *part.unknown]


def _part(part: Part) -> dict[str, Any]:
    return {
        "label": part.label,
        "headlines": [_figure(r) for r in part.headlines],
        "others": [_figure(r) for r in part.others],
        "unknown": [[r.indicator.label, r.missing] for r in part.unknown],
        "sheets": [[r.indicator.label, r.indicator.equation, r.indicator.limits, r.indicator.comparator,
                    " · ".join(r.indicator.sdg)] for r in _every(part)],
    }  # fmt: skip


def _figure(one: Reading) -> dict[str, Any]:
    return {
        "label": one.indicator.label, "question": one.indicator.question, "number": one.number,
        "unit": one.unit, "between": one.between, "gross": one.gross, "before": one.before,
        "evidence": one.figure.evidence.label, "interval": one.interval and _interval(one.interval),
        "warnings": list(one.effect.warnings),
    }  # fmt: skip


def _interval(told: Interval) -> dict[str, Any]:
    spans = {"net": told.net, "gross": told.gross}
    return {"zero": float(told.zero)} | {
        name: span and {k: float(v) for k, v in vars(span).items()} for name, span in spans.items()
    }


def _rounds(reading: AnswerReading) -> list[Any]:
    """R1, R2, R3: their parts, and each as a share of R1."""
    told = reading.row.beside.get("rounds")
    if not told:
        return []
    first = sum(euros for _, euros in told["first"])
    whole = {"R1, reçu": first, "R2, payé ici": sum(told["second"].values()),
             "R3, redépensé ici": sum(told["third"].values())}  # fmt: skip
    return [[name, _euros(Decimal(round(v))), min(1.0, v / first)] for name, v in whole.items()]


def _kilos(reading: AnswerReading) -> list[Any]:
    """Who grew it, then who received it, each as a share of the most."""
    top = max((kg for *_, kg in reading.kilos), default=Decimal(1))
    return [
        [f"→ {b}" if a == HERE else a, f"{format_decimal(kg)}\u00a0kg", float(kg / top)]
        for a, b, kg in reading.kilos
    ]


def _euros(value: Decimal) -> str:
    return f"{format_decimal(value)}\u00a0€"


def _two(value: float) -> str:
    return format_decimal(Decimal(repr(value)), places=2)


HEADS = (
    "Identifiant", "Famille", "Chiffre", "Unité", "Net", "P5", "P50", "P95", "Probabilité d’être positif",
    "Brut", "Brut P5", "Brut P95", "Preuve", "Compté", "Ce qui manque", "Équation", "ODD",
)  # fmt: skip


def spreadsheet(reading: AnswerReading) -> HttpResponse:
    """A line per figure, as a French spreadsheet reads it; the numbers are not rounded."""
    rows: list[tuple[str, ...]] = [HEADS]
    for part in reading.parts:
        for one in _every(part):
            net, gross, i = one.effect.net, one.effect.gross, one.indicator
            numbers = (net.value, net.low, net.mid, net.high, net.positive_probability,
                       gross.value, gross.low, gross.high)  # fmt: skip
            rows.append((
                i.id, part.label, i.label, net.unit, *(_cell(x) for x in numbers),
                net.evidence.label, "oui" if net.counted else "", net.missing, i.equation, " ".join(i.sdg),
            ))  # fmt: skip
    return papers.spreadsheet(rows, f"reponse-{reading.row.year}-{reading.row.scale}")


def _cell(value: float | None) -> str:
    return "" if value is None else repr(value).replace(".", ",")


def data(reading: AnswerReading, ecopole: Ecopole) -> HttpResponse:
    """All of it: what was asked, the figures, the sums of flows behind them, the parameters in force."""
    row = reading.row
    words = {
        r.indicator.id: {
            "label": r.indicator.label, "family": part.family.value, "question": r.indicator.question,
            "equation": r.indicator.equation, "limits": r.indicator.limits, "sdg": list(r.indicator.sdg),
        }
        for part in reading.parts for r in _every(part)
    }  # fmt: skip
    in_force = [
        {"id": p.id, "value": p.value, "low": p.low, "high": p.high, "unit": p.unit,
         "distribution": p.distribution, "status": p.status, "source": p.source, "since": p.since.isoformat()}
        for p in parameters(date(row.year, 12, 31))
    ]  # fmt: skip
    whole = {
        "ecopole": ecopole.name, "year": row.year, "perimeter": {"scale": row.scale, "name": row.name},
        "computed_at": row.created_at.isoformat(), "indicators": words, "answer": row.plan,
        "flows": row.beside.get("sums", {}), "parameters": in_force,
    }  # fmt: skip
    return papers.sent(
        json.dumps(whole, ensure_ascii=False, indent=1),
        "application/json",
        f"reponse-{row.year}-{row.scale}.json",
    )
