"""Acts of the ethics committee: its seats, sessions, declared interests and opinions, and what an elected body decided.

Out: rows. Raises TrustError in French, `PermissionDenied`.
"""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone

from beffroi.hashing import text_sha256
from beffroi.web.decisions.machines import by_a_person_only
from beffroi.web.platform import ledger
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may, require
from beffroi.web.workshop import manifests
from beffroi.web.workshop.models import SystemUse

from ..errors import TrustError
from ..models import BodyDecision, Interest, Opinion, Seat, Session
from . import composition, seen

SHORTEST = 50  # characters of an opinion's reasons, or of a body's
_WORDS = 10


def _needs(text: str, least: int, message: str, field: str) -> str:
    text = text.strip()
    if len(text) < least:
        raise TrustError(message, field)
    return text


@act(
    "committee.seat",
    "entrée d'un membre au comité d'éthique",
    right="committee.manage",
    done="{it} siège au comité.",
)
def seat(
    territory: Territory,
    by: Person,
    *,
    name: str,
    function: str,
    quality: str,
    chosen: str,
    interests: str,
    since: date,
    name_public: bool = False,
    person: Person | None = None,
) -> Recorded[Seat]:
    """Let somebody sit, with the interests that they declare on entering."""
    if quality not in Seat.Quality.values:
        raise TrustError("Dites en quelle qualité ce membre siège.", "quality")
    created = Seat(
        territory=territory,
        name=_needs(name, 3, "Il manque le nom.", "name")[:120],
        name_public=name_public,
        function=_needs(function, 3, "Il manque le métier ou la fonction.", "function")[:200],
        quality=quality,
        chosen=_needs(
            chosen,
            _WORDS,
            "Dites comment ce membre a été choisi : tirage au sort, appel, désignation…",
            "chosen",
        )[:300],
        interests=_needs(interests, 5, "Écrivez les intérêts déclarés, ou « aucun ».", "interests")[:2000],
        person=person,
        since=since,
        by=by,
    )
    Territory.objects.select_for_update().get(pk=territory.pk)
    if composition.sits_already(created):
        raise TrustError(
            "Cette personne siège déjà à cette date : terminez d'abord son siège. Deux membres du même nom ? Ajoutez "
            "de quoi les distinguer, par exemple une initiale.",
            "name",
        )
    created.save(force_insert=True)
    return Recorded(created, {"quality": quality, "since": since.isoformat()})


@act(
    "committee.leave",
    "départ d'un membre du comité d'éthique",
    right="committee.manage",
    done="Le siège de {it} finit le {it.until:%d/%m/%Y}.",
)
def leave(seat: Seat, by: Person, until: date) -> Recorded[Seat]:
    """End a seat, once."""
    if seat.until is not None:
        raise TrustError("Ce siège est déjà terminé.")
    if until < seat.since:
        raise TrustError("La fin ne peut pas être avant le début.", "until")
    seat.until = until
    seat.save(update_fields=["until"])
    return Recorded(seat, {"until": until.isoformat()})


def declare(use: SystemUse, seat: Seat, by: Person, *, conflict: bool, words: str) -> Interest:
    """Keep what a member declared about a system: a conflict or none, in words. Who does not keep the papers speaks for themselves."""
    require(by, "committee.manage" if may(by, "committee.manage", use) else "opinion.record", use)
    if seat.territory_id != use.territory_id:
        raise TrustError("Ce membre n'est pas de ce comité.")
    if seat.person_id != by.pk and not may(by, "committee.manage", use):
        raise TrustError("Un membre ne déclare que ses propres intérêts.")
    words = _needs(words, 5, "Dites ce qui est déclaré, ou « aucun lien avec ce service ».", "words")
    with transaction.atomic():
        created: Interest = Interest.objects.create(
            territory=use.territory, seat=seat, use=use, conflict=conflict, words=words[:2000], by=by
        )
        ledger.append(
            use.territory,
            "committee.interest",
            by,
            f"seat:{seat.pk}",
            {"system": use.system, "conflict": conflict, "sha256": text_sha256(words)},
        )
    return created


@act(
    "committee.session",
    "séance du comité d'éthique",
    right="committee.manage",
    done="La séance est inscrite.",
)
def meet(
    territory: Territory, by: Person, *, session_date: date, place: str, present: Sequence[Seat], minutes: str
) -> Recorded[Session]:
    """Keep a session: who was there, and what was said. The secretary does, who does not vote."""
    if session_date > timezone.localdate():
        raise TrustError("Cette séance n'a pas encore eu lieu : inscrivez-la le jour venu.", "session_date")
    sitting = {seat.pk for seat in composition.seats_on(territory, session_date)}
    if not present or any(one.pk not in sitting for one in present):
        raise TrustError("Cochez les membres présents, parmi ceux qui siégeaient ce jour-là.", "present")
    minutes = _needs(minutes, SHORTEST, f"Le compte rendu tient en {SHORTEST} signes au moins.", "minutes")
    created: Session = Session.objects.create(
        territory=territory,
        session_date=session_date,
        place=_needs(place, 2, "Il manque le lieu.", "place")[:200],
        present=sorted(one.pk for one in present),
        minutes=minutes[:20_000],
        by=by,
    )
    return Recorded(
        created,
        {"held_on": session_date.isoformat(), "present": created.present, "sha256": text_sha256(minutes)},
    )


