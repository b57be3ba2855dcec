"""The geometry of charts: shares are right, nothing leaves the frame, every figure is in the table."""

import re
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.web import charts
from terreau.web.flowchart import FlowsTurnBack, flows

D = Decimal
amounts = st.decimals(min_value=0, max_value=10**6, places=3)
labels = st.text(min_size=1, max_size=80)


def test_a_bar_is_as_long_as_its_share_of_the_greatest_figure_target_included():
    chart = charts.bars("Récolte", [("A", D(50), D(100)), ("B", D(25))], unit="kg")
    assert [bar.width for bar in chart.bars] == ["50.00", "25.00"]
    assert [bar.target for bar in chart.bars] == ["100.00", ""]
    assert [bar.below for bar in chart.bars] == [True, False]
    assert chart.table.rows == (("A", "50\u00a0kg", "100\u00a0kg"), ("B", "25\u00a0kg", "–"))


def test_no_row_or_only_zeros_still_make_a_chart():
    assert charts.bars("Rien", []).bars == ()
    assert [bar.width for bar in charts.bars("Zéro", [("A", 0), ("B", D(0))]).bars] == ["0.00", "0.00"]
    assert charts.columns("Rien", []).bars == ()
    assert charts.line("Rien", []).curve == ""
    assert charts.heat("Rien", [], []).rows == ()
    assert flows("Rien", []).nodes == ()


@given(st.lists(st.tuples(labels, amounts, amounts), max_size=60))
def test_standing_bars_stay_inside_the_frame_and_share_its_width(rows):
    chart = charts.columns("Semaines", rows, unit="kg")
    for bar in chart.bars:
        assert D(bar.y) >= charts.PLOT_TOP
        assert abs(D(bar.y) + D(bar.height) - charts.PLOT_BASE) <= D("0.01")
        assert D(bar.x) + D(bar.width) <= 100
    assert sum(bar.shown for bar in chart.bars) <= 6 or len(rows) <= 6
    assert len(chart.table.rows) == len(rows)


@given(st.lists(amounts, min_size=1))
def test_the_top_of_a_scale_holds_every_figure_and_is_never_twice_too_high(values):
    top = charts.ceiling(values)
    assert top >= max(values)
    assert max(values) == 0 or top <= 2 * max(values)


def test_a_line_goes_through_its_points_and_its_band_closes():
    chart = charts.line("Prévu", [("S1", D(0), D(0), D(50)), ("S2", D(100), D(50), D(100))], unit="kg")
    assert chart.curve == "M0.00 190.00L100.00 0.00"
    assert chart.band == "M0.00 95.00L100.00 0.00L100.00 95.00L0.00 190.00Z"
    assert chart.table.heads == ("", "Valeur", "Au moins", "Au plus")


def test_a_single_point_is_drawn_in_the_middle():
    assert charts.line("Un", [("S1", D(5))]).dots[0].x == "50.00"


def test_the_last_label_of_a_line_is_always_written_and_never_crowded():
    chart = charts.line("Année", [(f"S{n}", D(n)) for n in range(23)])
    shown = [n for n, dot in enumerate(chart.dots) if dot.shown]
    assert shown[-1] == 22
    assert min(b - a for a, b in pairwise(shown)) >= 4


def test_a_heat_map_tells_nothing_known_from_nothing_and_darkens_with_the_figure():
    chart = charts.heat("Charge", ["S1", "S2", "S3", "S4"], [("A", [None, D(0), D(1), D(10)])], unit="h")
    assert [cell.shade for cell in chart.rows[0].cells] == ["h-none", "h0", "h1", "h5"]
    assert chart.rows[0].total == "11\u00a0h"
    assert chart.table.rows == (("A", "–", "0\u00a0h", "1\u00a0h", "10\u00a0h", "11\u00a0h"),)


def test_what_reaches_a_node_is_as_thick_as_what_leaves_it():
    chart = flows("Flux", [("jardin", "quai", D(60)), ("ferme", "quai", D(40)), ("quai", "paniers", D(100))])
    heights = {node.label: D(node.height) for node in chart.nodes}
    assert heights["jardin"] + heights["ferme"] == heights["quai"] == heights["paniers"]
    assert heights["jardin"] * 40 == heights["ferme"] * 60
    assert {node.label: node.x for node in chart.nodes} == {
        "jardin": "0.00", "ferme": "0.00", "quai": "48.80", "paniers": "97.60",
    }  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz"), amounts), max_size=20))
def test_nodes_of_a_column_never_overlap_and_words_have_room(links):
    chart = flows("Flux", links, unit="kg")
    for x in {node.x for node in chart.nodes}:
        column = sorted((D(n.y), D(n.height)) for n in chart.nodes if n.x == x)
        assert all(y0 + h0 + 40 <= y1 for (y0, h0), (y1, _) in pairwise(column))
        assert column[0][0] >= 40
        assert column[-1][0] + column[-1][1] <= D(chart.height)


def test_flows_that_turn_back_are_refused():
    with pytest.raises(FlowsTurnBack):
        flows("Boucle", [("a", "b", D(1)), ("b", "a", D(1))])


@given(st.lists(st.tuples(labels, amounts), min_size=1, max_size=5))
def test_no_coordinate_has_a_french_comma(rows):
    for bar in charts.columns("Virgules", rows, unit="kg").bars:
        assert all(re.fullmatch(r"-?\d+(\.\d+)?", c) for c in (bar.x, bar.y, bar.width, bar.height))


def test_a_line_goes_below_zero_where_it_freezes_and_shows_its_limit():
    chart = charts.line("Froid", [("lun.", D(-20)), ("mar.", D(-10))], unit="°C", limit=D(-18))
    assert [g.label for g in chart.grid] == ["0\u00a0°C", "−10\u00a0°C", "−20\u00a0°C"]
    base, middle = float(chart.base), (float(chart.base) + float(chart.plot_top)) / 2
    assert [float(dot.y) for dot in chart.dots] == [base, middle]
    assert middle < float(chart.limit.y) < base
    assert chart.limit.label == "Limite\u202f: −18\u00a0°C"


def test_a_limit_above_the_line_stays_in_the_frame():
    chart = charts.line("Frais", [("lun.", D(3)), ("mar.", D("3.5"))], unit="°C", limit=D(8))
    assert float(chart.limit.y) == float(chart.plot_top)
    assert charts.line("Sans", [("lun.", D(3))]).limit is None
