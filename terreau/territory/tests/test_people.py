"""The life of an invitation, of a role, and of a person who asks to be forgotten."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils import timezone

from terreau.territory.abilities import Role
from terreau.territory.actions import (
    AccountClosed,
    AlreadyMember,
    InvitationExpired,
    InvitationUnknown,
    InvitationUsed,
    LastCoordinator,
    NotYoursToInvite,
    accept_invitation,
    anonymise,
    invite,
    withdraw_role,
)
from terreau.territory.models import Agent, Invitation, Membership, User
from terreau.territory.queries import agents
from terreau.territory.tests.factories import NOW, PASSWORD, someone

EMAIL = "nina@example.org"


def letter(by, agent, role=Role.FARMER, email=EMAIL, at=NOW):
    return invite(ecopole=agent.ecopole, agent=agent, role=role, email=email, by=by, at=at)


def accept(token, at=NOW + timedelta(days=1)):
    return accept_invitation(token=token, name="Nina", password=PASSWORD, at=at)


def test_an_accepted_invitation_opens_the_account_and_gives_the_role(alice, farm):
    invitation, token = letter(alice, farm, email=" Nina@Example.org ")
    nina = accept(token)
    assert (nina.email, nina.name, nina.check_password(PASSWORD)) == (EMAIL, "Nina", True)
    assert nina.memberships.get().role == Role.FARMER
    assert EmailAddress.objects.get(user=nina).verified
    invitation.refresh_from_db()
    assert invitation.accepted_at == NOW + timedelta(days=1)


def test_the_token_is_nowhere_in_the_database(alice, farm):
    invitation, token = letter(alice, farm)
    assert token not in str(Invitation.objects.filter(pk=invitation.pk).values().get())


def test_an_invitation_serves_once(alice, farm):
    _, token = letter(alice, farm)
    accept(token)
    with pytest.raises(InvitationUsed, match="déjà servi"):
        accept(token)
    assert Membership.objects.filter(user__email=EMAIL).count() == 1


def test_an_invitation_lives_fourteen_days(alice, farm):
    _, token = letter(alice, farm)
    with pytest.raises(InvitationExpired, match=r"7 déc\. 2026"):
        accept(token, at=NOW + timedelta(days=14))
    assert accept(token, at=NOW + timedelta(days=14, seconds=-1)).email == EMAIL


def test_an_unknown_token_opens_nothing(db):
    with pytest.raises(InvitationUnknown):
        accept("nimporte")


def test_a_second_letter_replaces_the_first(alice, farm):
    _, first = letter(alice, farm)
    _, second = letter(alice, farm)
    with pytest.raises(InvitationUnknown):
        accept(first)
    assert accept(second).memberships.count() == 1


def test_a_known_person_gains_a_role_and_keeps_their_password(alice, garden, farm):
    someone(EMAIL, garden, Role.GROWER)
    _, token = letter(alice, farm)
    nina = accept_invitation(token=token, name="", password="autre mot de passe", at=NOW)
    assert nina.check_password(PASSWORD)
    assert {m.role for m in nina.memberships.all()} == {Role.GROWER, Role.FARMER}


def test_a_closed_account_is_not_reopened_by_a_letter(alice, garden, farm):
    nina = someone(EMAIL, garden)
    User.objects.filter(pk=nina.pk).update(is_active=False)
    _, token = letter(alice, farm)
    with pytest.raises(AccountClosed):
        accept(token)
    assert Invitation.objects.get().accepted_at is None


def test_who_already_holds_the_role_is_not_invited_again(alice, garden, farm):
    someone(EMAIL, farm, Role.FARMER)
    with pytest.raises(AlreadyMember, match="Ferme partenaire"):
        letter(alice, farm)


def test_a_director_invites_anyone_but_a_coordinator(daniel, garden, farm):
    assert letter(daniel, farm)[0].role == Role.FARMER
    with pytest.raises(NotYoursToInvite, match="Coordination"):
        letter(daniel, garden, role=Role.COORDINATOR)


def test_a_farmer_invites_nobody(fanny, farm):
    with pytest.raises(NotYoursToInvite):
        letter(fanny, farm)


def test_nobody_invites_into_another_ecopole(alice, ecopole, elsewhere):
    far = Agent.objects.create(ecopole=elsewhere, kind="farm", name="Ferme lointaine")
    with pytest.raises(NotYoursToInvite):
        letter(alice, far)
    with pytest.raises(NotYoursToInvite, match="n’est pas une organisation"):
        invite(ecopole=ecopole, agent=far, role=Role.FARMER, email=EMAIL, by=alice, at=NOW)
    assert not Invitation.objects.exists()


def test_the_last_coordinator_stays(alice, garden):
    only = alice.memberships.get()
    with pytest.raises(LastCoordinator, match="Alice"):
        withdraw_role(membership=only, by=alice)
    someone("bob@example.org", garden, Role.COORDINATOR)
    withdraw_role(membership=only, by=alice)
    assert not alice.memberships.exists()


def test_a_director_does_not_withdraw_a_coordinator(alice, daniel, garden):
    someone("bob@example.org", garden, Role.COORDINATOR)
    with pytest.raises(NotYoursToInvite):
        withdraw_role(membership=alice.memberships.get(), by=daniel)


def test_a_forgotten_person_keeps_only_their_key(ecopole, garden):
    person = Agent.objects.create(
        ecopole=ecopole, kind="person", name="Nina Martel", email=EMAIL, phone="0600000000", contact="Nina"
    )
    nina = someone(EMAIL, person, Role.BUYER)
    key = person.pk
    anonymise(agent=person, at=NOW)
    kept = Agent.objects.get(pk=key)
    assert (kept.name, kept.email, kept.phone, kept.contact) == (f"Acteur effacé n° {key}", "", "", "")
    assert kept.anonymised_at == NOW
    assert kept not in agents(ecopole)
    nina.refresh_from_db()
    assert not nina.is_active
    assert "nina" not in f"{nina.email} {nina.name}".lower()


def test_two_people_can_be_forgotten_and_one_who_works_elsewhere_keeps_that_account(ecopole, garden):
    people = [Agent.objects.create(ecopole=ecopole, kind="person", name=name) for name in ("Ana", "Ben")]
    ben = someone("ben@example.org", people[1], Role.BUYER)
    someone("ben@example.org", garden, Role.GROWER)
    for person in people:
        anonymise(agent=person, at=NOW)
    ben.refresh_from_db()
    assert ben.is_active
    assert [m.agent for m in ben.memberships.all()] == [garden]


# The pages


def test_who_tries_an_invitation_too_often_waits_and_keeps_what_was_typed(client, alice, farm, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"invitation": "1/m/ip"}
    link = reverse("invitation", args=[letter(alice, farm, at=timezone.now())[1]])
    assert client.post(link, {"name": "Nina", "password": "court"}).status_code == 422
    often = client.post(link, {"name": "Nina", "password": PASSWORD})
    assert often.status_code == 422
    assert "attendez quelques minutes" in often.content.decode()
    assert 'value="Nina"' in often.content.decode()
    assert not User.objects.filter(email=EMAIL).exists()


def test_from_the_form_to_the_letter_to_the_open_door(client, alice, farm, mailoutbox):
    client.force_login(alice)
    page = reverse("territory:people", args=["polder"])
    answer = client.post(page, {"email": EMAIL, "agent": farm.pk, "role": "farmer"})
    assert answer.status_code == 302
    assert EMAIL in client.get(page).content.decode()
    (mail,) = mailoutbox
    assert mail.to == [EMAIL]
    assert "Ferme des Saules" in mail.body
    link = re.search(r"http://testserver(/invitation/\S+)", mail.body)[1]
    client.logout()
    assert "Ferme des Saules" in client.get(link).content.decode()
    weak = client.post(link, {"name": "Nina", "password": "court"})
    assert weak.status_code == 422
    assert "Nina" in weak.content.decode()
    assert client.post(link, {"name": "Nina", "password": PASSWORD}).status_code == 302
    assert client.session["_auth_user_id"] == str(User.objects.get(email=EMAIL).pk)
    assert client.get(link).status_code == 410


def test_a_known_person_must_still_sign_in(client, alice, garden, farm):
    someone(EMAIL, garden, Role.GROWER)
    _, token = letter(alice, farm)
    link = reverse("invitation", args=[token])
    assert "existe déjà" in client.get(link).content.decode()
    client.post(link)
    assert "_auth_user_id" not in client.session
    assert Membership.objects.filter(user__email=EMAIL, agent=farm).exists()


def test_a_refused_invitation_keeps_what_was_typed(client, daniel, garden):
    client.force_login(daniel)
    page = reverse("territory:people", args=["polder"])
    answer = client.post(page, {"email": EMAIL, "agent": garden.pk, "role": "coordinator"})
    assert answer.status_code == 422
    assert EMAIL in answer.content.decode()
    assert not Invitation.objects.exists()


def test_roles_and_letters_of_another_ecopole_are_out_of_reach(client, alice, elsewhere):
    far = Agent.objects.create(ecopole=elsewhere, kind="farm", name="Ferme lointaine")
    zoe = someone("zoe@example.org", far, Role.COORDINATOR)
    invitation, _ = letter(zoe, far)
    client.force_login(alice)
    for name, pk in (("withdraw", zoe.memberships.get().pk), ("cancel", invitation.pk)):
        assert client.post(reverse(f"territory:{name}", args=["polder", pk])).status_code == 404
    assert zoe.memberships.exists()
    assert Invitation.objects.exists()


def test_a_withdrawn_letter_opens_nothing(client, alice, farm):
    invitation, token = letter(alice, farm)
    client.force_login(alice)
    client.post(reverse("territory:cancel", args=["polder", invitation.pk]))
    assert client.get(reverse("invitation", args=[token])).status_code == 410


def test_the_people_page_asks_the_same_questions_for_two_or_forty(
    client, alice, garden, django_assert_max_num_queries
):
    for number in range(40):
        someone(f"membre{number}@example.org", garden, Role.GROWER)
    client.force_login(alice)
    with django_assert_max_num_queries(8):
        client.get(reverse("territory:people", args=["polder"]))
