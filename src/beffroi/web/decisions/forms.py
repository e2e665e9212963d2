"""The form of a decision: three choices of which none is made for the person, a value, and a reason.

In comes what was posted; out go cleaned words and numbers for `services.decide`, which judges them.
"""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.web.ui.fields import VisibleCharField, decimal_input

from .errors import DecisionError
from .judging import Choice
from .models import Proposal
from .notices import Notice
from .plan_form import PlanFields
from .reasons import groups
from .words import LEAST

KEYS = {"accept": "a", "change": "m", "refuse": "r"}


class KeyedRadio(forms.RadioSelect):
    """Radio buttons that a letter of the keyboard selects (selecting records nothing)."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in KEYS:
            option["attrs"]["data-key"] = KEYS[str(value)]
        return option


class UsualReason(forms.ChoiceField):
    """Shown as needed, for one of the two ways of giving a reason is; `decide` refuses when both are empty."""

    def validate(self, value: Any) -> None:
        if value:
            super().validate(value)


class OwnWords(VisibleCharField):
    """The other way: shown as needed too, and may be left empty."""

    def validate(self, value: Any) -> None:
        """Nothing: an empty one is judged with the other."""


class ReasonForm(forms.Form):
    """A usual reason of the system, a reason in one's own words, or both."""

    use_required_attribute = False

    usual = UsualReason(
        label="Motif",
        help_text="Obligatoire : choisissez un motif courant ici, ou écrivez le vôtre dessous.",
    )
    words = OwnWords(
        label="Motif, avec vos mots",
        max_length=2000,
        help_text="Il sera lu par ceux qui consultent l'historique : ne nommez personne.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def offer(self, field: str, choices: Sequence[Any], blank: str = "Choisissez…") -> None:
        """Give a list of reasons its choices; none is made beforehand."""
        offered: Any = self.fields[field]
        offered.choices = [("", blank), *choices]

    def reason(self) -> str:
        parts = (self.cleaned_data.get("usual", ""), self.cleaned_data.get("words", "").strip())
        return ". ".join(part.rstrip(".") for part in parts if part)


PLAN_VERDICTS = [
    ("accept", "Accepter le plan proposé"),
    ("change", "Modifier les étapes ou la valeur"),
    ("refuse", "Refuser la proposition"),
]


class DecisionForm(ReasonForm):
    verdict = forms.ChoiceField(
        label="Votre décision",
        choices=[
            ("accept", "Accepter la valeur proposée"),
            ("change", "Modifier la valeur"),
            ("refuse", "Refuser la proposition"),
        ],
        widget=KeyedRadio,
        error_messages={"required": "Choisissez : accepter, modifier la valeur ou refuser."},
    )
    value = forms.FloatField(
        label="Valeur retenue",
        required=False,
        localize=True,
        help_text="À remplir seulement si vous modifiez. Exemple : 95.",
        widget=decimal_input(8),
        error_messages={"invalid": "Écrivez un nombre en chiffres, par exemple 95."},
    )
    confirmed = forms.BooleanField(
        label="Je confirme cette valeur, très éloignée de l'intervalle prévu", required=False
    )
    unfavourable = forms.ChoiceField(
        label="Ce que vous retenez est-il défavorable à la personne ?",
        choices=[("no", "Non"), ("yes", "Oui, défavorable : une seconde personne relira")],
        required=False,
        widget=forms.RadioSelect,
        help_text="À dire si vous modifiez la valeur, ou si vous jugez votre décision défavorable.",
    )
    text = VisibleCharField(
        label="Texte pour la personne, avec vos mots",
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=f"Seulement si la décision est défavorable : {LEAST} caractères au moins, sans recopier les raisons du "
        "système. Ce texte figurera dans la lettre.",
    )
    field_order = ("verdict", "value", "confirmed", "unfavourable", "text", "usual", "words")

    def __init__(self, *args: Any, proposal: Proposal, notice: Notice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("usual", groups(notice.reasons), "Aucun de ceux-ci")
        self.ask_to_confirm = False
        self.items_errors: list[str] = []  # of the plan as a whole
        self.plan = PlanFields(self, proposal)
        if self.plan:
            verdict: Any = self.fields["verdict"]
            verdict.choices = PLAN_VERDICTS
        if not proposal.individual:
            del self.fields["unfavourable"], self.fields["text"]

    def add_refusal(self, error: DecisionError) -> None:
        """Where it concerns a field, beside it."""
        if error.field == "items":
            self.items_errors.append(str(error))
        self.add_error({"reason": "words", "items": None}.get(error.field or "", error.field), str(error))

    def choice(self) -> Choice:
        """What the person chose, for the services to judge."""
        cleaned = self.cleaned_data
        stated = {"yes": True, "no": False}.get(cleaned.get("unfavourable", ""))
        return Choice(
            cleaned["verdict"],
            cleaned["value"],
            self.reason(),
            cleaned["confirmed"],
            stated,
            cleaned.get("text", ""),
            self.plan.retained(),
        )


class ReadingForm(forms.Form):
    """The second reading: what was checked, or what is to be seen again. Two buttons, none chosen beforehand."""

    use_required_attribute = False

    version = forms.IntegerField(widget=forms.HiddenInput)
    words = OwnWords(
        label="Votre lecture, avec vos mots",
        max_length=2000,
        help_text="Ce que vous avez vérifié dans le dossier si vous confirmez ; ce qui est à revoir si vous rendez.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
