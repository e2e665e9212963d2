"""A service's refusal is shown by the field that it names, or above the fields of a form that has none of that name."""

from django import forms

from beffroi.web.ui.form_errors import FieldError, add_field_error


class ReasonForm(forms.Form):
    reason = forms.CharField()


def test_a_refusal_is_displayed_by_its_field() -> None:
    form = ReasonForm({"reason": "non"})
    add_field_error(form, FieldError("Dites pourquoi en une phrase.", "reason"))
    assert form.errors == {"reason": ["Dites pourquoi en une phrase."]}


def test_a_refusal_without_a_field_of_this_form_is_displayed_above_all() -> None:
    for field in (None, "", "verdict"):
        form = ReasonForm({"reason": "non"})
        add_field_error(form, FieldError("Quelqu'un a déjà décidé.", field))
        assert form.non_field_errors() == ["Quelqu'un a déjà décidé."]
