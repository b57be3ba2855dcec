"""The third place's pages: a workshop led from its plan to credits spent; what was typed is kept; queries."""

import re
from datetime import time, timedelta
from itertools import count

import pytest
from django.core.cache import cache
from django.db.models import Q
from django.test import Client
from django_tasks_db.models import DBTaskResult

from terreau.ledger.models import Lot
from terreau.measures.money import Money
from terreau.rooms.thirdplace import actions, post
from terreau.rooms.thirdplace.models import Contribution, Gathering, Presence, SignUp, Skill, Spending
from terreau.rooms.thirdplace.tests.factories import NOW, TODAY, sign_up
from terreau.territory.abilities import Role
from terreau.territory.tests.factories import someone
from terreau.territory.tests.pages import cost, text

TOMORROW = TODAY + timedelta(days=1)
WORKSHOP = {
    "kind": "workshop", "title": "Soupe d’orties", "about": "On cueille, on cuit.", "where": "Grande salle",
    "capacity": "2", "day": "28/11/2026", "start": "14h30", "end": "17:00",
}  # fmt: skip
ANA = {"name": "Ana", "email": "ana@exemple.invalid", "adults": "1", "children": "1"}
keys = count(10_000_000)


def posted(client: Client, url: str, **sent):
    response = client.post(url, {"key": str(next(keys)), **sent}, follow=True)
    assert response.status_code == 200, text(response)
    return text(response)


