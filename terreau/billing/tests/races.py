"""Real processes billing the same month at once: `python -m terreau.billing.tests.races 4`."""

import json
import multiprocessing
import os
import sys
from typing import Any

import django

fork = multiprocessing.get_context("fork")
CUSTOMERS = 9


def billers(number: int) -> dict[str, Any]:
    from terreau.billing.models import Invoice, InvoiceLine
    from terreau.billing.tests.factories import make_house
    from terreau.measures.money import Money

    house = make_house()
    for n in range(CUSTOMERS):
        house.world.agent(f"cantine {n}", "canteen")
        agent = house.agents[f"cantine {n}"]
        house.address(agent)
        lot = house.harvested("carotte", "10", "plateforme")
        house.add("transfer", "10", lot, "plateforme", agent.name, price=Money(1000 + n))
    barrier = fork.Barrier(number)
    children = [fork.Process(target=bill_everything, args=(house, who, barrier)) for who in range(number)]
    from django.db import connections

    connections.close_all()
    for child in children:
        child.start()
    for child in children:
        child.join()
    ranks = list(Invoice.objects.order_by("rank").values_list("rank", flat=True))
    return {
        "exits": [child.exitcode for child in children],
        "ranks": ranks,
        "billed": InvoiceLine.objects.count(),
        "cents": sum(one.net.cents for one in Invoice.objects.all()),
    }


def bill_everything(house: Any, who: int, barrier: Any) -> None:
    """Again until nothing is left: whoever is overtaken is told, and asks again."""
    from terreau.billing.lines import Baskets, to_bill
    from terreau.billing.tests.factories import FIRST, LAST
    from terreau.billing.tests.test_issue import issue

    barrier.wait()
    for turn in range(20):
        issue(house, f"{who}-{turn}")
        if not to_bill(house.ecopole, FIRST, LAST, told=Baskets()).new:
            return
    raise SystemExit(1)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "terreau.web.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps(billers(int(sys.argv[1]))))
