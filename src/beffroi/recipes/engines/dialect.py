"""SQL dialect of Spark and Sail, with the semantics of DuckDB.

In: an Ibis expression. Out: Spark SQL. Overrides of Ibis's own translation, only where results differed; the shared suite
(`tests/recipes/engines`) checks them. Sail also needs an explicit overflow check.
"""

import re
from typing import Any, Final

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import NULL, SQLGlotCompiler
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

_ROOM: Final = 28
"""Precision up to which Spark still averages a decimal exactly: it sums with ten more digits."""
_WHOLE: Final = dt.Decimal(19, 0)


class Compiler(PySparkCompiler):
    __slots__ = ()

    # What is not a number is a value, not an absent one: Ibis makes it absent, or asks its options whether it is.
    visit_Field = SQLGlotCompiler.visit_Field
    visit_IsNull = SQLGlotCompiler.visit_IsNull
    visit_NotNull = SQLGlotCompiler.visit_NotNull

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: Any) -> Any:
        if dtype.is_floating():
            return self.cast(repr(float(value)), dt.float64)
        return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    def visit_Substring(self, op: Any, *, arg: Any, start: Any, length: Any) -> Any:
        cut = super().visit_Substring(op, arg=arg, start=start, length=length)
        # Sail starts at the first character when the start is null.
        return cut if isinstance(op.start, ops.Literal) else self.if_(start.is_(NULL), NULL, cut)

    def visit_Uppercase(self, op: Any, *, arg: Any) -> Any:
        # A capital is one letter, as for DuckDB.
        return self.f.upper(self.f.replace(arg, "ß", "ẞ"))

    def visit_Lowercase(self, op: Any, *, arg: Any) -> Any:
        return self.f.lower(self.f.replace(arg, "İ", "i"))

    def visit_Power(self, op: Any, *, left: Any, right: Any) -> Any:
        # Sail fails on an undefined power; DuckDB gives infinity.
        endless = sge.paren(left.eq(0)) & sge.paren(right < 0)
        power = self.f.power(self.if_(endless, 1.0, left), right)
        return self.if_(endless, self.cast("Infinity", dt.float64), power)

    def visit_ExtractIsoYear(self, op: Any, *, arg: Any) -> Any:
        # A week belongs to the year of its Thursday.
        day = self.cast(arg, dt.date)
        return self.f.year(self.f.date_add(day, 3 - (self.f.dayofweek(day) + 5) % 7))

    def visit_Mean(self, op: Any, *, arg: Any, where: Any) -> Any:
        kind = op.arg.dtype
        if kind.is_decimal():
            more = min(12, _ROOM - (kind.precision or 38))
            # Spark rounds the mean of decimals four digits after theirs.
            wide = dt.Decimal(kind.precision + more, kind.scale + more) if more >= 8 else dt.float64
            arg = self.cast(arg, wide)
        return self.agg.avg(arg, where=where)

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:
        return super().visit_RegexSearch(op, arg=arg, pattern=_ended(pattern))

    def visit_RegexExtract(self, op: Any, *, arg: Any, pattern: Any, index: Any) -> Any:
        return super().visit_RegexExtract(op, arg=arg, pattern=_ended(pattern), index=index)

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:
        return super().visit_RegexReplace(op, arg=arg, pattern=_ended(pattern), replacement=replacement)


def _ended(pattern: Any) -> Any:
    """Pattern with « \\z » for « $ »: Java's also matches before a final line feed."""
    return sge.convert(re.sub(r"(?<!\\)\$", r"\\z", str(pattern.this)))


class SailCompiler(Compiler):
    """Sail dialect: integers silently wrap around there, so they are computed as decimals and cast back, which fails."""

    __slots__ = ()

    def _exact(self, op: Any, of: Any, left: Any, right: Any) -> Any:
        if not (op.left.dtype.is_integer() and op.right.dtype.is_integer()):
            return of(left, right)
        return self.cast(of(self.cast(left, _WHOLE), self.cast(right, _WHOLE)), op.dtype)

    def visit_Add(self, op: Any, *, left: Any, right: Any) -> Any:
        return self._exact(op, lambda one, other: one + other, left, right)

    def visit_Subtract(self, op: Any, *, left: Any, right: Any) -> Any:
        return self._exact(op, lambda one, other: one - other, left, right)

    def visit_Multiply(self, op: Any, *, left: Any, right: Any) -> Any:
        return self._exact(op, lambda one, other: one * other, left, right)

    def visit_Sum(self, op: Any, *, arg: Any, where: Any) -> Any:
        kind = op.arg.dtype
        if not (kind.is_integer() or kind.is_decimal()):
            return super().visit_Sum(op, arg=arg, where=where)
        # Beside a count of distinct values, Sail takes for one the sums of a column under two types: the exact ones are
        # summed with the other sign.
        exact = sge.paren(self.cast(arg, _WHOLE) if kind.is_integer() else arg)
        total = sge.Neg(this=self.agg.sum(sge.Neg(this=exact), where=where))
        return self.cast(total, op.dtype)

    def visit_WindowFunction(self, op: Any, *, func: Any, **kwargs: Any) -> Any:
        if not isinstance(op.func, ops.Sum) or not isinstance(func, sge.Cast):
            return super().visit_WindowFunction(op, func=func, **kwargs)
        window = super().visit_WindowFunction(op, func=func.this.this, **kwargs)
        return self.cast(sge.Neg(this=window), op.dtype)


COMPILERS: Final[dict[str, Any]] = {"spark": Compiler(), "sail": SailCompiler()}
