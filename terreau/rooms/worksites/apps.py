from django.apps import AppConfig


class WorksitesConfig(AppConfig):
    name = "terreau.rooms.worksites"
    verbose_name = "Chantiers"
