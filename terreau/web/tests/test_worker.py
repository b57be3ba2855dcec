"""The worker goes by the house's hour when one is chosen, whatever that of the machine."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django_tasks_db.models import DBTaskResult

from terreau.rooms.thirdplace.post import forget
from terreau.territory.clock import now
from terreau.territory.models import Commune, Ecopole
from terreau.territory.nights import LATER, at_its_hour

pytestmark = pytest.mark.django_db
BEFORE, AFTER = "2019-06-03T18:00", "2099-06-03T18:00"


@pytest.fixture
def ecopole(db) -> Ecopole:
    if connection.vendor == "postgresql":
        pytest.skip("the worker closes the connection, and with it the test's own transaction")
    commune = Commune.objects.create(code="62057", name="Audruicq", departement="62")
    return Ecopole.objects.create(slug="polder", name="Polder", commune=commune)


def work() -> list[str]:
    """A real worker takes what is due, then stops; where each task then stands."""
    call_command("worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0)
    asked = DBTaskResult.objects.filter(task_path=forget.module_path)
    return list(asked.order_by("enqueued_at").values_list("status", flat=True))


@pytest.mark.parametrize("clock", [BEFORE, AFTER])
def test_what_waits_for_tonight_waits_for_the_night_of_a_chosen_hour(ecopole, settings, tmp_path, clock):
    wall = tmp_path / "clock"
    wall.write_text(clock)
    settings.CLOCK = f"@{wall}"
    at_its_hour(forget, now() + timedelta(hours=3)).enqueue(ecopole_id=ecopole.pk)
    forget.enqueue(ecopole_id=ecopole.pk)
    assert work() == ["READY", "SUCCESSFUL"]
    wall.write_text(clock.replace("18:00", "20:59"))
    assert work() == ["READY", "SUCCESSFUL"]
    wall.write_text(clock.replace("18:00", "21:00"))
    assert work() == ["SUCCESSFUL", "SUCCESSFUL"]


def test_back_at_the_machine_s_hour_what_was_put_off_is_taken_in_its_turn(ecopole, settings):
    settings.CLOCK = BEFORE
    for hours in (1, 24 * 365 * 80):
        at_its_hour(forget, now() + timedelta(hours=hours)).enqueue(ecopole_id=ecopole.pk)
    settings.CLOCK = ""
    assert work() == ["SUCCESSFUL", "READY"]
    assert not DBTaskResult.objects.filter(queue_name=LATER).exists()
    at_its_hour(forget, now() + timedelta(hours=1)).enqueue(ecopole_id=ecopole.pk)
    assert work() == ["SUCCESSFUL", "READY", "READY"]
