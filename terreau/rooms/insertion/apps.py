from django.apps import AppConfig


class InsertionConfig(AppConfig):
    name = "terreau.rooms.insertion"
    verbose_name = "Insertion"
