"""The pages of funding: a project led by hand, what was typed kept, few queries, another's house unseen."""

import json
from datetime import date
from decimal import Decimal
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from terreau.funding import actions
from terreau.funding.models import Aid, Cofunding, Piece, Project
from terreau.funding.tests.factories import CLOCK, TODAY, claim, euros, hand, make_house, pay_for
from terreau.funding.tests.test_catalogue import AID
from terreau.territory.abilities import Role
from terreau.territory.tests.pages import middle

KEY = "11111111-aaaa"


@pytest.fixture(autouse=True)
def _friday_evening(settings):
    settings.CLOCK = CLOCK


@pytest.fixture
def house(db):
    return make_house()


def text(response) -> str:
    return response.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


def test_a_project_is_led_from_what_is_open_to_its_report(house):
    client, keys = house.client(), count(10_000_000)

    def post(end: str, **sent) -> str:
        response = client.post(house.url(end), {"key": str(next(keys)), **sent}, follow=True)
        assert response.status_code == 200, text(response)
        return text(response)

    found = text(client.get(house.url()))
    assert "Appel PTCE émergents" in found
    assert "ne s’adresse pas à « Associations »" in found
    assert "à confirmer" in text(client.get(house.url("dispositifs/pat/")))
    page = post(
        "projets/nouveau/", title="Serres froides", what="Deux serres", holder=house.garden.pk,
        starts_on="01/01/2026", ends_on="31/12/2026", public_ceiling="80", ceiling_source="règlement",
    )  # fmt: skip
    project = Project.objects.get()
    here = f"projets/{project.pk}/"
    assert "Aucune dépense" in page
    assert "12 000,00 €" in post(
        f"{here}depense/", label="Serres", destination="investment", net="10 000", vat="2 000", eligible="100"
    )
    proposed = text(client.get(house.url(f"{here}financeur/?dispositif=pat")))
    assert "État (DRAAF), PNA et France Relance volet A" in proposed
    post(f"{here}financeur/", funder="État", nature="public", planned="6 000", scheme="pat", rate_max="60")
    assert "Il manque 6 000,00 €" in text(client.get(house.url(here)))
    page = post(f"{here}financeur/", funder="Jardin", nature="own", planned="6 000")
    assert "équilibré au centime" in page
    file = f"dossiers/{Cofunding.objects.get(nature='public').pk}/"
    post(f"{file}etapes/spotted/", on="02/01/2026", due_on="01/03/2026")
    post(f"{file}etapes/preparing/", on="03/01/2026", reference="Direction")
    post(
        f"{file}etapes/requested/", on="10/01/2026", amount="6 000", base="12 000", rate="50", reference="R-1"
    )
    post(f"{file}etapes/obtained/", on="01/02/2026", amount="6 000", from_on="01/01/2026", to_on="31/12/2026",
         reference="2026-118", due_on="31/01/2027")  # fmt: skip
    house.work("30", date(2026, 10, 6))
    post(f"{file}promettre/", measure="supervision", promised="25")
    post("pieces/facture/", supplier="Serres du Nord", number="F-1", what="arceaux", on="01/06/2026",
         net="1 000", vat="200")  # fmt: skip
    post("pieces/heures/", measure="supervision", month="2026-10", hourly="30")
    assert "Encadrant 2, octobre 2026" in post(
        "pieces/salaire/", post="Encadrant 2", month="2026-10", hours="151,67", cost="3 100"
    )
    line = project.lines.get()
    for piece, percent in zip(Piece.objects.order_by("id"), ("50", "100", "50"), strict=True):
        page = post(f"{file}rattacher/", piece=piece.pk, line=line.pk, percent=percent)
    assert "3 050,00 €" in page
    assert "Aucune pièce ne justifie encore 2 950,00 €" in page
    page = post(f"{file}demander/", kind="balance")
    assert "Solde, le 27 nov. 2026" in page
    post(f"{file}etapes/paid/", on="27/11/2026", claim=Cofunding.objects.get(nature="public").claims.get().pk,
         amount="3 050")  # fmt: skip
    assert "chance de 80 %" in post(f"{file}prevoir/", on="20/12/2026", amount="100", chance="80")
    report = text(client.get(house.url(f"{file}bilan/")))
    assert "Bilan final" in report
    assert "105,835 h" in report  # 30 h whole, half of 151,67 h
    assert "Tenu" in report
    assert client.get(house.url(f"{file}bilan.pdf")).content.startswith(b"%PDF")
    rows = client.get(house.url(f"{file}bilan.csv")).content.decode("utf-8-sig").splitlines()
    assert rows[1] == "pièce;2026-06-01;Serres du Nord, facture F-1\u202f: arceaux;Serres;;1200;50;600"
    assert rows[-1] == "indicateur mesuré;;Heures d’encadrement des chantiers;;;;;30"
    themes = text(client.get(house.url("projets/")))
    assert "Appels à projets PAT" in themes


