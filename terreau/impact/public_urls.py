"""The answer, open to people who have no account."""

from django.urls import path

from terreau.impact import public

urlpatterns = [path("contribution/<slug:ecopole>/", public.page, name="impact_public")]
