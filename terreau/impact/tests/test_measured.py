"""The measured flows of a lived demo, found again by queries of their own; and the pages of its answer."""

import csv
import json
import re
from dataclasses import replace
from datetime import date
from io import BytesIO, StringIO
from itertools import count

import pytest
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from terreau.engines.contribution import Kind
from terreau.impact import answering, measured
from terreau.impact.actions import NotPublished, publish, reckon, request_answer, unpublish
from terreau.impact.answering import UNPAID_BASKETS, lived, measured_answer, told, year_unanswered
from terreau.impact.behind import movements
from terreau.impact.indicators import CATALOGUE
from terreau.impact.models import Declaration, Reckoning
from terreau.impact.multipliers import honest
from terreau.impact.tests.factories import lying
from terreau.planning.models import PlanState
from terreau.planning.running import REFUSED, PlanRefusedByItsJudge
from terreau.rooms.insertion.hours import ABSENT, WORKED
from terreau.territory import demo as territory
from terreau.territory.abilities import Role
from terreau.territory.clock import now
from terreau.territory.figures_files import load_zones
from terreau.territory.models import Commune, Ecopole, User
from terreau.web.management.commands.demo import Command

TODAY = date(2026, 11, 27)
CLOCK = "2026-11-27T09:00"
pytestmark = pytest.mark.django_db
OWN = "('garden', 'platform', 'kitchen', 'association')"
STANDING = """
    FROM ledger_event e
    JOIN territory_agent p ON p.id = e.provider_id JOIN territory_agent r ON r.id = e.receiver_id
    JOIN territory_product g ON g.id = e.product_id LEFT JOIN ledger_lot l ON l.id = e.lot_id
    LEFT JOIN territory_agent m ON m.id = l.producer_id
    WHERE e.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM ledger_event x WHERE x.reverses_id = e.id)
    AND e.occurred_at >= '2025-12-31T23:00' AND e.occurred_at < '2026-12-31T23:00'
"""


