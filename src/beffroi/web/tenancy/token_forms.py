"""Forms of tokens and service accounts."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from beffroi.web.platform.api.authentication import TOKEN_ACTS
from beffroi.web.platform.models import Membership, Person, ServiceAccount, Territory
from beffroi.web.platform.rights import ACTS, may
from beffroi.web.ui.fields import VisibleCharField

from .tokens import KEEPER, NewToken, acts_for, datasets_for, last_day

MYSELF = "moi"
ENTER = "territory.enter"  # every token has it


class DateInput(forms.DateInput):
    input_type = "date"


class TokenForm(forms.Form):
    """What a token is for, whose it is, what it permits and until when. Nothing is ticked beforehand."""

    label = VisibleCharField(
        label="Nom du jeton",
        max_length=120,
        help_text="Pour le reconnaître. Par exemple : « Export de nuit du logiciel de finances ».",
    )
    bearer = forms.ChoiceField(
        label="Qui s'en sert ?",
        help_text="Pour un programme qui tourne seul, un compte de service vaut mieux que vous : il reste si vous partez.",
    )
    acts = forms.MultipleChoiceField(
        label="Ce que le jeton permet",
        widget=forms.CheckboxSelectMultiple,
        help_text="Cochez le moins possible. Aucun jeton ne permet de décider, de publier ni d'inviter.",
        error_messages={"required": "Cochez au moins une chose que ce jeton permet."},
    )
    resources = forms.MultipleChoiceField(
        label="Seulement ces jeux de données",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Sans rien cocher, le jeton ouvre tous les jeux que son titulaire peut lire.",
    )
    until = forms.DateField(
        label="Dernier jour", widget=DateInput(format="%Y-%m-%d"), help_text="Un an au plus."
    )

    def __init__(self, person: Person, territory: Territory, data: Any = None) -> None:
        super().__init__(data, initial={"until": timezone.localdate() + timedelta(days=90), "bearer": MYSELF})
        self.person = person
        accounts = ServiceAccount.objects.of(territory).select_related("person")
        self.accounts = {str(a.pk): a.person for a in accounts} if may(person, KEEPER, territory) else {}
        self._choices(
            "bearer", [(MYSELF, f"Moi, {person}"), *((k, str(p)) for k, p in self.accounts.items())]
        )
        allowed = acts_for(person, territory)
        self._choices(
            "acts", [(act, _sentence(act)) for act in TOKEN_ACTS if act in allowed and act != ENTER]
        )
        self._choices("resources", datasets_for(person, territory))
        if not datasets_for(person, territory):
            del self.fields["resources"]
        today: date = timezone.localdate()
        self.fields["until"].widget.attrs |= {
            "min": today.isoformat(),
            "max": last_day(today).isoformat(),
        }

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def bearer_person(self) -> Person:
        return self.accounts.get(self.cleaned_data["bearer"], self.person)

    def new_token(self) -> NewToken:
        data = self.cleaned_data
        return NewToken(data["label"], data["acts"], data["until"], data.get("resources", ()))


class ServiceForm(forms.Form):
    """A program to let in, and the human who answers for it."""

    name = VisibleCharField(
        label="Nom du programme", max_length=120, help_text="Par exemple : « Logiciel de finances »."
    )
    use = VisibleCharField(
        label="À quoi il sert",
        max_length=300,
        help_text="Par exemple : « Dépose chaque nuit les mandats du jour ».",
    )
    owner = forms.ModelChoiceField(
        label="Qui en répond ?",
        queryset=Person.objects.none(),
        empty_label=None,
        help_text="La personne à prévenir. Si elle part, donnez d'abord le compte à une autre : ses jetons s'arrêteraient.",
    )

    def __init__(self, person: Person, territory: Territory, data: Any = None) -> None:
        super().__init__(data, initial={"owner": person.pk}, prefix="compte")
        owner: Any = self.fields["owner"]
        owner.queryset = humans_of(territory)


def _sentence(act: str) -> str:
    return ACTS[act][:1].upper() + ACTS[act][1:]


def humans_of(territory: Territory) -> Any:
    members = Membership.objects.of(territory).filter(waiting_since=None).values("person")
    return Person.objects.filter(pk__in=members, kind=Person.Kind.HUMAN, is_active=True).order_by("name")
