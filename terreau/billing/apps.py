from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "terreau.billing"
    verbose_name = "Facturation"
