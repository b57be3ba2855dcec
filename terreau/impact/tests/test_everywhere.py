"""A scenario everywhere: every intercommunality once, whatever the processes, and none lost."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django_tasks_db.models import DBTaskResult

from terreau.impact import everywhere, sweep
from terreau.impact.management.commands import scenario as command
from terreau.impact.models import SweepBatch
from terreau.impact.territories import known_epcis
from terreau.impact.tests.factories import GOOD, NOW, TODAY
from terreau.territory.clock import now
from terreau.territory.models import Commune

pytestmark = pytest.mark.django_db


def test_every_intercommunality_has_its_line_whatever_the_processes(here, tmp_path):
    """The same file by one process and by two; what has no data says so."""
    Commune.objects.create(code="62999", name="Là", departement="62", epci_code="200000001", epci_name="ZZ")
    file = tmp_path / "s.toml"
    file.write_text(GOOD + 'relays = ["62057"]', encoding="utf-8")
    sheets = []
    for workers in (1, 2):
        out, err = StringIO(), StringIO()
        call_command(
            "scenario", file, all_epci=True, workers=workers, draws=16, stdout=out, stderr=err
        )  # fmt: skip
        assert "3 sur 3" in err.getvalue()
        assert "1 sans données" in err.getvalue()
        sheets.append(out.getvalue())
    assert sheets[0] == sheets[1]
    rows = {row["epci"]: row for row in csv.DictReader(StringIO(sheets[0]), delimiter=";")}
    assert list(next(iter(rows.values()))) == everywhere.heads()
    assert rows["246200364"]["emplois"] == "75000"
    assert rows["246200729"]["emplois"] == ""
    assert "population inconnue" in rows["200000001"]["manque"]
    assert rows["246200844"]["etp_insertion_p50"] == rows["246200364"]["etp_insertion_p50"] != ""
    with pytest.raises(CommandError, match="puissance de deux"):
        call_command("scenario", file, all_epci=True, draws=100)


def worked(batches: int = 99, *, dies: bool = False) -> None:
    """Workers pass: they take what is queued; one that dies took its batch and said nothing more."""
    for queued in list(DBTaskResult.objects.filter(status="READY")[:batches]):
        queued.delete()
        batch = queued.args_kwargs["kwargs"]["batch_id"]
        if dies:
            SweepBatch.objects.filter(pk=batch).update(heard_at=now())
        else:
            sweep.compute.call(batch_id=batch)


def swept(file: Path, **more) -> str:
    out = StringIO()
    call_command("scenario", file, all_epci=True, draws=16, stdout=out, stderr=StringIO(), **more)
    return out.getvalue()


def test_the_workers_of_the_database_tell_the_same_file(here, tmp_path, monkeypatch):
    """One dies and is replaced, the command is killed and asked again: nothing is computed twice."""
    Commune.objects.create(code="62999", name="Là", departement="62", epci_code="200000001", epci_name="ZZ")
    file = tmp_path / "s.toml"
    file.write_text(GOOD + 'relays = ["62057"]', encoding="utf-8")
    alone = swept(file, workers=1)
    monkeypatch.setattr(sweep, "BATCH", 1)
    rounds = []

    def killed(_seconds):
        worked(1)
        worked(1, dies=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "sleep", killed)
    with pytest.raises(KeyboardInterrupt):
        swept(file, queue=True)
    first = SweepBatch.objects.get(lines__isnull=False)
    monkeypatch.setattr(everywhere, "line", counted := Counted(everywhere.line))

    def a_minute_later(_seconds):
        settings.CLOCK = f"2026-11-27T09:0{len(rounds)}:30"
        rounds.append(worked())

    settings = here.settings
    monkeypatch.setattr(command, "sleep", a_minute_later)
    assert swept(file, queue=True) == alone
    assert SweepBatch.objects.get(pk=first.pk).lines == first.lines
    assert sorted(counted.codes) == sorted({"246200364", "246200729", "246200844"} - {first.codes[0][0]})
    assert len(rounds) == 3


class Counted:
    def __init__(self, line):
        self.line, self.codes = line, []

    def __call__(self, task):
        self.codes.append(task[0])
        return self.line(task)


def test_a_batch_alive_elsewhere_is_left_alone_and_one_told_is_not_told_again(here):
    row = sweep.begin(text=GOOD, codes=known_epcis(), on=TODAY, draws=16, at=NOW)
    (batch,) = row.batches.all()
    SweepBatch.objects.update(heard_at=now())
    sweep.compute.call(batch_id=batch.pk)
    assert SweepBatch.objects.get().lines is None
    SweepBatch.objects.update(heard_at=None)
    sweep.compute.call(batch_id=batch.pk)
    assert [line["nom"] for line in sweep.told(row)] == [name for _, name in known_epcis()]
    SweepBatch.objects.update(lines=[])
    sweep.compute.call(batch_id=batch.pk)
    assert sweep.told(row) == []


def test_what_interrupts_a_batch_is_said_and_asked_again(here, tmp_path, monkeypatch):
    file = tmp_path / "s.toml"
    file.write_text(GOOD, encoding="utf-8")

    def fails(_task):
        raise ZeroDivisionError

    def worker(_seconds):
        with pytest.raises(ZeroDivisionError):
            worked()

    monkeypatch.setattr(command, "sleep", worker)
    with monkeypatch.context() as broken:
        broken.setattr(everywhere, "line", fails)
        with pytest.raises(CommandError, match="lot 1 : ZeroDivisionError"):
            swept(file, queue=True)
    monkeypatch.setattr(command, "sleep", lambda _seconds: worked())
    assert swept(file, queue=True) == swept(file, workers=1)
