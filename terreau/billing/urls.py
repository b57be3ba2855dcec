from django.urls import path

from terreau.billing import views

app_name = "billing"
urlpatterns = [
    path("", views.home, name="home"),
    path("liste/", views.invoices, name="invoices"),
    path("reglages/", views.settings, name="settings"),
    path("reglages/vendeur/", views.say_issuer, name="say_issuer"),
    path("reglages/client/", views.say_customer, name="say_customer"),
    path("mois/<str:month>/facturer", views.close, name="close"),
    path("cloture/<slug:key>/", views.closing, name="closing"),
    path("miennes/", views.own, name="own"),
    path("miennes/<int:pk>/pdf", views.own_pdf, name="own_pdf"),
    path("<int:pk>/", views.invoice, name="invoice"),
    path("<int:pk>/pdf", views.pdf, name="pdf"),
    path("<int:pk>/xml", views.xml, name="xml"),
    path("<int:pk>/avoir/", views.credit, name="credit"),
]
