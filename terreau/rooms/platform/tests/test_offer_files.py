"""A spreadsheet of offers is kept whole or refused whole."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from terreau.measures.money import Money
from terreau.rooms.platform.models import Offer
from terreau.territory.models import Quality

HEADER = "ferme;produit;quantité;unité;prix;qualité;à partir du;jusqu'au"
GOOD = "Ferme des Saules;Carotte;1\u202f200,5;kg;1,30 €;bio;30/11/2026;06/12/2026"
ALSO = "ferme des saules;laitue;80;pièces;0,9;en conversion;01/12/2026;03/12/2026"


def send(world, client, *lines: str, encoding: str = "utf-8-sig", header: str = HEADER):
    data = "\r\n".join([header, *lines, ""]).encode(encoding)
    return client.post(world.url("offres/import/"), {"file": SimpleUploadedFile("offres.csv", data)})


def hidden_text(answer) -> str:
    return answer.context["text"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
def test_a_file_is_first_shown_with_its_counts_then_kept_when_one_confirms(world, fanny, encoding):
    shown = send(world, fanny, GOOD, ALSO, encoding=encoding)
    assert (shown.context["added"], shown.context["replaced"]) == (2, 0)
    assert not Offer.objects.exists()
    assert fanny.post(world.url("offres/import/"), {"text": hidden_text(shown)}).status_code == 302
    carrot = Offer.objects.get(product=world.carrot)
    assert (carrot.quantity, carrot.price, carrot.week) == (Decimal("1200.5"), Money(130), "2026-W49")
    assert Offer.objects.get(product=world.lettuce).quality == Quality.CONVERSION
    assert send(world, fanny, GOOD, ALSO).context["replaced"] == 2


def test_a_file_of_old_excel_is_read_too(world, fanny):
    curly = HEADER.replace("'", "’")
    answer = send(world, fanny, GOOD.replace("\u202f", "\u00a0"), encoding="cp1252", header=curly)
    assert answer.context["added"] == 1


def test_every_error_of_every_line_is_said_at_once_and_nothing_is_kept(world, fanny):
    answer = send(
        world, fanny,
        GOOD,
        "Ferme inconnue;Licorne;12;kg;1;bio;30/11/2026;06/12/2026",
        "Ferme des Saules;Laitue;12;kg;1;bio;30/11/2026;06/12/2026",
        "Ferme des Saules;Carotte;0;kg;abc;biodynamique;31/02/2026;06/12/2026",
        "Ferme des Saules;Laitue;;pièce;1;conventionnel;30/11/2026;06/12/2026",
        "Ferme des Saules;Carotte;5;kg;1;conventionnel;06/12/2026;30/11/2026",
        "Ferme des Saules;Carotte;5;kg;1;conventionnel;16/11/2026;17/11/2026",
        GOOD,
        "trop;court",
    )  # fmt: skip
    assert answer.status_code == 422
    said = [(error.line, error.reason.split(" : ")[0]) for error in answer.context["errors"]]
    assert said == [
        (3, "ferme"), (3, "produit"), (4, "quantité"),
        (5, "quantité"), (5, "prix"), (5, "qualité"), (5, "à partir du"),
        (6, "quantité"), (7, "jusqu'au"), (8, "jusqu'au"),
        (9, "« Ferme des Saules, Carotte, bio, 2026-W49 » est déjà à la ligne 2"),
        (10, "2 cellules, l’en-tête en annonce 8"),
    ]  # fmt: skip
    assert not Offer.objects.exists()


@pytest.mark.parametrize("lines", [[], ["ferme;produit"]])
def test_a_file_without_offers_says_what_is_expected(world, fanny, lines):
    header = lines[0] if lines else HEADER
    answer = send(world, fanny, header=header)
    assert answer.status_code == 422
    assert answer.context["errors"]


def test_a_farm_does_not_offer_in_the_name_of_another(world, client):
    client.force_login(world.people["fanny"])
    answer = send(world, client, GOOD.replace("Ferme des Saules", "Jardin"))
    assert answer.status_code == 422


def test_what_comes_back_altered_is_checked_again(world, fanny):
    text = f"{HEADER}\n{GOOD.replace('1,30 €', '-4')}"
    assert fanny.post(world.url("offres/import/"), {"text": text}).status_code == 422
    assert not Offer.objects.exists()
