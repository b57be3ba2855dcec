"""The smallest site of juntagrico, the peer beside which baskets are measured: settings and addresses."""

import os
from pathlib import Path

import django
from django.conf import settings

FILE = Path(os.environ["PEER_DB"])
CONTRIB = ("auth", "contenttypes", "sessions", "messages", "staticfiles", "sites")
PEER = (
    "import_export", "impersonate", "crispy_forms", "crispy_bootstrap4", "adminsortable2", "polymorphic",
    "djrichtextfield", "django_select2", "juntagrico", "django.contrib.admin",
)  # fmt: skip
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware", "impersonate.middleware.ImpersonateMiddleware",
)  # fmt: skip
CONTEXT = (
    "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages", "juntagrico.context_processors.vocabulary",
)  # fmt: skip
STORED = "django.core.files.storage.FileSystemStorage"

if not settings.configured:
    settings.configure(
        SECRET_KEY="of nobody",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        SITE_ID=1,
        INSTALLED_APPS=[*(f"django.contrib.{name}" for name in CONTRIB), *PEER],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FILE}},
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": CONTEXT},
            }
        ],
        STORAGES={
            "default": {"BACKEND": STORED},
            "internal": {"BACKEND": STORED, "OPTIONS": {"location": FILE.parent}},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
        STATIC_URL="/static/",
        LANGUAGE_CODE="fr",
        TIME_ZONE="Europe/Paris",
        USE_TZ=True,
        CRISPY_TEMPLATE_PACK="bootstrap4",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()

from django.contrib import admin  # noqa: E402 — once the settings are known
from django.urls import include, path  # noqa: E402

urlpatterns = [
    path("admin/", admin.site.urls),
    path("impersonate/", include("impersonate.urls")),
    path("", include("juntagrico.urls")),
]
