"""What templates say in French, and the pieces of every page. Loaded everywhere without `{% load %}`."""

from collections.abc import Iterable, Mapping, Sequence, Sized
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import uuid4

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

from terreau.ledger.dueforms import DueLine
from terreau.measures import french
from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.week import IsoWeek
from terreau.web import charts, flowchart

register = template.Library()
SELECTED, OPEN, WRONG = map(mark_safe, (" selected", " open", ' class="wrong"'))


# Numbers, dates and money. An absent value shows as nothing: the template says what absence means.


@register.filter
def quantity(value: Quantity | tuple[Decimal, str] | None) -> str:
    """`{{ line.quantity|quantity }}`: a Quantity, or a pair (amount, unit)."""
    if value is None:
        return ""
    return french.format_quantity(
        value if isinstance(value, Quantity) else Quantity(value[0], Unit(value[1]))
    )


# A table says the same amounts again and again.
@register.filter
@lru_cache(maxsize=4096)
def qty(amount: Decimal | int | None, unit: str) -> str:
    """`{{ line.amount|qty:line.product.unit }}`."""
    return "" if amount is None else french.format_quantity(Quantity.rounded(amount, Unit(unit)))


@register.filter
def number(value: Decimal | int | None) -> str:
    return "" if value is None else french.format_decimal(Decimal(value))


@register.filter
def money(value: Money | None) -> str:
    return "" if value is None else french.format_money(value)


@register.filter
def percent(ratio: Decimal | float | None, places: int = 0) -> str:
    return "" if ratio is None else french.format_percent(ratio, places)


def _day_of(value: date | datetime) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value


@register.filter
def day(value: date | datetime | None) -> str:
    """« lun. 23 nov. »"""
    return french.format_day(_day_of(value)) if value else ""


@register.filter
def date_fr(value: date | datetime | None) -> str:
    """« 23 nov. 2026 »"""
    return french.format_date(_day_of(value)) if value else ""


@register.filter
def date_long(value: date | datetime | None) -> str:
    """« lundi 23 novembre 2026 »"""
    return french.format_date_long(_day_of(value)) if value else ""


@register.filter
def hour(value: datetime | None) -> str:
    """« 9 h 05 »"""
    if not value:
        return ""
    local = timezone.localtime(value)
    return f"{local.hour}\u00a0h\u00a0{local.minute:02}"


@register.filter
def week_label(value: IsoWeek | str | date) -> str:
    """« semaine 48 · 23–29 nov. 2026 », from a week, its name « 2026-W48 » or one of its days."""
    if isinstance(value, str):
        return IsoWeek.parse(value).label
    return (value if isinstance(value, IsoWeek) else IsoWeek.of(_day_of(value))).label


@register.filter
def pluralize(count: Any, endings: str = "s") -> str:
    """`ligne{{ n|pluralize }}`, `{{ n|pluralize:"la,les" }}`: the plural starts at two, numbers or lists."""
    one, _, many = endings.rpartition(",")
    return many if (len(count) if isinstance(count, Sized) else count or 0) >= 2 else one


@register.filter
def few(names: Sequence[object], shown: int) -> str:
    """« Carotte, Laitue et 3 autres »: the first names, and how many are not said."""
    left = len(names) - shown
    return ", ".join(map(str, names[:shown])) + (f" et {left} autre{pluralize(left)}" if left > 0 else "")


@register.filter
def undo_key(message: Any) -> str:
    """The form key that a room put in its message: `messages.success(…, extra_tags="undo:KEY")`."""
    tags = (message.extra_tags or "").split()
    return next((tag.removeprefix("undo:") for tag in tags if tag.startswith("undo:")), "")


# Pieces.


@register.simple_tag
@lru_cache(maxsize=512)  # drawn hundreds of times on one page
def pictogram(name: str, size: int = 22) -> str:
    """A picture beside words, never alone: screen readers skip it."""
    return lucide(name, size=size, aria_hidden="true", focusable="false", **{"class": "pictogram"})


@register.simple_tag
def boost() -> SafeString:
    """Attributes of a form that writes: a plain POST, of which JavaScript replaces only the page's middle."""
    return mark_safe('method="post" hx-boost="true" hx-target="#main" hx-swap="innerHTML"')


@register.simple_tag
def key_input(key: str = "") -> SafeString:
    """The form's own key: sent twice, it is written once."""
    return format_html('<input type="hidden" name="key" value="{}" data-key>', key or uuid4())


@register.simple_tag
def badge(text: str, tone: str = "", icon: str = "") -> SafeString:
    """A word in a colour: ok, wait, warn, bad, info; the word alone must be enough."""
    picture = mark_safe(pictogram(icon, 16)) if icon else ""
    return format_html('<span class="badge {}">{}{}</span>', tone, picture, text)


