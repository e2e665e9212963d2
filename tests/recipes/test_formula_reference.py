"""Random formulas on the engine against plain Python."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from beffroi.recipes import formula
from beffroi.recipes.formula.kinds import WHOLE_DIGITS
from beffroi.recipes.formula.parser import parse
from recipes.formula_interpreter import MAKERS, TODAY, Made, Row, formulas, rows

TYPES = pa.schema(
    [
        ("Nombre", pa.int64()),
        ("Quantité", pa.int32()),
        ("prix", pa.decimal128(10, 2)),
        ("Part payée", pa.decimal128(6, 3)),
        ("mesure", pa.float64()),
        ("Nom", pa.string()),
        ("code_insee", pa.string()),
        ("Début", pa.date32()),
        ("Date de fin", pa.date32()),
        ("payé", pa.bool_()),
    ]
)
KINDS = {
    "int": "integer",
    "dec": "decimal",
    "float": "float",
    "text": "text",
    "date": "date",
    "bool": "boolean",
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    made = ibis.duckdb.connect()
    yield made
    made.disconnect()


def answered(engine: Any, text: str, rows: list[Row]) -> list[Any]:
    table = ibis.memtable(pa.Table.from_pylist(rows, schema=TYPES))
    expression = formula.expression(text, {name: table[name] for name in table.columns}, TODAY)
    return engine.to_pyarrow(table.select(valeur=expression))["valeur"].to_pylist()


def compare(engine: Any, made: Made, rows: list[Row]) -> None:
    try:
        found = answered(engine, made.text, rows)
    except formula.FormulaError as error:
        # Long products have more decimals than the engine holds, texts of quotients have no end: both are said.
        assume(not re.search("décimales|n'écrit un nombre calculé|trop long", error.reason))
        raise
    wanted = [made.of(row) for row in rows]
    assert len(found) == len(wanted)
    for value, expected in zip(found, wanted, strict=True):
        if isinstance(expected, float):
            assert value == pytest.approx(expected, rel=1e-9, abs=1e-9), made
        elif isinstance(expected, Decimal):
            assert isinstance(value, Decimal) and value == expected, made
        elif type(expected) is int and isinstance(value, Decimal):
            # Rounded to the unit where it may have more than 18 digits: whole, in a wider room.
            assert value == expected and value.as_tuple().exponent == 0, made
        else:
            assert value == expected and type(value) is type(expected), made


@pytest.mark.parametrize(
    ("kind", "maker"), [(kind, maker) for kind, makers in MAKERS.items() for maker in makers]
)
def test_each_sign_and_function_gives_what_plain_python_gives(
    engine: Any, kind: str, maker: Callable[..., st.SearchStrategy[Made]]
) -> None:
    @given(maker(kind, 0), rows)
    def check(made: Made, rows: list[Row]) -> None:
        compare(engine, made, rows)

    check()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_put_together_they_give_what_plain_python_gives(engine: Any, kind: str) -> None:
    @given(formulas(kind), rows)
    def check(made: Made, rows: list[Row]) -> None:
        compare(engine, made, rows)

    check()


@given(st.sampled_from(sorted(KINDS)).flatmap(lambda kind: formulas(kind)))
def test_a_formula_written_again_is_the_same_formula(made: Made) -> None:
    tree = parse(made.text)
    again = formula.format_formula(made.text)
    assert parse(again) == tree
    assert formula.format_formula(again) == again


@given(st.sampled_from(sorted(KINDS)).flatmap(lambda kind: formulas(kind)))
@example(Made("ARRONDI(0,1 + 0)", "int", lambda _: 0))
def test_the_kind_of_a_formula_is_known_before_it_runs(made: Made) -> None:
    try:
        found = formula.check(made.text, ibis.Schema.from_pyarrow(TYPES))
    except formula.FormulaError as error:
        assume(not re.search("décimales|n'écrit un nombre calculé|trop long", error.reason))
        raise
    if made.kind != "refused":
        table = ibis.table(ibis.Schema.from_pyarrow(TYPES))
        ran = formula.expression(made.text, {name: table[name] for name in table.columns}, TODAY)
        assert found.dtype == ran.type(), made
        # A number rounded to the unit that may have more than 18 digits is whole, in a wider room.
        widened = made.kind == "int" and found.scale == 0 and found.precision > WHOLE_DIGITS
        assert found.name == ("decimal" if widened else KINDS[made.kind]), made


SIGNS = {"ET": "and", "OU": "or", "=": "==", "<>": "!="}
NUMBERS = st.integers(0, 20).map(str) | st.sampled_from(["Nombre", "[Quantité]"])


@st.composite
def unparenthesised(draw: Any) -> str:
    """Sums and products compared, with ET, OU and NON between, and nothing to say in which order."""

    def number() -> str:
        words = [draw(st.sampled_from(["", "-"])) + draw(NUMBERS)]
        for _ in range(draw(st.integers(0, 3))):
            words += [draw(st.sampled_from("+-*")), draw(NUMBERS)]
        return " ".join(words)

    def test() -> str:
        sign = draw(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]))
        return f"{draw(st.sampled_from(['', 'NON ']))}{number()} {sign} {number()}"

    words = [test()]
    for _ in range(draw(st.integers(0, 3))):
        words += [draw(st.sampled_from(["ET", "OU"])), test()]
    return " ".join(words)


@given(text=unparenthesised(), number=st.integers(-20, 20), quantity=st.integers(-20, 20))
def test_signs_are_followed_in_the_order_of_the_page(
    engine: Any, text: str, number: int, quantity: int
) -> None:
    """Python has the same order for these signs: it is asked the same question."""
    row = dict.fromkeys(TYPES.names) | {"Nombre": number, "Quantité": quantity}
    words = [SIGNS.get(word, word) for word in text.replace("NON", "not").split()]
    python = " ".join(words).replace("[Quantité]", "quantity").replace("Nombre", "number")
    assert answered(engine, text, [row]) == [eval(python, {"number": number, "quantity": quantity})]
