"""Pages of control: the table of rights, and the evidence pack of an auditor."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from beffroi.web.platform import evidence
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import ACTS, BOUND, RIGHTS, ROLES, may


@requires("territory.enter")
def rights(request: HttpRequest) -> HttpResponse:
    """Who may do what: the table that the code applies, act by act and role by role."""
    acts = [
        {
            "sentence": sentence,
            "roles": [
                (label, act in BOUND[role].acts if role in BOUND else False)
                for role, label in ROLES.items()
                if act in RIGHTS[role]
            ],
        }
        for act, sentence in ACTS.items()
    ]
    roles = [
        {"label": label, "acts": [sentence for act, sentence in ACTS.items() if act in RIGHTS[role]]}
        for role, label in ROLES.items()
    ]
    context = {"acts": acts, "roles": roles, "may_read": may(request.user, "member.read", request.territory)}
    return render(request, "tenancy/rights.html", context)


@requires("evidence.export")
def proofs(request: HttpRequest) -> HttpResponse | FileResponse:
    """What an auditor takes away. Asking is an act: a button, never a link."""
    if request.method != "POST":
        return render(request, "tenancy/proofs.html")
    name = f"preuves-{request.territory.slug}-{timezone.localdate():%Y-%m-%d}.zip"
    return FileResponse(evidence.pack(request.territory, request.user), as_attachment=True, filename=name)
