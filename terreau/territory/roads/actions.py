"""Importing a map: read, and kept whole or not at all."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path

from django.db import transaction

from terreau.territory.models import Ecopole, RoadGraph
from terreau.territory.roads.extract import Circle, ExtractRefused, RoadRule, read


@dataclass(frozen=True)
class Imported:
    """`new`: its first time; otherwise nothing was read again."""

    graph: RoadGraph
    new: bool


def import_roads(
    *, ecopole: Ecopole, path: Path, circle: Circle | None, at: datetime, tell: Callable[[str], None]
) -> Imported:
    """The roads of a file, now those of the écopôle. The same file, kept the same way, is one graph."""
    rule = RoadRule.on(at.date())
    version = _version(path, circle, rule)
    known = RoadGraph.objects.filter(ecopole=ecopole, version=version).defer("data").first()
    if known is not None:
        # Of two maps imported in turn, the last one asked for is used.
        known.imported_at = at
        known.save(update_fields=["imported_at"])
        return Imported(known, new=False)
    extract = read(path, rule, circle, tell)
    with transaction.atomic():
        row, new = RoadGraph.objects.get_or_create(
            ecopole=ecopole, version=version,
            defaults={
                "file_name": path.name[-120:], "of": extract.of, "rule": rule.since, "imported_at": at,
                "nodes": len(extract.roads.latitude), "data": extract.roads.to_bytes(),
            },
        )  # fmt: skip
    return Imported(row, new)


def _version(path: Path, circle: Circle | None, rule: RoadRule) -> str:
    """Of the file, of what is kept of it and of the speeds it is given."""
    try:
        with path.open("rb") as file:
            content = file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ExtractRefused(f"{path} ne se lit pas\u202f: {error.strerror}. Vérifiez le chemin.") from error
    return sha256(f"{content} {circle} {rule}".encode()).hexdigest()
