"""A photograph without what it tells besides its picture: where, when, by whom, with what device.

JPEG (ITU T.81) and PNG (RFC 2083) are read piece by piece; only the pieces that make the picture are kept,
byte for byte. Whatever else a camera or an editor wrote (EXIF, GPS, XMP, IPTC, comments, a second picture
after the first) is left behind. Nothing is decoded: a picture of any content costs its length to read.
"""

import zlib
from collections.abc import Iterator

BYTES_MAX = 1_500_000
SIDE_MAX = 4_096

JPEG, PNG = "image/jpeg", "image/png"
JPEG_START, PNG_START = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
# Markers that stand alone, without a length.
ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
END, SCAN, JFIF, ICC, ADOBE = 0xD9, 0xDA, 0xE0, 0xE2, 0xEE
# Of what applications write, the few that change colours or proportions, by how they begin.
APPLICATIONS = {JFIF: b"JFIF\x00", ICC: b"ICC_PROFILE\x00", ADOBE: b"Adobe"}
TABLES = frozenset((0xC4, 0xCC, 0xDB, 0xDC, 0xDD))
CHUNKS = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD",
     b"pHYs")
)  # fmt: skip


class PhotoRefused(ValueError):
    """It is not a photograph we keep; the message says which ones we do."""


def media_type(data: bytes) -> str:
    """What a kept photograph is served as."""
    return PNG if data.startswith(PNG_START) else JPEG


def bare(data: bytes) -> bytes:
    """The same picture, and nothing else."""
    if len(data) > BYTES_MAX:
        heavy = f"{len(data) / 1_000_000:.1f}".replace(".", ",")
        raise PhotoRefused(
            f"La photo pèse {heavy} Mo, 1,5 au plus. Reprenez-la depuis la page de terrain, qui la réduit."
        )
    if data.startswith(PNG_START):
        return PNG_START + b"".join(_png(data))
    if data.startswith(JPEG_START):
        return JPEG_START + b"".join(_jpeg(data))
    raise PhotoRefused("Ce fichier n’est pas une photo JPEG ou PNG. Choisissez une photo de l’appareil.")


def _damaged() -> PhotoRefused:
    return PhotoRefused("La photo est abîmée : elle ne se lit pas en entier. Prenez-en une autre.")


def _refuse_size(width: int, height: int) -> None:
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX):
        raise PhotoRefused(
            f"La photo mesure {width} × {height} points, {SIDE_MAX} au plus de côté. Réduisez-la d’abord."
        )


def _png(data: bytes) -> Iterator[bytes]:
    at = len(PNG_START)
    kinds: list[bytes] = []
    while b"IEND" not in kinds:
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 12 + length
        body, sum_ = data[at + 8 : end - 4], data[end - 4 : end]
        if end > len(data) or zlib.crc32(kind + body) != int.from_bytes(sum_):
            raise _damaged()
        if (kind == b"IHDR") is bool(kinds) or (kind == b"IHDR" and length != 13):
            raise _damaged()
        if kind == b"IHDR":
            _refuse_size(int.from_bytes(body[:4]), int.from_bytes(body[4:8]))
        if kind in CHUNKS:
            yield data[at:end]
        kinds.append(kind)
        at = end
    if b"IDAT" not in kinds:
        raise _damaged()


def _jpeg(data: bytes) -> Iterator[bytes]:
    at, framed, scanned = len(JPEG_START), False, False
    while True:
        marker, at = _marker(data, at)
        if marker == END:
            break
        if marker in ALONE:
            continue
        length = int.from_bytes(data[at : at + 2])
        end = at + length
        if length < 2 or end > len(data):
            raise _damaged()
        body = data[at + 2 : end]
        if marker in FRAMES:
            if len(body) < 6:
                raise _damaged()
            _refuse_size(int.from_bytes(body[3:5]), int.from_bytes(body[1:3]))
            framed = True
        if _makes_the_picture(marker, body):
            yield bytes((0xFF, marker)) + data[at:end]
        at = end
        if marker == SCAN:
            at, scanned = _scan_end(data, at), True
            yield data[end:at]
    if not (framed and scanned):
        raise _damaged()
    yield bytes((0xFF, END))


def _makes_the_picture(marker: int, body: bytes) -> bool:
    if marker in APPLICATIONS:
        return body.startswith(APPLICATIONS[marker])
    return marker in FRAMES or marker in TABLES or marker == SCAN


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker that stands there, and where what follows it begins; it may be preceded by filling."""
    if data[at : at + 1] != b"\xff":
        raise _damaged()
    while data[at : at + 1] == b"\xff":
        at += 1
    if at >= len(data) or data[at] == 0:
        raise _damaged()
    return data[at], at + 1


def _scan_end(data: bytes, at: int) -> int:
    """Where the coded picture ends: at the first marker that is neither a stuffed byte nor a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise _damaged()
        if data[at + 1] == 0 or data[at + 1] in ALONE:
            at += 2
        elif data[at + 1] == 0xFF:
            at += 1
        else:
            return at
