"""What no form would send: the database refuses it, by name."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from terreau.measures.money import Money
from terreau.rooms.incubator import actions
from terreau.rooms.incubator.models import (
    Contract,
    CropPlan,
    FollowUp,
    Installation,
    Plot,
    Search,
    Step,
    Tutor,
    YearPlan,
)
from terreau.rooms.incubator.tests.factories import NOW, START, TODAY, hand, make_couveuse, terms
from terreau.territory.models import Commune
from terreau.territory.tests.rows import changed, copied

FACT = {"recorded_at": NOW}
CROP = {
    "area_m2": 100, "quantity": Decimal(100), "price": Money(200), "hours": Decimal(20), "costs": Money(0),
    "first_month": 6, "last_month": 9,
}  # fmt: skip
PLOT = {
    "area_ha": Decimal(1), "cycle": "annual", "started_on": START, "sown_month": 4, "harvest_month": 9,
    "per_ha": Decimal(1000), "price_conventional": Money(100), "price_conversion": Money(120),
    "price_organic": Money(180),
}  # fmt: skip
FARM = {"hectares": Decimal(2), "jobs": Decimal(1), "anchored": Decimal(1)}


def test_the_database_refuses_what_no_form_would_send(db):
    house = make_couveuse()
    project = house.under_contract()
    other = house.candidate("Le Radis")
    loan, tap = house.lend(project), house.tap()
    booking = actions.book(
        project=project, equipment=tap, starts_at=NOW, ends_at=NOW + timedelta(hours=1), hand=hand()
    )
    contract, applied = project.contracts.get(), project.steps.get(kind="applied")
    tutor = project.tutors.get()
    crop = CropPlan.objects.create(project=project, year=2026, product=house.carrot, **CROP)
    year = YearPlan.objects.create(project=project, year=2026, opening=Money(0), fixed=Money(0))
    plot = Plot.objects.create(project=project, name="Le Clos", product=house.carrot, **PLOT)
    search = Search.objects.create(project=project, area_ha=Decimal(2), where="Audruicq")
    mark = actions.mark(project=project, code="ppp", on=TODAY, hand=hand())
    commune = Commune.objects.get()
    farm = Installation.objects.create(project=project, on=TODAY, commune=commune, key="i", **FARM, **FACT)
    news = FollowUp.objects.create(
        project=project, years=1, on=TODAY, state="active", key="f", **FARM, **FACT
    )
    drafted = {**vars(terms()), "project": project, "key": "other", **FACT}
    for name, broken in {
        "test_project_key_once": changed(other, key=project.key),
        "test_project_title_once": changed(other, title=project.title),
        "test_project_prefix_once": changed(other, prefix=project.prefix, agent=house.garden),
        "test_project_accepted_has_a_prefix": changed(other, prefix="RAD"),
        "test_step_key_once": Step(project=project, kind="met", on=TODAY, key=applied.key, **FACT),
        "test_step_once": Step(project=project, kind="applied", on=TODAY, key="other", **FACT),
        "test_step_kind_known": Step(project=project, kind="lost", on=TODAY, key="other", **FACT),
        "test_step_left_says_for_what": Step(project=project, kind="left", on=TODAY, key="other", **FACT),
        "test_tutor_once_at_a_time": Tutor(project=project, user=tutor.user, since=TODAY, key="t", **FACT),
        "test_tutor_days_in_order": changed(tutor, until=date(2020, 1, 1)),
        "test_contract_key_once": Contract(**drafted | {"rank": 1, "key": contract.key}),
        "test_contract_rank_once": Contract(**drafted | {"rank": 0}),
        "test_contract_ends_after_start": changed(contract, ends_on=date(2020, 1, 1)),
        "test_contract_signed_is_agreed": changed(contract, agreement=None),
        "test_contract_ceiling_not_negative": changed(contract, ceiling=Money(-1)),
        "test_contract_fee_is_a_share": changed(contract, fee_percent=Decimal("100.001")),
        "test_contract_tells_its_accounts": changed(contract, accounting_months=0),
        "test_contract_broken_within": changed(contract, broken_on=date(2020, 1, 1)),
        "test_loan_key_once": copied(loan, agreement=contract.agreement),
        "test_loan_ends_after_start": changed(loan, ends_on=date(2020, 1, 1)),
        "test_loan_has_an_area": changed(loan, area_m2=0),
        "test_loan_quality_known": changed(loan, quality=9),
        "test_equipment_key_once": copied(tap, name="Motoculteur"),
        "test_equipment_name_once": copied(tap, key="other"),
        "test_equipment_kind_known": changed(tap, kind="feu"),
        "test_rate_once_a_day": copied(tap.rates.get(), key="other"),
        "test_rate_not_negative": changed(tap.rates.get(), price=Money(-1)),
        "test_booking_key_once": copied(booking),
        "test_booking_ends_after_start": changed(booking, ends_at=booking.starts_at),
        "test_crop_plan_once": copied(crop),
        "test_crop_plan_months_in_order": changed(crop, last_month=5),
        "test_crop_plan_not_negative": changed(crop, hours=Decimal(-1)),
        "test_year_plan_once": copied(year),
        "test_year_plan_fixed_not_negative": changed(year, fixed=Money(-1)),
        "test_mark_once": copied(mark, key="other"),
        "test_plot_name_once": copied(plot),
        "test_plot_has_an_area": changed(plot, area_ha=Decimal(0)),
        "test_plot_cycle_known": changed(plot, cycle="rare"),
        "test_plot_months": changed(plot, sown_month=13),
        "test_search_has_an_area": changed(search, area_ha=Decimal(0)),
        "test_installation_adds_up": changed(farm, anchored=Decimal(2)),
        "test_follow_up_once": copied(news, key="other"),
        "test_follow_up_state_known": changed(news, state="lost"),
        "test_follow_up_adds_up": changed(news, hectares=Decimal(-1)),
    }.items():
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            broken.save()
        # SQLite names a check, and only the columns of what must be unique.
        assert name in str(refusal.value) or (name.endswith(("_once", "_time", "_day")) and "UNIQUE" in str(
            refusal.value
        )), name  # fmt: skip
