"""Files as pages answer them: an A4 sheet shown in the browser, a table to keep."""

import csv
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse
from django.template.loader import get_template

from terreau.formats.paper import sheet

PDF, CSV = "application/pdf", "text/csv; charset=utf-8"
NUMBER = re.compile(r"-?\d+([,.]\d+)?(e[+-]?\d+)?")


def sent(content: bytes | str, kind: str, name: str, *, how: str = "attachment") -> HttpResponse:
    """A file under its name, to keep; `inline`, it is shown first."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'{how}; filename="{name}"'
    return response


def spreadsheet(rows: Iterable[Iterable[Any]], name: str) -> HttpResponse:
    """A table as a French spreadsheet reads it, after the mark by which it knows the encoding."""
    response = sent("\ufeff", CSV, f"{name}.csv")
    csv.writer(response, delimiter=";").writerows(map(_cell, row) for row in rows)
    return response


def _cell(value: Any) -> Any:
    """What somebody typed is never a formula."""
    typed = isinstance(value, str) and value.startswith(tuple("=+-@\t\r")) and not NUMBER.fullmatch(value)
    return f"'{value}" if typed else value


def printed(template: str, data: Mapping[str, Any], name: str, *, how: str = "inline") -> HttpResponse:
    """A sheet made from a room's template and these data."""
    loaded: Any = get_template(template)
    return sent(sheet(loaded.template.source, data), PDF, f"{name}.pdf", how=how)
