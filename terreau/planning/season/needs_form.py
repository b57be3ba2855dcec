"""The page of needs as a form: what it shows, what was typed, what of it can be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import Http404, QueryDict

from terreau.engines.season.problem import CANTEEN, GROCERY, KITCHEN
from terreau.measures.french import FrenchEntryError, format_decimal, parse_decimal
from terreau.measures.week import IsoWeek
from terreau.planning.season.ground import Known
from terreau.planning.season.needs import CHOICES, HUNDRED, Added, Needs, season_from
from terreau.territory.asked import row_asked, week_named

PERCENT_MAX, HOURS_MAX, KILOS_MAX = Decimal(400), Decimal(5_000), Decimal(100_000)
ADDED_MAX = 12
WEEKS_AHEAD = 60
OUTLET_MAX = 60
# What the calculation may take, as a form says it and as one reads it.
TIMES = {str(n): f"{n} s" if n < 60 else f"{n // 60} min" for n in CHOICES["time"]["choices"]}
KINDS = {CANTEEN: "Cantine", GROCERY: "Épicerie sociale", KITCHEN: "Cuisine"}


@dataclass(frozen=True)
class FarmField:
    id: int
    name: str
    ticked: bool
    hours: str
    error: str


@dataclass(frozen=True)
class AddedField:
    """A row of needs added by hand; the last one is blank."""

    number: int
    outlet: str
    kind: str
    crop: str
    kilos: str
    first: str
    last: str
    error: str


class NeedsForm:
    """`needs` is what could be read; where something could not, what it replaces stands, and `errors` say."""

    def __init__(
        self,
        start: Needs,
        known: Known,
        running_until: IsoWeek | None,
        this_week: IsoWeek,
        post: QueryDict | None = None,
    ):
        self.known, self.this_week = known, this_week
        self.holders = known.holders(known.today)
        self.crops = {code: line.name for code, line in known.catalogue.items()}
        self.post: QueryDict = QueryDict() if post is None else post
        self.errors: dict[str, str] = {}
        self.needs = start if post is None else self._read(start, running_until)

    def _read(self, start: Needs, running_until: IsoWeek | None) -> Needs:
        post, first = self.post, week_named(self.post.get("first", ""))
        if not self.this_week <= first <= self.this_week + WEEKS_AHEAD:
            self.errors["first"] = "La saison commence cette semaine au plus tôt, et dans un an au plus tard."
            first = IsoWeek.parse(start.first)
        first, last = season_from(first, running_until)
        farms = tuple(dict.fromkeys(row_asked(typed) for typed in post.getlist("farm")))
        if any(farm not in self.holders for farm in farms):
            raise Http404
        if not farms:
            self.errors["farms"] = "Cochez au moins une ferme\u202f: sans terre, rien ne se plante."
        seconds = post.get("seconds", str(start.seconds_max))
        if seconds not in TIMES:
            raise Http404("seconds")
        percent = self._number("baskets", PERCENT_MAX)
        caps = {str(pk): self._number(f"hours-{pk}", HOURS_MAX) for pk in self.holders}
        return Needs(
            first=str(first),
            last=str(last),
            farms=farms,
            baskets_percent=HUNDRED if percent is None else percent,
            hours_max={farm: cap for farm, cap in caps.items() if cap is not None},
            removed=tuple(dict.fromkeys(post.getlist("removed")))[:1000],
            added=tuple(added for n in range(ADDED_MAX) if (added := self._added(n))),
            replace="replace" in post,
            seconds_max=int(seconds),
        )

    def _number(self, name: str, most: Decimal) -> Decimal | None:
        """Nothing typed is nothing asked."""
        typed = self.post.get(name, "").strip()
        if not typed:
            return None
        try:
            value = parse_decimal(typed)
        except FrenchEntryError as error:
            self.errors[name] = str(error)
            return None
        if not 0 <= value <= most:
            self.errors[name] = f"Écrivez un nombre de 0 à {format_decimal(most)}."
            return None
        return value

    def _added(self, number: int) -> Added | None:
        said = self._row(number)
        crop, outlet = said["crop"], said["outlet"].strip()
        if not crop and not outlet and not said["kilos"].strip():
            return None
        if crop not in self.crops or said["kind"] not in KINDS:
            self.errors[f"added-{number}"] = "Choisissez le débouché et le légume dans les listes."
            return None
        kilos = self._number(f"kilos-{number}", KILOS_MAX)
        first, last = week_named(said["from"]), week_named(said["to"])
        wrong = self.errors.pop(f"kilos-{number}", "")
        if not kilos:
            wrong = wrong or "Écrivez les kilos de chaque semaine."
        elif last < first:
            wrong = "La dernière semaine vient avant la première."
        elif not outlet or len(outlet) > OUTLET_MAX:
            wrong = f"Donnez un nom au débouché, en {OUTLET_MAX} lettres au plus."
        if wrong or kilos is None:
            self.errors[f"added-{number}"] = wrong
            return None
        return Added(outlet, said["kind"], crop, kilos, str(first), str(last))

    def _row(self, number: int) -> dict[str, str]:
        return {
            name: self.post.get(f"{name}-{number}", "")
            for name in ("outlet", "kind", "crop", "kilos", "from", "to")
        }

    @property
    def farms(self) -> list[FarmField]:
        return [
            FarmField(
                pk,
                name,
                pk in self.needs.farms,
                self._typed(f"hours-{pk}", self.needs.hours_max.get(str(pk))),
                self.errors.get(f"hours-{pk}", ""),
            )
            for pk, name in self.holders.items()
        ]

    @property
    def baskets(self) -> str:
        return self._typed("baskets", self.needs.baskets_percent)

    def _typed(self, name: str, value: Decimal | None) -> str:
        if name in self.post:
            return str(self.post[name])
        return "" if value is None else format_decimal(value)

    @property
    def added(self) -> list[AddedField]:
        """Rows already filled, those that could not be read, and a blank one."""
        rows = [self._row(n) for n in range(ADDED_MAX)] if self.post else self._kept()
        filled = [
            AddedField(
                n, row["outlet"], row["kind"], row["crop"], row["kilos"], row["from"], row["to"],
                self.errors.get(f"added-{n}", ""),
            )
            for n, row in enumerate(rows)
            if row["crop"] or row["outlet"] or row["kilos"]
        ]  # fmt: skip
        free = next((n for n in range(ADDED_MAX) if n not in {row.number for row in filled}), None)
        blank = AddedField(free or 0, "", "", "", "", self.needs.first, self.needs.last, "")
        return filled if free is None else [*filled, blank]

    def _kept(self) -> Sequence[dict[str, str]]:
        return [
            {
                "outlet": added.outlet,
                "kind": added.kind,
                "crop": added.crop,
                "kilos": format_decimal(added.kilos),
                "from": added.first,
                "to": added.last,
            }
            for added in self.needs.added
        ]

    @property
    def times(self) -> Mapping[str, str]:
        return TIMES

    @property
    def kinds(self) -> Mapping[str, str]:
        return KINDS
