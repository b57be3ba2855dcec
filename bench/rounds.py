"""Rounds on public instances: our engine at 1, 5 and 20 seconds beside VROOM and OR-Tools, in the same run.

Usage: python bench/rounds.py --instances FOLDER [--seconds 1,5,20] [NAME…]

The folder holds the files named in BEST_KNOWN, as published (CVRPLIB, Solomon, Li & Lim, and Pessoa's in
PyVRP's dialect). Every solution is priced and checked again here, from the file alone.
"""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from terreau.engines.rounds import End, Hub, Matrix, Problem, Stop, Transfer, Vehicle, Window, solve
from terreau.engines.rounds.problem import HORIZON_S, Dimension

BEST_KNOWN = {
    "E-n51-k5.vrp": 521,
    "P-n101-k4.vrp": 681,
    "RC108.txt": 1117.53,
    "RC208.txt": 779.31,
    "lr104.txt": 1013.39,
    "lrc206.txt": 1159.03,
    "X101-FSMFD.vrp": 35170.24,
}
# Solomon and Li & Lim measure exact distances: a hundredth is our metre and our second.
CENT = 100
# Enough vehicles of each kind for any sensible plan.
VEHICLES = 25
Routes = list[tuple[int, list[int]]]


@dataclass(frozen=True)
class Instance:
    """Node 0 is the depot; `pairs`: picked up at the key, left at the value; `kinds`: room, fixed, unit."""

    name: str
    travel: np.ndarray
    demand: list[int]
    windows: list[tuple[int, int]]
    service: list[int]
    kinds: list[tuple[int, int, int]]
    pairs: dict[int, int]
    scale: float

    @property
    def timed(self) -> bool:
        return self.windows[0][1] < HORIZON_S

    def cost(self, routes: Routes) -> float:
        """The price of routes, or an error that says what they break: an evaluator that shares nothing."""
        seen: list[int] = []
        total = 0
        for kind, nodes in routes:
            room, fixed, unit = self.kinds[kind]
            load = 0 if self.pairs else sum(self.demand[n] for n in nodes)
            at, before = self.windows[0][0], 0
            total += fixed
            for n in [*nodes, 0]:
                assert load <= room, f"{self.name}: {load} in {room}"
                total += unit * int(self.travel[before, n])
                at = max(at + self.service[before] + int(self.travel[before, n]), self.windows[n][0])
                assert not self.timed or at <= self.windows[n][1], f"{self.name}: node {n} too late"
                load += self.demand[n] if self.pairs else 0
                before = n
            for pick, drop in self.pairs.items():
                assert (pick in nodes) == (drop in nodes)
                assert pick not in nodes or nodes.index(pick) < nodes.index(drop)
            seen += nodes
        assert sorted(seen) == list(range(1, len(self.demand))), f"{self.name}: not each node once"
        return total / self.scale


def read(path: Path) -> Instance:
    words = [line.split() for line in path.read_text().splitlines()]
    if path.suffix == ".vrp":
        return _vrplib(path.name, words)
    rows = [list(map(int, row)) for row in words if row and all(w.lstrip("-").isdigit() for w in row)]
    return _timed(path.name, rows)


def _vrplib(name: str, words: list[list[str]]) -> Instance:
    sections: dict[str, list[list[str]]] = {}
    fields: dict[str, str] = {}
    current: list[list[str]] = []
    for row in filter(None, words):
        if row[0].endswith("SECTION"):
            current = sections.setdefault(row[0], [])
        elif not sections and ":" in " ".join(row):
            key, value = " ".join(row).split(":", 1)
            fields[key.strip()] = value.strip()
        else:
            current.append(row)
    spots = [(float(x), float(y)) for _, x, y in sections["NODE_COORD_SECTION"]]
    demand = [int(row[1]) for row in sections["DEMAND_SECTION"]]
    if "CAPACITY" in fields:
        kinds = [(int(fields["CAPACITY"]), 0, 1)]
        scale = 1
    else:
        named = ("CAPACITY_SECTION", "VEHICLES_FIXED_COST_SECTION", "VEHICLES_UNIT_DISTANCE_COST_SECTION")
        columns = [[int(row[1]) for row in sections[n]] for n in named]
        kinds = list(dict.fromkeys(zip(*columns, strict=True)))
        scale = CENT
    anytime = [(0, HORIZON_S)] * len(spots)
    travel = _distances(spots, lambda d: int(d + 0.5))
    return Instance(name, travel, demand, anytime, [0] * len(spots), kinds, {}, scale)


