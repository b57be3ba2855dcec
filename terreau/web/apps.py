import gc

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "terreau.web"
    verbose_name = "Terreau"

    def ready(self) -> None:
        """What is loaded by now stays for good, and rows live no longer than what asked for them.

        Searching all of it for rubbish again and again took a fifth of a migration, a demo or a test,
        and doubled the time of the slowest pages.
        """
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
