"""A calendar as other calendars read it: RFC 5545, hours in UTC, lines of 75 bytes at most."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

# RFC 5545 §3.1: « lines of text SHOULD NOT be longer than 75 octets, excluding the line break ».
LINE_BYTES = 75
PRODUCT = "-//Terreau//Agenda//FR"


@dataclass(frozen=True)
class Appointment:
    """One VEVENT. `uid` is the same for ever; `revision` grows each time it is changed or cancelled."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    revised_at: datetime
    description: str = ""
    location: str = ""
    url: str = ""
    revision: int = 0
    cancelled: bool = False


def calendar(name: str, appointments: Iterable[Appointment]) -> bytes:
    """The whole file, in UTF-8, its lines ended by CRLF."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
    ]  # fmt: skip
    for appointment in appointments:
        lines += _event(appointment)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) + b"\r\n" for line in lines)


def _event(one: Appointment) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(one.uid)}"
    yield f"DTSTAMP:{_utc(one.revised_at)}"
    yield f"DTSTART:{_utc(one.starts_at)}"
    yield f"DTEND:{_utc(one.ends_at)}"
    yield f"SEQUENCE:{one.revision}"
    yield f"SUMMARY:{_text(one.summary)}"
    for name, value in (("DESCRIPTION", one.description), ("LOCATION", one.location)):
        if value:
            yield f"{name}:{_text(value)}"
    if one.url:
        yield f"URL:{one.url}"  # a URI, not a text: nothing in it is escaped
    yield f"STATUS:{'CANCELLED' if one.cancelled else 'CONFIRMED'}"
    yield "END:VEVENT"


def _utc(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError(f"{at} : une heure sans fuseau ne se publie pas dans un agenda.")
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """§3.3.11: backslash, semicolon, comma and line break are escaped; other control characters go."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    escaped = lines.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return "".join(letter for letter in escaped if letter == "\t" or letter.isprintable())


def _folded(line: str) -> bytes:
    """A long line goes on after a break and a space, never within a character."""
    folded, length = bytearray(), 0
    for letter in line:
        written = letter.encode()
        if length + len(written) > LINE_BYTES:
            folded += b"\r\n "
            length = 1
        folded += written
        length += len(written)
    return bytes(folded)
