"""Result of a legal evaluation: class, reasons, dated duties, open questions. Always « indicatif »."""

from datetime import date

from beffroi.guides.model import Data
from beffroi.guides.provisions import Cited, ProvisionStatus
from beffroi.text import long_date

# From the least to the most demanding; « undetermined » has no rank: nothing may rely on it.
CLASSES: dict[str, str] = {
    "minimal": "risque minimal",
    "transparency": "obligation de transparence",
    "high": "haut risque",
    "prohibited": "usage interdit",
    "undetermined": "pas encore déterminée",
}
RANK = {"minimal": 0, "transparency": 1, "high": 2, "prohibited": 3}


class Reason(Data):
    """Reason of the class: the question, and the articles behind it. `by`: answer, purpose, or manifest."""

    question: str
    effect: str
    told: str
    by: str
    cited: tuple[Cited, ...]


class DutyDue(Data):
    """A duty due by these answers. `yours`: the territory's; otherwise the provider's."""

    id: str
    text: str
    yours: bool
    cited: Cited

    @property
    def applies_from(self) -> date | None:
        return self.cited.applies_from

    @property
    def status(self) -> ProvisionStatus:
        return self.cited.status


class LegalResult(Data):
    """Result of an evaluation. `risk`: the class; `at_least`: the certain minimum. `refused`: national law or the CNIL do not allow the use.

    `published`: whether the European regulation was written on that day; before, « minimal » means that nothing classed it.
    """

    as_of: date
    rules_version: str
    risk: str
    at_least: str
    refused: bool
    exempted: bool
    reasons: tuple[Reason, ...]
    duties: tuple[DutyDue, ...]
    open_questions: tuple[str, ...]
    contradictions: tuple[str, ...]
    warnings: tuple[str, ...]
    published: bool = True

    @property
    def label(self) -> str:
        if not self.published and self.risk == "minimal":
            return "règlement pas encore publié à cette date"
        return CLASSES[self.risk]

    @property
    def closed(self) -> bool:
        """Whether the use is forbidden, with no possible override."""
        return self.refused or self.at_least == "prohibited"

    @property
    def settled(self) -> bool:
        """Whether every relevant question is answered."""
        return self.risk != "undetermined" and not self.open_questions

    @property
    def needs_file(self) -> bool:
        """Whether a fundamental-rights impact assessment and a certificate are required, by law or by the platform."""
        return self.at_least == "high"

    @property
    def fria_by_law(self) -> bool:
        return any(duty.id == "fria" for duty in self.duties)

    @property
    def registration(self) -> bool:
        """Whether it must be registered in the Union's database, by anyone."""
        return any(duty.id in ("registration", "exemption_registered") for duty in self.duties)

    @property
    def next_dates(self) -> tuple[DutyDue, ...]:
        """Duties due later, the soonest first."""
        coming = [duty for duty in self.duties if duty.status == ProvisionStatus.COMING]
        return tuple(sorted(coming, key=lambda duty: duty.applies_from or date.max))

    @property
    def disclaimer(self) -> str:
        """Disclaimer printed under every result."""
        return (
            f"Indicatif, au {long_date(self.as_of)}, d'après les règles {self.rules_version}. "
            "Une personne compétente confirme ; la loi et le juge ont le dernier mot."
        )
