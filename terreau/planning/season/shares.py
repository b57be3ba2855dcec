"""A farm's share of a published season: what it grows, what it brings and earns; it accepts, or talks."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction

from terreau.ledger.actions import agree
from terreau.ledger.models import Agreement, AgreementKind, Per
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.planning.models import AnswerKind, PlanState, SeasonPlan, ShareAnswer
from terreau.planning.season.names import said_beds
from terreau.rooms.garden import queries as garden
from terreau.territory.models import Agent, AgentKind, User

ZERO = Decimal(0)
THOUSANDTH = Decimal("0.001")


class AnswerRefused(Exception):
    """Nothing was written; the message says what to do."""


@dataclass(frozen=True)
class CropShare:
    """A crop of a share: beds given to it over the season, kilos to bring, and their price to the farm."""

    crop: str
    name: str
    beds: Decimal
    sowings: tuple[tuple[IsoWeek, Decimal, str], ...]
    kilos: dict[IsoWeek, Decimal]
    cents: Decimal

    @property
    def total(self) -> Decimal:
        return sum(self.kilos.values(), ZERO)

    @property
    def area(self) -> str:
        return said_beds(self.beds)

    @property
    def sown(self) -> list[tuple[IsoWeek, str, str]]:
        return [(week, said_beds(beds), block) for week, beds, block in self.sowings]

    @property
    def value(self) -> Money:
        return _money(self.cents)


@dataclass(frozen=True)
class Share:
    """What a season asks of a farm and gives it. `lowest_share`: the lowest income per bed of all partner
    farms, against the highest: how even the season is, without anybody's figures."""

    farm_id: int
    farm: str
    crops: tuple[CropShare, ...]
    income_cents: Decimal
    cents_per_bed: Decimal
    farms: int
    lowest_share: Decimal | None

    @property
    def weeks(self) -> list[IsoWeek]:
        known = sorted({week for crop in self.crops for week in crop.kilos})
        return IsoWeek.range(known[0], known[-1]) if known else []

    @property
    def by_week(self) -> list[tuple[str, Decimal]]:
        return [
            (f"S{week.week}", sum((crop.kilos.get(week, ZERO) for crop in self.crops), ZERO))
            for week in self.weeks
        ]

    @property
    def income(self) -> Money:
        return _money(self.income_cents)

    @property
    def per_bed(self) -> Money:
        return _money(self.cents_per_bed)

    @property
    def kilos(self) -> Decimal:
        return sum((crop.total for crop in self.crops), ZERO)


def share_of(row: SeasonPlan, farm_id: int) -> Share | None:
    """The farm's part of a plan, read from the plan itself; None if it has none."""
    problem, plan, farm = row.problem, row.plan or {}, str(farm_id)
    if farm not in row.farms:
        return None
    crops = {crop["id"]: crop for crop in problem["crops"]}
    kilos: dict[str, dict[IsoWeek, Decimal]] = defaultdict(dict)
    for harvest in plan["harvests"]:
        picked = Decimal(harvest["picked"])
        if harvest["farm"] == farm and picked:
            kilos[harvest["crop"]][IsoWeek.parse(harvest["week"])] = picked
    sowings = _sowings(problem, plan, farm)
    found = [
        CropShare(
            code,
            crops[code]["name"],
            sum((beds for _, beds, _ in sowings[code]), ZERO),
            tuple(sowings[code]),
            kilos[code],
            sum(kilos[code].values(), ZERO) * _transfer_cents(crops[code]),
        )
        for code in sorted({*kilos, *sowings}, key=lambda code: crops[code]["name"])
    ]
    incomes = {income["farm"]: income for income in plan["incomes"]}
    others = [Decimal(incomes[partner]["cents_per_bed"]) for partner in row.farms]
    even = min(others) / max(others) if len(others) > 1 and min(others) > 0 else None
    mine = incomes[farm]
    return Share(
        farm_id,
        row.farms[farm],
        tuple(found),
        Decimal(mine["cents"]),
        Decimal(mine["cents_per_bed"]),
        len(others),
        even,
    )


def _sowings(
    problem: dict[str, Any], plan: dict[str, Any], farm: str
) -> dict[str, list[tuple[IsoWeek, Decimal, str]]]:
    """By crop: the weeks in which it is sown or planted, on how many beds of which block."""
    blocks = {block["id"]: block["name"] for block in problem["blocks"] if block["farm"] == farm}
    options = {option["id"]: option for option in problem["options"]}
    found: dict[str, list[tuple[IsoWeek, Decimal, str]]] = defaultdict(list)
    for lot in plan["lots"]:
        if lot["block"] in blocks:
            option = options[lot["option"]]
            week = IsoWeek.parse(option["week"])
            found[option["crop"]].append((week, Decimal(lot["beds"]), blocks[lot["block"]]))
    for sowings in found.values():
        sowings.sort()
    return found


def _transfer_cents(crop: dict[str, Any]) -> Decimal:
    return Decimal(crop["price_cents"]) * Decimal(crop["transfer_share"])


