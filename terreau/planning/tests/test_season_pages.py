"""Pages of the season: who may, what they say, what they keep of what was typed, and how much they ask."""

import re
from datetime import timedelta

import pytest

from terreau.engines.season import Lock, Problem
from terreau.planning.models import AnswerKind, PlanState, SeasonPlan, ShareAnswer
from terreau.planning.season.actions import solve_season
from terreau.planning.season.locks import name_of
from terreau.planning.tests.factories import NOW
from terreau.planning.tests.seasons import (
    FIRST,
    SECONDS,
    asked,
    growing_village,
    hands,
    land,
    planted,
    solved,
)
from terreau.planning.tests.test_pages import middle, queries, text, visitor
from terreau.territory.models import Agent

KEY = "0f5a2b14-saison"
SECTIONS = ("", "paniers/", "generations/", "surfaces/", "assolement/", "semences/")


def form(season, **changed):
    """What the page of needs sends when nothing is touched."""
    v = season.v
    fields = {
        "key": KEY, "do": "plan", "first": str(FIRST), "baskets": "100",
        "farm": [v.agents[name].pk for name in ("jardin", "ferme")],
    } | changed  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def at(season, section=""):
    return season.url(f"plan/{season.key}/{section}")


def test_an_ecopole_without_a_season_is_told_where_to_begin(here):
    told = text(visitor(here).get(f"/e/{here.ecopole.slug}/saison/"))
    assert "Aucune saison n’est publiée" in told
    assert "Aucune terre" in text(visitor(here).get(f"/e/{here.ecopole.slug}/saison/besoins/"))


def test_both_sides_are_read_before_anything_is_solved(season):
    told = text(visitor(season.v).get(season.url("besoins/")))
    for words in (
        "Planches 9", "Jardin du Hameau 6 planches", "Ferme des Saules 3 planches",
        "Heures, semaine par semaine",
        "Kilos demandés, semaine par semaine", "Carotte de garde Cantines", "Légumes courants Dons promis",
        "dont 1 en culture au départ", "6 ans",
    ):  # fmt: skip
        assert words in told


def test_what_is_changed_of_the_needs_is_seen_at_once_and_nothing_is_asked(season):
    fields = form(season, do="look", baskets="200", farm=[season.v.agents["jardin"].pk])
    answer = visitor(season.v).post(season.url("planifier"), fields)
    told = text(answer)
    assert answer.status_code == 200
    assert "Paniers par semaine 20" in told
    assert "Planches 6" in told
    assert SeasonPlan.objects.count() == 1


def test_needs_are_kept_with_the_plan_and_read_again_from_it(season, django_capture_on_commit_callbacks):
    v = season.v
    fields = form(season, baskets="120,5", removed=["canteen:carotte"]) | {
        f"hours-{v.agents['jardin'].pk}": "60", "outlet-0": "Cantine du collège", "kind-0": "canteen",
        "crop-0": "radis", "kilos-0": "12", "from-0": "2027-W16", "to-0": "2027-W20",
    }  # fmt: skip
    with django_capture_on_commit_callbacks() as queued:
        answer = visitor(v).post(season.url("planifier"), fields)
    assert (answer.url, len(queued)) == (season.url(f"plan/{KEY}/"), 1)
    kept = SeasonPlan.objects.get(key=KEY).needs
    assert (kept["baskets_percent"], kept["removed"]) == ("120.5", ["canteen:carotte"])
    assert kept["hours_max"] == {str(v.agents["jardin"].pk): "60"}
    assert kept["added"][0]["kilos"] == "12"
    page = visitor(v).get(season.url(f"besoins/?plan={KEY}")).content.decode()
    assert 'value="120,5"' in page
    assert 'value="Cantine du collège"' in page
    assert re.search(r'name="removed" value="canteen:carotte" checked', page)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"baskets": "beaucoup"}, "n’est pas un nombre"),
        ({"baskets": "-3"}, "de 0 à 400"),
        ({"farm": None}, "Cochez au moins une ferme"),
        ({"first": "2020-W10"}, "commence cette semaine au plus tôt"),
        ({"outlet-0": "Collège", "kind-0": "canteen", "crop-0": "radis", "kilos-0": "", "from-0": "2027-W10",
          "to-0": "2027-W12"}, "Écrivez les kilos"),
        ({"outlet-0": "Collège", "kind-0": "canteen", "crop-0": "radis", "kilos-0": "5", "from-0": "2027-W14",
          "to-0": "2027-W12"}, "vient avant la première"),
        ({"outlet-0": "Collège", "kind-0": "banque", "crop-0": "radis", "kilos-0": "5"}, "dans les listes"),
    ],
)  # fmt: skip
def test_needs_that_cannot_be_read_stay_on_their_field_with_the_reason(season, wrong, said):
    answer = visitor(season.v).post(season.url("planifier"), form(season, **wrong))
    assert answer.status_code == 422
    assert said in text(answer)
    for name, value in wrong.items():
        if isinstance(value, str) and name.split("-")[0] in ("baskets", "outlet"):
            assert f'value="{value}"' in answer.content.decode()
    assert SeasonPlan.objects.count() == 1


