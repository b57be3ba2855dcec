"""A form of due lines: what it says, what it refuses, what it keeps on screen."""

from decimal import Decimal

import pytest
from django.core.exceptions import BadRequest
from django.http import Http404, QueryDict

from terreau.ledger.answers import Answer, AnswerRefused
from terreau.ledger.dueforms import (
    FORM,
    LineRefused,
    asked,
    due_lines,
    errors_of,
    form_key,
    read_answers,
    refuse_settled,
)
from terreau.ledger.queries import commitments
from terreau.ledger.refusals import LedgerRefusal, NotPositive
from terreau.ledger.tests.world import World, make_world


def post(**fields: object) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data.setlist(name.replace("_", "-"), value if isinstance(value, list) else [value])
    return data


@pytest.fixture
def carrots(world: World):
    return world.promised("carotte", "12.5", "ferme", "plateforme")


@pytest.fixture
def leeks(world: World):
    return world.promised("poireau", "4", "ferme", "plateforme")


def lines(world: World):
    return commitments(world.ecopole)


def quantities(answers) -> dict[str, Decimal]:
    return {answer.commitment.product.code: answer.quantity for answer in answers}


def test_lines_that_are_not_touched_are_as_planned(world, carrots, leeks):
    answers, errors = read_answers(post(), lines(world))
    assert quantities(answers) == {"carotte": Decimal("12.5"), "poireau": 4}
    assert not errors


def test_what_is_typed_and_the_reason_of_a_refusal_are_read(world, carrots):
    typed = post(**{f"q_{carrots.pk}": "11,25 kg", f"refused_{carrots.pk}": " abîmé "})
    answers, _ = read_answers(typed, lines(world))
    assert (answers[0].quantity, answers[0].refused) == (Decimal("11.25"), "abîmé")


def test_a_line_set_to_zero_is_an_answer_and_a_negative_one_is_an_error(world, carrots, leeks):
    typed = post(**{f"q_{carrots.pk}": "0", f"q_{leeks.pk}": "-1"})
    answers, errors = read_answers(typed, lines(world))
    assert quantities(answers) == {"carotte": 0}
    assert "ce qui a été pesé" in errors[leeks.pk]


@pytest.mark.parametrize("typed", ["", "douze", "1.234", "3 pièces", "12345678"])
def test_what_cannot_be_read_is_said_at_its_line(world, carrots, typed):
    answers, errors = read_answers(post(**{f"q_{carrots.pk}": typed}), lines(world))
    assert not answers
    assert list(errors) == [carrots.pk]


def test_only_narrows_the_gesture_to_a_line_or_to_what_was_changed(world, carrots, leeks):
    typed = {f"q_{carrots.pk}": "12,5", f"q_{leeks.pk}": "3"}
    one, _ = read_answers(post(only=str(carrots.pk), **typed), lines(world))
    changed, _ = read_answers(post(only="changed", **typed), lines(world))
    assert quantities(one) == {"carotte": Decimal("12.5")}
    assert quantities(changed) == {"poireau": 3}


def test_enter_without_any_change_is_explained(world, carrots):
    _, errors = read_answers(post(only="changed", **{f"q_{carrots.pk}": "12,5"}), lines(world))
    assert "Rien n’a été modifié" in errors[FORM]


def test_only_the_lines_expected_in_this_ecopole_are_found(world, carrots, leeks):
    both = post(due=[str(leeks.pk), str(carrots.pk)])
    assert [line.commitment for line in asked(world.ecopole, both, action="transfer")] == [leeks, carrots]
    stranger = make_world("ailleurs").promised("carotte", "1", "ferme", "plateforme")
    elsewhere = post(due=[str(carrots.pk), str(stranger.pk)])
    for wrong in (post(), post(due="abc"), post(due="9" * 19), post(due="9" * 5_000), elsewhere):
        with pytest.raises(Http404):
            asked(world.ecopole, wrong)
    with pytest.raises(Http404):
        asked(world.ecopole, both, action="move")


@pytest.mark.parametrize("key", ["", "1234567", "avec espace", "é" * 10, "x" * 81])
def test_a_key_is_made_by_the_page_and_by_nobody_else(key):
    with pytest.raises(BadRequest):
        form_key(post(key=key))


def test_a_promise_already_kept_is_not_answered_again(world, carrots):
    lot = world.harvested("carotte", "20", "ferme")
    refuse_settled(world.ecopole, [Answer(carrots, Decimal(5))])
    world.add("transfer", "12.5", lot, "ferme", "plateforme", fulfils_id=carrots.pk)
    with pytest.raises(LineRefused, match="déjà enregistré"):
        refuse_settled(world.ecopole, [Answer(carrots, Decimal(5))])


def test_a_reason_stands_at_the_line_it_concerns_or_at_the_head_of_the_form(carrots, leeks):
    answers = [Answer(carrots, Decimal(1)), Answer(leeks, Decimal(1))]
    short = NotPositive(0, "poireau", Decimal(0))
    assert list(errors_of(answers, LedgerRefusal([short]))) == [leeks.pk]
    assert errors_of(answers, LineRefused(carrots, "trop")) == {carrots.pk: "trop"}
    assert errors_of(answers, AnswerRefused("rien")) == {FORM: "rien"}


def test_a_refused_form_shows_what_was_typed(world, carrots, leeks):
    typed = post(**{f"q_{carrots.pk}": "abc"})
    shown = {due.commitment: due for due in due_lines(lines(world), typed, {carrots.pk: "illisible"})}
    assert (shown[carrots].typed, shown[carrots].error, shown[carrots].opened) == ("abc", "illisible", True)
    assert (shown[leeks].typed, shown[leeks].opened) == ("4", False)


def test_a_line_may_be_filled_with_something_else_than_the_plan(world, carrots):
    (due,) = due_lines(lines(world), filled={carrots.pk: Decimal(8)})
    assert (due.typed, due.opened) == ("8", True)
