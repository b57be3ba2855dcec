"""What a page of documentation names exists: a link, a file, a command, a target of make."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).parents[2]
PAGES = [
    path for path in ROOT.rglob("*.md") if not {".venv", "var", ".git"} & set(path.relative_to(ROOT).parts)
]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("paper", PAGES, ids=lambda paper: str(paper.relative_to(ROOT)))
def test_what_a_page_names_exists(paper):
    text = paper.read_text()
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
    wrong = [link for link in links if not (paper.parent / link).exists()]
    wrong += [f"make {name}" for name in re.findall(r"`make ([a-z]+)", text) if name not in TARGETS]
    said = re.findall(r"(?:`|bin/|^)terreau ([a-z]+)\b", text, re.MULTILINE)
    wrong += [f"terreau {name}" for name in said if name not in get_commands()]
    assert not wrong, "named, and not there"
