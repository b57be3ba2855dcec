from django.urls import path

from terreau.territory import people, views

app_name = "territory"

urlpatterns = [
    path("", views.territory_map, name="map"),
    path("acteur/<int:pk>/", views.actor, name="actor"),
    path("personnes/", people.people, name="people"),
    path("personnes/<int:pk>/retirer/", people.withdraw, name="withdraw"),
    path("invitations/<int:pk>/retirer/", people.cancel, name="cancel"),
]
