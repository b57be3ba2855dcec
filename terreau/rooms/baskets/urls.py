from django.urls import path

from terreau.rooms.baskets import depots, views

app_name = "baskets"
urlpatterns = [
    path("", views.home, name="home"),
    path("preparer/", views.pack, name="pack"),
    path("depots/", depots.depots, name="depots"),
    path("depots/enregistrer/", depots.save_depots, name="save_depots"),
    path("depots/reprendre/", depots.copy_depots, name="copy_depots"),
    path("tailles/", views.sizes, name="sizes"),
    path("tailles/enregistrer/", views.save_size, name="save_size"),
    path("tailles/ajouter/", views.add_size, name="add_size"),
    path("feuille.pdf", views.packing_sheet, name="sheet"),
]
