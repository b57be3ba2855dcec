"""The incubator's pages: a test led by hand, figures kept between the person and their tutor, queries few."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.urls import reverse
from django.utils import timezone

from terreau.measures.money import Money
from terreau.rooms.incubator import actions
from terreau.rooms.incubator.models import Booking, Contract, CropPlan, Equipment, Loan, Plot, Project, Tutor
from terreau.rooms.incubator.tests.factories import (
    ALL_CLAUSES,
    CLOCK,
    OWN_SIRET,
    TODAY,
    hand,
    make_couveuse,
)
from terreau.rooms.incubator.tests.test_constraints import CROP, PLOT
from terreau.rooms.incubator.urls import urlpatterns
from terreau.territory.abilities import Role
from terreau.territory.models import Place
from terreau.territory.tests.factories import someone
from terreau.territory.tests.pages import costs

KEY = "11111111-aaaa"
CONTRACT = {
    "status": "cape", "starts_on": "01/11/2026", "ends_on": "31/10/2027", "ceiling": "1 000",
    "fee_percent": "10", "accounting_months": "3",
} | ALL_CLAUSES  # fmt: skip


@pytest.fixture(autouse=True)
def _friday_evening(settings):
    settings.CLOCK = CLOCK


@pytest.fixture
def house(db):
    return make_couveuse()


def text(response) -> str:
    return response.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


def test_a_test_is_led_from_its_application_to_its_exit(house):
    client, keys = house.client(house.tutor), count(10_000_000)

    def post(end: str, **sent) -> str:
        response = client.post(house.url(end), {"key": str(next(keys)), **sent}, follow=True)
        assert response.status_code == 200, text(response)
        return text(response)

    post(
        "candidature/", name="Inès Durand", email="ines@exemple.invalid", born_on="02/05/1994",
        title="La Menthe", what="Légumes", region="hauts-de-france", on="01/10/2026",
    )  # fmt: skip
    project = Project.objects.get()
    here = f"{project.pk}/"
    assert "projet mûr" in post(f"{here}entretien/", on="05/10/2026", note="projet mûr")
    assert "Écrire le contrat" in post(f"{here}accepter/", on="10/10/2026", mark="MEN")
    post(f"{here}contrat/", **CONTRACT)
    contract = Contract.objects.get()
    assert client.get(house.url(f"{here}contrats/{contract.pk}.pdf")).content.startswith(b"%PDF")
    assert "Signé" in post(f"{here}contrats/{contract.pk}/signer/", on="30/10/2026")
    lent = {"starts_on": "01/11/2026", "ends_on": "31/12/2026", "area_m2": "60", "quality": "2"}
    assert "60 m² de Jardin" in post(f"{here}moyens/preter/", place=house.beds[0].pk, **lent)
    loan = Loan.objects.get()
    page = post(
        f"{here}chiffres/recolter/", loan=loan.pk, product=house.carrot.pk, quantity="12,5", on="20/11/2026"
    )
    assert "12,5 kg" in page
    sale = {"customer": house.shop.pk, "product": house.carrot.pk, "on": "21/11/2026"}
    assert "annuler/" in post(f"{here}chiffres/vendre/", quantity="10", price="20", **sale)
    post(f"{here}chiffres/heures/", hours="3", crop=house.carrot.pk, on="20/11/2026")
    post(f"{here}chiffres/engagement/", supplier="Serres", what="bâche", amount="850", on="20/11/2026")
    page = post(f"{here}chiffres/accompagnement/", topic="prix", hours="1", on="20/11/2026")
    assert "−832,00 €" in page
    assert "Le plafond est proche" in page
    assert "CAPE" in page
    assert client.get(house.url(f"{here}chiffres/releve-2026-11-01.pdf")).content.startswith(b"%PDF")
    crop = {
        "product": house.carrot.pk, "area_m2": "60", "quantity": "100", "price": "2", "hours": "30",
        "costs": "40", "first_month": "11", "last_month": "12",
    }  # fmt: skip
    page = post(f"{here}plan/culture/?annee=2026", **crop)
    assert "200,00 €" in page
    assert "Prudent" in page
    # Planned for a year of which the ledger knows nothing yet.
    assert "200,00 €" in post(f"{here}plan/culture/?annee=2028", **crop)
    post(f"{here}plan/annee/?annee=2026", opening="500", fixed="10")
    assert "18,00 €" in text(client.get(house.url(f"{here}plan/?annee=2026")))
    assert "Fait le 20 nov. 2026" in post(f"{here}cocher/dja-ppp/", on="20/11/2026", partner="Chambre")
    plot = {
        "name": "Le Clos", "area_ha": "1", "cycle": "annual", "started_on": "01/03/2026",
        "product": house.carrot.pk, "sown_month": "4", "harvest_month": "9", "per_ha": "1000",
        "price_conventional": "1", "price_conversion": "1,20", "price_organic": "1,80",
    }  # fmt: skip
    assert "en conversion (C2)" in post(f"{here}conversion/parcelle/", **plot)
    post(f"{here}installation/terrain/", area_ha="2", where="Audruicq, Nortkerque")
    post(f"{here}immatriculer/", siret=OWN_SIRET, on="26/11/2026")
    page = post(
        f"{here}sortie/", exit="settled", on="27/11/2026", commune="Audruicq", hectares="2,5", jobs="1,5",
        anchored="1,5",
    )  # fmt: skip
    assert "Sorti de la couveuse : installation" in page
    assert "Installé à Audruicq" in text(client.get(house.url(f"{here}installation/")))
    # One person: nothing is said of them.
    assert "moins de 5" in text(client.get(house.url("bilan/")))


def test_what_was_typed_is_still_there_with_the_reason(house):
    client, project = house.client(house.tutor), house.accepted()
    long = {"ends_on": "01/11/2027", "programme": "Un an de maraîchage"}
    for end, sent, words in (
        (f"{project.pk}/contrat/", CONTRACT | long, "12 mois au plus"),
        (f"{project.pk}/sortie/", {"exit": "settled", "on": "27/11/2026", "note": "belle terre"}, "dites où"),
        ("candidature/", {"name": "Zoé", "email": "zoe", "title": "Le Radis"}, "adresse"),
    ):
        response = client.post(house.url(end), {"key": KEY} | sent)
        assert response.status_code == 422, end
        assert words in text(response)
        typed = [value for value in sent.values() if value not in ("settled", "cape")]
        assert all(
            re.search(rf'[">\n]{re.escape(value)}["<\s]', response.content.decode()) for value in typed
        )
    short = CONTRACT | {"termination": "", "social": " "}
    client.post(house.url(f"{project.pk}/contrat/"), {"key": KEY} | short)
    sign = f"{project.pk}/contrats/{Contract.objects.get().pk}/signer/"
    page = text(client.post(house.url(sign), {"key": KEY, "on": "27/11/2026"}))
    assert "Clause manquante : Rupture anticipée" in page
    assert "Clause manquante : Remboursement des cotisations" in page


def everything(house, project, loan) -> dict[str, int]:
    """A line of each kind, for the addresses that name one."""
    house.lived(project, loan)
    start = timezone.make_aware(datetime(2026, 11, 27, 8))
    tap = Equipment.objects.filter(ecopole=house.ecopole).first() or house.tap()
    booking = actions.book(
        project=project, equipment=tap, starts_at=start + timedelta(hours=2 * Booking.objects.count()),
        ends_at=start + timedelta(hours=2 * Booking.objects.count() + 1), hand=hand(),
    )  # fmt: skip
    crop, _ = CropPlan.objects.get_or_create(project=project, year=2026, product=house.carrot, defaults=CROP)
    plot = Plot.objects.create(
        project=project, name=f"Clos {Plot.objects.count()}", product=house.carrot, **PLOT
    )
    return {
        "dismiss": Tutor.objects.get(project=project).pk, "sign": project.contracts.get().pk,
        "break_off": project.contracts.get().pk, "paper": project.contracts.get().pk,
        "cancel": booking.pk, "count": booking.pk, "unplan_crop": crop.pk, "unplan_plot": plot.pk,
    }  # fmt: skip


def addresses(house, project, lines) -> dict[str, str]:
    """Every address of the room that names a project."""
    found = {}
    for pattern in urlpatterns:
        names = set(pattern.pattern.converters)
        if str(pattern.pattern).startswith("<int:pk>"):
            given = {
                "pk": project.pk,
                "line": lines.get(pattern.name),
                "code": "dja-ppp",
                "first": "2026-03-01",
            }
            asked = {name: given[name] for name in names}
            found[pattern.name] = reverse(
                f"incubator:{pattern.name}", kwargs=asked | {"ecopole": house.ecopole.slug}
            )
    return found


FILE = ("project", "means", "paper")


def test_nobody_but_the_person_and_their_tutors_reads_a_test(house):
    """Every address of a project: another tester finds nothing, nor a colleague of the tutor its figures."""
    mint, radish = house.under_contract(), house.under_contract("Le Radis", "RAD")
    lines = everything(house, mint, house.lend(mint))
    urls = addresses(house, mint, lines)
    assert len(urls) > 30
    other, own = house.client(house.tester(radish)), house.client(house.tester(mint))
    colleague = house.client(someone("colleague@butte.example", house.agent, Role.TUTOR))
    coordinator = house.client(someone("coordinator@butte.example", house.garden, Role.COORDINATOR))
    led = {"meet", "accept", "decline", "register", "leave", "appoint", "dismiss", "invite", "draft", "sign",
           "break_off", "lend"}  # fmt: skip
    for name, url in urls.items():
        for send in (lambda client, url=url: client.get(url), lambda c, url=url: c.post(url, {"key": KEY})):
            # A gesture of the couveuse is nobody else's: the door itself is closed.
            assert send(other).status_code == (403 if name in led | {"support", "hear"} else 404), name
            assert send(coordinator).status_code == 403, name
            if name not in FILE and name not in led:
                assert send(colleague).status_code == 404, name
        if name in FILE:
            assert colleague.get(url).status_code == own.get(url).status_code == 200, name
    for name in ("figures", "plan", "dja", "conversion", "settling", "statement"):
        assert own.get(urls[name]).status_code == 200, name
        assert house.client(house.tutor).get(urls[name]).status_code == 200, name
    # Their own project, and none of the other's lines under it.
    for name, line in lines.items():
        stolen = addresses(house, radish, lines)[name]
        if name not in led:
            assert other.post(stolen, {"key": KEY, "quantity": "1"}).status_code == 404, (name, line)
    assert "La Menthe" in text(own.get(house.url(), follow=True))
    assert "La Menthe" not in text(other.get(house.url(), follow=True))
    far = make_couveuse("ailleurs")
    assert far.client(far.tutor).get(far.url(f"{mint.pk}/")).status_code == 404
    assert far.client(far.tutor).get(urls["figures"]).status_code == 404


def test_the_number_of_queries_does_not_grow_and_a_fragment_is_the_page_s_middle(house):
    client, project = house.client(house.tutor), house.under_contract()
    loan = house.lend(project)
    everything(house, project, loan)
    pages = ["", "materiel/", "bilan/"]
    pages += [
        f"{project.pk}/{end}"
        for end in ("", "moyens/", "chiffres/", "plan/", "dja/", "conversion/", "installation/")
    ]

    first = costs(house, client, pages)
    for number in range(4):
        everything(house, project, loan)
        more = house.under_contract(f"Projet {number}", f"PR{'ABCD'[number]}")
        everything(house, more, _own_bed(house, more))
    grown = costs(house, client, pages)
    assert max(grown.values()) <= 12, grown
    assert grown == first


def _own_bed(house, project):
    bed = Place.objects.create(
        ecopole=house.ecopole, agent=house.garden, kind="bed", name=f"Planche de {project}"
    )
    house.beds.append(bed)
    return house.lend(project, len(house.beds) - 1)


def test_today_says_what_is_coming_to_the_tutor_and_to_the_person(house):
    project = house.under_contract(starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))
    for user in (house.tutor, house.tester(project)):
        page = text(house.client(user).get(f"/e/{house.ecopole.slug}/"))
        assert "La Menthe : CAPE à renouveler ou à clore" in page
    actions.commit(
        project=project, supplier="Serres", what="bâche", amount=Money(90_000), on=TODAY, hand=hand()
    )
    assert "90 % du plafond" in text(house.client(house.tutor).get(house.url()))


def test_the_letter_that_opens_their_pages_goes_to_the_person(house, mailoutbox):
    project = house.accepted()
    client = house.client(house.tutor)
    client.post(house.url(f"{project.pk}/inviter/"), {"key": KEY})
    (letter,) = mailoutbox
    assert letter.to == [project.email]
    link = re.search(r"http://testserver(\S+)", letter.body)[1]
    newcomer = house.client(house.tutor)
    newcomer.logout()
    newcomer.post(link, {"name": "Inès", "password": "trois mots étonnants"})
    assert newcomer.get(house.url(f"{project.pk}/")).status_code == 200
    assert newcomer.get(house.url("candidature/")).status_code == 403


def test_water_is_counted_on_the_page(house):
    client, project = house.client(house.tutor), house.under_contract()
    add = {"name": "Borne", "kind": "water", "owner": house.garden.pk, "price": "0,45", "since": "01/11/2026"}
    client.post(house.url("materiel/ajouter/"), {"key": KEY} | add)
    tap = Equipment.objects.get()
    book = {"equipment": tap.pk, "day": "27/11/2026", "start": "08:00", "until": "09:00"}
    here = f"{project.pk}/moyens/"
    client.post(house.url(f"{here}reserver/"), {"key": KEY} | book)
    clash = client.post(house.url(f"{here}reserver/"), {"key": "22222222"} | book)
    assert "déjà réservé" in text(clash)
    assert clash.status_code == 422
    booking = Booking.objects.get()
    page = client.post(
        house.url(f"{here}{booking.pk}/compter/"), {"key": "33333333", "quantity": "4"}, follow=True
    )
    assert "4 m³" in text(page)
    assert "1,80 €" in text(page)
    client.post(
        house.url(f"materiel/{tap.pk}/tarif/"), {"key": "44444444", "price": "0,50", "since": "27/11/2026"}
    )
    assert "0,50 € le m³" in text(client.get(house.url("materiel/")))
    client.post(house.url(f"materiel/{tap.pk}/panne/"), {"key": KEY})
    assert "En panne" in text(client.get(house.url("materiel/")))
    assert Decimal(4000) == Booking.objects.get().event.quantity
