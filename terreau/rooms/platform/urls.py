from django.urls import path

from terreau.rooms.platform.views import canteens, certificates, day, offers, orders, sheets, stock

app_name = "platform"

urlpatterns = [
    path("", day.home, name="home"),
    path("arrivees/", day.arrivals, name="arrivals"),
    path("arrivees/recevoir/", day.receive, name="receive"),
    path("preparation/", day.picking, name="picking"),
    path("preparation/preparer/", day.pick, name="pick"),
    path("preparation/feuille.pdf", sheets.picking_sheet, name="picking_sheet"),
    path("livraisons/", day.deliveries, name="deliveries"),
    path("livraisons/livrer/", day.deliver, name="deliver"),
    path("livraisons/ranger/", day.put_back, name="put_back"),
    path("livraisons/livraisons.pdf", sheets.delivery_sheet, name="delivery_sheet"),
    path("stock/", stock.stock_page, name="stock"),
    path("stock/<str:code>/<int:place>/perte/", stock.loss, name="loss"),
    path("compost/", day.compost, name="compost"),
    path("compost/composter/", day.set_aside, name="set_aside"),
    path("offres/", offers.offer, name="offer"),
    path("offres/reprendre/", offers.offer_again, name="offer_again"),
    path("offres/<int:pk>/retirer/", offers.offer_withdraw, name="offer_withdraw"),
    path("offres/import/", offers.offer_file, name="offer_file"),
    path("certificats/", certificates.certificates, name="certificates"),
    path("certificats/<int:pk>/retirer/", certificates.withdraw, name="certificate_withdraw"),
    path("commandes/", orders.order, name="order"),
    path("commandes/reprendre/", orders.order_again, name="order_again"),
    path("commandes/<int:pk>/retirer/", orders.order_withdraw, name="order_withdraw"),
    path("commandes/achats/", canteens.purchases, name="purchases"),
    path("commandes/achats/ma-cantine.csv", canteens.purchases_file, name="purchases_file"),
]