@pytest.fixture(scope="module")
def ecopole(django_db_setup, django_db_blocker, tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys") / "insertion_keys"
    here = override_settings(CLOCK=CLOCK, INSERTION_KEYS=keys)
    with django_db_blocker.unblock(), transaction.atomic(), here:
        Command(stdout=StringIO())._live(TODAY, weeks=2, seed=1, seconds=0.01)
        yield Ecopole.objects.get(slug=territory.SLUG)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def flows(ecopole, django_db_blocker):
    with django_db_blocker.unblock():
        return measured.flows(ecopole, 2026)


def asked(select: str, where: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {select} {STANDING} AND {where}")
        return float(cursor.fetchone()[0] or 0)


def kilos(flows, *kinds, **like) -> float:
    rows = [r for r in flows.of(*kinds) if all(getattr(r, name) == value for name, value in like.items())]
    return sum(r.kg for r in rows if r.kg is not None)


# Quantities are stored in thousandths, and so is the weight of a unit.
KG = "SUM(e.quantity * g.unit_kg) / 1000000.0"
OUT = f"e.action IN ('transfer', 'transfer_rights') AND r.kind NOT IN {OWN}"


def test_kilos_sold_out_of_baskets_by_who_grew_them(flows):
    for carried, maker in ((False, f"m.kind IN {OWN}"), (True, f"m.kind NOT IN {OWN}")):
        found = sum(kilos(flows, Kind.SALE, channel=c, carried=carried) for c in ("canteen", "shop"))
        where = f"{OUT} AND r.kind IN ('canteen', 'shop') AND g.family NOT IN ('basket', 'crate') AND {maker}"
        assert found > 0
        assert found == pytest.approx(asked(KG, where))


def test_kilos_given(flows):
    where = f"{OUT} AND r.kind = 'grocery' AND COALESCE(e.price, 0) = 0 AND g.family <> 'crate'"
    given = kilos(flows, Kind.DONATION)
    assert given > 0
    assert given == pytest.approx(asked(KG, where))


def test_kilos_in_baskets_are_those_packed_and_delivered(flows):
    """Every basket packed was delivered: what went in is what came out."""
    packed = asked(
        KG, "e.action = 'consume' AND e.process_id IN (SELECT id FROM ledger_process WHERE kind = 'packing')"
    )
    made = asked("SUM(e.quantity)", "e.action = 'produce' AND g.family = 'basket' AND p.kind = 'platform'")
    left = asked("SUM(e.quantity)", f"{OUT} AND g.family = 'basket' AND r.kind = 'depot'")
    assert made == left
    found = kilos(flows, Kind.SALE, channel="basket")
    assert found > 0
    assert found == pytest.approx(packed)


def test_euros_paid_to_partners(flows):
    where = f"e.action IN ('transfer', 'transfer_rights') AND r.kind IN {OWN} AND p.kind NOT IN {OWN}"
    paid = sum(r.eur_ht for r in flows.of(Kind.PURCHASE) if r.lot)
    assert paid > 0
    assert paid == pytest.approx(asked("SUM(e.price) / 100.0", where))


def test_nothing_that_passes_within_the_site_is_counted(ecopole, flows):
    own = set(ecopole.agents.filter(kind__in=measured.OWN).values_list("name", flat=True))
    assert not {r.to_actor for r in flows.of(Kind.SALE, Kind.DONATION)} & own


def test_a_person_is_never_named(ecopole, flows):
    people = set(ecopole.agents.filter(kind="person").values_list("name", flat=True))
    assert not {name for r in flows.rows for name in (r.from_actor, r.to_actor)} & people


def test_insertion_hours_are_those_of_closed_weeks(flows):
    """The demo closes its sheets: each paid hour of a pseudonym is counted, once."""
    hours = asked("SUM(e.quantity) / 1000.0", f"g.code IN ('{WORKED}', '{ABSENT}')")
    assert hours > 0
    assert flows.total("hours", Kind.INSERTION_WORK) == pytest.approx(hours)


def test_hours_given_and_credits_are_those_of_the_ledger_and_apart_from_any_paid_hour(flows):
    given = asked("SUM(e.quantity) / 1000.0", "g.code LIKE 'benevolat-%' AND e.action = 'work'")
    assert given > 0
    assert flows.total("hours", Kind.VOLUNTEER_WORK) == pytest.approx(given)
    assert {r.product for r in flows.of(Kind.INSERTION_WORK, Kind.PERMANENT_WORK)} == {None}
    credits = "g.code = 'credit-participation' AND e.action"
    for what, action in (("issued", "produce"), ("spent", "consume")):
        counted = sum(r.count for r in flows.of(Kind.CREDIT) if r.product == what)
        assert counted == pytest.approx(asked("SUM(e.quantity) / 1000.0", f"{credits} = '{action}'")) != 0
    people = asked("COUNT(DISTINCT e.provider_id)", "g.code LIKE 'benevolat-%' AND e.action = 'work'")
    assert flows.total("count", Kind.VOLUNTEERS) == (people if people >= 5 else 0)


def test_what_was_declared_stands_until_it_is_withdrawn(ecopole, flows):
    said = {row.kind: row.amount for row in Declaration.objects.filter(ecopole=ecopole, year=2026)}
    assert flows.total("hours", Kind.PERMANENT_WORK) == float(said["permanent_hours"])
    assert flows.total("kwh", Kind.COLD) == float(said["cold"])


def test_the_garden_s_land_is_what_its_plots_say(flows):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT SUM(area_m2) / 1000.0 / 10000 FROM garden_plot p "
            "JOIN territory_agent a ON a.id = p.agent_id WHERE a.kind = 'garden'"
        )
        assert flows.total("ha", Kind.LAND) == pytest.approx(float(cursor.fetchone()[0]))


def test_an_open_year_says_so_and_every_figure_is_known_or_says_why(ecopole):
    with override_settings(CLOCK=CLOCK):
        found = measured_answer(ecopole, 2026, "epci", TODAY, n=64, sensitivity=0)
    assert "2026\u202f: année en cours, chiffres provisoires." in found.warnings
    for effect in found.effects:
        assert effect.gross.value is not None or "\u202f: " in effect.gross.missing
    assert type(found).from_json(found.to_json()) == found


def test_a_department_of_which_communes_are_missing_says_what_to_import(ecopole):
    Commune.objects.filter(code="62908").update(departement="99")
    with pytest.raises(LookupError, match="terreau import communes"):
        measured_answer(ecopole, 2026, "departement", TODAY)


def test_a_year_the_ledger_does_not_know(ecopole):
    with pytest.raises(LookupError, match="2023"):
        lived(ecopole, 2023, TODAY)


# The pages.

keys = count(10_000_000)


@pytest.fixture(scope="module")
def row(ecopole, django_db_blocker) -> Reckoning:
    """An answer as the worker writes it, of few draws."""
    with django_db_blocker.unblock():
        found, beside = told(ecopole, 2026, "epci", TODAY, n=64, sensitivity=16)
        return Reckoning.objects.create(
            ecopole=ecopole, key="the-answer", state=PlanState.READY, problem={}, plan=found.to_json(),
            beside=json.loads(json.dumps(beside)), seconds_max=60, created_at=now(), name=found.territory,
            measured=True, scale="epci", year=2026,
        )  # fmt: skip


@pytest.fixture
def client(ecopole) -> Client:
    browser = Client()
    browser.force_login(User.objects.get(memberships__role=Role.DIRECTOR, memberships__ecopole=ecopole))
    return browser


def page(client, path, status=200, **headers):
    response = client.get(f"/e/audruicq/reponse/{path}", headers=headers)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def test_a_figure_names_the_flows_it_reads_and_a_missing_one_stops_at_what_it_lacks(row):
    reads = row.beside["reads"]
    assert set(reads["lm3"]) == {"insertion_wage", "permanent_wage", "sale", "grant", "purchase", "local_tax"}
    assert reads["foyers_touches"][-1] == "household"
    assert reads["sau_habitant"] == []
    assert set(reads) == {indicator.id for indicator in CATALOGUE}


def test_sums_beside_an_answer_are_those_of_its_flows(row, flows):
    sold = row.beside["sums"]["sale"]
    assert sold["total"][0] == pytest.approx(flows.total("kg", Kind.SALE))
    for by in ("month", "channel", "actor"):
        assert sum(line[2] for line in sold[by]) == pytest.approx(sold["total"][0])


def test_who_gains_adds_up_to_what_public_accounts_get_back(row):
    gross = next(e["gross"]["value"] for e in row.plan["effects"] if e["indicator"] == "gain_public")
    told = row.beside["balance"]
    assert sum(gains for *_, gains in told["bodies"]) == pytest.approx(gross)
    assert sum(euros for *_, euros in told["lines"]) == pytest.approx(gross)


def test_three_rounds_make_the_multiplier(row):
    told = row.beside["rounds"]
    first = sum(euros for _, euros in told["first"])
    lm3 = next(e["net"]["value"] for e in row.plan["effects"] if e["indicator"] == "lm3")
    assert (first + sum(told["second"].values()) + sum(told["third"].values())) / first == pytest.approx(lm3)


@pytest.mark.parametrize("kind", [Kind.SALE, Kind.DONATION, Kind.PURCHASE, Kind.VOLUNTEER_WORK, Kind.CREDIT])
def test_the_movements_behind_a_figure_count_for_what_the_ledger_gave(ecopole, flows, kind):
    """Every page of them, and no person named."""
    found = movements(ecopole, 2026, kind, {}, 1)
    within = (Kind.VOLUNTEER_WORK, Kind.CREDIT)
    ledger = [r for r in flows.of(kind) if r.lot or r.channel in ("basket", "service") or kind in within]
    for amount in ("kg", "hours", "count"):
        assert found.sums[amount] == pytest.approx(sum(getattr(r, amount) or 0 for r in ledger))
    people = set(ecopole.agents.filter(kind="person").values_list("name", flat=True))
    pages = [movements(ecopole, 2026, kind, {}, n) for n in range(1, found.pages + 1)]
    lines = [line for one in pages for line in one.lines]
    assert len(lines) == found.count
    assert not {name for line in lines for name in (line.provider, line.receiver)} & people


def test_movements_of_a_month_and_an_actor(ecopole, row):
    month, _, kilos, *_ = row.beside["sums"]["sale"]["month"][0]
    assert movements(ecopole, 2026, Kind.SALE, {"month": month}, 1).sums["kg"] == pytest.approx(kilos)
    assert movements(ecopole, 2026, Kind.SALE, {"actor": "Personne"}, 9).count == 0


def test_the_answer_says_each_figure_with_its_interval_or_counted(client, row):
    html = page(client, "the-answer/")
    for words in (
        "Emplois d’insertion", "Compté", "a priori d’expert", "Annoncé d’habitude", "Qui paie, qui gagne",
        "Les trois tours de l’argent", "Les sorties, comptées de trois façons", "1,19 / 1,22",
        "qu’on ne sait pas encore", "année en cours, chiffres provisoires",
    ):  # fmt: skip
        assert words in html, words
    assert "score" not in html


def test_every_sheet_opens_and_the_fragment_is_the_page(client, row):
    for indicator in CATALOGUE:
        assert indicator.label in page(client, f"the-answer/{indicator.id}/")
    whole = page(client, "the-answer/lm3/")
    part = page(client, "the-answer/lm3/", **{"HX-Request": "true"})
    middle = re.search(r"<main[^>]*>(.*)</main>", whole, re.S)[1]
    assert middle.strip() in part


def test_queries_do_not_grow_with_what_is_told(client, row):
    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, path)
        return len(queries)

    assert asked("the-answer/") <= 8
    assert asked("the-answer/lm3/") == asked("the-answer/etp_insertion/") <= 4
    assert asked("the-answer/appris/") <= 4
    path = "the-answer/tonnes/mouvements/?nature=sale"
    assert asked(path) == asked(f"{path}&page=2") <= 12
    assert asked("the-answer/heures_donnees/mouvements/?nature=volunteer_work") <= 12
    declared = [asked(f"comptabilite/?annee={year}") for year in (2026, 2023)]
    assert declared[0] <= declared[1] + 1  # nothing to join where nothing was said


