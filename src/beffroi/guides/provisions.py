"""Texts of law and their provisions: every calendar that was published, and which one counts as of a day.

In: a provision, its text, a day. Out: the provision as cited on that day: in force, coming, not yet published, or ended.
"""

from datetime import date
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from beffroi.text import long_date

from .model import ID, Data


class Text(Data):
    """A text of law. Its source and the day it was read are those of each provision without its own."""

    key: str = Field(pattern=ID)
    title: str = Field(min_length=5)
    reference: str = Field(min_length=5)
    source: str = Field(min_length=5)
    url: str = Field(pattern=r"^https://")
    read_on: date


class Calendar(Data):
    """Dates of application of a provision, according to a text published on that day."""

    published: date
    applies_from: date = Field(alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.until is not None and self.until < self.applies_from:
            raise ValueError("« until » précède « from »")
        return self


class Provision(Data):
    """One article, its content in plain French, and its calendars, oldest first. `kind`: « house » is no law, but prudence."""

    key: str = Field(pattern=ID)
    text: str = Field(pattern=ID)
    article: str = Field(min_length=5)
    title: str = Field(min_length=10)
    kind: Literal["law", "house"] = "law"
    dates: tuple[Calendar, ...] = Field(min_length=1)
    source: str = ""
    url: str | None = None
    read_on: date | None = None

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        published = [calendar.published for calendar in self.dates]
        if published != sorted(set(published)):
            raise ValueError("les calendriers doivent être rangés du plus ancien au plus récent")
        return self

    def calendar(self, day: date) -> Calendar | None:
        """Its calendar as known on that day; None when it was not published yet."""
        known = [calendar for calendar in self.dates if calendar.published <= day]
        return known[-1] if known else None

    def applies_from(self, day: date) -> date:
        """When it applies, as known on that day; the first of all days when it was not published yet."""
        calendar = self.calendar(day)
        return calendar.applies_from if calendar else date.min


class ProvisionStatus(StrEnum):
    """Where a provision stands on a day."""

    IN_FORCE = "in_force"
    COMING = "coming"
    NOT_YET = "not_yet"  # not even published on that day
    ENDED = "ended"


class Cited(Data):
    """A cited article, its date of application as known on a day, and where it was read."""

    article: str
    title: str
    applies_from: date | None
    status: ProvisionStatus
    text: str
    source: str
    url: str
    read_on: date

    @property
    def when(self) -> str:
        """Where it stands, in French."""
        if self.applies_from is None or self.status == ProvisionStatus.NOT_YET:
            return "pas encore publié à cette date"
        if self.status == ProvisionStatus.ENDED:
            return "n'est plus en vigueur"
        since = "en vigueur depuis le" if self.status == ProvisionStatus.IN_FORCE else "à partir du"
        return f"{since} {long_date(self.applies_from)}"

    @property
    def counts(self) -> bool:
        """Whether it is published and has not ended: nobody should begin what is about to be forbidden."""
        return self.status in (ProvisionStatus.IN_FORCE, ProvisionStatus.COMING)


def cite(provision: Provision, text: Text, day: date, *, not_before: date = date.min) -> Cited:
    """The provision as it stands on that day. `not_before`: a later date from which it applies in this case."""
    calendar = provision.calendar(day)
    status, applies_from = ProvisionStatus.NOT_YET, None
    if calendar is not None:
        applies_from = max(calendar.applies_from, not_before)
        status = ProvisionStatus.IN_FORCE if applies_from <= day else ProvisionStatus.COMING
        if calendar.until is not None and day > calendar.until:
            status = ProvisionStatus.ENDED
    return Cited(
        article=provision.article,
        title=provision.title,
        applies_from=applies_from,
        status=status,
        text=text.title,
        source=provision.source or text.source,
        url=text.url if provision.url is None else provision.url,
        read_on=provision.read_on or text.read_on,
    )