def _timed(name: str, rows: list[list[int]]) -> Instance:
    head, nodes = rows[0], rows[1:]
    pairs = {row[0]: row[8] for row in nodes if len(row) == 9 and row[8]}
    travel = _distances([(row[1], row[2]) for row in nodes], lambda d: round(CENT * d))
    windows = [(CENT * row[4], CENT * row[5]) for row in nodes]
    service = [CENT * row[6] for row in nodes]
    kinds = [(head[1], 0, 1)]
    return Instance(name, travel, [row[3] for row in nodes], windows, service, kinds, pairs, CENT)


def _distances(spots: list[tuple[float, float]], rounded: Callable[[float], int]) -> np.ndarray:
    return np.array([[rounded(math.hypot(a - c, b - d)) for c, d in spots] for a, b in spots])


def ours(instance: Instance, seconds: float) -> Routes:
    names = tuple(map(str, range(len(instance.demand))))
    table = tuple(tuple(map(int, row)) for row in instance.travel)
    still = tuple((0,) * len(row) for row in table)
    plain = len(instance.kinds) == 1
    vehicles = tuple(
        Vehicle(
            f"{kind}-{n}", f"{kind}-{n}", (room,), "0", "0", *instance.windows[0], HORIZON_S, "road",
            day=fixed, km=3000 if plain else 1000 * unit,
        )
        for kind, (room, fixed, unit) in enumerate(instance.kinds)
        for n in range(VEHICLES)
    )  # fmt: skip
    free = [n for n in range(1, len(names)) if not instance.pairs]
    problem = Problem(
        date(2026, 11, 27),
        (Dimension("load", "unité", "unités"),),
        names,
        (Matrix("road", table if instance.timed else still, table),),
        (Hub("0", "0", "0", *instance.windows[0]),),
        vehicles,
        tuple(
            Stop(
                str(n), str(n), str(n), (instance.demand[n],), (0,), (Window(*instance.windows[n]),),
                instance.service[n],
            )
            for n in free
        ),
        tuple(
            Transfer(f"t{a}", f"t{a}", _end(instance, a), _end(instance, b), (instance.demand[a],))
            for a, b in instance.pairs.items()
        ),
    )  # fmt: skip
    plan = solve(problem, seconds_max=seconds, seeds=1)
    assert plan.status == "best_found", f"{instance.name}: {plan.clash}"
    return [
        (int(t.vehicle.split("-")[0]), [int(v.place) for trip in t.trips for v in trip.visits])
        for t in plan.tours
    ]


def _end(instance: Instance, n: int) -> End:
    return End(str(n), Window(*instance.windows[n]), instance.service[n])


