from django.apps import AppConfig


class KitchenConfig(AppConfig):
    name = "terreau.rooms.kitchen"
    verbose_name = "Transformation"
