"""The demo opens on a house that lives, whatever the day."""

import pytest
from django.core.management import call_command

from terreau.ledger.audit import differences
from terreau.ledger.queries import State, promised
from terreau.measures.week import IsoWeek
from terreau.planning.models import PlanState, WeekPlan
from terreau.planning.queries import kept_promises, week_plans
from terreau.territory.clock import now
from terreau.territory.models import Ecopole


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("clock", "begun"), [("2026-11-23T09:00", False), ("2026-11-26T09:00", True)], ids=["Monday", "Thursday"]
)
def test_on_monday_the_week_waits_for_its_plan_and_later_it_is_under_way(settings, clock, begun):
    settings.CLOCK = clock
    call_command("demo", "--weeks", "1", verbosity=0)
    ecopole, week = Ecopole.objects.get(), IsoWeek(2026, 48)
    states = [plan.state for plan in week_plans(ecopole, week, now())]
    assert states == ([PlanState.PUBLISHED] if begun else [])
    kept = kept_promises(ecopole, week)
    assert any(0 < gesture.met < gesture.due for gesture in kept) == begun
    assert not list(differences(ecopole))
    past = promised(ecopole, due=((week - 1).monday, (week - 1).sunday))
    gestures = {line.state for line in past if line.action == "work"}
    assert gestures <= {State.MET, State.CANCELLED}, "what took less time than planned is done all the same"
    assert not WeekPlan.objects.filter(week=str(week + 1)).exists()
