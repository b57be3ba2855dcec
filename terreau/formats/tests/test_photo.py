"""What a photograph tells besides its picture is left behind; its picture is kept byte for byte."""

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.formats.photo import BYTES_MAX, PNG_START, PhotoRefused, bare, media_type


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


GPS = b"Exif\x00\x00MM\x00*GPSLatitude 50.87"
FRAME = segment(0xC0, b"\x08" + struct.pack(">HH", 1200, 1600) + b"\x01\x01\x11\x00")
TABLES = segment(0xDB, b"\x00" + bytes(64)) + FRAME + segment(0xC4, b"\x00" + bytes(16))
SCAN = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
PICTURE = TABLES + SCAN + b"\x12\x34\xff\x00\x56\xff\xd0\x78"
END = b"\xff\xd9"
HEAD = chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 30, 8, 2, 0, 0, 0))
PIXELS = chunk(b"IDAT", zlib.compress(bytes(30 * 121)))


def jpeg(before: bytes = b"", after: bytes = b"") -> bytes:
    return b"\xff\xd8" + before + PICTURE + after + END


# What cameras and editors write, and where.
told = st.tuples(
    st.sampled_from([*range(0xE1, 0xF0), 0xFE, 0xE0]),
    st.one_of(
        st.binary(max_size=60),
        st.binary(max_size=60).map(lambda more: GPS + more),
        st.binary(max_size=60).map(lambda more: b"http://ns.adobe.com/xap/1.0/\x00" + more),
        st.binary(max_size=60).map(lambda more: b"Photoshop 3.0\x008BIM" + more),
    ),
).filter(lambda one: not one[1].startswith((b"JFIF\x00", b"ICC_PROFILE\x00", b"Adobe")))


@given(st.lists(told, max_size=6), st.lists(told, max_size=3), st.binary(max_size=200))
def test_all_that_is_not_the_picture_goes_and_the_picture_stays(before, after, beyond):
    said = b"".join(segment(*one) for one in before)
    again = b"".join(segment(*one) for one in after)
    assert bare(jpeg(said, again) + beyond) == jpeg()


def test_what_gives_colours_stays():
    kept = segment(0xE0, b"JFIF\x00\x01\x02") + segment(0xE2, b"ICC_PROFILE\x00\x01\x01")
    adobe = segment(0xEE, b"Adobe\x00d\x00\x00\x00\x00\x01")
    assert bare(jpeg(kept + segment(0xE1, GPS) + adobe)) == jpeg(kept + adobe)


def test_a_progressive_picture_keeps_each_of_its_scans():
    second = segment(0xC4, b"\x10" + bytes(16)) + SCAN + b"\x9a\xff\x00"
    assert bare(jpeg(after=second + segment(0xE1, GPS) + second)) == jpeg(after=second + second)


def test_a_second_picture_hidden_after_the_first_is_left():
    assert bare(jpeg() + jpeg(segment(0xE1, GPS))) == jpeg()


@given(
    st.lists(
        st.tuples(st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"acTL", b"prVt"]),
                  st.binary(max_size=60)), max_size=6,
    ),
    st.binary(max_size=60),
)  # fmt: skip
def test_a_png_keeps_its_pixels_and_no_word(told, beyond):
    end, shape = chunk(b"IEND", b""), chunk(b"pHYs", bytes(9))
    words = b"".join(chunk(*one) for one in told)
    kept = PNG_START + HEAD + shape + PIXELS + end
    assert bare(PNG_START + HEAD + words + shape + PIXELS + words + end + beyond) == kept
    assert media_type(kept) == "image/png"


@given(st.binary(max_size=400))
def test_no_bytes_whatever_break_the_reading(noise):
    for data in (noise, b"\xff\xd8" + noise, PNG_START + noise, jpeg(noise), PNG_START + HEAD + noise):
        with suppress(PhotoRefused):
            kept = bare(data)
            assert bare(kept) == kept


@given(st.integers(0, len(jpeg()) - 1))
def test_a_photo_cut_anywhere_is_refused(length):
    with pytest.raises(PhotoRefused):
        bare(jpeg()[:length])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "JPEG ou PNG"),
        (b"GIF89a" + bytes(50), "JPEG ou PNG"),
        (b"<svg onload=alert(1)>", "JPEG ou PNG"),
        (jpeg() + bytes(BYTES_MAX), "1,5 au plus"),
        (b"\xff\xd8" + TABLES.replace(struct.pack(">HH", 1200, 1600), struct.pack(">HH", 9000, 9000)) + SCAN
         + END, "9000 × 9000"),
        (PNG_START + chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)), "50000 × 50000"),
        (PNG_START + HEAD + chunk(b"IEND", b""), "abîmée"),
        (PNG_START + HEAD + PIXELS[:-1] + b"x" + chunk(b"IEND", b""), "abîmée"),
        (b"\xff\xd8" + END, "abîmée"),
    ],
)  # fmt: skip
def test_what_is_not_a_photo_we_keep_is_refused_in_words(data, said):
    with pytest.raises(PhotoRefused, match=said):
        bare(data)
