"""The house is tested as well as its inhabitants."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import CheckConstraint, UniqueConstraint

HOUSE = Path(__file__).parents[2] / "terreau"
ROOT = HOUSE.parent
ROOMS = sorted(path for path in (HOUSE / "rooms").iterdir() if (path / "apps.py").exists())
TEMPLATES = sorted(
    path
    for path in HOUSE.rglob("templates/**/*")
    if path.is_file() and "tests" not in path.relative_to(HOUSE).parts
)
# Names that frameworks look up by themselves.
FOUND_BY_NAME = (
    "account/",
    "mfa/",
    "allauth/",
    "400.html",
    "403.html",
    "404.html",
    "500.html",
    "403_csrf.html",
)

CONSTRAINTS = sorted(
    constraint.name
    for model in apps.get_models()
    if model.__module__.startswith("terreau.")
    for constraint in model._meta.constraints
    if isinstance(constraint, CheckConstraint | UniqueConstraint)
)
WRITTEN = {path: path.read_text() for ending in ("py", "html") for path in HOUSE.rglob(f"*.{ending}")}
TESTS = "\n".join(
    [text for path, text in WRITTEN.items() if "tests" in path.relative_to(HOUSE).parts]
    + [path.read_text() for path in (ROOT / "tests").rglob("*.py")]
)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_has_the_files_of_a_room(room):
    for file in ("README.md", "urls.py", "tests"):
        assert (room / file).exists(), f"{room.name} has no {file}: see ARCHITECTURE.md"
    for name in ("models", "queries", "actions", "views"):
        # A file that outgrows its reader becomes a folder of the same name.
        found = (room / f"{name}.py").exists() or (room / name / "__init__.py").exists()
        assert found, f"{room.name} has no {name}: see ARCHITECTURE.md"
    assert len((room / "README.md").read_text().splitlines()) <= 20


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_constraint_is_called_by_its_name_in_a_test(name):
    assert name in TESTS, f"no test proves that the database refuses what {name} forbids"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_template_is_used(path):
    template = str(path).rpartition("/templates/")[2]
    if template.startswith(FOUND_BY_NAME):
        return
    # Charts are named by their kind: charts/bars.html is `{% bars … %}`.
    chart = re.fullmatch(r"charts/([a-z]+)\.html", template)
    named = f'"{chart[1]}"' if chart else template
    used = any(named in text for user, text in WRITTEN.items() if user != path)
    assert used, f"{template} is used nowhere"


def test_decisions_are_numbered_without_a_gap():
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    "engine", sorted(p.name for p in (HOUSE / "engines").iterdir() if (p / "problem.py").exists())
)
def test_an_engine_has_its_page_and_its_judge(engine):
    assert (ROOT / f"docs/engines/{engine}.md").exists()
    assert (HOUSE / f"engines/{engine}/verify.py").exists()


def test_no_file_outgrows_its_reader():
    """Past five hundred lines, a file is split by what it means."""
    read = [p for folder in (HOUSE, ROOT / "tests", ROOT / "bench") for p in folder.rglob("*")]
    code = [p for p in read if p.suffix in {".py", ".js", ".css", ".html"} and "migrations" not in p.parts]
    assert not {p: n for p in code if (n := len(p.read_text().splitlines())) > 500}


def test_no_file_names_a_registry_host():
    hosts = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian")
    listed = [p for p in ROOT.rglob("*") if p.is_file() and not set(p.parts) & {".git", ".venv", "var"}]
    texts = [p for p in listed if p.suffix in {".py", ".md", ".txt", ".toml", ".in", ".html", ".sh", ""}]
    guilty = [p for p in texts if p != Path(__file__) and hosts.search(p.read_text(errors="ignore"))]
    assert not guilty


def test_every_dependency_has_its_reason():
    """Each name of requirements/*.in is explained in the decisions."""
    decisions = "\n".join(p.read_text() for p in (ROOT / "docs/decisions").glob("*.md"))
    for file in ("run.in", "dev.in", "bench.in", "openfisca.in"):
        for line in (ROOT / "requirements" / file).read_text().splitlines():
            name = re.split(r"[\[<>=;]", line)[0].strip()
            if name and not name.startswith(("-r", "#")):
                assert name in decisions, f"{name}: say why this one, in docs/decisions/"