@transaction.atomic
def answer_share(
    *,
    plan_id: int,
    farm: Agent,
    kind: AnswerKind,
    message: str = "",
    by: User | None,
    at: datetime,
    key: str,
) -> ShareAnswer:
    """Accepting writes the farm's supply agreements; discussing keeps its words for the coordinator.

    The same key twice is one answer; a share once accepted stays accepted.
    """
    row = SeasonPlan.objects.select_for_update().select_related("ecopole").get(pk=plan_id)
    if known := ShareAnswer.objects.filter(plan=row, key=key).first():
        return known
    if done := ShareAnswer.objects.filter(plan=row, farm=farm, kind=AnswerKind.ACCEPTED).first():
        return done
    if row.state != PlanState.PUBLISHED:
        raise AnswerRefused("Ce plan n’est plus celui de la saison\u202f: lisez la nouvelle part.")
    share = share_of(row, farm.pk)
    if share is None:
        raise AnswerRefused("Cette ferme n’a pas de part dans la saison publiée.")
    if kind == AnswerKind.DISCUSSED and not message.strip():
        raise AnswerRefused("Dites en quelques mots ce qui ne convient pas, ou ce que vous préféreriez.")
    answer = ShareAnswer.objects.create(
        plan=row, farm=farm, kind=kind, message=message.strip(), key=key, answered_at=at, answered_by=by
    )
    if kind == AnswerKind.ACCEPTED:
        _agree(row, farm, share)
    return answer


def _agree(row: SeasonPlan, farm: Agent, share: Share) -> None:
    """One agreement per product, for the whole season; what remains of a former season's gives way."""
    platform = Agent.objects.filter(ecopole=row.ecopole, kind=AgentKind.PLATFORM).order_by("pk").first()
    if platform is None or not share.weeks:
        return
    starts_on, ends_on = IsoWeek.parse(row.first_week).monday, share.weeks[-1].sunday
    _amend_former(row, farm, starts_on)
    catalogue = garden.catalogue(row.ecopole)
    quantity: dict[int, Decimal] = defaultdict(Decimal)
    cents: dict[int, Decimal] = defaultdict(Decimal)
    for crop in share.crops:
        if crop.total:
            line = catalogue[crop.crop]
            quantity[line.product_id] += crop.total / (line.unit_kg or 1)
            cents[line.product_id] += crop.cents
    for product_id in sorted(quantity):
        agree(
            ecopole=row.ecopole,
            kind=AgreementKind.SUPPLY,
            provider_id=farm.pk,
            receiver_id=platform.pk,
            product_id=product_id,
            promised=quantity[product_id].quantize(THOUSANDTH),
            promised_value=_money(cents[product_id]),
            per=Per.SEASON,
            starts_on=starts_on,
            ends_on=ends_on,
            note="part de la saison, acceptée",
            key=f"{row.reference}:{farm.pk}:{product_id}",
        )


def _amend_former(row: SeasonPlan, farm: Agent, starts_on: date) -> None:
    """What a former accepted season still promised from now on is taken back, day for day, and written."""
    former = SeasonPlan.objects.filter(
        ecopole=row.ecopole, answers__farm=farm, answers__kind=AnswerKind.ACCEPTED
    ).exclude(pk=row.pk)
    for plan in former.only("key"):
        agreements = Agreement.objects.filter(
            ecopole=row.ecopole, key__startswith=f"{plan.reference}:{farm.pk}:", ends_on__gte=starts_on
        )
        for old in agreements:
            if old.ends_on is None or old.promised_value is None:
                continue
            whole, left = (old.ends_on - old.starts_on).days + 1, (old.ends_on - starts_on).days + 1
            rest = Decimal(old.promised_value.cents) * min(left, whole) / whole
            agree(
                ecopole=row.ecopole,
                kind=AgreementKind.SUPPLY,
                provider_id=farm.pk,
                receiver_id=old.receiver_id,
                product_id=old.product_id,
                promised_value=_money(-rest),
                per=Per.SEASON,
                starts_on=max(old.starts_on, starts_on),
                ends_on=old.ends_on,
                note="avenant : remplacé par la nouvelle saison",
                key=f"{row.reference}:{farm.pk}:amends-{old.pk}",
            )


def _money(cents: Decimal) -> Money:
    return Money(int(cents.quantize(Decimal(1), ROUND_HALF_UP)))


@dataclass(frozen=True)
class Reply:
    """Where a farm stands: its last answer, or none yet."""

    farm_id: int
    farm: str
    kind: str
    label: str
    message: str
    at: datetime | None


def replies(row: SeasonPlan) -> list[Reply]:
    """Every partner farm of the plan with its last answer. One query."""
    last: dict[int, ShareAnswer] = {answer.farm_id: answer for answer in row.answers.all()}
    return [
        Reply(pk, name, given.kind, AnswerKind(given.kind).label, given.message, given.answered_at)
        if (given := last.get(pk))
        else Reply(pk, name, "", "en attente", "", None)
        for pk, name in ((int(farm), name) for farm, name in row.farms.items())
    ]
