"""Time, chance and files are arguments: pure storeys read nothing of the world; the clock has one reader."""

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "terreau"
IMPURE = {"now", "today", "utcnow", "localdate", "localtime", "random", "open", "print", "getenv"}
CLOCK = {"now", "today", "utcnow", "localdate"}


def sources(*storeys: str) -> list[Path]:
    return [
        path
        for storey in storeys
        for path in sorted((HOUSE / storey).rglob("*.py"))
        if not {"tests", "migrations"} & set(path.relative_to(HOUSE).parts)
    ]


def calls(path: Path) -> set[str]:
    """The last name of everything a file calls: `datetime.now()` gives « now »."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = node.func
            found.add(name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", ""))
    return found


def name(path: Path) -> str:
    return str(path.relative_to(HOUSE))


@pytest.mark.parametrize("path", sources("measures", "engines", "formats"), ids=name)
def test_a_pure_storey_reads_nothing_from_the_world(path):
    assert not calls(path) & IMPURE, f"{name(path)}: give it as an argument"


@pytest.mark.parametrize(
    "path",
    sources("territory", "ledger", "rooms", "planning", "impact", "billing", "funding", "exchange", "web"),
    ids=name,
)
def test_the_clock_has_one_reader(path):
    """`territory/clock.py` alone; commands may ask it, pages receive `request.now`, actions an argument."""
    if name(path) == "territory/clock.py":
        assert "localtime" in calls(path)
    elif "management" not in path.parts:
        assert not calls(path) & CLOCK, f"{name(path)}: use request.now, or take the hour as an argument"
