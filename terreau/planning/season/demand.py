"""What is asked of the season, week by week: baskets, canteens, social groceries, what is added by hand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from terreau.engines.season import Baskets, BasketWeek, Commitment, Crop
from terreau.engines.season.problem import CANTEEN, GROCERY
from terreau.measures.week import IsoWeek
from terreau.planning.season.needs import CHOICES, HUNDRED, Needs, share_after
from terreau.rooms.baskets import queries as baskets
from terreau.rooms.platform import queries as platform
from terreau.territory.models import AgentKind, Ecopole
from terreau.territory.school import is_school_week

ZERO = Decimal(0)
KILO = Decimal("0.1")
# A week 53 is asked what week 52 was.
WEEKS = 52
OUTLETS = {AgentKind.CANTEEN: (CANTEEN, "Cantines"), AgentKind.GROCERY: (GROCERY, "Épiceries sociales")}


@dataclass(frozen=True)
class DemandLine:
    """A demand of the season: any of `crops` will do; `kilos` by week. Removed, it is shown, not served."""

    id: str
    kind: str
    outlet: str
    product: str
    crops: tuple[str, ...]
    price_cents: int
    short_cents: int
    kilos: Mapping[IsoWeek, Decimal]
    removed: bool

    @property
    def total(self) -> Decimal:
        return sum(self.kilos.values(), ZERO)

    def commitments(self) -> Iterable[Commitment]:
        for week, kilos in self.kilos.items():
            yield Commitment(
                id=f"{self.id}:{week}",
                outlet=f"{self.outlet}, {self.product.lower()}",
                kind=self.kind,
                week=str(week),
                crops=self.crops,
                kilos=kilos,
                price_cents=self.price_cents,
                short_cents=self.short_cents,
            )


class Demand:
    """What outlets should ask, from what they asked; `today` says what is already known."""

    def __init__(
        self, ecopole: Ecopole, needs: Needs, crops: Mapping[str, Sequence[Crop]], today: date
    ) -> None:
        """`crops`: those that can be grown, by the product they are harvested as."""
        self.needs, self.crops, self.today = needs, crops, today
        self.weeks, self.last = needs.weeks, IsoWeek.parse(needs.last)
        self.all_crops = [crop for grown in crops.values() for crop in grown]
        self._sums = self._asked(ecopole)
        self.mean = baskets.mean_counts(
            ecopole, until=IsoWeek.of(today), weeks=CHOICES["baskets"]["recent_weeks"]
        )
        self.gifts = platform.solidarity(ecopole)

    def _asked(self, ecopole: Ecopole) -> list[platform.WeekSum]:
        """The orders of a year before, for each week of the season, and of the weeks around."""
        reach = CHOICES["promises"]["reach_weeks"]
        references = [self._year_before(week) for week in self.weeks]
        first, last = min(references) - reach, max(references) + reach
        return platform.ordered_by_week(ecopole, first.monday, last.sunday, self.crops.keys())

    def _year_before(self, week: IsoWeek) -> IsoWeek:
        """The week of the same number, as many years before as it takes for it to be lived."""
        now, years = IsoWeek.of(self.today), 1
        while IsoWeek(week.year - years, min(week.week, WEEKS)) >= now:
            years += 1
        return IsoWeek(week.year - years, min(week.week, WEEKS))

    def baskets(self) -> Baskets:
        choices = CHOICES["baskets"]
        mean_count = sum((line.count for line in self.mean), ZERO)
        rules = {
            "presences_max": choices["presences_max"],
            "presence_weeks": choices["presence_weeks"],
            "extra": Decimal(choices["extra"]),
            "short_cents": choices["short_cents"],
            "lack_cents": choices["lack_cents"],
        }
        if not mean_count:
            return Baskets(varieties_min=0, **rules)
        kg = sum((line.count * line.kg for line in self.mean), ZERO) / mean_count
        worth = sum((line.count * line.target_value.cents * (1 + line.tolerance) for line in self.mean), ZERO)
        varieties = sum((line.count * line.varieties_min for line in self.mean), ZERO) / mean_count
        weeks = []
        for week in self.weeks:
            percent = self.needs.baskets_percent / HUNDRED
            if count := round(mean_count * percent * share_after(week, self.last)):
                kg_min = (kg * Decimal(choices["weight_share"])).quantize(KILO)
                weeks.append(BasketWeek(str(week), count, kg_min, int(worth / mean_count)))
        return Baskets(weeks=tuple(weeks), varieties_min=round(varieties), **rules)

    def lines(self) -> list[DemandLine]:
        """Canteens and groceries product by product, gifts promised, then what was added by hand."""
        found = [line for kind in OUTLETS for line in self._ordered(kind)]
        return [*found, *self._promised_gifts(), *self._added()]

    def _ordered(self, kind: AgentKind) -> Iterable[DemandLine]:
        name, outlet = OUTLETS[kind]
        by_product: dict[str, dict[IsoWeek, platform.WeekSum]] = defaultdict(dict)
        for line in self._sums:
            if line.kind == kind:
                by_product[line.code][line.week] = line
        asked = [(w, before, share_after(w, self.last)) for w, before in self._references(kind).items()]
        for code, sums in sorted(by_product.items(), key=lambda item: next(iter(item[1].values())).product):
            kilos = {
                week: (sums[before].kg * share).quantize(KILO)
                for week, before, share in asked
                if before in sums
            }
            if kilos := {week: kg for week, kg in kilos.items() if kg}:
                total = sum((line.kg for line in sums.values()), ZERO)
                price = int(sum(line.price.cents for line in sums.values()) / total)
                yield self._line(f"{name}:{code}", name, outlet, code, price, kilos)

    def _references(self, kind: AgentKind) -> dict[IsoWeek, IsoWeek]:
        """For each week that is served, the one a year before; if nobody was then, the nearest that was.

        Canteens are served in school weeks.
        """
        served = {line.week for line in self._sums if line.kind == kind}
        reach = range(CHOICES["promises"]["reach_weeks"] + 1)
        found = {}
        for week in self.weeks:
            if kind != AgentKind.CANTEEN or is_school_week(week):
                before = self._year_before(week)
                around = (before + late * sign for late in reach for sign in (1, -1))
                found[week] = next((near for near in around if near in served), before)
        return found

    def _line(
        self, id: str, kind: str, outlet: str, code: str, price: int, kilos: Mapping[IsoWeek, Decimal]
    ) -> DemandLine:
        grown = self.crops[code]
        return DemandLine(
            id=id,
            kind=kind,
            outlet=outlet,
            product=grown[0].name,
            crops=tuple(crop.id for crop in grown),
            price_cents=price,
            short_cents=int(price * Decimal(CHOICES["promises"]["short_share"])),
            kilos=kilos,
            removed=id in self.needs.removed,
        )

    def _promised_gifts(self) -> Iterable[DemandLine]:
        choices = CHOICES["solidarity"]
        kilos = sum((line.kg_min for line in self.gifts), ZERO)
        common = [crop for crop in self.all_crops if crop.price_cents <= choices["price_max_cents"]]
        by_week = {week: (kilos * share_after(week, self.last)).quantize(KILO) for week in self.weeks}
        by_week = {week: kg for week, kg in by_week.items() if kg}
        if common and by_week:
            yield DemandLine(
                id="gifts",
                kind=GROCERY,
                outlet="Dons promis",
                product="Légumes courants",
                crops=tuple(crop.id for crop in common),
                price_cents=0,
                short_cents=choices["short_cents"],
                kilos=by_week,
                removed="gifts" in self.needs.removed,
            )

    def _added(self) -> Iterable[DemandLine]:
        by_id = {crop.id: crop for crop in self.all_crops}
        for number, added in enumerate(self.needs.added):
            if added.crop in by_id:
                crop = by_id[added.crop]
                asked = IsoWeek.range(IsoWeek.parse(added.first), IsoWeek.parse(added.last))
                yield DemandLine(
                    id=f"added-{number}",
                    kind=added.kind,
                    outlet=added.outlet,
                    product=crop.name,
                    crops=(crop.id,),
                    price_cents=crop.price_cents,
                    short_cents=int(crop.price_cents * Decimal(CHOICES["promises"]["short_share"])),
                    kilos={week: added.kilos for week in asked if week in set(self.weeks)},
                    removed=False,
                )

    @cached_property
    def wholesale(self) -> dict[str, Decimal]:
        """What shops took of each product in a mean week of last year."""
        weeks = len({line.week for line in self._sums}) or 1
        taken: dict[str, Decimal] = defaultdict(Decimal)
        for line in self._sums:
            if line.kind == AgentKind.SHOP:
                taken[line.code] += line.kg
        return {code: (kg / weeks).quantize(KILO) for code, kg in taken.items()}

    def wholesale_kg(self, code: str) -> Decimal:
        """What shops should take in a week, and never less than the floor."""
        return max(Decimal(CHOICES["wholesale"]["kg_min"]), self.wholesale.get(code, ZERO))