def work() -> None:
    """What the worker would do now: every task due, one after the other."""
    due = Q(run_after__lte=NOW) | Q(run_after__year=9999)  # at once
    for row in DBTaskResult.objects.filter(due, status="READY").order_by("enqueued_at"):
        row.task.call(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
        row.delete()


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


def test_a_workshop_from_its_plan_to_the_waiting_list_and_a_place_freed(place, mailoutbox):
    host, public = place.client(), Client()
    page = posted(host, place.url("agenda/nouveau/"), **WORKSHOP, things=[place.room.pk])
    assert "À annoncer" in page
    held = Gathering.objects.get()
    here = f"/tiers-lieu/{place.ecopole.slug}/{held.pk}/"
    assert public.get(here).status_code == 404, "hidden until it is announced"
    posted(host, place.url(f"agenda/{held.pk}/annoncer/"))
    assert "Soupe d’orties" in text(public.get(f"/tiers-lieu/{place.ecopole.slug}/"))
    assert "Vous avez votre place" in posted(public, here, **ANA)
    assert "Sur la liste d’attente" in text(public.get(here))
    waiting = posted(public, here, **ANA | {"name": "Bob", "email": "bob@exemple.invalid", "children": ""})
    assert "liste d’attente" in waiting
    assert "au rang 1" in waiting
    work()
    assert [mail.subject for mail in mailoutbox] == [
        "Votre place : Soupe d’orties", "Sur la liste d’attente : Soupe d’orties",
    ]  # fmt: skip
    link = re.search(r"http://testserver(/tiers-lieu/inscription/\S+)", mailoutbox[0].body)[1]
    assert "Votre place est rendue" in posted(public, link)
    work()
    assert (mailoutbox[2].to, mailoutbox[2].subject) == (
        ["bob@exemple.invalid"], "Une place s’est libérée : Soupe d’orties",
    )  # fmt: skip
    assert public.get(f"{link[:-3]}x/").status_code == 404
    assert public.get(link)["Cache-Control"] == "private, no-store"
    posted(host, place.url(f"agenda/{held.pk}/annuler/"), reason="plus d’orties")
    work()
    assert "plus d’orties" in mailoutbox[3].body


def test_a_reminder_is_sent_once_to_who_has_a_seat_and_follows_a_change(place, mailoutbox):
    held = place.plan(TOMORROW, capacity=1)
    early = NOW - timedelta(days=5)
    SignUp.objects.filter(pk__in=[sign_up(held, name).pk for name in ("Ana", "Bob")]).update(signed_at=early)
    for _ in range(2):
        post.remind.call(gathering_id=held.pk, origin="http://testserver/")
    work()
    assert [mail.subject for mail in mailoutbox] == ["C’est bientôt : Pain au levain"]
    later = place.plan(TODAY + timedelta(days=30))
    post.remind.call(gathering_id=later.pk, origin="http://testserver/")
    due = DBTaskResult.objects.get(task_path__endswith="remind")
    assert due.run_after == later.starts_at - timedelta(hours=48)


def test_what_the_public_mistypes_is_kept_and_machines_are_stopped(place):
    public, held = Client(), place.plan(TOMORROW)
    here = f"/tiers-lieu/{place.ecopole.slug}/{held.pk}/"
    alone = public.post(here, ANA | {"adults": "0", "key": "11111111"})
    assert alone.status_code == 422
    assert "Un enfant vient avec un adulte" in text(alone)
    assert 'value="ana@exemple.invalid"' in text(alone)
    assert public.post(here, ANA | {"website": "http://spam.invalid", "key": "22222222"}).status_code == 302
    assert not SignUp.objects.exists()
    posted(public, here, **ANA)
    twice = public.post(here, ANA | {"key": "33333333"})
    assert "déjà inscrite" in text(twice)
    for n in range(10):
        last = public.post(here, ANA | {"email": f"n{n}@exemple.invalid", "key": f"4444444{n}"})
    assert last.status_code == 422
    assert "attendez quelques minutes" in text(last)


def test_presence_is_one_tap_and_hours_become_credits_spent_on_a_basket(place):
    held = place.plan(at=NOW - timedelta(days=1))
    ana = sign_up(held, "Ana", at=NOW - timedelta(hours=1))
    host, sheet = place.client(), f"agenda/{held.pk}/"
    assert "Retirer" in posted(host, place.url(f"presences/{ana.pk}/"))
    posted(host, place.url(f"{sheet}venus/"), people="2")
    posted(host, place.url(f"{sheet}qui/"), **{"comer-age": "25-44", "comer-first_time": "oui"})
    posted(host, place.url(f"{sheet}temoignage/"), words="On repart fiers.", consents="on")
    trade = place.contribute(place.noe, "1").trade_id
    posted(
        host, place.url(f"{sheet}heures/"),
        **{"hours-member": place.mona.pk, "hours-trade": trade, "hours-hours": "3", "hours-on": "27/11/2026"},
    )  # fmt: skip
    posted(
        host,
        place.url("credits/liste/"),
        **{"benefit-kind": "meal", "benefit-name": "Un repas", "benefit-cost": "5"},
    )
    posted(host, place.url("heures/valider/"))
    assert Contribution.objects.filter(event=None).count() == 0
    expiry = DBTaskResult.objects.filter(task_path__endswith="expire")
    assert [f"{row.run_after:%Y-%m-%d}" for row in expiry] == ["2027-11-28"]
    mona = place.client(place.account(place.mona))
    own = text(mona.get(place.url("moi/")))
    assert '<p class="purse-total">6' in own
    benefit = re.search(r"moi/utiliser/(\d+)/", own)[1]
    assert "À retirer à l’accueil" in posted(mona, place.url(f"moi/utiliser/{benefit}/"))
    posted(mona, place.url("moi/donner/"), **{"give-to": place.noe.agent.name, "give-credits": "1"})
    posted(host, place.url(f"credits/remettre/{Spending.objects.get().pk}/"))
    assert Spending.objects.get().handed_at
    public = text(Client().get(f"/tiers-lieu/{place.ecopole.slug}/credits/"))
    assert re.findall(r"<dd>([\d,]+)", public) == ["8", "5", "0", "3"]
    assert "€" not in public + own
    report = text(host.get(place.url("bilan/")))
    assert "On repart fiers." in report
    assert Presence.objects.count() == 2


def test_a_book_is_seen_by_its_owner_alone(place):
    place.earn(place.mona, "7")
    noe, host = place.client(place.account(place.noe)), place.client()
    assert '<p class="purse-total">0' in text(noe.get(place.url("moi/")))
    assert host.get(place.url("moi/")).status_code == 403
    for end in ("membres/", f"membres/{place.mona.pk}/", "bilan/", "credits/"):
        told = text(host.get(place.url(end)))
        assert "purse" not in told
        assert not re.search(r"Mona[^<]*14|M-\w{4}[^<]*14", told)
    # Nor is it read through its lots.
    lot = Lot.objects.get()
    grower = place.client(someone("grower@polder.example", place.agent, Role.GROWER))
    assert grower.get(f"/e/{place.ecopole.slug}/lots/{lot.code}/").status_code == 404
    for words in (lot.code, "Crédit"):
        found = grower.get(f"/e/{place.ecopole.slug}/lots/", {"q": words})
        assert f"/lots/{lot.code}/" not in text(found)
    # A role given for an organisation opens no book.
    stray = place.client(someone("stray@polder.example", place.agent, Role.MEMBER))
    assert stray.get(place.url("moi/")).status_code == 404


def test_all_skills_make_a_certificate(place):
    host = place.client()
    posted(host, place.url("parcours/"), name="Pain", about="faire son pain", skills="Pétrir\nCuire\n")
    mona = f"membres/{place.mona.pk}/"
    skills = list(Skill.objects.filter(path__ecopole=place.ecopole))
    for skill in skills:
        assert host.get(place.url(f"{mona}attestation/{skill.path_id}/")).status_code == 404
        posted(host, place.url(f"{mona}acquis/"), **{"mark-skill": skill.pk, "mark-on": "27/11/2026"})
    assert host.get(place.url(f"{mona}attestation/{skills[0].path_id}/")).content.startswith(b"%PDF")
    own = place.client(place.account(place.mona)).get(place.url(f"moi/attestation/{skills[0].path_id}/"))
    assert own.content.startswith(b"%PDF")


def test_a_member_is_invited_to_their_own_page(place, mailoutbox):
    posted(place.client(), place.url(f"membres/{place.mona.pk}/acces/"))
    assert mailoutbox[0].to == ["mona@exemple.invalid"]
    posted(place.client(), place.url(f"membres/{place.mona.pk}/depart/"))
    place.mona.refresh_from_db()
    assert (place.mona.name, place.mona.email) == (f"Membre parti ({place.mona.agent.name})", "")


def test_feeds_tell_what_each_may_know(place):
    hidden, shown = place.plan(TOMORROW, announced=False, title="Caché"), place.plan(TOMORROW, title="Montré")
    sign_up(shown, "Mona")
    public = Client().get(f"/tiers-lieu/{place.ecopole.slug}/agenda.ics")
    assert public["Content-Type"].startswith("text/calendar")
    assert "Montré" in text(public)
    assert "Caché" not in text(public)
    house = re.search(r"http://testserver(\S+\.ics)", text(place.client().get(place.url())))[1]
    assert "Caché" in text(Client().get(house))
    own = text(place.client(place.account(place.mona)).get(place.url("moi/")))
    mine = text(Client().get(re.search(r"http://testserver(\S+\.ics)", own)[1]))
    assert mine.count("BEGIN:VEVENT") == 1
    assert Client().get("/tiers-lieu/agenda/faux.ics").status_code == 404
    assert hidden.pk != shown.pk


def test_on_the_day_who_is_there_comes_first(place):
    """At the door, on a phone: the list to tap is read before all the rest."""
    client = place.client()
    for held, first in ((place.plan(TODAY), "presence"), (place.plan(TOMORROW), "stats")):
        page = text(client.get(place.url(f"agenda/{held.pk}/")))
        found = {"presence": page.index('id="presence"'), "stats": page.index('<dl class="stats">')}
        assert min(found, key=found.__getitem__) == first


def test_the_poster_is_one_sheet(place):
    held = place.plan(TOMORROW, about="On pétrit. " * 80, title="Pain au levain, brioches et autres douceurs")
    pdf = place.client().get(place.url(f"agenda/{held.pk}/affiche.pdf")).content
    assert pdf.startswith(b"%PDF")
    assert re.findall(rb"/Type/Pages/Count (\d+)", pdf) == [b"1"]


def test_what_was_typed_is_still_there_with_the_reason(place):
    host = place.client()
    for end, sent, words in (
        ("agenda/nouveau/", WORKSHOP | {"capacity": "40", "things": [place.room.pk]}, "20 places, pour 40"),
        ("agenda/nouveau/", WORKSHOP | {"until": "19/12/2026", "skipped": "6/12/2026"}, "jour de la série"),
        ("agenda/nouveau/", WORKSHOP | {"start": "25:61"}, "Écrivez une heure"),
        ("salles/reserver/", {"book-thing": place.saw.pk, "book-who": "Amap", "book-use": "own",
                              "book-day": "28/11/2026", "book-start": "17:00", "book-end": "9:00"},
         "avant le début"),
        ("membres/ajouter/", {"name": "Lia", "email": "pas une adresse"}, "Lia"),
        ("credits/regle/", {"terms-since": "01/01/2024", "terms-per_hour": "2", "terms-cap": "30",
                            "terms-months": "6", "terms-source": "CA du jour"}, "commence déjà"),
        ("parcours/", {"name": "Pain", "about": "cuire", "skills": ""}, "une par ligne"),
    ):  # fmt: skip
        response = host.post(place.url(end), {"key": str(next(keys))} | sent)
        assert response.status_code == 422, end
        assert words in text(response), end
        typed = [value for value in sent.values() if isinstance(value, str) and len(value) > 3]
        assert all(value in text(response) for value in typed), end
    broken = host.post(place.url(f"salles/{place.saw.pk}/panne/"), {"key": str(next(keys)), "reason": ""})
    assert "dites ce qui est en panne" in text(broken)


PAGES = ("", "?semaine=2026-W48", "salles/", "membres/", "credits/", "bilan/", "parcours/", "agenda/nouveau/")


def test_the_number_of_queries_does_not_grow_with_the_rows(place):
    host = place.client()
    member = place.client(place.account(place.mona))
    take = actions.save_benefit(
        ecopole=place.ecopole, kind="workshop", name="Un atelier", cost=1, product=None, giver=None,
        since=TODAY, key="take",
    )  # fmt: skip
    held = place.plan(at=NOW - timedelta(days=1), capacity=50, price=Money(800), benefit=take)

    def live(n: int) -> None:
        hours = {"start": time(6 + n), "end": time(7 + n)}
        one = place.plan(TODAY, things=[place.room], at=NOW - timedelta(days=1), **hours)
        sign_up(one, f"A{n}", at=NOW - timedelta(hours=20))
        ana = sign_up(held, f"B{n}", at=NOW - timedelta(hours=1))
        actions.check_in(sign_up=ana, by=None, at=NOW, key=f"in-{n}")
        place.earn(place.mona, "1", on=TODAY - timedelta(days=n))
        place.contribute(place.noe, "1")
        actions.save_benefit(
            ecopole=place.ecopole, kind="meal", name=f"Repas {n}", cost=n + 1, product=None, giver=None,
            since=TODAY, key=f"b-{n}",
        )  # fmt: skip

    def counted() -> dict[str, int]:
        told = {}
        for client, end in [(host, end) for end in (*PAGES, f"agenda/{held.pk}/")] + [(member, "moi/")]:
            told[end] = cost(client, place.url(end))
        return told

    live(1)
    few = counted()
    for n in range(2, 6):
        live(n)
    assert counted() == few
    assert max(few.values()) <= 12, few


def test_a_fragment_is_the_middle_of_the_page(place):
    place.plan(TOMORROW)
    for end in PAGES:
        whole = text(place.client().get(place.url(end)))
        part = text(place.client().get(place.url(end), headers={"HX-Request": "true"}))
        middle = re.search(r'<main class="main" id="main" tabindex="-1">(.*)</main>', whole, re.DOTALL)[1]
        hidden = re.compile(r'value="[0-9a-zA-Z-]{30,}"|inscription/\S+|agenda/\S+\.ics')
        assert hidden.sub("", middle) in hidden.sub("", part)
