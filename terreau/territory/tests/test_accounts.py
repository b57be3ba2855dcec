"""Sign-in pages: ours, in French, with no door for strangers."""

import pytest
from django.urls import reverse

from terreau.territory.tests.factories import PASSWORD


def test_alice_signs_in_with_her_address_and_password(client, alice):
    answer = client.post(reverse("account_login"), {"login": "alice@example.org", "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_a_wrong_password_opens_nothing(client, alice):
    client.post(reverse("account_login"), {"login": "alice@example.org", "password": "au hasard"})
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_a_stranger_cannot_sign_up(client):
    form = {"email": "x@example.org", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post(reverse("account_signup"), form)
    assert "sur invitation" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["account_login", "account_reset_password", "account_reset_password_done"])
def test_public_account_pages_come_through_the_gate(client, name):
    page = client.get(reverse(name)).content.decode()
    assert '<main class="gate-main"' in page
    assert "style=" not in page


@pytest.mark.parametrize("name", ["account_change_password", "account_logout", "mfa_index", "account_email"])
def test_pages_of_ones_own_account_come_through_the_gate(client, alice, name):
    client.post(reverse("account_login"), {"login": "alice@example.org", "password": PASSWORD})
    assert '<main class="gate-main"' in client.get(reverse(name)).content.decode()


def test_a_second_factor_is_activated_asked_and_given_up(client, alice):
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    def code(secret: str) -> str:
        return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))

    signing_in = {"login": "alice@example.org", "password": PASSWORD}
    client.post(reverse("account_login"), signing_in)
    again = client.get(reverse("mfa_activate_totp"))
    assert "C’est bien vous" in client.get(again.url).content.decode()
    page = client.post(again.url, {"password": PASSWORD}, follow=True)
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    assert "active" in client.get(reverse("mfa_index")).content.decode()
    assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 200
    codes = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200
    client.post(reverse("account_logout"))
    answer = client.post(reverse("account_login"), signing_in)
    assert answer.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert "double clé" in client.get(answer.url).content.decode()
    client.post(answer.url, {"code": codes[0]})
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_a_forgotten_password_is_changed_by_the_letter(client, alice, mailoutbox):
    client.post(reverse("account_reset_password"), {"email": "alice@example.org"})
    (mail,) = mailoutbox
    link = next(word for word in mail.body.split() if word.startswith("http"))
    page = client.get(link, follow=True)
    new = "encore trois mots"
    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
    alice.refresh_from_db()
    assert alice.check_password(new)
