"""Counting the tours driven, closing a month: what is paid is then agreed."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from terreau.engines.shares import Problem, Shares, solve, verify
from terreau.engines.shares.problem import NOTHING
from terreau.ledger.actions import agree
from terreau.ledger.models import Agreement, AgreementKind, Per, Process
from terreau.measures.french import format_date
from terreau.measures.money import Money
from terreau.planning.models import SharingRule, TourShares, TourSpent
from terreau.planning.rounds.apart import apart
from terreau.planning.rounds.gather import CHOICES as ROUNDS
from terreau.planning.running import SEED, PlanRefusedByItsJudge
from terreau.planning.shares.gather import problem
from terreau.planning.shares.oracle import Oracle, share
from terreau.planning.shares.terms import Terms, agreed
from terreau.planning.shares.tours import Driven, driven
from terreau.territory.clock import moment
from terreau.territory.models import Agent, AgentKind, Ecopole, User
from terreau.territory.nights import at_its_hour
from terreau.territory.refusals import Refused
from terreau.territory.travel import PlacesNotLocated

# Far beyond what a tour takes: a search that never ends is stopped.
SECONDS_MAX = 300
TRY_AGAIN = timedelta(hours=1)


class SharingRefused(Refused):
    """Nothing was written; the message says what to do, `field` on which answer of a form."""


@task()
def count_month(ecopole_id: int, month: str, at: str) -> None:
    """Share every tour of a month driven so far; each is kept as soon as it is counted."""
    ecopole, first, now = (
        Ecopole.objects.get(pk=ecopole_id),
        date.fromisoformat(month),
        datetime.fromisoformat(at),
    )
    count_tours(ecopole, first, min(last_day(first), now.date()), at=now)


def counts_asked(ecopole: Ecopole, month: date) -> list[tuple[str, datetime]]:
    """Each time this month was to be counted: how far that is, and when it was asked for. One query."""
    rows = DBTaskResult.objects.filter(
        task_path=count_month.module_path,
        args_kwargs__kwargs__ecopole_id=ecopole.pk,
        args_kwargs__kwargs__month=month.isoformat(),
    )
    told = rows.order_by().values_list("status", "args_kwargs")
    return [(status, datetime.fromisoformat(said["kwargs"]["at"])) for status, said in told]


def count_soon(ecopole: Ecopole, month: date, *, at: datetime, by_hand: bool = False) -> bool:
    """Have a month counted in the background, once at a time; whether it is under way.

    By itself, it is not tried again within the hour: what could not be counted waits to be put right.
    """
    asked = [(status, said) for status, said in counts_asked(ecopole, month) if said <= at]
    if any(status in ("READY", "RUNNING") for status, _ in asked):
        return True
    if not by_hand and any(at - said < TRY_AGAIN for _, said in asked):
        return False
    count_month.enqueue(ecopole_id=ecopole.pk, month=month.isoformat(), at=at.isoformat())
    return True


def count_that_evening(ecopole: Ecopole, day: date, *, at: datetime) -> None:
    """Once the rounds of a day are back, their month is counted. What is said later is counted when read."""
    back = moment(day, time.fromisoformat(ROUNDS["hub"]["closes"]))
    month = day.replace(day=1)
    if back <= at or ("READY", back) in counts_asked(ecopole, month):
        return
    at_its_hour(count_month, back).enqueue(
        ecopole_id=ecopole.pk, month=month.isoformat(), at=back.isoformat()
    )


def count_tours(ecopole: Ecopole, first: date, last: date, *, at: datetime) -> int:
    """How many of the tours of these days were counted; one counted from the same facts is kept as it is."""
    closed = closed_months(ecopole)
    tours = [tour for tour in driven(ecopole, first, last) if tour.day.replace(day=1) not in closed]
    terms = agreed(ecopole, first, last).of(tours)
    return sum(count_tour(ecopole, tour, terms[tour.process_id], at=at) for tour in tours)


def count_tour(ecopole: Ecopole, tour: Driven, terms: Terms, *, at: datetime) -> bool:
    """Share one tour, unless a place of it is nowhere: it is then left, and said uncounted."""
    try:
        asked, ask = problem(ecopole, tour, terms)
    except PlacesNotLocated:
        return False
    written = asked.to_json()
    digest = sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()
    last = TourShares.objects.filter(tour_id=tour.process_id).order_by("counted_at", "pk").last()
    if last and (last.digest, last.km, last.terms) == (digest, tour.road.said_km, terms.written):
        return False
    shares = judged(asked, ask, last)
    TourShares.objects.update_or_create(
        tour_id=tour.process_id,
        digest=digest,
        defaults={
            "ecopole": ecopole, "day": tour.day, "vehicle": tour.vehicle,
            "rule": asked.rule.key, "voted": asked.rule.voted, "km": tour.road.said_km,
            "terms": terms.written, "problem": written, "shares": shares.to_json(), "counted_at": at,
        },
    )  # fmt: skip
    return True


def judged(asked: Problem, ask: Oracle | None, last: TourShares | None) -> Shares:
    """The engine's shares, refused if its own judge disagrees. What groups cost is not searched twice."""
    repairs = None
    if ask is None:
        shares = solve(asked, seed=SEED)
        violations = verify(asked, shares).violations
    elif last and (known := answers(asked, last)):
        shares = solve(asked, oracle=known, seed=SEED)
        violations, repairs = verify(asked, shares).violations, last.shares["repairs"]
    else:
        shares, violations = apart(share, asked, ask, SEED, stop_after=SECONDS_MAX)
    if violations:
        raise PlanRefusedByItsJudge("\n".join(violations))
    return shares if repairs is None else replace(shares, repairs=repairs)


