"""Projecting: a file read or refused whole, a form that keeps what was typed, pages, sheet, CSV."""

import json
import re
from contextlib import ExitStack
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from terreau.engines.contribution import Answer, Unknown
from terreau.impact import answering, scenarios, territories, trying
from terreau.impact.models import Reckoning
from terreau.impact.parameters import rows, written
from terreau.impact.scenario_actions import project, request_scenario
from terreau.impact.scenario_form import EXAMPLES, plausible_numbers
from terreau.impact.scenario_reading import ScenarioReading, placed
from terreau.impact.scenarios import ScenarioRefused
from terreau.impact.territories import known_epcis
from terreau.impact.tests.factories import CASES, GOOD, LENS, NOW, TODAY, lying
from terreau.impact.tornado import tornado
from terreau.planning.models import PlanState
from terreau.planning.running import REFUSED, PlanRefusedByItsJudge
from terreau.planning.tests.test_pages import middle
from terreau.territory.models import Ecopole

pytestmark = pytest.mark.django_db


def at(name: str, *more: str) -> str:
    return reverse(f"impact:{name}", args=["test", *more])


def asked(here, text: str = GOOD, key: str = "un") -> Reckoning:
    return request_scenario(ecopole=here.ecopole, text=text, today=TODAY, by=None, at=NOW, key=key)


def computed(here, text: str = GOOD, key: str = "un") -> Reckoning:
    """As the worker does, whole: 4,096 draws and their sensitivity."""
    row = asked(here, text, key)
    project.func(reckoning_id=row.pk)
    row.refresh_from_db()
    return row


def told(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["why"])
def test_a_wrong_file_is_refused_whole_with_every_reason(case):
    with pytest.raises(ScenarioRefused) as refusal:
        scenarios.read(case.get("file", GOOD + case.get("more", "")))
    reasons = str(refusal.value).replace("\u202f", " ")
    for reason in case["reasons"]:
        assert reason in reasons


def test_what_is_written_is_read_again():
    for path in EXAMPLES.glob("*.toml"):
        said = scenarios.parsed(path.read_text(encoding="utf-8"))
        assert scenarios.parsed(scenarios.written(said)) == said
    strange = {"name": 'a"\\\x7f\t«é»', "parameters": {"à b": {"value": 1.5, "source": "x"}}, "relays": ["1"]}
    assert scenarios.parsed(scenarios.written(strange)) == strange


def test_plausible_numbers_are_those_of_the_parameters():
    """20 people at 26 hours are 14.9 ETP: 0.25 ha each, 0.28 permanent a person."""
    found = plausible_numbers(20, TODAY)
    assert (found["garden_ha"], found["permanents"]) == (3.7, 5.6)
    assert found["km_year"] == 12_000
    assert plausible_numbers(40, TODAY)["km_year"] == 24_000


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("lens lievin", ["246200364"]), ("246200844", ["246200844"]), ("REGION D'AUDRUICQ", ["246200844"]),
        ("cc de la", ["246200729", "246200844"]), ("bordeaux", []),
    ],
)  # fmt: skip
def test_a_territory_is_found_by_its_code_or_the_words_of_its_name(here, typed, codes):
    assert [code for code, _ in known_epcis(typed)] == codes


def test_the_poverty_rate_of_a_territory_stands_beside_its_jobs(here, monkeypatch):
    """Blank in our table, which is not zero: secret communes have none, until it is written there."""
    line = next(line for line in rows("perimeters.csv") if line["code"] == LENS[0])
    assert territories.epci(LENS[0]).poverty_rate is Unknown.BLANK
    monkeypatch.setitem(line, "poverty_rate", "0.25")
    assert territories.epci(LENS[0]).poverty_rate == 0.25


def form_of(here, address: str) -> dict[str, str]:
    """What the form would send as it is shown."""
    page, sent = here.client.get(address).content.decode(), {}
    for entry in re.findall(r"<input[^>]*>", page):
        said = dict(re.findall(r'(\w+)="([^"]*)"', entry))
        if said.get("type") != "checkbox" and said["name"] != "csrfmiddlewaretoken":
            sent[said["name"]] = said.get("value", "")
    return sent


