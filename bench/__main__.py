"""Every benchmark in one run: `python -m bench`, or `make bench` (rounds: `--instances FOLDER`)."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

for name in (
    "ledger",
    "week_plan",
    "season_plan",
    "shares",
    "contribution",
    "demo_rounds",
    "roads",
    "invoices",
    "baskets",
    "pages",
):
    print(f"\n== {name}", flush=True)
    subprocess.run([sys.executable, HERE / f"{name}.py"], cwd=HERE.parent, check=True)

print("\n== rounds", flush=True)
subprocess.run([sys.executable, HERE / "rounds.py", *sys.argv[1:]], cwd=HERE.parent, check=True)
