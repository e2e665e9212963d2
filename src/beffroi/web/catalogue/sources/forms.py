"""Forms of a source: where its data go, how often it is read, who answers for it, who owes it.

In: a territory and the earlier answers. Out: validated values. Each class is one screen of the wizard; the page that
changes a source has several at once, so no two use the same field name.
"""

from typing import Any, ClassVar, Final, get_args

from django import forms

from beffroi.web.platform.forms import Day
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import RIGHTS
from beffroi.web.platform.rights.active_roles import active_memberships
from beffroi.web.ui.fields import VisibleCharField

from ..models import Dataset, Source
from ..planning import matching
from .fetch_schedules import Schedule, unit_of
from .promises import Promise
from .schedule_fields import day_of_month, day_of_week, time_of_day
from .source_labels import KINDS, PROMISES, RHYTHMS
from .source_registry import Clause

NEW: Final = "+"
MODES: Final = get_args(matching.Mode.__value__)
"""What a delivery may do to the rows held, as the catalogue knows it."""


class ScreenForm(forms.Form):
    """One screen: `heading` is its title, `intro` one or two sentences under it."""

    heading: ClassVar[str] = ""
    intro: ClassVar[str] = ""

    def __init__(
        self, territory: Territory, draft: dict[str, Any], data: Any = None, initial: Any = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.territory, self.draft = territory, draft
        self.prepare()

    def prepare(self) -> None:
        """Choices drawn from the territory and from the earlier answers."""


class KindForm(ScreenForm):
    heading = "D'où viennent ces données ?"
    intro = (
        "Choisissez ce qui ressemble le plus à votre cas. Rien n'est appelé avant que vous ne le demandiez."
    )
    kind = forms.ChoiceField(label="Ce qui nous envoie des données", choices=list(KINDS.items()), widget=forms.RadioSelect,
                             error_messages={"required": "Choisissez d'où viennent les données."})  # fmt: skip


class DatasetForm(ScreenForm):
    heading = "Quel jeu de données faut-il remplir ?"
    intro = "Un jeu du catalogue, ou un nouveau, ouvert à la première arrivée."
    dataset = forms.ChoiceField(
        label="Jeu de données", help_text="Si ces données sont déjà au catalogue, choisissez leur jeu."
    )
    dataset_title = VisibleCharField(
        label="Titre du nouveau jeu",
        required=False,
        max_length=200,
        help_text="Pour un nouveau jeu seulement. Par exemple : « Factures d'eau ».",
    )

    def prepare(self) -> None:
        known = (
            Dataset.objects.of(self.territory)
            .filter(computed=False)
            .order_by("title")
            .values_list("slug", "title")
        )
        self.fields["dataset"].choices = [(NEW, "Un nouveau jeu"), *known]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("dataset") == NEW:
            title = " ".join(cleaned.get("dataset_title", "").split())
            if not title:
                self.add_error(
                    "dataset_title", "Donnez un titre au nouveau jeu, par exemple « Factures d'eau »."
                )
            elif Dataset.objects.of(self.territory).filter(title__iexact=title).exists():
                self.add_error(
                    "dataset_title", f"Un jeu s'appelle déjà « {title} ». Choisissez-le dans la liste."
                )
        return cleaned

    def chosen(self) -> tuple[Dataset | None, str]:
        slug = self.cleaned_data["dataset"]
        if slug == NEW:
            return None, " ".join(self.cleaned_data["dataset_title"].split())
        return Dataset.objects.of(self.territory).get(slug=slug), ""


class ModeForm(ScreenForm):
    heading = "Que faire des lignes déjà reçues ?"
    intro = "Chaque livraison peut être annulée, quel que soit votre choix."
    mode = forms.ChoiceField(label="À chaque arrivée", widget=forms.RadioSelect)
    key = VisibleCharField(
        label="Colonnes qui reconnaissent une ligne",
        required=False,
        max_length=500,
        help_text="Pour mettre à jour seulement : les noms des colonnes, séparés par des virgules. Par exemple : « numero_abonne ».",
    )
    _labels: ClassVar = {
        "replace": "Tout remplacer : chaque arrivée contient tout",
        "append": "Ajouter : chaque arrivée est la suite de la précédente",
        "upsert": "Mettre à jour : les lignes de même clé sont remplacées, les autres s'ajoutent",
    }

    def prepare(self) -> None:
        # Only what changed arrives: replacing would lose the rest, adding would count the last rows twice.
        modes = ["upsert"] if self.draft.get("growing") and "upsert" in MODES else MODES
        self.fields["mode"].choices = [(mode, self._labels[mode]) for mode in modes]  # type: ignore[attr-defined]
        if "upsert" not in MODES:
            del self.fields["key"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("mode") == "upsert" and not self.chosen_key():
            self.add_error(
                "key", "Dites quelles colonnes reconnaissent une ligne, par exemple « numero_abonne »."
            )
        return cleaned

    def chosen_key(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.cleaned_data.get("key", "").split(",") if name.strip())


class RhythmForm(ScreenForm):
    heading = "À quel rythme faut-il relever cette source ?"
    intro = "L'heure est celle de Paris. Vous pourrez toujours relever la source à la main."
    rhythm = forms.ChoiceField(label="Relever", choices=RHYTHMS, initial="day")
    at = time_of_day(
        "Pour chaque jour, chaque semaine ou chaque mois. De préférence quand le logiciel sert peu."
    )
    weekday = day_of_week()
    day = day_of_month("Pour chaque mois. Au-delà du dernier jour, c'est le dernier jour.")

    def schedule(self) -> Schedule:
        values = self.cleaned_data
        unit, _, every = values["rhythm"].partition("-")
        return Schedule(
            unit_of(unit), int(every or 1), f"{values['at']:%H:%M}", values["weekday"], values["day"]
        )


class OwnerForm(ScreenForm):
    heading = "Qui en est responsable ?"
    intro = "Cette personne reçoit les alertes. Ce qui arrive entre au catalogue sous son nom."
    owner = forms.ModelChoiceField(label="Responsable", queryset=Person.objects.none(), empty_label="Choisir…",
                                   error_messages={"required": "Choisissez une personne."})  # fmt: skip

    def prepare(self) -> None:
        roles = [role for role, acts in RIGHTS.items() if "dataset.deposit" in acts]
        members = active_memberships(self.territory).filter(role__in=roles).values("person")
        field: Any = self.fields["owner"]
        field.queryset = Person.objects.filter(pk__in=members, is_active=True).order_by("name")


class PromiseForm(ScreenForm):
    heading = "À quel rythme du nouveau doit-il arriver ?"
    intro = "C'est la promesse de fraîcheur : au-delà, la livraison est signalée en retard."
    promise = forms.ChoiceField(label="Du nouveau", choices=PROMISES, required=False)
    grace = forms.IntegerField(
        label="Jours de délai admis",
        min_value=0,
        max_value=366,
        initial=0,
        help_text="Après l'échéance, avant de parler de retard. Par exemple : 15 pour un fichier dû « dans la quinzaine ».",
    )
    first_due = Day(
        label="Première échéance",
        required=False,
        help_text="Pour un calendrier fixe, comme dans un contrat : les échéances suivantes s'en déduisent. Vide : le délai "
        "court depuis la dernière arrivée.",
    )

    def clean_promise(self) -> str:
        chosen: str = self.cleaned_data["promise"]
        if not chosen and self.draft.get("kind") == "expected":
            raise forms.ValidationError(
                "Dites à quel rythme ce fichier est dû : sans cela, aucun retard ne serait signalé."
            )
        return chosen

    def chosen(self, until: Any) -> Promise:
        unit, _, every = self.cleaned_data["promise"].partition("-")
        first = self.cleaned_data["first_due"] if unit else None
        return Promise(unit, int(every or 1), self.cleaned_data["grace"], first, until)  # type: ignore[arg-type]


class ClauseForm(ScreenForm):
    heading = "Quelqu'un doit-il ces données par contrat ?"
    intro = "La « clause data » d'une délégation, d'une concession, d'une subvention ou d'une convention. Sinon, laissez vide."
    debtor_kind = forms.ChoiceField(
        label="Qui les doit",
        required=False,
        choices=[("", "Personne en particulier"), *Source.Debtor.choices],
    )
    debtor = VisibleCharField(
        label="Son nom", required=False, max_length=200, help_text="Par exemple : « Eaux du Val »."
    )
    contact = forms.EmailField(
        label="À qui écrire", required=False, max_length=200, help_text="L'adresse électronique de la personne à relancer.",
        error_messages={"invalid": "Donnez une adresse électronique, par exemple donnees@eaux-du-val.example."},
    )  # fmt: skip
    contract = VisibleCharField(
        label="Contrat",
        required=False,
        max_length=200,
        help_text="Sa référence. Par exemple : « DSP eau 2024-03 ».",
    )
    article = VisibleCharField(
        label="Article", required=False, max_length=100, help_text="Par exemple : « article 31 »."
    )
    clause_since = Day(label="À partir du", required=False)
    clause_until = Day(
        label="Jusqu'au", required=False, help_text="Dernier jour compris : après lui, plus rien n'est dû."
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("debtor_kind") and not cleaned.get("debtor", "").strip():
            self.add_error("debtor", "Donnez le nom de qui doit ces données.")
        if cleaned.get("debtor") and not cleaned.get("debtor_kind"):
            self.add_error("debtor_kind", "Dites à quel titre ces données sont dues.")
        since, until = cleaned.get("clause_since"), cleaned.get("clause_until")
        if since and until and until < since:
            self.add_error("clause_until", "La fin vient avant le début.")
        return cleaned

    def chosen(self) -> Clause:
        values = self.cleaned_data
        return Clause(values["debtor_kind"], values["debtor"].strip(), values["contact"], values["contract"].strip(),
                      values["article"].strip(), values["clause_since"], values["clause_until"])  # fmt: skip


class TitleForm(ScreenForm):
    heading = "Tout est-il juste ?"
    intro = "Donnez un nom à la source, relisez, puis créez-la. La première relève part aussitôt."
    title = VisibleCharField(
        label="Nom de la source",
        max_length=200,
        help_text="Un nom que vos collègues reconnaissent. Par exemple : « Base du logiciel déchets ».",
        error_messages={"required": "Donnez un nom à cette source."},
    )

    def clean_title(self) -> str:
        title = " ".join(str(self.cleaned_data["title"]).split())
        taken = (
            Source.objects.of(self.territory).filter(title__iexact=title).exclude(pk=self.draft.get("source"))
        )
        if taken.exists():
            raise forms.ValidationError(f"Une source s'appelle déjà « {title} ». Choisissez un autre nom.")
        return title


def initial_of(source: Source) -> dict[str, Any]:
    """What the forms show for a source that exists."""
    schedule, promise = source.schedule, source.promise
    rhythm = f"{schedule.unit}-{schedule.every}" if schedule.unit in ("minute", "hour") else schedule.unit
    return {
        "title": source.title,
        "dataset": source.dataset.slug if source.dataset else NEW,
        "dataset_title": source.dataset_title,
        "mode": source.mode,
        "key": ", ".join(source.key),
        "rhythm": rhythm,
        "at": schedule.at,
        "weekday": schedule.weekday,
        "day": schedule.day,
        "owner": source.owner_id,
        "promise": f"{promise.unit}-{promise.every}" if promise.unit else "",
        "grace": promise.grace,
        "first_due": promise.first,
        "debtor_kind": source.debtor_kind,
        "debtor": source.debtor,
        "contact": source.contact,
        "contract": source.contract,
        "article": source.article,
        "clause_since": source.clause_since,
        "clause_until": source.clause_until,
    }
