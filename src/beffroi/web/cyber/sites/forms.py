"""Forms of watched sites: declare one, change its settings, write the page that stands in for it."""

from typing import Any

from django import forms

from beffroi.web.ui.fields import VisibleCharField

from ..models import WatchedSite


class _Form(forms.Form):
    use_required_attribute = False


class _PagesField(VisibleCharField):
    def clean(self, value: Any) -> list[str]:
        return [line for line in super().clean(value).splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


def _pages(label: str, help_text: str) -> _PagesField:
    return _PagesField(
        label=label,
        required=False,
        max_length=1600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=help_text,
    )


def _interval() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label="Rythme", coerce=int, choices=WatchedSite.Interval.choices, initial=60
    )


def _provider() -> VisibleCharField:
    return VisibleCharField(label="Qui s'occupe du site", required=False, max_length=200,
                            help_text="Le nom et le téléphone du prestataire : vous les retrouverez en cas d'alerte.")  # fmt: skip


class DeclareForm(_Form):
    address = VisibleCharField(
        label="Adresse du site",
        max_length=260,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url"}),
        help_text="Par exemple www.ma-commune.fr. Si le site n'est pas en HTTPS, écrivez http:// devant.",
    )
    name = VisibleCharField(
        label="Son nom", required=False, max_length=120, help_text="Par exemple « Site de la mairie »."
    )
    ownership = forms.ChoiceField(
        label="À quel titre le surveillez-vous ?",
        choices=WatchedSite.Ownership.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez : Beffroi ne visite que les sites que vous avez le droit de surveiller."
        },
    )
    pages = _pages(
        "Autres pages à regarder", "Une par ligne, par exemple /contact. L'accueil suffit souvent."
    )
    provider = _provider()
    interval = _interval()


class SettingsForm(_Form):
    name = VisibleCharField(label="Son nom", max_length=120)
    pages = _pages("Pages regardées", "Une par ligne. L'accueil s'écrit /")
    provider = _provider()
    interval = _interval()


class FallbackForm(_Form):
    name = VisibleCharField(label="Nom de la collectivité", max_length=200)
    message = VisibleCharField(
        label="Ce qui se passe",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        initial="Notre site est momentanément indisponible. Nos services restent ouverts. Nous y travaillons.",
    )
    phones = VisibleCharField(
        label="Comment vous joindre",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Une ligne chacun, par exemple « Mairie : 02 00 00 00 00 ».",
    )
    hours = VisibleCharField(
        label="Horaires d'accueil", required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )
    place = VisibleCharField(label="Adresse", required=False, max_length=300)
