"""What work integration allows, asks and counts: pure, dated rules; figures in the TOML and CSV beside them.

Nothing here knows the base, the clock or a name. A check answers findings; a person decides.
Worked cases, readable by a counsellor, are in `cases/`.
"""
