from django.urls import path

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
]
