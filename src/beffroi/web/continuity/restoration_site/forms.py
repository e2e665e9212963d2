"""Forms of the restoration page: its settings, the names of services, one announcement, the stick's history."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from django import forms
from django.utils import timezone

from beffroi.text import fold_name
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.ui.fields import MomentField, VisibleCharField

from ..models import RestorationSite, SiteService
from ..offline_pages import site_render
from . import stick_history
from .document import FRENCH, STATES, Update, old_languages

LONGEST: Final = 1_500
_ORDER: Final = ("stopped", "degraded", "works")
OLD_TEXT: Final = (
    "Ce texte date de l'annonce précédente. Réécrivez-le. Sinon, enregistrez à nouveau : il est laissé de côté, "
    "et les habitants lisent le texte en français."
)


class SettingsForm(forms.Form):
    """Title, languages, services."""

    use_required_attribute = False
    title = VisibleCharField(
        label="Titre de la page", max_length=80, help_text="Par exemple « Vos services pendant la panne »."
    )
    languages = forms.MultipleChoiceField(
        label="Autres langues",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Des personnes écrivent les traductions : un texte qui manque s'affiche en français, et la page le dit.",
    )
    entries = forms.TypedMultipleChoiceField(
        label="Services du registre",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Un service déjà annoncé reste dans l'histoire de la page.",
    )
    names = VisibleCharField(
        label="Autres services",
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Un par ligne, par exemple « Piscine ».",
    )

    def __init__(self, entries: Iterable[RegisterEntry], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(code, name) for code, name in site_render.known_languages().items() if code != FRENCH]
        self.fields["languages"].choices = known  # type: ignore[attr-defined]
        named = [(each.pk, str(each.values.get("name", each.identity))) for each in entries]
        self.fields["entries"].choices = sorted(named, key=lambda each: fold_name(each[1]))  # type: ignore[attr-defined]

    def clean_names(self) -> list[str]:
        return [line.strip()[:80] for line in self.cleaned_data["names"].splitlines() if line.strip()]


class NamesForm(forms.Form):
    """The name of each service in each language of the page."""

    use_required_attribute = False

    def __init__(
        self, site: RestorationSite, services: Iterable[SiteService], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._places: dict[str, tuple[str, str]] = {}
        for service in services:
            for language in site.languages:
                name = f"{service.key}__{language}"
                self._places[name] = (service.key, language)
                self.fields[name] = VisibleCharField(
                    label=f"{service.name[FRENCH]}, {site_render.language_name(language)}",
                    max_length=80,
                    required=language == FRENCH,
                    initial=service.name.get(language, ""),
                )

    def names(self) -> dict[str, dict[str, str]]:
        """By service, then by language."""
        found: dict[str, dict[str, str]] = {}
        for field, (key, language) in self._places.items():
            found.setdefault(key, {})[language] = self.cleaned_data[field]
        return found


class AnnounceForm(forms.Form):
    """One announcement of one service: French first, then each language of the page."""

    use_required_attribute = False
    state = forms.ChoiceField(
        label="État du service",
        choices=[(key, STATES[key]) for key in _ORDER],  # type: ignore[index]
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez un état."},
    )
    since = MomentField(
        label="Depuis",
        required=False,
        help_text="Le moment où cet état a commencé. Si l'état change et pas cette date, ce sera maintenant.",
    )
    next_news = MomentField(
        label="Prochaines nouvelles",
        required=False,
        help_text="Quand vous direz où vous en êtes, même si rien n'a changé.",
    )
    after = forms.CharField(required=False, max_length=2_000, widget=forms.HiddenInput)
    left_out = forms.CharField(required=False, max_length=2_000, widget=forms.HiddenInput)

    def __init__(
        self, languages: Iterable[str], *args: Any, announced: Iterable[Update] = (), **kwargs: Any
    ) -> None:
        """`announced`: the updates among which are those that this one follows."""
        super().__init__(*args, **kwargs)
        self.languages = list(languages)
        self.announced = list(announced)
        for language in self.languages:
            here = "" if language == FRENCH else f", {site_render.language_name(language)}"
            attrs = {"rows": 3, "lang": language.partition("-x-")[0]}
            for name, label in (
                ("text", "Ce qu'il faut savoir"),
                ("alternative", "Ce que les habitants peuvent faire à la place"),
            ):
                self.fields[f"{name}_{language}"] = VisibleCharField(
                    label=label + here,
                    max_length=LONGEST,
                    required=False,
                    widget=forms.Textarea(attrs=attrs),
                )
        self.order_fields(["state", f"text_{FRENCH}", f"alternative_{FRENCH}", "since", "next_news"])

    def clean(self) -> dict[str, Any]:
        """What dates from the announcement before: an old translation is asked about once, a new state begins now."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        followed = [each for each in self.announced if each.id in data.get("after", "").split(",")]
        warned = data.get("left_out", "").split(",")
        old = list(self._old_texts(followed))
        for field in old:
            if field in warned:
                self[field].help_text = OLD_TEXT
            else:
                self.add_error(field, OLD_TEXT)
        self._show(left_out=",".join(old))
        self.dropped = list(dict.fromkeys(site_render.language_name(field.split("_")[1]) for field in old))
        same = [each for each in followed if _field(each.since) == _field(data.get("since"))]
        if "since" in data and "state" in data and same and data["state"] not in {one.state for one in same}:
            data["since"] = timezone.now().replace(second=0, microsecond=0)
            self._show(since=_field(data["since"]))
        return data

    def _old_texts(self, followed: list[Update]) -> Iterator[str]:
        for part in ("text", "alternative"):
            typed = {one: self.cleaned_data.get(f"{part}_{one}", "") for one in self.languages}
            for language in old_languages(followed, part, typed):  # type: ignore[arg-type]
                yield f"{part}_{language}"

    def _show(self, **values: str) -> None:
        """Write these values in the form, should it come back."""
        self.data = self.data.copy()
        for name, value in values.items():
            self.data[name] = value

    def texts(self, name: str) -> dict[str, str]:
        return {language: self.cleaned_data[f"{name}_{language}"] for language in self.languages}

    def followed(self) -> list[str]:
        """Identifiers of the updates that the person had read."""
        return [each for each in self.cleaned_data["after"].split(",") if each]

    @staticmethod
    def since_of(update: Update | None, state: str) -> str:
        """What « Depuis » begins with, for this state after this update."""
        if update is None:
            return ""
        return _field(update.since if update.state == state else timezone.now())

    @staticmethod
    def initial_of(update: Update | None) -> dict[str, Any]:
        """The fields of an announcement, to begin the next one with."""
        if update is None:
            return {}
        found: dict[str, Any] = {"state": update.state}
        for name, texts in (("text", update.text), ("alternative", update.alternative)):
            found |= {f"{name}_{language}": text for language, text in texts.items()}
        found["since"] = _field(update.since)
        if update.next_news and datetime.fromisoformat(update.next_news) > timezone.now():
            found["next_news"] = _field(update.next_news)
        return found


