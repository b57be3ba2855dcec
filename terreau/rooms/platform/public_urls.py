"""Addresses open to people who have no account."""

from django.urls import path

from terreau.rooms.platform.views import passing

urlpatterns = [path("passage/<str:token>/", passing.passing, name="passing")]
