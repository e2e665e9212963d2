"""Forms of backups: declare a copy, give its secret, attest, list what must be in it."""

from typing import Any, ClassVar, Final

from django import forms

from beffroi.web.platform.forms import Day, Serving
from beffroi.web.ui.fields import SecretText, VisibleCharField, WholeNumber

from ..models import BackupCopy
from .reading.secrets import CopyAccess

READ: Final = (BackupCopy.Kind.RESTIC.value, BackupCopy.Kind.BORG.value)
SECRETS: Final = ("password", "user", "user_secret", "ssh_key", "known_hosts")


class _SecretField(forms.CharField):
    """A secret: never shown again, even when the form comes back."""

    def __init__(
        self, label: str, help_text: str = "", *, lines: int = 0, most: int = 500, missing: str = ""
    ) -> None:
        attrs = {"autocomplete": "off", "spellcheck": "false"}
        widget: forms.Widget = forms.PasswordInput(attrs={**attrs, "autocomplete": "new-password"})
        if lines:
            widget = SecretText(attrs={**attrs, "rows": lines})
        super().__init__(
            label=label,
            help_text=help_text,
            required=bool(missing),
            error_messages={"required": missing},
            max_length=most,
            strip=bool(lines),
            widget=widget,
        )


class SecretForm(forms.Form):
    use_required_attribute = False

    password = _SecretField(
        "Mot de passe du dépôt",
        "Celui que restic ou borg demande. Il est chiffré ici, et n'est plus jamais montré.",
        missing="Donnez le mot de passe du dépôt : sans lui, rien ne se restaure.",
    )
    user = VisibleCharField(
        label="Compte du serveur",
        required=False,
        max_length=200,
        help_text="Pour rest et S3 seulement : le nom, ou la clé d'accès.",
    )
    user_secret = _SecretField("Secret du compte", "Pour rest et S3 seulement.")
    ssh_key = _SecretField(
        "Clé SSH",
        "Pour sftp et ssh : une clé sans phrase de passe, d'un compte qui ne peut que lire.",
        lines=3,
        most=20_000,
    )
    known_hosts = VisibleCharField(
        label="Identité du serveur SSH",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Sa ligne de known_hosts, donnée par qui tient le serveur.",
    )

    def access(self) -> CopyAccess:
        return CopyAccess(**{name: self.cleaned_data.get(name) or "" for name in SECRETS})


class KindForm(forms.Form):
    """How Beffroi will know the copy: what most towns have first, the repositories last."""

    use_required_attribute = False
    kind = forms.ChoiceField(
        label="Comment Beffroi la connaît",
        choices=[
            (BackupCopy.Kind.ATTESTATION, "une personne atteste qu'elle a été faite, ou restaurée"),
            (BackupCopy.Kind.REPORT, "un script, un NAS ou un logiciel rend compte à Beffroi"),
            (
                BackupCopy.Kind.RESTIC,
                "dépôt restic : Beffroi le lit, et en restaure une partie chaque semaine",
            ),
            (BackupCopy.Kind.BORG, "dépôt borg : de même"),
            (BackupCopy.Kind.OWN, "la sauvegarde de Beffroi lui-même"),
        ],
        initial=BackupCopy.Kind.ATTESTATION,
        widget=forms.RadioSelect,
    )


class DeclareForm(SecretForm):
    """What is asked of a copy of this kind, nothing else."""

    field_order = (
        "name",
        "kind",
        "address",
        "password",
        "medium",
        "place",
        "offline",
        "limit_hours",
        "series",
    )

    name = VisibleCharField(
        label="Nom de la copie", max_length=120, help_text="Par exemple « NAS de la mairie »."
    )
    kind = forms.ChoiceField(choices=BackupCopy.Kind.choices, widget=forms.HiddenInput)
    address = VisibleCharField(
        label="Adresse du dépôt",
        error_messages={"required": "Donnez l'adresse du dépôt."},
        max_length=500,
        help_text="Un dossier ouvert par l'exploitant (/sauvegardes/serveur), ou sftp:, rest:, s3: (restic), ssh:// (borg), sans mot de passe.",
    )
    medium = forms.ChoiceField(label="Support", choices=BackupCopy.Medium.choices)
    place = forms.ChoiceField(label="Lieu", choices=BackupCopy.Place.choices)
    offline = forms.BooleanField(
        label="Hors ligne : débranchée quand elle ne sert pas",
        required=False,
        help_text="Un attaquant qui tient le réseau ne peut pas l'effacer.",
    )
    limit_hours = WholeNumber(
        label="Âge à ne pas dépasser, en heures",
        required=False,
        min_value=1,
        max_value=8760,
        help_text="Vide : celui du système. Par exemple 192 pour une bande faite chaque semaine.",
    )
    series = VisibleCharField(
        label="Une seule machine du dépôt",
        required=False,
        max_length=120,
        help_text="Si le dépôt en sert plusieurs : le nom de la machine (restic), ou le début du nom des archives (borg).",
    )

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind not in READ:
            for name in ("address", "series", *SECRETS):
                del self.fields[name]

    def declared(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.fields if name not in SECRETS} | {
            "access": self.access()
        }


class TakeOverForm(forms.Form):
    """What a tool did not say of its backup, the rest as it was said."""

    use_required_attribute = False

    medium = forms.ChoiceField(label="Support", choices=[("", "Choisissez"), *BackupCopy.Medium.choices])
    place = forms.ChoiceField(label="Lieu", choices=BackupCopy.Place.choices)
    offline = forms.BooleanField(
        label="Hors ligne : débranchée quand elle ne sert pas",
        required=False,
        help_text="Un attaquant qui tient le réseau ne peut pas l'effacer.",
    )


class _RestoreEvidence(forms.FileField):
    """Shown as needed; the service asks for it where a restore is attested."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        return super().clean(data, initial) if data else None


class AttestForm(forms.Form):
    """Of a copy that Beffroi reads itself, a restore only."""

    use_required_attribute = False
    serving: ClassVar[dict[str, Serving]] = {"file": Serving(("what",), ("restore",))}

    what = forms.ChoiceField(
        label="Ce qui a été fait",
        choices=[("backup", "une sauvegarde"), ("restore", "une restauration essayée")],
        widget=forms.RadioSelect,
    )
    ok = forms.TypedChoiceField(
        label="Résultat",
        choices=[("yes", "réussie"), ("no", "ratée")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    day = Day(label="Jour")
    how = VisibleCharField(
        label="Qui, et comment",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Par exemple « Le prestataire a restauré le dossier Paie sur un poste de test, 412 fichiers comparés ».",
    )
    file = _RestoreEvidence(
        label="Preuve", help_text="Pour une restauration : capture d'écran, compte rendu, liste."
    )

    def __init__(self, copy: BackupCopy, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if copy.is_readable:
            self.fields["what"].choices = [("restore", "une restauration essayée")]  # type: ignore[attr-defined]
            self.fields["what"].initial = "restore"
        elif copy.last_backup_at is None:
            self.fields["what"].initial = "backup"


class ExpectedForm(forms.Form):
    use_required_attribute = False

    files = forms.CharField(
        label="Empreintes",
        required=False,
        max_length=4_000_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="Une ligne par fichier : empreinte SHA-256, deux espaces, chemin. C'est ce que donne « sha256sum ».",
    )
