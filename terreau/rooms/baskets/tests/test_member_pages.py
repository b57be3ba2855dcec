"""The pages of members, of who joins, of the depots and of the garden: two taps, words, the same queries."""

import json
import re
from datetime import date, timedelta

import pytest
from django.core import mail, signing
from django.core.cache import cache
from django.test import Client
from django_tasks_db.models import DBTaskResult

from terreau.ledger.models import Event
from terreau.measures.money import Money
from terreau.measures.week import IsoWeek
from terreau.rooms.baskets import actions, post
from terreau.rooms.baskets.models import Change, DepotTerms, Handover, Member, Sheet, Terms, Waiting
from terreau.rooms.baskets.queries.deliveries import deliveries
from terreau.rooms.baskets.tests.members import NOW, TODAY, WEDNESDAY, key
from terreau.territory.abilities import Role
from terreau.territory.tests.pages import text

FORM = "11111111-aaaa"
JOIN = {
    "key": FORM, "name": "Zoé Lenoir", "email": "Zoe@exemple.invalid", "street": "2 rue du Canal",
    "postcode": "62370", "town": "Audruicq", "pay_by": "transfer", "rhythm": "weekly", "starts": "2026-W49",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


def work() -> None:
    """What the worker would do now: every task to be run at once, one after the other."""
    for row in DBTaskResult.objects.filter(run_after__year=9999, status="READY").order_by("enqueued_at"):
        row.task.call(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
        row.delete()


def joining(members, **more) -> dict:
    return JOIN | {"size": members.house.sizes["petit"].pk, "depot": members.mairie.pk} | more


def test_joining_needs_no_account_and_a_letter_opens_the_page(members):
    client = Client()
    page = text(client.get("/paniers/polder/"))
    assert "10,00\u00a0€" in page
    assert "le mercredi de 16\u00a0h à 19\u00a0h" in page
    assert "une semaine sur deux\u202f: semaines" in text(client.get("/paniers/polder/rejoindre/"))
    page = text(client.post("/paniers/polder/rejoindre/", joining(members), follow=True))
    assert "Votre premier panier vous attend mercredi 2 décembre 2026" in page
    member = Member.objects.get()
    assert (member.name, member.email, member.pay_by) == ("Zoé Lenoir", "zoe@exemple.invalid", "transfer")
    work()
    (letter,) = mail.outbox
    assert letter.to == ["zoe@exemple.invalid"]
    link = re.search(r"http://testserver(/\S+)", letter.body)[1]
    client.post(link, {"name": "Zoé", "password": "une longue phrase à moi"})
    assert "Votre code" in text(client.get(members.house.url("moi/"), follow=True))


def test_a_form_that_does_not_read_keeps_what_was_typed(members):
    wrong = joining(members, postcode="6237", name="Zoé Lenoir")
    response = Client().post("/paniers/polder/rejoindre/", wrong)
    assert response.status_code == 422
    assert "Cinq chiffres" in text(response)
    assert "Zoé Lenoir" in text(response)
    chosen = Client().post("/paniers/polder/rejoindre/", joining(members, rhythm="chosen"))
    assert "Choisissez au moins une semaine" in text(chosen)
    assert not Member.objects.exists()
    assert Client().post("/paniers/polder/rejoindre/", joining(members, website="x")).status_code == 302
    assert not Member.objects.exists()


def test_who_joins_again_and_again_from_one_place_is_asked_to_wait(members):
    for n in range(11):
        last = Client().post(
            "/paniers/polder/rejoindre/",
            joining(members, email=f"n{n}@exemple.invalid", key=f"4444444{n:02}"),
        )
    assert last.status_code == 422
    assert "attendez quelques minutes" in text(last)
    assert Member.objects.count() == 10


def test_who_has_joined_is_written_to_and_nothing_is_told_of_them(members):
    members.join("Anna")
    response = Client().post("/paniers/polder/rejoindre/", joining(members, email="anna@exemple.invalid"))
    assert "un courriel vient de lui partir" in text(response)
    work()
    assert [letter.to for letter in mail.outbox] == [["anna@exemple.invalid"]]


def test_at_a_full_depot_the_rank_is_said_and_an_offer_is_answered(members):
    for name in ("Anna", "Bob", "Chloé", "Driss"):
        members.join(name)
    page = text(Client().post("/paniers/polder/rejoindre/", joining(members), follow=True))
    assert "est complet\u202f: vous êtes sur la liste d’attente</b>, au rang 1" in page
    actions.stop(subscription=members.held("Driss"), on=TODAY - timedelta(days=1), at=NOW)
    garden = members.client()
    page = text(garden.post(members.house.url("membres/proposer/"), {"key": FORM}, follow=True))
    assert "Places proposées\u202f: 1" in page
    members.known["Zoé"] = Member.objects.get(name="Zoé Lenoir")
    client, row = members.as_member("Zoé"), Waiting.objects.get()
    assert "Une place vous est proposée" in text(client.get(members.house.url("moi/")))
    answer = members.house.url(f"moi/place/{row.pk}/")
    page = text(client.post(answer, {"key": FORM, "starts": "2026-W49"}, follow=True))
    assert "La place est à vous" in page
    assert "Mercredi 2 décembre 2026" in page


def test_two_taps_skip_the_next_basket_and_the_money_is_said_before(members):
    members.join("Anna")
    client, url = members.as_member("Anna"), members.house.url("moi/")
    page = text(client.get(url))
    assert "Mercredi 25 novembre 2026" in page
    assert page.index("rien n’est dû") < page.index("Oui, je le saute")
    assert page.index("Vous le payez (10,00\u00a0€)") < page.index("À Épicerie solidaire")
    change = members.house.url(f"moi/{members.held('Anna').pk}/remise/")
    sent = {"key": FORM, "day": "2026-11-25", "kind": "skip"}
    assert "est sauté" in text(client.post(change, sent, follow=True))
    client.post(change, sent)
    assert Change.objects.count() == 1
    page = text(client.post(change, sent | {"key": "22222222", "kind": "plain"}, follow=True))
    assert "comme prévu" in page
    bob = members.join("Bob")
    page = text(client.post(change, sent | {"key": "33333333", "kind": "give", "code": "M-0000"}))
    assert "« M-0000 » n’est le code d’aucun membre" in page
    client.post(change, sent | {"key": "44444444", "kind": "give", "code": bob.agent.name.lower()})
    assert deliveries(members.house.ecopole, WEDNESDAY, WEDNESDAY)[0].receiver == "Bob"


def test_a_change_is_counted_anew_for_the_planner(members):
    members.join("Anna")
    members.join("Bob")
    client = members.as_member("Anna")
    change = members.house.url(f"moi/{members.held('Anna').pk}/remise/")
    client.post(change, {"key": FORM, "day": "2026-11-25", "kind": "skip"})
    work()
    page = text(members.client().get(members.house.url("depots/") + "?semaine=2026-W48"))
    assert 'value="1"' in page


def test_a_pause_a_new_depot_an_end_are_said_on_the_page(members):
    members.join("Anna")
    client, pk = members.as_member("Anna"), members.held("Anna").pk
    pause = {"key": FORM, "pause-first": "2026-W49", "pause-last": "2026-W50"}
    assert "en pause" in text(client.post(members.house.url(f"moi/{pk}/pause/"), pause, follow=True))
    long = {"key": "22222222", "pause-first": "2026-W49", "pause-last": "2027-W04"}
    assert "au plus" in text(client.post(members.house.url(f"moi/{pk}/pause/"), long))
    moved = {
        "key": FORM, "terms-depot": members.gare.pk, "terms-rhythm": "a", "terms-week": "2026-W51",
    }  # fmt: skip
    assert "change, c’est noté" in text(
        client.post(members.house.url(f"moi/{pk}/regles/"), moved, follow=True)
    )
    assert "Gare" in text(client.get(members.house.url("moi/")))
    stop = {"key": FORM, "stop-on": "31/12/2026"}
    assert "a une fin" in text(client.post(members.house.url(f"moi/{pk}/arreter/"), stop, follow=True))
    again = {
        "key": "55555555", "wish-size": members.house.sizes["grand"].pk, "wish-depot": members.gare.pk,
        "wish-rhythm": "b", "wish-starts": "2026-W50",
    }  # fmt: skip
    page = text(client.post(members.house.url("moi/abonnement/"), again, follow=True))
    assert "Grand panier" in page


def test_own_data_is_seen_corrected_taken_away_and_left(members):
    members.join("Anna")
    client, url = members.as_member("Anna"), members.house.url("moi/donnees/")
    assert "anna@exemple.invalid" in text(client.get(url))
    fixed = {
        "key": FORM, "name": "Anna Petit", "email": "anna@exemple.invalid", "street": "3 rue du Pré",
        "postcode": "62370", "town": "Guemps", "pay_by": "cheque",
    }  # fmt: skip
    client.post(url, fixed)
    told = json.loads(text(client.get(f"{url}fichier")))
    assert told["membre"]["name"] == "Anna Petit"
    assert told["membre"]["newsletter"] is False
    assert "remise;depot" in text(client.get(f"{url}fichier?format=csv"))
    page = text(client.post(members.house.url("moi/quitter/"), {"key": FORM}, follow=True))
    assert "Le panier du 25 nov. 2026" not in page
    assert Member.objects.get().erased_at


def test_a_member_reads_nothing_of_another(members):
    members.join("Anna")
    members.join("Bob")
    client, pk = members.as_member("Anna"), members.held("Bob").pk
    sent = {"key": FORM, "day": "2026-11-25", "kind": "skip"}
    assert client.post(members.house.url(f"moi/{pk}/remise/"), sent).status_code == 404
    assert client.get(members.house.url("membres/")).status_code == 403
    assert "Bob" not in text(client.get(members.house.url("moi/")))


def test_the_page_of_a_member_asks_the_same_whatever_the_members(members, django_assert_max_num_queries):
    members.join("Anna")
    client = members.as_member("Anna")
    with django_assert_max_num_queries(12) as few:
        client.get(members.house.url("moi/"))
    for name in ("Bob", "Chloé", "Driss"):
        members.join(name)
        members.change(name, "give")
    with django_assert_max_num_queries(12) as many:
        client.get(members.house.url("moi/"))
    assert len(few) == len(many)


def test_a_fragment_is_the_middle_of_the_page(members):
    members.join("Anna")
    client, url = members.as_member("Anna"), members.house.url("moi/")
    part = text(client.get(url, headers={"HX-Request": "true"}))
    whole = text(client.get(url))
    middle = re.search(r'<main class="main" id="main" tabindex="-1">(.*)</main>', whole, re.DOTALL)[1]
    hidden = re.compile(r'value="[0-9a-zA-Z-]{30,}"|agenda/\S+\.ics')
    assert hidden.sub("", middle) in hidden.sub("", part)
    assert "<html" not in part


def test_a_calendar_tells_the_baskets_of_its_member(members):
    anna = members.join("Anna")
    members.change("Anna", "skip")
    feed = Client().get(f"/paniers/agenda/{signing.dumps(anna.pk, salt=post.FEED)}.ics")
    lines = text(feed).split("\r\n")
    assert "SUMMARY:Petit panier\\, Mairie" in lines
    assert "STATUS:CANCELLED" in lines
    assert Client().get("/paniers/agenda/autre.ics").status_code == 404


def test_an_evening_is_one_tap_each_then_one_for_the_rest(members):
    for name in ("Anna", "Bob", "Chloé"):
        members.join(name)
    members.bring(members.mairie, "petit", 3, at=NOW - timedelta(days=6))
    week = IsoWeek(2026, 47)
    actions.fill_counts(ecopole=members.house.ecopole, week=week, today=week.monday)
    last = date(2026, 11, 18)
    client, url = members.client(), members.house.url(f"soirees/{members.mairie.pk}/?jour={last}")
    page = text(client.get(url))
    assert "Tout a été pris" in page
    only = {"key": FORM, "only": members.held("Anna").pk, "outcome": "taken"}
    client.post(url, only)
    client.post(url, only)
    assert "Les 2 autres sont pris" in text(client.get(url))
    client.post(url, {"key": "22222222", "outcome": "taken"})
    assert Handover.objects.count() == 3
    assert Event.objects.filter(agreement__isnull=False, price=Money(1000)).count() == 3
    row = Handover.objects.first()
    assert "à noter" not in text(client.post(url, {"key": "33333333", "back": row.pk}, follow=True))
    assert "À noter" in text(client.get(members.house.url("soirees/")))


def test_the_keeper_of_a_depot_notes_without_an_account_until_the_link_changes(members):
    members.join("Anna")
    members.bring(members.mairie, "petit", 1, at=NOW - timedelta(days=6))
    terms = DepotTerms.objects.get(depot=members.mairie)
    url = f"/paniers/depot/{post.keeper_secret(terms)}/"
    page = text(Client().get(url))
    assert "Anna" in page
    assert "Mercredi 18 novembre" in page
    Client().post(f"{url}?jour=2026-11-18", {"key": FORM, "outcome": "taken"})
    assert Handover.objects.get().outcome == "taken"
    sent = {
        "key": FORM, "starts_on": "23/11/2026", "weekday": "2", "opens": "16:00", "closes": "19:00",
        "capacity": "4", "charge": "0", "new_link": "on",
    }  # fmt: skip
    members.client().post(members.house.url(f"regles/depots/{members.mairie.pk}/"), sent)
    assert Client().get(url).status_code == 404
    assert Client().get("/paniers/depot/abc/").status_code == 404


def test_a_keeper_who_notes_too_often_is_asked_to_wait_and_nothing_is_noted(members, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"basket_keeper": "1/m/ip"}
    members.join("Anna")
    members.bring(members.mairie, "petit", 1, at=NOW - timedelta(days=6))
    url = (
        f"/paniers/depot/{post.keeper_secret(DepotTerms.objects.get(depot=members.mairie))}/?jour=2026-11-18"
    )
    keeper = Client()
    keeper.post(url, {"key": "11111111", "outcome": "taken"})
    often = keeper.post(url, {"key": "22222222", "back": Handover.objects.get().pk}, follow=True)
    assert "attendez quelques minutes" in text(often)
    assert Handover.objects.get().withdrawn_at is None


def test_a_recall_calls_by_their_name_who_took_the_basket(members):
    anna = members.join("Anna")
    members.bring(members.mairie, "petit", 1)
    members.hand(members.mairie, "taken", "Anna")
    lot = Event.objects.get(receiver=anna.agent).lot
    page = text(members.client(Role.COORDINATOR).get(f"/e/polder/lots/{lot.code}/rappel/"))
    assert "Anna" in page
    assert "anna@exemple.invalid" in page
    assert anna.agent.name not in page


def test_lists_labels_and_loading_are_made_for_a_day(members, django_assert_max_num_queries):
    members.join("Anna")
    client = members.client()
    for name in ("listes", "etiquettes"):
        assert client.get(members.house.url(f"{name}.pdf?jour=2026-11-25")).content.startswith(b"%PDF")
        assert client.get(members.house.url(f"{name}.pdf?jour=2026-11-26")).content.startswith(b"%PDF")
    actions.fill_counts(ecopole=members.house.ecopole, week=IsoWeek(2026, 48), today=TODAY)
    with django_assert_max_num_queries(6):
        page = text(client.get(members.house.url("chargement/?jour=2026-11-25")))
    assert "1 × petit panier" in page
    assert members.client(Role.DIRECTOR).get(members.house.url("listes.pdf")).status_code == 403


def test_the_garden_finds_a_member_and_what_comes(members):
    members.join("Anna")
    members.join("Bob")
    client = members.client()
    page = text(client.get(members.house.url("membres/?q=ann")))
    assert "Anna" in page
    assert "Bob" not in page
    page = text(client.get(members.house.url(f"membres/{members.known['Anna'].pk}/")))
    assert "anna@exemple.invalid" in page
    assert "Paie par prélèvement" in page


def test_the_garden_decides_its_rules_its_prices_and_its_depots(members):
    client = members.client()
    page = text(client.get(members.house.url("regles/")))
    assert "conseil du 12/12/2025" in page
    sent = {
        "key": FORM, "rules-starts_on": "01/12/2026", "rules-seller": members.house.platform.pk,
        "rules-solidarity": members.grocery.pk, "rules-fee": "25", "rules-weeks_a_year": "46",
        "rules-cutoff_hours": "72", "rules-skip_rule": "kept", "rules-pause_rule": "credited",
        "rules-pause_weeks_max": "4", "rules-offer_days": "5", "rules-source": "assemblée",
    }  # fmt: skip
    client.post(members.house.url("regles/enregistrer/"), sent)
    assert Terms.objects.last().fee == Money(2500)
    price = {"key": FORM, "price-size": members.house.sizes["petit"].pk, "price-price": "11",
             "price-starts_on": "23/11/2026"}  # fmt: skip
    assert "à partir d’un jour à venir" in text(client.post(members.house.url("regles/prix/"), price))
    price["price-starts_on"] = "30/11/2026"
    assert "11,00" in text(client.post(members.house.url("regles/prix/"), price, follow=True))


def test_the_weekly_sheet_is_published_sent_once_and_read_by_all(members):
    members.join("Anna")
    members.join("Bob")
    actions.correct(member=members.known["Bob"], person=members.person("Bob"), newsletter=False)
    client, url = members.client(), members.house.url("feuille-de-chou/?semaine=2026-W48")
    sent = {"key": FORM, "news": "Il gèle au jardin.", "recipe_title": "Soupe", "recipe": "Cuire."}
    client.post(url, sent)
    assert mail.outbox == []
    assert Client().get("/paniers/polder/feuille/2026-W48/").status_code == 404
    client.post(url, sent | {"send": "1"})
    client.post(url, sent | {"send": "1"})
    work()
    assert [letter.to for letter in mail.outbox] == [["anna@exemple.invalid"]]
    assert "Il gèle au jardin." in mail.outbox[0].body
    assert "Soupe" in text(Client().get("/paniers/polder/feuille/2026-W48/"))
    pdf = client.get(members.house.url("feuille-de-chou.pdf?semaine=2026-W48"))
    assert pdf.content.startswith(b"%PDF")
    assert Sheet.objects.get().week in IsoWeek(2026, 48)


def test_today_tells_the_member_and_who_runs_the_baskets(members):
    members.join("Anna")
    week = IsoWeek(2026, 47)
    actions.fill_counts(ecopole=members.house.ecopole, week=week, today=week.monday)
    assert "Mon prochain panier" in text(members.as_member("Anna").get("/e/polder/"))
    client = members.client()
    page = text(client.get("/e/polder/"))
    assert "Noter les jours passés" in page
    assert "1<small>soirée</small>" in page
    wish = members.wish(size="grand", starts_on=TODAY + timedelta(days=7))
    for n in range(4):
        members.join(f"Membre{n}")
    actions.take_or_wait(member=members.known["Anna"], wish=wish, at=NOW, key=key())
    assert "En liste d’attente" in text(client.get("/e/polder/"))


@pytest.mark.parametrize("path", ["/paniers/ailleurs/", "/paniers/polder/feuille/2026-W99/"])
def test_what_is_not_there_is_not_found(members, path):
    assert Client().get(path).status_code == 404
