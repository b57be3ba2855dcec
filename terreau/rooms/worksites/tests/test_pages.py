"""The worksites' pages: an order led to its report by hand, what was typed is kept, queries do not grow."""

import re
from datetime import timedelta
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from terreau.ledger.models import Event
from terreau.rooms.worksites import actions
from terreau.rooms.worksites.models import Basis, Day, Order, Picture, Site, Tool
from terreau.rooms.worksites.tests.factories import CLOCK, NOW, TODAY, make_worksites, plan, png, work
from terreau.territory.abilities import Role
from terreau.territory.tests.pages import costs, text

KEY = "11111111-aaaa"
QUOTE = {"basis": "hour", "price": "21,50", "hours": "60"}
DONE = {"people": "7", "hours_each": "4,5", "supervisors": "1", "supervision_hours": "5", "area_m2": "1 500"}


@pytest.fixture(autouse=True)
def _friday_evening(settings):
    settings.CLOCK = CLOCK


@pytest.fixture
def house(db):
    return make_worksites()


def test_an_order_is_led_from_its_demand_to_its_report(house):
    client, keys = house.client(), count(10_000_000)

    def post(end: str, **sent) -> str:
        response = client.post(house.url(end), {"key": str(next(keys)), **sent}, follow=True)
        assert response.status_code == 200, text(response)
        return text(response)

    asked = {
        "site": house.sites[0].pk, "provider": house.garden.pk, "what": "Faucher",
        "trade": house.ask().trade_id, "from_on": "01/11/2026", "to_on": "31/12/2026",
    }  # fmt: skip
    assert "Donner le prix" in post("commandes/nouvelle/", **asked)
    order = Order.objects.latest("pk")
    here = f"commandes/{order.pk}/"
    assert "Le client accepte" in post(f"{here}devis/", **QUOTE)
    assert "Planifier des journées" in post(f"{here}accepter/")
    planned = {"day": "27/11/2026", "times": "2", "people": "6", "hours_each": "5"}
    assert "ven. 4 déc." in post(f"{here}planifier/", **planned).lower()
    today, next_week = Day.objects.order_by("on")
    page = post(f"journees/{today.pk}/faite/", **DONE)
    assert "31,5\u00a0h" in page
    assert f"annuler/{next(keys) - 1}" in page
    post(f"journees/{next_week.pk}/annuler/", **{"cancel-reason": "gel"})
    assert "Terminée" in post(f"{here}terminer/")
    report = text(client.get(house.url("bilan/")))
    assert "677,25\u00a0€" in report
    assert "1\u202f500\u00a0m²" in report
    assert client.get(house.url("bilan.pdf")).content.startswith(b"%PDF")


def test_what_was_typed_is_still_there_with_the_reason(house):
    client, order = house.client(), house.accepted(Basis.HOUR, 2_150)
    for end, sent, words in (
        ("sites/ajouter/", {"name": "Mare", "owner": house.owner.pk, "kind": "pond", "commune": "Audruicq",
                            "care": "curer", "passes_a_year": "1"}, "saisissez sa surface"),
        (f"commandes/{order.pk}/planifier/", {"day": "01/01/2031", "times": "1", "people": "6",
                                              "hours_each": "5"}, "hors de la commande"),
        (f"commandes/{house.ask().pk}/devis/", QUOTE | {"price": "-3"}, "au-dessus de 0"),
        (f"commandes/{order.pk}/photos/", {"side": "before", "taken_on": "27/11/2026", "caption": "du pont",
                                           "photo": SimpleUploadedFile("a.gif", b"GIF89a")}, "JPEG ou PNG"),
    ):  # fmt: skip
        response = client.post(house.url(end), {"key": KEY} | sent)
        assert response.status_code == 422, end
        assert words in text(response)
        typed = [value for value in sent.values() if isinstance(value, str)]
        assert all(re.search(rf'[">\n]{re.escape(value)}["<\s]', text(response)) for value in typed)


def test_a_site_is_added_corrected_and_closed(house):
    client = house.client()
    sent = {
        "name": "Mare", "owner": house.owner.pk, "kind": "pond", "commune": "Audruicq", "care": "curer",
        "passes_a_year": "1", "area_m2": "600", "latitude": "50,9", "longitude": "2,05", "key": KEY,
    }  # fmt: skip
    for _ in range(2):
        client.post(house.url("sites/ajouter/"), sent)
    site = Site.objects.get(place__name="Mare")
    assert site.owner == house.owner
    client.post(house.url(f"sites/{site.pk}/modifier/"), sent | {"hazards": "eau profonde", "length_m": "40"})
    page = text(client.get(house.url(f"sites/{site.pk}/")))
    assert "eau profonde" in page
    assert "600\u00a0m² · 40\u00a0m" in page
    client.post(house.url(f"sites/{site.pk}/fermer/"), {"key": KEY})
    assert "n’est plus entretenu" in text(client.get(house.url(f"sites/{site.pk}/")))


