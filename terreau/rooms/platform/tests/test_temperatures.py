"""The temperature log: limits by class, alerts that stay, corrections that leave what they correct."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from terreau.measures.french import parse_decimal
from terreau.rooms.platform import actions
from terreau.rooms.platform.models import Reading, Remedy
from terreau.rooms.platform.temperatures import (
    OF_A_LOAD,
    OF_A_STORE,
    Spot,
    alerts,
    kind_of,
    limits,
    rules,
    spots,
)
from terreau.rooms.platform.tests.factories import NOW, TODAY, small
from terreau.territory.tests.pages import cost

FILE = Path(__file__).parent / "temperature_cases.csv"
CASES = list(csv.reader(FILE.read_text(encoding="utf-8").splitlines(), delimiter=";"))
PAGE, NOTE = "temperatures/", "temperatures/noter/"


def read(world, celsius: str, *, key: str = "", kind: str = "very_perishable", place=None, **more) -> Reading:
    place = place or world.cold
    return actions.read_temperature(
        ecopole=world.ecopole, spot=Spot(place.name, kind, place=place), celsius=Decimal(celsius),
        read_at=more.pop("read_at", NOW), by=None, at=NOW, key=key or f"lecture-{celsius}", **more,
    )  # fmt: skip


def noted(world, celsius: str, **more: str) -> dict[str, str]:
    fields = {"key": "cle-lecture", "spot": f"lieu-{world.cold.pk}", "kind": "very_perishable"}
    return fields | {"celsius": celsius} | more


@pytest.mark.parametrize("case", CASES[1:], ids=lambda case: case[0])
def test_worked_cases(case):
    _, kind, celsius, out = case
    assert limits(TODAY)[kind].broken_by(parse_decimal(celsius)) == (out == "oui")


def test_every_limit_has_its_date_and_its_source_and_a_family_has_one_class():
    assert all(rule["since"] and rule["source"] for rule in rules()["limit"])
    families = [family for rule in rules()["limit"] for family in rule["families"]]
    assert len(families) == len(set(families))
    assert limits(date(2009, 12, 20)) == {}


def test_the_coldest_of_what_is_there_decides():
    assert kind_of(["vegetable", "dairy"], OF_A_LOAD) == "very_perishable"
    assert kind_of(["vegetable"], OF_A_LOAD) == "fresh"
    assert kind_of([], OF_A_STORE) == "perishable"


def test_a_store_and_the_loads_of_the_day_are_proposed(world):
    world.arrival("3")
    world.arrival("3", day=TODAY + timedelta(days=1))
    found = spots(world.ecopole, world.platform, TODAY)
    assert [(spot.name, spot.kind) for spot in found] == [
        ("Chambre froide", "perishable"), ("Charge\u202f: Ferme des Saules", "fresh"),
    ]  # fmt: skip


def test_a_late_load_is_proposed_too_once(world):
    world.arrival("3", day=TODAY - timedelta(days=1))
    world.arrival("3")
    assert len(spots(world.ecopole, world.platform, TODAY)) == 2


def test_one_number_and_one_tap_note_the_temperature_of_now(world, lou):
    answer = lou.post(world.url(NOTE), noted(world, "3,5"), follow=True)
    assert "Chambre froide\u202f: 3,5\u00a0°C, c’est noté." in answer.content.decode()
    row = Reading.objects.get()
    assert (row.place, row.celsius, row.out_of_limit) == (world.cold, Decimal("3.5"), False)
    assert (row.recorded_by, row.read_at) == (world.people["lou"], row.recorded_at)


def test_a_load_is_noted_on_arrival(world, lou):
    world.arrival("3")
    lou.post(world.url(NOTE), noted(world, "12", spot=f"charge-{world.farm.pk}", kind="perishable"))
    row = Reading.objects.get()
    assert (row.farm, row.place, row.out_of_limit) == (world.farm, None, True)


def test_what_is_out_of_limit_stays_on_the_day_page_until_it_is_answered(world, lou):
    lou.post(world.url(NOTE), noted(world, "6,2"))
    row = Reading.objects.get()
    for page in ("", PAGE):
        assert "6,2" in lou.get(world.url(page)).content.decode()
    answer = world.url(f"{PAGE}{row.pk}/repondre/")
    refused = lou.post(answer, {"key": "cle-reponse", "done": "  "})
    assert refused.status_code == 422
    assert "dites ce qui a été fait" in refused.content.decode()
    assert alerts(world.ecopole) == [row]
    lou.post(answer, {"key": "cle-reponse", "done": "Porte refermée, 3,4 °C à 11 h"})
    assert alerts(world.ecopole) == []
    assert "hors limite et sans réponse" not in lou.get(world.url("")).content.decode()
    assert "Porte refermée" in lou.get(world.url(PAGE)).content.decode()


def test_a_cool_reading_after_does_not_close_an_alert(world):
    row = read(world, "6.2")
    read(world, "3")
    assert alerts(world.ecopole) == [row]


def test_an_answer_too_long_stays_on_screen(world, lou):
    row = read(world, "6.2")
    typed = "a" * 301
    answer = lou.post(world.url(f"{PAGE}{row.pk}/repondre/"), {"key": "cle-reponse", "done": typed})
    assert answer.status_code == 422
    assert typed in answer.content.decode()


def test_what_is_within_limits_is_not_answered(world, lou):
    row = read(world, "3")
    answer = lou.post(world.url(f"{PAGE}{row.pk}/repondre/"), {"key": "cle-reponse", "done": "rien"})
    assert answer.status_code == 404
    assert not Remedy.objects.exists()


def test_a_wrong_reading_is_superseded_with_its_reason_and_stays(world, lou):
    wrong = read(world, "35")
    page = world.url(f"{PAGE}{wrong.pk}/corriger/")
    typed = {"key": "cle-corriger", "celsius": "3,5"}
    refused = lou.post(page, typed | {"reason": ""})
    assert refused.status_code == 422
    assert 'value="3,5"' in refused.content.decode()
    lou.post(page, typed | {"reason": "virgule oubliée"})
    right = Reading.objects.get(supersedes=wrong)
    assert (right.celsius, right.read_at, right.out_of_limit) == (Decimal("3.5"), wrong.read_at, False)
    assert alerts(world.ecopole) == []
    text = lou.get(world.url(PAGE)).content.decode()
    assert "virgule oubliée" in text
    assert lou.get(page).status_code == 404, "one corrects the last one"
    with pytest.raises(actions.TemperatureRefused, match="déjà été corrigé"):
        read(world, "4", supersedes=wrong, reason="encore")


def test_a_correction_out_of_limit_is_an_alert_of_its_own(world):
    wrong = read(world, "3")
    right = read(world, "30", supersedes=wrong, reason="zéro oublié")
    assert alerts(world.ecopole) == [right]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"celsius": "tiède"}, "tiède"),
        ({"celsius": "400"}, "Relisez la sonde"),
        ({"celsius": "3,55"}, "3,55"),
        ({"celsius": "3,5", "hour": "23:59"}, "pas encore passée"),
        ({"celsius": "3,5", "kind": "lava"}, "lava"),
    ],
)
def test_a_refusal_keeps_what_was_typed(world, lou, typed, said):
    answer = lou.post(world.url(NOTE), noted(world, **typed))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in text
    assert f'value="{typed["celsius"]}"' in text
    assert not Reading.objects.exists()


def test_the_same_key_twice_is_one_reading_and_one_answer(world):
    row = read(world, "6.2", key="la-meme-cle")
    assert read(world, "6.2", key="la-meme-cle") == row
    first, again = (
        actions.answer_alert(reading=row, done=done, by=None, at=NOW, key=done)
        for done in ("porte refermée", "autre main")
    )
    assert first == again


def test_a_day_without_rule_refuses_in_words(world):
    with pytest.raises(actions.TemperatureRefused, match="aucune limite"):
        read(world, "3", read_at=NOW - timedelta(days=365 * 20))


def test_another_ecopole_reads_and_answers_its_own(world, lou):
    elsewhere = small("ailleurs")
    theirs = read(elsewhere, "6.2")
    assert lou.post(world.url(NOTE), noted(elsewhere, "3")).status_code == 404
    assert lou.get(world.url(f"{PAGE}{theirs.pk}/corriger/")).status_code == 404
    assert lou.post(world.url(f"{PAGE}{theirs.pk}/repondre/"), {"key": "cle-reponse"}).status_code == 404
    assert "6,2" not in lou.get(world.url(PAGE)).content.decode()


def test_the_chart_draws_what_stands_under_its_limit(world, lou):
    for hours in range(5):
        read(world, f"3.{hours}", read_at=NOW - timedelta(hours=hours))
    read(world, "2", supersedes=read(world, "30"), reason="faux")
    text = lou.get(world.url(PAGE)).content.decode()
    assert "Chambre froide, les 7 derniers jours" in text
    assert "Limite\u202f: 4\u00a0°C" in text
    assert text.count('<circle class="dot"') == 6
    assert lou.get(world.url("")).status_code == 200


@pytest.mark.parametrize("page", [PAGE, ""])
def test_a_page_costs_the_same_however_many_readings(world, lou, page):
    counts = []
    for rank in range(6):
        read(world, f"6.{rank}")
        read(world, f"7.{rank}", supersedes=read(world, f"9.{rank}"), reason="faux")
        world.arrival("3")
        if rank in (1, 5):
            counts.append(cost(lou, world.url(page)))
    assert counts[0] == counts[1] <= 12
