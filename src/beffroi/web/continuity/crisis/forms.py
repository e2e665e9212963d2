"""Forms of the crisis cell: short, most fields already filled in, one act each."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone

from beffroi.web.cyber.incidents.new_incident import PERSONAL_DATA, NewIncident
from beffroi.web.guides.models import Response
from beffroi.web.guides.presenting import RunningClock
from beffroi.web.ui.fields import MomentField, VisibleCharField, WholeNumber

from ..models import DAY_LIMIT, WEEK_LIMIT, Crisis, JournalLine
from . import service_states

CYBER: Final = "cyber"
"""The cause of a crisis whose incident is to be opened."""


class OneTime(forms.UUIDField):
    """Hidden identifier of one filling in of a form; what is no identifier is none."""

    def __init__(self) -> None:
        hidden = forms.HiddenInput(attrs={"autocomplete": "off"})  # a page loaded again takes a new one
        super().__init__(required=False, widget=hidden, initial=uuid4)

    def clean(self, value: Any) -> UUID | None:
        try:
            return super().clean(value)  # type: ignore[no-any-return]
        except forms.ValidationError:
            return None


class CrisisForm(forms.Form):
    use_required_attribute = False


class CauseForm(CrisisForm):
    """Whether it is cyber: which incident, or a new one with the two facts from which the law counts."""

    OTHERS: ClassVar[tuple[tuple[str, str], ...]] = ()
    cause = forms.ChoiceField(
        label="De quoi s'agit-il ?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Dites de quoi il s'agit. « Je ne sais pas encore » est une réponse.",
            "invalid_choice": "Cet incident n'est plus ouvert. Choisissez dans la liste.",
        },
    )
    personal_data = forms.ChoiceField(
        label="Des données de personnes touchées ?",
        help_text="Vues, volées, perdues ou illisibles. Oui ou peut-être : 72 heures pour prévenir la CNIL.",
        choices=list(PERSONAL_DATA.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Des données de personnes touchées ? Répondez oui, peut-être ou non."},
    )
    known_at = MomentField(
        label="Depuis quand le savez-vous ?", help_text="Vide : maintenant.", required=False
    )

    def __init__(self, runs: Iterable[Response], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked of what is cyber alone.
        self.fields["personal_data"].required = not self.is_bound or self.data.get("cause") == CYBER
        self.runs = {f"run-{run.pk}": run for run in runs}
        self.fields["cause"].choices = [  # type: ignore[attr-defined]
            *((key, f"L'incident déjà ouvert{_exercise(run)} : {run}") for key, run in self.runs.items()),
            (CYBER, "Informatique : attaque, panne, données volées"),
            *self.OTHERS,
        ]

    @property
    def run(self) -> Response | None:
        """The incident under way that was chosen."""
        return self.runs.get(self.cleaned_data["cause"])

    @property
    def incident(self) -> NewIncident | None:
        """The incident to open."""
        data = self.cleaned_data
        return NewIncident(data["personal_data"], data["known_at"]) if data["cause"] == CYBER else None


def _exercise(run: Response) -> str:
    return " (EXERCICE)" if run.is_exercise else ""


class ActivateForm(CauseForm):
    """Two or three choices, none of them made beforehand; the rest is free."""

    OTHERS = (
        ("other", "Autre chose : inondation, tempête, incendie, coupure"),
        ("unknown", "Je ne sais pas encore"),
    )
    known = VisibleCharField(
        label="Ce que l'on sait",
        help_text="Quelques mots, ou rien : le journal prend la suite.",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    label = VisibleCharField(
        label="Nom de la crise",
        help_text="Exemple : « Cyberattaque ». Vide : le jour et l'heure.",
        required=False,
        max_length=120,
    )
    nature = forms.ChoiceField(
        label="Est-ce vrai ?",
        choices=[("real", "C'est une vraie crise"), ("exercise", "C'est un exercice")],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites si c'est une vraie crise, ou un exercice."},
    )
    another = forms.BooleanField(required=False)

    def __init__(
        self, runs: Iterable[Response], *args: Any, under_way: Crisis | None = None, **kwargs: Any
    ) -> None:
        super().__init__(runs, *args, **kwargs)
        if under_way is None:
            del self.fields["another"]
        else:
            self.fields["another"].label = f"C'est une autre crise que « {under_way} »"
            self.fields["another"].help_text = "À cocher pour une vraie crise seulement."


class IncidentForm(CauseForm):
    """The same, of a crisis that turns out to be cyber."""


class LineForm(CrisisForm):
    """One line: a text and Enter. The rest is already right."""

    text = VisibleCharField(
        label="Ce qui s'est passé, ou ce qui est décidé",
        max_length=4000,
        error_messages={"required": "Écrivez ce qui s'est passé."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    kind = forms.ChoiceField(
        label="Sorte",
        choices=[each for each in JournalLine.Kind.choices if each[0] != JournalLine.Kind.CORRECTION],
        initial=JournalLine.Kind.FACT,
    )
    fact_at = MomentField(label="Heure du fait", help_text="Vide : maintenant.", required=False)
    author = VisibleCharField(label="Qui le dit", help_text="Vide : vous.", required=False, max_length=200)
    one_time = OneTime()


class CorrectionForm(CrisisForm):
    text = VisibleCharField(
        label="Ce qu'il faut lire",
        help_text="La ligne reste ; votre correction se lit à côté.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Écrivez ce qu'il faut lire."},
    )
    one_time = OneTime()


class ServiceForm(CrisisForm):
    """How a service is now."""

    name = VisibleCharField(
        label="Service", max_length=service_states.LONGEST, error_messages={"required": "Dites quel service."}
    )
    state = forms.ChoiceField(
        label="Comment va-t-il ?",
        choices=[(key, words[:1].upper() + words[1:]) for key, words in service_states.ACTS.items()],
        error_messages={"required": "Dites comment va ce service."},
    )

    def __init__(self, names: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if choices := [(name, name) for name in names]:
            self.fields["name"].widget = forms.Select(choices=choices)


class RolesForm(CrisisForm):
    """Several roles in one act: in a small town, all of them."""

    roles = forms.MultipleChoiceField(
        label="Rôles",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Cochez au moins un rôle."},
    )
    name = VisibleCharField(
        label="Pour qui", help_text="Vide : pour vous. Sinon, écrivez le nom.", required=False, max_length=120
    )
    is_deputy = forms.BooleanField(label="Comme suppléant", required=False)
    since = MomentField(label="Depuis", help_text="Vide : maintenant.", required=False)

    def __init__(self, choices: Iterable[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = list(choices)  # type: ignore[attr-defined]


class JournalFileForm(CrisisForm):
    file = forms.FileField(
        label="Fichier du journal",
        help_text="« journal-….json », écrit par la page hors ligne. 10 Mo au plus.",
        error_messages={
            "required": "Choisissez le fichier de la clé.",
            "empty": "Ce fichier est vide. Rien n'a été repris.",
        },
    )


class ClockForm(CrisisForm):
    """What was due was done: when, and under which number."""

    at = MomentField(label="Quand", error_messages={"required": "Dites le jour et l'heure."})
    reference = VisibleCharField(label="Numéro", required=False, max_length=200)

    def __init__(self, running: RunningClock, *args: Any, **kwargs: Any) -> None:
        at = timezone.localtime(running.stopped_at)
        initial = {"at": at.strftime("%Y-%m-%dT%H:%M"), "reference": running.reference}
        super().__init__(*args, initial=initial, **kwargs)
        if not running.clock.reference:
            del self.fields["reference"]


class CloseForm(CrisisForm):
    knowing = forms.BooleanField(
        label="Je le sais : je les noterai ici quand ce sera fait",
        required=False,  # the service asks for it where a deadline runs
    )


class PointForm(CrisisForm):
    situation = VisibleCharField(
        label="La situation",
        help_text="Reprise du journal : corrigez, raccourcissez. 1 500 signes au plus.",
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": "Dites la situation en quelques phrases."},
    )
    next_at = MomentField(label="Prochain point", required=False)


class MessageForm(CrisisForm):
    subject = VisibleCharField(label="Objet", max_length=200, error_messages={"required": "Donnez un objet."})
    text = VisibleCharField(
        label="Texte",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 16}),
        error_messages={"required": "Écrivez le texte."},
    )


class ShiftForm(CrisisForm):
    name = forms.ChoiceField(label="Qui", error_messages={"required": "Choisissez une personne."})
    begins_at = MomentField(label="De", error_messages={"required": "Dites quand la garde commence."})
    ends_at = MomentField(label="À", error_messages={"required": "Dites quand la garde finit."})

    def __init__(self, names: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]


class LimitsForm(CrisisForm):
    day_limit = WholeNumber(label="Heures par jour", min_value=1, max_value=DAY_LIMIT)
    week_limit = WholeNumber(label="Heures par semaine", min_value=1, max_value=WEEK_LIMIT)
