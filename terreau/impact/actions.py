"""What can be done: declare a figure of a year, withdraw one, ask for an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django_tasks import task

from terreau.impact.answering import perimeter_of, told, years_lived
from terreau.impact.models import PLACED, Declaration, Reckoning, Said
from terreau.impact.parameters import sector_of
from terreau.impact.territories import territory
from terreau.planning.models import PlanState
from terreau.planning.running import Progress, ask, run
from terreau.territory.models import Commune, Ecopole, User
from terreau.territory.refusals import Refused

# Flows of three years read, thousands of draws, and what weighs on them.
SECONDS_MAX = 60


class DeclarationRefused(Refused):
    """Nothing was written; the message says what to type instead, and `field` where."""


@dataclass(frozen=True)
class Figure:
    """What the accounts say of a year. Pay and purchases say where the money went, if anybody knows."""

    year: int
    kind: Said
    amount: Decimal
    source: str
    commune: Commune | None = None
    elsewhere: bool = False
    supplier: str = ""
    ape: str = ""
    funder: str = ""


@transaction.atomic
def declare(
    *, ecopole: Ecopole, figures: Sequence[Figure], by: User | None, at: datetime, key: str
) -> list[Declaration]:
    """All of them or none; the same key writes once."""
    ecopole.take_turns()  # the same form sent twice at once takes its turn
    rows = [_row(ecopole, figure, by, at, f"{key}:{n}") for n, figure in enumerate(figures)]
    keys = [row.key for row in rows]
    if known := list(Declaration.objects.filter(ecopole=ecopole, key__in=keys).order_by("id")):
        return known
    return Declaration.objects.bulk_create(rows)


def _row(ecopole: Ecopole, figure: Figure, by: User | None, at: datetime, key: str) -> Declaration:
    if figure.amount <= 0:
        raise DeclarationRefused("Saisissez un montant au-dessus de zéro.", "amount")
    if figure.year > at.year:
        raise DeclarationRefused(
            f"{figure.year} n’a pas commencé\u202f: choisissez {at.year} ou avant.", "year"
        )
    if figure.kind == Said.GRANT and not figure.funder:
        raise DeclarationRefused("Qui a versé cette aide\u202f?", "funder")
    if figure.kind == Said.PURCHASE:
        try:
            sector_of(figure.ape)
        except KeyError:
            raise DeclarationRefused(
                f"Code APE «\u202f{figure.ape}\u202f» inconnu. Il est sur les factures du fournisseur, "
                "comme 01.13Z.",
                "ape",
            )
    if (figure.commune or figure.elsewhere) and figure.kind not in PLACED:
        raise DeclarationRefused("Ce chiffre n’est pas d’une commune\u202f: laissez-la vide.", "commune")
    return Declaration(ecopole=ecopole, recorded_by=by, recorded_at=at, key=key, **vars(figure))


@transaction.atomic
def withdraw(*, row: Declaration, reason: str, by: User | None, at: datetime, key: str) -> Declaration:
    """The line stays, and no longer counts."""
    row.ecopole.take_turns()
    if known := Declaration.objects.filter(withdraws=row).first():
        return known
    told = ("ecopole_id", "year", "kind", "amount", "commune_id", "elsewhere", "supplier", "ape", "funder")
    return Declaration.objects.create(
        **{name: getattr(row, name) for name in told},
        source=reason, withdraws=row, recorded_by=by, recorded_at=at, key=key,
    )  # fmt: skip


def request_answer(
    *, ecopole: Ecopole, year: int, scale: str, today: date, by: User | None, at: datetime, key: str
) -> Reckoning:
    """Keep the question and queue its answer. The same key asks once, and one answer at a time is computed.

    Raises `Missing` when the perimeter or the year has no data.
    """
    where = territory(perimeter_of(ecopole, scale))
    years_lived(ecopole, year)
    return ask(
        Reckoning,
        ecopole=ecopole,
        what=f"La réponse {year}",
        among={"measured": True, "scale": scale, "year": year},
        prepare=lambda: {
            "name": where.name, "problem": {"today": today.isoformat()}, "seconds_max": SECONDS_MAX,
            "created_by": by,
        },
        start=lambda pk: reckon.enqueue(reckoning_id=pk),
        at=at,
        key=key,
    )  # fmt: skip


@task()
def reckon(reckoning_id: int) -> None:
    run(Reckoning, reckoning_id, _answer)


def _answer(row: Reckoning, progress: Progress) -> dict[str, Any]:
    progress(0.05, "Les flux de l’année sont relus.")
    today = date.fromisoformat(row.problem["today"])
    found, beside = told(row.ecopole, row.year, row.scale, today)
    return {"state": PlanState.READY, "plan": found.to_json(), "beside": beside}


class NotPublished(Exception):
    """Nothing changed; the message says why."""


@transaction.atomic
def publish(*, row: Reckoning, by: User | None, at: datetime) -> None:
    """Show it to everybody, without an account; the one shown of that year and perimeter gives its place."""
    Ecopole.objects.select_for_update(no_key=True).get(pk=row.ecopole_id)
    row.refresh_from_db(fields=["state"])
    if row.state == PlanState.PUBLISHED:
        return
    if row.state not in (PlanState.READY, PlanState.REPLACED) or not row.measured:
        raise NotPublished("Cette réponse n’est pas prête\u202f: rien n’est publié.")
    shown = Reckoning.objects.filter(
        ecopole=row.ecopole_id, measured=True, year=row.year, scale=row.scale, state=PlanState.PUBLISHED
    )
    shown.update(state=PlanState.REPLACED)
    row.state, row.published_at, row.published_by = PlanState.PUBLISHED, at, by
    row.save(update_fields=["state", "published_at", "published_by"])


def unpublish(*, row: Reckoning) -> None:
    """Take it off the public page; it can be shown again."""
    Reckoning.objects.filter(pk=row.pk, state=PlanState.PUBLISHED).update(state=PlanState.READY)
