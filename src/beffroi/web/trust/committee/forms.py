"""Forms of the committee: a seat, a session, a declaration, an opinion, a decision of the elected body."""

from typing import Any

from django import forms

from beffroi.web.platform.forms import Day
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights.active_roles import active_memberships
from beffroi.web.ui.fields import VisibleCharField

from ..models import Opinion, Seat


class _Form(forms.Form):
    use_required_attribute = False


def _long(label: str, help_text: str, rows: int = 4, **more: Any) -> forms.CharField:
    return VisibleCharField(
        label=label,
        help_text=help_text,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": rows}),
        **more,
    )


class SeatForm(_Form):
    name = VisibleCharField(label="Nom", max_length=120)
    name_public = forms.BooleanField(
        label="Ce membre accepte que son nom soit public",
        required=False,
        help_text="Sinon, seuls son métier et sa qualité sont montrés.",
    )
    function = VisibleCharField(
        label="Métier ou fonction", max_length=200, help_text="Exemple : « enseignante en informatique »."
    )
    quality = forms.ChoiceField(
        label="Siège en qualité de", choices=Seat.Quality.choices, widget=forms.RadioSelect
    )
    chosen = VisibleCharField(
        label="Comment ce membre a été choisi",
        max_length=300,
        help_text="Exemple : « tirage au sort du 3 septembre 2026 parmi 140 volontaires ».",
    )
    interests = _long(
        "Intérêts déclarés en entrant", "Emplois, parts, contrats avec un fournisseur ; « aucun » sinon.", 3
    )
    person = forms.ModelChoiceField(
        queryset=Person.objects.none(),
        label="Son compte dans Beffroi",
        required=False,
        empty_label="Pas de compte",
        help_text="Les personnes qui ont le rôle de membre du comité.",
    )
    since = Day(label="Siège depuis le")

    def __init__(self, territory: Territory, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        holders = active_memberships(territory).filter(role="committee_member")
        people = Person.objects.filter(pk__in=holders.values("person"), is_active=True).order_by("name")
        self.fields["person"].queryset = people  # type: ignore[attr-defined]


class LeaveForm(_Form):
    until = Day(label="Dernier jour")


class SessionForm(_Form):
    session_date = Day(label="Jour de la séance")
    place = VisibleCharField(
        label="Lieu", max_length=200, help_text="Exemple : « salle du conseil, et à distance »."
    )
    present = forms.MultipleChoiceField(
        label="Membres présents",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Cochez les membres présents."},
    )
    minutes = _long("Compte rendu", "Ce qui a été montré, ce qui a été demandé, ce qui a été répondu.", 8)

    def __init__(self, seats: list[Seat], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["present"].choices = [  # type: ignore[attr-defined]
            (
                str(seat.pk),
                f"{seat.name} ({seat.get_quality_display()})"
                + (f", jusqu'au {seat.until:%d/%m/%Y}" if seat.until else ""),
            )
            for seat in seats
        ]


class InterestForm(_Form):
    seat = forms.ChoiceField(label="Membre")
    conflict = forms.ChoiceField(
        label="Un intérêt le ou la lie-t-il à ce service ou à son fournisseur ?",
        choices=[("no", "non, aucun conflit"), ("yes", "oui : ce membre ne vote pas")],
        widget=forms.RadioSelect,
    )
    words = VisibleCharField(
        label="Ce qui est déclaré", max_length=2000, help_text="Exemple : « aucun lien avec ce service »."
    )

    def __init__(self, seats: list[Seat], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seat"].choices = [(str(seat.pk), seat.name) for seat in seats]  # type: ignore[attr-defined]


def _votes(label: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=1000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 5}),
        error_messages={"invalid": "Écrivez un nombre de voix, par exemple 4."},
    )


class OpinionForm(_Form):
    session = forms.ChoiceField(label="Séance")
    verdict = forms.ChoiceField(label="Avis", choices=Opinion.Verdict.choices, widget=forms.RadioSelect)
    text = _long("Motifs", "Ce qui convainc, ce qui inquiète. Ils seront publiés.", 6)
    reserves = _long(
        "Réserves, une par ligne", "Seulement pour un avis favorable avec réserves.", 3, required=False
    )
    votes_for = _votes("Voix pour")
    votes_against = _votes("Voix contre")
    votes_none = _votes("Abstentions")

    def __init__(self, sessions: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["session"].choices = sessions  # type: ignore[attr-defined]


class OverruleForm(_Form):
    body = VisibleCharField(
        label="Assemblée", max_length=200, help_text="Exemple : « Conseil municipal de Valbruyère »."
    )
    reference = VisibleCharField(label="Délibération", max_length=200, help_text="Exemple : « n° 2026-114 ».")
    day = Day(label="Prise le")
    published_on = Day(label="Publiée le")
    reason = _long("Motifs", "Pourquoi l'assemblée passe outre l'avis. Ils seront publiés.", 6)