@register.simple_block_tag(takes_context=True)
def gesture(
    context: Context,
    content: str,
    to: str,
    icon: str,
    verb: str,
    count: Decimal | int | Money | None = None,
    unit: str = "",
    tone: int | str = "",
    first: bool = False,
    late: int = 0,
) -> SafeString:
    """What one may do now, the whole card a button: a verb, on what, how much is left and how much is late.

    `to` is an address, or the name of a page of the écopôle; `first`, the main gesture of its page.
    """
    noun, space, which = unit.partition(" ")  # « lignes à rapprocher »
    said = {
        "url": to if "/" in to or to.startswith("?") else reverse(to, args=[context["ecopole"].slug]),
        "icon": icon,
        "verb": verb,
        "about": content,
        "count": money(count) if isinstance(count, Money) else number(count),
        "unit": unit if isinstance(count, Money) else f"{noun}{pluralize(count)}{space}{which}",
        "tone": tone,
        "first": first,
        "late": late,
    }
    return mark_safe(render_to_string("web/_gesture.html", said).rstrip())


@register.inclusion_tag("web/_empty.html")
def empty(icon: str, title: str, text: str = "", url: str = "", label: str = "") -> dict[str, str]:
    """Nothing here yet: says what to do first."""
    return {"icon": icon, "title": title, "text": text, "url": url, "label": label}


@register.inclusion_tag("web/_progress.html")
def progress(
    value: Decimal | int, total: Decimal | int = 100, label: str = "", poll: str = ""
) -> dict[str, Any]:
    """A bar and its words; with `poll`, that address is asked each second until its answer polls no more."""
    share = Decimal(value) / Decimal(total) if total else Decimal(0)
    milli = int(max(Decimal(0), min(Decimal(1), share)) * 1000)
    return {"milli": str(milli), "share": share, "label": label, "poll": poll}


GROUPS = (RadioSelect, CheckboxSelectMultiple)


@register.simple_tag
def field(bound: BoundField, **attrs: Any) -> str:
    """Label, help, entry with its unit, error: what was typed stays."""
    widget = bound.field.widget
    given: dict[str, Any] = {name.replace("_", "-"): value for name, value in attrs.items()}
    described = []
    if bound.help_text:
        described.append(f"{bound.id_for_label}-help")
    if bound.errors:
        described.append(f"{bound.id_for_label}-error")
        given["aria-invalid"] = "true"
    if described:
        given["aria-describedby"] = " ".join(described)
    return render_to_string(
        "web/_field.html",
        {
            "field": bound,
            "entry": bound.as_widget(attrs=given),
            "unit": getattr(bound.field, "unit_symbol", ""),
            "group": isinstance(widget, GROUPS),
            "tick": isinstance(widget, CheckboxInput),
        },
    )


@register.simple_tag
def options(choices: Mapping[Any, str] | Iterable[tuple[Any, str]], chosen: Any = "") -> SafeString:
    """The choices of a list, as (value, words), one of them chosen."""
    rows = choices.items() if isinstance(choices, Mapping) else choices
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, SELECTED if str(value) == str(chosen) else "", words) for value, words in rows),
    )


DUE_LINE = """<li{wrong}>
<input type="hidden" name="due" value="{pk}">
<div class="grow"><span class="what">{name}</span> · <b>{remaining}</b> {late}{note}</div>
<button class="button" name="only" value="{pk}">{check}{verb}\
<span class="hide"> : {name}, {remaining}</span></button>
<details class="more"{opened}><summary>Corriger<span class="hide"> {name}</span></summary>
<div class="form-grid">
<div class="field"><label for="q-{pk}">{label}</label><div class="entry"><input id="q-{pk}" name="q-{pk}" \
value="{typed}" inputmode="decimal" autocomplete="off"{invalid}>\
<span class="unit" aria-hidden="true">{symbol}</span></div></div>
{refuse}</div></details>
{error}</li>
"""
REFUSE = """<div class="field"><label for="refused-{pk}">{label} <small>facultatif</small></label>\
<div class="entry"><input id="refused-{pk}" name="refused-{pk}" value="{refused}" maxlength="200" \
list="reasons" autocomplete="off"></div></div>
"""
ERROR = '<p class="error" id="e-{}">{}{}</p>\n'


