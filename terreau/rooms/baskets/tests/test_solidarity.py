"""Solidarity lived: schemes written and refused, households, ceilings, the pot, statements, chosen prices."""

import csv
import io
import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from terreau.ledger.audit import differences
from terreau.ledger.models import Custody, Event
from terreau.measures.money import Money
from terreau.rooms.baskets import actions, post
from terreau.rooms.baskets.models import Enrolment, Referral, Scheme, SchemePayer
from terreau.rooms.baskets.queries import owed, solidarity
from terreau.rooms.baskets.queries.schemes import break_even, pot_state, scheme_states, statement
from terreau.rooms.baskets.queries.solidarity import POT, Walk
from terreau.rooms.baskets.shares import read_part
from terreau.rooms.baskets.tests.members import EVENING, NOW, START, TODAY, WEDNESDAY, Members, key
from terreau.territory.abilities import ABILITIES, Role
from terreau.territory.models import Agent, AgentKind, Product
from terreau.territory.tests.pages import text

FORM = "11111111-aaaa"
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


class Solidarity:
    """A scheme of a third each on small baskets of 10 €, and who runs it."""

    def __init__(self, members: Members):
        cache.clear()
        self.members, self.ecopole = members, members.house.ecopole
        Product.objects.get_or_create(
            code=POT, defaults={"name": "Cagnotte", "family": "credit", "unit": "eur", "unit_kg": 0}
        )
        made = Agent.objects.create
        self.county = made(ecopole=self.ecopole, kind=AgentKind.AUTHORITY, name="Département")
        self.fund = made(ecopole=self.ecopole, kind=AgentKind.ASSOCIATION, name="Fondation")
        self.decide()
        self.scheme = self.write()

    def decide(self, after: str = "full", fallback: Scheme | None = None, day: date = YEAR[0]) -> None:
        actions.set_solidarity(
            ecopole=self.ecopole, starts_on=day, holder=self.fund, after=after, fallback=fallback,
            remind_days=30, source="conseil", at=NOW, key=key(),
        )  # fmt: skip

    def entry(self, household: str = "1/3", *payers: tuple[Agent, str, int | None, str, bool], **more):
        told = payers or ((self.county, "1/3", None, "", False), (self.fund, "1/3", None, "", True))
        given = {
            "name": "Paniers solidaires", "starts_on": YEAR[0], "ends_on": YEAR[1],
            "size": self.members.house.sizes["petit"], "criterion": "quotient", "bands": ["moins de 400 €"],
        } | more  # fmt: skip
        return actions.SchemeEntry(
            **given, household=read_part(household),
            payers=[
                actions.PayerEntry(agent, read_part(part), Money(cap) if cap else None, regime, remainder)
                for agent, part, cap, regime, remainder in told
            ],
        )  # fmt: skip

    def write(self, *args, **more) -> Scheme:
        return actions.add_scheme(ecopole=self.ecopole, entry=self.entry(*args, **more), at=NOW, key=key())

    def enrol(self, name: str, scheme: Scheme | None = None, *, first=START, last=YEAR[1], regime="", **more):
        decision = actions.Decision(scheme or self.scheme, self.county, "moins de 400 €", regime, first, last)
        return actions.enrol(
            member=self.members.known[name], decision=decision, by=None, at=NOW, key=key(), **more
        )

    def evening(self, *names: str, day: date = WEDNESDAY) -> None:
        """Baskets brought to the Mairie, and taken."""
        at = timezone.make_aware(datetime.combine(day, EVENING.time()))
        self.members.bring(self.members.mairie, "petit", len(names), at=at - timedelta(hours=4))
        actions.hand_over(
            ecopole=self.ecopole, depot=self.members.mairie, day=day, outcome="taken",
            subscriptions=[self.members.held(name).pk for name in names], by=None, at=at, key=key(),
        )  # fmt: skip

    def paid(self, day: date = WEDNESDAY) -> dict[str, dict[str, int]]:
        """By member, who pays what in cents."""
        names = {member.agent_id: name for name, member in self.members.known.items()}
        agents = dict(Agent.objects.values_list("pk", "name"))
        told: dict[str, dict[str, int]] = {}
        for line in owed(self.ecopole, day, day)[0]:
            who = "foyer" if line.payer_id == line.member_id else agents[line.payer_id]
            told.setdefault(names[line.member_id], {})[who] = line.amount.cents
        return told


