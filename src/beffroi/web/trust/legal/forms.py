"""What a person fills in about the law of a system: the questions by theme, the impact assessment, a certificate.

Questions come from the law's data. In comes what was posted; out go the answers that `services` judge.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.html import format_html

from beffroi.systems import law
from beffroi.systems.law.answers import MIN_JUSTIFICATION
from beffroi.systems.law.model import Theme
from beffroi.systems.manifest import Manifest
from beffroi.web.platform.forms import Day, Serving
from beffroi.web.ui.fields import VisibleCharField
from beffroi.web.ui.formats import spaced


class Maybe(forms.ChoiceField):
    """Shown as needed, for the gates need it; left empty, the question stays open."""

    def validate(self, value: Any) -> None:
        if value:
            super().validate(value)


class Words(VisibleCharField):
    """Shown as needed beside an answer, and judged with it by the service."""

    def validate(self, value: Any) -> None:
        """Nothing: the service knows whether it is needed."""


@dataclass(frozen=True)
class Row:
    """One question with its answer and its justification; `called_by`: identifiers of the lists that call for it."""

    question: law.Question
    answer: BoundField
    why: BoundField
    called_by: str
    open: bool


@dataclass(frozen=True)
class Section:
    """A theme of the page; `still`: how many of its questions wait for an answer; `answered`: whether one has an answer."""

    theme: Theme
    shared: BoundField
    rows: tuple[Row, ...]
    still: int
    answered: bool
    unfolded: bool


class AnswersForm(forms.Form):
    """Every question of the law, prefilled with the last answers; a sentence for a theme stands for its « non »."""

    use_required_attribute = False

    def __init__(
        self,
        rules: law.Rules,
        today: date,
        saved: Mapping[str, law.Answer],
        *args: Any,
        manifest: Manifest | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rules, self.saved, self.manifest = rules, saved, manifest
        self.called = {
            question.id for question in law.relevant_questions(rules, law.apply_manifest({}, manifest))
        }
        self.serving: dict[str, Serving] = {}
        self.still = {
            question.id for question in law.open_questions(rules, law.apply_manifest(saved, manifest))
        }
        for theme, questions in rules.by_theme():
            self.fields[f"t_{theme.id}"] = VisibleCharField(
                label=spaced("Une phrase pour tous les « non » de ce thème"),
                required=False,
                max_length=500,
                help_text=spaced(
                    "Elle sert de justification là où vous n'écrivez rien. Exemple : il ne traite que des "
                    "quantités par site, jamais des personnes."
                ),
            )
            for question in questions:
                self._add(question, today)
        self.fields["signed_role"] = VisibleCharField(
            label="En quelle qualité répondez-vous ?",
            max_length=120,
            help_text="Votre nom et cette qualité restent avec ces réponses. Exemple : déléguée à la protection des données.",
            error_messages={"required": "Dites en quelle qualité vous répondez, par exemple « DPO »."},
        )

    def _add(self, question: law.Question, today: date) -> None:
        saved_answer = self.saved.get(question.id)
        worded = spaced(self.rules.worded(question.text, today))
        self.fields[f"q_{question.id}"] = Maybe(
            label=worded,
            choices=[("", "Choisir une réponse"), *question.options],
            initial=saved_answer.answer if saved_answer else "",
            help_text=spaced(self.rules.worded(question.help, today)),
            error_messages={"invalid_choice": "Choisissez une des réponses proposées."},
        )
        self.fields[f"w_{question.id}"] = Words(
            label=format_html('Pourquoi<span class="visually-hidden"> : {}</span>', worded),
            max_length=2000,
            initial=saved_answer.justification if saved_answer else "",
            widget=forms.Textarea(attrs={"rows": 2}),
        )
        self.serving[f"w_{question.id}"] = Serving((f"q_{question.id}",))

    def themes(self) -> Iterator[Section]:
        """The page's sections, in order: unfolded where something is refused, and at the first that waits."""
        waiting = next((q.theme for q in self.rules.questions if q.id in self.still), "")
        for theme, questions in self.rules.by_theme():
            rows = tuple(self._row(question) for question in questions)
            refused = any(row.answer.errors or row.why.errors for row in rows)
            yield Section(
                theme=theme,
                shared=self[f"t_{theme.id}"],
                rows=rows,
                still=sum(row.open for row in rows),
                answered=any(row.question.id in self.saved for row in rows),
                unfolded=refused or (theme.id == waiting and not self.errors),
            )

    def _row(self, question: law.Question) -> Row:
        answer, why = self[f"q_{question.id}"], self[f"w_{question.id}"]
        asking = [] if answer.errors or why.errors else self._asking(question)
        return Row(
            question,
            answer,
            why,
            " ".join(self[f"q_{each.id}"].auto_id for each in asking),
            question.id in self.still,
        )

    def _asking(self, question: law.Question) -> list[law.Question]:
        """The questions of which a strict answer makes this one worth asking; none where the manifest does."""
        if question.id in self.called:
            return []
        named = {call for call in question.when if not call.startswith("group:")}
        groups = {call.removeprefix("group:") for call in question.when} - named
        return [each for each in self.rules.questions if each.id in named or each.group in groups]

    def answers(self) -> dict[str, law.Answer]:
        """What was answered and worth asking; a « non » without words of its own takes those of its theme."""
        answers: dict[str, law.Answer] = {}
        for question in self.rules.questions:
            answer = self.cleaned_data.get(f"q_{question.id}", "")
            if not answer:
                continue
            why = self.cleaned_data.get(f"w_{question.id}", "").strip()
            shared = self.cleaned_data.get(f"t_{question.theme}", "").strip()
            if not why and len(shared) >= MIN_JUSTIFICATION and self._ordinary(question, answer):
                why = shared
            answers[question.id] = law.Answer(answer=answer, justification=why)
        relevant = {
            question.id
            for question in law.relevant_questions(self.rules, law.apply_manifest(answers, self.manifest))
        }
        return {key: one for key, one in answers.items() if key in relevant}

    @staticmethod
    def _ordinary(question: law.Question, answer: str) -> bool:
        return answer not in (question.strictest, law.UNKNOWN)

    def refuse(self, errors: Mapping[str, str]) -> None:
        """Put the service's refusals beside their fields."""
        for key, message in errors.items():
            field = f"w_{key}" if f"w_{key}" in self.fields else None
            self.add_error(field, spaced(message))


