"""`terreau serve`: what could answer nobody is refused before anything starts."""

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.parametrize("option", ["workers", "threads"])
@pytest.mark.parametrize("count", [0, -1])
def test_without_a_process_or_a_thread_it_does_not_open(option, count, capsys):
    with pytest.raises(CommandError, match=f"--{option} {count}.*Écrivez --{option} 1"):
        call_command("serve", **{option: count})
    assert "ouvert" not in capsys.readouterr().out
