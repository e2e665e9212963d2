"""The forms by which a person turns a confirmed error into a rule, a label or a regression case of a system.

What is typed becomes a value of the right kind here: that of the proposal's own evidence, or of the manifest's column.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from beffroi.systems import registry
from beffroi.web.ui.fields import VisibleCharField, decimal_input

from .corrections import ACTIONS
from .evidence import describe_key
from .models import Proposal
from .notices import Notice, notice_for

OWN = {"subject": "Objet de la proposition", "case": "Dossier"}
_NUMBER = decimal_input(8)
_WRONG = {"invalid": "Écrivez un nombre en chiffres, par exemple 95 ou 95,5."}


def named(key: str, notice: Notice) -> str:
    """What a rule looks at, for people."""
    if key == "place":
        return notice.place_word.capitalize()
    return OWN.get(key) or describe_key(key, notice.evidence).label


def _reason() -> forms.CharField:
    return VisibleCharField(
        label="Pourquoi",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Gardé avec la correction, sans nommer personne.",
        error_messages={"required": "Dites pourquoi, en une phrase."},
    )


def _typed(text: str, like: Any) -> Any:
    """The text as a value of the kind of `like`. Raises ValidationError."""
    text = text.strip()
    if isinstance(like, bool):
        if text.lower() not in ("oui", "non"):
            raise forms.ValidationError("Écrivez oui ou non.")
        return text.lower() == "oui"
    if isinstance(like, int | float):
        return _number(text)
    return text


def _number(text: str, *, whole: bool = False) -> float | int:
    """A finite number, written the French way or not; `whole`: kept exact, and refused with decimals."""
    try:
        exact = Decimal("".join(text.split()).replace(",", "."))
    except InvalidOperation as error:
        raise forms.ValidationError("Écrivez un nombre en chiffres.") from error
    if not exact.is_finite():
        raise forms.ValidationError("Écrivez un nombre en chiffres.")
    if abs(exact) >= 2**63:
        raise forms.ValidationError("Ce nombre est trop grand. Vérifiez-le.")
    if whole and exact != exact.to_integral_value():
        raise forms.ValidationError(
            "Cette colonne compte des unités : écrivez un nombre entier, sans virgule."
        )
    return int(exact) if whole else float(exact)


def _day(text: str) -> str:
    """As the data are read: « 2026-10-05 »."""
    text = text.strip()
    try:
        day = datetime.strptime(text, "%d/%m/%Y").date() if "/" in text else date.fromisoformat(text)
    except ValueError as error:
        raise forms.ValidationError("Écrivez une date, par exemple 05/10/2026.") from error
    return day.isoformat()


def _of_column(text: str, kind: str) -> Any:
    """The text as a value of a column of the manifest. Raises ValidationError."""
    match kind:
        case "integer":
            return _number(text, whole=True)
        case "date":
            return _day(text)
    return _typed(text, _LIKE.get(kind))


def _facts(proposal: Proposal) -> dict[str, Any]:
    """What a rule may look at: the proposal's own facts, plain values only."""
    day = proposal.due.isoformat() if proposal.due else ""
    own = {"subject": proposal.subject, "place": proposal.place, "case": proposal.case, "day": day}
    plain = {k: v for k, v in proposal.evidence.items() if isinstance(v, str | int | float | bool)}
    return plain | {k: v for k, v in own.items() if v}


