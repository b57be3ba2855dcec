from django.apps import AppConfig


class ImpactConfig(AppConfig):
    name = "terreau.impact"
    verbose_name = "Impact"