def test_the_page_of_what_a_year_taught(client, row):
    """Two weeks teach nothing; what a year would have is said before → after, with the lines of a file."""
    assert row.beside["seen"] == {}
    assert "Rien encore" in page(client, "the-answer/appris/")
    taught = {"rendement_bio_t_ha": [18.0, 2.0, [2025, 2026]], "taux_sortie_dynamique": [31.0, 52.0, [2026]]}
    Reckoning.objects.filter(pk=row.pk).update(beside=row.beside | {"seen": taught})
    html = page(client, "the-answer/appris/").replace("\u00a0", " ")
    for words in (
        "31 sur 52 sorties",
        "9 t/ha, 2 années",
        "2025 et 2026",
        "Ce qu’elle n’a pas appris",
        "law =",
    ):
        assert words in html, words
    whole = re.search(r"<main[^>]*>(.*)</main>", page(client, "the-answer/appris/"), re.S)[1]
    assert whole.strip() in page(client, "the-answer/appris/", **{"HX-Request": "true"})
    without = {name: told for name, told in row.beside.items() if name != "seen"}
    Reckoning.objects.filter(pk=row.pk).update(beside=without)
    assert "calculez-la de nouveau" in page(client, "the-answer/appris/")


def test_the_answer_of_an_employment_zone(client, row, ecopole):
    """Asked on the page like the others; what lacks jobs says so, the rest is told."""
    assert "terreau import zones FICHIER" in page(client, "the-answer/")
    around = list(Commune.objects.filter(departement="62", latitude__gt=50.8).order_by("code")[:40])
    codes = {commune.code for commune in around} | {ecopole.commune_id}
    lines = "".join(f"{code},3206,Calais\n" for code in sorted(codes))
    load_zones(f"CODGEO,ZE2020,LIBZE2020\n{lines}".encode())
    html = page(client, "the-answer/")
    assert '<option value="zone">Zone d’emploi de Calais</option>' in html
    assert "import zones" not in html
    found, beside = told(ecopole, 2026, "zone", TODAY, n=64, sensitivity=0)
    assert found.territory == "Zone d’emploi de Calais"
    assert found.of("tonnes").net.value > 0
    assert "Importez les emplois" in found.of("emplois_indirects").net.missing
    assert beside["jobs"] is None