@register.simple_tag
def due_line(
    due: DueLine, today: date, verb: str, label: str = "Quantité pesée", refuse: str = ""
) -> SafeString:
    """A line of a form of what is due: one tap as planned, or what differs; `refuse` offers to say why.

    Written here and not in a template: a round has hundreds of them.
    """
    said = due.commitment
    name, typed = conditional_escape(said.product.name), conditional_escape(due.typed)
    remaining = conditional_escape(qty(due.line.remaining, said.product.unit))
    written = DUE_LINE.format(
        wrong=WRONG if due.error else "",
        pk=said.pk,
        name=name,
        remaining=remaining,
        late=badge("En retard", "warn", "clock-alert") if said.due_on < today else "",
        note=f"<p>{conditional_escape(due.note)}</p>" if due.note else "",
        check=pictogram("check"),
        verb=conditional_escape(verb),
        opened=OPEN if due.opened else "",
        label=conditional_escape(label),
        typed=typed,
        invalid=f' aria-invalid="true" aria-describedby="e-{said.pk}"' if due.error else "",
        symbol=conditional_escape(due.symbol),
        refuse=format_html(REFUSE, pk=said.pk, label=refuse, refused=due.refused) if refuse else "",
        error=format_html(ERROR, said.pk, mark_safe(pictogram("triangle-alert", 18)), due.error)
        if due.error
        else "",
    )
    return mark_safe(written)


# Charts: `rows` are plain tuples, so that rooms, which stand below, need not know this storey.


def _drawn(kind: str, chart: Any) -> str:
    return render_to_string(f"charts/{kind}.html", {"chart": chart})


@register.simple_tag
def figure_rows(table: charts.Table) -> SafeString:
    """The rows of a chart's table. Written here and not in a template: a year has fifty-two of them."""
    cells = (
        (row[0], format_html_join("", '<td class="num">{}</td>', ((cell,) for cell in row[1:])))
        for row in table.rows
    )
    return format_html_join("\n", '<tr><th scope="row">{}</th>{}</tr>', cells)


COLUMN = """<g><title>{} · {}</title>\
<rect class="bar{}" x="{}%" y="{}" width="{}%" height="{}" rx="3"/>{}{}</g>
"""
TARGET = '<line class="target" x1="{}%" x2="{}%" y1="{}" y2="{}"/>'
NAMED = '<text class="soft-text middle" x="{}%" y="{}">{}</text>'


@register.simple_tag
def standing_bars(chart: charts.Chart) -> SafeString:
    """The bars of standing ones, written here for the same reason."""
    label_y = int(chart.base) + 20
    drawn = (
        (
            b.label, b.said, " below" if b.below else "", b.x, b.y, b.width, b.height,
            format_html(TARGET, b.x, b.target_end, b.target, b.target) if b.target else "",
            format_html(NAMED, b.label_y, label_y, b.label) if b.shown else "",
        )
        for b in chart.bars
    )  # fmt: skip
    return format_html_join("", COLUMN, drawn)


@register.simple_tag
def bars(title: str, rows: Any, unit: str = "", desc: str = "") -> str:
    """Lying bars: rows of (label, value[, target])."""
    return _drawn("bars", charts.bars(title, rows, unit=unit, desc=desc))


@register.simple_tag
def columns(title: str, rows: Any, unit: str = "", desc: str = "") -> str:
    """Standing bars, in time: rows of (label, value[, target])."""
    return _drawn("columns", charts.columns(title, rows, unit=unit, desc=desc))


@register.simple_tag
def line(title: str, rows: Any, unit: str = "", desc: str = "", limit: Decimal | None = None) -> str:
    """A line with its band or its limit: rows of (label, value[, low, high])."""
    return _drawn("line", charts.line(title, rows, unit=unit, desc=desc, limit=limit))


@register.simple_tag
def heat(title: str, heads: Any, rows: Any, unit: str = "", desc: str = "") -> str:
    """Rows of (label, [value or None, …]) under heads (weeks)."""
    return _drawn("heat", charts.heat(title, heads, rows, unit=unit, desc=desc))


@register.simple_tag
def flows(title: str, links: Any, unit: str = "", desc: str = "") -> str:
    """From where to where: links of (from, to, value); what is received may be given again further."""
    return _drawn("flows", flowchart.flows(title, links, unit=unit, desc=desc))


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The current address's parameters with some changed: `?{% query page=2 %}`."""
    params = context["request"].GET.copy()
    for name, value in changes.items():
        params[name] = value
    return str(params.urlencode())


@register.simple_tag
def demo_sign_ins() -> list[tuple[str, str, str]]:
    """On the demo's sign-in page only: role, address, password."""
    from terreau.territory.demo import PASSWORD, sign_ins

    return [(role, email, PASSWORD) for role, email in sign_ins()] if settings.DEMO else []
