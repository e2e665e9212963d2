"""One form a kind of step, and nothing else to say of it: adding a step is a class and its `@step_form`.

In: where the step stands (`StepPosition`) and what the person chose. Out: the steps to put there. The order of the imports is
that of the page's list: bring together, sort out, compute, group, arrange.
"""

from .base import StepForm, StepPosition, form_for, step_form, step_forms

# isort: off
from . import joining, stacking, filtering, deriving, formula, grouping  # noqa: F401
from . import pivoting, unpivoting, ordering, ranking, comparing, periods  # noqa: F401
from . import spatial  # noqa: F401
from . import checking, choosing, communes  # noqa: F401
# isort: on

__all__ = ["StepForm", "StepPosition", "form_for", "step_form", "step_forms"]