def test_addresses_nobody_gave(client, row):
    page(client, "the-answer/inconnu/", 404)
    page(client, "the-answer/tonnes/mouvements/?nature=exit", 404)
    page(client, "the-answer/tonnes/mouvements/?nature=sale&page=x", 404)
    page(client, "the-answer/etp_insertion/mouvements/?nature=sale", 404)
    page(client, "comptabilite/?annee=1990", 404)
    page(client, "comptabilite/?annee=2026&nature=autre", 404)


def posted(client, path, status=302, **sent):
    response = client.post(f"/e/audruicq/reponse/{path}", {"key": str(next(keys)), **sent})
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def test_a_figure_of_the_accounts_is_added_refused_with_what_was_typed_and_withdrawn(client, ecopole, row):
    add = "comptabilite/ajouter?annee=2026&nature=purchase"
    html = posted(client, add, 422, amount="1 200", ape="99.99Z", commune="Atlantide", source="facture")
    assert "n’est pas une commune connue" in html
    assert 'value="1 200"' in html
    html = posted(client, add, 422, amount="1 200", ape="ZZ", commune="ailleurs", source="facture")
    assert "Code APE «\u202fZZ\u202f» inconnu" in html
    posted(client, add, amount="1 200", ape="28.30Z", commune="audruicq", supplier="Outils", source="facture")
    line = Declaration.objects.get(supplier="Outils", withdraws=None)
    assert (line.commune_id, line.elsewhere, line.amount) == ("62057", False, 1200)
    assert "Outils" in page(client, "comptabilite/?annee=2026")
    posted(client, f"comptabilite/{line.pk}/retirer", 422, reason="")
    posted(client, f"comptabilite/{line.pk}/retirer", reason="payée l’an dernier")
    assert "payée l’an dernier" in page(client, "comptabilite/?annee=2026")
    assert not measured.standing(ecopole, 2026).filter(supplier="Outils").exists()