def test_planned_again_in_season_it_starts_today_and_ends_with_the_season(season, settings):
    season.published()
    settings.CLOCK = "2027-05-10T10:00"
    client = visitor(season.v)
    told = text(client.get(season.url(f"besoins/?plan={season.key}")))
    assert "Semaine 20 · 17–23 mai 2027" in told
    assert "jusqu’à la semaine 47 · 22–28 nov. 2027" in told
    answer = client.post(season.url("planifier"), form(season, first="2027-W20"))
    row = SeasonPlan.objects.get(key=KEY)
    assert answer.url == season.url(f"plan/{KEY}/")
    assert (row.needs["first"], row.needs["last"]) == ("2027-W20", "2027-W47")
    assert max(option["week"] for option in row.problem["options"]) <= "2027-W47"


def test_a_stranger_farm_or_week_is_not_found(season):
    client = visitor(season.v)
    assert client.post(season.url("planifier"), form(season, farm=["999999"])).status_code == 404
    assert client.post(season.url("planifier"), form(season, first="hier")).status_code == 404
    assert client.get(season.url("besoins/?plan=inconnu")).status_code == 404


def test_from_needs_to_plantings_in_three_gestures(season):
    client = visitor(season.v)
    here = client.post(season.url("planifier"), form(season)).url
    assert 'hx-trigger="load delay:1s"' in client.get(here).content.decode()
    row = SeasonPlan.objects.get(key=KEY)
    SeasonPlan.objects.filter(pk=row.pk).update(seconds_max=SECONDS)
    solve_season.func(plan_id=row.pk)
    assert "hx-trigger" not in client.get(here).content.decode()
    answer = client.post(f"{here}publier", {"key": "publication-1"}, follow=True)
    assert "Saison publiée" in text(answer)
    again = client.post(f"{here}publier", {"key": "publication-1"}, follow=True)
    assert "cultures attendent le jardin" not in text(again)
    assert SeasonPlan.objects.get(key=KEY).state == PlanState.PUBLISHED


def test_a_season_already_under_way_leads_to_its_calculation(season):
    client = visitor(season.v)
    first = client.post(season.url("planifier"), form(season)).url
    answer = client.post(season.url("planifier"), form(season, key="0f5a2b14-autre"), follow=True)
    assert answer.redirect_chain == [(first, 302)]
    assert "déjà en calcul" in text(answer)
    answer = client.post(f"{first}abandonner", {"key": KEY}, follow=True)
    assert "Ce plan est abandonné" in text(answer)


def test_the_plan_names_its_lowest_week_its_goals_its_reasons_and_its_prices(season):
    told = text(visitor(season.v).get(at(season)))
    for words in (
        "La semaine la moins servie", "Besoins servis, semaine par semaine", "Promesses non tenues",
        "Équité entre les fermes", "Variété des paniers", "Pas servi, et pourquoi", "Ce qui coûte le plus",
        "il manque", "vaudrai",
    ):  # fmt: skip
        assert words in told


