"""Reading the inbox: what waits, by day, place and system; the neighbours of a proposal; what was decided before.

In come a territory and the filters of an address; out go rows ready for the pages. Nothing is written here.
"""

from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.db.models import Case, Count, F, Q, QuerySet, When
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format

from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from .models import Decision, Proposal
from .notices import titles_of


@dataclass(frozen=True)
class Filters:
    """What the reader chose to see; an unreadable day counts as none."""

    day: date | None = None
    place: str = ""
    system: str = ""
    blocked: bool = False  # only the files whose attribution waits for a decision

    @classmethod
    def from_query(cls, query: QueryDict) -> "Filters":
        try:
            day = date.fromisoformat(query.get("jour", ""))
        except ValueError:
            day = None
        return cls(
            day,
            query.get("site", "")[:200],
            query.get("systeme", "")[:60],
            query.get("attribution", "") == "bloquee",
        )

    def query(self, **changes: str) -> str:
        """The address of these filters, some of them changed."""
        chosen = {
            "jour": self.day.isoformat() if self.day else "",
            "site": self.place,
            "systeme": self.system,
            "attribution": "bloquee" if self.blocked else "",
        } | changes
        filters = {name: value for name, value in chosen.items() if value}
        return f"?{urlencode(filters)}" if filters else ""

    def __bool__(self) -> bool:
        return bool(self.day or self.place or self.system or self.blocked)


@dataclass(frozen=True)
class Choice:
    """One value of a filter: what it is called, how many wait, where it leads, whether it is on."""

    value: str
    label: str
    count: int
    url: str
    current: bool


def seen_by(person: Person, territory: Territory) -> QuerySet[Proposal]:
    """The proposals that this person may read: supposed offences only by those who are authorised, until forgotten."""
    rows: QuerySet[Proposal] = Proposal.objects.of(territory).filter(erased_at=None)
    if not may(person, "offence.read", territory):
        rows = rows.exclude(offence=True)
    return rows if may(person, "proposal.read", territory) else rows.filter(offence=True)


def ordinary(territory: Territory) -> QuerySet[Proposal]:
    """The proposals of this territory but supposed offences: what no page shows without asking who reads it."""
    rows: QuerySet[Proposal] = Proposal.objects.of(territory).exclude(offence=True)
    return rows


def systems_of(territory: Territory) -> list[tuple[str, str]]:
    """The systems that have proposed something here, with their names."""
    known = Proposal.objects.of(territory).order_by("system").values_list("system", flat=True).distinct()
    return list(titles_of(territory, known).items())


def waiting(territory: Territory, filters: Filters | None = None) -> QuerySet[Proposal]:
    rows = ordinary(territory).filter(
        closed_as__isnull=True, superseded_at__isnull=True, decision__isnull=True
    )
    if filters is not None:
        if filters.day:
            rows = rows.filter(due=filters.day)
        if filters.place:
            rows = rows.filter(place=filters.place)
        if filters.system:
            rows = rows.filter(system=filters.system)
        if filters.blocked:
            rows = rows.exclude(case=None).exclude(case="")
    # What has a day comes first, the nearest before; then what has none; a day that has passed waits at the end.
    passed = Case(When(due__lt=timezone.localdate(), then=1), default=0)
    return rows.order_by(passed, F("due").asc(nulls_last=True), "subject", "pk")


def offences(territory: Territory) -> QuerySet[Proposal]:
    """The supposed offences that still may be confirmed, the first to expire first; then those that were answered."""
    rows: QuerySet[Proposal] = Proposal.objects.of(territory).filter(offence=True, erased_at__isnull=True)
    rows = rows.filter(Q(decision__isnull=False) | Q(superseded_at__isnull=True))
    return rows.select_related("decision").order_by(
        Case(When(decision__isnull=True, then=0), default=1), "expires_at", "pk"
    )


def days(territory: Territory, filters: Filters) -> list[Choice]:
    others = waiting(territory, replace(filters, day=None))
    counts = others.order_by("due").values_list("due").annotate(n=Count("pk"))
    return [
        Choice(
            day.isoformat(),
            date_format(day, "D j M").lower(),
            n,
            filters.query(jour=day.isoformat()) or "?",
            day == filters.day,
        )
        for day, n in counts
        if day is not None
    ]


def values_of(territory: Territory, filters: Filters, field: str) -> list[Choice]:
    """The places (`place`) or the systems (`system`) that have something waiting."""
    current = getattr(filters, field)
    blank = replace(filters, **{field: ""})
    counts = waiting(territory, blank).order_by(field).values_list(field).annotate(n=Count("pk"))
    titles = dict(systems_of(territory)) if field == "system" else {}
    return [Choice(value, titles.get(value, value), n, "", value == current) for value, n in counts if value]


def neighbours(proposal: Proposal, filters: Filters) -> tuple[int | None, int | None, int, int]:
    """The waiting proposals before and after this one, its rank (0 if it does not wait) and how many wait."""
    pks = list(waiting(proposal.territory, filters).values_list("pk", flat=True))
    if proposal.pk not in pks:
        return None, pks[0] if pks else None, 0, len(pks)
    at = pks.index(proposal.pk)
    before = pks[at - 1] if at else None
    after = pks[at + 1] if at + 1 < len(pks) else None
    return before, after, at + 1, len(pks)


def earlier_decision(proposal: Proposal) -> Decision | None:
    """What was decided on the same thing before this proposal came."""
    same = Proposal.has_identity(proposal.identity, proposal.subject)
    return (
        Decision.objects.of(proposal.territory)
        .filter(proposal__in=Proposal.objects.of(proposal.territory).filter(same, system=proposal.system))
        .exclude(proposal=proposal)
        .select_related("person", "proposal")
        .order_by("-at")
        .first()
    )


def decided(territory: Territory, verdict: str = "", words: str = "") -> QuerySet[Decision]:
    rows: QuerySet[Decision] = Decision.objects.of(territory).select_related("proposal", "person")
    rows = rows.prefetch_related("corrections").exclude(proposal__offence=True)
    if verdict in Decision.Verdict.values:
        rows = rows.filter(verdict=verdict)
    if words:
        rows = rows.filter(Q(proposal__subject__icontains=words) | Q(reason__icontains=words))
    return rows.order_by("-at", "-pk")


def may_decide(person: object, territory: Territory) -> bool:
    return isinstance(person, Person) and may(person, "decision.record", territory)
