"""Settings. What an operator may change is an environment variable, listed in docs/guide/exploitation.md."""

import os
import secrets
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("TERREAU_VAR", ROOT / "var"))


def _secret_key() -> str:
    """The operator's key, or one made once and kept beside the database."""
    if key := os.environ.get("TERREAU_SECRET_KEY"):
        return key
    VAR.mkdir(parents=True, exist_ok=True)
    path = VAR / "secret_key"
    if not path.exists():
        path.write_text(secrets.token_urlsafe(50))
        path.chmod(0o600)
    return path.read_text()


# What opens the sealed words of the insertion room: beside the database, never inside.
INSERTION_KEYS = Path(os.environ.get("TERREAU_INSERTION_KEYS", VAR / "insertion_keys"))

# Whoever may read a file signs in again after so long without a gesture.
IDLE_MINUTES = int(os.environ.get("TERREAU_IDLE_MINUTES", "30"))

DEBUG = os.environ.get("TERREAU_DEBUG") == "1"
SECRET_KEY = _secret_key()
ALLOWED_HOSTS = os.environ.get("TERREAU_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("TERREAU_ORIGINS", "").split(",") if o]
HTTPS = os.environ.get("TERREAU_HTTPS") == "1"

# The demo shows its sign-ins on the sign-in page; a real instance never does.
DEMO = os.environ.get("TERREAU_DEMO") == "1"
# A demo, a rehearsal or a test may live on a chosen day (2026-11-23T09:00). Otherwise it is the machine's.
CLOCK = os.environ.get("TERREAU_CLOCK", "")

INSTALLED_APPS = [
    "terreau.web",
    "terreau.billing",
    "terreau.funding",
    "terreau.impact",
    "terreau.planning",
    "terreau.rooms.garden",
    "terreau.rooms.platform",
    "terreau.rooms.baskets",
    "terreau.rooms.insertion",
    "terreau.rooms.worksites",
    "terreau.rooms.incubator",
    "terreau.rooms.thirdplace",
    "terreau.rooms.kitchen",
    "terreau.ledger",
    "terreau.territory",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "lucide",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "terreau.territory.clock.ClockMiddleware",
    "terreau.web.shell.ShellMiddleware",
    "terreau.rooms.insertion.idle.IdleMiddleware",
    "terreau.territory.access.SealMiddleware",
]

ROOT_URLCONF = "terreau.web.urls"
WSGI_APPLICATION = "terreau.web.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [("django.template.loaders.cached.Loader", ["terreau.web.typography.Loader"])],
            "builtins": ["terreau.web.templatetags.terreau"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "terreau.web.shell.shell",
            ],
        },
    }
]

DATABASES = {
    "default": dj_database_url.config(default=f"sqlite:///{VAR / 'terreau.sqlite3'}", conn_max_age=60)
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Writers queue at BEGIN instead of failing at their first write.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
        " PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456;",
    }
else:
    # Compiling a question takes longer than answering any of ours. The years of an écopôle are a gigabyte:
    # they stay in memory, where reading a page of the file costs hardly more than reading a few of its rows.
    # Told otherwise, PostgreSQL goes through whole tables, or whole indexes, to read fewer pages.
    told = "-c jit=off -c seq_page_cost=0.1 -c random_page_cost=0.11"
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", told)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "later"]}}

AUTH_USER_MODEL = "territory.User"
AUTHENTICATION_BACKENDS = ["terreau.territory.access.SignIn"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "terreau.web.accounts.ClosedDoor"
ACCOUNT_FORMS = {
    "login": "terreau.web.accounts.SignIn",
    "reset_password": "terreau.web.accounts.Forgotten",
}
ACCOUNT_SESSION_REMEMBER = True
# The doors without an account, beside the limits of the sign-in page. A keeper notes basket by basket.
ACCOUNT_RATE_LIMITS = {
    "place_sign_up": "10/m/ip,60/h/ip", "basket_join": "10/m/ip,60/h/ip", "try_scenario": "20/m/ip,120/h/ip",
    "basket_keeper": "60/m/ip,300/h/ip", "invitation": "10/m/ip,60/h/ip",
}  # fmt: skip
# Behind the HTTPS server, who comes is whom it says: otherwise all would share one count, its own.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if HTTPS else 0
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Terreau"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

EMAIL_BACKEND = os.environ.get("TERREAU_EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = os.environ.get("TERREAU_EMAIL_HOST", "localhost")
DEFAULT_FROM_EMAIL = os.environ.get("TERREAU_EMAIL_FROM", "terreau@localhost")

LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 60 if DEMO or DEBUG else 3600

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