@pytest.fixture
def house(members) -> Solidarity:
    return Solidarity(members)


WEDNESDAYS = [date(2026, 11, 4), date(2026, 11, 11), date(2026, 11, 18), WEDNESDAY]


def test_a_basket_is_split_and_the_ledger_says_the_full_price_of_all(house):
    for name in ("Anna", "Bob"):
        house.members.join(name)
    house.enrol("Anna")
    house.evening("Anna", "Bob")
    assert house.paid() == {
        "Anna": {"foyer": 333, "Département": 333, "Fondation": 334},
        "Bob": {"foyer": 1000},
    }
    told = Event.objects.filter(agreement__isnull=False).values_list("price", "note", "action")
    assert set(told) == {(Money(1000), "", "transfer")}


def test_a_payer_conditioned_by_the_regime_pays_only_its_own(house):
    house.members.join("Anna")
    house.members.join("Bob")
    two = house.write(
        "1 €", (house.county, "9 €", None, "caf", True), (house.fund, "90 %", None, "msa", True), name="Mâcon"
    )
    with pytest.raises(actions.BasketsRefused, match="CAF ou de la MSA"):
        house.enrol("Anna", two)
    house.enrol("Anna", two, regime="caf")
    house.enrol("Bob", two, regime="msa")
    house.evening("Anna", "Bob")
    assert house.paid() == {
        "Anna": {"foyer": 100, "Département": 900},
        "Bob": {"foyer": 100, "Fondation": 900},
    }


def test_parts_that_do_not_make_the_price_are_refused_when_written(house):
    with pytest.raises(actions.BasketsRefused, match="Les parts font"):
        house.write("4 €", (house.county, "5 €", None, "", True))
    with pytest.raises(actions.BasketsRefused, match="Grand panier"):
        house.write("4 €", (house.county, "6 €", None, "", True), size=None)
    with pytest.raises(actions.BasketsRefused, match="prend l’arrondi"):
        house.write("1/3", (house.county, "2/3", None, "", False))
    assert Scheme.objects.count() == 1
    assert SchemePayer.objects.count() == 2
    house.write("4 €", (house.county, "6 €", None, "", True))
    small = house.members.house.sizes["petit"]
    with pytest.raises(actions.BasketsRefused, match="le panier coûte 11"):
        actions.set_price(size=small, starts_on=date(2026, 12, 7), price=Money(1100), today=TODAY)


def test_ceilings_hold_in_the_order_of_days_and_nobody_pays_more(house):
    """Ten euros in all from the county, a basket a week: 3,33 € three times, then one cent."""
    capped = house.write(
        "1/3", (house.county, "1/3", 1000, "", False), (house.fund, "1/3", None, "", True), name="Plafonné"
    )
    house.members.join("Anna")
    house.enrol("Anna", capped)
    for day in WEDNESDAYS:
        house.evening("Anna", day=day)
    assert [house.paid(day)["Anna"].get("Département", 0) for day in WEDNESDAYS] == [333, 333, 333, 1]
    assert all(house.paid(day)["Anna"]["foyer"] == 333 for day in WEDNESDAYS)
    assert house.paid()["Anna"]["Plateforme"] == 332  # what nobody covers, the garden gives
    assert any(state.is_spent for state in scheme_states(house.ecopole, TODAY + timedelta(days=2)))
    house.members.join("Bob")
    later = NOW + timedelta(days=3)
    with pytest.raises(actions.BasketsRefused, match="Choisissez plutôt\u202f: Paniers solidaires"):
        actions.enrol(
            member=house.members.known["Bob"], by=None, at=later, key=key(),
            decision=actions.Decision(capped, house.county, "moins de 400 €", "", TODAY, YEAR[1]),
        )  # fmt: skip


