import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from terreau.billing.tests.races import CUSTOMERS

pytestmark = pytest.mark.races
ROOT = Path(__file__).resolve().parents[3]


def test_four_who_bill_the_same_month_at_once_leave_no_gap_and_bill_each_thing_once(own_database):
    run = subprocess.run(
        [sys.executable, "-m", "terreau.billing.tests.races", "4"],
        check=False, env={**os.environ, "DATABASE_URL": own_database}, cwd=ROOT, capture_output=True,
        text=True, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told == {
        "exits": [0, 0, 0, 0],
        "ranks": list(range(1, CUSTOMERS + 1)),
        "billed": CUSTOMERS,
        "cents": sum(1000 + n for n in range(CUSTOMERS)),
    }
