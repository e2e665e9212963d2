"""Forms of the catalogue: a file, the choice for each table read, the card of a dataset, a purpose of the register."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.utils import timezone

from beffroi.lake.protections import rules_on
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import may
from beffroi.web.platform.rights.active_roles import active_memberships
from beffroi.web.ui.fields import VisibleCharField

from .drift_forms import DriftForm, KeyForm
from .guide_registers import OWN_SERVER, hosting_names
from .labels import FREQUENCIES, LICENCES
from .lifecycle import Choice, TablePlan
from .lifecycle.file_storage import safe_name
from .models import Dataset, Delivery
from .planning.drift_review import changes_against

NEW = "+"  # the choice of a new dataset: no slug looks like it
MOST_FILES = 50  # deposited at once


class MultipleFileInput(forms.FileInput):
    allow_multiple_selected = True


class MultipleFileField(forms.FileField):
    """One or several files, each judged alone; refused as a whole only when no file is accepted."""

    widget = MultipleFileInput

    def clean(self, data: Any, initial: Any = None) -> tuple[list[UploadedFile], list[tuple[str, str]]]:
        """The accepted files, then the name of each refused one with the reason."""
        files = data if isinstance(data, list | tuple) else [data]
        if len(files) > MOST_FILES:
            raise ValidationError(
                f"Vous avez choisi {len(files)} fichiers ; déposez-en au plus {MOST_FILES} à la fois. Rien n'a été gardé."
            )
        accepted: list[UploadedFile] = []
        refused: list[tuple[str, str]] = []
        for file in files or [None]:
            try:
                accepted.append(super().clean(file, initial))
            except ValidationError as error:
                if len(files) <= 1:
                    raise
                refused.append((safe_name(file.name), " ".join(error.messages)))
        if not accepted:
            raise ValidationError([f"« {name} » : {reason}" for name, reason in refused])
        return accepted, refused


class UploadForm(forms.Form):
    """Files of any office format."""

    file = MultipleFileField(
        label="Vos fichiers",
        max_length=300,
        help_text=(
            "Un ou plusieurs tableurs (XLSX, XLS, ODS), CSV, JSON ou GeoJSON, ou une archive ZIP qui en contient. "
            "Par exemple : l'export des repas du mois tel que votre logiciel le donne, sans le retoucher."
        ),
        error_messages={
            "required": "Choisissez un fichier sur votre poste.",
            "empty": "Ce fichier est vide. Vérifiez l'export, puis choisissez-le à nouveau.",
            "missing": "Choisissez un fichier sur votre poste.",
        },
    )

    def uploads(self) -> tuple[list[UploadedFile], list[tuple[str, str]]]:
        """The accepted files, then the refused ones with the reason."""
        return self.cleaned_data["file"]


class SingleUploadForm(forms.Form):
    """The one file that a source waits for, of any office format."""

    file = forms.FileField(
        label="Votre fichier",
        max_length=300,
        help_text=(
            "Un tableur (XLSX, XLS, ODS), un CSV, un JSON ou GeoJSON, ou une archive ZIP qui en contient. "
            "Par exemple : l'export des repas du mois tel que votre logiciel le donne, sans le retoucher."
        ),
        error_messages={
            "required": "Choisissez un fichier sur votre poste.",
            "empty": "Ce fichier est vide. Vérifiez l'export, puis choisissez-le à nouveau.",
            "missing": "Choisissez un fichier sur votre poste.",
        },
    )

    def upload(self) -> UploadedFile:
        return self.cleaned_data["file"]


class TableForm(forms.Form):
    """What becomes of one table: poured or not, where, how, and which of its columns are about people."""

    pour = forms.BooleanField(label="Verser cette table", required=False)
    dataset = forms.ChoiceField(
        label="Dans quel jeu de données ?",
        help_text="Le jeu qui reçoit d'habitude ce fichier, ou un nouveau. Par exemple : les repas de mars rejoignent ceux de février.",
    )
    title = VisibleCharField(
        label="Titre du nouveau jeu",
        required=False,
        max_length=200,
        help_text="Pour un nouveau jeu seulement. Un nom que vos collègues reconnaissent, sans la date : « Repas servis dans les cantines ».",
    )
    mode = forms.ChoiceField(
        label="Que faire des lignes déjà dans le jeu ?",
        choices=[
            ("append", "Les garder : le fichier s'ajoute"),
            ("upsert", "Les mettre à jour : les lignes de même clé sont modifiées, les nouvelles ajoutées"),
            ("replace", "Les remplacer par le fichier"),
        ],
        widget=forms.RadioSelect,
        help_text="Sans effet pour un nouveau jeu. Dans tous les cas, la livraison peut être annulée.",
    )
    personal = forms.MultipleChoiceField(label="Colonnes qui portent sur des personnes", required=False)

    def __init__(self, plan: TablePlan, delivery: Delivery, person: Person, data: Any = None) -> None:
        territory = delivery.territory
        match = plan.match
        found = [column.name for column in plan.staged.columns if column.personal]
        initial = {
            "pour": not match.skip and plan.staged.rows_kept > 0,
            "dataset": match.dataset or NEW,
            "title": match.title if match.dataset is None else "",
            "mode": _mode(plan),
            "personal": found,
        } | dict(plan.draft)
        super().__init__(data, prefix=f"t{plan.index}", initial=initial)
        self.plan = plan
        self.locked = set() if may(person, "dataset.manage", territory) else set(found)
        self.territory, self.delivery = territory, delivery
        datasets = [
            (dataset.slug, _dataset_label(dataset))
            for dataset in Dataset.objects.of(territory).filter(computed=False).order_by("title")
        ]
        self.fields["dataset"].choices = [(NEW, "Un nouveau jeu"), *datasets]  # type: ignore[attr-defined]
        self.fields["personal"].choices = [  # type: ignore[attr-defined]
            (column.name, column.label) for column in plan.staged.columns
        ]
        prefix = str(self.prefix)
        if not self["pour"].value():
            data = None  # a table left aside has nothing to answer
        chosen = Dataset.objects.of(territory).filter(slug=self["dataset"].value() or "").first()
        self.drift = DriftForm(changes_against(chosen, plan), prefix, data)
        self.key = KeyForm(plan.staged.columns, plan.keys, prefix, data)

    @property
    def parts(self) -> list[forms.Form]:
        """The questions that go with the table, whose errors are shown with its own."""
        return [self, self.drift, self.key]

    def is_valid(self) -> bool:
        if not super().is_valid():
            return False
        return not self.cleaned_data["pour"] or (self.drift.is_valid() and self._keyed())

    def _keyed(self) -> bool:
        if self.cleaned_data["mode"] != "upsert" or self.key.key():
            return self.key.is_valid()
        if not self.key.errors:
            self.key.add_error("columns", "Cochez la ou les colonnes qui désignent une ligne.")
        return False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("pour") or cleaned.get("dataset") != NEW:
            return cleaned
        title = " ".join(cleaned.get("title", "").split())
        others = Dataset.objects.of(self.territory).exclude(snapshots__delivery=self.delivery)
        if not title:
            self.add_error("title", "Donnez un titre au nouveau jeu, par exemple « Repas servis ».")
        elif others.filter(title__iexact=title).exists():
            self.add_error(
                "title",
                f"Un jeu s'appelle déjà « {title} ». Choisissez-le dans la liste, ou donnez un autre titre.",
            )
        return cleaned

    def ticked(self) -> set[str]:
        """The columns displayed as personal."""
        return set(self["personal"].value() or []) | self.locked

    def draft(self) -> dict[str, Any]:
        """What is filled in, whatever it is worth: given back when the file has been read again."""
        values = {name: self[name].value() for name in self.fields}
        return values | {"title": str(values["title"] or "")[:200]}

    def choice(self) -> Choice | None:
        """The choice; None when the table is not poured."""
        if not self.cleaned_data["pour"]:
            return None
        ticked = set(self.cleaned_data["personal"]) | self.locked
        return Choice(
            table=self.plan.index,
            dataset=None if self.cleaned_data["dataset"] == NEW else self.cleaned_data["dataset"],
            title=self.cleaned_data["title"].strip(),
            mode=self.cleaned_data["mode"],
            personal={column.name: column.name in ticked for column in self.plan.staged.columns},
            key=self.key.key() if self.cleaned_data["mode"] == "upsert" else (),
            answers=self.drift.answers(),
        )


def _mode(plan: TablePlan) -> str:
    """The initial mode: an update when known rows would come back with other values."""
    changed = any(candidate.effect and candidate.effect.changed for candidate in plan.keys)
    return "upsert" if plan.match.mode == "append" and changed else plan.match.mode


def _dataset_label(dataset: Dataset) -> str:
    """A dataset in the list, with what must be known before adding to it."""
    if dataset.published_at is not None:
        return f"{dataset.title} (publié : les lignes ajoutées seront publiques)"
    if dataset.sensitivity == Dataset.Sensitivity.PERSONAL:
        return f"{dataset.title} (données personnelles)"
    return dataset.title


def tables_for_other_datasets(forms: list[TableForm]) -> dict[int, str]:
    """Tables for which another dataset than the proposed one was chosen, not compared yet, with its slug."""
    chosen = {}
    for form in forms:
        slug, plan = form["dataset"].value(), form.plan
        known = {value for value, _ in form.fields["dataset"].choices}  # type: ignore[attr-defined]
        if form["pour"].value() and slug in known - {NEW, plan.match.dataset, plan.prefer}:
            chosen[plan.index] = str(slug)
    return chosen


def table_forms(
    delivery: Delivery, plans: list[TablePlan], person: Person, data: Any = None
) -> list[TableForm]:
    return [TableForm(plan, delivery, person, data) for plan in plans]


CLOSES_AT_ONCE: Final = (
    " Ce jeu est publié : dès que vous enregistrez un groupe à protéger, sa publication se ferme et ses graphiques "
    "quittent les tableaux de bord publics."
)


class CardForm(forms.ModelForm[Dataset]):
    """The card of a dataset, with a word of help beside each field."""

    class Meta:
        model = Dataset
        fields = (
            "title",
            "description",
            "producer",
            "owner",
            "purpose",
            "worth",
            "legal_basis",
            "retention",
            "licence",
            "freshness",
            "hosting",
            "protects",
            "unit",
        )
        written = (
            "title",
            "description",
            "producer",
            "purpose",
            "worth",
            "legal_basis",
            "retention",
            "hosting",
        )
        field_classes = dict.fromkeys(written, VisibleCharField)
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
            "worth": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "title": "Le nom que vos collègues reconnaissent. Par exemple : « Repas servis dans les cantines ».",
            "description": "Ce que dit une ligne, et d'où vient le fichier. Par exemple : « Une ligne par école et par jour, tirée du logiciel de la régie. »",
            "producer": "Le service ou l'organisme qui crée ces données. Nécessaire pour publier.",
            "owner": "La personne à qui poser une question sur ces données. Nécessaire pour publier.",
            "purpose": "Pourquoi la collectivité les détient. Par exemple : « Commander les repas et facturer les familles. »",
            "worth": "Ce que l'on perdrait sans elles. Par exemple : « Sans ces relevés, on commande 8 % de repas de trop. » Si vous ne trouvez pas, ne les recueillez plus.",
            "legal_basis": "Le texte ou la mission qui permet de les détenir. Par exemple : « Mission d'intérêt public ».",
            "retention": "Combien de temps les garder. Par exemple : « 5 ans ».",
            "licence": "Ce que le public pourra en faire. Nécessaire pour publier ; la Licence Ouverte 2.0 est la plus courante.",
            "freshness": "À quel rythme un nouveau fichier est attendu. Par exemple : « chaque mois ».",
            "hosting": "Où ces données sont gardées. « interne » : sur votre serveur.",
        }
        error_messages = {"title": {"required": "Un jeu de données a besoin d'un titre."}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        territory = self.instance.territory
        members = Q(pk__in=active_memberships(territory).values("person"), is_active=True)
        owner: Any = self.fields["owner"]
        owner.queryset = Person.objects.filter(members | Q(pk=self.instance.owner_id)).order_by("name")
        owner.empty_label = "Personne pour l'instant"
        self.fields["licence"] = forms.ChoiceField(
            label="Licence",
            required=False,
            choices=self._with_current(LICENCES, self.instance.licence, "Aucune pour l'instant"),
            help_text=self.fields["licence"].help_text,
        )
        self.fields["freshness"] = forms.ChoiceField(
            label="Fréquence attendue",
            required=False,
            choices=self._with_current(
                [(f, f) for f in FREQUENCIES], self.instance.freshness, "Non précisée"
            ),
            help_text=self.fields["freshness"].help_text,
        )
        self.fields["protects"] = forms.ChoiceField(
            label="Ce que comptent ses groupes",
            required=False,
            choices=self._protections(),
            help_text="Dans une analyse, un groupe trop petit n'est pas montré. Par exemple : « des ménages ou des foyers », moins de 11."
            + (CLOSES_AT_ONCE if self.instance.published_at else ""),
        )
        current = self.instance.current
        columns = [(c["name"], c["label"]) for c in current.columns] if current else []
        self.fields["unit"] = forms.ChoiceField(
            label="Colonne qui les désigne",
            required=False,
            choices=self._with_current(columns, self.instance.unit, "Aucune : chaque ligne compte pour un"),
            help_text="Un ménage de douze factures ne compte alors qu'une fois. Par exemple : « Numéro de foyer ».",
        )
        if names := hosting_names(territory):
            known = dict.fromkeys((OWN_SERVER, *names, self.instance.hosting))
            self.fields["hosting"] = forms.ChoiceField(
                label="Hébergement",
                choices=[(name, name) for name in known],
                help_text="« interne » : sur votre serveur. Un autre ? Inscrivez-le d'abord au registre des hébergements.",
            )
        for field in self.fields.values():
            field.label = str(field.label)[:1].upper() + str(field.label)[1:]
        self.fields["worth"].label = "Pourquoi cela vaut-il la peine de recueillir ces données ?"

    def _protections(self) -> list[tuple[str, str]]:
        """The rules in force, with their floor."""
        personal = self.instance.sensitivity == Dataset.Sensitivity.PERSONAL
        none = "Comme toute donnée personnelle : des personnes" if personal else "Rien à protéger"
        labels = {
            key: f"{rule.label} : {rule.floor} au moins"
            + (f", aucune à plus de {100 * rule.dominance:g} %" if rule.dominance else "")
            for key, rule in rules_on(timezone.localdate()).items()
        }
        return [("", none), *((key, text[:1].upper() + text[1:]) for key, text in labels.items())]

    @staticmethod
    def _with_current(choices: Any, current: str, none: str) -> list[tuple[str, str]]:
        """The choices, with the card's current value when it is none of them."""
        known = [("", none), *choices]
        return known if current in dict(known) else [*known, (current, current)]


class PurposeForm(forms.Form):
    """A row of the register of processing activities."""

    title = VisibleCharField(
        label="Nom de l'usage", max_length=200, help_text="Par exemple : « Facturation des repas »."
    )
    purpose = VisibleCharField(
        label="À quoi il sert",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Ce que vous ferez de ces données, et rien d'autre. Par exemple : « Établir la facture mensuelle des familles. »",
    )
    legal_basis = VisibleCharField(
        label="Base légale",
        max_length=200,
        help_text="Ce qui l'autorise. Par exemple : « Mission d'intérêt public (RGPD, article 6.1.e) ». En cas de doute, demandez à votre délégué à la protection des données.",
    )
    covers_personal = forms.BooleanField(
        label="Cet usage demande de lire des données personnelles",
        required=False,
        help_text="Cochez seulement si l'usage ne peut pas s'en passer.",
    )
