import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.races
ROOT = Path(__file__).resolve().parents[3]


def race(name: str, number: int, database: str) -> dict:
    run = subprocess.run(
        [sys.executable, "-m", "terreau.ledger.tests.races", name, str(number)],
        check=False,
        env={**os.environ, "DATABASE_URL": database},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_of_64_people_taking_the_last_crate_one_has_it_and_63_are_told_it_is_gone(own_database):
    assert race("takers", 64, own_database) == {
        "answers": 64,
        "taken": 1,
        "told_nothing_is_left": 63,
        "held": "1.000",
        "differences": [],
    }


def test_200_processes_killed_while_writing_leave_whole_batches_and_right_balances(own_database):
    told = race("killed", 200, own_database)
    assert told["sizes"] == [10]
    assert told["batches"] >= 100
    assert told["differences"] == told["differences_after_retry"] == []
    assert told["first_batches"] == 200
