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

    def __init__(self, labels: dict[str, str], chosen: dict[str, Frequency], *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        frequencies = [(value, words.capitalize()) for value, words in Frequency.choices]
        for topic, label in labels.items():
            self.fields[topic] = forms.ChoiceField(label=label, choices=frequencies, initial=chosen[topic])


@requires("territory.enter")
def notifications_page(request: HttpRequest) -> HttpResponse:
    """Show and store one's own choices."""
    chosen = notifications.choices_of(request.user, request.territory)
    labels = home_cards.topics_for(request.user, request.territory)
    form = NotificationForm(labels, chosen, request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen_now = {topic: Frequency(value) for topic, value in form.cleaned_data.items()}
        notifications.choose(request.user, request.territory, chosen_now)
        messages.success(request, "Vos choix sont enregistrés.")
        return redirect("notifications", slug=request.territory.slug)
    context = {"form": form, "mail": mail.is_configured()}
    return render(request, "tenancy/notifications.html", context, status=422 if form.errors else 200)
