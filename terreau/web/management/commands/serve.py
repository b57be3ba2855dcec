"""`terreau serve`: the pages and one worker for the background tasks, started and stopped together."""

import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from gunicorn.app.base import BaseApplication

SECONDS_TO_STOP = 15


class _Server(BaseApplication):
    """Gunicorn with its options given as values, and nothing read from the command line."""

    def __init__(self, options: dict[str, Any]):
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """In the child process, so that no database connection is shared by a fork."""
        from terreau.web.wsgi import application

        return application


class Command(BaseCommand):
    help = "Sert les pages, avec un travailleur pour les travaux de fond."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="port d’écoute (8000)")
        parser.add_argument("--host", default="127.0.0.1", help="adresse d’écoute (127.0.0.1)")
        parser.add_argument("--workers", type=int, default=2, help="processus (2)")
        parser.add_argument("--threads", type=int, default=4, help="fils par processus (4)")
        parser.add_argument("--no-worker", action="store_true", help="sans travailleur de fond")

    def handle(self, **options: Any) -> None:
        for name in ("workers", "threads"):
            if options[name] < 1:
                raise CommandError(
                    f"--{name} {options[name]}\u202f: personne ne répondrait. Écrivez --{name} 1, ou plus."
                )
        worker = None
        if not options["no_worker"]:
            worker = subprocess.Popen([sys.executable, "-m", "django", "worker"])
        address = f"http://{options['host']}:{options['port']}/"
        self.stdout.write(f"Terreau est ouvert\u202f: {address} (Ctrl+C pour fermer)")
        self.stdout.flush()
        server = _Server(
            {
                "bind": f"{options['host']}:{options['port']}",
                "workers": options["workers"],
                "threads": options["threads"],
                "worker_class": "gthread",
                "timeout": 60,
                "graceful_timeout": SECONDS_TO_STOP,
                "loglevel": "warning",
                "control_socket_disable": True,
            }
        )
        try:
            server.run()
        finally:
            if worker:
                _stop(worker)


def _stop(worker: "subprocess.Popen[bytes]") -> None:
    """A task under way may finish; one that does not is stopped, and its plan asked again."""
    worker.terminate()
    try:
        worker.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
