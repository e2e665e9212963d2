"""Forms of the machines: one that sends signs of life, what a machine is, why it is silent."""

from typing import Any

from django import forms

from beffroi.web.ui.fields import VisibleCharField

from ..models import ReportedDevice
from .services import MAX_PERIOD_HOURS

Kind = ReportedDevice.Kind


class _Form(forms.Form):
    use_required_attribute = False


class DeclareForm(_Form):
    name = VisibleCharField(
        label="Nom",
        max_length=120,
        help_text="Par exemple : « Sauvegarde de la mairie » ou « srv-fichiers ».",
    )
    kind = forms.ChoiceField(
        label="C'est",
        choices=[
            (Kind.SERVER, "un serveur : un signe chaque heure"),
            (Kind.BACKUP, "une sauvegarde : un signe chaque jour, quand elle est finie"),
        ],
        widget=forms.RadioSelect,
    )


class ChangeForm(_Form):
    kind = forms.ChoiceField(label="C'est", choices=Kind.choices)
    period_hours = forms.IntegerField(
        label="Un signe attendu toutes les… heures",
        required=False,
        min_value=0,
        max_value=MAX_PERIOD_HOURS,
        help_text="Laissez vide pour la règle ordinaire. 0 : ne rien attendre.",
    )

    @classmethod
    def of(cls, device: ReportedDevice, *sent: Any) -> "ChangeForm":
        return cls(*sent, initial={"kind": device.kind, "period_hours": device.period_hours})


class AcknowledgeForm(_Form):
    reason = VisibleCharField(
        label="Pourquoi, ou ce que vous faites",
        max_length=300,
        help_text="Sans nom de personne. Par exemple : « Poste au dépôt du prestataire jusqu'à lundi ».",
    )
