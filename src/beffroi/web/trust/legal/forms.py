"""Forms of the law of a system: its questions by theme, the impact assessment, a certificate; all content of guides."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from beffroi.guides import Rule
from beffroi.guides.rule_model import Fact
from beffroi.systems import law
from beffroi.systems.law.answers import MIN_JUSTIFICATION, facts
from beffroi.systems.manifest import Manifest
from beffroi.web.guides.forms import Choices, FactsForm, SectionForm
from beffroi.web.ui.fields import VisibleCharField


class AnswersForm(FactsForm):
    """Every question of the law, prefilled with the last answers, and in which quality one answers."""

    shared_help = (
        "Elle sert de justification là où vous n'écrivez rien. Exemple : il ne traite que des quantités par site, "
        "jamais des personnes."
    )
    min_justification = MIN_JUSTIFICATION

    def __init__(
        self,
        rules: Rule,
        today: date,
        saved: Mapping[str, law.Answer],
        *args: Any,
        manifest: Manifest | None = None,
        **kwargs: Any,
    ) -> None:
        implied = facts(law.apply_manifest({}, manifest))
        super().__init__(rules, today, saved, *args, implied=implied, **kwargs)
        self.fields["signed_role"] = VisibleCharField(
            label="En quelle qualité répondez-vous ?",
            max_length=120,
            help_text="Votre nom et cette qualité restent avec ces réponses. Exemple : déléguée à la protection des données.",
            error_messages={"required": "Dites en quelle qualité vous répondez, par exemple « DPO »."},
        )

    def options(self, fact: Fact) -> Choices:
        return law.options(fact).items()

    def answers(self) -> dict[str, law.Answer]:
        """What was answered and worth asking."""
        return {
            key: law.Answer(answer=answer, justification=why)
            for key, (answer, why) in self.justified().items()
        }


class AssessmentForm(SectionForm):
    questionnaire, section = "system-rights", "points"


class CertificateForm(SectionForm):
    questionnaire, section = "system-certificate", "certificate"

    def arguments(self) -> dict[str, Any]:
        cleaned = dict(self.cleaned_data)
        return cleaned | {"day": cleaned.pop("date")}