def test_the_pot_pays_what_payers_do_not_and_the_ledger_follows(house):
    capped = house.write("1/3", (house.county, "2/3", 500, "", True), name="Plafonné")
    house.members.join("Anna")
    house.enrol("Anna", capped)
    at = timezone.make_aware(datetime(2026, 11, 2, 9))
    given = {"ecopole": house.ecopole, "giver": house.county, "by": None, "at": at}
    actions.give_to_pot(**given, euros=Money(300), until=date(2026, 11, 12), key="soon")
    actions.give_to_pot(**given, euros=Money(200), until=None, key="later")
    actions.give_to_pot(**given, euros=Money(200), until=None, key="later")
    for day in WEDNESDAYS[:3]:
        house.evening("Anna", day=day)
    # 6,67 € are asked of the county: 5,00 € then nothing; the pot gives 1,67 €, then 3,33 €.
    assert [house.paid(day)["Anna"].get("Fondation", 0) for day in WEDNESDAYS[:3]] == [167, 333, 0]
    assert house.paid(WEDNESDAYS[2])["Anna"] == {"foyer": 333, "Plateforme": 667}
    pot = pot_state(house.ecopole, TODAY)
    assert (pot.left, pot.garden) == (Money(0), Money(334 + 667))
    assert pot.paid == [("Plafonné", 2, Money(500))]
    actions.settle_pot(ecopole=house.ecopole, at=NOW)
    assert actions.settle_pot(ecopole=house.ecopole, at=NOW + timedelta(hours=1)) == []
    assert not Custody.objects.filter(product__code=POT, quantity__gt=0).exists()
    assert list(differences(house.ecopole)) == []
    handover = house.members.held("Anna").handovers.get(day=WEDNESDAYS[1])
    actions.withdraw(handover=handover, by=None, at=NOW)
    actions.settle_pot(ecopole=house.ecopole, at=NOW + timedelta(hours=2))
    # What was taken for that basket comes back; the later gift goes to the third, the other has expired.
    assert house.paid(WEDNESDAYS[2])["Anna"]["Fondation"] == 200
    held = Custody.objects.filter(product__code=POT).values_list("quantity", flat=True)
    assert sum(held) == Decimal("1.33")
    assert pot_state(house.ecopole, TODAY).left == Money(0)
    assert list(differences(house.ecopole)) == []


def test_an_expired_decision_falls_to_what_the_garden_decided(house):
    house.members.join("Anna")
    over = WEDNESDAYS[1]
    row = house.enrol("Anna", last=over)
    fallback = house.write("1/2", (house.county, "1/2", None, "", True), name="Repli")
    house.decide("scheme", fallback, WEDNESDAYS[3])
    for day in WEDNESDAYS:
        house.evening("Anna", day=day)
    assert [house.paid(day)["Anna"]["foyer"] for day in WEDNESDAYS] == [333, 333, 1000, 500]
    with pytest.raises(actions.BasketsRefused, match="pas de prix libre"):
        house.decide("sliding", day=TODAY)
    for size in house.members.house.sizes.values():
        actions.set_sliding(
            size=size, starts_on=TODAY, lowest=Money(600), highest=Money(1800), needed=Money(950),
            source="CA", today=TODAY,
        )  # fmt: skip
    house.decide("sliding", day=TODAY)
    assert house.paid()["Anna"]["foyer"] == 500  # the rule of the 25th was decided for that day
    house.decide("sliding", day=WEDNESDAY)
    assert house.paid()["Anna"]["foyer"] == 600
    actions.end_enrolment(enrolment=row, on=TODAY, today=TODAY)
    assert house.paid()["Anna"] == {"foyer": 1000}


