"""A file of aids is read whole or refused whole; read again, it says what differs and keeps our words."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from terreau.funding.actions import annotate, import_aids
from terreau.funding.catalogue import FileRefused, read
from terreau.funding.matching import Need
from terreau.funding.models import Aid, AidChange
from terreau.funding.queries import fitting
from terreau.funding.tests.factories import NOW, hand, make_house

AID = {
    "id": 1201, "slug": "circuits", "name": "Circuits courts", "financers": ["Conseil régional"],
    "perimeter": "Hauts-de-France", "mobilization_steps": ["Mise en œuvre / réalisation"],
    "targeted_audiences": ["Associations", "epci"], "aid_types": ["grant"], "recurrence": "oneoff",
    "destinations": ["Dépenses d’investissement"], "start_date": "2026-01-15",
    "submission_deadline": "2026-12-31", "subvention_rate_lower_bound": 20,
    "subvention_rate_upper_bound": 50, "is_call_for_project": True, "date_updated": "2026-10-02T10:00:00Z",
}  # fmt: skip


def load(house, *records, name="aides.json"):
    content = json.dumps(list(records)).encode()
    return import_aids(ecopole=house.ecopole, content=content, file_name=name, at=NOW)


def test_a_record_is_kept_with_the_codes_of_its_words():
    (record,) = read(json.dumps({"results": [AID]}).encode()).records
    assert record.source_id == "1201"
    assert record.updated_on == date(2026, 10, 2)
    assert record.data["targeted_audiences"] == ["association", "epci"]
    assert (record.data["mobilization_steps"], record.data["destinations"]) == (["op"], ["investment"])


def test_read_again_it_says_what_differs_and_keeps_our_words(db):
    house = make_house()
    assert load(house, AID, AID | {"id": 2, "name": "Autre"}).added == 2
    aid = Aid.objects.get(source_id="1201")
    annotate(aid=aid, note="Vu avec la Région", tags=["circuits-courts"], hand=hand())
    later = AID | {"submission_deadline": "2027-02-01", "date_updated": "2026-11-20"}
    told = load(house, later, AID | {"id": 2, "name": "Autre"})
    assert (told.added, told.same) == (0, 1)
    assert [one.fields for one in told.changed] == [{"submission_deadline": ["2026-12-31", "2027-02-01"]}]
    aid.refresh_from_db()
    assert (aid.note, aid.themes, aid.data["submission_deadline"]) == (
        "Vu avec la Région", ["circuits-courts"], "2027-02-01",
    )  # fmt: skip
    assert load(house, aid.data | {"id": 1201}).same == 1
    assert AidChange.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04", "pas du JSON"), (b"[]", "Aucune fiche"), (b'{"a": 1}', "Aucune fiche"),
        (b"[3]", "Fiche 1"),
        (b'[{"id": 1, "name": "A", "loan_amount": NaN}]', "pas du JSON"),
        (b'[{"id": 1, "name": "A"}, {"id": 1, "name": "B"}]', "Fiche 2\u202f: le numéro 1"),
        (b'[{"id": true, "name": ""}]', "«\u202fid\u202f» manque"),
        (b'[{"id": 1, "name": "A\\u0000"}]', "caractère qui n’en est pas un"),
        (b'[{"id": 1, "name": "A\\ud800"}]', "caractère qui n’en est pas un"),
        (b'[{"id": 1, "name": "A", "start_date": "31/02/2026"}]', "«\u202fstart_date\u202f» ne se lit pas"),
        (b'[{"id": 1, "name": "A", "targeted_audiences": ["Martiens"]}]', "Martiens"),
        (b'[{"id": 1, "name": "A", "targeted_audiences": "Communes"}]', "une liste de textes"),
        (b'[{"id": 1, "name": "A", "subvention_rate_upper_bound": 180}]', "entre 0 et 100"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_whole_with_its_rows(content, words):
    with pytest.raises(FileRefused) as refusal:
        read(content)
    assert words in str(refusal.value)


def test_an_imported_aid_is_judged_as_a_scheme_is(db):
    house = make_house()
    load(house, AID, AID | {"id": 2, "name": "Bretagne", "perimeter": "Bretagne"})
    places = ("Audruicq", "CC de la Région d’Audruicq", "Pas-de-Calais", "Hauts-de-France")
    need = Need("association", places, 5_300, "op", "investment", date(2026, 11, 27))
    states = {one.name: one.match.state for one in fitting(house.ecopole, need) if one.aid_id}
    assert states == {"Circuits courts": "eligible", "Bretagne": "no"}


def test_the_command_imports_a_file_or_says_why_not(db, tmp_path):
    make_house()
    path, out = tmp_path / "aides.json", StringIO()
    path.write_text(json.dumps([AID | {"european_aid": "sectorial"}]))
    call_command("aids", "import", str(path), stdout=out)
    assert "Nouvelles : 1, changées : 0, inchangées : 0" in out.getvalue()
    assert "Champs non repris : european_aid" in out.getvalue()
    path.write_text(json.dumps([AID | {"id": ""}]))
    with pytest.raises(CommandError, match="Fiche 1"):
        call_command("aids", "import", str(path))
    with pytest.raises(CommandError, match="Vérifiez le chemin"):
        call_command("aids", "import", str(tmp_path / "absent.json"))
