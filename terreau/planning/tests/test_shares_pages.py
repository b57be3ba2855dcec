"""Pages of sharing: what awaits, who pays what, what is refused; a month counted by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from django_tasks_db.models import DBTaskResult

from terreau.planning.models import SharingVote, TourSpent
from terreau.planning.shares.actions import (
    count_month,
    count_soon,
    count_that_evening,
)
from terreau.planning.tests.road import DAY, NOW, OCTOBER, TODAY, counted, drive, url
from terreau.territory.abilities import Role
from terreau.territory.tests.factories import someone


def test_the_month_says_what_awaits_then_who_pays_what(road, alice):
    page = alice.get(url(road, "?mois=2026-10")).content.decode()
    assert "Tournées comptées" in page  # opening the month has it counted
    counted(road)
    page = alice.get(url(road, "?mois=2026-10")).content.decode()
    assert "14,46" in page
    assert "Aucune tournée" not in page
    assert "Dans aucune tournée un groupe ne ferait mieux seul" in page
    assert alice.get(url(road, "?mois=2026-13")).status_code == 404


def test_a_month_is_counted_by_itself_once_when_it_is_read(road, alice):
    for _ in range(2):
        assert "Tournées comptées" in alice.get(url(road, "?mois=2026-10")).content.decode()
    assert alice.post(url(road, "2026-10/compter"), {"key": "compter-octobre"}).status_code == 302
    asked = DBTaskResult.objects.get(task_path=count_month.module_path)
    count_month.func(**asked.args_kwargs["kwargs"])
    asked.status = "SUCCESSFUL"
    asked.save()
    assert "14,46" in alice.get(url(road, "?mois=2026-10")).content.decode()


def test_what_could_not_be_counted_is_not_tried_again_by_itself_within_the_hour(road):
    assert count_soon(road.ecopole, OCTOBER, at=NOW)
    DBTaskResult.objects.update(status="FAILED")
    assert not count_soon(road.ecopole, OCTOBER, at=NOW + timedelta(minutes=59))
    assert count_soon(road.ecopole, OCTOBER, at=NOW + timedelta(minutes=59), by_hand=True)
    DBTaskResult.objects.update(status="FAILED")
    assert count_soon(road.ecopole, OCTOBER, at=NOW + timedelta(hours=2))
    assert DBTaskResult.objects.count() == 3


def test_rounds_are_counted_the_evening_of_their_day(road):
    """The dock closes at 20:00 in Paris."""
    day = TODAY + timedelta(days=2)
    for _ in range(2):
        count_that_evening(road.ecopole, day, at=NOW)
    count_that_evening(road.ecopole, DAY, at=NOW)  # it is past: reading the month will do
    asked = DBTaskResult.objects.get()
    assert asked.run_after == datetime(2026, 11, 25, 19, tzinfo=UTC)
    assert asked.args_kwargs["kwargs"]["month"] == "2026-11-01"


def test_a_month_is_closed_from_its_page(road, alice):
    assert alice.post(url(road, "2026-10/arreter"), {"key": "arreter-octobre"}).status_code == 422
    counted(road)
    assert alice.post(url(road, "2026-10/arreter"), {"key": "arreter-octobre"}).status_code == 302
    assert "Mois arrêté" in alice.get(url(road, "?mois=2026-10")).content.decode()


def test_a_tour_and_the_rules_side_by_side(road, alice):
    row = counted(road)
    page = alice.get(url(road, f"tournee/{row.pk}/")).content.decode()
    assert "Aucun groupe ne ferait mieux seul" in page
    assert "14,46\u00a0€</td>" in page  # the table beside the bars, to the cent
    assert "Seul, cette tournée vous coûterait" in page
    page = alice.get(url(road, "regles/")).content.decode()
    assert "Aucun vote n’est encore écrit" in page


def test_the_road_of_a_tour_is_said_on_its_page(road, alice):
    page_of = url(road, f"tournee/{counted(road).pk}/")
    page = alice.get(page_of).content.decode()
    assert "57,824 km" in page
    assert "14,7 kg" in page
    assert "Niveau 3" in page
    sent = {"key": "releve-page-1", "km": "70,5 km", "put_in": "6"}
    refused = alice.post(f"{page_of}releve", sent)
    assert refused.status_code == 422
    assert "70,5 km" in refused.content.decode()
    assert alice.post(f"{page_of}releve", sent | {"km": "70,5"}).status_code == 302
    page = alice.get(page_of).content.decode()
    assert "70,5 km" in page
    assert "Niveau 4" in page
    assert "avec d’autres kilomètres" in page


@pytest.mark.parametrize("typed", ["-1", "0", "1001", "1.234", "abc", "9" * 400, "NaN", "²", ""])
def test_a_meter_that_cannot_be_read_is_refused(road, alice, typed):
    sent = {"key": "releve-page-1", "km": typed, "put_in": ""}
    assert alice.post(url(road, f"tournee/{counted(road).pk}/releve"), sent).status_code == 422
    assert not TourSpent.objects.exists()


def test_a_vote_refused_keeps_what_was_typed(road, alice):
    said = {"key": "vote-page-1", "rule": "epm", "starts_on": "31/02/2026", "minutes": "PV du 12 mars"}
    answer = alice.post(url(road, "regles/voter"), said)
    assert answer.status_code == 422
    assert "PV du 12 mars" in answer.content.decode()
    assert alice.post(url(road, "regles/voter"), said | {"starts_on": "01/10/2026"}).status_code == 302
    assert SharingVote.objects.get().rule == "epm"


def test_a_farm_reads_its_own_sheet_and_no_other(road, client):
    counted(road)
    client.force_login(someone("fanny@hameau.example.org", road.agents["aulnes"], Role.FARMER))
    page = client.get(url(road, "ma-fiche/?mois=2026-10")).content.decode()
    assert "Seul, cette tournée vous coûterait" in page
    assert "Butte" not in page
    assert client.get(url(road, f"fiche/{road.agents['butte'].pk}/")).status_code == 403


def test_pages_ask_as_much_for_ten_tours_as_for_one(road, alice, django_assert_max_num_queries):
    for n in range(1, 5):
        drive(road, DAY + timedelta(days=n))
    row = counted(road)
    for page in (
        "?mois=2026-10",
        f"tournee/{row.pk}/",
        "regles/",
        f"fiche/{road.agents['aulnes'].pk}/?mois=2026-10",
    ):
        alice.get(url(road, page))
        with django_assert_max_num_queries(12):
            assert alice.get(url(road, page)).status_code == 200
