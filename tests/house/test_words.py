"""One voice: what a screen names is in the glossary, and one thing has one word."""

import re
from pathlib import Path

import pytest
from django.apps import apps

from terreau.measures.french import unaccented
from terreau.territory.abilities import ROLE_LABELS
from terreau.web.shell import DOORS

ROOT = Path(__file__).parents[2]
WORDS, _, AFTER = (ROOT / "docs/glossary.md").read_text().partition("## Un mot pour une chose")
SAID, _, EVERYDAY = AFTER.partition("## Mots de tous les jours")
PLAIN = EVERYDAY.partition(":\n")[2]
# A state is a field called so; the rest of what is chosen from a list is a word of its room's page.
STATES = ("state", "step", "status")
SMALL = frozenset((
    "a", "au", "aux", "avec", "ce", "d", "dans", "de", "des", "du", "e", "en", "et", "hors", "hui", "l", "la",
    "le", "les", "ma", "mes", "mon", "non", "ou", "par", "que", "sur", "un", "une",
))  # fmt: skip
SHOWN = sorted(
    path
    for path in (ROOT / "terreau").rglob("*")
    if path.suffix in (".html", ".typ", ".txt", ".py", ".js")
    and not {"tests", "migrations"} & set(path.parts)
)


def roots(text: str) -> set[str]:
    """Words without accent, gender nor number."""
    words = set(re.findall(r"[a-z0-9²]+", unaccented(text).replace("œ", "oe"))) - SMALL
    return {re.sub(r"(?<=...)e?s?x?$", "", re.sub(r"(?<=....)ee(?=s?$)", "e", word)) for word in words}


def labels() -> dict[str, str]:
    """What is shown, and where it comes from."""
    found = dict.fromkeys(ROLE_LABELS.values(), "rôle") | {door.label: "porte" for door in DOORS}
    for model in apps.get_models():
        if not model.__module__.startswith("terreau."):
            continue
        found[str(model._meta.verbose_name)] = model.__name__
        for field in model._meta.concrete_fields:
            if field.name in STATES:
                found |= {str(label): f"{model.__name__}.{field.name}" for _, label in field.choices or ()}
    return found


def test_what_is_shown_is_in_the_glossary():
    known = roots(" ".join(line.split("|")[1] for line in WORDS.splitlines() if line.startswith("| ")))
    known |= roots(PLAIN)
    unknown = {label: where for label, where in labels().items() if roots(label) - known}
    assert not unknown, "to explain in docs/glossary.md, or to add to its everyday words"


RULES = [
    re.fullmatch(r"\| `(.+)` \| (.+) \| .+ \|", line) for line in SAID.splitlines() if line.startswith("| `")
]


@pytest.mark.parametrize(("refused", "said"), [(row[1], row[2]) for row in RULES if row])
def test_a_thing_is_called_by_one_word(refused, said):
    wrong = re.compile(refused, re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SHOWN
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if wrong.search(line)
    ]
    assert not found, f"one says « {said} »"