def test_a_scenario_is_typed_computed_read_changed_and_printed(here):
    address = f"{at('project')}?ou=lens+lievin&personnes=20"
    form = form_of(here, address) | {"incubator": "on", "garden_ha": "4,5", "today_garden_ha": "2"}
    assert form["permanents"] == "5,6"
    assert "jobs_total" not in form
    response = here.client.post(address, form)
    row = Reckoning.objects.get()
    assert response.url == at("scenario", row.key)
    assert (row.measured, row.scale, row.year) == (False, "epci", 2027)
    assert "En attente de son tour" in told(here.client.get(at("scenario", row.key)))
    project.func(reckoning_id=row.pk)
    page = told(here.client.get(at("scenario", row.key)))
    for words in (
        "Part des besoins en légumes",
        "Ce qu’il faudrait mesurer d’abord",
        "Part du doute",
        "de −",
    ):
        assert words in page
    assert "Aujourd’hui, surface cultivée 2 ha" in page.replace("\u00a0", " ")
    again = f"{at('project')}?depuis={row.key}"
    assert form_of(here, again)["garden_ha"] == "4,5"
    file = here.client.get(at("scenario_file", row.key)).content.decode()
    read = scenarios.read(file)
    assert (read.scenario.garden_ha, read.without.garden_ha) == (4.5, 2.0)
    assert here.client.get(at("scenario_sheet", row.key)).content.startswith(b"%PDF")
    figure = here.client.get(at("scenario_figure", row.key, "couverture"))
    assert "Ce qui le fait bouger" in told(figure)
    assert here.client.get(at("scenario_figure", row.key, "rien")).status_code == 404
    a_tornado_goes_from_its_lowest_to_its_highest(ScenarioReading(Reckoning.objects.get()))


def a_tornado_goes_from_its_lowest_to_its_highest(reading):
    one = reading.of("couverture")
    chart = tornado(one)
    widths = [float(gust.width) for gust in chart.gusts]
    assert widths[0] == pytest.approx(100, abs=0.1) == max(widths)
    assert 0 < float(chart.middle) < 100
    assert chart.table.rows[0][0] == chart.gusts[0].label == written()["rendement_bio_t_ha"][-1].label
    wide = placed(one.figure, 0.0, 2 * one.figure.high)
    assert float(wide.net.start) + float(wide.net.width) == pytest.approx(50, abs=0.02)


def test_a_scenario_its_judge_refuses_is_not_kept(here, monkeypatch):
    monkeypatch.setattr(answering, "solve", lying)
    with pytest.raises(PlanRefusedByItsJudge, match="sous la médiane"):
        computed(here)
    row = Reckoning.objects.get()
    assert (row.state, row.plan) == (PlanState.FAILED, None)
    assert REFUSED.replace("\u202f", " ") in told(here.client.get(at("scenario", row.key)))


def test_a_scenario_of_one_s_own_territory_takes_what_its_years_taught_or_not(here):
    """Offered there only; the file holds it, the page says it, another scenario may leave it out."""
    seen = {"rendement_bio_t_ha": [9.0, 1.0, [2025]], "taux_sortie_dynamique": [31.0, 52.0, [2025]]}
    Reckoning.objects.create(
        ecopole=here.ecopole, key="reponse", state=PlanState.READY, problem={}, plan={}, seconds_max=60,
        beside={"seen": seen}, created_at=NOW, name="Région", measured=True, scale="epci", year=2025,
    )  # fmt: skip
    assert "learned" not in here.client.get(f"{at('project')}?ou=lens").content.decode()
    address = f"{at('project')}?ou=246200844&appris=1"
    assert re.search(r'name="learned"[^>]* checked', here.client.get(address).content.decode())
    here.client.post(address, form_of(here, address) | {"learned": "on"})
    row = Reckoning.objects.get(measured=False)
    asked = scenarios.read(row.problem["file"])
    # PERT 7, 12, 18 has 12.17 for mean; 9 here in one year: half-way.
    (exits, grown) = sorted(asked.own, key=lambda p: p.family, reverse=True)
    assert (grown.value, grown.status) == (pytest.approx(10.58, abs=0.01), "measured")
    assert (exits.distribution, exits.source) == ("beta", "nos années\u202f: 2025")
    found = scenarios.answer(asked, scenarios.place(asked), TODAY, n=16, sensitivity=0)
    Reckoning.objects.filter(pk=row.pk).update(state=PlanState.READY, plan=found.to_json())
    page = told(here.client.get(at("scenario", row.key))).replace("\u00a0", " ")
    assert "Avec ce qui s’est appris ici en 2025 (2 chiffres, plus bas)" in page
    assert "10,6 t/ha au lieu de 12 t/ha · nos années" in page
    assert here.client.get(at("scenario_sheet", row.key)).content.startswith(b"%PDF")
    again = f"{at('project')}?depuis={row.key}"
    here.client.post(again, form_of(here, again))
    bare = Reckoning.objects.filter(measured=False).exclude(pk=row.pk).get()
    assert scenarios.read(bare.problem["file"]).own == ()
    Reckoning.objects.filter(pk=bare.pk).update(state=PlanState.READY, plan=found.to_json())
    assert "Avec les chiffres d’ailleurs" in told(here.client.get(at("scenario", bare.key)))


