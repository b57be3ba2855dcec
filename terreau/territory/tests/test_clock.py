"""The hour is told from one place, as long as a work lasts."""

from threading import Event

from terreau.territory.clock import now, ticking


def test_a_rehearsal_reads_its_hour_in_a_file_and_changes_it_without_starting_again(settings, tmp_path):
    wall = tmp_path / "clock"
    settings.CLOCK = f"@{wall}"
    for hour in ("2026-11-23T09:00", "2027-06-01T18:30"):
        wall.write_text(f"{hour}\n")
        assert f"{now():%Y-%m-%dT%H:%M}" == hour


def test_the_hour_is_told_at_once_then_again_until_the_work_is_over():
    told, thrice = [], Event()

    def tell(at):
        told.append(at)
        if len(told) == 3:
            thrice.set()

    with ticking(0.001, tell):
        assert len(told) >= 1
        assert thrice.wait(10)
    over = len(told)
    assert not Event().wait(0.02)
    assert len(told) == over
    assert told == sorted(told)