def test_a_decision_needs_a_rule_dates_within_and_a_place_of_its_own(house):
    house.members.join("Anna")
    house.enrol("Anna")
    with pytest.raises(actions.BasketsRefused, match="déjà dans Paniers solidaires"):
        house.enrol("Anna", first=TODAY)
    house.members.join("Bob")
    with pytest.raises(actions.BasketsRefused, match=r"va du 1er janv\. 2026 au 31 déc\. 2026"):
        house.enrol("Bob", last=date(2027, 1, 1))
    with pytest.raises(actions.BasketsRefused, match="une de ses tranches"):
        house.enrol("Bob", house.write(bands=["une autre"], name="Autre"))


def test_a_household_takes_its_scheme_away_in_its_own_file_and_nowhere_else(house):
    """The file one asks for says who pays; the page, the table of baskets, another's file do not."""
    for name in ("Anna", "Bob"):
        house.members.join(name)
    two = house.write(
        "1 €", (house.county, "9 €", None, "caf", True), (house.fund, "9 €", None, "msa", True), name="Mâcon"
    )
    row = house.enrol("Anna", two, regime="caf")
    house.evening("Anna", "Bob")
    url = house.members.house.url("moi/donnees/")
    anna, bob = (house.members.as_member(name) for name in ("Anna", "Bob"))
    file = anna.get(f"{url}fichier")
    assert json.loads(text(file))["solidarite"] == [
        {
            "dispositif": "Mâcon", "du": str(row.starts_on), "au": str(row.ends_on), "sorti_le": "",
            "oriente_par": "Département", "tranche": "moins de 400 €", "regime": "CAF",
            "part_du_foyer": "1,00\u00a0€", "payeurs": [{"nom": "Département", "part": "9,00\u00a0€"}],
        }
    ]  # fmt: skip
    assert file["Content-Disposition"].startswith("attachment")
    assert file["Cache-Control"] == "private, no-store"
    assert json.loads(text(bob.get(f"{url}fichier")))["solidarite"] == []
    for told in (
        anna.get(url),
        anna.get(f"{url}fichier?format=csv"),
        anna.get(house.members.house.url("moi/")),
    ):
        assert not re.search("Mâcon|Département|moins de 400", text(told))
    for role in (Role.BASKETS, Role.DIRECTOR):
        assert house.members.client(role).get(f"{url}fichier").status_code == 403


def test_members_choose_their_price_and_what_is_above_goes_to_the_pot(house):
    small = house.members.house.sizes["petit"]
    actions.set_sliding(
        size=small, starts_on=YEAR[0], lowest=Money(600), highest=Money(1800), needed=Money(950),
        source="calcul du 12/12/2025", today=TODAY,
    )  # fmt: skip
    for name in ("Anna", "Bob"):
        house.members.join(name)
    client, url = house.members.as_member("Anna"), house.members.house.url("moi/")
    page = text(client.get(url))
    assert re.search(r"à l’équilibre quand le prix moyen est de <b>9,50\xa0€</b>", page)
    own = house.members.house.url(f"moi/{house.members.held('Anna').pk}/prix/")
    assert "De 6,00" in text(client.post(own, {"key": FORM, "price-price": "3"}))
    client.post(own, {"key": FORM, "price-price": "15"})
    assert "Dû\u202f: 15,00\xa0€" in text(client.get(url))
    actions.choose_price(
        subscription=house.members.held("Bob"), price=Money(600), starts_on=TODAY, at=NOW, key=key()
    )
    house.evening("Anna", "Bob")
    assert house.paid() == {"Anna": {"foyer": 1000}, "Bob": {"foyer": 600, "Fondation": 400}}
    assert [(due.kind, due.amount) for due in owed(house.ecopole, WEDNESDAY, WEDNESDAY)[1]] == [
        ("gift", Money(500))
    ]
    later = NOW + timedelta(days=3)
    actions.settle_pot(ecopole=house.ecopole, at=later)
    assert actions.settle_pot(ecopole=house.ecopole, at=later + timedelta(hours=1)) == []
    assert pot_state(house.ecopole, WEDNESDAY).left == Money(100)
    assert list(differences(house.ecopole)) == []
    (told,) = break_even(house.ecopole, YEAR[0], WEDNESDAY, Walk(house.ecopole, date.min, WEDNESDAY))
    assert (told.mean, told.sliding.needed, told.is_short) == (Money(1050), Money(950), False)
    page = text(house.members.client().get(house.members.house.url("solidarite/")))
    assert "il faut 9,50" in page