class AssessmentForm(forms.Form):
    """The six points of the fundamental-rights impact assessment."""

    use_required_attribute = False

    def __init__(self, rules: law.Rules, saved: Mapping[str, str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in rules.assessment:
            self.fields[item.id] = Words(
                label=spaced(f"{item.point}) {item.title}"),
                max_length=5000,
                initial=saved.get(item.id, ""),
                help_text=spaced(f"{item.text} {item.help}"),
                widget=forms.Textarea(attrs={"rows": 4}),
            )


class CertificateForm(forms.Form):
    """What is written on a certificate, and where it can be read."""

    use_required_attribute = False

    text = VisibleCharField(
        label="Référence",
        max_length=300,
        help_text="Telle qu'elle figure sur le document. Exemple : certificat UE n° 2027-114.",
        error_messages={"required": "Écrivez la référence du certificat."},
    )
    body = VisibleCharField(
        label="Délivré par",
        max_length=200,
        help_text="L'organisme, pas le vendeur. Exemple : un organisme notifié.",
        error_messages={"required": "Dites quel organisme l'a délivré."},
    )
    date = Day(label="Délivré le", error_messages={"required": "Donnez la date du certificat."})
    url = VisibleCharField(
        label="Adresse où le lire",
        required=False,
        max_length=500,
        help_text="Exemple : https://exemple.fr/certificat.pdf",
    )
