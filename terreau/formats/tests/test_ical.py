"""A calendar, read again by a reader that shares nothing with its writer."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terreau.formats.ical import LINE_BYTES, Appointment, calendar

PARIS = timezone(timedelta(hours=1))
SOUP = Appointment(
    uid="thirdplace-7@audruicq",
    starts_at=datetime(2026, 11, 28, 14, tzinfo=PARIS),
    ends_at=datetime(2026, 11, 28, 16, 30, tzinfo=PARIS),
    summary="Soupe, pain ; et cuisson",
    revised_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
    description="Deux lignes\nC:\\ici",
    location="Grande salle",
    url="https://exemple.invalid/tiers-lieu/a,b;c",
)


def read(data: bytes) -> list[tuple[str, str]]:
    """Unfolded names and raw values, as §3.1 says a reader does."""
    text = data.decode().replace("\r\n ", "")
    return [tuple(line.split(":", 1)) for line in text.split("\r\n") if line]


def unescaped(value: str) -> str:
    told, letters = [], iter(value)
    for letter in letters:
        told.append({"n": "\n"}.get(after := next(letters), after) if letter == "\\" else letter)
    return "".join(told)


def test_an_appointment_line_by_line():
    assert calendar("Agenda", [SOUP]).decode().split("\r\n") == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Terreau//Agenda//FR", "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH", "X-WR-CALNAME:Agenda",
        "BEGIN:VEVENT", "UID:thirdplace-7@audruicq", "DTSTAMP:20261120T090000Z",
        "DTSTART:20261128T130000Z", "DTEND:20261128T153000Z", "SEQUENCE:0",
        "SUMMARY:Soupe\\, pain \\; et cuisson", "DESCRIPTION:Deux lignes\\nC:\\\\ici",
        "LOCATION:Grande salle", "URL:https://exemple.invalid/tiers-lieu/a,b;c", "STATUS:CONFIRMED",
        "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip


@given(
    st.text(alphabet=st.characters(exclude_categories=("C", "Z")) | st.sampled_from(" \n\\;,:"), max_size=300)
)
def test_any_words_come_back_and_no_line_is_too_long(words):
    data = calendar("Agenda", [Appointment("1@x", SOUP.starts_at, SOUP.ends_at, words, SOUP.revised_at)])
    assert all(len(line) <= LINE_BYTES for line in data.split(b"\r\n"))
    told = dict(read(data))
    assert unescaped(told["SUMMARY"]) == words


def test_an_hour_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="sans fuseau"):
        calendar("Agenda", [Appointment("1@x", datetime(2026, 1, 1), SOUP.ends_at, "x", SOUP.revised_at)])
