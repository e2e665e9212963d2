"""Draft of a source, stored in the person's session between two screens: nothing exists before the last one.

In: the answers of each screen, as they were sent. Out: the form of a screen, what comes before and after it, and at the
end a `Settings`. A secret is sealed as soon as it is typed; the session holds nothing that can be read.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, cast

from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict

from beffroi.lake import sources as connectors
from beffroi.lake.sources import Offer, SourceError
from beffroi.web.platform.concurrency.middleware import release_slot
from beffroi.web.platform.models import Territory

from . import connections
from .fetch_schedules import Schedule
from .forms import (
    MODES,
    ClauseForm,
    DatasetForm,
    KindForm,
    ModeForm,
    OwnerForm,
    PromiseForm,
    RhythmForm,
    ScreenForm,
    TitleForm,
)
from .models import EXPECTED
from .place_forms import ALL, GrowingForm, OfferForm, PlaceForm, SecretForm
from .source_labels import DATABASES, HERE
from .source_registry import Settings

SCREENS: Final[dict[str, type[ScreenForm]]] = {
    "genre": KindForm,
    "lieu": PlaceForm,
    "acces": SecretForm,
    "essai": ScreenForm,
    "table": OfferForm,
    "suite": GrowingForm,
    "jeu": DatasetForm,
    "mode": ModeForm,
    "rythme": RhythmForm,
    "responsable": OwnerForm,
    "promesse": PromiseForm,
    "clause": ClauseForm,
    "verifier": TitleForm,
}
STAGES: Final = ("La source", "Ce qu'on y prend", "Où ranger", "Quand et qui", "Vérifier")
_STAGE: Final = {
    "genre": 1,
    "lieu": 1,
    "acces": 1,
    "essai": 1,
    "table": 2,
    "suite": 2,
    "jeu": 3,
    "mode": 3,
    "verifier": 5,
}
MOST_OFFERS: Final = 300
MOST_COLUMNS: Final = 200


class Draft:
    """The answers so far for one territory."""

    def __init__(self, session: SessionBase, territory: Territory) -> None:
        self._session, self._key = session, f"source-draft:{territory.pk}"
        self.territory = territory
        self.values: dict[str, Any] = session.get(self._key) or {"answers": {}}

    def keep(self) -> None:
        self._session[self._key] = self.values

    def forget(self) -> None:
        self._session.pop(self._key, None)

    @property
    def kind(self) -> str:
        return str(self.values.get("kind", ""))

    def screens(self) -> list[str]:
        """The screens of this kind, in order."""
        skipped = set()
        if self.kind == EXPECTED:
            skipped = {"lieu", "acces", "essai", "table", "suite", "rythme"}
        elif self.kind in HERE:
            skipped = {"acces"}
        if self.kind not in DATABASES or "upsert" not in MODES:
            skipped.add("suite")  # what is read again must be updated by key: added, it would count twice
        return [name for name in SCREENS if name not in skipped]

    def stage(self, screen: str) -> int:
        return _STAGE.get(screen, 4)

    def reachable(self, screen: str) -> str:
        """The screen itself, or the first before it that was not answered."""
        for name in self.screens():
            if name == screen or not self.answered(name):
                return name
        return "genre"

    def answered(self, screen: str) -> bool:
        if screen == "essai":
            return bool(self.values.get("offers"))
        return screen in self.values["answers"]

    def before(self, screen: str) -> str:
        screens = self.screens()
        return screens[max(0, screens.index(screen) - 1)]

    def after(self, screen: str) -> str:
        screens = self.screens()
        return screens[min(len(screens) - 1, screens.index(screen) + 1)]

    def form(self, screen: str, data: Any = None, initial: Mapping[str, Any] | None = None) -> ScreenForm:
        """The screen's form: what was just sent, else the earlier answers, else the proposal."""
        answers = self.values["answers"].get(screen)
        return SCREENS[screen](self.territory, self._context(), data, {**(initial or {}), **(answers or {})})

    def again(self, screen: str) -> ScreenForm:
        """The form of an answered screen, as sent: to be validated again."""
        sent = QueryDict(mutable=True)
        for name, value in self.values["answers"].get(screen, {}).items():
            sent.setlist(name, value if isinstance(value, list) else [value])
        return SCREENS[screen](self.territory, self._context(), sent)

    def _context(self) -> dict[str, Any]:
        growing = self.values["answers"].get("suite", {}).get("growing", "")
        values = {name: value for name, value in self.values.items() if name != "answers"}
        return {**values, "columns": self.columns(), "growing": growing}

    def take(self, screen: str, form: ScreenForm) -> None:
        """Store the answer of a screen; answers that it invalidates are dropped."""
        if screen == "acces":
            secret = cast("SecretForm", form).secret(connections.open_secret(self.values.get("sealed", "")))
            self.values["sealed"] = connections.seal_secret(secret)
            self.values["answers"][screen] = {"user": secret.user} if "user" in form.fields else {}
        else:
            answers = {name: form.data.get(name, "") for name in form.fields}
            changed = self.values["answers"].get(screen) != answers
            self.values["answers"][screen] = answers
            if screen == "genre" and changed:
                self._begin_again(form.cleaned_data["kind"], answers)
            if screen in ("table", "suite") and changed:
                for name in ("suite", "mode") if screen == "table" else ("mode",):
                    self.values["answers"].pop(name, None)
        if screen in ("genre", "lieu", "acces"):
            for name in ("offers", "said"):
                self.values.pop(name, None)
        self.keep()

    def _begin_again(self, kind: str, answers: dict[str, Any]) -> None:
        """Another kind is reached in another way; where the data go and when is still true."""
        lasting = {
            n: a for n, a in self.values["answers"].items() if n not in ("lieu", "acces", "table", "suite")
        }
        self.values = {"kind": kind, "answers": {**lasting, "genre": answers}}

    # What is there

    def try_out(self) -> str:
        """Call the source: what answered, in French. Raises SourceError, whose words are for the person."""
        spec, secret = self.spec(), connections.open_secret(self.values.get("sealed", ""))
        network = connections.network_for(self.territory, connections.TRY_SECONDS)
        self.values.pop("offers", None)
        with release_slot():
            spec = connectors.pin_host_key(spec, secret, network)
            message = connectors.check(spec, secret, network)
            offers = connectors.list_offers(spec, secret, network)
        if not offers:
            raise SourceError(
                f"{message} Mais il n'y a rien à reprendre là. Vérifiez l'adresse et les droits du compte."
            )
        self.values["learnt"] = connectors.dump(spec)
        self.values["offers"] = [_plain(offer) for offer in offers[:MOST_OFFERS]]
        self.values["said"] = message
        self.keep()
        return message

    def spec(self) -> connectors.Spec:
        """Where it is, from the second screen."""
        form = cast("PlaceForm", self.again("lieu"))
        if not form.is_valid():
            raise SourceError(
                "L'adresse de la source n'est plus complète. Revenez à l'étape « Où sont-elles ? »."
            )
        return form.spec

    def offer(self) -> dict[str, Any] | None:
        """What was chosen; None for all the files of a folder."""
        chosen = self.values["answers"].get("table", {}).get("offer", ALL)
        offers = self.values.get("offers", [])
        return offers[int(chosen)] if str(chosen).isdecimal() and int(chosen) < len(offers) else None

    def columns(self) -> list[dict[str, Any]]:
        offer = self.offer() if self.values.get("offers") else None
        return offer["columns"] if offer else []

    def final_spec(self) -> dict[str, Any]:
        if self.kind == EXPECTED:
            return {}
        values = dict(self.values.get("learnt") or connectors.dump(self.spec()))
        offer = self.offer()
        if offer is not None:
            values |= offer["fields"]
        if growing := self.values["answers"].get("suite", {}).get("growing"):
            values["cursor"] = growing
        return connectors.dump(connectors.parse(values))

    # The end

    def settings(self, title: str) -> tuple[Settings | None, str]:
        """All the settings, validated again; or the first screen that is no longer valid."""
        forms: dict[str, ScreenForm] = {}
        for name in self.screens():
            if name in ("acces", "essai", "verifier"):
                continue
            forms[name] = self.again(name)
            if not forms[name].is_valid():
                return None, name
        return assemble(title, forms), ""


def assemble(title: str, forms: Mapping[str, Any]) -> Settings:
    """The settings out of valid forms; an expected deposit has no rhythm of its own."""
    dataset, dataset_title = forms["jeu"].chosen()
    clause = forms["clause"].chosen()
    rhythm = forms.get("rythme")
    return Settings(
        title=title,
        dataset=dataset,
        dataset_title=dataset_title,
        mode=forms["mode"].cleaned_data["mode"],
        key=forms["mode"].chosen_key(),
        schedule=rhythm.schedule() if rhythm is not None else Schedule(),
        owner=forms["responsable"].cleaned_data["owner"],
        promise=forms["promesse"].chosen(clause.until),
        clause=clause,
    )


def _plain(offer: Offer) -> dict[str, Any]:
    fields = asdict(offer)
    fields["columns"] = [dict(column) for column in fields["columns"][:MOST_COLUMNS]]
    return {**fields, "fields": dict(offer.fields), "key": list(offer.key)}