def test_what_is_missing_says_which_figures_wait_for_it(client, ecopole, row, monkeypatch):
    """Baskets delivered and never paid make the figures of money wrong, and it is said."""
    whole = measured.flows

    def unpaid(*asked):
        flows = whole(*asked)
        return replace(flows, rows=tuple(r for r in flows.rows if r.channel != "basket" or r.eur_ht is None))

    assert UNPAID_BASKETS not in row.plan["warnings"]
    monkeypatch.setattr(measured, "flows", unpaid)
    found, beside = told(ecopole, 2026, "epci", TODAY, n=64, sensitivity=0)
    assert UNPAID_BASKETS in found.warnings
    Reckoning.objects.filter(pk=row.pk).update(plan=found.to_json(), beside=beside)
    assert "Attendu par\u202f: Multiplicateur local (LM3)" in page(client, "comptabilite/?annee=2026")


def test_a_published_answer_is_read_without_an_account_and_a_new_one_takes_its_place(client, ecopole, row):
    stranger = Client()
    assert stranger.get("/contribution/audruicq/").status_code == 404
    posted(client, "the-answer/publier")
    with CaptureQueriesContext(connection) as queries:
        html = stranger.get("/contribution/audruicq/").content.decode()
    assert len(queries) <= 6
    assert "Ce qu’on ne sait pas" in html
    assert "Où va la nourriture" in html
    assert "D’où vient la nourriture" in html
    people = [n for n in ecopole.agents.filter(kind="person").values_list("name", flat=True) if len(n) > 3]
    assert not [name for name in people if name in html]
    again = Reckoning.objects.create(
        ecopole=ecopole, key="again", state=PlanState.READY, problem={}, plan=row.plan, beside=row.beside,
        seconds_max=60, created_at=now(), name=row.name, measured=True, scale="epci", year=2026,
    )  # fmt: skip
    publish(row=again, by=None, at=now())
    publish(row=again, by=None, at=now())
    row.refresh_from_db()
    assert row.state == PlanState.REPLACED
    assert stranger.get("/contribution/audruicq/?annee=2025").status_code == 404
    unpublish(row=again)
    assert stranger.get("/contribution/audruicq/").status_code == 404


