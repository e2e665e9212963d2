"""Rules: facts asked for, the statuses that they bring, what is then due, and the dated provisions of the texts behind.

In: a TOML file. Out: a frozen `Rule`; what facts make of it on a day is in `rule`.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final, Literal

from pydantic import Field

from beffroi.text import long_date

from .conditions import Condition, conditions_of, unknown_questions
from .model import ID, KEY, Data, Guide, doubled, unknown
from .provisions import Cited, Provision, Text, cite
from .questions import CHOSEN, Question, late_conditions

_DATE: Final = re.compile(r"\{date ([a-z0-9_-]+)\}")


class Edition(Data):
    """State of a text from a day on: a bill, promulgated, in force, repealed."""

    since: date
    state: Literal["bill", "promulgated", "in_force", "repealed"]
    title: str = Field(min_length=5)
    url: str = Field(pattern=r"^https://")
    read_on: date


class Theme(Data):
    """A heading under which facts are asked for."""

    key: str = Field(pattern=ID)
    title: str = Field(min_length=2)
    lead: str = ""


class Fact(Question):
    """A fact asked for. `strict`: its most demanding answer, which brings the status `brings` under `provisions`.

    `group`: the list of the text to which it belongs.
    """

    theme: str = ""
    group: str = ""
    brings: str = ""
    strict: str = "yes"
    provisions: tuple[str, ...] = ()


class Group(Data):
    """A list of a text, dated by its provision. In conditions it is a fact: « yes » as soon as one of its facts holds."""

    key: str = Field(pattern=KEY)
    provision: str


class Exemption(Data):
    """What spares the facts of a group: they bring no status and their duties fall. In conditions it is a fact too."""

    key: str = Field(pattern=KEY)
    group: str
    provision: str
    when: tuple[Condition, ...] = Field(min_length=1)


class Party(Data):
    """Who owes some duties, and the facts of which one at least says that it is you; not knowing says so too."""

    key: str = Field(pattern=KEY)
    facts: tuple[str, ...] = Field(min_length=1)


class Term(Data):
    """Words of a description that open a fact. `plain`: they say by themselves what the fact asks."""

    fact: str
    words: tuple[str, ...] = Field(min_length=1)
    plain: bool = False


class Status(Data):
    """A status that facts may bring, the strongest first in the rule. `article`: the place in the text.

    `parallel`: it comes with another status and never takes its place.
    """

    key: str = Field(pattern=KEY)
    title: str = Field(min_length=5)
    when: tuple[Condition, ...] = ()
    reason: str = Field(min_length=10)
    article: str = ""
    parallel: bool = False


class Duty(Data):
    """What is due under some statuses. `delay_days`: after the status begins; `proof`: what shows that it was done.

    `provision`: what dates it; `called_by`: the facts, groups or exemptions of which one must hold, `except_for`: the facts
    of a group that do not call for it; `delayed_by`: the fact whose ordinary answer moves it to the date of its provision.
    """

    key: str = Field(pattern=KEY)
    text: str = Field(min_length=15)
    statuses: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    article: str = ""
    proof: str = ""
    delay_days: int | None = Field(default=None, ge=0)
    who: str = ""
    provision: str = ""
    called_by: tuple[str, ...] = ()
    except_for: tuple[str, ...] = ()
    delayed_by: str = ""


class SameLaw(Data):
    """A former version that says the same law in another form as `version`: what was answered under it holds."""

    version: str
    former: str


class Rule(Guide):
    editions: tuple[Edition, ...] = Field(min_length=1)
    texts: tuple[Text, ...] = ()
    provisions: tuple[Provision, ...] = ()
    themes: tuple[Theme, ...] = ()
    groups: tuple[Group, ...] = ()
    facts: tuple[Fact, ...] = Field(min_length=1)
    exemptions: tuple[Exemption, ...] = ()
    parties: tuple[Party, ...] = ()
    statuses: tuple[Status, ...] = Field(min_length=2)
    duties: tuple[Duty, ...] = ()
    terms: tuple[Term, ...] = ()
    same_law: tuple[SameLaw, ...] = Field(default=(), exclude=True)

    def provision(self, key: str) -> Provision:
        return next(provision for provision in self.provisions if provision.key == key)

    def cited(self, key: str, day: date, *, not_before: date = date.min) -> Cited:
        """A provision as it stands on that day. `not_before`: a later date from which it applies in this case."""
        provision = self.provision(key)
        text = next(text for text in self.texts if text.key == provision.text)
        return cite(provision, text, day, not_before=not_before)

    def fact(self, key: str) -> Fact | None:
        return next((fact for fact in self.facts if fact.key == key), None)

    def by_theme(self) -> Iterator[tuple[Theme, tuple[Fact, ...]]]:
        """The facts under each heading, in the order of the headings."""
        for theme in self.themes:
            yield theme, tuple(fact for fact in self.facts if fact.theme == theme.key)

    def text_on(self, day: date) -> Edition | None:
        """The state of its text known on that day; None before the first."""
        known = [edition for edition in self.editions if edition.since <= day]
        return known[-1] if known else None

    def worded(self, text: str, day: date) -> str:
        """The words of a question with its « {date art6-2} » written out as that day's calendar has them."""

        def written(found: re.Match[str]) -> str:
            calendar = self.provision(found[1]).calendar(day)
            return long_date(calendar.applies_from) if calendar else "(date à venir)"

        return _DATE.sub(written, text)

    def is_same_law_as(self, version: str) -> bool:
        """Whether what was answered under this version still holds."""
        former = {same.former for same in self.same_law if same.version == self.version}
        return version == self.version or version in former

    def derived(self) -> set[str]:
        """What conditions may name as a fact and nobody is asked: groups and exemptions."""
        return {group.key for group in self.groups} | {each.key for each in self.exemptions}

    def dated(self) -> tuple[Group | Exemption | Duty, ...]:
        """What a provision dates."""
        return (*self.groups, *self.exemptions, *self.duties)

    def conditions(self) -> list[tuple[str, Condition]]:
        return conditions_of(self.facts, self.exemptions, self.statuses, self.duties)

    def reference_faults(self) -> list[str]:
        facts = {fact.key for fact in self.facts} | self.derived()
        faults = doubled({
            "dispositions": self.provisions, "faits, groupes et exemptions": (*self.facts, *self.groups, *self.exemptions),
            "statuts": self.statuses, "obligations": self.duties,
        })  # fmt: skip
        faults += unknown_questions("le fait", self.conditions(), facts)
        faults += late_conditions(self.facts, {each.key: [fact.key for fact in self.facts if fact.group == each.key]
                                               for each in self.groups})  # fmt: skip
        faults += unknown(self._names())
        faults += [
            f"« {fact.key} » : sa réponse la plus stricte, « {fact.strict} », n'est pas une de ses réponses"
            for fact in self.facts
            if (fact.brings or fact.group)
            and (fact.kind not in CHOSEN or fact.strict not in {choice.key for choice in fact.options})
        ]
        faults += [
            f"« {duty.key} » est retardée par « {duty.delayed_by} », qui n'a pas de disposition"
            for duty in self.duties
            if (fact := self.fact(duty.delayed_by)) and not fact.provisions
        ]
        if self.statuses[-1].when:
            faults.append("le dernier statut, celui de tous les autres cas, n'a pas de condition")
        days = [edition.since for edition in self.editions]
        if days != sorted(set(days)):
            faults.append("les éditions vont de la plus ancienne à la plus récente")
        return faults

    def _names(self) -> Iterator[tuple[str, str, str, set[str]]]:
        """Everything that the content names: where, what kind of thing, its key, and the keys that there are."""
        provisions, facts = {p.key for p in self.provisions}, {f.key for f in self.facts}
        groups, statuses = {g.key for g in self.groups}, {s.key for s in self.statuses}
        texts = {text.key for text in self.texts}
        yield from ((each.key, "le texte", each.text, texts) for each in self.provisions)
        for fact in self.facts:
            dated = _DATE.findall(f"{fact.label} {fact.help}")
            yield from ((fact.key, "la disposition", key, provisions) for key in (*fact.provisions, *dated))
            yield fact.key, "le statut", fact.brings, statuses
            yield fact.key, "le groupe", fact.group, groups
            yield fact.key, "le thème", fact.theme, {theme.key for theme in self.themes}
        yield from ((each.key, "la disposition", each.provision, provisions) for each in self.dated())
        yield from ((each.key, "le groupe", each.group, groups) for each in self.exemptions)
        yield from ((each.key, "le fait", key, facts) for each in self.parties for key in each.facts)
        yield from (("mots", "le fait", term.fact, facts) for term in self.terms)
        for duty in self.duties:
            yield from ((duty.key, "le statut", key, statuses) for key in duty.statuses)
            yield from ((duty.key, "le fait", key, facts) for key in (*duty.except_for, duty.delayed_by))
            yield from ((duty.key, "le fait", key, facts | self.derived()) for key in duty.called_by)
