"""Forms posted while a guard asked for something first: a sign-in, a second factor, a fresh proof. Their copy waits in the session.

In: the refused POST. Out: the page that asks, then `resume-form`, which gives the form back filled: the person sends it again, with
a new CSRF token, and the guards judge it anew. The copy is the person's alone, small, short-lived. Secrets and files are never in it.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import getclosurevars
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from django import forms
from django.forms.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from beffroi.web.ui.fields import SecretText
from beffroi.web.ui.form_tokens import FIELD
from beffroi.web.ui.wrong_method import nearest_page

from .models import Person

LIFETIME: Final = 30 * 60  # seconds
MOST_CHARACTERS: Final = 100_000
_KEY: Final = "beffroi_suspended_form"
_TOKENS: Final = frozenset({"csrfmiddlewaretoken", FIELD})
_SECRET_NAME: Final = re.compile(r"passw|passphrase|secret|private_?key|(^|_)token$", re.IGNORECASE)


@dataclass(frozen=True)
class SuspendedForm:
    """What was posted. `fields`: name and values, in order, None when they were too long; `secrets`, `files`: to be given again."""

    address: str
    fields: list[tuple[str, list[str]]] | None
    secrets: list[str]
    files: list[tuple[str, list[str]]]  # the field, the names of its files


def suspend(request: HttpRequest, way: str) -> HttpResponse:
    """Lead to the page that asks, then back: to the page that was read, or to the form that was posted."""
    back = request.get_full_path()
    if request.method not in ("GET", "HEAD"):
        # A stranger's address that takes forms only is neither opened nor said again: `resume-form` says that nothing waits.
        opens = nearest_page(request.path) == request.path
        back = back if not _store(request) and opens else reverse("resume-form")
    return redirect(f"{way}?{urlencode({'next': back}, safe='/')}")


def ask_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead an unknown visitor to the sign-in page. Only a session that has just ended by itself tells whose the form was."""
    return suspend(request, reverse("account_login"))


def suspended_form(request: HttpRequest) -> SuspendedForm | None:
    """The form of this person that waits in this session; None without one, or once it is too old."""
    stored = request.session.get(_KEY)
    if stored is None or stored["person"] != request.user.pk or time.time() - stored["at"] > LIFETIME:
        return None
    return SuspendedForm(stored["address"], stored["fields"], stored["secrets"], stored["files"])


def destination(request: HttpRequest, back: str) -> str:
    """The address that somebody is really going to: behind `resume-form`, the form's own."""
    if urlsplit(back).path != reverse("resume-form"):
        return back
    stored = request.session.get(_KEY)
    return str(stored["address"]) if stored is not None else back


def forget(request: HttpRequest) -> None:
    """Drop the copy once the guards let its form through."""
    if request.method == "POST" and request.session.get(_KEY, {}).get("address") == request.get_full_path():
        del request.session[_KEY]


def _store(request: HttpRequest) -> bool:
    """Whether the form was put aside: it is a person's, and a page's own."""
    person = (
        request.user.pk if isinstance(request.user, Person) else getattr(request, "ended_session_of", None)
    )
    if person is None or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return False
    secret = _secret_names(request)
    posted = [(name, request.POST.getlist(name)) for name in request.POST if name not in _TOKENS]
    fields = [(name, values) for name, values in posted if not secret(name)]
    size = sum(len(name) + sum(map(len, values)) for name, values in fields)
    request.session[_KEY] = {
        "person": person,
        "at": time.time(),
        "address": request.get_full_path(),
        "fields": fields if size <= MOST_CHARACTERS else None,
        "secrets": [name for name, values in posted if secret(name) and any(values)],
        "files": [(name, [f.name for f in request.FILES.getlist(name)]) for name in request.FILES],
    }
    return True


def _secret_names(request: HttpRequest) -> Callable[[str], bool]:
    """Whether a field's value is a secret: its view says so, or a form of the site hides it, or its name tells."""
    match = request.resolver_match
    declared = set(_declared(match.func)) if match is not None else set()
    declared |= {name for form in _forms(BaseForm) for name, field in _fields_of(form) if is_secret(field)}
    return lambda name: name.rpartition("-")[2] in declared or bool(_SECRET_NAME.search(name))


def is_secret(field: forms.Field) -> bool:
    """Whether a page never gives the value of this field back."""
    return isinstance(field.widget, forms.PasswordInput | SecretText)


def _declared(view: Callable[..., Any] | None) -> Iterator[str]:
    """The parameters that `sensitive_post_parameters` names around a view: Django keeps them in its closure only."""
    while view is not None:
        yield from getclosurevars(view).nonlocals.get("parameters", ())
        view = getattr(view, "__wrapped__", None)


def labels() -> dict[str, str]:
    """The label of each field of the site's forms whose name has only one: what a copy shows beside a value."""
    found: dict[str, set[str]] = {}
    for form in _forms(BaseForm):
        for name, field in _fields_of(form):
            if field.label and not field.widget.is_hidden:
                found.setdefault(name, set()).add(str(field.label))
    return {name: next(iter(each)) for name, each in found.items() if len(each) == 1}


def _fields_of(form: type[BaseForm]) -> Iterator[tuple[str, forms.Field]]:
    yield from getattr(form, "base_fields", {}).items()


def _forms(above: type[BaseForm]) -> Iterator[type[BaseForm]]:
    for form in above.__subclasses__():
        yield form
        yield from _forms(form)