def test_tools_go_out_and_come_back_in_one_tap(house):
    client = house.client()
    (day,) = plan(house.accepted(Basis.HOUR, 2_150))
    client.post(house.url("outils/ajouter/"), {"key": KEY, "name": "Faux", "count": "4"})
    tool = Tool.objects.get()
    sheet = f"journees/{day.pk}/"
    client.post(house.url(f"{sheet}sortir/"), {"key": KEY, f"out-{tool.pk}": "3"})
    page = text(client.get(house.url(sheet)))
    assert f'name="back-{tool.pk}" value="3"' in page
    assert "fossé profond" in page
    over = client.post(house.url(f"{sheet}sortir/"), {"key": "22222222", f"out-{tool.pk}": "2"})
    assert over.status_code == 422
    client.post(
        house.url(f"{sheet}rentrer/"), {"key": "33333333", f"back-{tool.pk}": "3", "back-note": "affûter"}
    )
    assert "Au complet" in text(client.get(house.url("outils/")))


def test_a_picture_is_shown_then_erased_for_good(house):
    client, order = house.client(), house.ask()
    sent = {"key": KEY, "side": "before", "taken_on": "27/11/2026",
            "photo": SimpleUploadedFile("a.png", png(b"GPS"))}  # fmt: skip
    client.post(house.url(f"commandes/{order.pk}/photos/"), sent)
    photo = house.url(f"photos/{Picture.objects.get().pk}/")
    shown = client.get(photo)
    assert (shown.content, shown["Content-Type"]) == (png(), "image/png")
    client.post(f"{photo}retirer/", {"key": KEY})
    assert client.get(photo).status_code == 404


def test_the_director_reads_and_somebody_from_elsewhere_finds_nothing(house):
    order = house.accepted(Basis.HOUR, 2_150)
    (day,) = plan(order)
    pages = (
        "",
        "sites/",
        f"sites/{order.site_id}/",
        f"commandes/{order.pk}/",
        f"journees/{day.pk}/",
        "outils/",
    )
    director, stranger = house.client(Role.DIRECTOR), make_worksites("ailleurs").client()
    own = make_worksites("loin")
    elsewhere = own.client()
    for end in pages:
        main = text(director.get(house.url(end))).partition("<main")[2].partition("</main>")[0]
        assert "<button" not in main, end
        assert stranger.get(house.url(end)).status_code == 404
    assert director.post(house.url(f"commandes/{order.pk}/terminer/"), {"key": KEY}).status_code == 403
    # In one's own écopôle, another's order does not exist.
    assert elsewhere.post(own.url(f"commandes/{order.pk}/terminer/"), {"key": KEY}).status_code == 404
    assert elsewhere.get(own.url(f"bilan/?client={house.owner.pk}")).status_code == 404


def test_the_number_of_queries_does_not_grow_and_a_fragment_is_the_page_s_middle(house):
    client, order = house.client(), house.accepted(Basis.DAY, 65_000)
    tool = actions.save_tool(ecopole=house.ecopole, name="Faux", count=9, key="tool")
    (day,) = plan(order)
    pages = (
        "", "sites/", f"sites/{order.site_id}/", f"commandes/{order.pk}/", f"journees/{day.pk}/", "outils/",
        "bilan/",
    )  # fmt: skip

    work(day)
    first = costs(house, client, pages)
    for number in range(1, 6):
        (more,) = plan(order, TODAY - timedelta(days=number))
        work(more)
        actions.take_out(day=more, counts={tool.pk: 1}, by=None, at=NOW, key="out")
        for side in ("before", "after"):
            actions.add_picture(
                order=order, side=side, photo=png(), caption="", taken_on=TODAY, by=None, at=NOW,
                key=f"{side}-{number}",
            )  # fmt: skip
        house.accepted(Basis.HOUR, 2_150, site=1)
    grown = costs(house, client, pages)
    assert max(grown.values()) <= 10
    # The list of photographs' files is one query more than no file at all.
    assert all(grown[end] <= first[end] + 1 for end in pages), (first, grown)
    assert costs(house, client, pages) == grown
    assert Event.objects.filter(process__kind="worksite").count() == 18
