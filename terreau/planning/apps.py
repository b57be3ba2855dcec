from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "terreau.planning"
    verbose_name = "Planification"
