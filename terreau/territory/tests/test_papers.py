"""A table to keep: read by a French spreadsheet, and nothing typed in it runs."""

import pytest

from terreau.territory.papers import spreadsheet


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("Carottes", "Carottes"), ("=1+1", "'=1+1"), ("+33 6", "'+33 6"), ("@SOMME(A1)", "'@SOMME(A1)"),
        ("-2+3", "'-2+3"), ("-12,50", "-12,50"), ("-1,5e-05", "-1,5e-05"), (-3, "-3"), ("\ttab", "'\ttab"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_somebody_typed_is_never_a_formula(cell, written):
    answer = spreadsheet([["libellé", "fin"], [cell, "."]], "table")
    assert answer.content.decode() == f"\ufefflibellé;fin\r\n{written};.\r\n"
    assert answer["Content-Disposition"] == 'attachment; filename="table.csv"'
