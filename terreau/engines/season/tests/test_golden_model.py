"""The program of a small season, written out family by family: each has a sentence and lines to read."""

from pathlib import Path

import pytest

from terreau.engines.season.problem import Lock
from terreau.engines.season.solve.clash import add_locks
from terreau.engines.season.solve.model import FAMILIES, build, weigh
from terreau.engines.season.tests.tiny import FULL

GOLDEN = Path(__file__).parent / "golden"
PAGE = Path(__file__).parents[4] / "docs" / "engines" / "season.md"


def _model():
    model = build(FULL)
    add_locks(FULL, model, (Lock("crop", "jardin", "radis", "required"),))
    return model


def _sum(terms) -> str:
    return " ".join(f"{value:+.6g} {name}" for name, value in terms) or "0"


def program_text(model, family: str) -> str:
    """The rows of a family, with the names of the trade, as the arrays given to HiGHS have them."""
    rows: dict[int, list[tuple[str, float]]] = {}
    ends = [*model.starts[1:], len(model.indices)]
    for name, start, end in zip(model.column_names, model.starts, ends, strict=True):
        for row, value in zip(model.indices[start:end], model.values[start:end], strict=True):
            rows.setdefault(row, []).append((name, value))
    return "".join(
        f"{name}: {model.row_lower[row]:g} <= {_sum(rows.get(row, ()))} <= {model.row_upper[row]:g}\n"
        for row, name in enumerate(model.row_names)
        if name.partition("[")[0] == family
    )


def columns_text(model) -> str:
    """Every column: its bounds, whether it is whole, and what it costs to the whole, in euros."""
    costs, whole = weigh(FULL, model), {True: " integer", False: ""}
    return "".join(
        f"{lower:g} <= {name} <= {upper:g}{whole[kind]} cost {costs.get(n, 0.0):g}\n"
        for n, (name, lower, upper, kind) in enumerate(
            zip(model.column_names, model.lower, model.upper, model.integer, strict=True)
        )
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_the_rows_of_each_family_are_those_that_were_read(family):
    written = program_text(_model(), family)
    assert written
    assert written == (GOLDEN / f"{family}.lp").read_text()


def test_the_columns_and_their_costs_are_those_that_were_read():
    assert columns_text(_model()) == (GOLDEN / "columns.lp").read_text()


def test_no_family_is_missing_and_the_page_tells_each():
    assert {name.partition("[")[0] for name in _model().row_names} == set(FAMILIES)
    assert {path.stem for path in GOLDEN.glob("*.lp")} == {*FAMILIES, "columns"}
    page = PAGE.read_text()
    for family, sentence in FAMILIES.items():
        assert f"| `{family}` | {sentence} |" in page, f"docs/engines/season.md ne dit pas {family}"