def _field(moment: datetime | str | None) -> str:
    """As a field of a moment shows it; "" for none."""
    if not moment:
        return ""
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


class StickFileForm(forms.Form):
    """What the page of the stick saved."""

    use_required_attribute = False
    file = forms.FileField(
        label="Le ZIP enregistré par la page de la clé",
        help_text="« site-….zip ». Ou « etat.json », pris chez l'hébergeur ; ou la page « informer-les-habitants » d'un kit.",
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,.json,.html"}),
        error_messages={
            "required": "Choisissez le ZIP enregistré par la page de la clé.",
            "empty": "Ce fichier est vide. Rien n'a été repris.",
        },
    )
    signature = forms.FileField(
        label="Fichier etat.json.sig",
        required=False,
        help_text="Avec « etat.json » seulement : le ZIP contient déjà le sien.",
        widget=forms.ClearableFileInput(attrs={"accept": ".sig"}),
    )

    def clean_signature(self) -> bytes | None:
        file = self.cleaned_data["signature"]
        return bytes(file.read(1_000)) if file else None


class VouchForm(forms.Form):
    """For a file that none of our keys signed."""

    use_required_attribute = False
    trusted = forms.BooleanField(
        label="Je sais qui a écrit ce fichier, et j'en réponds",
        error_messages={"required": stick_history.TO_VOUCH},
    )
