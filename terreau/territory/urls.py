from django.urls import path

from terreau.territory import actors, people, views

app_name = "territory"

urlpatterns = [
    path("", views.territory_map, name="map"),
    path("acteur/ajouter/", actors.add_actor, name="add_actor"),
    path("acteur/<int:pk>/", views.actor, name="actor"),
    path("acteur/<int:pk>/modifier/", actors.change_actor, name="change_actor"),
    path("acteur/<int:pk>/lieux/ajouter/", actors.add_place, name="add_place"),
    path("acteur/<int:pk>/planches/ajouter/", actors.add_beds, name="add_beds"),
    path("lieu/<int:pk>/modifier/", actors.change_place, name="change_place"),
    path("personnes/", people.people, name="people"),
    path("personnes/<int:pk>/retirer/", people.withdraw, name="withdraw"),
    path("invitations/<int:pk>/retirer/", people.cancel, name="cancel"),
]