class RuleForm(forms.Form):
    """Where a rule applies, and what it does."""

    use_required_attribute = False

    where_key = forms.ChoiceField(
        label="Quand…", error_messages={"required": "Choisissez à quoi la règle tient."}
    )
    where_value = VisibleCharField(
        label="… vaut exactement", max_length=300, error_messages={"required": "Donnez la valeur exacte."}
    )
    action = forms.ChoiceField(
        label="Alors, le système doit",
        choices=list(ACTIONS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez ce que fait la règle."},
    )
    value = forms.FloatField(
        label="Valeur", required=False, localize=True, widget=_NUMBER, error_messages=_WRONG,
        help_text="Vide pour « ne jamais proposer ».",
    )  # fmt: skip
    reason = _reason()

    def __init__(self, *args: Any, proposal: Proposal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.facts = _facts(proposal)
        notice = notice_for(proposal.territory, proposal.system)
        choice: Any = self.fields["where_key"]
        choice.choices = [(key, f"{named(key, notice)} (ici : {value})") for key, value in self.facts.items()]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("where_key") and cleaned.get("where_value"):
            try:
                cleaned["where"] = {
                    cleaned["where_key"]: _typed(cleaned["where_value"], self.facts[cleaned["where_key"]])
                }
            except forms.ValidationError as error:
                self.add_error("where_value", error)
        return cleaned


@dataclass(frozen=True)
class Column:
    """One column of the manifest, as a form names it: « attendance.meals »."""

    name: str
    label: str
    type: str


def columns_of(system: str) -> list[Column]:
    """The declared columns of a system; none when it is not installed here."""
    try:
        manifest = registry.get(system).manifest
    except registry.UnknownSystem:
        return []
    return [
        Column(f"{schema.name}.{need.name}", f"{schema.title} : {need.display_name}", need.type)
        for schema in manifest.inputs
        for need in schema.columns
    ]


_LIKE: dict[str, Any] = {"number": 0.0, "boolean": True}


class LabelForm(forms.Form):
    """The true value of a column, for the rows that one or two keys name."""

    use_required_attribute = False

    column = forms.ChoiceField(
        label="Colonne à corriger", error_messages={"required": "Choisissez la colonne."}
    )
    value = VisibleCharField(label="Vraie valeur", max_length=300, error_messages={"required": "Donnez-la."})
    key = forms.ChoiceField(label="Sur les lignes où", error_messages={"required": "Choisissez une colonne."})
    key_value = VisibleCharField(
        label="vaut", max_length=300, error_messages={"required": "Donnez la valeur."}
    )
    other = forms.ChoiceField(label="et où", required=False)
    other_value = VisibleCharField(label="vaut aussi", required=False, max_length=300)
    reason = _reason()

    def __init__(self, *args: Any, system: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = {column.name: column for column in columns_of(system)}
        for name in ("column", "key", "other"):
            choice: Any = self.fields[name]
            blank = [("", "Rien de plus")] if name == "other" else []
            choice.choices = blank + [(c.name, c.label) for c in self.columns.values()]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        input_name, _, column = cleaned["column"].partition(".")
        keys = {}
        for name in ("key", "other"):
            if not cleaned[name]:
                continue
            table, _, key = cleaned[name].partition(".")
            if table != input_name:
                self.add_error(name, "Choisissez une colonne de la même table.")
            else:
                self._take(keys, key, name, cleaned)
        corrected: dict[str, Any] = {}
        self._take(corrected, column, "column", cleaned, "value")
        return cleaned | {"input": input_name, "keys": keys, "name": column, "typed": corrected.get(column)}

    def _take(
        self, into: dict[str, Any], column: str, field: str, cleaned: dict[str, Any], value: str = ""
    ) -> None:
        value = value or f"{field}_value"
        try:
            into[column] = _of_column(cleaned[value], self.columns[cleaned[field]].type)
        except forms.ValidationError as error:
            self.add_error(value, error)


class RegressionForm(forms.Form):
    """What the contested case must give from now on."""

    use_required_attribute = False

    low = forms.FloatField(
        label="Au moins", required=False, localize=True, widget=_NUMBER, error_messages=_WRONG
    )
    high = forms.FloatField(
        label="Au plus", required=False, localize=True, widget=_NUMBER, error_messages=_WRONG,
        help_text="Laissez les deux vides si ce cas ne doit plus être proposé.",
    )  # fmt: skip


class WithdrawCaseForm(forms.Form):
    """Which case is withdrawn, and why."""

    use_required_attribute = False

    case = forms.IntegerField(widget=forms.HiddenInput)
    reason = _reason()


class WithdrawForm(forms.Form):
    """Which correction is withdrawn, and why."""

    use_required_attribute = False

    correction = forms.IntegerField(widget=forms.HiddenInput)
    reason = _reason()
