"""The house's templates keep to the strict content policy: no style nor script written inside a page."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
TEMPLATES = sorted(path for path in HOUSE.rglob("templates/**/*.html"))

FORBIDDEN = {
    "un attribut style": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "une balise style": re.compile(r"<style\b", re.IGNORECASE),
    "un script écrit dans la page": re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE),
    "un attribut on…": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "un attribut hx-on": re.compile(r"\shx-on", re.IGNORECASE),
    "une adresse d’un autre site": re.compile(r"(src|href)=[\"']?(https?:)?//", re.IGNORECASE),
}


def test_the_house_has_templates():
    assert len(TEMPLATES) > 20


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_template_keeps_to_the_content_policy(path):
    text = path.read_text()
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]
    assert not found, f"{path.relative_to(HOUSE)} contient {', '.join(found)} : mettez-le dans static/."


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_form_that_writes_carries_the_token_and_asks_for_the_middle_only(path):
    for form in re.findall(r"<form\b.*?</form>", path.read_text(), re.DOTALL | re.IGNORECASE):
        writes = "{% boost %}" in form or re.search(r'method="post"', form, re.IGNORECASE)
        # The head of a form of due lines brings the token.
        signed = "{% csrf_token %}" in form or 'include "ledger/due_head.html"' in form
        assert not writes or signed, f"{path} : un formulaire sans {{% csrf_token %}}."
