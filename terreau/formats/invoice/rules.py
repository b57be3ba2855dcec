"""The official rules, run by our own process: EN 16931 and BR-FR (Flux 2), as Factur-X 1.09 publishes them.

The engine that runs them is a compiled library with its own memory: it lives in a process of its own, kept
with its rules compiled, and a document it has not judged is not issued, whatever the reason.
"""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Self

from terreau.formats.invoice import engine
from terreau.formats.invoice.engine import SHEETS, receive, send

SECONDS_MAX = 30.0
# The engine keeps a quarter of a megabyte of each document: it is started afresh before that counts.
DOCUMENTS_MAX = 500


class NotJudged(Exception):
    """The rules did not run to their end: nothing is known of the document, which must not be issued."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that the document breaks, by its official name."""

    rule: str
    told: str


class Judge:
    """One process; started at the first question, which compiles the rules (a second)."""

    def __init__(
        self,
        *,
        command: tuple[str, ...] = (sys.executable, "-P", engine.__file__),
        seconds_max: float = SECONDS_MAX,
        documents_max: int = DOCUMENTS_MAX,
    ):
        self._command = command
        self._seconds_max = seconds_max
        self._documents_max = documents_max
        self._process: subprocess.Popen[bytes] | None = None
        self._judged = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
        self._process, self._judged = None, 0

    def breaches(self, xml: bytes) -> list[Breach]:
        """Every rule broken; none: the document may be issued."""
        if self._judged >= self._documents_max:
            self.close()
        if self._process is None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        self._judged += 1
        watch = threading.Timer(self._seconds_max, self._process.kill)
        watch.start()
        try:
            answer = self._ask(self._process, xml)
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            self.close()
            raise NotJudged(
                "Les règles officielles n’ont pas pu être vérifiées\u202f: la facture n’est pas émise. "
                "Réessayez\u202f; si cela dure, prévenez qui tient le serveur."
            ) from None
        finally:
            watch.cancel()
        return answer

    @staticmethod
    def _ask(process: "subprocess.Popen[bytes]", xml: bytes) -> list[Breach]:
        if not (process.stdin and process.stdout):
            raise ValueError("no pipe")
        send(process.stdin, xml)
        told = json.loads(receive(process.stdout))
        if told["sheets"] != len(SHEETS):
            raise ValueError("a set of rules did not run")
        return [Breach(rule, text) for rule, text in told["breaches"]]
