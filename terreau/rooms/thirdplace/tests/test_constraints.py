"""What the database itself refuses, by name."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from terreau.measures.money import Money
from terreau.rooms.thirdplace import models
from terreau.rooms.thirdplace.models import (
    Admission,
    Benefit,
    Booking,
    Comer,
    Contribution,
    Fee,
    Gathering,
    Mark,
    Member,
    Path,
    Presence,
    Repair,
    SignUp,
    Skill,
    Spending,
    Terms,
    Thing,
)
from terreau.rooms.thirdplace.tests.factories import NOW, TODAY, sign_up
from terreau.rooms.thirdplace.trades import TRADES
from terreau.territory.models import Agent, Product
from terreau.territory.tests.rows import names

LATER = NOW + timedelta(hours=2)


@pytest.fixture
def rows(place) -> dict[str, Any]:
    """One row of each, sound; a case says what is changed of it."""
    e, held = {"ecopole": place.ecopole}, place.plan(TODAY + timedelta(days=1))
    ana, path = sign_up(held, "Ana"), Path.objects.create(**e, name="Pain", about="pétrir", key="path-1")
    skill = Skill.objects.create(path=path, rank=1, name="Pétrir")
    trade, key = Product.objects.get(code=TRADES[0]), {"key": "k"}
    event = place.contribute(place.noe, "1")
    place.validate(event)
    event.refresh_from_db()
    other = place.contribute(place.noe, "2")
    place.validate(other)
    other.refresh_from_db()
    basket = Product.objects.create(code="panier", name="Panier", unit="piece", family="basket", unit_kg=4)
    booked = {"starts_at": NOW, "ends_at": LATER}
    made = {
        "thing": Thing(**e, **key, kind="tool", name="Four"),
        "repair": Repair(thing=place.saw, since=TODAY, reason="lame", **key),
        "gathering": Gathering(
            **e, **key, **booked, kind="meal", title="Soupe", about="", where="ici", capacity=1,
            revised_at=NOW,
        ),
        "booking": Booking(thing=place.saw, who="Amap", **booked, **key),
        "tariff": models.Tariff(thing=place.saw, since=TODAY, source="CA", **key,
                                per_hour=Money(900)),
        "sign_up": SignUp(gathering=held, name="Bob", email="bob@exemple.invalid", signed_at=NOW, **key),
        "presence": Presence(gathering=held, sign_up=ana, people=1, at=NOW, **key),
        "comer": Comer(gathering=held, age="65+", **key),
        "testimony": models.Testimony(**e, **key, words="Bien", consent_on=TODAY),
        "member": Member(**e, **key, agent=place.agent, name="Zoé"),
        "path": path, "skill": skill, "mark": Mark(member=place.mona, skill=skill, on=TODAY),
        "terms": Terms(**e, **key, since=TODAY, per_hour=Decimal(1), cap=Decimal(9), months=6, source="CA"),
        "benefit": Benefit(**e, **key, kind="meal", name="Repas", cost=Decimal(3), since=TODAY),
        "contribution": Contribution(
            member=place.mona, on=TODAY, trade=trade, hours=Decimal(2), recorded_at=NOW, **key
        ),
    }  # fmt: skip
    for row in made.values():
        if row.pk is None:
            row.save()
    made["fee"] = Fee.objects.create(gathering=held, since=TODAY, price=Money(800))
    made["admission"] = Admission.objects.create(presence=made["presence"], event=event.event)
    made["spending"] = Spending.objects.create(member=place.mona, benefit=made["benefit"], at=NOW, **key)
    somebody = Agent.objects.create(**e, kind="person", name="M-ZZZZ")
    return made | {"event": event.event, "basket": basket, "somebody": somebody, "other": other.event}


# name of the constraint, row it guards, what is changed; `again`: the same row, with another number.
CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("thing_key_once", "thing", {"again": True, "name": "Tour"}),
    ("thing_name_once", "thing", {"again": True, "key": "k2"}),
    ("thing_kind_known", "thing", {"kind": "boat"}),
    ("room_tariff_key_once", "tariff", {"again": True, "since": TODAY - timedelta(days=1)}),
    ("room_tariff_since_once", "tariff", {"again": True, "key": "k2"}),
    ("room_tariff_not_negative", "tariff", {"per_hour": Money(-1)}),
    ("room_tariff_is_decided_somewhere", "tariff", {"source": ""}),
    ("repair_key_once", "repair", {"again": True, "until": TODAY}),
    ("repair_open_once", "repair", {"again": True, "key": "k2"}),
    ("repair_ends_after_start", "repair", {"until": TODAY - timedelta(days=1)}),
    ("gathering_key_once", "gathering", {"again": True}),
    ("gathering_kind_known", "gathering", {"kind": "war"}),
    ("gathering_ends_after_start", "gathering", {"ends_at": NOW}),
    ("gathering_has_a_seat", "gathering", {"capacity": 0}),
    ("gathering_cancelled_with_reason", "gathering", {"cancelled_at": NOW}),
    ("booking_key_once", "booking", {"again": True}),
    ("booking_ends_after_start", "booking", {"ends_at": NOW}),
    ("booking_use_known", "booking", {"use": "sold"}),
    ("sign_up_key_once", "sign_up", {"again": True, "email": ""}),
    ("sign_up_address_once", "sign_up", {"again": True, "key": "k2"}),
    ("sign_up_has_an_adult", "sign_up", {"adults": 0, "children": 2}),
    ("sign_up_forgotten_whole", "sign_up", {"forgotten_at": NOW}),
    ("presence_key_once", "presence", {"again": True, "sign_up": None}),
    ("presence_of_sign_up_once", "presence", {"again": True, "key": "k2"}),
    ("presence_of_somebody", "presence", {"people": 0}),
    ("comer_key_once", "comer", {"again": True}),
    ("comer_age_known", "comer", {"age": "old"}),
    ("comer_says_something", "comer", {"age": ""}),
    ("testimony_key_once", "testimony", {"again": True}),
    ("testimony_kept_or_withdrawn", "testimony", {"withdrawn_at": NOW}),
    ("member_key_once", "member", {"again": True, "agent": "somebody"}),
    ("path_key_once", "path", {"again": True, "name": "Four"}),
    ("path_name_once", "path", {"again": True, "key": "k2"}),
    ("skill_name_once", "skill", {"again": True}),
    ("mark_once", "mark", {"again": True}),
    ("credit_terms_key_once", "terms", {"again": True, "since": TODAY + timedelta(days=1)}),
    ("credit_terms_since_once", "terms", {"again": True, "key": "k2"}),
    ("credit_terms_plausible", "terms", {"per_hour": Decimal(0)}),
    ("credit_terms_plausible", "terms", {"months": 61}),
    ("benefit_key_once", "benefit", {"again": True, "name": "Autre"}),
    ("benefit_name_once", "benefit", {"again": True, "key": "k2"}),
    ("benefit_kind_known", "benefit", {"kind": "euros"}),
    ("benefit_cost_positive", "benefit", {"cost": Decimal(0)}),
    ("benefit_product_has_a_giver", "benefit", {"product": "basket"}),
    ("contribution_key_once", "contribution", {"again": True}),
    ("contribution_fits_a_day", "contribution", {"hours": Decimal("24.001")}),
    (
        "contribution_decided_once",
        "contribution",
        {"event": "event", "refused_at": NOW, "refused_why": "non"},
    ),
    ("contribution_refused_with_reason", "contribution", {"refused_at": NOW}),
    ("spending_key_once", "spending", {"again": True}),
    ("fee_positive", "fee", {"price": Money(0)}),
    ("admission_in_euros_or_credits", "admission", {"event": None}),
    ("admission_in_euros_or_credits", "admission", {"spending": "spending"}),
    ("admission_euros_once", "admission", {"again": True, "event": "other"}),
    ("spending_settled_once", "spending", {"handed_at": NOW, "given_back_at": NOW}),
]


KNOWN = ("event", "other", "spending", "basket", "somebody")


@pytest.mark.django_db
def test_the_database_refuses_what_no_form_would_send(rows):
    for name, of, changes in CASES:
        row, told = rows[of], dict(changes)
        if told.pop("again", False):
            row = type(row)(
                **{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields} | {"id": None}
            )
        else:
            row = type(row).objects.get(pk=row.pk)
        for field, value in told.items():
            setattr(row, field, rows[value] if value in KNOWN else value)
        if of == "contribution" and "event" in told:
            Contribution.objects.exclude(pk=row.pk).filter(event__isnull=False).update(event=None)
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            row.save()
        assert names(name, error.value, row), f"{name}: {error.value}"
