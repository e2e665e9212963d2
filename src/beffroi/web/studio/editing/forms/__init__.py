"""Registry of the step forms: a step is added by a class with `@step_form`.

In: a `StepPosition` and the person's choices. Out: the steps to insert. The order of the imports is that of the
page's list: combine, filter, compute, group, arrange.
"""

from .base import StepForm, StepPosition, form_for, step_form, step_forms

# isort: off
from . import joining, stacking, filtering, deriving, formula, grouping  # noqa: F401
from . import pivoting, unpivoting, ordering, ranking, comparing, periods  # noqa: F401
from . import spatial  # noqa: F401
from . import checking, choosing, communes  # noqa: F401
# isort: on

__all__ = ["StepForm", "StepPosition", "form_for", "step_form", "step_forms"]
