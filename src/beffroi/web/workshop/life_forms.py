"""Forms of a system's life: a reason, an option, a training, a declaration. Out go words that services judge."""

from typing import Any

from django import forms

from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights.active_roles import active_memberships
from beffroi.web.ui.fields import DayInput, VisibleCharField, decimal_input

from .models import Option, Origin
from .services import Declaration


class ReasonForm(forms.Form):
    """Why a step is taken."""

    use_required_attribute = False
    reason = VisibleCharField(
        label="Votre motif",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Il reste écrit avec cette étape, et pourra être lu dans le rapport annuel. Ne nommez personne.",
        error_messages={"required": "Dites en une phrase pourquoi."},
    )


class OptionForm(forms.Form):
    """One way of doing and what it gave."""

    use_required_attribute = False
    name = VisibleCharField(
        label="Façon de faire", max_length=120, help_text="Exemple : « comme aujourd'hui, au jugé »."
    )
    with_ai = forms.ChoiceField(
        label="Avec une IA ?",
        choices=[("no", "sans IA"), ("yes", "avec une IA")],
        widget=forms.RadioSelect,
    )
    how = forms.ChoiceField(
        label="D'où vient ce résultat ?",
        choices=[(c.value, c.label) for c in (Option.How.OBSERVED, Option.How.DECLARED)],
        widget=forms.RadioSelect,
    )
    value = forms.FloatField(
        label="Résultat",
        localize=True,
        widget=decimal_input(10),
        help_text="Dans l'unité de la mesure de ce service.",
        error_messages={"invalid": "Écrivez un nombre en chiffres, par exemple 7,4."},
    )
    sample = forms.IntegerField(
        label="Nombre de cas comptés",
        min_value=0,
        max_value=2_000_000_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 10}),
        help_text="La base du chiffre. Exemple : 240 appels écoutés.",
        error_messages={"invalid": "Écrivez un nombre entier, par exemple 240."},
    )
    period = VisibleCharField(
        label="Période", max_length=300, help_text="Exemple : « du 1er au 30 octobre 2026 »."
    )
    method = VisibleCharField(
        label="Comment le résultat a été obtenu",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Assez pour qu'un collègue recommence le même comptage.",
    )


