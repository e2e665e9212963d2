"""Views of a noun, made of its acts: a list, a page for each row, forms and buttons. Each is a plain Django view in `urlpatterns`.

What a visitor may not see and what does not exist both answer 404; a button answers to POST only (405); a refusal stands beside its
field (422), or above the page to which a button returns.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from beffroi.web.ui.form_errors import FieldError, add_field_error

from ..guards import View, requires
from ..models import Job, Territory
from .declaration import Act, act_of
from .parameters import form_class, secret_names

type Context = dict[str, Any]
type Then = str | Callable[[Any, Any], str]
"""Where an act returns: the name of an address of the territory, or `then(row, result)`, an address; no result after a refusal."""


_labels: "dict[str, tuple[ActViews, Act]]" = {}


class ActViews:
    """The views of one noun. `rows`: those of a territory that its pages know; `lookup`: the field in an address that names one;
    `list_name`, `row_name`: the names of the addresses to which an act returns.
    """

    def __init__(
        self,
        rows: Callable[[Territory], QuerySet[Any]],
        *,
        list_name: str,
        row_name: str = "",
        lookup: str = "pk",
    ) -> None:
        self.rows, self.list_name, self.row_name, self.lookup = rows, list_name, row_name, lookup
        self._pages: dict[bool, tuple[Callable[..., Context], str]] = {}  # by whether it is the list

    def find(self, request: HttpRequest, keys: dict[str, Any]) -> Any:
        """The row of this address, the territory where the address names none. Raises Http404."""
        if self.lookup not in keys:
            return request.territory
        found = self.rows(request.territory).filter(**{self.lookup: keys[self.lookup]}).first()
        if found is None:
            raise Http404
        return found

    def list(self, route: str, context: Callable[..., Context], template: str, *, right: str) -> URLPattern:
        """The page of every row: `context(request)`, and the forms that it shows by name where one was refused."""
        self._pages[True] = context, template
        return self._path(
            route, lambda request: self._page(request, request.territory), context, self.list_name, right
        )

    def row(self, route: str, context: Callable[..., Context], template: str, *, right: str) -> URLPattern:
        """The page of one row: `context(request, row)`, and forms as for a list."""
        self._pages[False] = context, template
        return self._path(
            route,
            lambda request, **keys: self._page(request, self.find(request, keys)),
            context,
            self.row_name,
            right,
        )

    def _page(self, request: HttpRequest, row: Any, **forms: forms.Form) -> HttpResponse:
        on_list = isinstance(row, Territory)
        context, template = self._pages[on_list]
        displayed = context(request, **forms) if on_list else context(request, row, **forms)
        status = 422 if any(form.errors for form in forms.values()) else 200
        return render(request, template, displayed, status=status)

    def form(
        self,
        route: str,
        service: Callable[..., Any],
        template: str = "",
        *,
        form: Callable[..., forms.Form] | None = None,
        context: Callable[..., Context] = lambda request, row: {},
        displayed_as: str = "form",
        name: str = "",
        then: Then = "",
    ) -> URLPattern:
        """A form on a page of its own (`template`, with `context`), or one of the page of its row, of the list for an act on the
        territory: that page bears it as `displayed_as`, and is displayed again when it is refused.

        `form`: called with the row, then what was sent (data and files) if anything was; by default it is made of the
        service's parameters. A method `arguments()` of the form says what the service gets, its cleaned data otherwise.
        """
        declared = _declared(service)
        default = form_class(declared) if form is None else None

        def made(row: Any, *sent: Any) -> forms.Form:
            return form(row, *sent) if default is None else default(*sent)  # type: ignore[misc]

        def view(request: HttpRequest, **keys: Any) -> HttpResponseBase:
            row = self.find(request, keys)
            bound = made(row, *((request.POST, request.FILES) if request.method == "POST" else ()))
            if bound.is_valid():
                try:
                    arguments = getattr(bound, "arguments", lambda: bound.cleaned_data)()
                    result = service(row, **{declared.actor: request.user}, **arguments)
                except FieldError as error:
                    add_field_error(bound, error)
                else:
                    return self._after(request, declared, row, result, then)
            if not template:
                return self._page(request, row, **{displayed_as: bound})
            extended = context(request, row) | {"form": bound}
            return render(request, template, extended, status=422 if bound.errors else 200)

        wanted = view if template else require_POST(view)
        secrets = secret_names(default) if default is not None else getattr(form, "secrets", ())
        return self._path(
            route, wanted, service, name, declared.right, fresh=declared.fresh, secrets=secrets, has_form=True
        )

    def button(
        self,
        route: str,
        service: Callable[..., Any],
        *,
        starts: Callable[..., Any] | None = None,
        name: str = "",
        then: Then = "",
    ) -> URLPattern:
        """A button: the act is done at once, or its refusal is shown on the page to which it returns.

        `starts`: the act that a job does later, where `service(row, person)` only queues that job.
        """
        declared = _declared(starts or service)

        def view(request: HttpRequest, **keys: Any) -> HttpResponseBase:
            row = self.find(request, keys)
            try:
                result = service(row, request.user)
            except FieldError as error:
                messages.error(request, str(error))
                return self._to(request, row, then if callable(then) else "")
            return self._after(request, declared, row, result, then)

        return self._path(
            route, require_POST(view), starts or service, name, declared.right, fresh=declared.fresh
        )

    def _after(self, request: HttpRequest, declared: Act, row: Any, result: Any, then: Then) -> HttpResponse:
        if isinstance(result, Job) and not then:
            return redirect("job", request.territory.slug, result.pk)
        if declared.done:
            messages.success(request, declared.sentence(result))
        own = isinstance(result, Model) and isinstance(row, Territory)
        return self._to(request, result if own else row, then, result)

    def _to(self, request: HttpRequest, row: Any, then: Then, result: Any = None) -> HttpResponse:
        """The page of a row, unless `then` names another address or the noun has none."""
        if callable(then):
            return redirect(then(row, result))
        if then or not self.row_name or isinstance(row, Territory):
            return redirect(then or self.list_name, request.territory.slug)
        return redirect(
            self.row_name, slug=request.territory.slug, **{self.lookup: getattr(row, self.lookup)}
        )

    def _path(
        self,
        route: str,
        view: View,
        made_of: Any,
        name: str,
        right: str,
        *,
        fresh: bool = False,
        secrets: Any = (),
        has_form: bool = False,
    ) -> URLPattern:
        declared = act_of(made_of)
        guarded = requires(right, fresh=fresh)(view)
        guarded.__module__, guarded.__qualname__ = made_of.__module__, made_of.__qualname__
        guarded.act, guarded.has_form = declared, has_form  # type: ignore[attr-defined]
        if declared is not None:
            _labels[name or _name_of(declared)] = self, declared
        final = sensitive_post_parameters(*secrets)(guarded) if secrets else guarded
        return path(route, final, name=name or _name_of(declared))


def _name_of(declared: Act) -> str:
    return declared.name.replace(".", "-")


def button_of(name: str, row: Any) -> tuple[str, str, str]:
    """The label, the right and the address of the button of this name, for a row or a territory."""
    views, declared = _labels[name]
    of_row = {} if isinstance(row, Territory) else {views.lookup: getattr(row, views.lookup)}
    territory = row if isinstance(row, Territory) else row.territory
    return declared.label, declared.right, reverse(name, kwargs={"slug": territory.slug, **of_row})


def _declared(service: Callable[..., Any]) -> Act:
    found = act_of(service)
    if found is None:
        raise TypeError(f"{service.__module__}.{service.__qualname__} is not declared as an act")
    return found
