"""This year's answers beside last year's, on one page to print."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path

from beffroi.guides import Runbook
from beffroi.web.platform.guards import requires

from .. import comparing, presenting
from ..opening import domain, readable, response_or_404


@requires("territory.enter")
def comparison_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What changed since an earlier response: the one that the address names (`?avec=12`), else the last."""
    response, found = response_or_404(request, pk)
    choices = [] if isinstance(found, Runbook) else comparing.earlier(response)
    wanted = request.GET.get("avec", "")
    former = next((each for each in choices if not wanted or str(each.pk) == wanted), None)
    if former is None:
        if wanted or isinstance(found, Runbook):
            raise Http404
        return redirect("response", slug=response.territory.slug, pk=response.pk)  # the first of its guide
    plans = [plan for plan in presenting.fed_plans(found) if readable(request.user, plan, request.territory)]
    context = {
        "response": response,
        "former": former,
        "choices": choices,
        "guide": found,
        "domain": domain(found),
        "axes": comparing.axes(former, response),
        "statuses": comparing.statuses(former, response),
        "changes": comparing.answers(former, response),
        "done": comparing.done_between(former, response, plans),
        "plans": plans,
    }
    return render(request, "guides/response_comparison.html", context)


urlpatterns: list[URLPattern] = [
    path("reponses/<int:pk>/comparer/", comparison_page, name="response-comparison")
]