def with_vroom(instance: Instance, seconds: float) -> Routes:
    import vroom

    asked = vroom.Input()
    still = np.zeros_like(instance.travel)
    for kind, (_, _, unit) in enumerate(instance.kinds):
        table = instance.travel.astype(np.uint32)
        asked.set_durations_matrix(str(kind), table if instance.timed else still.astype(np.uint32))
        asked.set_costs_matrix(str(kind), table * np.uint32(unit))
    for kind, (room, fixed, _) in enumerate(instance.kinds):
        for n in range(VEHICLES):
            asked.add_vehicle(
                vroom.Vehicle(
                    kind * VEHICLES + n + 1,
                    start=0,
                    end=0,
                    profile=str(kind),
                    capacity=[room],
                    time_window=vroom.TimeWindow(*instance.windows[0]),
                    costs=vroom.VehicleCosts(fixed=fixed),
                )
            )
    windows = [[vroom.TimeWindow(*w)] for w in instance.windows]
    for a, b in instance.pairs.items():
        ends = [
            vroom.ShipmentStep(n, n, default_service=instance.service[n], time_windows=windows[n])
            for n in (a, b)
        ]
        asked.add_shipment(*ends, amount=vroom.Amount([instance.demand[a]]))
    for n in range(1, len(instance.demand)) if not instance.pairs else ():
        asked.add_job(
            vroom.Job(
                n,
                n,
                default_service=instance.service[n],
                delivery=vroom.Amount([instance.demand[n]]),
                time_windows=windows[n],
            )
        )
    found = asked.solve(exploration_level=5, nb_threads=1, timeout=timedelta(seconds=seconds))
    routes: dict[int, list[int]] = {}
    for row in found.routes.itertuples():
        if row.type not in ("start", "end"):
            routes.setdefault(int(row.vehicle_id), []).append(int(row.location_index))
    return [((vehicle - 1) // VEHICLES, nodes) for vehicle, nodes in routes.items()]


def with_ortools(instance: Instance, seconds: float) -> Routes:
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    fleet = [kind for kind in range(len(instance.kinds)) for _ in range(VEHICLES)]
    index = pywrapcp.RoutingIndexManager(len(instance.demand), len(fleet), 0)
    model = pywrapcp.RoutingModel(index)
    demand = model.RegisterUnaryTransitVector(instance.demand)
    rooms = [instance.kinds[kind][0] for kind in fleet]
    model.AddDimensionWithVehicleCapacity(demand, 0, rooms, True, "load")
    for kind, (_, fixed, unit) in enumerate(instance.kinds):
        arc = model.RegisterTransitMatrix((instance.travel * unit).tolist())
        for n in range(VEHICLES):
            model.SetArcCostEvaluatorOfVehicle(arc, kind * VEHICLES + n)
            model.SetFixedCostOfVehicle(fixed, kind * VEHICLES + n)
    time = model.RegisterTransitMatrix((instance.travel + np.array(instance.service)[:, None]).tolist())
    if instance.timed:
        model.AddDimension(time, HORIZON_S, HORIZON_S, False, "time")
        dimension = model.GetDimensionOrDie("time")
        for n in range(1, len(instance.demand)):
            dimension.CumulVar(index.NodeToIndex(n)).SetRange(*instance.windows[n])
        for v in range(len(fleet)):
            dimension.CumulVar(model.End(v)).SetMax(instance.windows[0][1])
    for a, b in instance.pairs.items():
        i, j = index.NodeToIndex(a), index.NodeToIndex(b)
        model.AddPickupAndDelivery(i, j)
        model.solver().Add(model.VehicleVar(i) == model.VehicleVar(j))
        model.solver().Add(dimension.CumulVar(i) <= dimension.CumulVar(j))
    asked = pywrapcp.DefaultRoutingSearchParameters()
    # One first solution for each kind of problem: the search depends on it, and another may do better.
    first = routing_enums_pb2.FirstSolutionStrategy
    asked.first_solution_strategy = (
        first.PARALLEL_CHEAPEST_INSERTION if instance.pairs else first.PATH_CHEAPEST_ARC
    )
    asked.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    asked.time_limit.FromMilliseconds(int(1000 * seconds))
    found = model.SolveWithParameters(asked)
    routes: Routes = []
    for v, kind in enumerate(fleet):
        at, nodes = found.Value(model.NextVar(model.Start(v))), []
        while not model.IsEnd(at):
            nodes.append(index.IndexToNode(at))
            at = found.Value(model.NextVar(at))
        if nodes:
            routes.append((kind, nodes))
    return routes


SOLVERS = {"terreau": ours, "VROOM": with_vroom, "OR-Tools": with_ortools}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--instances", type=Path, default=None)
    asked.add_argument("--seconds", default="1,5,20")
    asked.add_argument("names", nargs="*")
    args = asked.parse_args()
    if args.instances is None:
        print("Tournées : aucun dossier d’instances, rien n’est mesuré (--instances DOSSIER).")
        return
    budgets = [float(s) for s in args.seconds.split(",")]
    print(f"% au-dessus du meilleur connu, à {args.seconds} s : {' | '.join(SOLVERS)}", flush=True)
    gaps: dict[tuple[str, float], list[float]] = {}
    for name, best in BEST_KNOWN.items():
        if not (args.instances / name).exists() or (args.names and name not in args.names):
            continue
        instance, cells = read(args.instances / name), []
        for solver, answer in SOLVERS.items():
            found = [100 * (instance.cost(answer(instance, s)) / best - 1) for s in budgets]
            for seconds, gap in zip(budgets, found, strict=True):
                gaps.setdefault((solver, seconds), []).append(gap)
            cells.append(" / ".join(f"{gap:.2f}" for gap in found))
        print(f"{name:16} {' | '.join(cells)}", flush=True)
    for (solver, seconds), found in gaps.items():
        print(f"{solver:10} {seconds:g} s : moyenne {np.mean(found):.2f} %, pire {max(found):.2f} %")


if __name__ == "__main__":
    main()
