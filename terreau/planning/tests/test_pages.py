"""Pages of the week: who may, what they say, what they keep of what was typed, and how much they ask."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from terreau.engines.week.problem import Lock, Problem
from terreau.planning.actions import solve_week
from terreau.planning.locks import name_of
from terreau.planning.models import LEAST, PATIENCE, PlanState, WeekPlan
from terreau.planning.publish import publish
from terreau.planning.tests.factories import (
    NOW,
    WEEK,
    asked,
    more_of_everything,
    offered,
    ordered,
    solved,
    village,
)
from terreau.rooms.platform import queries as platform
from terreau.rooms.platform.models import SolidarityPromise
from terreau.territory.tests.pages import cost

KEY = "0f5a2b14-plan"


def visitor(v, name="alice") -> Client:
    client = Client()
    client.force_login(v.users[name])
    return client


def text(answer) -> str:
    """What is read, in one line, spaces of French typography made plain."""
    words = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", words).replace("&#x27;", "'").replace("\u00a0", " ").replace("\u202f", " ")


def carrot_lock(row, quantity="7") -> Lock:
    order = next(d for d in Problem.from_json(row.problem).demands if d.product == "carotte")
    return Lock("served", order.id, Decimal(quantity))


def test_the_door_opens_on_the_current_week_while_somebody_is_still_to_be_served(here, settings):
    answer = visitor(here).get(here.url())
    assert answer.url == here.url("2026-W48/")
    settings.CLOCK = "2026-11-27T10:00"
    assert visitor(here).get(here.url()).url == here.url("2026-W49/")
    assert visitor(here).get(here.url("?semaine=2026-W50")).url == here.url("2026-W50/")


@pytest.mark.parametrize("asked", ["2026-W54/", "0001-W01/", "9999-W52/", "?semaine=hier"])
def test_a_week_that_does_not_exist_is_not_found(here, asked):
    assert visitor(here).get(here.url(asked)).status_code == 404


def test_the_week_weighs_what_there_is_against_what_is_asked(here):
    told = text(visitor(here).get(here.url("2026-W48/")))
    assert "Ce qu’il y a 120 kg" in told
    assert "Jardin du Hameau 70 kg" in told
    assert "Cantines 25 kg" in told
    assert "10 × Panier du hameau" in told
    assert "Dons promis 5 kg" in told


def test_an_empty_week_says_what_to_do_first(here):
    SolidarityPromise.objects.all().delete()
    told = text(visitor(here).get(here.url("2027-W10/")))
    assert "Rien n’est annoncé" in told
    assert "Rien n’est demandé" in told


def test_from_the_week_to_the_promises_in_two_gestures(here, django_capture_on_commit_callbacks):
    client = visitor(here)
    with django_capture_on_commit_callbacks() as queued:
        answer = client.post(here.url("2026-W48/planifier"), {"key": KEY})
    assert (answer.url, len(queued)) == (here.url(f"plan/{KEY}/"), 1)
    assert 'hx-trigger="load delay:1s"' in client.get(answer.url).content.decode()
    solve_week.func(plan_id=WeekPlan.objects.get(key=KEY).pk)
    assert "hx-trigger" not in client.get(answer.url).content.decode()
    answer = client.post(here.url(f"plan/{KEY}/publier"), {"key": "publication-1"}, follow=True)
    told = text(answer)
    assert "Semaine publiée" in told
    assert "Engagements tenus" in told
    assert WeekPlan.objects.get(key=KEY).state == PlanState.PUBLISHED


def test_the_same_form_sent_twice_asks_and_publishes_once(here):
    client = visitor(here)
    for _ in range(2):
        assert client.post(here.url("2026-W48/planifier"), {"key": KEY}).status_code == 302
    solve_week.func(plan_id=WeekPlan.objects.get().pk)
    first = client.post(here.url(f"plan/{KEY}/publier"), {"key": "publication-1"}, follow=True)
    second = client.post(here.url(f"plan/{KEY}/publier"), {"key": "publication-1"}, follow=True)
    assert "Semaine publiée" in text(first)
    assert "Semaine publiée" not in text(second)


@pytest.mark.parametrize("key", ["", "court", "é" * 20, "x" * 61])
def test_a_form_without_a_sound_key_is_refused(here, key):
    assert visitor(here).post(here.url("2026-W48/planifier"), {"key": key}).status_code == 400
    assert not WeekPlan.objects.exists()


def test_a_week_already_under_way_leads_to_its_calculation(here):
    asked(here, "premier-plan")
    answer = visitor(here).post(here.url("2026-W48/planifier"), {"key": KEY}, follow=True)
    assert answer.redirect_chain == [(here.url("plan/premier-plan/"), 302)]
    assert "déjà en calcul" in text(answer)


def test_a_past_week_is_refused_in_words(here):
    answer = visitor(here).post(here.url("2026-W40/planifier"), {"key": KEY})
    assert answer.status_code == 422
    assert "est passée" in text(answer)


def test_the_director_reads_but_neither_plans_nor_locks(here):
    solved(here)
    client = visitor(here, "daniel")
    page = client.get(here.url("plan/premier-plan/"))
    assert page.status_code == 200
    assert "Verrouiller" not in text(page)
    assert "<button" not in page.content.decode().partition('id="main"')[2].partition("</main>")[0]
    for rest in ("2026-W48/planifier", "plan/premier-plan/publier", "plan/premier-plan/planifier"):
        assert client.post(here.url(rest), {"key": KEY}).status_code == 403


def test_the_plan_of_another_ecopole_is_not_found(here):
    solved(here)
    there = village("ailleurs")
    client = visitor(there)
    for rest in ("plan/premier-plan/", "plan/premier-plan/comparer/premier-plan/"):
        assert client.get(there.url(rest)).status_code == 404
    for rest in ("publier", "planifier", "abandonner"):
        assert client.post(there.url(f"plan/premier-plan/{rest}"), {"key": KEY}).status_code == 404


def test_the_plan_tells_its_goals_its_lines_and_its_reasons(here):
    ordered(here, "poireau", "200", weekday=5)
    solved(here)
    told = text(visitor(here).get(here.url("plan/premier-plan/")))
    for words in (
        "Promesses non tenues", "Équité entre les fermes", "Bons paniers", "Pertes", "Marge commune",
        "Ferme des Saules", "Panier du hameau", "Cantine du Hameau", "Épicerie solidaire",
        "Pas servi, et pourquoi", "il manque", "Si la récolte est basse", "Reste à gagner",
    ):  # fmt: skip
        assert words in told
    assert "apport forecast" not in told


def test_an_old_plan_stays_readable_when_names_have_changed(here):
    solved(here)
    here.agents["ferme"].name = "Ferme rebaptisée"
    here.agents["ferme"].save()
    assert "Ferme des Saules" in text(visitor(here).get(here.url("plan/premier-plan/")))


def test_only_a_plan_made_after_the_published_one_is_offered_for_publication(here):
    solved(here)
    second = solved(here, "second-plan", at=NOW + timedelta(minutes=5))
    assert "est prêt" in text(visitor(here).get(here.url("2026-W48/")))
    publish(plan_id=second.pk, by=None, at=NOW + timedelta(minutes=6))
    assert "est prêt" not in text(visitor(here).get(here.url("2026-W48/")))
    solved(here, "troisieme-plan", at=NOW + timedelta(minutes=7))
    assert "est prêt" in text(visitor(here).get(here.url("2026-W48/")))


def test_a_changed_week_is_not_published_and_the_page_says_what_changed(here):
    solved(here)
    offered(here, "poireau", "4")
    answer = visitor(here).post(here.url("plan/premier-plan/publier"), {"key": KEY})
    assert answer.status_code == 422
    assert "Poireau de Ferme des Saules : 4 kg, est arrivé depuis." in text(answer)
    assert "Planifier de nouveau" in text(answer)


def test_ticked_lines_become_locks_and_are_kept_when_planning_again(here):
    lock = carrot_lock(solved(here))
    name = name_of(lock)
    form = {"key": KEY, "lock": [name], f"value|{name}": "7,5 kg", "value|served|autre||": "3"}
    answer = visitor(here).post(here.url("plan/premier-plan/planifier"), form)
    row = WeekPlan.objects.get(key=KEY)
    assert answer.url == here.url(f"plan/{KEY}/")
    assert [Lock.from_json(kept) for kept in row.locks] == [Lock("served", lock.subject, Decimal("7.5"))]
    solve_week.func(plan_id=row.pk)
    page = visitor(here).get(answer.url).content.decode()
    assert re.search(rf'name="lock" value="{re.escape(name)}" checked', page)
    assert "Verrouillé" in page


def test_a_lock_that_cannot_be_read_keeps_what_was_typed_beside_its_line(here):
    name = name_of(carrot_lock(solved(here)))
    form = {"key": KEY, "lock": [name], f"value|{name}": "sept"}
    answer = visitor(here).post(here.url("plan/premier-plan/planifier"), form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert '<details class="card more" open>' in page.partition('id="clients"')[2]
    assert 'value="sept"' in page
    assert f'value="{name}" checked' in page
    assert "n’est pas un nombre" in page
    form[f"value|{name}"] = "-2"
    assert "ne peut être négative" in text(visitor(here).post(here.url("plan/premier-plan/planifier"), form))
    assert WeekPlan.objects.count() == 1


@pytest.mark.parametrize("name", ["served|order:999||", "served", "portion|x||carotte", "flow|y|demand|z"])
def test_a_lock_on_what_the_plan_does_not_know_is_not_found(here, name):
    solved(here)
    form = {"key": KEY, "lock": [name], f"value|{name}": "1"}
    assert visitor(here).post(here.url("plan/premier-plan/planifier"), form).status_code == 404


def test_an_impossible_lock_is_named_and_can_be_removed(here):
    first = solved(here)
    supply = next(s for s in Problem.from_json(first.problem).supplies if s.product == "carotte")
    lock = carrot_lock(first)
    solved(here, "second-plan", locks=(Lock("flow", supply.id, Decimal(12), "demand", lock.subject), lock))
    answer = visitor(here).get(here.url("plan/second-plan/"))
    told = text(answer)
    assert "Ces décisions ne peuvent pas tenir ensemble" in told
    assert "Carotte de Jardin du Hameau vers Cantine du Hameau" in told
    assert answer.content.decode().count('name="lock"') == 2
    again = visitor(here).post(here.url("plan/second-plan/planifier"), {"key": KEY}, follow=True)
    assert WeekPlan.objects.get(key=KEY).locks == []
    assert again.status_code == 200


def test_an_interrupted_calculation_says_so_and_may_be_planned_again(here):
    row = asked(here)
    WeekPlan.objects.update(created_at=NOW - timedelta(seconds=PATIENCE * max(LEAST, row.seconds_max) + 1))
    told = text(visitor(here).get(here.url("plan/premier-plan/")))
    assert "Le calcul a été interrompu" in told
    assert "Planifier de nouveau" in told
    assert "Interrompu" in text(visitor(here).get(here.url("2026-W48/")))
    answer = visitor(here).post(here.url("plan/premier-plan/planifier"), {"key": KEY})
    assert answer.url == here.url(f"plan/{KEY}/")


def test_a_calculation_can_be_abandoned(here):
    asked(here)
    answer = visitor(here).post(here.url("plan/premier-plan/abandonner"), {"key": KEY}, follow=True)
    assert "Ce plan est abandonné" in text(answer)
    assert WeekPlan.objects.get().state == PlanState.CANCELLED


def test_two_plans_side_by_side_show_only_what_differs(here):
    first = solved(here)
    solved(here, "second-plan", locks=(carrot_lock(first),))
    told = text(visitor(here).get(here.url("plan/premier-plan/comparer/second-plan/")))
    assert "Carotte pour Cantine du Hameau, jeu. 26 nov. 15 kg 7 kg" in told
    assert "Poireau pour Cantine du Hameau" not in told
    same = text(visitor(here).get(here.url("plan/premier-plan/comparer/premier-plan/")))
    assert same.count("Rien ne diffère") == 3


def middle(html: str) -> str:
    inside = re.search(r'<main[^>]*id="main"[^>]*>(.*?)</main>', html, re.DOTALL)
    found = (inside[1] if inside else re.split(r"<nav hx-swap-oob", html.partition("</title>")[2])[0]).strip()
    return re.sub(r'(name="(?:key|csrfmiddlewaretoken)" value=)"[^"]+"', r"\1", found)


@pytest.mark.parametrize("rest", ["2026-W48/", "plan/premier-plan/"])
def test_the_fragment_is_the_middle_of_the_whole_page(here, rest):
    solved(here)
    client = visitor(here)
    whole = client.get(here.url(rest)).content.decode()
    fragment = client.get(here.url(rest), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert middle(fragment) == middle(whole)


def queries(client, url) -> int:
    client.get(url)
    return cost(client, url)


def test_pages_ask_the_database_the_same_whatever_the_number_of_rows(here):
    client = visitor(here)
    row = solved(here)
    publish(plan_id=row.pk, by=here.users["alice"], at=NOW)
    few = [queries(client, here.url(rest)) for rest in ("2026-W48/", "plan/premier-plan/")]
    more_of_everything(here, 4)
    second = solved(here, "second-plan", at=NOW + timedelta(minutes=5))
    publish(plan_id=second.pk, by=here.users["alice"], at=NOW + timedelta(minutes=6))
    solved(here, "troisieme-plan", at=NOW + timedelta(minutes=7))
    many = [queries(client, here.url(rest)) for rest in ("2026-W48/", "plan/second-plan/")]
    assert many == few
    assert max(many) <= 12


def test_the_page_reads_in_one_query_what_the_planner_reads_in_three(here):
    offers, orders = platform.offers(here.ecopole, WEEK), platform.orders(here.ecopole, WEEK)
    gifts = platform.solidarity(here.ecopole)
    with CaptureQueriesContext(connection) as captured:
        said = platform.said(here.ecopole, WEEK)
    assert len(captured) == 1
    assert {s.side for s in said} == set(platform.Side)
    assert {(s.side, s.day, s.agent, s.product, s.unit, s.unit_kg, s.quantity) for s in said} == {
        *(("offer", o.last_day, o.farm, o.product, o.unit, o.unit_kg, o.quantity) for o in offers),
        *(("order", o.day, o.customer, o.product, o.unit, o.unit_kg, o.quantity) for o in orders),
        *(("gift", WEEK.days[g.weekday - 1], g.grocery, "", "kg", 1, g.kg_min) for g in gifts),
    }
    prices = {s.product: s.reference_price for s in said if s.side == "offer"}
    assert prices == {o.product: o.reference_price for o in offers}
