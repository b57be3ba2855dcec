"""From the entry diagnosis to the news six months after: who writes, who reads, what is counted."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from terreau.rooms.insertion import models as m
from terreau.rooms.insertion.access import TABLE, Part
from terreau.rooms.insertion.files import Files
from terreau.rooms.insertion.leaving import exits_of, support_of, voices_of
from terreau.rooms.insertion.pathway import certificate, goals, heat, obstacles, skills
from terreau.rooms.insertion.tests.factories import SEALED_PARTS, TODAY, as_, canary, plant, written
from terreau.territory.abilities import Role

EVERY = frozenset(Part)
PROTECTED = frozenset({Part.SOCIAL, Part.HEALTH, Part.JUSTICE, Part.BUDGET})


def meet(client, world, key="entretien-1", **said):
    typed = {"key": key, "kind": "review", "held_on": "20/11/2026", "next_on": "18/12/2026"}
    return client.post(world.url("P-ANA2/parcours/entretien/"), typed | said)


def told(answer) -> str:
    return answer.content.decode().replace("\u202f", " ")


def test_an_interview_says_the_eight_obstacles_together(world, maxence):
    assert (
        meet(maxence, world, **{"level-mobilite": "2", "impact-mobilite": "ni permis ni bus"}).status_code
        == 302
    )
    rows = m.Obstacle.objects.filter(participant=world.ana)
    assert {row.family for row in rows} == set(m.Family.values)
    assert [(r.level, r.note) for r in rows if r.family == "mobilite"] == [("2", "ni permis ni bus")]


def test_the_next_interview_opens_on_what_the_last_one_left(world, maxence):
    meet(maxence, world, **{"level-heberg": "3", "impact-heberg": "hébergée chez un proche"})
    world.add(m.Objective, label="Passer le permis", origin="expressed")
    world.add(m.SupportAction, label="Dossier de logement", reach="internal", family="heberg", done_on=TODAY)
    page = told(maxence.get(world.url("P-ANA2/parcours/entretien/")))
    for word in ("hébergée chez un proche", "Passer le permis", "Dossier de logement"):
        assert word in page
    assert '<option value="3" selected>' in page


def test_the_next_meeting_is_asked_but_at_the_exit(world, maxence):
    refused = meet(maxence, world, next_on="")
    assert refused.status_code == 422
    assert "Quand est le prochain rendez-vous ?" in told(refused)
    assert meet(maxence, world, next_on="19/11/2026").status_code == 422
    assert not m.Interview.objects.exists()
    assert meet(maxence, world, kind="exit", next_on="").status_code == 302


def test_the_same_interview_sent_twice_is_one(world, maxence):
    action = world.add(m.SupportAction, label="CAF", reach="internal", done_on=TODAY)
    for _ in range(2):
        meet(maxence, world, **{"level-sante": "1", "note-work": "À l’heure.", f"action-{action.pk}": "fait"})
    assert (m.Interview.objects.count(), m.Obstacle.objects.count()) == (1, 8)
    [standing] = m.SupportAction.objects.standing()
    assert (standing.label, standing.result, standing.done_on) == ("CAF", "fait", TODAY)


def test_the_direction_carries_over_the_justice_it_does_not_read(world, maxence):
    meet(maxence, world, **{"level-justice": "2", "impact-justice": "pointage le mardi à 9 h"})
    direction = as_(world, "daniel")
    page = told(direction.get(world.url("P-ANA2/parcours/entretien/")))
    assert "level-justice" not in page
    assert "pointage" not in page
    meet(
        direction,
        world,
        key="entretien-2",
        held_on="23/11/2026",
        **{"level-budget": "1", "level-surendet": "1"},
    )
    last = m.Obstacle.objects.filter(family="justice").order_by("-id").first()
    assert (last.said_on, last.level, last.note) == (date(2026, 11, 23), "2", "pointage le mardi à 9 h")


def test_a_supervisor_reads_work_alone(world):
    world.add(m.Objective, label="Devenir chauffeur", origin="expressed", professional=True)
    world.add(m.Objective, label="Régler ses dettes", origin="proposed")
    world.add(m.Obstacle, family="sante", level="2", note="pas de charge lourde", said_on=TODAY)
    page = told(as_(world, "morgan").get(world.url("P-ANA2/parcours/")))
    assert "Devenir chauffeur" in page
    for word in ("dettes", "charge lourde", "Freins", "Entretiens"):
        assert word not in page
    assert as_(world, "morgan").get(world.url("P-ANA2/parcours/entretien/")).status_code == 403
    read = set(m.Reading.objects.filter(reader=world.people["morgan"]).values_list("part", flat=True))
    assert read == {"objectives", "skills"}
    assert not read & {part.value for part in PROTECTED}


def test_obstacles_are_a_map_of_days_for_the_parts_one_reads(world):
    for day, level in ((date(2026, 6, 1), "3"), (date(2026, 9, 1), "1")):
        world.add(m.Obstacle, family="mobilite", level=level, said_on=day)
        world.add(m.Obstacle, family="justice", level="2", note="secret", said_on=day)
    whole = heat(obstacles(world.ana, EVERY), EVERY)
    assert [[c.level for c in line.cells] for line in whole.lines if line.label == "mobilité"] == [[3, 1]]
    less = heat(obstacles(world.ana, EVERY - {Part.JUSTICE}), EVERY - {Part.JUSTICE})
    assert len(whole.lines) - len(less.lines) == 1
    assert "secret" not in repr(less)


def test_where_an_objective_stands_is_the_newest_word(world, maxence):
    aim = world.add(m.Objective, label="Permis", origin="expressed")
    step = world.add(m.Objective, label="Code", origin="proposed", parent=aim)
    url = world.url(f"P-ANA2/parcours/objectif/{step.pk}/")
    maxence.post(url, {"key": "avancee-1", "state": "reached", "said_on": "20/11/2026"})
    [goal] = goals(world.ana, EVERY)
    assert (goal.open, [s.state.label for s in goal.steps]) == (True, ["atteint"])


def test_who_helped_from_outside_is_named(world, maxence):
    url, typed = (
        world.url("P-ANA2/parcours/action/"),
        {"label": "Aide", "done_on": "20/11/2026", "key": "action-01"},
    )
    refused = maxence.post(url, typed | {"reach": "external"})
    assert refused.status_code == 422
    assert "Avec quel partenaire ?" in told(refused)
    assert maxence.post(url, typed | {"reach": "external", "partner": "CAF"}).status_code == 302


def test_what_is_not_assessed_is_out_of_the_mean(world):
    url = world.url("P-ANA2/parcours/competences/?grille=garden")
    morgan = as_(world, "morgan")
    typed = {"key": "grille-01", "marked_on": "20/11/2026", "skill-harvest": "3", "skill-weed": "2"}
    assert morgan.post(url, typed).status_code == 302
    [grid] = skills(world.ana, TODAY)
    assert (grid["label"], grid["mean"]) == ("Maraîchage", Decimal("2.5"))
    again = {"key": "grille-02", "marked_on": "21/11/2026", "skill-harvest": "4", "skill-weed": ""}
    morgan.post(url, again)
    [grid] = skills(world.ana, TODAY)
    assert (grid["mean"], sorted(mark["said"] for mark in grid["marks"])) == (
        4, ["non évalué", "sait le montrer à d’autres"],
    )  # fmt: skip
    assert as_(world, "maxence").get(url).status_code == 404


def test_a_person_signs_their_evaluation_once_and_nobody_else_does(world):
    row = world.add(m.Evaluation, starts_on=date(2026, 6, 1), ends_on=TODAY, by_supervisor="Soigneuse")
    url = world.url(f"mon-parcours/evaluation/{row.pk}/")
    assert as_(world, "maxence").post(url, {"key": "signer-01"}).status_code == 403
    ana = as_(world, "ana")
    today = f"/e/{world.ecopole.slug}/"
    assert "1<small>évaluation à signer</small>" in told(ana.get(today))
    assert "évaluation à signer" not in told(as_(world, "maxence").get(today))
    assert "Lire et signer" in told(ana.get(world.url("mon-parcours/")))
    assert "Soigneuse" in told(ana.get(url))
    for key in ("signer-02", "signer-03"):
        assert ana.post(url, {"key": key}).status_code == 302
    assert "évaluation à signer" not in told(ana.get(today))
    [signed] = m.Signature.objects.all()
    assert (signed.signed_by, signed.signed_at.isoformat()) == (
        world.people["ana"],
        "2026-11-23T09:00:00+00:00",
    )
    other = m.Evaluation.objects.create(
        **written(participant=world.bob, starts_on=TODAY, ends_on=TODAY, by_supervisor="Autre")
    )
    assert ana.get(world.url(f"mon-parcours/evaluation/{other.pk}/")).status_code == 404


def test_the_own_page_says_what_comes_and_what_was_done(world):
    world.add(m.Interview, kind="review", held_on=TODAY, next_on=date(2026, 12, 18))
    world.add(m.Objective, label="Devenir chauffeur", origin="expressed", professional=True)
    world.add(m.Obstacle, family="mobilite", level="2", note="secret", said_on=TODAY)
    sheet = m.WeekSheet.objects.create(**written(ecopole=world.ecopole, team=world.team, week="2026-W47"))
    world.add(
        m.SheetLine,
        sheet=sheet,
        day=date(2026, 11, 18),
        workshop=world.garden,
        kind="worked",
        hours=Decimal(7),
    )
    world.add(
        m.SheetLine, sheet=sheet, day=date(2026, 11, 19), workshop=world.garden, kind="sick", hours=Decimal(7)
    )
    page = told(as_(world, "ana").get(world.url("mon-parcours/")))
    for word in ("18 décembre 2026", "Devenir chauffeur", "Novembre 2026", "7\u00a0h"):
        assert word in page, word
    assert "secret" not in page


def test_the_certificate_holds_work_and_no_other_word(world):
    plant(world.ana, world.people["maxence"])
    world.add(m.SkillMark, grid="garden", skill="harvest", level=3, marked_on=TODAY)
    words = repr(certificate(world.ana, Files([world.ana]).signed(world.ana), TODAY))
    assert "Récolter au bon stade" in words
    heard = {part for where, part in SEALED_PARTS.items() if canary(where) in words}
    assert heard == {Part.NAME}
    for name, url in (("ana", "mon-parcours/attestation/"), ("morgan", "P-ANA2/parcours/attestation/")):
        answer = as_(world, name).get(world.url(url))
        assert answer.content.startswith(b"%PDF"), name
    assert m.Export.objects.filter(what="attestation de compétences", nominative=True).count() == 2


# --- leaving --------------------------------------------------------------------------------------------


def leave(client, world, key="sortie-01", **said):
    return client.post(
        world.url("P-ANA2/sortie/noter/"), {"key": key, "left_on": "20/11/2026", "reason": "3"} | said
    )


def test_nobody_leaves_without_a_reason_nor_a_contract(world, maxence):
    assert "aucun contrat dans ce dossier" in told(leave(maxence, world))
    world.contract()
    refused = leave(maxence, world, reason="")
    assert refused.status_code == 422
    assert "Sortie sans motif : choisissez-en un dans la liste." in told(refused)
    assert leave(maxence, world, left_on="01/05/2026").status_code == 422
    assert not m.Exit.objects.exists()
    assert leave(maxence, world).status_code == 302
    assert m.Exit.objects.get().category == "durable"
    assert "déjà notée" in told(leave(maxence, world, key="sortie-02"))


def test_news_are_asked_at_three_and_six_months_until_they_come(world, maxence):
    contract = world.contract(ends_on=date(2026, 9, 30))
    gone = world.add(m.Exit, contract=contract, left_on=date(2026, 5, 20), reason="3", category="durable")

    def awaited() -> list[date]:
        return [alert.due for alert in Files([world.ana]).alerts(world.ana, TODAY, EVERY)]

    assert awaited() == [date(2026, 8, 20), date(2026, 11, 20)]
    typed = {"key": "nouvelles-1", "month": "3", "observed_on": "20/11/2026", "situation": "durable"}
    assert maxence.post(world.url("P-ANA2/sortie/nouvelles/"), typed).status_code == 302
    assert awaited() == [date(2026, 11, 20)]
    page = told(maxence.get(world.url("P-ANA2/sortie/")))
    assert "En emploi durable" in page
    item = {"key": "papier-01", "item": "certificate", "done_on": "20/11/2026"}
    assert maxence.post(world.url("P-ANA2/sortie/point/"), item).status_code == 302
    assert [row.item for row in m.ExitCheck.objects.filter(exit=gone)] == ["certificate"]


def test_who_comes_back_is_no_longer_asked_for_news(world):
    first = world.contract(starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31))
    world.add(m.Exit, contract=first, left_on=date(2025, 12, 31), reason="7", category="other")
    assert Files([world.ana]).gone(world.ana)
    world.contract()
    assert Files([world.ana]).gone(world.ana) is None


def test_the_year_counts_who_stayed_and_worked(world):
    """Ana: nine months, seven hours in the year, a CDI. Bob: as long, but not an hour in the year."""
    sheet = m.WeekSheet.objects.create(**written(ecopole=world.ecopole, team=world.team, week="2026-W05"))
    for person in (world.ana, world.bob):
        contract = world.contract(participant=person, starts_on=date(2025, 6, 1), ends_on=date(2026, 3, 1))
        world.add(
            m.Exit,
            participant=person,
            contract=contract,
            left_on=date(2026, 3, 1),
            reason="3",
            category="durable",
        )
    world.add(
        m.SheetLine, sheet=sheet, day=date(2026, 2, 2), workshop=world.garden, kind="worked", hours=Decimal(7)
    )
    found = exits_of(world.ecopole, 2026)
    assert [leaver.left_out for leaver in found.leavers] == ["", "aucune heure dans l’année de sortie"]
    assert (found.rates.total, found.rates.dynamic) == (1, 1)
    assert exits_of(world.ecopole, 2025).rates.total == 0


def test_the_page_of_the_year_names_those_one_accompanies(world, maxence):
    for person in (world.ana, world.bob):
        contract = world.contract(participant=person)
        world.add(
            m.Exit, participant=person, contract=contract, left_on=TODAY, reason="3", category="durable"
        )
    world.add(m.Obstacle, family="justice", level="2", said_on=TODAY)
    world.add(m.SupportAction, family="justice", label="x", reach="both", done_on=TODAY)
    page = told(maxence.get(world.url("sorties/?annee=2026")))
    assert "Ana Martin" in page
    assert "Bob Durand" not in page
    assert "Et 1 autre" in page
    assert "provisoires" in page
    assert support_of(world.ecopole, 2026)["justice"].both == 1
    assert maxence.get(world.url("sorties/?annee=abc")).status_code == 200
    assert as_(world, "morgan").get(world.url("sorties/")).status_code == 403


def test_an_opinion_at_the_exit_is_counted_without_a_name_and_once(world, maxence):
    ana, page = as_(world, "ana"), world.url("mon-parcours/avis/")
    assert ana.get(page).status_code == 404, "nobody is asked before they leave"
    gone = world.add(m.Exit, contract=world.contract(), left_on=TODAY, reason="3", category="durable")
    assert "Donner mon avis" in told(ana.get(world.url("mon-parcours/")))
    assert ana.post(page, {"key": "avis-0001"}).status_code == 422
    for key in ("avis-0001", "avis-0002"):
        assert ana.post(page, {"key": key, "work": "4", "learned": "2"}).status_code == 302
    [said] = m.Satisfaction.objects.all()
    assert (said.year, said.answers) == (2026, {"work": 4, "learned": 2})
    assert {field.name for field in m.Satisfaction._meta.fields} == {
        "id",
        "ecopole",
        "key",
        "year",
        "answers",
    }
    assert not m.ExitCheck.objects.filter(exit=gone, key=said.key).exists()
    assert "Donner mon avis" not in told(ana.get(world.url("mon-parcours/")))


def test_opinions_are_told_from_five_on_and_never_of_a_few(world, maxence):
    typed = [{"work": "4", "learned": "4"}] * 5 + [{"work": "3", "learned": "1"}]
    for number, answers in enumerate(typed):
        if number == 4:
            assert voices_of(world.ecopole, 2026).total is None
        assert (
            maxence.post(world.url("sorties/avis/"), answers | {"key": f"avis-{number:04}"}).status_code
            == 302
        )
    told_of = voices_of(world.ecopole, 2026)
    rows = {label: counts for label, *counts in told_of.rows}
    assert told_of.total == 6
    assert rows["Le travail et l’encadrement m’ont convenu"] == [6, 0]
    # Five agree and one does not: neither is told.
    assert rows["J’ai appris des choses utiles"] == [None, None]
    assert "6 avis" in told(maxence.get(world.url("sorties/")))


# --- pages ----------------------------------------------------------------------------------------------

# Made anew at each showing.
KEYS = re.compile(r'name="(csrfmiddlewaretoken|key)" value="[^"]*"')
PAGES = ("P-ANA2/parcours/", "P-ANA2/parcours/entretien/", "P-ANA2/sortie/", "sorties/")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_costs_the_same_however_full_and_is_its_fragment(
    world, maxence, page, django_assert_num_queries
):
    def life(number: int) -> None:
        for _ in range(number):
            held = world.add(m.Interview, kind="review", held_on=TODAY, next_on=date(2026, 12, 18))
            world.add(m.InterviewNote, interview=held, section="work", text="mot")
            aim = world.add(m.Objective, label="But", origin="expressed")
            world.add(m.ObjectiveProgress, objective=aim, state="open", said_on=TODAY)
            world.add(m.Obstacle, family="mobilite", level="1", said_on=TODAY)
            world.add(m.SupportAction, label="Aide", reach="internal", done_on=TODAY)
            world.add(m.Training, title="Code", hours=Decimal(7), starts_on=TODAY, ends_on=TODAY)
            world.add(m.SkillMark, grid="garden", skill="harvest", level=2, marked_on=TODAY)
            world.add(m.Evaluation, starts_on=TODAY, ends_on=TODAY, by_supervisor="Bien")
            world.add(m.Exit, contract=contract, left_on=TODAY, reason="3", category="durable")

    contract = world.contract()
    url = world.url(page)
    life(1)
    maxence.get(url)
    with CaptureQueriesContext(connection) as seen:
        maxence.get(url)
    assert len(seen) <= 12
    life(3)
    with django_assert_num_queries(len(seen)):
        whole = told(maxence.get(url))
    part = told(maxence.get(url, headers={"HX-Request": "true"}))
    main = whole[whole.index('<div class="page-head">') : whole.index("</main>")].strip()
    assert len(part) < len(whole)
    assert KEYS.sub("", main) in KEYS.sub("", part)


def test_the_table_says_who_reads_what():
    assert not TABLE[Role.PARTICIPANT] & PROTECTED
