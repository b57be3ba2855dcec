"""Open-data sheets, read whole or refused whole with every reason, then compared with what is known."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from django import forms
from django.db import models, transaction
from django.http import HttpRequest

from terreau.formats.xlsx import SpreadsheetRefused, is_spreadsheet, sheets

T = TypeVar("T")

BATCH = 500
SHOWN_MAX = 50
# Of a sheet sent through a page.
FILE_BYTES_MAX = 1_000_000
# What an official file says above its header.
TITLE_LINES_MAX = 12


@dataclass(frozen=True, slots=True)
class RowError:
    """One reason to refuse, on one line of the file as a spreadsheet numbers it."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"ligne {self.line} : {self.reason}"


class SheetRefused(Exception):
    """Nothing of the file was kept; `errors` says every reason."""

    def __init__(self, errors: Sequence[RowError]):
        self.errors = tuple(errors)
        more = len(self.errors) - SHOWN_MAX
        lines = [str(error) for error in self.errors[:SHOWN_MAX]]
        lines += [f"… et {more} autres"] if more > 0 else []
        super().__init__(
            "Fichier refusé, rien n’a été enregistré. Corrigez puis recommencez :\n" + "\n".join(lines)
        )


@dataclass(slots=True)
class Row:
    """One line, whose cells are read one by one; what cannot be read is noted, and reading goes on."""

    line: int
    cells: dict[str, str]
    errors: list[RowError] = field(default_factory=list)

    def refuse(self, reason: str) -> None:
        self.errors.append(RowError(self.line, reason))

    def text(self, column: str) -> str:
        return self.cells.get(column, "").strip()

    def read(self, column: str, parse: Callable[[str], T]) -> T | None:
        """The cell as a value; an empty cell is unknown, never zero."""
        if not (typed := self.text(column)):
            return None
        try:
            return parse(typed)
        except ValueError as error:
            self.refuse(f"{column} : {error}")
            return None

    def once(self, seen: dict[str, int], code: str) -> None:
        """A code names one row only."""
        if (first := seen.setdefault(code, self.line)) != self.line:
            self.refuse(f"« {code} » est déjà à la ligne {first}")


@dataclass(frozen=True, slots=True)
class Changes:
    """What a sheet changed."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int


def read_sheet(
    data: bytes, layouts: Sequence[frozenset[str]], *, workbook: bool = False
) -> tuple[frozenset[str], list[Row]]:
    """The rows, and which known layout the header is: comma or semicolon, UTF-8 or French Excel's ANSI.

    Official files open on a title: the header is the first line that holds a layout, the first of those
    known. `workbook`: a spreadsheet is read too, its first sheet that has such a header.
    """
    tables = _workbook(data) if workbook and is_spreadsheet(data) else _texts(data)
    layout, header, lines = _headed(tables, layouts)
    rows, errors = [], []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            errors.append(RowError(number, f"{len(cells)} cellules, l’en-tête en annonce {len(header)}"))
            continue
        rows.append(Row(number, dict(zip(header, cells, strict=True))))
    if errors:
        rows = [*rows, *(Row(error.line, {}, [error]) for error in errors)]
    elif not rows:
        raise SheetRefused([RowError(2, "le fichier n’a aucune ligne sous son en-tête")])
    return layout, rows


def text_of(data: bytes) -> str:
    """UTF-8, or French Excel's ANSI."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


class SheetForm(forms.Form):
    file = forms.FileField(label="Fichier CSV", allow_empty_file=True)


def sheet_asked(request: HttpRequest, too_heavy: str) -> tuple[SheetForm, bytes | None]:
    """The file that was sent, or its text once somebody confirms it; None: the form says what is wrong."""
    form, text = SheetForm(request.POST, request.FILES), request.POST.get("text", "")
    if not text and not form.is_valid():
        return form, None
    data = text.encode() if text else form.cleaned_data["file"].read(FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        form.add_error("file", f"Fichier de plus de 1 Mo\u202f: {too_heavy}")
        return form, None
    return form, data


Lines = Iterator[tuple[int, list[str]]]


def _headed(
    tables: Iterator[Lines], layouts: Sequence[frozenset[str]]
) -> tuple[frozenset[str], list[str], Lines]:
    """The layout, the header that holds it, and the lines under it."""
    for lines in tables:
        for _, cells in islice(lines, TITLE_LINES_MAX):
            header = [name.strip() for name in cells]
            found = next((layout for layout in layouts if layout <= set(header)), None)
            if found is not None:
                return found, header, lines
    wanted = " ; ou bien ".join(", ".join(sorted(layout)) for layout in layouts)
    raise SheetRefused([RowError(1, f"en-tête inconnu. Colonnes attendues : {wanted}.")])


def _workbook(data: bytes) -> Iterator[Lines]:
    """Each sheet; a workbook does not write the empty cells at the end of a line."""
    try:
        for _, lines in sheets(data):
            width = max((len(cells) for _, cells in lines), default=0)
            yield ((number, cells + [""] * (width - len(cells))) for number, cells in lines)
    except SpreadsheetRefused as refusal:
        raise SheetRefused([RowError(1, str(refusal))]) from None


def _texts(data: bytes) -> Iterator[Lines]:
    """A title hides which mark parts the cells: each is tried."""
    text = text_of(data)
    first, _, _ = text.partition("\n")
    for mark in sorted(",;", key=first.count, reverse=True):
        yield _lines(text, mark)


def _lines(text: str, mark: str) -> Lines:
    """The cells of each line, and its number as a spreadsheet counts."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        for cells in lines:
            yield lines.line_num, cells
    except csv.Error:
        reason = "une cellule ne se lit pas : il y manque sans doute un guillemet fermant"
        raise SheetRefused([RowError(lines.line_num, reason)]) from None


def refuse_if_wrong(rows: Iterable[Row]) -> None:
    errors = sorted((error for row in rows for error in row.errors), key=lambda error: error.line)
    if errors:
        raise SheetRefused(errors)


def store(
    model: type[models.Model],
    key: str,
    wanted: Sequence[dict[str, Any]],
    among: models.QuerySet[Any] | None = None,
) -> Changes:
    """Write what is new or different `among` these rows, and nothing else: twice the same changes nothing."""
    with transaction.atomic():
        known: dict[Any, models.Model] = {
            getattr(thing, key): thing for thing in (model._default_manager.all() if among is None else among)
        }
        added, changed = [], []
        for values in wanted:
            thing = known.get(values[key])
            if thing is None:
                added.append(model(**values))
            elif any(getattr(thing, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(thing, name, value)
                changed.append(thing)
        model._default_manager.bulk_create(added, batch_size=BATCH)
        names = [name for name in (wanted[0] if wanted else {}) if name != key]
        model._default_manager.bulk_update(changed, names, batch_size=BATCH)
    return Changes(
        tuple(str(thing) for thing in added),
        tuple(str(thing) for thing in changed),
        len(wanted) - len(added) - len(changed),
    )
