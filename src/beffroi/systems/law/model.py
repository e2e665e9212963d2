"""Schema of the legal data files: texts, provisions with their calendars, questions, duties, watched words.

In come the TOML files of this folder (or of another, for a test or a change under study); out goes one frozen `Rules`,
whose `version` is a content hash. The meaning of the law is in `evaluate`.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from beffroi.hashing import text_sha256
from beffroi.text import MONTHS

FOLDER = Path(__file__).parent
FILES = ("ai_act.toml", "national.toml", "terms.toml")
YES, NO, UNKNOWN = "yes", "no", "unknown"


class RulesError(ValueError):
    """Invalid legal data; the message is French and names the file or the line of it."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Calendar(_Data):
    """Application dates of a provision, according to a text published on that day."""

    published: date
    applies_from: date = Field(alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Calendar":
        if self.until is not None and self.until < self.applies_from:
            raise ValueError("« until » précède « from »")
        return self


class Provision(_Data):
    """One article, its content in plain French, its calendars (oldest first), where and when it was read."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    article: str = Field(min_length=5)
    title: str = Field(min_length=10)
    kind: Literal["law", "house"] = "law"
    dates: tuple[Calendar, ...] = Field(min_length=1)
    source: str = Field(min_length=5)
    url: str
    read_on: date
    text: str

    @model_validator(mode="after")
    def _oldest_first(self) -> "Provision":
        published = [calendar.published for calendar in self.dates]
        if published != sorted(set(published)):
            raise ValueError("les calendriers doivent être rangés du plus ancien au plus récent")
        return self

    def calendar(self, as_of: date) -> Calendar | None:
        """Its calendar as known on that day; None when it was not published yet."""
        known = [calendar for calendar in self.dates if calendar.published <= as_of]
        return known[-1] if known else None


class Text(_Data):
    """The text that a file describes; its source and date apply to each provision without its own."""

    id: str
    title: str
    reference: str
    source: str
    url: str
    read_on: date


class Theme(_Data):
    id: str
    title: str
    description: str = Field(alias="says")


class Choice(_Data):
    """One answer of a question that has more than yes and no. `strict`: the most demanding one."""

    key: str
    label: str
    strict: bool = False


class Group(_Data):
    """A list of the law to which questions belong (annex III), and the provision that dates it."""

    id: str
    provision: str


Effect = Literal["prohibited", "refused", "high", "transparency", "exempts", "delays", "role", "fact"]


class Question(_Data):
    """One question. `strict`: the most demanding answer; `when`: the conditions that make it relevant."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    theme: str
    effect: Effect
    provisions: tuple[str, ...] = Field(min_length=1)
    text: str = Field(min_length=20)
    help: str = Field(min_length=20)
    group: str = ""
    strict: Literal["yes", "no"] = "yes"
    when: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """Every answer a person may give, and its label."""
        own = [(choice.key, choice.label) for choice in self.choices] or [(YES, "oui"), (NO, "non")]
        return (*own, (UNKNOWN, "ne sait pas"))

    @property
    def strictest(self) -> str:
        """Key of the most demanding answer."""
        return next((choice.key for choice in self.choices if choice.strict), self.strict)


class Duty(_Data):
    """One duty. `if_any`: questions or groups that trigger it (none: always); `but_for`: questions of the group
    that do not; `legacy`: the question whose « oui » moves its date to that of the question's own provision."""

    id: str
    provision: str
    who: Literal["provider", "deployer", "both"]
    text: str = Field(min_length=20)
    if_any: tuple[str, ...] = ()
    but_for: tuple[str, ...] = ()
    legacy: str = ""


class Exemption(_Data):
    """Exemption from a group: question `by` answered with a narrow task, unless question `unless` is « oui »."""

    group: str
    by: str
    unless: str
    provision: str


class Term(_Data):
    """Words of a purpose that trigger a question. `plain`: they name the forbidden use by themselves."""

    question: str
    words: tuple[str, ...]
    plain: bool = False


class AssessmentItem(_Data):
    """One point of the fundamental-rights impact assessment (article 27, paragraph 1)."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    point: str
    title: str
    text: str = Field(min_length=20)
    help: str = Field(min_length=20)


class Rules(_Data):
    """All rules of the data files. Identifiers are unique over all the files."""

    texts: tuple[Text, ...]
    provisions: tuple[Provision, ...]
    themes: tuple[Theme, ...]
    groups: tuple[Group, ...]
    questions: tuple[Question, ...]
    duties: tuple[Duty, ...]
    exemption: Exemption
    terms: tuple[Term, ...]
    assessment: tuple[AssessmentItem, ...]

    @property
    def version(self) -> str:
        """Content hash of the rules: unchanged when a file is only reformatted."""
        return text_sha256(self.model_dump_json(by_alias=True))[:16]

    def provision(self, key: str) -> Provision:
        return next(provision for provision in self.provisions if provision.id == key)

    def question(self, key: str) -> Question | None:
        return next((question for question in self.questions if question.id == key), None)

    def of(self, *effects: str) -> tuple[Question, ...]:
        """The questions that have one of these effects, in the files' order."""
        return tuple(question for question in self.questions if question.effect in effects)

    def by_theme(self) -> Iterator[tuple[Theme, tuple[Question, ...]]]:
        for theme in self.themes:
            yield theme, tuple(question for question in self.questions if question.theme == theme.id)

    def worded(self, text: str, as_of: date) -> str:
        """The text of a question with its « {date art6-2} » written out as that day's calendar has them."""

        def written(found: re.Match[str]) -> str:
            calendar = self.provision(found[1]).calendar(as_of)
            return format_date(calendar.applies_from) if calendar else "(date à venir)"

        return re.sub(r"\{date ([a-z0-9-]+)\}", written, text)

    @model_validator(mode="after")
    def _check_references(self) -> "Rules":
        _reject_duplicates("dispositions", [p.id for p in self.provisions])
        _reject_duplicates("questions", [q.id for q in self.questions])
        _reject_duplicates("obligations", [d.id for d in self.duties])
        _reject_duplicates("points", [item.id for item in self.assessment])
        provisions, questions = {p.id for p in self.provisions}, {q.id for q in self.questions}
        groups, themes = {g.id for g in self.groups}, {t.id for t in self.themes}
        tokens = questions | {f"group:{group}" for group in groups} | {"exempted"}
        named: list[tuple[str, str, set[str]]] = []
        for q in self.questions:
            named += [(q.id, p, provisions) for p in q.provisions] + [(q.id, t, tokens) for t in q.when]
            named += [(q.id, q.theme, themes)] + ([(q.id, q.group, groups)] if q.effect == "high" else [])
            named += [
                (q.id, p, provisions) for p in re.findall(r"\{date ([a-z0-9-]+)\}", q.text + " " + q.help)
            ]
        for d in self.duties:
            named += [(d.id, d.provision, provisions), *((d.id, t, tokens) for t in d.if_any)]
            named += [(d.id, t, questions) for t in (*d.but_for, *filter(None, [d.legacy]))]
        named += [(g.id, g.provision, provisions) for g in self.groups]
        named += [("mots", t.question, questions) for t in self.terms]
        way_out = self.exemption
        named += [("exemption", way_out.group, groups), ("exemption", way_out.provision, provisions)]
        named += [("exemption", key, questions) for key in (way_out.by, way_out.unless)]
        unknown = [f"« {where} » nomme « {what} »" for where, what, known in named if what not in known]
        if unknown:
            raise ValueError(f"renvoi(s) vers rien : {', '.join(unknown)}")
        return self


def _reject_duplicates(what: str, ids: list[str]) -> None:
    doubles = sorted({each for each in ids if ids.count(each) > 1})
    if doubles:
        raise ValueError(f"{what} en double : {', '.join(doubles)}")


def format_date(day: date) -> str:
    """« 2 décembre 2027 », « 1er juin 2019 »."""
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


@lru_cache(maxsize=8)
def load_rules(folder: Path = FOLDER) -> Rules:
    """The rules in this folder. Raises RulesError."""
    joined: dict[str, Any] = {}
    for name in FILES:
        try:
            data = tomllib.loads((folder / name).read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise RulesError(f"Le fichier de droit « {name} » ne se lit pas : {error}.") from error
        text = data.get("text", {})
        if text:
            joined.setdefault("texts", []).append(text)
        inherited = {"source": text.get("source"), "url": text.get("url"), "read_on": text.get("read_on")}
        for provision in data.get("provision", []):
            joined.setdefault("provisions", []).append(
                inherited | {"text": text.get("title", "")} | provision
            )
        for key, many in _LISTS.items():
            joined.setdefault(many, []).extend(data.get(key, []))
        if "exemption" in data:
            joined["exemption"] = data["exemption"]
    try:
        # Through JSON: there, strictness means types, not that a list is no tuple.
        return Rules.model_validate_json(json.dumps(joined, default=date.isoformat))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RulesError(f"Les données de droit ne se tiennent pas ({where}) : {first['msg']}.") from error


_LISTS = {
    "theme": "themes",
    "group": "groups",
    "question": "questions",
    "duty": "duties",
    "term": "terms",
    "assessment": "assessment",
}
