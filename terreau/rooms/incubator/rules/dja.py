"""The installation aid: a dated checklist per Region, what it would be, and when it is paid."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terreau.measures.dated import Rule, cited
from terreau.measures.french import format_decimal, format_percent
from terreau.measures.money import Money
from terreau.measures.periods import age
from terreau.measures.split import split_money
from terreau.rooms.incubator.rules.law import listed, rule


def regions(on: date) -> dict[str, Rule]:
    return listed("dja", "regions", on)


@dataclass(frozen=True)
class Item:
    """A line of the list: whether it holds, None while nobody knows, and why."""

    code: str
    label: str
    holds: bool | None
    why: str
    article: str
    ticked: bool


def checklist(born_on: date, incomes: dict[int, Money], done: Collection[str], on: date) -> list[Item]:
    """`incomes`: what the plan leaves each year, by its number; `done`: the lines ticked."""
    found = []
    for code, said in listed("dja", "national", on).items():
        holds, why = (None, "à cocher")
        if said["check"] == "age":
            holds, why = _age(said, born_on, on)
        elif said["check"] == "income":
            holds, why = _income(said, incomes, on)
        elif code in done:
            holds, why = True, "fait"
        found.append(Item(code, said["label"], holds, why, cited(said), said["check"] == "mark"))
    return found


def _age(said: Rule, born_on: date, on: date) -> tuple[bool, str]:
    years = age(born_on, on)
    return said["age_min"] <= years <= said["age_max"], f"{years} ans"


def _income(said: Rule, incomes: dict[int, Money], on: date) -> tuple[bool | None, str]:
    wanted = said["years"]
    if wanted not in incomes:
        return None, f"le plan d’entreprise n’a que {len(incomes)} année{'s' if len(incomes) > 1 else ''}"
    smic = smic_of_a_year(on)
    share = Decimal(incomes[wanted].cents) / smic.cents
    return incomes[wanted] >= smic, f"{incomes[wanted]} l’année {wanted}, {format_percent(share)} du SMIC"


def smic_of_a_year(on: date) -> Money:
    said = rule("dja", "smic", on)
    return Money.from_euros(Decimal(said["hourly"])).times(Decimal(said["hours"]))


@dataclass(frozen=True)
class Aid:
    """What may be asked, paid at the start and in the last year."""

    amount: Money
    first: Money
    last: Money
    last_year: int
    article: str


def aid(region: str, on: date, *, organic: bool, livestock: bool) -> Aid | None:
    """None where the Region's amounts are not known."""
    said = regions(on).get(region)
    if said is None or "base" not in said:
        return None
    euros = said["base"] + (said["organic"] if organic else 0) + (said["livestock"] if livestock else 0)
    amount, parts = Money.from_euros(euros), rule("dja", "payment", on)
    first, last = split_money(amount, [Decimal(parts["first"]), Decimal(parts["last"])])
    return Aid(amount, first, last, parts["last_year"], cited(said))


def share_words(on: date) -> str:
    """« 80 % au démarrage, 20 % la 5ᵉ année »."""
    parts = rule("dja", "payment", on)
    first, last = (format_percent(Decimal(parts[name])) for name in ("first", "last"))
    return f"{first} au démarrage, {last} la {format_decimal(parts['last_year'])}ᵉ année"
