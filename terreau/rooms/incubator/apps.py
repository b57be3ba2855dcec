from django.apps import AppConfig


class IncubatorConfig(AppConfig):
    name = "terreau.rooms.incubator"
    verbose_name = "Couveuse"
