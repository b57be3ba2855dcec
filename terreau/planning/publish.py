"""A plan becomes promises: what each person finds pre-filled on their page.

harvest (garden) → arrival (garden or farm to platform) → picking (store to dock) → delivery,
and packing (vegetables into baskets) → delivery to depots. Each promise falls due on the day it serves.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from terreau.engines.week.plan import Plan
from terreau.engines.week.problem import Lock, Problem
from terreau.engines.week.reasons import why_left
from terreau.engines.week.verify import verify
from terreau.ledger.actions import NewProcess, Promise, cancel, open_processes, promise
from terreau.ledger.models import Commitment, ProcessKind
from terreau.ledger.queries import State, commitments, stock
from terreau.measures.money import Money
from terreau.measures.quantity import Unit
from terreau.measures.week import IsoWeek
from terreau.planning.changes import changes
from terreau.planning.gather import CHOICES, STORES, gather
from terreau.planning.models import PlanState, WeekPlan
from terreau.rooms.baskets import queries as baskets
from terreau.rooms.garden import queries as garden
from terreau.rooms.platform import queries as platform
from terreau.territory.models import Agent, AgentKind, Ecopole, Place, PlaceKind, Product, User


class NotPublished(Exception):
    """The plan stays as it is; `reasons` are sentences for the coordinator."""

    def __init__(self, message: str, reasons: tuple[str, ...] = ()):
        super().__init__(message)
        self.reasons = reasons


class InputsChanged(NotPublished):
    """What was planned is no longer what there is; `reasons` say what changed."""


@transaction.atomic
def publish(*, plan_id: int, by: User | None, at: datetime) -> list[Commitment]:
    """Turn a ready plan into commitments, in place of those of the week's former plan. Twice is once."""
    row = WeekPlan.objects.select_for_update().select_related("ecopole").get(id=plan_id)
    if row.state == PlanState.PUBLISHED:
        return list(Commitment.objects.filter(ecopole=row.ecopole, plan=row.reference))
    if row.state != PlanState.READY:
        raise NotPublished(f"Ce plan est {row.get_state_display()} : seul un plan prêt se publie.")
    problem, plan = Problem.from_json(row.problem), Plan.from_json(row.plan or {})
    if news := changes(problem, gather(row.ecopole, IsoWeek.parse(row.week), at.date())):
        raise InputsChanged("Depuis ce plan, la semaine a changé : planifiez de nouveau.", tuple(news))
    verdict = verify(problem, plan, tuple(Lock.from_json(lock) for lock in row.locks))
    if verdict.violations:
        raise NotPublished("Ce plan ne passe pas la vérification.", tuple(verdict.violations))
    _withdraw_former(row, by, at)
    row.state, row.published_at, row.published_by = PlanState.PUBLISHED, at, by
    row.save(update_fields=["state", "published_at", "published_by"])
    return write_promises(ecopole=row.ecopole, reference=row.reference, problem=problem, plan=plan)


def _withdraw_former(row: WeekPlan, by: User | None, at: datetime) -> None:
    for former in WeekPlan.objects.filter(ecopole=row.ecopole, week=row.week, state=PlanState.PUBLISHED):
        due = commitments(row.ecopole, plan=former.reference, states=(State.OPEN, State.PARTLY_MET))
        cancel(
            commitments=[line.commitment for line in due],
            reason="remplacé par un nouveau plan",
            by=by,
            at=at,
            key=f"{row.reference}:withdraw",
        )
        former.state = PlanState.REPLACED
        former.save(update_fields=["state"])


def write_promises(*, ecopole: Ecopole, reference: str, problem: Problem, plan: Plan) -> list[Commitment]:
    """The commitments of a plan, written at once."""
    desk = _Desk(ecopole, reference, problem)
    drafts = [
        *desk.harvests_and_arrivals(plan),
        *desk.orders(plan),
        *desk.packing(plan),
        *desk.depots(plan),
        *desk.compost(plan),
    ]
    opened = open_processes(ecopole=ecopole, processes=[*desk.processes.values(), *desk.answers(plan)])
    processes = {p.key: p.id for p in opened}
    units = {product.id: product.unit for product in desk.products.values()}
    promises = [
        Promise(
            **fields,
            unit=Unit(units[fields["product_id"]]),
            process_id=processes[process] if process else None,
            plan=reference,
            key=f"{reference}:{number}",
        )
        for number, (process, fields) in enumerate(drafts)
    ]
    return promise(ecopole=ecopole, promises=promises)


Draft = tuple[str | None, dict[str, Any]]