def answers(asked: Problem, last: TourShares) -> Callable[[frozenset[str]], Decimal] | None:
    """What the last count was answered, if it asked the same of the same: the votes alone are others."""
    before = Problem.from_json(last.problem)
    table = Shares.from_json(last.shares).asked
    if table is None or (before.actors, before.tours) != (asked.actors, asked.tours):
        return None
    bits = {player: 1 << k for k, player in enumerate(table.players)}
    return lambda group: table.cents[sum(bits[player] for player in group)]


def last_day(first: date) -> date:
    return next_month(first) - date.resolution


def next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


# What a tour took.


@transaction.atomic
def say_spent(
    *, ecopole: Ecopole, tour: Process, km: Decimal | None, put_in: Decimal | None, by: User | None,
    at: datetime, key: str,
) -> TourSpent:  # fmt: skip
    """What was read at the meter and put in the tank. Other km than before make the count stale."""
    Ecopole.objects.select_for_update().get(pk=ecopole.pk)
    if known := TourSpent.objects.filter(ecopole=ecopole, key=key).first():
        return known
    day = tour.planned_for or date.min
    if day.replace(day=1) in closed_months(ecopole):
        raise SharingRefused(
            f"Le mois du {format_date(day)} est arrêté\u202f: ce que chacun en paie ne change plus.", "km"
        )
    if km is None and put_in is None and not TourSpent.objects.filter(tour=tour).exists():
        raise SharingRefused("Saisissez les kilomètres, ce qui a été mis, ou les deux.", "km")
    return TourSpent.objects.create(
        ecopole=ecopole, tour=tour, km=km, put_in=put_in, recorded_by=by, recorded_at=at, key=key
    )


# Closing a month.


def closed_months(ecopole: Ecopole) -> set[date]:
    rows = Agreement.objects.filter(ecopole=ecopole, kind=AgreementKind.SHARING)
    return set(rows.order_by().values_list("starts_on", flat=True).distinct())


@transaction.atomic
def close_month(*, ecopole: Ecopole, month: date, today: date) -> list[Agreement]:
    """Every partner agrees to pay the platform its part of the month's tours. A month is closed once.

    What the platform carried for itself, baskets above all, stays its own.
    """
    Ecopole.objects.select_for_update().get(pk=ecopole.pk)
    if done := list(agreements(ecopole, month)):
        return done
    last = last_day(month)
    if last >= today:
        raise SharingRefused(
            f"Le mois n’est pas fini\u202f: arrêtez-le à partir du {format_date(next_month(month))}."
        )
    tours, rows = driven(ecopole, month, last), latest(ecopole, month, last)
    if not tours:
        raise SharingRefused("Aucune tournée ce mois-là\u202f: il n’y a rien à partager.")
    terms = agreed(ecopole, month, last).of(tours)
    if any(stale(rows.get(tour.process_id), terms[tour.process_id], tour.road.said_km) for tour in tours):
        raise SharingRefused(
            "Des tournées ne sont pas comptées, ou leur règle, leurs communs, leur solidarité ou leurs "
            "kilomètres ont changé\u202f: comptez-les d’abord."
        )
    return _agree(ecopole, month, last, [rows[tour.process_id] for tour in tours])


def stale(row: TourShares | None, terms: Terms, said_km: Decimal | None) -> bool:
    """Not counted, or by terms that are no longer those of its day, or with other km than those said."""
    if row is None or row.terms != terms.written:
        return True
    return (row.rule, row.voted, row.km) != (terms.rule.key, terms.rule.voted, said_km)


def _agree(ecopole: Ecopole, month: date, last: date, rows: list[TourShares]) -> list[Agreement]:
    platform = Agent.objects.filter(ecopole=ecopole, kind=AgentKind.PLATFORM).order_by("pk").first()
    totals: dict[int, Money] = defaultdict(lambda: NOTHING)
    for row in rows:
        for line in row.shares["lines"]:
            totals[int(line["actor"])] += Money(line["total"]["cents"])
    others = {actor: total for actor, total in sorted(totals.items()) if platform and actor != platform.pk}
    if platform is None or not others:
        raise SharingRefused("La plateforme était seule à bord\u202f: elle ne partage avec personne.")
    rules = sorted({SharingRule(row.rule).label for row in rows})
    rules += ["communs"] * any(row.terms["commons"] for row in rows)
    rules += ["solidarité"] * any(row.terms["solidarity"] for row in rows)
    return [
        agree(
            ecopole=ecopole,
            kind=AgreementKind.SHARING,
            provider_id=actor,
            receiver_id=platform.pk,
            promised_value=total,
            per=Per.MONTH,
            starts_on=month,
            ends_on=last,
            note=f"part de {len(rows)} tournée{'s' if len(rows) > 1 else ''}\u202f: {', '.join(rules)}",
            key=f"sharing:{month}:{actor}",
        )
        for actor, total in others.items()
    ]


def agreements(ecopole: Ecopole, month: date) -> QuerySet[Agreement]:
    rows = Agreement.objects.filter(ecopole=ecopole, kind=AgreementKind.SHARING, starts_on=month)
    return rows.select_related("provider").order_by("provider__name", "pk")


def latest(ecopole: Ecopole, first: date, last: date) -> dict[int, TourShares]:
    """The last count of each tour, without its problem. One query."""
    rows = TourShares.objects.filter(ecopole=ecopole, day__range=(first, last)).defer("problem")
    return {row.tour_id: row for row in rows.order_by("counted_at", "pk")}
