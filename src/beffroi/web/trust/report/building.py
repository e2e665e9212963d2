"""Building the annual report of a territory: reads everything of the year, writes nothing.

In come a territory and a year; out goes an `AnnualReport`. Persons are not named: functions, and members of the committee
who agreed. A year that runs is counted up to today, and the report says so.
"""

from datetime import date, datetime, time

from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform.models import Territory
from beffroi.web.public_address import absolute
from beffroi.web.workshop.models import Run

from ..committee import composition
from ..legal import reading
from ..models import BodyDecision, Opinion, Recommendation, Session
from ..recommendations import reading as recommendations
from . import contestations, footprints, systems
from .content import AnnualReport, Committee, ReportOpinion, ReportRecommendation, Seated
from .period import Period


def build(territory: Territory, year: int) -> AnnualReport:
    """Raises ValueError for a year that has not begun."""
    period = Period.of(year, timezone.localdate())
    entries = tuple(systems.systems_of_the_year(territory, period))
    since, until = period.since, period.until
    runs = Run.objects.of(territory).filter(state=Run.State.DONE, at__gte=since, at__lt=until)
    return AnnualReport(
        year=year,
        territory=territory.name,
        slug=territory.slug,
        population=territory.population,
        contact=territory.contact,
        page=absolute(reverse("portal-systems", args=[territory.slug])),
        simulated=territory.is_fictional,
        made_on=timezone.localdate().isoformat(),
        since=period.first.isoformat(),
        until=period.last.isoformat(),
        complete=period.complete,
        systems=entries,
        footprint=footprints.over(runs),
        committee=_committee(territory, period),
        recommendations=_recommendations(territory, period.last),
        sections=(contestations.section(territory, since, until),),
    )


def years(territory: Territory) -> list[int]:
    """The years of which there is something to report, the last first."""
    first = timezone.localtime(territory.created_at).year
    return list(range(timezone.localdate().year, first - 1, -1))


def _committee(territory: Territory, period: Period) -> Committee:
    seats = composition.seats_on(territory, period.last)
    sessions = Session.objects.of(territory).filter(
        session_date__gte=period.first, session_date__lte=period.last
    )
    opinions = (
        Opinion.objects.of(territory)
        .filter(published_at__gte=period.since, published_at__lt=period.until)
        .select_related("use", "session")
    )
    return Committee(
        seats=tuple(
            Seated(
                seat.name if seat.name_public else "", seat.function, seat.get_quality_display(), seat.chosen
            )
            for seat in seats
        ),
        faults=tuple(composition.faults(seats)),
        sessions=tuple(
            (session.session_date.isoformat(), session.place, len(session.present))
            for session in sessions.order_by("session_date", "pk")
        ),
        opinions=tuple(report_opinion(opinion) for opinion in opinions.order_by("published_at", "pk")),
    )


def report_opinion(opinion: Opinion) -> ReportOpinion:
    """A published opinion as anyone may read it."""
    decision = BodyDecision.objects.of(opinion.territory).filter(opinion=opinion).first()
    return ReportOpinion(
        title=reading.title(opinion.use),
        on=opinion.session.session_date.isoformat(),
        verdict=opinion.get_verdict_display(),
        text=opinion.text,
        reserves=tuple(opinion.reserves),
        votes=(opinion.votes_for, opinion.votes_against, opinion.votes_none),
        version=opinion.version,
        published=timezone.localtime(opinion.published_at).date().isoformat(),
        body=(
            f"{decision.body}, {decision.reference}, prise le {decision.day:%d/%m/%Y}, publiée le "
            f"{decision.published_on:%d/%m/%Y}"
            if decision
            else ""
        ),
        body_reason=decision.reason if decision else "",
    )


def _recommendations(territory: Territory, day: date) -> tuple[ReportRecommendation, ...]:
    """All that were received by the end of the year and were not closed before it began, or that moved in it."""
    rows = Recommendation.objects.of(territory).filter(received_on__lte=day).prefetch_related("steps")
    moment = timezone.make_aware(datetime.combine(day, time.max))
    entries = []
    for row in rows.order_by("number"):
        where = recommendations.where(row, moment)
        entries.append(
            ReportRecommendation(
                number=row.number,
                text=row.text,
                origin=row.get_origin_display(),
                received=row.received_on.isoformat(),
                due=row.answer_due.isoformat(),
                state=where.label,
                answer=where.answer,
                answered=where.answered.isoformat() if where.answered else "",
                late=where.late,
            )
        )
    return tuple(entries)
