"""A QR code as a drawing, for what is printed."""

from functools import lru_cache

import qrcode


@lru_cache(maxsize=512)  # a code takes fifteen milliseconds, and the labels of a garden's beds never change
def qr_svg(text: str) -> str:
    """A QR code that reads with a quarter of it under mud; the paper around it is its quiet zone."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, border=0)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    dark = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, inside in enumerate(row) if inside
    )
    size = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path d="{dark}"/></svg>'
    )
