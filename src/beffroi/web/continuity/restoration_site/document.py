"""Document of the restoration page: services and an append-only list of updates, the same on the platform and on the stick.

In: JSON that may be hostile. Out: a `Document`, its canonical bytes, its current states and its conflicts. Merging two documents
is the union by identifier. No Django here. Raises DocumentError in French.
"""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

FORMAT: Final = 1
MOST_BYTES: Final = 6_000_000
MOST_UPDATES: Final = 5_000
MOST_SERVICES: Final = 80
MOST_LANGUAGES: Final = 12
FRENCH: Final = "fr"
EASY_FRENCH: Final = "fr-x-facile"

type State = Literal["stopped", "degraded", "works"]
STATES: Final[dict[State, str]] = {
    "stopped": "Arrêté",
    "degraded": "Fonctionne autrement",
    "works": "Fonctionne",
}

# Control characters, lone surrogates and marks that turn the direction of a whole line: none has a place in a notice.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)


class DocumentError(Exception):
    """A document that is refused; the message is for the person."""


def _visible(text: str) -> str:
    if _UNWANTED.search(text):
        raise ValueError("contient des caractères invisibles")
    return text


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("n'est pas une date et une heure") from None
    if moment.tzinfo is None:
        raise ValueError("ne dit pas son fuseau horaire")
    if not 2000 <= moment.year <= 2100:
        raise ValueError("n'est pas une date vraisemblable")
    return text


