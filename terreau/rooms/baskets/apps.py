from django.apps import AppConfig


class BasketsConfig(AppConfig):
    name = "terreau.rooms.baskets"
    verbose_name = "Paniers"
