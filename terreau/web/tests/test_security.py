"""What stands at the door: headers of every answer, cookies, how often a stranger may try."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from terreau.territory.models import User

LOGIN = {"login": "ana@exemple.invalid", "password": "mauvais-mot"}


@pytest.fixture
def ana(db) -> User:
    return User.objects.create_user("ana@exemple.invalid", "un-vrai-mot-de-passe", name="Ana")


@pytest.fixture
def stranger(db) -> Client:
    cache.clear()
    yield Client()
    cache.clear()


def test_every_answer_even_to_a_stranger_says_what_a_browser_may_do(stranger):
    headers = stranger.get(reverse("account_login")).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert rule in headers["Content-Security-Policy"]


def test_the_cookie_of_a_session_is_out_of_reach_of_scripts_and_of_other_sites(stranger, ana):
    answer = stranger.post(reverse("account_login"), LOGIN | {"password": "un-vrai-mot-de-passe"})
    assert answer.status_code == 302
    cookie = stranger.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_behind_https_cookies_are_secure_and_the_browser_never_comes_back_without(tmp_path):
    told = "import terreau.web.settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
    told += "s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS, s.ALLAUTH_TRUSTED_PROXY_COUNT)"
    here = os.environ | {"TERREAU_HTTPS": "1", "TERREAU_VAR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", told], env=here, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "True", "True", "31536000", "1"]


def test_who_tries_passwords_is_stopped_even_with_the_right_one(stranger, ana):
    for _ in range(5):
        assert stranger.post(reverse("account_login"), LOGIN).status_code == 200
    answer = stranger.post(reverse("account_login"), LOGIN | {"password": "un-vrai-mot-de-passe"})
    assert answer.status_code == 200
    assert "sessionid" not in stranger.cookies
    assert "Trop de tentatives" in answer.content.decode()


def test_behind_https_each_visitor_has_their_own_count(stranger, ana, settings):
    """Whoever tries passwords through the same server stops nobody else."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    settings.ACCOUNT_RATE_LIMITS = {"login": "3/m/ip"}
    url, right = reverse("account_login"), LOGIN | {"password": "un-vrai-mot-de-passe"}
    for _ in range(3):
        stranger.post(url, LOGIN, headers={"x-forwarded-for": "203.0.113.7"})
    assert stranger.post(url, right, headers={"x-forwarded-for": "203.0.113.7"}).status_code == 429
    # What a visitor writes there comes before what the server adds.
    forged = {"x-forwarded-for": "198.51.100.1, 203.0.113.7"}
    assert stranger.post(url, right, headers=forged).status_code == 429
    assert stranger.post(url, right, headers={"x-forwarded-for": "203.0.113.8"}).status_code == 302


def test_a_form_from_another_site_is_refused():
    answer = Client(enforce_csrf_checks=True).post(reverse("account_login"), LOGIN)
    assert answer.status_code == 403


def test_a_body_too_large_is_refused(stranger):
    form, url = "application/x-www-form-urlencoded", reverse("account_login")
    too_long = "login=" + "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert stranger.post(url, too_long, content_type=form).status_code == 400
    assert stranger.post(url, {f"n{i}": "1" for i in range(5_001)}).status_code == 400
