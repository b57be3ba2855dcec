from django.urls import path

from terreau.rooms.garden.views import field, tasks
from terreau.rooms.garden.views import week as views

app_name = "garden"
urlpatterns = [
    path("", views.home, name="home"),
    path("recolte/", views.harvest, name="harvest"),
    path("autre/", views.other, name="other"),
    path("prevision/", views.forecast, name="forecast"),
    path("prevision/enregistrer/", views.save_forecast, name="save_forecast"),
    path("prevision/reprendre/", views.copy_forecast, name="copy_forecast"),
    path("prevision/ligne/", views.forecast_line, name="forecast_line"),
    path("prevision/retirer/", views.remove_forecast, name="remove_forecast"),
    path("feuille.pdf", views.harvest_sheet, name="sheet"),
    path("travaux/", tasks.tasks, name="tasks"),
    path("travaux/fait/", tasks.work, name="work"),
    path("travaux.pdf", tasks.task_sheet, name="task_sheet"),
    path("terrain/", field.page, name="field"),
    path("terrain/sw.js", field.worker, name="field_worker"),
    path("terrain/terrain.webmanifest", field.manifest, name="field_manifest"),
    path("terrain/donnees.json", field.data, name="field_data"),
    path("terrain/envoi/", field.send, name="field_send"),
    path("planche/<int:place>/", field.bed, name="bed_field"),
    path("observations/", field.notes, name="notes"),
    path("observations/<int:note>/photo", field.photo, name="note_photo"),
    path("etiquettes.pdf", field.labels, name="labels"),
]
