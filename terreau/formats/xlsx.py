"""The cells of a spreadsheet (Office Open XML, ECMA-376), as the text they show; nothing is computed."""

import io
import re
import zipfile
from collections.abc import Iterator

from lxml import etree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# Unfolded, a workbook may be a hundred times its size: the official lists of communes take 40 MB.
BYTES_MAX = 100_000_000
COLUMNS_MAX = 16_384
Line = tuple[int, list[str]]


class SpreadsheetRefused(ValueError):
    """Not a spreadsheet that can be read; the message says why."""


def is_spreadsheet(data: bytes) -> bool:
    return data.startswith(b"PK")


def sheets(data: bytes) -> Iterator[tuple[str, list[Line]]]:
    """Each sheet in its order: its name, and its lines as they are numbered on screen."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as folder:
            if sum(entry.file_size for entry in folder.infolist()) > BYTES_MAX:
                raise SpreadsheetRefused("le classeur déplié dépasse 100 Mo : enregistrez la feuille en .csv")
            shared = _shared(folder)
            for name, path in _paths(folder):
                yield name, _lines(folder.read(path), shared)
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError):
        raise SpreadsheetRefused("le classeur ne se lit pas : enregistrez-le en .xlsx ou en .csv") from None


def _tree(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def _shared(folder: zipfile.ZipFile) -> list[str]:
    """Texts are written once and pointed to."""
    if "xl/sharedStrings.xml" not in folder.namelist():
        return []
    return [_text(item) for item in _tree(folder.read("xl/sharedStrings.xml")).iter(MAIN + "si")]


def _text(item: etree._Element) -> str:
    return "".join(part.text or "" for part in item.iter(MAIN + "t"))


def _paths(folder: zipfile.ZipFile) -> list[tuple[str, str]]:
    links = _tree(folder.read("xl/_rels/workbook.xml.rels"))
    targets = {link.get("Id"): str(link.get("Target")) for link in links}
    found = []
    for sheet in _tree(folder.read("xl/workbook.xml")).iter(MAIN + "sheet"):
        target = targets[sheet.get(LINK)].removeprefix("/")
        found.append((str(sheet.get("name")), target if target.startswith("xl/") else f"xl/{target}"))
    return found


def _lines(data: bytes, shared: list[str]) -> list[Line]:
    lines = []
    for number, row in enumerate(_tree(data).iter(MAIN + "row"), start=1):
        cells: list[str] = []
        for cell in row.iter(MAIN + "c"):
            column = _column(cell.get("r"), len(cells))
            cells += [""] * (column + 1 - len(cells))
            cells[column] = _value(cell, shared)
        lines.append((int(row.get("r") or number), cells))
    return lines


def _column(reference: str | None, following: int) -> int:
    """« AB12 » is the 28th; a cell without a reference follows the one before."""
    letters = re.match(r"[A-Z]{1,3}", reference or "")
    if letters is None:
        return following
    column = 0
    for letter in letters[0]:
        column = column * 26 + ord(letter) - ord("A") + 1
    if column > COLUMNS_MAX:
        raise SpreadsheetRefused(f"la cellule {reference} est au-delà de la dernière colonne")
    return column - 1


def _value(cell: etree._Element, shared: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return _text(cell)
    value = cell.findtext(MAIN + "v") or ""
    if cell.get("t") == "s":
        if not value.isdecimal() or int(value) >= len(shared):
            raise SpreadsheetRefused(f"la cellule {cell.get('r')} montre un texte absent du classeur")
        return shared[int(value)]
    return value
