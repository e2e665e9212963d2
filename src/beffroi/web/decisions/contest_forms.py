"""The forms of a contestation: for who contests, with or without an agent's hand, and for the person who answers.

Out: cleaned words for `contesting` and `case_corrections`, which judge them.
"""

import secrets
from typing import Any

from django import forms
from django.utils import timezone

from beffroi.web.ui.fields import VisibleCharField, decimal_input

from .contesting import Submission
from .judging import Choice
from .models import Contestation
from .words import LEAST

REACHED_BY = {Contestation.AnswerBy.POST, Contestation.AnswerBy.EMAIL, Contestation.AnswerBy.PHONE}


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ContestForm(forms.Form):
    """What somebody contests. `systems`: (id, title) of those that they may name."""

    use_required_attribute = False

    about = VisibleCharField(
        label="De quoi s'agit-il ?",
        max_length=300,
        help_text="Exemple : ma demande de place en crèche de mai 2026.",
        error_messages={"required": "Dites de quoi il s'agit, en quelques mots."},
    )
    reference = VisibleCharField(
        label="Référence de la décision",
        required=False,
        max_length=60,
        help_text="En haut de la lettre reçue, par exemple D128-KMWT. Laissez vide si vous ne l'avez pas.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    system = forms.ChoiceField(label="Service d'IA concerné, si vous le connaissez", required=False)
    contested = VisibleCharField(
        label="Ce que vous contestez",
        max_length=5000,
        widget=_area(6),
        error_messages={"required": "Dites ce que vous contestez, avec vos mots."},
    )
    requested_remedy = VisibleCharField(
        label="Ce que vous demandez",
        required=False,
        max_length=5000,
        widget=_area(3),
        help_text="Exemple : que mon dossier soit examiné de nouveau.",
    )
    answer_by = forms.ChoiceField(
        label="Comment voulez-vous la réponse ?",
        choices=Contestation.AnswerBy.choices,
        initial=Contestation.AnswerBy.TRACKING,
        widget=forms.RadioSelect,
    )
    contact = VisibleCharField(
        label="Où vous répondre",
        required=False,
        max_length=300,
        help_text="Adresse, courriel ou téléphone, selon votre choix. Inutile pour la page de suivi et le guichet.",
    )
    name = VisibleCharField(
        label="Votre nom",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)
    website = VisibleCharField(
        label="Laissez ce champ vide (il arrête les robots)",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(self, *args: Any, systems: list[tuple[str, str]], **kwargs: Any) -> None:
        initial = {"key": secrets.token_urlsafe(24)} | kwargs.pop("initial", {})
        super().__init__(*args, initial=initial, **kwargs)
        choice: Any = self.fields["system"]
        choice.choices = [("", "Je ne sais pas"), *systems]
        if not systems:
            del self.fields["system"]

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError("Videz ce champ : il ne sert qu'à reconnaître les robots.")
        return ""

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if len(key) < 12:
            raise forms.ValidationError(
                "Cette page est trop ancienne : rechargez-la, puis recopiez votre texte."
            )
        return key

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("answer_by") in REACHED_BY and not cleaned.get("contact", "").strip():
            self.add_error("contact", "Donnez l'adresse, le courriel ou le téléphone où vous répondre.")
        return cleaned

    def renew(self) -> None:
        """Make what was typed a new message: it is shown again under another key."""
        self.data = self.data.copy()
        self.data["key"] = secrets.token_urlsafe(24)

    def submission(self) -> Submission:
        names = (
            "about",
            "contested",
            "requested_remedy",
            "name",
            "answer_by",
            "contact",
            "reference",
            "system",
        )
        return Submission(**{name: self.cleaned_data.get(name, "") for name in names})


class PaperForm(ContestForm):
    """The same, written down by an agent for somebody who came, called or wrote."""

    channel = forms.ChoiceField(
        label="Comment vous est-elle parvenue ?",
        choices=[c for c in Contestation.Channel.choices if c[0] != Contestation.Channel.WEB],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites comment elle vous est parvenue."},
    )
    received = forms.DateField(
        label="Reçue le",
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Donnez la date de réception.",
            "invalid": "Donnez une date, par exemple 26/11/2026.",
        },
    )
    field_order = ("channel", "received")


class CodeForm(forms.Form):
    """The code of a receipt."""

    use_required_attribute = False

    code = VisibleCharField(
        label="Code de suivi",
        max_length=40,
        help_text="Seize lettres et chiffres, donnés quand vous avez contesté. Les tirets ne comptent pas.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Recopiez le code de votre reçu."},
    )


class TieForm(forms.Form):
    """Which decision it is about."""

    use_required_attribute = False

    found = VisibleCharField(
        label="Référence de la décision, du dossier, ou numéro de la proposition",
        required=False,
        max_length=120,
        help_text="Par exemple D128-KMWT, « dossier 2026-114 » ou 128. Vide : aucune décision d'ici.",
    )


class AnswerForm(forms.Form):
    """The answer of a person. Nothing is chosen beforehand. `tied`: whether a decision is tied, which a reason replaces."""

    use_required_attribute = False

    untied_reason = VisibleCharField(
        label="Pourquoi aucune décision d'ici n'est concernée",
        max_length=500,
        widget=_area(2),
        help_text="Sinon, rapprochez-la d'abord de la décision. La personne lira ce motif : ne nommez personne.",
        error_messages={
            "required": "Rapprochez-la d'abord de la décision, ou dites pourquoi aucune décision d'ici n'est concernée."
        },
    )
    outcome = forms.ChoiceField(
        label="Après examen",
        choices=Contestation.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Dites si l'erreur est confirmée."},
    )
    answer = VisibleCharField(
        label="Votre réponse à la personne",
        max_length=10_000,
        widget=_area(8),
        help_text=f"Avec vos mots, {LEAST} caractères au moins. Elle la lira telle quelle.",
        error_messages={"required": "Écrivez votre réponse."},
    )
    learned = VisibleCharField(
        label="Ce que la collectivité en apprend",
        required=False,
        max_length=3000,
        widget=_area(3),
        help_text="Obligatoire si l'erreur est confirmée. Sans nommer personne : la personne la lira avec votre réponse, et elle est gardée.",
    )

    def __init__(self, *args: Any, tied: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if tied:
            del self.fields["untied_reason"]


class CorrectCaseForm(forms.Form):
    """What the decision should have been."""

    use_required_attribute = False

    verdict = forms.ChoiceField(
        label="Ce qui aurait dû être décidé",
        choices=[
            ("accept", "Accepter la valeur proposée"),
            ("change", "Retenir une autre valeur"),
            ("refuse", "Refuser la proposition"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez ce qui aurait dû être décidé."},
    )
    value = forms.FloatField(
        label="Valeur corrigée",
        required=False,
        localize=True,
        help_text="Seulement si vous retenez une autre valeur.",
        widget=decimal_input(8),
        error_messages={"invalid": "Écrivez un nombre en chiffres, par exemple 95 ou 95,5."},
    )
    reason = VisibleCharField(
        label="Pourquoi",
        max_length=2000,
        widget=_area(3),
        help_text="Lu avec la décision, dans l'historique et dans la lettre : ne nommez personne.",
        error_messages={"required": "Dites en une phrase pourquoi."},
    )

    def choice(self) -> Choice:
        cleaned = self.cleaned_data
        # Said by whoever corrects: a correction gives back; the service refuses what takes by itself.
        return Choice(cleaned["verdict"], cleaned["value"], cleaned["reason"], True, False)
