"""« Mes courriels »: each person chooses what they are written to about, and how often."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from beffroi.web.platform import home_cards, mail
from beffroi.web.platform.guards import requires

from . import notifications
from .notifications import Frequency


class NotificationForm(forms.Form):
    """One choice a topic."""

    def __init__(self, chosen: dict[str, Frequency], *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        for topic, label in home_cards.topics().items():
            self.fields[topic] = forms.ChoiceField(
                label=label,
                choices=[(value, label.capitalize()) for value, label in Frequency.choices],
                widget=forms.RadioSelect,
                initial=chosen[topic],
            )


@requires("territory.enter")
def notifications_page(request: HttpRequest) -> HttpResponse:
    """Show and store one's own choices."""
    chosen = notifications.choices_of(request.user, request.territory)
    form = NotificationForm(chosen, request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen_now = {topic: Frequency(value) for topic, value in form.cleaned_data.items()}
        notifications.choose(request.user, request.territory, chosen_now)
        messages.success(request, "Vos choix sont enregistrés.")
        return redirect("notifications", slug=request.territory.slug)
    context = {"form": form, "mail": mail.is_configured()}
    return render(request, "tenancy/notifications.html", context, status=422 if form.errors else 200)
