"""A QR code is the drawing of its matrix: three eyes, and a text that changes it."""

import re

from terreau.formats.qr import qr_svg


def dark(svg: str) -> set[tuple[int, int]]:
    return {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg)}


def test_it_has_three_eyes_and_no_margin():
    svg = qr_svg("https://exemple.fr/e/bourg/lots/26328-CAR-07/")
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    cells = dark(svg)
    eye = {(x, y) for x in range(7) for y in range(7) if {x, y} & {0, 6} or (2 <= x <= 4 and 2 <= y <= 4)}
    for left, top in ((0, 0), (size - 7, 0), (0, size - 7)):
        assert {(x - left, y - top) for x, y in cells if 0 <= x - left < 7 and 0 <= y - top < 7} == eye
    assert (size - 17) % 4 == 0


def test_another_text_is_another_drawing_and_the_same_text_the_same():
    assert qr_svg("26328-CAR-07") == qr_svg("26328-CAR-07") != qr_svg("26328-CAR-08")
