"""A client's year says what the ledger says: added up here from the raw events, by another road."""

from collections import defaultdict
from datetime import date, timedelta

import pytest
from django.utils.timezone import localtime

from terreau.ledger.actions import reverse
from terreau.ledger.models import Event
from terreau.rooms.worksites import actions
from terreau.rooms.worksites.models import Basis, Done
from terreau.rooms.worksites.queries import client_year, clients_of, years
from terreau.rooms.worksites.tests.factories import DATED, NOW, TODAY, make_worksites, plan, work

pytestmark = pytest.mark.django_db


def test_a_year_is_the_ledger_s_and_a_day_counts_in_its_own_year():
    house = make_worksites()
    make_worksites("ailleurs").accepted(Basis.DAY, 65_000)
    lump, hourly = house.accepted(Basis.LUMP, 310_000, site=0), house.accepted(Basis.HOUR, 2_150, site=1)
    new_year = (date(2025, 12, 31), date(2026, 1, 1))
    for order in (lump, hourly):
        for number, day in enumerate(plan(order, *new_year, TODAY)):
            work(day, people=5 + number, area_m2=500)
    actions.finish(order=lump, key="finish", **DATED)
    (wrong,) = plan(hourly, TODAY - timedelta(days=7))
    undone = work(wrong)
    reverse(ecopole=house.ecopole, events=undone, by=None, at=NOW, key="undo")
    for year, days in ((2025, 2), (2026, 4)):
        told = client_year(house.ecopole, house.owner, year)
        assert told.days == days
        hours, cents = by_hand(house.ecopole, year)
        assert told.hours == hours["crew"]
        assert told.supervision == hours["chantier-encadrement"]
        assert told.price.cents == cents
        assert told.area_m2 == 500 * days
    # 2025: 25 h × 2 sites; 21,50 € × 25 h. 2026: 30 + 35 h × 2; 21,50 € × 65 h + 3 100 €.
    assert client_year(house.ecopole, house.owner, 2025).price.cents == 53_750
    assert client_year(house.ecopole, house.owner, 2026).price.cents == 139_750 + 310_000
    assert years(house.ecopole, TODAY) == [2026, 2025]
    assert clients_of(house.ecopole) == [house.owner]
    assert Done.objects.count() == 7


def by_hand(ecopole, year: int) -> tuple[dict, int]:
    """Every event read one by one; reversed pairs are taken away."""
    rows = [e for e in Event.objects.filter(ecopole=ecopole) if localtime(e.occurred_at).year == year]
    gone = {e.reverses_id for e in rows if e.reverses_id} | {e.pk for e in rows if e.reverses_id}
    hours, cents = defaultdict(int), 0
    for event in rows:
        if event.pk in gone:
            continue
        if event.product.unit == "hour":
            code = event.product.code
            hours["crew" if code != "chantier-encadrement" else code] += event.quantity
        cents += event.price.cents if event.price else 0
    return hours, cents
