"""How long a member who leaves is still named: as long as the law keeps invoices, no longer."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _papers() -> list[dict[str, Any]]:
    written = tomllib.loads((Path(__file__).parent / "retention.toml").read_text(encoding="utf-8"))["papers"]
    return sorted(written, key=lambda rule: rule["since"])


def keeps_papers_until(last: date) -> date:
    """The end of the tenth year after that of the last basket."""
    years = [rule["years"] for rule in _papers() if rule["since"] <= last][-1]
    return date(last.year + years, 12, 31)
