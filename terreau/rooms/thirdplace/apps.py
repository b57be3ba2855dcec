from django.apps import AppConfig


class ThirdplaceConfig(AppConfig):
    name = "terreau.rooms.thirdplace"
    verbose_name = "Tiers-lieu"
