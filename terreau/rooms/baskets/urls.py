from django.urls import path

from terreau.rooms.baskets import depots
from terreau.rooms.baskets.views import evenings, members, own, packing

app_name = "baskets"
urlpatterns = [
    path("", packing.home, name="home"),
    path("preparer/", packing.pack, name="pack"),
    path("depots/", depots.depots, name="depots"),
    path("depots/enregistrer/", depots.save_depots, name="save_depots"),
    path("depots/reprendre/", depots.copy_depots, name="copy_depots"),
    path("depots/abonnes/", members.fill, name="fill"),
    path("tailles/", packing.sizes, name="sizes"),
    path("tailles/enregistrer/", packing.save_size, name="save_size"),
    path("tailles/ajouter/", packing.add_size, name="add_size"),
    path("feuille.pdf", packing.packing_sheet, name="sheet"),
    path("chargement/", evenings.loading, name="loading"),
    path("listes.pdf", evenings.lists, name="lists"),
    path("etiquettes.pdf", evenings.labels, name="labels"),
    path("soirees/", evenings.evenings, name="evenings"),
    path("soirees/<int:pk>/", evenings.evening, name="evening"),
    path("membres/", members.members, name="members"),
    path("membres/proposer/", members.offer, name="offer"),
    path("membres/<int:pk>/", members.member, name="member"),
    path("regles/", members.settings, name="settings"),
    path("regles/enregistrer/", members.set_terms, name="set_terms"),
    path("regles/prix/", members.set_price, name="set_price"),
    path("regles/depots/<int:pk>/", members.depot, name="depot"),
    path("feuille-de-chou/", members.weekly_sheet, name="weekly_sheet"),
    path("feuille-de-chou.pdf", members.weekly_sheet_pdf, name="weekly_sheet_pdf"),
    path("moi/", own.own, name="own"),
    path("moi/<int:pk>/remise/", own.change, name="change"),
    path("moi/<int:pk>/pause/", own.pause, name="pause"),
    path("moi/<int:pk>/regles/", own.change_terms, name="change_terms"),
    path("moi/<int:pk>/arreter/", own.stop, name="stop"),
    path("moi/pauses/<int:pk>/retirer/", own.end_pause, name="end_pause"),
    path("moi/abonnement/", own.subscribe, name="subscribe"),
    path("moi/place/<int:pk>/", own.answer_offer, name="answer_offer"),
    path("moi/donnees/", own.data, name="own_data"),
    path("moi/donnees/fichier", own.export, name="export"),
    path("moi/quitter/", own.leave, name="leave"),
]
