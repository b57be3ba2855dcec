"""The program of the tiny week, written out: each rule has a name, a sentence, and a line to read."""

from dataclasses import replace
from pathlib import Path

import pytest

from terreau.engines.week.account import goal_names
from terreau.engines.week.problem import Lock
from terreau.engines.week.solve.clash import add_locks
from terreau.engines.week.solve.model import FAMILIES, build
from terreau.engines.week.tests.test_verify import FULL
from terreau.engines.week.tests.tiny import TINY, kg

GOLDEN = Path(__file__).parent / "golden"
PAGE = Path(__file__).parents[4] / "docs" / "engines" / "week.md"


def _sum(model, terms) -> str:
    return " ".join(f"{value:+g} {model.column_names[column]}" for column, value in terms) or "0"


def program_text(model, goal: str) -> str:
    """The arrays given to HiGHS, in the LP format, with the names of the trade."""
    lines = ["minimize", f"  {goal}: {_sum(model, model.goals.get(goal, {}).items())}", "subject to"]
    ends = [*model.starts[1:], len(model.indices)]
    for name, lower, upper, start, end in zip(
        model.row_names, model.row_lower, model.row_upper, model.starts, ends, strict=True
    ):
        terms = zip(model.indices[start:end], model.values[start:end], strict=True)
        lines.append(f"  {name}: {lower:g} <= {_sum(model, terms)} <= {upper:g}")
    lines.append("bounds")
    for name, lower, upper in zip(model.column_names, model.lower, model.upper, strict=True):
        lines.append(f"  {lower:g} <= {name} <= {upper:g}")
    lines.append("integer")
    lines += [f"  {name}" for name, whole in zip(model.column_names, model.integer, strict=True) if whole]
    return "\n".join([*lines, ""])


@pytest.mark.parametrize("goal", goal_names(TINY))
def test_the_program_of_each_goal_is_the_one_that_was_read(goal):
    assert program_text(build(TINY), goal) == (GOLDEN / f"{goal}.lp").read_text()


def _every_rule():
    """A week in which each rule of the trade applies at least once."""
    week = replace(
        FULL,
        products=tuple(replace(p, group="racine", portions=(kg("0.4"), kg("0.5"))) for p in FULL.products),
        supplies=tuple(replace(s, min_take=kg(1)) if s.kind == "offer" else s for s in FULL.supplies),
        demands=tuple(replace(d, quantity_min=kg(3)) for d in FULL.demands),
        recipes=tuple(replace(r, batches_min=2) for r in FULL.recipes),
    )
    model = build(week)
    add_locks(week, model, (Lock("served", "cantine", kg(3)),))
    return model


def test_every_family_of_rules_has_a_sentence_and_the_page_tells_it():
    used = {name.partition("[")[0] for name in _every_rule().row_names} | {"goal", "steps"}
    assert used == set(FAMILIES)
    page = PAGE.read_text()
    for family, sentence in FAMILIES.items():
        assert f"`{family}`" in page, f"docs/engines/week.md ne nomme pas la famille {family}"
        assert sentence in page, f"docs/engines/week.md ne dit pas la phrase de {family}"
