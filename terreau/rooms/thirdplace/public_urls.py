"""Addresses open to people who have no account."""

from django.urls import path

from terreau.rooms.thirdplace.views import public

urlpatterns = [
    path("tiers-lieu/inscription/<str:token>/", public.mine, name="place_sign_up"),
    path("tiers-lieu/agenda/<str:token>.ics", public.own_feed, name="place_own_feed"),
    path("tiers-lieu/<slug:ecopole>/", public.agenda, name="place_public"),
    path("tiers-lieu/<slug:ecopole>/agenda.ics", public.feed, name="place_feed"),
    path("tiers-lieu/<slug:ecopole>/credits/", public.credits, name="place_credits"),
    path("tiers-lieu/<slug:ecopole>/<int:pk>/", public.gathering, name="place_gathering"),
]
