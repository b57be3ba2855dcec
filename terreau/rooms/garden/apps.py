from django.apps import AppConfig


class GardenConfig(AppConfig):
    name = "terreau.rooms.garden"
    verbose_name = "Jardin"
