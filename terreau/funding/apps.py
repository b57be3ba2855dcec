from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "terreau.funding"
    verbose_name = "Financements"
