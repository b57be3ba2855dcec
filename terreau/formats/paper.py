"""A4 sheets: a Typst template and its data become a PDF."""

import json
from collections.abc import Mapping
from typing import Any

import typst

# What every sheet shares: a page, a title, and tables one can read at arm's length in a cold store.
PRELUDE = """
#let data = json(bytes(sys.inputs.data))
#set page(paper: "a4", margin: (x: 16mm, y: 14mm), footer: context [
  #set text(8pt, fill: luma(40%))
  #data.at("footer", default: "") #h(1fr) #counter(page).display("1 / 1", both: true)
])
#set text(lang: "fr", size: 11pt)
#set table(stroke: (x: none, y: 0.5pt + luma(70%)), inset: (x: 4pt, y: 6pt))
#show table.cell.where(y: 0): strong
#let sheet-title(title, detail) = block(below: 10pt)[
  #text(20pt, weight: "bold", title) \\ #text(12pt, fill: luma(30%), detail)
]
#let box-to-tick = box(width: 11pt, height: 11pt, stroke: 0.8pt, baseline: 1.5pt)
"""


def sheet(template: str, data: Mapping[str, Any]) -> bytes:
    """Render a template, which sees `data`, `sheet-title` and `box-to-tick`; values must be JSON's own."""
    source = PRELUDE + template
    pdf: bytes = typst.compile(source.encode(), sys_inputs={"data": json.dumps(data, ensure_ascii=False)})
    return pdf
