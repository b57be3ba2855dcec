"""What templates say in French, and the pieces of forms."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django import forms
from django.contrib.messages.storage.base import Message
from django.template import engines

from terreau.measures.money import Money
from terreau.measures.quantity import Quantity, Unit
from terreau.measures.week import IsoWeek
from terreau.territory.forms import DateFieldFr, DecimalFieldFr, MoneyFieldFr
from terreau.territory.models import Ecopole


def written(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render(context)


@pytest.mark.parametrize(
    ("source", "value", "said"),
    [
        ("{{ v|quantity }}", Quantity("12.5", Unit.KG), "12,5\u00a0kg"),
        ("{{ v|quantity }}", (Decimal(3), "piece"), "3\u00a0pièces"),
        ("{{ v|qty:'kg' }}", Decimal("1234.5"), "1\u202f234,5\u00a0kg"),
        ("{{ v|number }}", Decimal("0.25"), "0,25"),
        ("{{ v|money }}", Money(123450), "1\u202f234,50\u00a0€"),
        ("{{ v|percent:1 }}", Decimal("0.125"), "12,5\u202f%"),
        ("{{ v|day }}", date(2026, 11, 23), "lun. 23 nov."),
        ("{{ v|date_fr }}", date(2026, 11, 1), "1er nov. 2026"),
        ("{{ v|date_long }}", date(2026, 11, 23), "lundi 23 novembre 2026"),
        # Just after midnight in France is still the day before in universal time.
        ("{{ v|date_fr }}", datetime(2026, 11, 22, 23, 30, tzinfo=UTC), "23 nov. 2026"),
        ("{{ v|hour }}", datetime(2026, 11, 23, 8, 5, tzinfo=UTC), "9\u00a0h\u00a005"),
        ("{{ v|week_label }}", IsoWeek(2026, 48), "semaine 48 · 23–29 nov. 2026"),
        ("{{ v|week_label }}", "2026-W48", "semaine 48 · 23–29 nov. 2026"),
        ("{{ v|week_label }}", date(2026, 11, 25), "semaine 48 · 23–29 nov. 2026"),
    ],
)
def test_filters_write_as_in_france(source, value, said):
    assert written(source, v=value) == said


@pytest.mark.parametrize(
    "name", ["quantity", "qty:'kg'", "number", "money", "percent", "day", "date_fr", "hour"]
)
def test_what_is_absent_is_written_as_nothing(name):
    assert written("{{ v|" + name + " }}", v=None) == ""


class Weighing(forms.Form):
    weight = DecimalFieldFr(unit="kg", label="Poids", help_text="Caisse déduite", min_value=Decimal("0.1"))
    price = MoneyFieldFr(required=False)
    day = DateFieldFr()


def test_french_entries_are_read():
    form = Weighing({"weight": "1 012,5 kg", "price": "12,5 €", "day": "23/11/2026"})
    assert form.is_valid()
    assert form.cleaned_data == {
        "weight": Decimal("1012.5"), "price": Money(1250), "day": date(2026, 11, 23),
    }  # fmt: skip


def test_a_refused_entry_stays_on_screen_with_the_way_to_write_it():
    form = Weighing({"weight": "12 pièces", "price": "", "day": "31/02/2026"})
    html = written("{% field form.weight %}{% field form.day %}", form=form)
    assert 'value="12 pièces"' in html
    assert 'value="31/02/2026"' in html
    assert html.count('aria-invalid="true"') == 2
    assert 'aria-describedby="id_weight-help id_weight-error"' in html


def test_too_little_is_refused_with_what_is_enough():
    form = Weighing({"weight": "0", "day": "23/11/2026"})
    assert form.errors["weight"] == ["0\u00a0kg\u202f: il faut au moins 0,1\u00a0kg."]


def test_a_price_out_of_reason_is_refused():
    form = Weighing({"weight": "1", "day": "23/11/2026", "price": "100000,01"})
    assert form.errors["price"] == [
        "100\u202f000,01\u00a0€\u202f: c’est trop pour une unité, vérifiez le nombre de chiffres."
    ]


def test_initial_values_are_shown_the_french_way():
    form = Weighing(initial={"weight": Decimal("12.500"), "price": Money(5), "day": date(2026, 11, 3)})
    html = form.as_p()
    assert 'value="12,5"' in html
    assert 'value="0,05"' in html
    assert 'value="03/11/2026"' in html


def test_an_unchanged_french_entry_is_not_a_change():
    given = {"weight": "12,50", "price": "0,05", "day": "03/11/2026"}
    form = Weighing(given, initial={"weight": Decimal("12.5"), "price": Money(5), "day": date(2026, 11, 3)})
    assert not form.has_changed()


def test_every_form_shown_gets_its_own_key():
    first, second = written("{% key_input %}"), written("{% key_input %}")
    assert 'name="key"' in first
    assert first != second


def test_a_message_carries_the_key_of_what_it_can_undo():
    assert written("{{ m|undo_key }}", m=Message(20, "Fait", extra_tags="big undo:abc")) == "abc"
    assert written("{{ m|undo_key }}", m=Message(20, "Fait")) == ""


def test_progress_asks_again_only_when_told_where():
    assert "hx-get" not in written("{% progress 1 3 'Calcul' %}")
    asking = written("{% progress 1 3 'Calcul' poll='/plan/' %}")
    assert 'hx-get="/plan/"' in asking
    assert 'value="333"' in asking
    assert 'value="0"' in written("{% progress 0 0 %}")


@pytest.mark.parametrize(
    "source",
    [
        "{% bars 'T' rows unit='kg' %}",
        "{% columns 'T' rows %}",
        "{% line 'T' rows %}",
        "{% heat 'T' heads grid %}",
        "{% flows 'T' links %}",
    ],
)
def test_every_chart_has_a_name_for_who_cannot_see_it_and_a_table(source):
    html = written(
        source, rows=[("<b>A", Decimal("1.5"))], heads=["S1"], grid=[("<b>A", [2])], links=[("<b>A", "B", 3)]
    )
    assert 'role="img" aria-label="T"' in html
    assert "<desc>" in html
    assert "<table>" in html
    assert "&lt;b&gt;A" in html
    assert "<b>A" not in html


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 ligne à trier"), (1, "1 ligne à trier"), (Decimal("1.5"), "1,5 ligne à trier"),
     (2, "2 lignes à trier"), (Money(250), "2,50\u00a0€ ligne à trier")],
)  # fmt: skip
def test_a_gesture_counts_in_french_what_awaits(count, said):
    card = written("{% gesture '/ici/' 'truck' 'Trier' n 'ligne à trier' %}Des lots{% endgesture %}", n=count)
    assert re.sub(r"<[^>]*>", "", card.replace("<small>", " ")).endswith(f"TrierDes lots{said}")


def test_a_gesture_leads_to_its_page_and_says_what_is_late():
    source = (
        "{% gesture 'today' 'sun' 'Voir' 3 'lot' tone=2 first=True late=late %}<b>{{ x }}</b>{% endgesture %}"
    )
    card = written(source, ecopole=Ecopole(slug="bourg"), x="<i>", late=1)
    assert card.startswith('<a class="gesture tone-2 first" href="/e/bourg/">')
    assert "<b>&lt;i&gt;</b><br>" in card
    assert "En retard</span> 1</span>" in card
    assert "En retard" not in written(source, ecopole=Ecopole(slug="bourg"), x="", late=0)
    assert "count" not in written("{% gesture '/ici/' 'sun' 'Voir' %}{% endgesture %}")


def test_the_first_names_are_said_and_the_others_counted():
    assert [written("{{ n|few:2 }}", n=list("ABCD")[:k]) for k in range(5)] == [
        "", "A", "A, B", "A, B et 1 autre", "A, B et 2 autres",
    ]  # fmt: skip


def test_the_plural_starts_at_two():
    source = "lot{{ n|pluralize }}, {{ n|pluralize:'il reste,ils restent' }}"
    assert {written(source, n=n) for n in (0, 1, Decimal("1.9"), [], ["un"])} == {"lot, il reste"}
    assert {written(source, n=n) for n in (2, Decimal("2.5"), ["un", "deux"])} == {"lots, ils restent"}
