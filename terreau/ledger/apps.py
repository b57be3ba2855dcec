from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "terreau.ledger"
    verbose_name = "Grand livre"
