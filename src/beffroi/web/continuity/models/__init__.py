"""Models of the continuity room, by noun."""

from .paper_forms import NumberEnd, NumberRange
from .rekeying import FormEntry, RefusedEntry, RekeyedForm, RekeyingBatch, ScannedPage

__all__ = [
    "FormEntry",
    "NumberEnd",
    "NumberRange",
    "RefusedEntry",
    "RekeyedForm",
    "RekeyingBatch",
    "ScannedPage",
]