class TrainingForm(forms.Form):
    """A supervisor's training."""

    use_required_attribute = False
    person = forms.ModelChoiceField(
        queryset=Person.objects.none(), label="Qui a été formé ?", empty_label="Choisir une personne"
    )
    title = VisibleCharField(
        label="Formation", max_length=200, help_text="Exemple : « Superviser un service d'IA, deux jours »."
    )
    trainer = VisibleCharField(label="Donnée par", max_length=200, help_text="Exemple : « CNFPT ».")
    proof = VisibleCharField(
        label="Preuve", max_length=200, help_text="Exemple : « attestation n° 2026-114, dossier RH »."
    )
    system = forms.ChoiceField(label="Pour quel service ?", required=False)
    passed_on = forms.DateField(label="Suivie le", widget=DayInput())
    until = forms.DateField(label="Valable jusqu'au", widget=DayInput(), help_text="Trois ans au plus.")

    def __init__(
        self, territory: Territory, systems: list[tuple[str, str]], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        holders = active_memberships(territory).filter(role="supervisor")
        people = Person.objects.filter(pk__in=holders.values("person"), is_active=True).order_by("name")
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        self.fields["system"].choices = [("", "Tous les services d'IA"), *systems]  # type: ignore[attr-defined]


def _long(label: str, help_text: str, rows: int = 3, **more: Any) -> forms.CharField:
    return VisibleCharField(
        label=label, help_text=help_text, max_length=2000, widget=forms.Textarea(attrs={"rows": rows}), **more
    )


class DeclarationForm(forms.Form):
    """A product that Beffroi does not run, told without code."""

    use_required_attribute = False
    title = VisibleCharField(
        label="Comment l'appelez-vous chez vous ?",
        max_length=120,
        help_text="Exemple : « Accueil téléphonique automatique ».",
    )
    product = VisibleCharField(
        label="Nom du produit", max_length=120, help_text="Le nom commercial et sa version."
    )
    supplier = VisibleCharField(label="Fournisseur", max_length=120)
    origin = forms.ChoiceField(
        label="Où tourne-t-il ?",
        choices=[(c.value, c.label) for c in (Origin.BOUGHT, Origin.HOSTED)],
        widget=forms.RadioSelect,
    )
    purpose = _long("À quoi sert-il ?", "Une ou deux phrases qu'un habitant comprend.")
    helps = _long("Qui aide-t-il ?", "Les habitants ou les agents, et en quoi.", 2)
    level = forms.ChoiceField(
        label="Que fait-il ?",
        choices=[
            ("informs", "il informe : il montre, il ne propose rien"),
            ("proposes", "il propose : une personne accepte, modifie ou refuse"),
            ("prepares_individual_decision", "il prépare une décision sur une personne"),
        ],
        widget=forms.RadioSelect,
    )
    personal_data = forms.BooleanField(label="Il lit ou entend des données personnelles", required=False)
    legal_basis = VisibleCharField(
        label="Base légale du traitement",
        max_length=300,
        help_text="Exemple : « mission d'intérêt public ». Demandez à votre DPO.",
    )
    data = _long(
        "Quelles données reçoit-il ?",
        "Une par ligne, avec pourquoi. Exemple : « la voix de l'appelant, pour comprendre sa demande ».",
        4,
    )
    baseline = _long(
        "Comment fait-on sans lui ?", "La façon de faire d'aujourd'hui : c'est à elle qu'on le comparera.", 2
    )
    measure = VisibleCharField(
        label="Quel chiffre dira s'il fait mieux ?",
        max_length=160,
        help_text="Exemple : « appels traités sans rappel ».",
    )
    unit = VisibleCharField(label="Unité", max_length=40, help_text="Exemple : « % des appels ».")
    better = forms.ChoiceField(
        label="Mieux, c'est",
        choices=[("higher", "plus haut"), ("lower", "plus bas")],
        widget=forms.RadioSelect,
    )
    target = forms.FloatField(
        label="Valeur visée",
        localize=True,
        widget=decimal_input(10),
        error_messages={"invalid": "Écrivez un nombre en chiffres, par exemple 70."},
    )
    limits = _long(
        "Ses limites",
        "Une par ligne : ce qu'il ne sait pas faire. Exemple : « ne comprend pas l'occitan ».",
        3,
    )
    supervisor_role = VisibleCharField(
        label="Quelle fonction en répond chez vous ?",
        max_length=160,
        help_text="Exemple : « Responsable de l'accueil ».",
    )
    contest = _long("Comment le contester ?", "À qui écrire, et qui relit.", 2)
    hosting = _long("Où sont les données ?", "Pays, hébergeur, qualification.", 2)

    def declaration(self) -> Declaration:
        """The words, as the service takes them."""
        cleaned = self.cleaned_data
        lists = {
            name: tuple(line.strip() for line in cleaned[name].splitlines() if line.strip())
            for name in ("data", "limits")
        }
        individual = cleaned["level"] == "prepares_individual_decision"
        return Declaration(**{**cleaned, **lists, "individual_decision": individual})

    @staticmethod
    def initial_of(declaration: dict[str, Any]) -> dict[str, Any]:
        """A kept declaration, as the form shows it."""
        declared = declaration["manifest"]
        plain = ("title", "purpose", "helps", "level", "baseline", "supervisor_role", "contest", "hosting")
        return {name: declared[name] for name in plain} | {
            "product": declaration["product"],
            "supplier": declaration["supplier"],
            "data": "\n".join(declaration["data"]),
            "limits": "\n".join(declared["limits"]),
            "measure": declared["measure"]["label"],
            "unit": declared["measure"]["unit"],
            "better": declared["measure"]["better"],
            "target": declared["measure"]["target"],
            "legal_basis": declared["legal"]["legal_basis"],
            "personal_data": declared["legal"]["personal_data"],
        }