@pytest.mark.parametrize(("bound", "told"), [("1500", True), ("40000", False)])
def test_a_bound_is_told_where_it_teaches_something(season, bound, told):
    row = season.row
    goals = {goal["name"]: goal for goal in row.plan["goals"]}
    goals["fairness"] |= {"value": "1000", "bound": bound}
    row.save(update_fields=["plan"])
    assert ("Au mieux, seul" in text(visitor(season.v).get(at(season)))) is told


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("paniers/", ("Légumes différents dans un panier", "Dans les paniers, mois par mois")),
        ("generations/", ("Calendrier des récoltes", "Récolte attendue", "Libère la planche")),
        (
            "surfaces/",
            (
                "Revenu par planche",
                "Ce que coûte l’équité",
                "Bras, et heures demandées",
                "Planches par légume",
            ),
        ),
        ("assolement/", ("Planches occupées, bloc par bloc", "Serre", "Lesquelles")),
        ("semences/", ("Que semer maintenant", "Qu’acheter", "À commander", "Ferme des Saules")),
    ],
)
def test_each_section_is_told_in_the_words_of_the_trade(season, section, words):
    told = text(visitor(season.v).get(at(season, section)))
    for word in words:
        assert word in told


def test_seeds_and_plants_come_as_a_french_spreadsheet(season):
    answer = visitor(season.v).get(at(season, "semences.csv"))
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "semaine;lundi;ferme;culture;quantité;unité;planches"
    assert len(lines) == 1 + len(season.row.plan["orders"])
    assert "attachment" in answer["Content-Disposition"]


def test_a_ticked_sowing_and_a_forbidden_crop_become_locks(season):
    lot = next(x for x in season.row.plan["lots"] if x["block"])
    name = f"area|{lot['block']}|{lot['option']}"
    ferme = str(season.v.agents["ferme"].pk)
    fields = {
        "key": KEY, "lock": [name], f"value|{name}": "0,5", "crop": "radis", "crop-farm": ferme,
        "crop-sense": "forbidden",
    }  # fmt: skip
    answer = visitor(season.v).post(at(season, "planifier"), fields)
    row = SeasonPlan.objects.get(key=KEY)
    assert answer.url == season.url(f"plan/{KEY}/")
    locks = [Lock.from_json(lock) for lock in row.locks]
    assert [(lock.kind, lock.sense) for lock in locks] == [("area", "fixed"), ("crop", "forbidden")]
    assert row.needs == season.row.needs
    assert row.previous_id == season.row.pk
    SeasonPlan.objects.filter(pk=row.pk).update(state=PlanState.READY, plan=season.row.plan)
    page = visitor(season.v).get(season.url(f"plan/{KEY}/assolement/"))
    assert f'name="lock" value="{name}" checked' in page.content.decode()
    assert "Ferme des Saules ne cultive pas : radis" in text(page)
    assert name_of(locks[1]) in page.content.decode()


def test_no_bed_at_all_is_forbidden_there(season):
    lot = season.row.plan["lots"][0]
    name = f"area|{lot['block']}|{lot['option']}"
    visitor(season.v).post(at(season, "planifier"), {"key": KEY, "lock": [name], f"value|{name}": "0"})
    assert SeasonPlan.objects.get(key=KEY).locks[0]["sense"] == "most"


def test_a_lock_that_cannot_be_read_keeps_what_was_typed_beside_its_line(season):
    lot = season.row.plan["lots"][0]
    name = f"area|{lot['block']}|{lot['option']}"
    for typed, said in (("trois", "n’est pas un nombre"), ("0,3", "en demi-planches")):
        fields = {"key": KEY, "lock": [name], f"value|{name}": typed}
        answer = visitor(season.v).post(at(season, "planifier"), fields)
        assert answer.status_code == 422
        assert said in text(answer)
        assert f'value="{typed}"' in answer.content.decode()
    assert SeasonPlan.objects.count() == 1


@pytest.mark.parametrize("name", ["area|999|radis", "area|", "crop|1|radis|maybe", "served|x||", "autre"])
def test_a_lock_on_what_the_plan_does_not_know_is_not_found(season, name):
    fields = {"key": KEY, "lock": [name], f"value|{name}": "1"}
    assert visitor(season.v).post(at(season, "planifier"), fields).status_code == 404


def test_a_changed_season_is_not_published_and_the_page_says_what_changed(season):
    hands(season.v, "ferme", "seasonal", "20")
    answer = visitor(season.v).post(at(season, "publier"), {"key": KEY})
    assert answer.status_code == 422
    assert "Les bras de Ferme des Saules" in text(answer)
    assert "Reprendre terres et besoins" in text(answer)


