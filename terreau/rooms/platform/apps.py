from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "terreau.rooms.platform"
    verbose_name = "Plateforme"
