"""Addresses open to people who have no account."""

from django.urls import path

from terreau.rooms.baskets.views import public, solidarity

urlpatterns = [
    path("paniers/bienvenue/<str:token>/", public.joined, name="basket_joined"),
    path("paniers/depot/<str:token>/", public.keeper, name="basket_keeper"),
    path("paniers/orientation/<str:token>/", solidarity.refer, name="basket_refer"),
    path("paniers/agenda/<str:token>.ics", public.feed, name="basket_feed"),
    path("paniers/<slug:ecopole>/", public.home, name="basket_public"),
    path("paniers/<slug:ecopole>/rejoindre/", public.join, name="basket_join"),
    path("paniers/<slug:ecopole>/feuille/<str:week>/", public.sheet, name="basket_sheet"),
]