def test_two_plans_side_by_side_show_only_what_differs(season):
    plan = season.row.plan
    other = SeasonPlan.objects.get(pk=season.row.pk)
    other.pk, other.key, other.plan = None, "seconde", plan | {"lots": plan["lots"][1:]}
    other.save()
    told = text(visitor(season.v).get(at(season, "comparer/seconde/")))
    assert "Surfaces" in told
    assert "–" in told
    same = text(visitor(season.v).get(at(season, f"comparer/{season.key}/")))
    assert same.count("Rien ne diffère") == 3


def test_the_grower_reads_and_decides_nothing_the_farmer_reads_its_own_only(season):
    v, client = season.v, visitor(season.v, "gaelle")
    for section in SECTIONS:
        page = client.get(at(season, section))
        assert page.status_code == 200
        middle_of = page.content.decode().partition('id="main"')[2].partition("</main>")[0]
        assert "<button" not in middle_of
    for rest in ("planifier", "publier", "abandonner"):
        assert client.post(at(season, rest), {"key": KEY}).status_code == 403
    assert client.post(season.url("planifier"), form(season)).status_code == 403
    felix = visitor(v, "felix")
    assert felix.get(season.url()).status_code == 403
    assert felix.get(at(season)).status_code == 403
    assert felix.get(season.url("ma-part/")).status_code == 200


def test_a_season_of_another_ecopole_is_not_found(season):
    there = growing_village("ailleurs")
    client = visitor(there)
    for section in SECTIONS:
        assert client.get(f"/e/ailleurs/saison/plan/{season.key}/{section}").status_code == 404


def test_a_farm_reads_its_share_and_accepts_it_in_one_tap(season):
    felix = visitor(season.v, "felix")
    assert "Aucune part pour l’instant" in text(felix.get(season.url("ma-part/")))
    season.published()
    told = text(felix.get(season.url("ma-part/")))
    for words in ("En attente de votre réponse", "Revenu de la saison", "Kilos à apporter", "La Pointe"):
        assert words in told
    ferme = season.v.agents["ferme"].pk
    fields = {"key": KEY, "plan": season.key, "farm": ferme, "answer": "accepted"}
    for _ in range(2):
        answer = felix.post(season.url("ma-part/repondre"), fields, follow=True)
    assert "Part acceptée" in text(answer)
    assert "Accepter ma part" not in text(answer)
    assert ShareAnswer.objects.count() == 1
    assert "Part acceptée" in text(visitor(season.v).get(season.url()))


def test_a_farm_that_wants_to_talk_is_read_by_the_coordinator(season):
    season.published()
    felix, ferme = visitor(season.v, "felix"), season.v.agents["ferme"].pk
    fields = {"key": KEY, "plan": season.key, "farm": ferme, "answer": "discussed", "message": ""}
    answer = felix.post(season.url("ma-part/repondre"), fields)
    assert answer.status_code == 422
    assert "en quelques mots" in text(answer)
    fields["message"] = "Pas de radis en août"
    felix.post(season.url("ma-part/repondre"), fields)
    assert "« Pas de radis en août »" in text(visitor(season.v).get(season.url()))
    fields |= {"message": "x" * 501, "key": "0f5a2b14-long"}
    assert felix.post(season.url("ma-part/repondre"), fields).status_code == 422


def test_a_farmer_answers_for_its_own_farm_only(season):
    season.published()
    felix = visitor(season.v, "felix")
    for farm in (season.v.agents["jardin"].pk, "999", "x"):
        fields = {"key": KEY, "plan": season.key, "farm": farm, "answer": "accepted"}
        assert felix.post(season.url("ma-part/repondre"), fields).status_code == 404
    assert not ShareAnswer.objects.exists()


def test_a_farm_does_not_read_the_figures_of_the_others(season):
    season.published()
    incomes = {i["farm"]: i for i in season.row.plan["incomes"]}
    garden = incomes[str(season.v.agents["jardin"].pk)]
    told = text(visitor(season.v, "felix").get(season.url("ma-part/")))
    assert f"{int(float(garden['cents'])) // 100}" not in told.replace(" ", "")
    assert "Jardin du Hameau" not in told


