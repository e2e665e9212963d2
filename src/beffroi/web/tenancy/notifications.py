"""Mail about what waits on the home page: at once, once a day or never, as each person chose for each topic.

In: the « À faire » cards of a person, and their choices. Out: a message with titles and numbers only: no name, no
title of a file, nothing of what a card says goes into a mail. Choices are a person's own: no right, no ledger line.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from beffroi.web import public_address
from beffroi.web.platform import home_cards, mail, scope
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import active_roles

from .models import NotificationChoice

Frequency = NotificationChoice.Frequency
MORNING: Final = time(7, 0)
"""When the daily mail leaves, at the hour of the instance."""
AT_MOST_EVERY: Final = timedelta(hours=1)
"""Between two mails « dès qu'il y a du nouveau » about the same topic."""


def choices_of(person: Person, territory: Territory) -> dict[str, Frequency]:
    """The choice for each topic of what this person may do here."""
    rows = NotificationChoice.objects.of(territory).filter(person=person)
    chosen = {row.topic: Frequency(row.frequency) for row in rows}
    return {topic: chosen.get(topic, Frequency.DAILY) for topic in home_cards.topics_for(person, territory)}


def choose(person: Person, territory: Territory, choices: Mapping[str, Frequency]) -> None:
    """Store this person's own choices; other topics are ignored."""
    with transaction.atomic():
        for topic in home_cards.topics_for(person, territory).keys() & choices.keys():
            NotificationChoice.objects.of(territory).update_or_create(
                person=person, topic=topic, defaults={"territory": territory, "frequency": choices[topic]}
            )


def forget(territory: Territory, person: Person) -> int:
    """Erase the choices of someone who leaves; how many there were."""
    return NotificationChoice.objects.of(territory).filter(person=person).delete()[0]


def send_due(now: datetime | None = None) -> int:
    """Write to everybody to whom something is due; the number of messages that left."""
    if not mail.is_configured():
        return 0
    now = timezone.localtime(now)
    sent = 0
    for territory in Territory.objects.filter(suspended_at=None):
        with scope.inside(territory):
            members = active_roles.active_memberships(territory).values("person")
            people = Person.objects.filter(pk__in=members, kind=Person.Kind.HUMAN, is_active=True)
            sent += sum(_write_to(person, territory, now) for person in people)
    return sent


def write_at_once(person: Person, territory: Territory, topic: str, subject: str, body: str) -> bool:
    """Write to somebody about what has just happened, unless they chose to receive nothing of this topic."""
    with scope.inside(territory):
        if choices_of(person, territory).get(topic) == Frequency.NEVER:
            return False
    return mail.send(person, subject, body)


def _write_to(person: Person, territory: Territory, now: datetime) -> bool:
    rows = {row.topic: row for row in NotificationChoice.objects.of(territory).filter(person=person)}
    topics = home_cards.topics_for(person, territory)
    choices = [rows.get(topic) or _new(person, territory, topic) for topic in topics]
    # Cards are made only for who may be written to now.
    due = [choice for choice in choices if _may_be_due(choice, now)]
    if not due:
        return False
    cards = _by_topic(home_cards.cards_for(person, territory))
    counts = {topic: sum(card.count or 1 for card in found) for topic, found in cards.items()}
    news = [choice for choice in due if _is_due(choice, counts.get(choice.topic, 0))]
    sent = bool(news) and mail.send(
        person, *_message(territory, [card for choice in news for card in cards[choice.topic]])
    )
    for choice in due:
        count = counts.get(choice.topic, 0)
        if choice in news and not sent:
            continue  # a server that fails is tried again
        if choice in news or choice.frequency == Frequency.DAILY:
            choice.announced_at = now
        elif choice.announced == count:
            continue
        choice.announced = count
        choice.save()
    return sent


def _new(person: Person, territory: Territory, topic: str) -> NotificationChoice:
    return NotificationChoice(territory=territory, person=person, topic=topic)


def _may_be_due(choice: NotificationChoice, now: datetime) -> bool:
    """Whether its moment has come, whatever waits."""
    last = choice.announced_at
    if choice.frequency == Frequency.AT_ONCE:
        return last is None or now - last >= AT_MOST_EVERY
    if choice.frequency == Frequency.DAILY:
        return now.time() >= MORNING and (last is None or timezone.localdate(last) < now.date())
    return False


def _is_due(choice: NotificationChoice, count: int) -> bool:
    """Once a day whatever waits; at once what is more than was last said."""
    return count > (choice.announced if choice.frequency == Frequency.AT_ONCE else 0)


def _by_topic(cards: Iterable[HomeCard]) -> dict[str, list[HomeCard]]:
    found: dict[str, list[HomeCard]] = {}
    for card in cards:
        if card.section == Section.TO_DO and card.topic:
            found.setdefault(card.topic, []).append(card)
    return found


def _message(territory: Territory, cards: list[HomeCard]) -> tuple[str, str]:
    """Subject and body."""
    lines = [f"{card.title} : {card.count}" if card.count is not None else card.title for card in cards]
    subject = f"[{territory.name}] {lines[0]}{' et d’autres' if len(lines) > 1 else ''}"
    body = ["Bonjour,", "", "Voici ce qui vous attend :", *(f"- {line}" for line in lines), ""]
    if public_address.is_reachable():
        home, choices = (reverse(page, args=[territory.slug]) for page in ("territory", "notifications"))
        body.append(f"Ouvrir : {public_address.absolute(home)}")
        body.append(f"Recevoir moins de courriels, ou aucun : {public_address.absolute(choices)}")
    else:
        body.append("Pour en recevoir moins, ou aucun : votre compte, « Mes courriels ».")
    return subject, "\n".join(body)
