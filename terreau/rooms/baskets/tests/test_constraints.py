"""What the database itself refuses of members and their subscriptions, by name."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from terreau.ledger.actions import agree
from terreau.measures.money import Money
from terreau.rooms.baskets.models import (
    Change,
    ChosenPrice,
    DepotCount,
    DepotTerms,
    Enrolment,
    Handover,
    Member,
    Pack,
    PackBasket,
    PackMove,
    PackOffer,
    Pause,
    Price,
    Referral,
    Referrer,
    Scheme,
    SchemePayer,
    Sheet,
    Sliding,
    SolidarityTerms,
    Subscription,
    SubscriptionTerms,
    Terms,
    Waiting,
)
from terreau.rooms.baskets.tests.factories import TODAY, make_packing
from terreau.territory.models import Agent
from terreau.territory.tests.rows import names

NOW = timezone.make_aware(datetime(2026, 11, 23, 10))
LATER = NOW + timedelta(days=1)


@pytest.fixture
def rows(db) -> dict[str, Any]:
    """One row of each, sound; a case says what is changed of it."""
    packing = make_packing()
    e, key, depot = {"ecopole": packing.ecopole}, {"key": "k"}, packing.depots[0]
    size, other = packing.sizes["petit"], packing.sizes["grand"]
    person = Agent.objects.create(**e, kind="person", name="M-ANNA")
    somebody = Agent.objects.create(**e, kind="person", name="M-ZZZZ")
    agreement, free = (
        agree(
            ecopole=packing.ecopole, kind="subscription", provider_id=packing.platform.pk,
            receiver_id=person.pk, per="week", starts_on=TODAY, key=f"agreement-{n}",
        )
        for n in range(2)
    )  # fmt: skip
    member = Member.objects.create(
        **e, **key, agent=person, name="Anna", email="anna@exemple.invalid", pay_by="debit", joined_on=TODAY
    )
    held = Subscription.objects.create(member=member, size=size, agreement=agreement, starts_on=TODAY, **key)
    scheme = Scheme.objects.create(
        **e,
        **key,
        name="Dispositif",
        starts_on=TODAY,
        ends_on=TODAY,
        criterion="left",
        bands=["b"],
        num=1,
        den=3,
        recorded_at=NOW,
    )
    referrer = Referrer.objects.create(**e, **key, agent=packing.platform, until=TODAY, recorded_at=NOW)
    enrolment = Enrolment.objects.create(
        **key,
        scheme=scheme,
        member=member,
        referrer=packing.platform,
        band="b",
        starts_on=TODAY,
        ends_on=TODAY,
        recorded_at=NOW,
    )
    made = {
        "terms": Terms(
            **e, **key, starts_on=TODAY, seller=packing.platform, solidarity=packing.platform,
            fee=Money(2000), weeks_a_year=48, cutoff_hours=48, skip_rule="credited", pause_rule="credited",
            pause_weeks_max=5, offer_days=7, source="CA", recorded_at=NOW,
        ),
        "price": Price(size=size, starts_on=TODAY, price=Money(1250)),
        "depot_terms": DepotTerms(
            depot=depot, starts_on=TODAY, weekday=2, opens=time(16), closes=time(19), capacity=20,
            charge=Money(0), recorded_at=NOW, **key,
        ),
        "member": member,
        "subscription": held,
        "its_terms": SubscriptionTerms(
            subscription=held, starts_on=TODAY, depot=depot, rhythm="weekly", recorded_at=NOW, **key
        ),
        "change": Change(subscription=held, day=TODAY, kind="skip", recorded_at=NOW, **key),
        "pause": Pause(
            subscription=held, first_on=TODAY, last_on=TODAY + timedelta(days=6), recorded_at=NOW, **key
        ),
        "waiting": Waiting(member=member, size=other, depot=depot, rhythm="a", asked_at=NOW, **key),
        "handover": Handover(
            subscription=held, day=TODAY, depot=depot, outcome="back", charge=Money(0), at=NOW, **key
        ),
        "sheet": Sheet(ecopole=packing.ecopole, week=TODAY, news="Il gèle."),
        "scheme": scheme,
        "payer": SchemePayer(scheme=scheme, rank=1, agent=packing.platform, num=2, den=3, remainder=True),
        "solidarity": SolidarityTerms(
            **e, **key, starts_on=TODAY, holder=packing.platform, after="full", remind_days=30, source="CA",
            recorded_at=NOW,
        ),
        "referrer": referrer,
        "enrolment": enrolment,
        "referral": Referral(
            **key, referrer=referrer, scheme=scheme, name="Anna", contact="01", band="b", months=3,
            made_at=NOW,
        ),
        "sliding": Sliding(
            size=size, starts_on=TODAY, lowest=Money(500), highest=Money(1500), needed=Money(1000),
            source="CA",
        ),
        "chosen": ChosenPrice(
            subscription=held, starts_on=TODAY, price=Money(800), recorded_at=NOW, **key
        ),
        "count": DepotCount(size=size, depot=depot, day=TODAY, count=3, subscribed=2),
    }  # fmt: skip
    made["offer"] = offer = PackOffer.objects.create(
        size=size, starts_on=TODAY, number=10, price=Money(9500), months=6, ending="repaid", remind=2,
        source="CA", recorded_at=NOW, **key,
    )  # fmt: skip
    made["pack"] = pack = Pack.objects.create(
        member=member, offer=offer, bought_on=TODAY, ends_on=LATER.date(), recorded_at=NOW, **key
    )
    made["basket"] = basket = PackBasket.objects.create(pack=pack, rank=1, amount=Money(950))
    made["move"] = PackMove(basket=basket, turn=1, kind="returned", recorded_at=NOW)
    for row in made.values():
        if row.pk is None:
            row.save()
    return made | {"somebody": somebody, "free": free, "depot": depot, "other": other}


NAMED = ("somebody", "free", "depot", "other", "member", "subscription", "enrolment", "handover")
# name of the constraint, row it guards, what is changed; `again`: the same row, with another number.
CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("basket_terms_key_once", "terms", {"again": True}),
    ("basket_terms_fee_not_negative", "terms", {"fee": Money(-1)}),
    ("basket_terms_weeks_of_a_year", "terms", {"weeks_a_year": 54}),
    ("basket_terms_plausible", "terms", {"cutoff_hours": 337}),
    ("basket_terms_rules_known", "terms", {"skip_rule": "lost"}),
    ("basket_terms_offer_holds", "terms", {"offer_days": 0}),
    ("basket_price_once_a_day", "price", {"again": True}),
    ("basket_price_positive", "price", {"price": Money(0)}),
    ("depot_terms_key_once", "depot_terms", {"again": True}),
    ("depot_terms_weekday_known", "depot_terms", {"weekday": 7}),
    ("depot_terms_hours_in_order", "depot_terms", {"closes": time(15)}),
    ("depot_terms_charge_not_negative", "depot_terms", {"charge": Money(-1)}),
    ("basket_member_key_once", "member", {"again": True, "agent": "somebody", "email": ""}),
    ("basket_member_address_once", "member", {"again": True, "agent": "somebody", "key": "k2"}),
    ("basket_member_pays_somehow", "member", {"pay_by": "gold"}),
    ("basket_member_erased_whole", "member", {"erased_at": NOW, "left_on": TODAY}),
    ("subscription_key_once", "subscription", {"again": True, "agreement": "free", "size": "other"}),
    ("subscription_open_once", "subscription", {"again": True, "agreement": "free", "key": "k2"}),
    ("subscription_ends_after_start", "subscription", {"ends_on": TODAY - timedelta(days=1)}),
    ("subscription_terms_key_once", "its_terms", {"again": True}),
    ("subscription_terms_rhythm_known", "its_terms", {"rhythm": "daily"}),
    ("subscription_terms_weeks_chosen", "its_terms", {"weeks": ["2026-W49"]}),
    ("basket_change_key_once", "change", {"again": True}),
    ("basket_change_kind_known", "change", {"kind": "sell"}),
    ("basket_change_moved_somewhere", "change", {"kind": "move"}),
    ("basket_change_given_to_a_member", "change", {"to_member": "member"}),
    ("basket_change_extra_counts", "change", {"kind": "extra"}),
    ("basket_pause_key_once", "pause", {"again": True}),
    ("basket_pause_in_order", "pause", {"last_on": TODAY}),
    ("waiting_key_once", "waiting", {"again": True, "closed_at": NOW}),
    ("waiting_open_once", "waiting", {"again": True, "key": "k2"}),
    ("waiting_rhythm_known", "waiting", {"rhythm": "daily"}),
    ("waiting_offer_expires", "waiting", {"offered_at": NOW}),
    ("waiting_taken_once_offered", "waiting", {"subscription": "subscription"}),
    ("handover_key_once", "handover", {"again": True, "withdrawn_at": NOW}),
    ("handover_once_a_day", "handover", {"again": True, "key": "k2"}),
    ("handover_outcome_known", "handover", {"outcome": "eaten"}),
    ("handover_of_a_basket", "handover", {"count": 0}),
    ("handover_charge_not_negative", "handover", {"charge": Money(-1)}),
    ("handover_event_unless_back", "handover", {"outcome": "taken"}),
    ("sheet_once_a_week", "sheet", {"again": True}),
    ("sheet_sent_once_published", "sheet", {"sent_at": NOW}),
    ("depot_count_holds_members", "count", {"subscribed": 4}),
    ("scheme_key_once", "scheme", {"again": True}),
    ("scheme_period_in_order", "scheme", {"ends_on": TODAY - timedelta(days=1)}),
    ("scheme_criterion_known", "scheme", {"criterion": "face"}),
    ("scheme_household_part", "scheme", {"amount": Money(100)}),
    ("scheme_closed_before_end", "scheme", {"closed_on": TODAY + timedelta(days=1)}),
    ("scheme_payer_rank_once", "payer", {"again": True, "remainder": False}),
    ("scheme_remainder_once", "payer", {"again": True, "rank": 2}),
    ("scheme_payer_part", "payer", {"num": 4}),
    ("scheme_payer_regime_known", "payer", {"regime": "spf"}),
    ("scheme_payer_ceiling_positive", "payer", {"ceiling": Money(0)}),
    ("solidarity_terms_key_once", "solidarity", {"again": True}),
    ("solidarity_terms_after_known", "solidarity", {"after": "scheme"}),
    ("solidarity_terms_reminds", "solidarity", {"remind_days": 0}),
    ("referrer_key_once", "referrer", {"again": True, "number": 2}),
    ("referrer_link_once", "referrer", {"again": True, "key": "k2"}),
    ("enrolment_key_once", "enrolment", {"again": True, "starts_on": TODAY - timedelta(days=1)}),
    ("enrolment_once_from_a_day", "enrolment", {"again": True, "key": "k2"}),
    ("enrolment_in_order", "enrolment", {"ended_on": TODAY - timedelta(days=1)}),
    ("enrolment_regime_known", "enrolment", {"regime": "spf"}),
    ("basket_referral_key_once", "referral", {"again": True}),
    ("basket_referral_months", "referral", {"months": 13}),
    ("basket_referral_regime_known", "referral", {"regime": "spf"}),
    ("basket_referral_answered_forgets", "referral", {"answered_at": NOW}),
    ("sliding_once_a_day", "sliding", {"again": True}),
    ("sliding_in_order", "sliding", {"highest": Money(400)}),
    ("chosen_price_key_once", "chosen", {"again": True}),
    ("chosen_price_not_negative", "chosen", {"price": Money(-1)}),
    ("pack_offer_key_once", "offer", {"again": True}),
    ("pack_offer_of_baskets", "offer", {"again": True, "key": "k2", "number": 61}),
    ("pack_offer_price_positive", "offer", {"again": True, "key": "k2", "price": Money(0)}),
    ("pack_offer_lasts", "offer", {"again": True, "key": "k2", "months": 25}),
    ("pack_offer_ending_known", "offer", {"again": True, "key": "k2", "ending": "lost"}),
    ("pack_offer_reminds_before_the_end", "offer", {"again": True, "key": "k2", "remind": 10}),
    ("pack_key_once", "pack", {"again": True}),
    ("pack_ends_after_bought", "pack", {"again": True, "key": "k2", "ends_on": TODAY}),
    ("pack_basket_once", "basket", {"again": True}),
    ("pack_basket_rank_from_one", "basket", {"again": True, "rank": 0}),
    ("pack_basket_not_negative", "basket", {"again": True, "rank": 2, "amount": Money(-1)}),
    ("pack_basket_used_once", "move", {"again": True}),
    (
        "pack_move_turn_from_one",
        "move",
        {"again": True, "turn": 0, "kind": "restored", "handover": "handover"},
    ),
    ("pack_move_uses_then_restores", "move", {"again": True, "turn": 2}),
    ("pack_move_drawn_by_a_handover", "move", {"again": True, "turn": 3, "kind": "drawn"}),
]


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
            setattr(row, field, rows[value] if value in NAMED else value)
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            row.save()
        assert names(name, error.value, row), f"{name}: {error.value}"