def test_what_was_typed_is_still_there_with_the_reason(house):
    client, row = house.client(), house.obtained()
    piece = house.invoice()
    other = house.obtained("Autre projet")
    pay_for(piece, other, 80)
    line = row.project.lines.get()
    for end, sent, words in (
        ("projets/nouveau/", {"title": "Serres froides", "what": "encore", "holder": house.garden.pk,
                              "starts_on": "01/01/2026", "ends_on": "02/01/2026"}, "existe déjà"),
        (f"dossiers/{row.pk}/rattacher/", {"piece": piece.pk, "line": line.pk, "percent": "30"},
         "Deux aides ne paient pas le même euro"),
        (f"dossiers/{row.pk}/promettre/", {"measure": "bonheur", "promised": "3"},
         "Sélectionnez un choix valide"),
        (f"dossiers/{row.pk}/etapes/requested/", {"on": "27/11/2026", "amount": "1", "base": "1", "rate": "1",
                                                  "reference": "R"}, "ne peut pas suivre"),
        ("pieces/heures/", {"measure": "insertion", "month": "2026-10", "hourly": "20"}, "l’aide au poste"),
        ("pieces/facture/", {"supplier": "Serres du Nord", "number": "F-1", "what": "x", "on": "01/06/2026",
                             "net": "10"}, "déjà connue"),
    ):  # fmt: skip
        response = client.post(house.url(end), {"key": KEY} | sent)
        assert response.status_code == 422, end
        assert words in text(response), text(response)
        for typed in (value for value in sent.values() if isinstance(value, str) and value != "bonheur"):
            assert typed in text(response), (end, typed)


def test_a_file_of_aids_is_read_shown_and_annotated(house):
    client = house.client()

    def send(*records) -> str:
        content = json.dumps(list(records)).encode()
        file = SimpleUploadedFile("aides.json", content)
        return text(client.post(house.url("aides/importer/"), {"key": KEY, "file": file}, follow=True))

    assert "Nouvelles aides : 1" in send(AID)
    aid = Aid.objects.get()
    note = {"key": KEY, "note": "appeler en janvier", "themes": ["villes"]}
    assert "appeler en janvier" in text(client.post(house.url(f"aides/{aid.pk}/note/"), note, follow=True))
    assert "2026-12-31 → 2027-01-31" in send(AID | {"submission_deadline": "2027-01-31"})
    page = text(client.get(house.url(f"aides/{aid.pk}/")))
    assert "appeler en janvier" in page
    assert "2026-12-31 → 2027-01-31" in page
    assert "Fiche 1" in send(AID | {"name": 3})


def test_pages_ask_few_questions_whatever_the_rows(house):
    client, row = house.client(), house.obtained()
    actions.promise_target(cofunding=row, measure="supervision", promised=Decimal(10), hand=hand())
    actions.promise_target(cofunding=row, measure="harvest", promised=Decimal(10), hand=hand())
    pay_for(house.invoice("F-0"), row)
    ends = ("", "projets/", f"projets/{row.project.pk}/", f"dossiers/{row.pk}/", f"dossiers/{row.pk}/bilan/",
            "pieces/", f"dossiers/{row.pk}/rattacher/")  # fmt: skip

    def asked() -> dict[str, int]:
        counted = {}
        for end in ends:
            with CaptureQueriesContext(connection) as queries:
                page = text(client.get(house.url(end)))
            counted[end] = len(queries)
            fragment = text(client.get(house.url(end), headers={"HX-Request": "true"}))
            assert middle(fragment.partition("<h1")[2]) in middle(page), end
        return counted

    asked()
    first = asked()
    for number in range(1, 6):
        pay_for(house.invoice(f"F-{number}"), row, 10)
        house.obtained(f"Projet {number}")
        actions.expect(cofunding=row, on=TODAY, amount=euros(1), chance=Decimal(5), hand=hand())
    claim(row)
    content = json.dumps([AID | {"id": number} for number in range(9)]).encode()
    actions.import_aids(ecopole=house.ecopole, content=content, file_name="a", at=hand().at)
    assert asked() == first
    assert max(first.values()) <= 12, first


def test_who_coordinates_reads_and_who_farms_does_not(house):
    row = house.obtained()
    reader = house.client(Role.COORDINATOR)
    page = text(reader.get(house.url(f"dossiers/{row.pk}/")))
    assert "Rattacher" not in page
    assert reader.post(house.url(f"dossiers/{row.pk}/demander/"), {"key": KEY}).status_code == 403
    assert house.client(Role.FARMER).get(house.url()).status_code == 403
    other = make_house("ailleurs")
    stranger = other.client()
    assert stranger.get(other.url(f"dossiers/{row.pk}/")).status_code == 404
    assert stranger.get(house.url()).status_code == 404
