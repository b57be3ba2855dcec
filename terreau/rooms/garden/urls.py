from django.urls import path

from terreau.rooms.garden.views import register
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
    path("registre/", register.register, name="register"),
    path("registre.pdf", register.register_pdf, name="register_pdf"),
    path("apports/", register.inputs, name="inputs"),
    path("apports/noter/", register.add_input, name="add_input"),
    path("apports/retirer/", register.withdraw_input, name="withdraw_input"),
    path("feuille.pdf", views.harvest_sheet, name="sheet"),
]