@act(
    "opinion.record",
    "avis du comité d'éthique",
    right="opinion.record",
    done="L'avis est inscrit. Il comptera une fois publié.",
)
def opine(
    use: SystemUse,
    by: Person,
    session: Session,
    *,
    verdict: str,
    text: str,
    reserves: Sequence[str] = (),
    votes: tuple[int, int, int],
) -> Recorded[Opinion]:
    """Keep the committee's opinion on a system: for, against, abstained. It counts once it is published."""
    by_a_person_only("Rien n'a été enregistré.")
    if session.territory_id != use.territory_id:
        raise TrustError("Cette séance n'est pas celle de ce comité.")
    text = _needs(text, SHORTEST, f"Les motifs d'un avis tiennent en {SHORTEST} signes au moins.", "text")
    reserves = [line.strip() for line in reserves if line.strip()]
    present = list(Seat.objects.of(use.territory).filter(pk__in=session.present))
    if fault := composition.quorum(use, session.session_date, present):
        raise TrustError(" ".join(fault))
    _counted(use, verdict, reserves, votes, len(composition.voters(use, present)[0]))
    version = manifests.of(use).version
    if fault := seen.fault(use, version, session):
        raise TrustError(fault, "session")
    created: Opinion = Opinion.objects.create(
        territory=use.territory,
        use=use,
        session=session,
        verdict=verdict,
        text=text[:20_000],
        reserves=reserves,
        votes_for=votes[0],
        votes_against=votes[1],
        votes_none=votes[2],
        seen=seen.frozen(use),
        version=version,
        by=by,
    )
    return Recorded(
        created,
        {"opinion": created.pk, "verdict": verdict, "votes": list(votes), "sha256": text_sha256(text)},
        f"system:{use.system}",
    )


def _counted(
    use: SystemUse, verdict: str, reserves: Sequence[str], votes: tuple[int, int, int], free: int
) -> None:
    if verdict not in Opinion.Verdict.values:
        raise TrustError("Choisissez : favorable, favorable avec réserves ou défavorable.", "verdict")
    if min(votes) < 0 or sum(votes) != free:
        raise TrustError(
            f"Les voix ne font pas le compte : {sum(votes)} voix pour {free} votants présents et sans conflit.",
            "votes_for",
        )
    for_it, against, _ = votes
    if (verdict == Opinion.Verdict.UNFAVOURABLE) != (for_it <= against):
        raise TrustError(
            "L'avis ne suit pas les voix : il est favorable quand les « pour » sont plus nombreux, défavorable sinon.",
            "verdict",
        )
    if (verdict == Opinion.Verdict.RESERVED) != bool(reserves):
        raise TrustError(
            "Écrivez les réserves, une par ligne, quand l'avis en a ; sinon laissez ce champ vide.",
            "reserves",
        )


@act(
    "opinion.publish",
    "publication d'un avis du comité d'éthique",
    right="committee.manage",
    label="Publier cet avis",
    done="L'avis est public.",
)
def publish(opinion: Opinion, by: Person) -> Recorded[Opinion] | Unchanged[Opinion]:
    """Make an opinion public, once, whatever it says."""
    if opinion.published_at is not None:
        return Unchanged(opinion)
    opinion.published_at = timezone.now()
    opinion.save(update_fields=["published_at"])
    return Recorded(opinion, {"verdict": opinion.verdict})


@act(
    "opinion.overrule",
    "délibération contre un avis défavorable du comité",
    right="system.decide",
    done="La délibération est inscrite et publique.",
)
def overrule(
    opinion: Opinion, by: Person, *, body: str, reference: str, day: date, published_on: date, reason: str
) -> Recorded[BodyDecision]:
    """The elected body goes on against an unfavourable opinion, by a published and reasoned decision."""
    by_a_person_only("Rien n'a été enregistré.")
    if opinion.verdict != Opinion.Verdict.UNFAVOURABLE:
        raise TrustError("Cet avis n'est pas défavorable : aucune délibération n'est nécessaire.")
    if opinion.published_at is None:
        raise TrustError("L'avis n'est pas encore publié : les élus décident après que chacun a pu le lire.")
    issued_on = timezone.localtime(opinion.published_at).date()
    if not issued_on <= day <= published_on <= timezone.localdate():
        raise TrustError(
            f"La délibération est prise après la publication de l'avis ({issued_on:%d/%m/%Y}), puis publiée : corrigez les dates.",
            "day",
        )
    reason = _needs(reason, SHORTEST, f"Les motifs tiennent en {SHORTEST} signes au moins.", "reason")
    if BodyDecision.objects.of(opinion.territory).filter(opinion=opinion).exists():
        raise TrustError("Une délibération est déjà inscrite pour cet avis.")
    created: BodyDecision = BodyDecision.objects.create(
        territory=opinion.territory,
        opinion=opinion,
        body=_needs(body, 5, "Dites quelle assemblée a délibéré.", "body")[:200],
        reference=_needs(reference, 3, "Il manque la référence de la délibération.", "reference")[:200],
        day=day,
        published_on=published_on,
        reason=reason[:20_000],
        by=by,
    )
    return Recorded(
        created, {"decision": created.pk, "reference": created.reference, "sha256": text_sha256(reason)}
    )
