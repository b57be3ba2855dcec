"""Two invented projects of the demo: greenhouses nearly paid, workshops whose funder has yet to answer."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from terreau.funding import actions
from terreau.funding.actions import Terms
from terreau.funding.models import BudgetLine, ClaimKind, Cofunding, Project, StepKind
from terreau.funding.refusals import FundingRefused
from terreau.measures.money import Money
from terreau.territory.abilities import Role
from terreau.territory.clock import moment
from terreau.territory.demo import World
from terreau.territory.hand import Hand

WHOLE, HALF = Decimal(100), Decimal(50)


def live(world: World, today: date) -> None:
    """Their history up to today, in the order it was written."""
    _greenhouses(world, today)
    _workshops(world, today)


class _Past:
    """Writes what the direction wrote, on the day it did."""

    def __init__(self, world: World, name: str):
        self.world, self.name, self.count = world, name, 0

    def hand(self, on: date) -> Hand:
        self.count += 1
        at = moment(on, 10)
        return Hand(self.world.users[Role.DIRECTOR], at, f"demo-{self.name}-{self.count}")

    def line(
        self, project: Project, on: date, label: str, destination: str, net: int, vat: int
    ) -> BudgetLine:
        return actions.add_line(
            project=project, label=label, destination=destination, net=Money.from_euros(net),
            vat=Money.from_euros(vat), eligible=WHOLE, hand=self.hand(on),
        )  # fmt: skip

    def funder(
        self, project: Project, on: date, funder: str, nature: str, euros: int, **more: Any
    ) -> Cofunding:
        given: dict[str, Any] = {"scheme": "", "aid": None, "theme": "", "rate_max": None} | more
        return actions.add_cofunding(
            project=project, funder=funder, nature=nature, planned=Money.from_euros(euros),
            hand=self.hand(on), **given,
        )  # fmt: skip

    def step(self, row: Cofunding, kind: StepKind, on: date, **said: Any) -> None:
        actions.note_step(cofunding=row, kind=kind, on=on, terms=Terms(**said), hand=self.hand(on))


def _greenhouses(world: World, today: date) -> None:
    """Half by the intercommunality, a part by a foundation, the rest by the garden; one claim is paid."""
    past, start = _Past(world, "serres"), today - timedelta(days=300)
    project = actions.open_project(
        ecopole=world.ecopole, holder=world.garden, title="Deux serres froides", hand=past.hand(start),
        what="Deux serres froides, pour des légumes d’hiver dans les paniers et les cantines.",
        starts_on=start, ends_on=today + timedelta(days=60), recovers_vat=False, public_ceiling=Decimal(70),
        ceiling_source="règlement d’attribution de la communauté de communes",
    )  # fmt: skip
    frames = past.line(project, start, "Serres et arceaux", "investment", 18_000, 3_600)
    past.line(project, start, "Montage et encadrement", "supply", 2_400, 0)
    region = past.funder(
        project, start, "CC de la Région d’Audruicq", "public", 12_000, theme="circuits-courts", rate_max=HALF
    )
    gift = past.funder(project, start, "Fondation des Saules", "private", 6_000, theme="circuits-courts")
    past.funder(project, start, "Jardin des Alouettes", "own", 6_000)
    base, euros = Money.from_euros(24_000), Money.from_euros
    for row, amount, rate in ((region, 12_000, HALF), (gift, 6_000, Decimal(25))):
        asked = start + timedelta(days=20)
        past.step(row, StepKind.PREPARING, start, reference="Direction", due_on=asked)
        past.step(
            row, StepKind.REQUESTED, asked, amount=euros(amount), base=base, rate=rate, reference="S-2026-04"
        )
        past.step(
            row, StepKind.OBTAINED, asked + timedelta(days=50), amount=euros(amount), from_on=start,
            to_on=project.ends_on, reference="convention du printemps", due_on=today + timedelta(days=20),
        )  # fmt: skip
        past.step(row, StepKind.RUNNING, asked + timedelta(days=60), due_on=today + timedelta(days=20))
    for number, net in enumerate((6_000, 7_500), start=1):
        on = start + timedelta(days=90 + 40 * number)
        piece = actions.add_invoice(
            ecopole=world.ecopole, supplier="Serres du Nord", number=f"2026-{number:03}", what="serre froide",
            on=on, net=euros(net), vat=Money(net * 20), recovers_vat=False, hand=past.hand(on),
        )  # fmt: skip
        for row, percent in ((region, HALF), (gift, Decimal(25))):
            actions.share(piece=piece, cofunding=row, line=frames, percent=percent, hand=past.hand(on))
    sent = today - timedelta(days=70)
    claim = actions.send_claim(
        cofunding=region, kind=ClaimKind.INSTALMENT, advance=None, on=sent, hand=past.hand(sent)
    )
    past.step(region, StepKind.PAID, today - timedelta(days=25), amount=claim.total, claim=claim)
    actions.promise_target(
        cofunding=region, measure="harvest", promised=Decimal(15_000), hand=past.hand(start)
    )
    actions.promise_target(
        cofunding=region, measure="canteens", promised=Decimal(4_000), hand=past.hand(start)
    )
    actions.expect(
        cofunding=region, on=today + timedelta(days=90), amount=euros(12_000) - claim.total,
        chance=Decimal(90), hand=past.hand(today),
    )  # fmt: skip
    _hours(world, past, today)


def _hours(world: World, past: _Past, today: date) -> None:
    """The supervision of last month, ready to be attached; a young demo may have none."""
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    try:
        actions.add_ledger_hours(
            ecopole=world.ecopole, measure="supervision", month=month, hourly=Money.from_euros(32),
            today=today, hand=past.hand(today),
        )  # fmt: skip
    except FundingRefused:
        return


def _workshops(world: World, today: date) -> None:
    """Asked for, and the answer is awaited; a second funder has still to be prepared."""
    past, start = _Past(world, "ateliers"), today - timedelta(days=45)
    project = actions.open_project(
        ecopole=world.ecopole, holder=world.third_place, title="Cuisiner ensemble", hand=past.hand(start),
        what="Un an d’ateliers de cuisine au tiers-lieu, avec les membres et leurs voisins.",
        starts_on=today + timedelta(days=35), ends_on=today + timedelta(days=400), recovers_vat=False,
        public_ceiling=None, ceiling_source="",
    )  # fmt: skip
    past.line(project, start, "Animation", "supply", 9_000, 0)
    past.line(project, start, "Ustensiles et denrées", "supply", 2_500, 500)
    pat = past.funder(project, start, "État (PNA)", "public", 6_000, scheme="pat", theme="circuits-courts")
    fse = past.funder(
        project, start, "FSE+ et département", "public", 4_000, scheme="fse_plus", theme="cohesion"
    )
    past.funder(project, start, "Tiers-lieu La Bourrine", "own", 2_000)
    past.step(pat, StepKind.PREPARING, start, reference="Direction", due_on=today - timedelta(days=15))
    past.step(
        pat, StepKind.REQUESTED, today - timedelta(days=20), amount=Money.from_euros(6_000),
        base=Money.from_euros(12_000), rate=HALF, reference="PAT-077", due_on=today + timedelta(days=40),
    )  # fmt: skip
    past.step(fse, StepKind.SPOTTED, start, due_on=today + timedelta(days=12))
    actions.promise_target(cofunding=pat, measure="came", promised=Decimal(600), hand=past.hand(start))
    actions.expect(
        cofunding=pat, on=today + timedelta(days=80), amount=Money.from_euros(6_000), chance=HALF,
        hand=past.hand(today),
    )  # fmt: skip
