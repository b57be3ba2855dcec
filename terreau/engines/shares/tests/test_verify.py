"""The judge refuses every answer that was touched, and says what is wrong."""

from dataclasses import replace
from decimal import Decimal

import pytest

from terreau.engines.shares import Rule, Table, Verdict, solve, verify
from terreau.engines.shares.answer import Group
from terreau.engines.shares.problem import CRATES
from terreau.engines.shares.tests.test_tiny_tour import FULL
from terreau.engines.shares.tests.tiny import drawn
from terreau.measures.money import Money

SHARES = solve(FULL)
CENT = Money(1)


def _line(k, **cents):
    line = SHARES.lines[k]
    changed = replace(line, **{name: getattr(line, name) + Money(c) for name, c in cents.items()})
    return replace(SHARES, lines=(*SHARES.lines[:k], changed, *SHARES.lines[k + 1 :]))


def _lines(first, second):
    """The same change, up on the first line and down on the second."""
    (name, cents), lines = first, list(SHARES.lines)
    for k, sign in ((0, 1), (second, -1)):
        moved = Money(sign * cents)
        lines[k] = replace(
            lines[k], **{name: getattr(lines[k], name) + moved, "total": lines[k].total + moved}
        )
    return replace(SHARES, lines=tuple(lines))


def _rule(name, **changes):
    rules = tuple(replace(r, **changes) if r.rule == name else r for r in SHARES.rules)
    return replace(SHARES, rules=rules)


def _moved(name, cents):
    a, b, *rest = SHARES.by(name).amounts
    return _rule(name, amounts=(a + Money(cents), b - Money(cents), *rest))


def _stability(**changes):
    return _rule(CRATES, stability=replace(SHARES.by(CRATES).stability, **changes))


def _step(*cents, **changes):
    amounts = tuple(Money(c) for c in cents) or SHARES.steps[0].amounts
    return replace(SHARES, steps=(replace(SHARES.steps[0], amounts=amounts, **changes),))


def _core(**changes):
    return replace(SHARES, least_core=replace(SHARES.least_core, **changes))


PROOF = SHARES.least_core.proof


@pytest.mark.parametrize(
    ("touched", "said"),
    [
        (replace(SHARES, players=SHARES.players[::-1]), "Ceux qui partagent"),
        (replace(SHARES, lines=SHARES.lines[1:]), "une ligne à chaque acteur"),
        (replace(SHARES, rule="nucleolus"), "règle suivie"),
        (replace(SHARES, rules=SHARES.rules[1:]), "Une règle manque"),
        (_rule("acam", amounts=()), "pas une part à chacun"),
        (_rule("acam", amounts=(CENT,) * 3), "ne font pas le coût"),
        (_line(0, total=1), "ne font pas le total"),
        (_line(0, fair=1, total=1), "la part juste"),
        (replace(SHARES, real=Money(6000)), "coût réel"),
        (_line(0, commons=5, total=5), "dépensé"),
        (_line(0, correction=1, total=1), "l’écart avec le coût réel"),
        (_line(0, spare=1, total=1), "la part vide"),
        (_lines(("commons", 3), 1), "clé votée"),
        (replace(SHARES, steps=()), "solidarités ne sont pas celles"),
        (_step(377, 190, -566, 0), "ce qui est donné"),
        (_step(378, 190, -568, 0), "somme levée"),
        (_step(0, 566, -566, 0), "donne plus que voté"),
        (_step(400, 200, -600, 0, raised=Money(600)), "plus que son besoin"),
        (_step(need=Money(1)), "besoin"),
        (replace(SHARES, ratio=Decimal("1.2")), "rapport au réel"),
        (replace(SHARES, method="kept_order"), "méthode"),
        (replace(SHARES, asked=Table(("aulnes",), (Decimal(0), Decimal(9)))), "méthode"),
        (replace(SHARES, relieved=None), "sans la part vide"),
        (replace(SHARES, relieved=replace(SHARES.stability, tested=4)), "essayés"),
        (_line(1, hub=100), "son camion seul"),
        (_line(1, stops=100), "ses minutes"),
        (_lines(("correction", 2), 1), "l’écart avec"),
        (_lines(("spare", 2), 1), "la part vide"),
        (_lines(("solidarity", 1), 1), "ne mènent pas au total"),
        (replace(SHARES, modelled=Money(5900)), "coût calculé"),
        (_line(1, alone=100), "coût seul"),
        (_line(1, separable=100), "ajoute"),
        (_stability(worst=None), "groupe lésé non dit"),
        (_stability(worst=Group(("cantine",), Money(1500), Money(1400))), "montants du groupe"),
        (_stability(worst=Group(("cantine",), Money(1500), Money(6000))), "ne l’est pas"),
        (_stability(worst=Group(("aulnes", "cantine"), Money(4500), Money(6000))), "ne l’est pas"),
        (_stability(worst=Group(("cantine", "z"), Money(1500), Money(1500))), "n’est pas une partie"),
        (_stability(wronged=5), "nombre de groupes lésés"),
        (_stability(tested=5), "essayés"),
        (_stability(complete=False), "que de ceux essayés"),
        (_moved("shapley", 5), "une part est fausse"),
        (_moved("proportional", 5), "une part est fausse"),
        (_moved("acam", 5), "une part est fausse"),
        (_moved("crates", 5), "une part est fausse"),
        (_moved("nucleolus", 50), "noyau"),
        (_moved("epm", 1500), "epm"),
        (_core(epsilon=Decimal(1200)), "noyau"),
        (_core(proof=PROOF[:1]), "preuve"),
        (_core(proof=tuple(replace(g, weight=2 * g.weight) for g in PROOF)), "preuve"),
    ],
)
def test_a_touched_answer_is_refused_and_the_judge_says_why(touched, said):
    violations = verify(FULL, touched).violations
    assert any(said in v for v in violations), violations


def test_untouched_it_is_accepted_and_all_of_it_was_counted_again():
    assert verify(FULL, SHARES) == Verdict((), complete=True)


@pytest.mark.parametrize("key", ["shapley", "nucleolus", "epm", "acam", "proportional", "crates"])
def test_every_rule_passes_before_the_judge(key):
    problem = drawn(11, 8, 9, rule=Rule(key))
    assert verify(problem, solve(problem)).violations == ()


def test_a_short_levy_must_help_each_in_proportion():
    rule = replace(FULL.solidarity[0], cap=Decimal(1), levy=Decimal("0.20"), helped=("butte", "cantine"))
    problem = replace(FULL, solidarity=(rule,))
    shares = solve(problem)
    assert verify(problem, shares).violations == ()
    _, butte, cantine, garage = shares.steps[0].amounts
    five, lines = Money(5), list(shares.lines)
    for k, moved in ((1, -five), (2, five)):
        lines[k] = replace(lines[k], solidarity=lines[k].solidarity + moved, total=lines[k].total + moved)
    amounts = (shares.steps[0].amounts[0], butte - five, cantine + five, garage)
    unfair = replace(shares, steps=(replace(shares.steps[0], amounts=amounts),), lines=tuple(lines))
    assert verify(problem, unfair).violations == ("Mal réparti\u202f: ce que donne Loin du quai.",)