def test_what_the_house_is_told_hides_few_households(house):
    for name in ("Anna", "Bob"):
        house.members.join(name)
        house.enrol(name)
    house.evening("Anna", "Bob")
    told = solidarity(house.ecopole, *YEAR)
    assert (told.households, told.baskets) == (None, 2)
    assert told.communes == (("", None, 2),)


def test_a_payer_reads_numbers_and_shares_and_no_name(house):
    for name in ("Anna", "Bob"):
        house.members.join(name)
        house.enrol(name)
    house.evening("Anna", "Bob")
    told = statement(house.scheme, house.fund, *YEAR)
    assert [(line.size, line.share, line.count) for line in told.lines] == [("Petit panier", Money(334), 2)]
    client = house.members.client()
    url = house.members.house.url(f"solidarite/dispositifs/{house.scheme.pk}/releve/{house.fund.pk}/")
    later = "?du=01/11/2026&au=23/11/2026"
    assert "Aucun panier" in text(client.get(url + later))
    house.evening("Anna", day=date(2026, 11, 18))
    page, sheet = client.get(url), client.get(url + "?format=csv")
    pdf = client.get(url + "?format=pdf")
    assert pdf.content.startswith(b"%PDF")
    rows = list(csv.DictReader(io.StringIO(text(sheet).lstrip("\ufeff")), delimiter=";"))
    assert [(row["nombre"], row["part"], row["montant"]) for row in rows] == [("1", "3.34", "3.34")]
    assert "3,34" in text(page)
    assert not re.search("Anna|Bob|M-", text(page).partition("<main")[2] + text(sheet))


def test_a_social_worker_sends_a_household_that_is_enrolled_and_forgotten_as_a_request(house):
    client, url = house.members.client(), house.members.house.url
    sent = {"key": FORM, "link-agent": house.county.pk, "link-until": "31/12/2026"}
    page = text(client.post(url("solidarite/regles/lien/"), sent, follow=True))
    link = re.search(r"http://testserver(/paniers/orientation/[^<]+)", page)[1]
    asked = {
        "key": FORM, "name": "Anna", "contact": "01 99 00 00 01", "scheme": house.scheme.pk,
        "band": "moins de 400 €", "months": "6",
    }  # fmt: skip
    assert "ce champ" in text(Client().post(link, asked)).lower()
    assert "La demande est partie" in text(Client().post(link, asked | {"agreed": "on"}))
    assert "La demande est partie" in text(Client().post(link, asked | {"agreed": "on"}))
    referral = Referral.objects.get()
    assert "Anna" in text(client.get(url("solidarite/")))
    enrol = url(f"solidarite/inscrire/?demande={referral.pk}")
    given = {
        "key": FORM, "member": "Anna", "scheme": house.scheme.pk, "band": "moins de 400 €", "regime": "",
        "referrer": house.county.pk, "starts_on": "23/11/2026", "ends_on": "31/12/2026",
    }  # fmt: skip
    assert "s’abonne d’abord" in text(client.post(enrol, given))
    house.members.join("Anna")
    assert "est dans Paniers solidaires" in text(client.post(enrol, given, follow=True))
    referral.refresh_from_db()
    assert (referral.name, referral.contact, referral.enrolment) == ("", "", Enrolment.objects.get())
    house.evening("Anna")
    assert house.paid()["Anna"]["foyer"] == 333
    client.post(url("solidarite/regles/lien/"), sent | {"key": "22222222"})
    assert Client().get(link).status_code == 404


