"""Forms of the committee, sections of its guide: what a page adds are the seats, sessions and people of a territory."""

from collections.abc import Iterable
from typing import Any

from django import forms

from beffroi.web.guides.forms import SectionForm
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights.active_roles import active_memberships

from ..models import Opinion, Seat


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

    def __init__(self, seats: Iterable[Seat], *args: Any, **kwargs: Any) -> None:
        present = [
            (
                str(seat.pk),
                f"{seat.name} ({seat.get_quality_display()})"
                + (f", jusqu'au {seat.until:%d/%m/%Y}" if seat.until else ""),
            )
            for seat in seats
        ]
        super().__init__(*args, choices={"present": present}, **kwargs)


class InterestForm(SectionForm):
    questionnaire, section = "committee", "interest"

    def __init__(self, seats: Iterable[Seat], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices={"seat": [(str(seat.pk), seat.name) for seat in seats]}, **kwargs)


class OpinionForm(SectionForm):
    questionnaire, section = "committee", "opinion"

    def __init__(self, sessions: Iterable[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        choices = {"session": sessions, "verdict": Opinion.Verdict.choices}
        super().__init__(*args, choices=choices, **kwargs)


class OverruleForm(SectionForm):
    questionnaire, section = "committee", "overrule"
