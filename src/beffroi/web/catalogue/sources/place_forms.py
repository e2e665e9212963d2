"""Forms of a source's connection and secret, built from the connectors' own specs and from what answered.

In: a kind, then what `look` offered. Out: the values of a spec, a `Secret`. A secret is never shown again.
"""

from typing import Any, ClassVar, Final, Literal, get_args, get_origin

from django import forms
from django.conf import settings
from pydantic import ValidationError

from beffroi.lake import sources as connectors
from beffroi.lake.sources import Secret
from beffroi.web.platform.operator_folders import folders_of
from beffroi.web.ui.fields import SecretText, VisibleCharField

from .forms import ScreenForm
from .source_labels import DATABASES, HERE, MANY_FILES, SECRETS

CHOSEN_LATER: Final = frozenset({"kind", "table", "columns", "collection", "layer", "host_key"})
ALL: Final = "*"


class PlaceForm(ScreenForm):
    """The fields of the kind's spec, with the titles and the help that the connectors give them."""

    heading = "Où sont-elles ?"
    intro = "Rien n'est appelé à cette étape."

    def prepare(self) -> None:
        kind = self.draft["kind"]
        for name, field in connectors.KINDS[kind].model_fields.items():
            if name in CHOSEN_LATER or (name == "cursor" and kind in DATABASES):
                continue
            self.fields[name] = _field_of(field)
        if kind in HERE:
            opened = [str(folder) for folder in folders_of(self.territory, settings.SOURCE_FOLDERS)]
            self.fields["path"].help_text = (
                f"Dans un de ces dossiers, ouverts à votre territoire : {', '.join(opened)}."
                if opened
                else "L'exploitant de cette instance n'a ouvert aucun dossier à votre territoire. Demandez-lui de "
                "l'ajouter au réglage BEFFROI_SOURCE_FOLDERS."
            )

    @property
    def plain(self) -> list[forms.BoundField]:
        """What must be answered."""
        return [self[name] for name, field in self.fields.items() if field.required or name in self._usual]

    @property
    def advanced(self) -> list[forms.BoundField]:
        return [
            self[name] for name, field in self.fields.items() if not (field.required or name in self._usual)
        ]

    _usual: ClassVar = frozenset({"path", "pattern"})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            self.spec = connectors.parse(self.values())
        except ValidationError as error:
            for fault in error.errors():
                name = str(fault["loc"][-1]) if fault["loc"] else ""
                message = (
                    str(fault.get("ctx", {}).get("error", "")) or "Cette valeur n'a pas la forme attendue."
                )
                self.add_error(name if name in self.fields else None, message[:1].upper() + message[1:])
        return cleaned

    def values(self) -> dict[str, Any]:
        """The spec's values; what was left empty keeps its default."""
        filled = {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}
        return {"kind": self.draft["kind"], **filled}


def _field_of(field: Any) -> forms.Field:
    required = field.is_required()
    options: dict[str, Any] = {
        "label": field.title or "",
        "help_text": field.description or "",
        "required": required,
        "initial": None if required else field.default,
    }
    if get_origin(field.annotation) is Literal:
        return forms.ChoiceField(choices=[(word, word) for word in get_args(field.annotation)], **options)
    if field.annotation is int:
        return forms.IntegerField(**options)
    return VisibleCharField(max_length=2000, **options)


_SECRET: Final = {
    "user": ("Nom d'utilisateur", "Un compte qui ne peut que lire suffit, et c'est mieux.", False),
    "password": ("Mot de passe", "", True),
    "token": ("Jeton", "S'il y en a un : il est envoyé dans l'en-tête « Authorization ».", True),
    "key": ("Clé secrète", "", True),
}


class SecretForm(ScreenForm):
    """The credentials. Left empty, the current ones stay."""

    heading = "Avec quel accès ?"
    intro = "Le secret est chiffré aussitôt, et n'est plus jamais affiché. Laissez vide si l'adresse est ouverte à tous."

    def prepare(self) -> None:
        kind = self.draft["kind"]
        for name in SECRETS.get(kind, ()):
            label, help_text, hidden = _SECRET[name]
            if name == "key":
                label = "Clé privée (PEM)" if kind == "sftp" else "Clé secrète"
            widget: Any = (
                forms.PasswordInput(attrs={"autocomplete": "new-password"}) if hidden else forms.TextInput()
            )
            if name == "key" and kind == "sftp":
                widget = SecretText(attrs={"rows": 4, "spellcheck": "false"})
            if hidden and self.draft.get("sealed"):
                help_text = "Déjà donné : laissez vide pour le garder."
            self.fields[name] = VisibleCharField(
                label=label,
                help_text=help_text,
                required=False,
                max_length=20_000,
                widget=widget,
                strip=not hidden,
            )

    def secret(self, before: Secret) -> Secret:
        """What was typed, or the current secret: a new name alone never travels with another's password."""
        typed = {name: value for name, value in self.cleaned_data.items() if value}
        if not typed or ("user" in typed and typed["user"] == before.user and len(typed) == 1):
            return before
        return Secret(**typed)


class OfferForm(ScreenForm):
    """Which of the tables, layers or files that answered."""

    heading = "Que faut-il reprendre ?"
    intro = "Voici ce que la source propose."
    offer = forms.ChoiceField(label="Ce qui est là", widget=forms.RadioSelect,
                              error_messages={"required": "Choisissez ce qu'il faut reprendre."})  # fmt: skip

    def prepare(self) -> None:
        offers = self.draft.get("offers", [])
        choices = [(str(rank), describe_offer(offer)) for rank, offer in enumerate(offers)]
        if self.draft["kind"] in MANY_FILES:
            choices = [(ALL, "Tous les fichiers, ceux qui viendront aussi"), *choices]
        self.fields["offer"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1 or self.draft["kind"] in MANY_FILES:
            self.fields["offer"].initial = choices[0][0]


class GrowingForm(ScreenForm):
    """Whole, or only what changed since last time, by a column that grows."""

    heading = "Tout reprendre, ou seulement ce qui change ?"
    intro = "Une colonne qui ne fait que grandir (un numéro, une date de modification) évite de tout relire chaque fois."
    growing = forms.ChoiceField(label="À chaque relève", required=False)

    def prepare(self) -> None:
        columns = [column["name"] for column in self.draft.get("columns", [])]
        self.fields["growing"].choices = [  # type: ignore[attr-defined]
            ("", "Reprendre toute la table"),
            *((name, f"Seulement ce qui suit, d'après « {name} »") for name in columns),
        ]


def describe_offer(offer: dict[str, Any]) -> str:
    from beffroi.web.ui import formats

    facts = []
    if offer.get("rows") is not None:
        facts.append(f"environ {formats.number(offer['rows'])} lignes")
    if offer.get("size"):
        facts.append(formats.size(offer["size"]))
    if offer.get("columns"):
        names = [column["name"] for column in offer["columns"]]
        more = f" et {len(names) - 8} autres" if len(names) > 8 else ""
        facts.append("colonnes : " + ", ".join(names[:8]) + more)
    return f"{offer['name']} ({' ; '.join(facts)})" if facts else str(offer["name"])