@pytest.mark.parametrize("section", SECTIONS)
def test_the_fragment_is_the_middle_of_the_whole_page(season, section):
    client = visitor(season.v)
    whole = client.get(at(season, section)).content.decode()
    fragment = client.get(at(season, section), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert middle(fragment) == middle(whole)


def test_pages_ask_the_database_the_same_whatever_the_number_of_rows(season):
    v, client = season.v, visitor(season.v)
    season.published()
    addresses = [season.url(), season.url("besoins/"), *(at(season, section) for section in SECTIONS)]
    few = [queries(client, url) for url in addresses]
    share = queries(visitor(v, "felix"), season.url("ma-part/"))
    for n in range(3):
        v.agents[f"ferme-{n}"] = Agent.objects.create(ecopole=v.ecopole, kind="farm", name=f"Ferme {n}")
        land(v, f"ferme-{n}", f"Clos {n}", 2)
        hands(v, f"ferme-{n}", "permanent", "20")
        planted(v, "radis", f"Clos {n} 1", FIRST - 2)
        row = SeasonPlan.objects.get(pk=season.row.pk)
        row.pk, row.key, row.state, row.created_at = (
            None,
            f"plan-{n}",
            PlanState.READY,
            NOW + timedelta(hours=n),
        )
        row.save()
    kind = AnswerKind.DISCUSSED
    ShareAnswer.objects.create(plan=season.row, farm=v.agents["ferme"], kind=kind, message="Non", key="n",
                               answered_at=NOW)  # fmt: skip
    assert [queries(client, url) for url in addresses] == few
    assert queries(visitor(v, "felix"), season.url("ma-part/")) == share
    assert max(few) <= 12


def test_today_tells_the_coordinator_where_the_season_stands_and_the_farmer_what_awaits(season):
    v, today = season.v, f"/e/{season.v.ecopole.slug}/"
    assert "Plan prêt à lire" in text(visitor(v).get(today))
    assert "Répondre à ma part" not in text(visitor(v, "felix").get(today))
    season.published()
    assert "0 acceptée, 0 à discuter, 1 sans réponse" in text(visitor(v).get(today))
    assert "Répondre à ma part de la saison Ferme des Saules" in text(visitor(v, "felix").get(today))


def test_an_impossible_season_names_what_clashes(season):
    problem = Problem.from_json(season.row.problem)
    block = next(b for b in problem.blocks if b.shelter == "tunnel")
    weeks = [o for o in problem.options if o.shelter == "tunnel" and o.crop == "laitue"][:2]
    locks = tuple(Lock("area", block.id, option.id, "fixed", block.beds) for option in weeks)
    solved(season.v, "impossible", NOW + timedelta(hours=1), locks=locks)
    told = text(visitor(season.v).get(season.url("plan/impossible/")))
    row = SeasonPlan.objects.get(key="impossible")
    assert row.state == PlanState.IMPOSSIBLE, row.state
    assert "ne peuvent pas tenir ensemble" in told
    assert re.sub(r"\s", " ", row.plan["clash"][0]) in told


def test_a_season_without_time_to_be_planned_is_not_told_impossible(season):
    row = asked(season.v, "presse", NOW + timedelta(hours=1))
    SeasonPlan.objects.filter(pk=row.pk).update(seconds_max=0)
    solve_season.func(plan_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.plan) == (PlanState.FAILED, None)
    told = text(visitor(season.v).get(season.url("plan/presse/")))
    assert "Pas de plan trouvé en 0 s : donnez plus de temps" in told
    assert "impossible" not in told


def test_the_time_given_to_a_season_is_chosen_and_kept_for_the_next_one(season):
    answer = visitor(season.v).post(season.url("planifier"), form(season, seconds="10"))
    row = SeasonPlan.objects.get(key=KEY)
    assert answer.status_code == 302
    assert row.seconds_max == 10
    page = visitor(season.v).get(season.url(f"besoins/?plan={KEY}")).content.decode()
    assert '<option value="10" selected>10 s</option>' in page
    assert visitor(season.v).post(season.url("planifier"), form(season, seconds="9999")).status_code == 404


def test_an_interrupted_calculation_says_so(season):
    SeasonPlan.objects.filter(pk=season.row.pk).update(
        state=PlanState.SOLVING, heard_at=NOW - timedelta(minutes=2)
    )
    told = text(visitor(season.v).get(at(season)))
    assert "Le calcul a été interrompu" in told
    assert "Planifier de nouveau" in told