def test_a_decision_that_ends_soon_is_said_once_without_a_name_and_renewed(house):
    house.members.join("Anna")
    row = house.enrol("Anna", last=date(2026, 12, 10))
    client = house.members.client()
    assert post.remind(ecopole=house.ecopole, at=NOW) == 1
    assert post.remind(ecopole=house.ecopole, at=NOW) == 0
    (letter,) = mail.outbox
    assert letter.to == ["baskets@polder.example"]
    assert "1 décision arrive" in letter.body
    assert "Anna" not in letter.body
    url = house.members.house.url(f"solidarite/foyers/{row.pk}/")
    assert "À renouveler" in text(client.get(house.members.house.url("solidarite/")))
    sent = {
        "key": FORM, "gesture": "renew", "renew-scheme": house.scheme.pk, "renew-band": "moins de 400 €",
        "renew-referrer": house.county.pk, "renew-ends_on": "31/12/2026",
    }  # fmt: skip
    assert "renouvelée" in text(client.post(url, sent, follow=True))
    assert Enrolment.objects.get(renews=row).starts_on == date(2026, 12, 11)


def test_the_night_forgets_settles_reminds_and_asks_for_the_next(house, settings):
    settings.CLOCK = ""
    house.members.join("Anna")
    post.keep_tonight.call(at=NOW.isoformat())
    waiting = DBTaskResult.objects.filter(task_path=post.keep_tonight.module_path)
    assert waiting.count() == 1
    post.keep_on(at=NOW)
    assert waiting.count() == 1


def test_only_who_runs_the_baskets_and_the_direction_read_of_solidarity(house):
    assert ABILITIES["keep_solidarity"] == {Role.BASKETS, Role.DIRECTOR}
    url = house.members.house.url("solidarite/")
    for role in (Role.COORDINATOR, Role.ACCOUNTANT, Role.PLATFORM, Role.MEMBER):
        assert house.members.client(role).get(url).status_code == 403
    direction = house.members.client(Role.DIRECTOR)
    for name in ("", "regles/", "dispositifs/ajouter/", "inscrire/", "cagnotte/"):
        assert direction.get(url + name).status_code == 200


def test_a_scheme_is_written_shown_and_closed(house):
    client, url = house.members.client(), house.members.house.url("solidarite/dispositifs/")
    sent = {
        "key": FORM, "name": "Quatre euros", "starts_on": "01/12/2026", "ends_on": "30/06/2027",
        "size": house.members.house.sizes["petit"].pk, "household": "4 €", "criterion": "left",
        "bands": "moins de 3 € par jour\n3 à 6 € par jour", "payer1": house.county.pk, "part1": "5 €",
        "remainder1": "on",
    }  # fmt: skip
    page = text(client.post(url + "ajouter/", sent))
    assert "Les parts font 9,00\xa0€" in page
    assert "Quatre euros" in page
    sent["part1"] = "6 €"
    assert "le dispositif est écrit" in text(client.post(url + "ajouter/", sent, follow=True))
    row = Scheme.objects.get(name="Quatre euros")
    assert row.bands == ["moins de 3 € par jour", "3 à 6 € par jour"]
    assert "le foyer paie 4,00\xa0€ de chaque panier" in text(client.get(f"{url}{row.pk}/"))
    assert "est passé" in text(client.post(f"{url}{row.pk}/", {"key": FORM, "on": "22/11/2026"}))
    client.post(f"{url}{row.pk}/", {"key": FORM, "on": "31/12/2026"})
    row.refresh_from_db()
    assert row.closed_on == date(2026, 12, 31)


def test_the_pages_ask_as_much_for_one_household_as_for_many(house, django_assert_max_num_queries):
    client, url = house.members.client(), house.members.house.url("solidarite/")
    house.members.join("Anna")
    house.enrol("Anna")
    house.evening("Anna")
    actions.set_sliding(
        size=house.members.house.sizes["petit"], starts_on=TODAY, lowest=Money(600), highest=Money(1800),
        needed=Money(950), source="CA", today=TODAY,
    )  # fmt: skip
    client.get(url)
    with django_assert_max_num_queries(12) as few:
        client.get(url)
    for name in ("Bob", "Chloé", "Driss"):
        house.members.join(name)
        house.enrol(name)
    house.evening("Bob", "Chloé", "Driss")
    with django_assert_max_num_queries(len(few)):
        client.get(url)
