"""What the accounts of the demo say of each year, and the ledger cannot; the answer of the last one over."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from terreau.impact.actions import Figure, declare, request_answer
from terreau.impact.models import Funder, Said
from terreau.impact.territories import EPCI
from terreau.measures.split import split
from terreau.rooms.insertion import queries as insertion
from terreau.territory.clock import moment
from terreau.territory.models import Commune, Ecopole

# Where who works here lives: share of the pay; None is outside the communes around.
HOMES = (
    ("Audruicq", 30), ("Oye-Plage", 14), ("Vieille-Église", 12), ("Nortkerque", 9), ("Saint-Folquin", 9),
    ("Ruminghem", 8), ("Zutkerque", 6), (None, 12),
)  # fmt: skip
PERMANENTS, HOURS, NET = 24, 1607, 22_000
NET_PER_HOUR = Decimal("9.6")
# what, APE, commune, euros a year
BOUGHT = (
    ("Plants du Marais", "01.30Z", "Ruminghem", 14_200), ("Semences des Digues", "46.21Z", None, 9_800),
    ("Garage du Hem", "45.20A", "Recques-sur-Hem", 8_900), ("Carburants de la Côte", "47.30Z", None, 11_300),
    ("Emballages du Nord", "17.21B", None, 12_600), ("Électricité", "35.14Z", None, 16_400),
    ("Expertise des Deux Caps", "69.20Z", None, 9_200), ("Assurances mutuelles", "65.12Z", None, 8_100),
    ("Quincaillerie du Bourg", "47.52A", "Audruicq", 4_700),
)  # fmt: skip
AIDS = ((Funder.FSE, 118_000), (Funder.EPCI, 65_000), (Funder.REGION, 40_000), (Funder.FOUNDATION, 32_000))
# Per ETP: base amount and its modulated part; the département's convention.
STATE, DEPARTEMENT, ETP = Decimal("25117"), Decimal("3000"), Decimal(1820)
LOCAL_TAX, COLD, BASKETS = 9_300, 21_500, 158_000


def live(ecopole: Ecopole, first: date, today: date, at: datetime, *, told_from: date) -> None:
    """Each year lived, said on its last day; the one under way, today. `at`: when the answer is asked.

    `told_from`: the day from which each basket handed over is a priced fact.
    """
    communes = {row.name: row for row in Commune.objects.filter(departement="62").defer("contour")}
    for year in range(first.year, today.year + 1):
        day = min(date(year, 12, 31), today)
        # What was lived of the year: the first and the last are not whole.
        part = _share(max(first, date(year, 1, 1)), day)
        untold = _share(max(first, date(year, 1, 1)), min(day, told_from - timedelta(days=1)))
        paid = sum((m.hours for m in insertion.paid_hours(ecopole, year) if m.hours), Decimal(0))
        said_at = moment(day, 8)
        declare(
            ecopole=ecopole, figures=list(_said(year, part, untold, paid, communes)), by=None, at=said_at,
            key=f"demo-accounts:{year}",
        )  # fmt: skip
    over = today.year - 1
    if first <= date(over, 1, 1):
        # Asked for, not made here: the worker answers in the seconds after the house opens.
        request_answer(
            ecopole=ecopole, year=over, scale=EPCI, today=today, by=None, at=at, key=f"demo-answer-{over}"
        )


def _share(first: date, last: date) -> Decimal:
    return Decimal(max(0, (last - first).days + 1)) / 365


def _said(
    year: int, part: Decimal, untold: Decimal, paid: Decimal, communes: dict[str, Commune]
) -> Iterator[Figure]:
    whole = Decimal(1)
    staff = (PERMANENTS * HOURS * part).quantize(whole)
    yield Figure(year, Said.PERMANENT_HOURS, staff, "paie de l’année")
    pays = ((Said.INSERTION_WAGE, paid * NET_PER_HOUR), (Said.PERMANENT_WAGE, PERMANENTS * NET * part))
    for kind, euros in pays:
        for (home, _), amount in zip(HOMES, split(int(euros), [share for _, share in HOMES]), strict=True):
            if amount:
                yield Figure(
                    year, kind, Decimal(amount), "journal de paie", communes[home] if home else None, not home
                )
    for supplier, ape, town, bill in BOUGHT:
        yield Figure(
            year, Said.PURCHASE, (bill * part).quantize(whole), "grand livre fournisseurs",
            communes[town] if town else None, not town, supplier, ape,
        )  # fmt: skip
    if untold:
        yield Figure(
            year, Said.BASKET_SALES, (BASKETS * untold).quantize(whole), "abonnements encaissés",
            communes["Audruicq"],
        )  # fmt: skip
    posts = paid / ETP
    aids = [(Funder.STATE, posts * STATE), (Funder.DEPARTEMENT, posts * DEPARTEMENT)]
    aids += [(funder, euros * part) for funder, euros in AIDS]
    for funder, euros in aids:
        if euros >= 1:
            yield Figure(year, Said.GRANT, euros.quantize(whole), "notifications", funder=funder)
    yield Figure(year, Said.LOCAL_TAX, (LOCAL_TAX * part).quantize(whole), "avis d’imposition")
    yield Figure(year, Said.COLD, (COLD * part).quantize(whole), "compteur de la chambre froide")
