"""The catalogue of aids: a file read whole; read again, it says what differs and leaves our notes alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from terreau.funding.catalogue import Record, read
from terreau.funding.models import Aid, AidChange
from terreau.funding.refusals import FundingRefused
from terreau.funding.vocabulary import themes
from terreau.territory.hand import Hand
from terreau.territory.models import Ecopole


@dataclass(frozen=True)
class Imported:
    added: int
    changed: tuple[AidChange, ...]
    same: int
    ignored: tuple[str, ...]


@transaction.atomic
def import_aids(*, ecopole: Ecopole, content: bytes, file_name: str, at: datetime) -> Imported:
    """Keyed by the source's number: the same file twice changes nothing. Few queries."""
    told = read(content)
    ecopole.take_turns()
    known = {aid.source_id: aid for aid in Aid.objects.filter(ecopole=ecopole)}
    new = [one for one in told.records if one.source_id not in known]
    Aid.objects.bulk_create(
        Aid(
            ecopole=ecopole, source_id=one.source_id, name=one.name, data=one.data, updated_on=one.updated_on,
            imported_at=at,
        )
        for one in new
    )  # fmt: skip
    changes, rows = [], []
    for one in told.records:
        aid = known.get(one.source_id)
        if aid is None or not (fields := differences(aid.data, one.data)):
            continue
        changes.append(AidChange(aid=aid, file_name=file_name[:120], fields=fields, seen_at=at))
        rows.append(_said_again(aid, one, at))
    Aid.objects.bulk_update(rows, ["name", "data", "updated_on", "imported_at"])
    AidChange.objects.bulk_create(changes)
    return Imported(len(new), tuple(changes), len(told.records) - len(new) - len(changes), told.ignored)


def _said_again(aid: Aid, record: Record, at: datetime) -> Aid:
    aid.name, aid.data, aid.updated_on, aid.imported_at = record.name, record.data, record.updated_on, at
    return aid


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """Field by field, [before, after]; the day the source was touched is no difference by itself."""
    names = (before.keys() | after.keys()) - {"date_updated"}
    return {
        name: [before.get(name), after.get(name)]
        for name in sorted(names)
        if before.get(name) != after.get(name)
    }


@transaction.atomic
def annotate(*, aid: Aid, note: str, tags: Collection[str], hand: Hand) -> None:
    """The écopôle's own words on an aid; an import never touches them."""
    aid.ecopole.take_turns()
    if set(tags) - themes().keys():
        raise FundingRefused("Ce thème n’existe pas. Choisissez-le dans la liste.", "themes")
    Aid.objects.filter(pk=aid.pk).update(note=note, themes=sorted(tags))
