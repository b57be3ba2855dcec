"""Addresses open to people who have no account yet."""

from django.urls import path

from terreau.territory import people

urlpatterns = [path("invitation/<str:token>/", people.accept, name="invitation")]
