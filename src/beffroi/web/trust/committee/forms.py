"""Forms of the committee, sections of its guide: what a page adds are the seats, sessions and people of a territory."""

from collections.abc import Iterable
from typing import Any

from django import forms

from beffroi.web.guides.forms import SectionForm
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights.active_roles import active_memberships
from beffroi.web.workshop.models import SystemUse

from ..models import Opinion, Seat, Session
from . import composition


class SeatForm(SectionForm):
    questionnaire, section = "committee", "seat"

    def __init__(self, territory: Territory, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices={"quality": Seat.Quality.choices}, **kwargs)
        self.fields["name_public"] = forms.BooleanField(
            label="Ce membre accepte que son nom soit public",
            required=False,
            help_text="Sinon, seuls son métier et sa qualité sont montrés.",
        )
        holders = active_memberships(territory).filter(role="committee_member")
        self.fields["person"] = forms.ModelChoiceField(
            queryset=Person.objects.filter(pk__in=holders.values("person"), is_active=True).order_by("name"),
            label="Son compte dans Beffroi",
            required=False,
            empty_label="Pas de compte",
            help_text="Les personnes qui ont le rôle de membre du comité.",
        )
        self.order_fields(
            ("name", "name_public", "function", "quality", "chosen", "interests", "person", "since")
        )


class LeaveForm(SectionForm):
    questionnaire, section = "committee", "leave"


class SessionForm(SectionForm):
    questionnaire, section = "committee", "session"

    def __init__(self, territory: Territory, *args: Any, **kwargs: Any) -> None:
        self.seats = {str(seat.pk): seat for seat in composition.started_seats(territory)}
        present = [
            (
                str(seat.pk),
                f"{seat.name} ({seat.get_quality_display()})"
                + (f", jusqu'au {seat.until:%d/%m/%Y}" if seat.until else ""),
            )
            for seat in self.seats.values()
        ]
        super().__init__(*args, choices={"present": present}, **kwargs)

    def arguments(self) -> dict[str, Any]:
        return self.cleaned_data | {"present": [self.seats[key] for key in self.cleaned_data["present"]]}


class InterestForm(SectionForm):
    questionnaire, section = "committee", "interest"

    def __init__(self, seats: Iterable[Seat], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices={"seat": [(str(seat.pk), seat.name) for seat in seats]}, **kwargs)


class OpinionForm(SectionForm):
    questionnaire, section = "committee", "opinion"

    def __init__(self, use: SystemUse, *args: Any, **kwargs: Any) -> None:
        self.sessions = {str(one.pk): one for one in Session.objects.of(use.territory)[:20]}
        sessions = [(key, str(one)) for key, one in self.sessions.items()]
        choices = {"session": sessions, "verdict": Opinion.Verdict.choices}
        super().__init__(*args, choices=choices, **kwargs)

    def arguments(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "session": self.sessions[cleaned["session"]],
            "verdict": cleaned["verdict"],
            "text": cleaned["text"],
            "reserves": cleaned["reserves"].splitlines(),
            "votes": (cleaned["votes_for"], cleaned["votes_against"], cleaned["votes_none"]),
        }


class OverruleForm(SectionForm):
    questionnaire, section = "committee", "overrule"
