"""Form of an act, made of the typed parameters of its service: `name: Annotated[str, VisibleCharField(label="Son nom")]`.

A parameter bears the form field that shows it. Its default in the service makes it optional for other callers; what a person must
fill in is said by the field. Raises TypeError for a parameter that no field shows.
"""

from copy import deepcopy
from typing import Any

from django import forms

from beffroi.web.ui.fields import SecretText

from .declaration import Act, annotation_of


def form_class(declared: Act) -> type[forms.Form]:
    """The form of an act, its fields in the order of the parameters."""
    fields = {name: annotation_of(declared.hints[name], forms.Field) for name in declared.parameters}
    if hidden := [name for name, found in fields.items() if found is None]:
        raise TypeError(f"no form field shows {', '.join(hidden)} of the act {declared.name!r}")
    members: dict[str, Any] = {name: deepcopy(found) for name, found in fields.items()}
    return type(
        f"{declared.called.__name__.title()}Form", (forms.Form,), members | {"use_required_attribute": False}
    )


def secret_names(form: type[forms.Form]) -> list[str]:
    """The fields that no page gives back: left out of error reports."""
    return [
        name
        for name, each in form.base_fields.items()
        if isinstance(each.widget, (forms.PasswordInput, SecretText))
    ]