class _Desk:
    """The names behind the plan's identifiers, read once."""

    def __init__(self, ecopole: Ecopole, reference: str, problem: Problem):
        week = IsoWeek.parse(problem.week)
        self.ecopole = ecopole
        self.reference = reference
        self.problem = problem
        self.processes: dict[str, NewProcess] = {}
        self.products = {p.code: p for p in Product.objects.all()}
        self.platform = Agent.objects.get(ecopole=ecopole, kind=AgentKind.PLATFORM)
        places = list(Place.objects.filter(ecopole=ecopole).exclude(kind=PlaceKind.BED).order_by("id"))
        self.stores = {p.kind: p.id for p in reversed(places) if p.agent_id == self.platform.id}
        self.doors = {p.agent_id: p.id for p in reversed(places) if p.agent_id != self.platform.id}
        self.supplies = {s.id: s for s in problem.supplies}
        beds = {s.id: garden.bed_of(s.id) for s in problem.supplies if s.kind == "forecast"}
        self.beds = Place.objects.in_bulk(beds.values())
        self.orders_by_id = {f"order:{o.id}": o for o in platform.orders(ecopole, week, substitutes=False)}
        self.solidarity = {f"solidarity:{s.id}": s for s in platform.solidarity(ecopole)}
        self.sizes = {s.id: s for s in baskets.sizes(ecopole)}
        self.counts = baskets.counts(ecopole, week)
        self.fetched = {f"offer:{pk}" for pk in platform.collected(ecopole, week)}
        self.first_day = problem.days[0]

    def harvests_and_arrivals(self, plan: Plan) -> Iterator[Draft]:
        """What must be harvested, and what must reach the stores, the day before it leaves them."""
        due: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
        for flow in plan.flows:
            supply = self.supplies[flow.supply]
            if not self._in_stores(supply.id):
                eve = flow.day - timedelta(days=CHOICES["arrival"]["days_before"])
                due[supply.id, max(supply.first_day, eve, self.first_day)] += flow.quantity
        for (supply_id, day), quantity in sorted(due.items()):
            supply = self.supplies[supply_id]
            product = self.products[supply.product]
            farm_id = int(supply.farm)
            if supply.kind == "forecast":
                bed = self.beds[garden.bed_of(supply_id)]
                yield (
                    self._process(ProcessKind.HARVEST, f"Récolte · {bed}", day, farm_id, bed.pk),
                    {
                        "action": "produce",
                        "provider_id": farm_id,
                        "receiver_id": farm_id,
                        "product_id": product.id,
                        "quantity": quantity,
                        "to_place_id": bed.pk,
                        "due_on": day,
                    },
                )
            yield (
                self._process(ProcessKind.ARRIVAL, "Arrivée", day, farm_id, None),
                {
                    "action": "transfer",
                    "provider_id": farm_id,
                    "receiver_id": self.platform.id,
                    "product_id": product.id,
                    "quantity": quantity,
                    # What a vehicle of the platform fetches leaves from the farm's gate.
                    "from_place_id": self.doors[farm_id] if supply_id in self.fetched else None,
                    "to_place_id": self.stores[product.storage],
                    "due_on": day,
                    "price": Money(supply.price_cents).times(quantity),
                },
            )

    def answers(self, plan: Plan) -> Iterator[NewProcess]:
        """To each farm that offered something: why what is not taken of an offer is not."""
        why = why_left(self.problem, plan.flows, plan.rests)
        told: dict[str, dict[str, str]] = defaultdict(dict)
        for supply in self.problem.supplies:
            if supply.id.startswith("offer:"):
                reasons = told[supply.farm]
                if supply.id in why:
                    reasons[supply.id.removeprefix("offer:")] = why[supply.id]
        for farm, reasons in sorted(told.items()):
            yield NewProcess(
                kind=ProcessKind.OTHER,
                label="Réponse aux offres",
                agent_id=int(farm),
                planned_for=IsoWeek.parse(self.problem.week).monday,
                detail={"offers": reasons},
                key=f"{self.reference}:offers:{farm}",
            )

    def orders(self, plan: Plan) -> Iterator[Draft]:
        """Each line is picked, then delivered; what goes to solidarity beyond the orders is given."""
        lines: dict[tuple[str, str, str, date], Decimal] = defaultdict(Decimal)
        for flow in plan.flows:
            if flow.kind in ("demand", "solidarity"):
                lines[flow.kind, flow.outlet, self.supplies[flow.supply].product, flow.day] += flow.quantity
        for (kind, outlet, code, day), quantity in sorted(lines.items()):
            if kind == "demand":
                order = self.orders_by_id[outlet]
                receiver_id, unit_cents = order.customer_id, order.price.cents
            else:
                receiver_id, unit_cents = self.solidarity[outlet].grocery_id, 0
            door = self.doors[receiver_id]
            process = self._process(ProcessKind.DELIVERY, "Livraison", day, receiver_id, door)
            product = self.products[code]
            common = {"product_id": product.id, "quantity": quantity, "due_on": day}
            dock = self.stores[PlaceKind.DOCK]
            yield (
                process,
                {
                    **common,
                    "action": "move",
                    "provider_id": self.platform.id,
                    "receiver_id": self.platform.id,
                    "from_place_id": self.stores[product.storage],
                    "to_place_id": dock,
                },
            )
            yield (
                process,
                {
                    **common,
                    "action": "transfer",
                    "provider_id": self.platform.id,
                    "receiver_id": receiver_id,
                    "from_place_id": dock,
                    "to_place_id": door,
                    "price": Money(unit_cents).times(quantity),
                },
            )

    def packing(self, plan: Plan) -> Iterator[Draft]:
        """The vegetables of each batch of baskets, and the baskets that come out."""
        contents: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for flow in plan.flows:
            if flow.kind == "basket":
                contents[flow.outlet, self.supplies[flow.supply].product] += flow.quantity
        batches = {b.id: b for b in self.problem.baskets}
        for (batch_id, code), quantity in sorted(contents.items()):
            product = self.products[code]
            yield (
                self._packing_process(batches[batch_id]),
                {
                    "action": "consume",
                    "provider_id": self.platform.id,
                    "receiver_id": self.platform.id,
                    "product_id": product.id,
                    "quantity": quantity,
                    "from_place_id": self.stores[product.storage],
                    "due_on": batches[batch_id].day,
                },
            )
        for batch_id in sorted({batch_id for batch_id, _ in contents}):
            batch = batches[batch_id]
            yield (
                self._packing_process(batch),
                {
                    "action": "produce",
                    "provider_id": self.platform.id,
                    "receiver_id": self.platform.id,
                    "product_id": self._size(batch_id).product_id,
                    "quantity": Decimal(batch.count),
                    "to_place_id": self.stores[PlaceKind.DOCK],
                    "due_on": batch.day,
                },
            )

    def depots(self, plan: Plan) -> Iterator[Draft]:
        """The baskets that each depot receives, on the days whose batches are in the plan."""
        filled = {p.batch for p in plan.portions}
        packed = {(self._size(b.id).id, b.day) for b in self.problem.baskets if b.id in filled}
        for line in self.counts:
            if (line.size_id, line.day) in packed:
                yield (
                    self._process(ProcessKind.DELIVERY, "Livraison", line.day, line.keeper_id, line.depot_id),
                    {
                        "action": "transfer",
                        "provider_id": self.platform.id,
                        "receiver_id": line.keeper_id,
                        "product_id": line.product_id,
                        "quantity": Decimal(line.count),
                        "from_place_id": self.stores[PlaceKind.DOCK],
                        "to_place_id": line.depot_id,
                        "due_on": line.day,
                    },
                )

    def compost(self, plan: Plan) -> Iterator[Draft]:
        """What will not keep and nobody takes; and what has already passed its day in the stores."""
        for rest in plan.rests:
            if rest.composted > 0 and self._in_stores(rest.supply):
                lot_id, place_id = (int(part) for part in rest.supply.split(":")[1:])
                supply = self.supplies[rest.supply]
                product, last_day = self.products[supply.product], max(supply.last_day, self.first_day)
                due_on = min(last_day, self.problem.end)
                yield self._lost(product.id, lot_id, place_id, rest.composted, due_on)
        for line in stock(self.ecopole, holder=self.platform):
            past = line.keeps_until is not None and line.keeps_until < self.first_day
            if past and line.owner is None and line.place.kind in STORES:
                yield self._lost(line.product.id, line.lot.id, line.place.id, line.quantity, self.first_day)

    def _lost(self, product_id: int, lot_id: int, place_id: int, quantity: Decimal, due_on: date) -> Draft:
        return None, {
            "action": "lower",
            "provider_id": self.platform.id,
            "receiver_id": self.platform.id,
            "product_id": product_id,
            "lot_id": lot_id,
            "quantity": quantity,
            "from_place_id": place_id,
            "due_on": due_on,
            "note": "compost",
        }

    def _size(self, batch_id: str) -> baskets.SizeLine:
        return self.sizes[int(batch_id.split(":")[1])]

    def _in_stores(self, supply_id: str) -> bool:
        return supply_id.startswith("lot:") and int(supply_id.split(":")[2]) in {
            self.stores.get(kind) for kind in STORES
        }

    def _packing_process(self, batch: Any) -> str:
        size = self._size(batch.id)
        return self._process(
            ProcessKind.PACKING, size.name, batch.day, size.maker_id, None, detail=str(size.id)
        )

    def _process(
        self, kind: str, label: str, day: date, agent_id: int, place_id: int | None, detail: str = ""
    ) -> str:
        """One process per gesture, day and actor; its key is enough to find it again."""
        key = f"{self.reference}:{kind}:{day.isoformat()}:{agent_id}:{place_id or ''}:{detail}"
        self.processes.setdefault(
            key,
            NewProcess(
                kind=kind, label=label, agent_id=agent_id, place_id=place_id, planned_for=day, key=key
            ),
        )
        return key
