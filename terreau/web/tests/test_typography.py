"""No line of a page begins with a sign that French joins to the word before it."""

import re

import pytest
from django.template.loader import get_template

from terreau.web.typography import spaced


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (
            "Payé ? Oui ; non : « peut-être » !",
            "Payé\u202f? Oui\u202f; non\u202f: «\u202fpeut-être\u202f»\u202f!",
        ),
        ("{% if one %} : {{ one }}{% endif %}", "{% if one %}\u202f: {{ one }}{% endif %}"),
        ("{% if one != two %}à 8:30{% endif %}", "{% if one != two %}à 8:30{% endif %}"),
        ('<a href="?page=2">2</a> <b>!</b>', '<a href="?page=2">2</a> <b>!</b>'),
        ("déjà\u202f: dit\u00a0; ainsi", "déjà\u202f: dit\u00a0; ainsi"),
    ],
)
def test_a_plain_space_before_a_sign_is_narrow_and_holds(typed, shown):
    assert spaced(typed) == shown
    assert spaced(shown) == shown


def test_every_template_is_read_so():
    source = get_template("billing/choose.html").template.source
    assert "ou «\u202fcantines\u202f»" in source
    assert not re.search(r"\S [;:?!»](?!=)", source)
