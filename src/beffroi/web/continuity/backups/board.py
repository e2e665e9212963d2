"""The 3-2-1 board: a line a system, worst first. A backup that nobody restored is never « prouvée ».

In: a territory. Out: lines for the page, the exports, the home and other rooms. Only copies that are known, whole and recent count.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.db.models import Max, OuterRef, Q, Subquery
from django.utils import timezone

from beffroi.web.platform.models import Territory

from ..models import BackupCopy, RestoreProof
from .staleness import age_of, is_a_day, is_stale, limit_of
from .systems import System, systems_of

SILENT: Final = timedelta(hours=48)
"""A copy that could not be read for so long is unknown."""


class State(StrEnum):
    """States, the worst first."""

    DAMAGED = "abîmée"
    TOO_OLD = "trop vieille"
    UNKNOWN = "inconnue"
    NEVER = "sauvegardée, jamais restaurée"
    LAPSED = "sauvegardée, preuve trop ancienne"
    PROVEN = "prouvée"

    @property
    def rank(self) -> int:
        return list(State).index(self)

    @property
    def look(self) -> str:
        return "good" if self is State.PROVEN else "danger" if self.rank < 2 else "warn"


@dataclass(frozen=True)
class CopyLine:
    """A copy and what is known of it. `age`: hours since its last backup; `limit`: hours that it may have."""

    copy: BackupCopy
    state: State
    age: float | None
    limit: float
    proved_at: datetime | None
    proved_by: str

    @property
    def is_a_day(self) -> bool:
        """Whether a person said the day of its last backup, and nobody its hour."""
        seen = self.copy.last_backup_at
        return seen is not None and is_a_day(seen)

    @property
    def counts(self) -> bool:
        """Whether it would serve today: seen, whole, recent."""
        return self.state in (State.NEVER, State.LAPSED, State.PROVEN)


@dataclass(frozen=True)
class BoardLine:
    """A system: three copies with the original, two media, one elsewhere, one offline; its age, its last proof."""

    system: System
    copies: tuple[CopyLine, ...]
    state: State
    age: float | None
    proved_at: datetime | None
    proved_by: str

    @property
    def newest(self) -> CopyLine | None:
        """The copy whose age is that of the system."""
        return next((line for line in self.copies if line.age is not None and line.age == self.age), None)

    @property
    def good(self) -> list[BackupCopy]:
        return [line.copy for line in self.copies if line.counts]

    @property
    def three(self) -> bool:
        """Two copies beside the original."""
        return len(self.good) >= 2

    @property
    def two_media(self) -> bool:
        return len({copy.medium for copy in self.good}) >= 2

    @property
    def off_site(self) -> bool:
        return any(copy.place == BackupCopy.Place.OFF_SITE for copy in self.good)

    @property
    def offline(self) -> bool:
        return any(copy.offline for copy in self.good)

    @property
    def rules(self) -> list[tuple[str, bool]]:
        return [
            ("Trois copies, l'original compris", self.three),
            ("Deux supports différents", self.two_media),
            ("Une copie ailleurs", self.off_site),
            ("Une copie hors ligne", self.offline),
        ]

    @property
    def reason(self) -> str:
        """The one thing to know, in a sentence."""
        worst = min(self.copies, key=lambda line: line.state.rank, default=None)
        if worst is None:
            return "Aucune copie n'est déclarée."
        if self.state is State.DAMAGED:
            return f"L'essai de « {worst.copy} » a échoué."
        if self.state is State.TOO_OLD:
            return f"La dernière sauvegarde de « {worst.copy} » dépasse son âge limite."
        if self.state is State.UNKNOWN:
            return worst.copy.trouble or "Aucune sauvegarde n'a encore été vue."
        if self.state is State.NEVER:
            return "Personne n'a encore prouvé qu'elle se restaure."
        if self.state is State.LAPSED:
            return f"Le dernier essai a plus de {self.system.proof_days} jours."
        missing = [label for label, there in self.rules if not there]
        return f"Il manque : {missing[0].lower()}." if missing else "Rien ne manque."


def lines(territory: Territory) -> list[BoardLine]:
    """Every system, worst first."""
    now = timezone.now()
    by_entry: dict[int, list[BackupCopy]] = defaultdict(list)
    for copy in copies_of(territory):
        by_entry[copy.entry_id].append(copy)
    found = [line_of(system, by_entry[system.entry.pk], now) for system in systems_of(territory)]
    return sorted(found, key=lambda line: (line.state.rank, line.system.name.casefold()))


def copies_of(territory: Territory) -> Any:
    """Copies that are followed, with `proved_at` and `proved_by`: their last restore that went well."""
    proofs = RestoreProof.objects.of(territory).filter(copy=OuterRef("pk"), ok=True).order_by("-at", "-pk")
    return (
        BackupCopy.objects.of(territory)
        .filter(withdrawn_at=None)
        .annotate(
            proved_at=Max("proofs__at", filter=Q(proofs__ok=True)),
            proved_by=Subquery(proofs.values("origin")[:1]),
        )
    )


def line_of(system: System, copies: Sequence[BackupCopy], now: datetime) -> BoardLine:
    """The line of a system; `copies`: of `copies_of`."""
    found = tuple(
        sorted((_copy_line(copy, system, now) for copy in copies), key=lambda line: line.state.rank)
    )
    ages = [line.age for line in found if line.age is not None and line.state is not State.DAMAGED]
    proved = max((line for line in found if line.proved_at), key=lambda line: line.proved_at, default=None)  # type: ignore[arg-type,return-value]
    return BoardLine(
        system,
        found,
        _state_of([line.state for line in found]),
        min(ages, default=None),
        proved.proved_at if proved else None,
        proved.proved_by if proved else "",
    )


def _state_of(states: Sequence[State]) -> State:
    """The worst of what is seen; one copy that is proven makes a system proven, if nothing else is bad."""
    for bad in (State.DAMAGED, State.TOO_OLD):
        if bad in states:
            return bad
    known = [state for state in states if state is not State.UNKNOWN]
    return max(known, key=lambda state: state.rank, default=State.UNKNOWN)


def _copy_line(copy: Any, system: System, now: datetime) -> CopyLine:
    proved_by = RestoreProof.Origin(copy.proved_by).label if copy.proved_by else ""
    state = _copy_state(copy, system, now)
    return CopyLine(copy, state, age_of(copy, now), limit_of(copy, system), copy.proved_at, proved_by)


def _copy_state(copy: Any, system: System, now: datetime) -> State:
    if copy.failed_since is not None:
        return State.DAMAGED
    if copy.last_backup_at is None:
        return State.UNKNOWN
    if is_stale(copy, system, now):
        return State.TOO_OLD
    if copy.trouble_since is not None and now - copy.trouble_since > SILENT:
        return State.UNKNOWN
    if copy.proved_at is None:
        return State.NEVER
    if now - copy.proved_at > timedelta(days=system.proof_days):
        return State.LAPSED
    return State.PROVEN