def test_a_form_refused_keeps_what_was_typed_and_says_each_reason(here):
    address = f"{at('project')}?ou=246200729"
    form = form_of(here, address)
    assert form["jobs_total"] == ""
    form |= {"name": "Mon jardin", "garden_ha": "beaucoup", "km_year": "-3"}
    response = here.client.post(address, form)
    page = told(response)
    assert response.status_code == 422
    assert "« beaucoup » n’est pas un nombre" in page
    assert 'value="Mon jardin"' in response.content.decode()
    assert "beaucoup" in response.content.decode()
    assert page.count("Ce champ est obligatoire") == 1  # the jobs, that we do not know
    wide = form | {"garden_ha": "4", "km_year": "0", "jobs_total": "9 000", "canteen_share": "90"}
    assert "leur somme ne dépasse pas 1" in told(here.client.post(address, wide))
    assert not Reckoning.objects.exists()


def test_a_file_is_read_or_refused_whole_on_the_page(here):
    def send(content: bytes, key: str):
        sent = {"key": key, "file": SimpleUploadedFile("s.toml", content)}
        return here.client.post(at("project_file"), sent)

    refused = send((GOOD + 'km_year = "x"\nfoo = 1').encode(), "scenario-deux")
    assert refused.status_code == 422
    assert "ces 2 points" in told(refused)
    for wrong in (b"\xff\xfe\x00", b"x" * 200_000, b"[" * 5_000, b""):
        assert send(wrong, "scenario-trois").status_code == 422
    nowhere = send(GOOD.replace("246200844", "200000000").encode(), "scenario-quatre")
    assert "aucune commune connue" in told(nowhere)
    abroad = send((GOOD + 'relays = ["62498"]').encode(), "scenario-cinq")
    assert "62498 n’est pas de CC de la Région" in told(abroad)
    assert not Reckoning.objects.exists()
    assert send(GOOD.encode(), "scenario-six").url == at("scenario", "scenario-six")
    # Asked twice, computed once; another waits its turn, and nothing typed is lost.
    assert send(GOOD.encode(), "scenario-six").url == at("scenario", "scenario-six")
    assert "déjà en calcul" in told(send(GOOD.encode(), "scenario-sept"))
    assert Reckoning.objects.count() == 1


def test_a_value_out_of_range_is_computed_and_said(here):
    asked = scenarios.read(
        GOOD.replace("permanents = 9", "permanents = 29")
        + """
[parameters.rendement_bio_t_ha]
value = 40
source = "on l’espère"
"""
    )
    found = scenarios.answer(asked, scenarios.place(asked), TODAY, n=16, sensitivity=0)
    warnings = " ".join(found.warnings).replace("\u202f", " ")
    assert "40 est hors de 7 à 18 t/ha" in warnings
    assert "Permanents par personne en insertion : 0,97" in warnings
    assert found.of("tonnes").net.mid > 100


def test_numbers_no_equation_stands_are_no_answer(here):
    """A stay of zero months: people would enter without end."""
    row = computed(
        here,
        GOOD
        + """
[parameters.duree_parcours_mois]
value = 0
source = "pour voir"
""",
    )
    assert row.state == PlanState.IMPOSSIBLE
    assert "revoyez [parameters]" in told(here.client.get(at("scenario", row.key)))


