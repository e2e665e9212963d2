"""Result of a legal evaluation: class, reasons, dated duties, open questions. Always « indicatif »."""

from datetime import date
from enum import StrEnum

from .model import Provision, _Data, format_date

# From the least to the most demanding; « undetermined » has no rank: nothing may rely on it.
CLASSES: dict[str, str] = {
    "minimal": "risque minimal",
    "transparency": "obligation de transparence",
    "high": "haut risque",
    "prohibited": "usage interdit",
    "undetermined": "pas encore déterminée",
}
RANK = {"minimal": 0, "transparency": 1, "high": 2, "prohibited": 3}


class Status(StrEnum):
    """Status of a provision on the requested day."""

    IN_FORCE = "in_force"
    COMING = "coming"
    NOT_YET = "not_yet"  # not even published on that day
    ENDED = "ended"


def provision_status(provision: Provision, as_of: date) -> Status:
    calendar = provision.calendar(as_of)
    if calendar is None:
        return Status.NOT_YET
    if calendar.until is not None and as_of > calendar.until:
        return Status.ENDED
    return Status.IN_FORCE if calendar.applies_from <= as_of else Status.COMING


def describe_status(state: Status, applies_from: date | None) -> str:
    """The status in French."""
    if applies_from is None or state == Status.NOT_YET:
        return "pas encore publié à cette date"
    if state == Status.ENDED:
        return "n'est plus en vigueur"
    known = format_date(applies_from)
    return f"en vigueur depuis le {known}" if state == Status.IN_FORCE else f"à partir du {known}"


class Cited(_Data):
    """A cited article, its application date on the requested day, and where it was read."""

    article: str
    title: str
    applies_from: date | None
    status: Status
    text: str
    source: str
    url: str
    read_on: date

    @property
    def when(self) -> str:
        return describe_status(self.status, self.applies_from)


class Reason(_Data):
    """Reason of the class: the question, and the articles behind it. `by`: answer, purpose, or manifest."""

    question: str
    effect: str
    told: str
    by: str
    cited: tuple[Cited, ...]


class DutyDue(_Data):
    """A duty due by these answers. `yours`: the territory's; otherwise the provider's."""

    id: str
    text: str
    yours: bool
    cited: Cited

    @property
    def applies_from(self) -> date | None:
        return self.cited.applies_from

    @property
    def status(self) -> Status:
        return self.cited.status


class LegalResult(_Data):
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
        coming = [duty for duty in self.duties if duty.status == Status.COMING]
        return tuple(sorted(coming, key=lambda duty: duty.applies_from or date.max))

    @property
    def disclaimer(self) -> str:
        """Disclaimer printed under every result."""
        return (
            f"Indicatif, au {format_date(self.as_of)}, d'après les règles {self.rules_version}. "
            "Une personne compétente confirme ; la loi et le juge ont le dernier mot."
        )
