from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "terreau.territory"
    verbose_name = "Territoire"
