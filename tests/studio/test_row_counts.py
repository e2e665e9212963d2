"""The base of a figure: rows that counted, rows that did not and why; the parts always add up to the whole."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.recipes.errors import RecipeError
from beffroi.recipes.model import Check, Condition, Filter, Group, Join, Key, Measure, Recipe, Rule, Source
from beffroi.web.studio.row_counts import RowCounts, count_rows

FIRST = Source(source="jeu")
JOIN = Join(source="autre", on=(Key(left="date", right="date"),), keep="matched")
GROUP = Group(measures=(Measure(name="valeur", operation="count"),))
STEPS = st.sampled_from(
    [
        JOIN,
        Filter(conditions=(Condition(column="reel", op="present"),)),
        Filter(
            conditions=(Condition(column="site", op="=", value="A"), Condition(column="prevu", op="present"))
        ),
        Filter(
            conditions=(Condition(column="a", op="missing"), Condition(column="b", op="missing")), match="any"
        ),
        Check(rules=(Rule(column="reel", rule="present"),), keep="passing"),
    ]
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"reel": st.booleans(), "prevu": st.booleans(), "site": st.sampled_from("AB"), "partners": st.integers(0, 2),
         "a": st.booleans(), "b": st.booleans()}
    ),
    max_size=20,
)  # fmt: skip


def rows_after(rows, steps):
    """What the engine would give of these rows, one after the other."""
    for step in steps[1:]:
        if isinstance(step, Join):
            least = 1 if step.keep == "all" else 0
            rows = [row for row in rows for _ in range(max(row["partners"], least))]
        elif isinstance(step, Check):
            rows = [row for row in rows if row["reel"]]
        elif isinstance(step, Filter):
            together = all if step.match == "all" else any
            rows = [row for row in rows if together(_holds(row, test) for test in step.conditions)]
    return len(rows)


def _holds(row, test):
    return row[test.column] == "A" if test.op == "=" else row[test.column] is (test.op == "present")


def counts_of(rows, steps, *, floor=0, one_partner=False):
    recipe = Recipe(title="Repas", sources={"jeu": "a", "autre": "b"}, steps=(*steps, GROUP))

    def read(query):
        assert isinstance(query.steps[-1], Group)
        return {"lignes": rows_after(rows, query.steps[:-1])}

    grants = {"jeu": SimpleNamespace(protected=floor > 0, floor=floor)}
    return count_rows(recipe, grants, read, rows_after(rows, steps), one_partner=one_partner)


@given(rows=ROWS, chosen=st.lists(STEPS, max_size=4))
def test_the_parts_add_up_to_the_whole(rows, chosen):
    found = counts_of(rows, (FIRST, *chosen))
    assert found.total == len(rows)
    assert found.counted == found.total - sum(found.losses.values()) + found.added
    assert all(lost > 0 for lost in found.losses.values())


@given(rows=ROWS, chosen=st.lists(STEPS, max_size=3), floor=st.integers(2, 6))
def test_a_small_number_of_protected_rows_is_given_back_by_no_subtraction(rows, chosen, floor):
    found = counts_of(rows, (FIRST, *chosen), floor=floor)
    assert found.total == len(rows)
    assert found.counted is None or all(lost >= floor for lost in found.losses.values())
    if found.counted is None:
        assert " sur " not in found.sentence


def test_a_row_with_several_partners_is_refused_where_one_is_expected():
    row = {"reel": True, "prevu": True, "site": "A", "partners": 2, "a": True, "b": True}
    assert counts_of([row], (FIRST, JOIN)).added == 1
    with pytest.raises(RecipeError, match="plusieurs partenaires"):
        counts_of([row], (FIRST, JOIN), one_partner=True)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (RowCounts(83_265, 66_884, {"sans date commune": 13_392, "sans « reel »": 2_989}),
         "66\u00a0884 lignes sur 83\u00a0265 ; 13\u00a0392 sans date commune, 2\u00a0989 sans « reel »"),
        (RowCounts(8, 8), "les 8 lignes du fichier"),
        (RowCounts(1, 1), "1 ligne du fichier"),
        (RowCounts(7, 0, {"que la condition écarte": 7}), "0 ligne sur 7 ; 7 que la condition écarte"),
        (RowCounts(2, 3, {}, 1), "3 lignes sur 2 ; 1 de plus, par plusieurs partenaires"),
        (RowCounts(None, 40), "40 lignes"),
        (RowCounts(120, None), "tout ou partie des 120 lignes du fichier"),
        (RowCounts(None, None), "un petit nombre de lignes"),
    ],
)  # fmt: skip
def test_the_sentence_tells_what_counted(counts, sentence):
    assert counts.sentence == sentence