def test_scenarios_side_by_side_fragments_and_constant_queries(here):
    computed(here, key="un")
    pages = (
        at("scenarios"),
        at("scenario", "un"),
        at("scenario_figure", "un", "tonnes"),
        at("project") + "?ou=lens",
    )

    def counted() -> list[int]:
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                whole = here.client.get(page).content.decode()
            found.append(len(queries))
            part = here.client.get(page, headers={"HX-Request": "true"}).content.decode()
            assert "<html" not in part
            assert middle(part) == middle(whole)
        return found

    first = counted()
    told_once = Reckoning.objects.get()
    for key in ("deux", "trois"):
        Reckoning.objects.create(
            **{f.attname: getattr(told_once, f.attname) for f in Reckoning._meta.fields if f.name != "id"}
            | {"key": key}
        )  # fmt: skip
    assert counted() == first
    assert max(first) <= 6
    both = here.client.get(at("compare") + "?scenario=un&scenario=deux&scenario=trois")
    assert told(both).count("Emplois d’insertion") == 1
    assert "compté" in told(both)
    for keys, status in (("scenario=un", 422), ("scenario=un&scenario=rien", 404), ("", 422)):
        assert here.client.get(f"{at('compare')}?{keys}").status_code == status
    assert here.grower.get(at("scenario", "un")).status_code == 403
    elsewhere = Ecopole.objects.create(slug="ailleurs", name="Ailleurs", commune_id="62057")
    Reckoning.objects.filter(key="trois").update(ecopole=elsewhere)
    assert here.client.get(at("scenario", "scenario-trois")).status_code == 404


def test_anybody_tries_one_without_an_account(here):
    anybody = Client()
    address = reverse("try_scenario")
    assert "Et si nous avions" in told(anybody.get(address))
    tried = told(anybody.get(f"{address}?ou=lens&people=30"))
    assert "CA de Lens - Liévin" in tried
    assert "sur 5,6 ha" in tried.replace("\u00a0", " ")
    assert re.search(r"Emplois d’insertion .{20,160} 22,\d ETP De ", tried)
    lost = anybody.get(f"{address}?ou=bordeaux&people=30").content.decode()
    assert 'value="30"' in lost
    for query in (
        "ou=cc+de+la",
        "ou=bordeaux",
        "ou=lens&people=0",
        "ou=lens&people=abc",
        "ou=lens&hectares=x",
    ):
        assert anybody.get(f"{address}?{query}").status_code == 422
    assert not Reckoning.objects.exists()


def test_an_address_tries_so_often_and_few_are_computed_at_once(here, settings, monkeypatch):
    """What was typed stays; what is not computed is said, with when to come back."""
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"try_scenario": "2/m/ip"}
    monkeypatch.setattr(trying, "PATIENCE_S", 0.01)
    anybody, address = Client(), f"{reverse('try_scenario')}?ou=lens&people=30"
    with trying.in_turn():
        waited = anybody.get(address)
        assert waited.status_code == 503
        assert "Plusieurs personnes essaient" in told(waited)
        assert 'value="30"' in waited.content.decode()
    with ExitStack() as seats:
        for _ in range(1 + trying.WAITING_MAX):
            trying._seats.acquire()
            seats.callback(trying._seats.release)
        with pytest.raises(trying.Busy), trying.in_turn():
            pass
    assert "Emplois d’insertion" in told(anybody.get(address))
    often = anybody.get(address)
    assert often.status_code == 429
    assert "attendez une minute" in told(often)
    assert 'value="30"' in often.content.decode()
    assert anybody.get(f"{reverse('try_scenario')}?ou=bordeaux").status_code == 422


def test_the_command_answers_and_refuses(here, tmp_path, capsys):
    file = tmp_path / "s.toml"
    file.write_text(GOOD, encoding="utf-8")
    out = StringIO()
    call_command("scenario", file, json=True, stdout=out)
    assert Answer.from_json(json.loads(out.getvalue())).of("tonnes").net.low > 0
    file.write_text("name = 3", encoding="utf-8")
    with pytest.raises(CommandError, match="epci"):
        call_command("scenario", file)
    with pytest.raises(CommandError, match="ne s’ouvre pas"):
        call_command("scenario", tmp_path / "rien.toml")