def _uuid(text: str) -> str:
    try:
        same = str(UUID(text)) == text
    except ValueError:
        same = False
    if not same:
        raise ValueError("n'est pas un identifiant")
    return text


Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$", max_length=20)]
Identifier = Annotated[str, Field(max_length=36), AfterValidator(_uuid)]
Moment = Annotated[str, Field(max_length=40), AfterValidator(_moment)]


Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_visible)]
Line = Annotated[str, Field(max_length=120), AfterValidator(_visible)]
Text = Annotated[str, Field(max_length=1_500), AfterValidator(_visible)]
Names = Annotated[dict[Language, Name], Field(max_length=MOST_LANGUAGES)]
Texts = Annotated[dict[Language, Text], Field(max_length=MOST_LANGUAGES)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Place(_Model):
    """The territory whose page it is."""

    code: Line
    name: Name
    simulated: bool


class Service(_Model):
    """One service, named in French at least."""

    key: Key
    name: Names

    @field_validator("name")
    @classmethod
    def _in_french(cls, name: dict[str, str]) -> dict[str, str]:
        if FRENCH not in name:
            raise ValueError("il manque le nom en français")
        return name


class Update(_Model):
    """What was announced of one service at one moment. `after`: the updates of this service that it follows."""

    id: Identifier
    at: Moment
    service: Key
    state: State
    since: Moment | None = None
    text: Texts = Field(default_factory=dict)
    alternative: Texts = Field(default_factory=dict)
    next_news: Moment | None = None
    author: Line = ""
    origin: Literal["platform", "stick"] = "platform"
    after: Annotated[list[Identifier], Field(max_length=50)] = Field(default_factory=list)

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @property
    def order(self) -> tuple[float, str]:
        return self.moment.timestamp(), self.id


class Document(_Model):
    """The whole page, from its first update. `exercise`: it announces nothing true."""

    format: Literal[1] = FORMAT
    territory: Place
    document: Identifier
    title: Name
    languages: Annotated[list[Language], Field(min_length=1, max_length=MOST_LANGUAGES)]
    services: Annotated[list[Service], Field(max_length=MOST_SERVICES)]
    updates: Annotated[list[Update], Field(max_length=MOST_UPDATES)]
    exercise: bool = False

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        services = {each.key for each in self.services}
        found = {each.id: each for each in self.updates}
        if len(services) < len(self.services):
            raise ValueError("un service y figure deux fois")
        if len(found) < len(self.updates):
            raise ValueError("une annonce y figure deux fois")
        if FRENCH not in self.languages or len(set(self.languages)) < len(self.languages):
            raise ValueError("ses langues sont en double, ou le français manque")
        for update in self.updates:
            if update.service not in services:
                raise ValueError(f"une annonce porte sur un service inconnu ({update.service})")
            if any(one not in found or found[one].service != update.service for one in update.after):
                raise ValueError("une annonce en suit une autre qui n'existe pas, ou d'un autre service")
        if _has_circle(self.updates):
            raise ValueError("des annonces se suivent en rond")
        return self

    @property
    def changed_at(self) -> datetime | None:
        """When the last update was written."""
        return max((each.moment for each in self.updates), default=None)


def _has_circle(updates: Iterable[Update]) -> bool:
    waiting = {each.id: set(each.after) for each in updates}
    followers: dict[str, list[str]] = {}
    for one, before in waiting.items():
        for other in before:
            followers.setdefault(other, []).append(one)
    ready = [one for one, before in waiting.items() if not before]
    seen = 0
    while ready:
        one = ready.pop()
        seen += 1
        for follower in followers.get(one, ()):
            waiting[follower].discard(one)
            if not waiting[follower]:
                ready.append(follower)
    return seen < len(waiting)


def parse(content: bytes) -> Document:
    """The document of a file that anyone may have made. Raises DocumentError."""
    if len(content) > MOST_BYTES:
        raise DocumentError(
            f"Ce fichier dépasse {MOST_BYTES // 1_000_000} Mo : ce n'est pas l'état d'une page des habitants. Rien n'a été repris."
        )
    try:
        data = json.loads(
            content.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise DocumentError(
            "Ce fichier ne se lit pas : ce n'est pas un « etat.json », ou il est abîmé. Rien n'a été repris."
        ) from None
    return from_data(data)


def from_data(data: Any) -> Document:
    """The document of parsed JSON. Raises DocumentError."""
    if not isinstance(data, dict):
        raise DocumentError("Ce fichier n'est pas l'état d'une page des habitants. Rien n'a été repris.")
    if isinstance(updates := data.get("updates"), list) and len(updates) > MOST_UPDATES:
        raise DocumentError(f"Ce fichier porte plus de {MOST_UPDATES} annonces. Rien n'a été repris.")
    try:
        return Document.model_validate(data)
    except ValidationError as error:
        raise DocumentError(f"Ce fichier est refusé : {_reason(error)}. Rien n'a été repris.") from None


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:80]
    what = str(first.get("ctx", {}).get("error", "")) or "la valeur n'est pas celle attendue"
    return f"« {where} » : {what}" if where else what


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("doubled key")
    return made


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def canonical(document: Document) -> bytes:
    """The bytes that are signed: sorted keys, no spaces, UTF-8; services by key, updates by moment."""
    data = document.model_dump(exclude={"exercise"})
    if document.exercise:
        data["exercise"] = True
    data["services"] = sorted(data["services"], key=lambda each: each["key"])
    data["updates"] = [each.model_dump() for each in in_order(document.updates)]
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def in_order(updates: Iterable[Update]) -> list[Update]:
    """By moment, whatever the offset that it was written with."""
    return sorted(updates, key=lambda each: each.order)


def heads(document: Document) -> dict[str, list[Update]]:
    """By service, the updates that no other follows: one, or several where people wrote at the same time."""
    followed = {one for each in document.updates for one in each.after}
    found: dict[str, list[Update]] = {}
    for update in in_order(document.updates):
        if update.id not in followed:
            found.setdefault(update.service, []).append(update)
    return found


def old_languages(
    followed: Iterable[Update], part: Literal["text", "alternative"], texts: Texts
) -> list[str]:
    """Languages in which `texts` only repeats an announcement that it follows, whose French it does not repeat.

    Such a text is older than its French: it never goes out under the new date. Its twin is in `site-document.js`.
    """
    french = _words(texts.get(FRENCH, ""))
    before: list[dict[str, str]] = [getattr(each, part) for each in followed]
    found = []
    for language, text in texts.items():
        same = [
            _words(each.get(FRENCH, "")) for each in before if _words(each.get(language, "")) == _words(text)
        ]
        if language != FRENCH and text.strip() and same and french not in same:
            found.append(language)
    return found


def _words(text: str) -> str:
    """Without regard to spaces and ends of lines: they tell no other news."""
    return " ".join(text.split())


def current(document: Document) -> dict[str, Update]:
    """By service, its last update; of several that follow the same one, the latest."""
    return {service: last[-1] for service, last in heads(document).items()}


def conflicts(document: Document) -> dict[str, list[Update]]:
    """The services of which two updates or more wait for a choice."""
    return {service: last for service, last in heads(document).items() if len(last) > 1}


def merge(one: Document, other: Document) -> Document:
    """Both documents in one: the union by identifier; nothing is lost. Raises DocumentError when they cannot be the same page."""
    if (one.document, one.territory.code) != (
        other.document,
        other.territory.code,
    ) or one.exercise != other.exercise:
        raise DocumentError(
            "Cette histoire est celle d'une autre page : autre collectivité, autre document, ou exercice. Rien n'a été repris."
        )
    updates = {each.id: each for each in one.updates}
    for update in other.updates:
        if updates.setdefault(update.id, update) != update:
            raise DocumentError(
                "Une annonce de ce fichier porte le numéro d'une autre sans dire la même chose : l'un des deux a été modifié. "
                "Rien n'a été repris."
            )
    services = {each.key: each for each in one.services}
    for service in other.services:
        known = services.get(service.key)
        services[service.key] = service if known is None else _named(known, service)
    first, second = sorted((one, other), key=lambda each: (each.title, canonical(each)))
    return from_data(
        first.model_dump()
        | {
            "territory": min(first.territory, second.territory, key=str).model_dump(),
            "languages": _languages((*one.languages, *other.languages)),
            "services": [services[key].model_dump() for key in sorted(services)],
            "updates": [each.model_dump() for each in in_order(updates.values())],
        }
    )


def _named(one: Service, other: Service) -> Service:
    names = dict(one.name)
    for language, name in other.name.items():
        names[language] = min(names.get(language, name), name)
    return Service(key=one.key, name=dict(sorted(names.items())))


def _languages(languages: Iterable[str]) -> list[str]:
    found = set(languages)
    first = [each for each in (FRENCH, EASY_FRENCH) if each in found]
    return [*first, *sorted(found - set(first))]
