"""Forms of the host's pages and of « Réglages → Collectivité »: identity, legal act, founding, competences, what is open."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from beffroi.lake.reference import competences as law
from beffroi.lake.reference.kinds import FAMILIES, KINDS, siren_is_valid
from beffroi.systems import registry
from beffroi.web.platform import feature_switches
from beffroi.web.platform.models import Territory
from beffroi.web.ui.fields import VisibleCharField

from .hosting import BAD_SIREN, HostingContract
from .models import Hosting


class Day(forms.DateField):
    """A day, as the browser's own calendar gives it or typed in French."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d", "%d/%m/%Y"],
            **options,
        )


def clean_siren(text: str) -> str:
    """The nine digits, or a refusal that says what a SIREN is."""
    siren = "".join(text.split())
    if siren and not siren_is_valid(siren):
        raise forms.ValidationError(BAD_SIREN.format(siren=siren))
    return siren


class ContractForm(forms.Form):
    """The relation and its legal act; without one, the territory stays in preparation."""

    role = forms.ChoiceField(label="Rôle de l'hébergeur", choices=Hosting.Role.choices, initial="processor")
    reference = VisibleCharField(
        label="Référence de l'acte",
        max_length=120,
        required=False,
        help_text="Exemple : délibération 2026-41",
    )
    signed_on = Day(label="Date de l'acte", required=False)
    signatory = VisibleCharField(label="Signataire", max_length=200, required=False)
    purpose = VisibleCharField(
        label="Objet", max_length=300, required=False, help_text="Exemple : hébergement de l'espace Beffroi"
    )
    file_name = VisibleCharField(
        label="Nom du fichier de l'acte",
        max_length=200,
        required=False,
        help_text="Là où vous gardez l'acte signé. Exemple : convention-2026-41.pdf",
    )
    until = Day(label="Fin prévue", required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        filled = bool(data.get("reference")), bool(data.get("signed_on"))
        if filled == (True, False) and "signed_on" not in self.errors:
            self.add_error("signed_on", "Donnez aussi la date de l'acte.")
        if filled == (False, True):
            self.add_error("reference", "Donnez aussi la référence de l'acte.")
        signed, until = data.get("signed_on"), data.get("until")
        if signed and signed > timezone.localdate():
            self.add_error("signed_on", "Cette date est à venir. Enregistrez l'acte le jour où il est signé.")
        if signed and until and until < signed:
            self.add_error("until", "La fin est avant la date de l'acte.")
        return data

    def contract(self) -> HostingContract:
        names = ("role", "reference", "signed_on", "signatory", "purpose", "file_name", "until")
        return HostingContract(**{name: self.cleaned_data[name] for name in names})


class FoundForm(ContractForm):
    """A territory of the reference data: its first person, then the legal act."""

    admin_name = VisibleCharField(
        label="Première personne : nom et prénom",
        max_length=120,
        help_text="Elle pourra tout faire dans son espace, sauf décider, qui demande un mandat d'élu.",
    )
    email = forms.EmailField(
        label="Son adresse électronique professionnelle", help_text="Exemple : prenom.nom@mairie.fr"
    )
    field_order: tuple[str, ...] = ("admin_name", "email", "role")


class ByHandForm(FoundForm):
    """A syndicate or an establishment, which the reference data do not list."""

    name = VisibleCharField(label="Nom de la collectivité", max_length=200)
    kind = forms.ChoiceField(label="Nature")
    siren = VisibleCharField(label="SIREN", max_length=11, help_text="Neuf chiffres. Exemple : 214401093")
    seat = VisibleCharField(label="Siège", max_length=200, required=False, help_text="Adresse ou commune")
    members = VisibleCharField(
        label="Communes membres",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Une par ligne : nom ou code INSEE. Le nom d'une intercommunalité vaut toutes ses communes.",
    )
    field_order = ("name", "kind", "siren", "seat", "members", "admin_name", "email", "role")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        groups = {
            label: [(k.key, k.name) for k in KINDS.values() if k.family == family]
            for family, label in FAMILIES.items()
        }
        by_hand = [(label, kinds) for label, kinds in groups.items() if not KINDS[kinds[0][0]].listed]
        listed = [(label, kinds) for label, kinds in groups.items() if KINDS[kinds[0][0]].listed]
        self.fields["kind"].choices = by_hand + listed  # type: ignore[attr-defined]

    def clean_siren(self) -> str:
        return clean_siren(self.cleaned_data["siren"])


class HostForm(forms.Form):
    """Who runs this instance."""

    name = VisibleCharField(label="Nom de l'hébergeur", max_length=200)
    siren = VisibleCharField(label="SIREN", max_length=11, required=False, help_text="Neuf chiffres")
    contact = VisibleCharField(
        label="À qui s'adresser",
        max_length=300,
        required=False,
        help_text="Exemple : hebergement@syndicat.fr",
    )

    def clean_siren(self) -> str:
        return clean_siren(self.cleaned_data["siren"])


class SuspendForm(forms.Form):
    """Why nobody may enter any more."""

    why = VisibleCharField(
        label="Motif, lu par les membres",
        max_length=300,
        help_text="Exemple : fin de la convention le 31 décembre.",
    )


class OpenForm(forms.Form):
    """What is closed: rooms, then systems. Each side sees its own closings ticked."""

    rooms = forms.MultipleChoiceField(
        label="Salles fermées", required=False, widget=forms.CheckboxSelectMultiple
    )
    systems = forms.MultipleChoiceField(
        label="Prévisions et alertes fermées", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, territory: Territory, data: Any = None, *, as_host: bool) -> None:
        everything = {
            "rooms": {
                f"room:{room.key}": f"{room.label} : {room.description}"
                for room in feature_switches.all_features()
            },
            "systems": {f"system:{s.manifest.id}": s.manifest.title for s in registry.all_systems()},
        }
        own_side = feature_switches.BY_HOST if as_host else feature_switches.BY_TERRITORY
        self.known = {what for group in everything.values() for what in group}
        ticked = {
            name: [what for what in group if territory.closed.get(what) == own_side]
            for name, group in everything.items()
        }
        super().__init__(data, initial=ticked)
        for name, group in everything.items():
            choices = [(what, self._label(territory, what, label, as_host)) for what, label in group.items()]
            if not as_host:
                choices = [
                    pair for pair in choices if territory.closed.get(pair[0]) != feature_switches.BY_HOST
                ]
            self.fields[name].choices = choices  # type: ignore[attr-defined]
            if not choices:
                del self.fields[name]

    @staticmethod
    def _label(territory: Territory, what: str, label: str, as_host: bool) -> str:
        if as_host and territory.closed.get(what) == feature_switches.BY_TERRITORY:
            return f"{label} (fermé par la collectivité)"
        return label

    def closed(self) -> set[str]:
        return {what for name in self.fields for what in self.cleaned_data.get(name, ())}


class SafeguardForm(forms.Form):
    """Why a locked setting is loosened."""

    use_required_attribute = False
    reason = VisibleCharField(
        label="Pourquoi le lever",
        help_text="Exemple : « la salle Analyses sert au service technique ».",
        max_length=300,
        required=False,
    )


class AddCompetenceForm(forms.Form):
    """What the territory exercises besides, since when and by which legal act."""

    key = forms.ChoiceField(label="Compétence")
    since = Day(label="Depuis le", initial=date.today)
    legal_act = VisibleCharField(
        label="Acte", max_length=200, help_text="Exemple : arrêté préfectoral du 12 décembre 2025, statuts"
    )

    def __init__(self, territory: Territory, exercised: set[str], data: Any = None) -> None:
        super().__init__(data)
        by_law = [(c, text) for c, text in law.possible_competences(territory.kind) if c.key not in exercised]
        first = [(c.key, f"{c.title} ({text.source})") for c, text in by_law]
        listed = {c.key for c, _ in by_law} | exercised
        others = [
            (c.key, c.title) for c in law.load_competences().competences.values() if c.key not in listed
        ]
        groups = [("Prévues par la loi", first), ("Autres", others)]
        self.fields["key"].choices = [group for group in groups if group[1]]  # type: ignore[attr-defined]


class EndCompetenceForm(forms.Form):
    """When a competence ended and by which legal act."""

    until = Day(label="Fin le", initial=date.today)
    legal_act = VisibleCharField(
        label="Acte", max_length=200, help_text="Exemple : délibération du 3 mars 2026, transfert au syndicat"
    )


class ContactForm(forms.Form):
    """Who to talk to, and where the authority sits."""

    contact = VisibleCharField(
        label="À qui s'adresser",
        max_length=300,
        required=False,
        help_text="Montré aux habitants sur la page publique. Exemple : accueil@mairie.fr",
    )
    seat = VisibleCharField(label="Siège", max_length=200, required=False)
