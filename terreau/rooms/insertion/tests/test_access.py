"""Who reaches whom: the people one follows, the team one supervises, everybody for the direction."""

from datetime import date

import pytest

from terreau.rooms.insertion.access import TABLE, Part
from terreau.rooms.insertion.models import Export, Following, Posting
from terreau.rooms.insertion.tests.factories import as_, written
from terreau.rooms.insertion.urls import urlpatterns
from terreau.rooms.insertion.views import file
from terreau.territory.abilities import Role

PROTECTED = {Part.SOCIAL, Part.HEALTH, Part.JUSTICE, Part.BUDGET, Part.CRITERIA, Part.IDENTITY, Part.PASS}


def status(world, name: str, person, page: str = "") -> int:
    return as_(world, name).get(world.url(f"{person.code}/{page}")).status_code


def test_a_supervisor_never_reads_what_is_not_work():
    assert not TABLE[Role.SUPERVISOR] & PROTECTED
    assert set(TABLE) == {Role.COUNSELLOR, Role.SUPERVISOR, Role.DIRECTOR, Role.PARTICIPANT}


def test_every_page_of_a_file_says_its_parts():
    for pattern in urlpatterns:
        if "person" in pattern.pattern.converters:
            assert pattern.callback.parts, f"{pattern.name}: @opens(…) comes second"
    assert file.ability == "see_insertion"


@pytest.mark.parametrize(
    ("who", "ana", "bob"),
    [("maxence", 200, 404), ("imane", 404, 200), ("morgan", 200, 404), ("salome", 404, 200),
     ("daniel", 200, 200), ("alice", 403, 403), ("gael", 403, 403), ("lou", 403, 403), ("noa", 403, 403),
     ("fanny", 403, 403), ("charlie", 403, 403), ("ana", 403, 403)],
)  # fmt: skip
def test_a_file_opens_to_who_accompanies(world, who, ana, bob):
    assert (status(world, who, world.ana), status(world, who, world.bob)) == (ana, bob)


def test_a_supervisor_is_told_nothing_of_the_rest_of_the_file(world):
    for page in ("entree/", "justice/", "eligibilite/", "papier/", "lectures/"):
        assert status(world, "morgan", world.ana, page) == 403


def test_handed_over_a_file_is_read_by_the_next_counsellor_alone(world):
    Following.objects.create(
        **written(participant=world.ana, counsellor=world.people["imane"], since=date(2026, 11, 20))
    )
    assert (status(world, "maxence", world.ana), status(world, "imane", world.ana)) == (404, 200)


def test_a_person_who_changes_team_is_read_by_the_new_supervisor(world):
    Posting.objects.create(**written(participant=world.ana, team=world.other_team, since=date(2026, 11, 20)))
    assert (status(world, "morgan", world.ana), status(world, "salome", world.ana)) == (404, 200)


def test_who_leaves_the_house_reads_nothing_the_same_minute(world):
    world.people["maxence"].memberships.all().delete()
    assert status(world, "maxence", world.ana) == 404


def test_another_ecopole_does_not_exist(world):
    from terreau.rooms.insertion.tests.factories import small

    other = small("ailleurs")
    assert as_(world, "daniel").get(other.url(f"{other.ana.code}/")).status_code == 404
    assert as_(world, "daniel").get(world.url(f"{other.ana.code}x/")).status_code == 404


def test_the_list_holds_one_s_own_people(world):
    assert "Ana Martin" in as_(world, "maxence").get(world.url()).content.decode()
    assert "Bob Durand" not in as_(world, "maxence").get(world.url()).content.decode()
    both = as_(world, "daniel").get(world.url()).content.decode()
    assert "Ana Martin" in both
    assert "Bob Durand" in both


def test_a_person_reads_their_own_page_and_no_other(world):
    page = as_(world, "ana").get(world.url("mon-parcours/")).content.decode()
    assert "Ana Martin" in page
    assert as_(world, "ana").get(world.url()).status_code == 403


def test_a_pseudonym_is_on_no_page_of_the_territory(world):
    client, here = as_(world, "alice"), f"/e/{world.ecopole.slug}/territoire/"
    for page in ("", "personnes/", f"acteurs/{world.ana.agent.pk}/"):
        answer = client.get(here + page)
        assert "P-ANA2" not in answer.content.decode()
    assert "ana.essai@exemple.invalid" not in client.get(here + "personnes/").content.decode()


def test_an_export_is_logged(world, rf):
    from terreau.rooms.insertion.access import log_export
    from terreau.rooms.insertion.tests.factories import NOW

    request = rf.get("/")
    request.user, request.ecopole, request.now = world.people["daniel"], world.ecopole, NOW
    log_export(request, "état mensuel", people=2, nominative=True)
    assert list(Export.objects.values_list("what", "people", "nominative")) == [("état mensuel", 2, True)]