def test_what_its_judge_refuses_is_neither_kept_nor_published_and_the_same_unaltered_is(
    client, ecopole, monkeypatch
):
    def computed(key):
        told = {"ecopole": ecopole, "year": 2026, "scale": "epci", "today": TODAY, "by": None, "at": now()}
        reckon.func(reckoning_id=request_answer(**told, key=key).pk)

    with monkeypatch.context() as patch:
        patch.setattr(answering, "solve", lying)
        with pytest.raises(PlanRefusedByItsJudge, match="sous la médiane"):
            computed("altered")
    row = Reckoning.objects.get(key="altered")
    assert (row.state, row.plan, row.message) == (PlanState.FAILED, None, REFUSED)
    assert REFUSED in page(client, "altered/")
    with pytest.raises(NotPublished):
        publish(row=row, by=None, at=now())
    computed("unaltered")
    row = Reckoning.objects.get(key="unaltered")
    publish(row=row, by=None, at=now())
    assert row.state == PlanState.PUBLISHED


def test_the_report_the_spreadsheet_and_the_data_say_the_same(client, row):
    pdf = client.get("/e/audruicq/reponse/the-answer/rapport.pdf")
    pages = PdfReader(BytesIO(pdf.content)).pages
    assert 8 <= len(pages) <= 12
    text = client.get("/e/audruicq/reponse/the-answer/chiffres.csv").content.decode("utf-8-sig")
    lines = list(csv.DictReader(StringIO(text), delimiter=";"))
    data = json.loads(client.get("/e/audruicq/reponse/the-answer/reponse.json").content)
    by_id = {effect["indicator"]: effect for effect in data["answer"]["effects"]}
    assert {line["Identifiant"] for line in lines} == by_id.keys() == data["indicators"].keys()
    for line in lines:
        net = by_id[line["Identifiant"]]["net"]["value"]
        assert line["Net"] == ("" if net is None else repr(net).replace(".", ","))
    assert data["indicators"]["tonnes"]["sdg"] == ["2.1", "12.3"]


def test_an_honest_multiplier_stands_beside_the_scale_of_the_territory():
    scales = honest(6_000)
    assert [scale.near for scale in scales] == [True, False, False, False, False]
    assert max(two for one, two in scales[0].cells) < 1.3


def test_a_year_over_without_its_answer_waits_for_the_director(client, ecopole, row):
    assert year_unanswered(ecopole, TODAY) == 2025
    assert "Préparer la réponse 2025" in client.get("/e/audruicq/").content.decode()
    Reckoning.objects.filter(pk=row.pk).update(year=2025)
    assert year_unanswered(ecopole, TODAY) is None
    assert year_unanswered(ecopole, date(2020, 5, 1)) is None


def test_a_count_of_people_too_few_to_be_told_is_hidden_from_strangers(row):
    effects = {effect["indicator"]: effect for effect in row.plan["effects"]}
    for value, hidden in ((3.0, True), (42.0, False)):
        effects["fermes_installees"]["net"] |= {"value": value, "low": None, "missing": ""}
        Reckoning.objects.filter(pk=row.pk).update(plan=row.plan, state=PlanState.PUBLISHED)
        html = Client().get("/contribution/audruicq/").content.decode()
        assert ('<p class="amount">moins de 5</p>' in html) is hidden


def test_hours_given_by_too_few_to_be_told_are_hidden_from_strangers_and_shown_to_who_runs_the_place(
    client, row
):
    """The hours are those of nobody when they are those of two people; the house reads them all the same."""
    effects = {effect["indicator"]: effect for effect in row.plan["effects"]}
    effects["heures_donnees"]["net"] |= {"value": 987.5, "missing": ""}
    for people, hidden in ((None, True), (4.0, True), (5.0, False)):
        missing = "" if people else "Bénévoles\u202f: trop peu"
        effects["benevoles"]["net"] |= {"value": people, "low": None, "missing": missing}
        Reckoning.objects.filter(pk=row.pk).update(plan=row.plan, state=PlanState.PUBLISHED)
        html = Client().get("/contribution/audruicq/").content.decode()
        assert ('<p class="amount">moins de 5 personnes</p>' in html) is hidden
        assert ('<p class="amount">988 <small>' not in html) is hidden
        assert "988" in page(client, "the-answer/heures_donnees/")
