"""Forms of a publication request: what to publish and why, the DPO's opinion, the decision, its end."""

from typing import Any, Final

from django import forms

from beffroi.web.platform.forms import Serving
from beffroi.web.ui.fields import VisibleCharField

from ..labels import personal_of
from ..models import Dataset
from . import authorisations
from .grounds import categories
from .models import PublicationRequest

Ground = PublicationRequest.Ground
MOST_WORDS: Final = 4_000


def _text(label: str, help_text: str, rows: int = 3, **more: Any) -> forms.CharField:
    return VisibleCharField(
        label=label,
        help_text=help_text,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": rows}),
        **more,
    )


class RequestForm(forms.Form):
    """What allows it, which columns, why. A field that serves for another ground is not sent."""

    use_required_attribute = False
    ground = forms.ChoiceField(
        label="Qu'est-ce qui permet de publier ?",
        error_messages={"required": "Choisissez ce qui permet de publier."},
    )
    category = forms.ChoiceField(
        label="Catégorie de documents",
        help_text="Celles que liste l'article D. 312-1-3 du code des relations entre le public et l'administration.",
        error_messages={"required": "Choisissez la catégorie de documents que vise le texte."},
    )
    evidence = _text(
        "Ce qui le prouve",
        "Pour un texte : quel document, et en quoi il entre dans la catégorie. Pour un accord : comment il a été donné, "
        "et où il est gardé. Pour une fermeture : ce qui a changé. Ne nommez personne.",
        error_messages={"required": "Dites ce qui le prouve."},
    )
    columns = forms.MultipleChoiceField(
        label="Colonnes à publier",
        widget=forms.CheckboxSelectMultiple,
        help_text="Seulement ce que le public a besoin de lire. Les autres restent fermées, celles de demain aussi.",
        error_messages={"required": "Cochez les colonnes à publier."},
    )
    reason = _text(
        "Pourquoi publier ?",
        "Par exemple : « Les habitants cherchent l'élu chargé d'un sujet. »",
        rows=2,
        error_messages={"required": "Dites pourquoi publier ces données."},
    )
    serving: Final = {
        "category": Serving(("ground",), (Ground.TEXT,)),
        "evidence": Serving(("ground",), (Ground.TEXT, Ground.CONSENT, Ground.LIFTED)),
    }

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        analysis = authorisations.anonymising_analysis(dataset)
        super().__init__(data, initial={"ground": Ground.ANONYMISED if analysis else ""})
        for name, serving in self.serving.items():
            self.fields[name].required = data is None or data.get("ground") in serving.when
        grounds = [
            (Ground.TEXT, "Un texte le permet"),
            (Ground.CONSENT, "Les personnes ont donné leur accord"),
        ]
        if authorisations.may_be_lifted(dataset):
            grounds.insert(0, (Ground.LIFTED, "La raison de la fermeture a disparu"))
        if analysis:
            grounds.insert(0, (Ground.ANONYMISED, f"C'est un résultat anonymisé : {analysis}"))
        ground: Any = self.fields["ground"]
        ground.choices = [("", "Choisissez"), *grounds]
        category: Any = self.fields["category"]
        category.choices = [
            ("", "Choisissez"),
            *((one.key, f"{one.point} {one.label} : {one.examples}") for one in categories().values()),
        ]
        current = dataset.current
        columns: Any = self.fields["columns"]
        columns.choices = [
            (
                column["name"],
                column["label"] + (f" ({kind})" if (kind := personal_of(column)) and not analysis else ""),
            )
            for column in (current.columns if current else [])
        ]


class OpinionForm(forms.Form):
    """The DPO's opinion."""

    use_required_attribute = False
    opinion = forms.ChoiceField(
        label="Votre avis",
        choices=PublicationRequest.Opinion.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le sens de votre avis."},
    )
    words = _text(
        "Vos raisons, et vos réserves",
        "L'élu les lit avant de décider. Ne nommez aucune personne du fichier.",
        error_messages={"required": "Dites les raisons de votre avis."},
    )


class DecisionForm(forms.Form):
    """The controller's decision."""

    use_required_attribute = False
    outcome = forms.ChoiceField(
        label="Votre décision",
        choices=[("authorised", "Publier"), ("refused", "Ne pas publier")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez de publier, ou non."},
    )
    reason = _text(
        "Vos raisons",
        "Nécessaires pour refuser, ou si l'avis a des réserves ou est défavorable. Contre l'avis, le public les lit.",
        required=False,
    )


class WithdrawForm(forms.Form):
    """Why a request is taken back, or a publication closed."""

    use_required_attribute = False
    reason = _text(
        "Pourquoi ?",
        "Par exemple : « Une personne a retiré son accord. » Ne nommez personne.",
        rows=2,
        error_messages={"required": "Dites pourquoi."},
    )
