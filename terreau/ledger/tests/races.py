"""Real processes on the database of DATABASE_URL: `python -m terreau.ledger.tests.races takers|killed`.

Django is set up once and processes are forked from there; none shares a connection with another.
"""

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections import Counter
from typing import Any

import django

fork = multiprocessing.get_context("fork")


def takers(number: int) -> dict[str, Any]:
    """Everybody takes the last crate at the same moment."""
    from terreau.ledger.actions import LedgerRefusal
    from terreau.ledger.audit import differences
    from terreau.ledger.tests.world import make_world

    world = make_world()
    lot = world.harvested("laitue", "1")
    barrier, answers = fork.Barrier(number), fork.SimpleQueue()

    def take(who: int) -> None:
        entry = world.entry("transfer", "1", lot, "jardin", "cantine", key=f"taker-{who}")
        barrier.wait()
        try:
            world.record(entry)
            answers.put("taken")
        except LedgerRefusal as refusal:
            answers.put(str(refusal.errors[0].left.amount))

    children = [_start(take, who) for who in range(number)]
    found = [answers.get() for _ in children]
    for child in children:
        child.join()
    return {
        "taken": found.count("taken"),
        "told_nothing_is_left": found.count("0.000"),
        "answers": len(found),
        "held": str(world.held(lot, "cantine")),
        "differences": list(differences(world.ecopole)),
    }


def killed(number: int) -> dict[str, Any]:
    """Processes that write without pause are killed at any moment; each batch is whole or absent."""
    from terreau.ledger.audit import differences
    from terreau.ledger.models import Event
    from terreau.ledger.tests.world import make_world

    world = make_world()
    lots = [world.lot("carotte") for _ in range(3)]

    def batch(who: int, turn: int) -> list[Any]:
        lot, key = lots[who % 3], f"{who}-{turn}"
        moves = [("transfer", "plateforme"), ("transfer_custody", "cantine"), ("transfer", "ferme")] * 3
        return [
            world.entry("produce", "20", lot, "jardin", key=f"{key}-0"),
            *(
                world.entry(action, f"1.{n}", lot, "jardin", taker, key=f"{key}-{n}")
                for n, (action, taker) in enumerate(moves, 1)
            ),
        ]

    def write(who: int, writing: Any) -> None:
        # Half of them may die in their very first batch, the others later.
        for turn in range(10_000):
            if turn == who % 2:
                writing.set()
            world.record(*batch(who, turn))

    chance = random.Random(2026)
    waves = [range(start, min(start + 4, number)) for start in range(0, number, 4)]
    for wave in waves:
        started = [fork.Event() for _ in wave]
        children = [_start(write, who, event) for who, event in zip(wave, started, strict=True)]
        for child, event in zip(children, started, strict=True):
            event.wait(3)  # SQLite queues its writers without fairness: one may still be waiting for its turn
            time.sleep(chance.uniform(0, 0.05))
            os.kill(child.pid, signal.SIGKILL)
        for child in children:
            child.join()
    written = [key.rpartition("-")[0] for key in Event.objects.values_list("key", flat=True)]
    sizes = Counter(written)
    after_kill = list(differences(world.ecopole))
    for who in range(number):  # every client sends its first batch again, not knowing whether it was heard
        world.record(*batch(who, 0))
    again = Event.objects.filter(key__in=[f"{who}-0-0" for who in range(number)]).count()
    return {
        "batches": len(sizes),
        "sizes": sorted(set(sizes.values())),
        "differences": after_kill,
        "first_batches": again,
        "differences_after_retry": list(differences(world.ecopole)),
    }


def _start(target: Any, *arguments: Any) -> Any:
    from django.db import connections

    connections.close_all()
    child = fork.Process(target=target, args=arguments)
    child.start()
    return child


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "terreau.web.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps({"takers": takers, "killed": killed}[sys.argv[1]](int(sys.argv[2]))))
