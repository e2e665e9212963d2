"""What the cyber room has in each territory: where it writes from, a domain that was checked, its second factor."""

from typing import TYPE_CHECKING

from django.utils import timezone

from beffroi.web.cyber.mail import services as mail
from beffroi.web.cyber.mail.verdicts import Finding, Record, Verdict

if TYPE_CHECKING:
    from .world import Side


def furnish_mail(side: "Side") -> None:
    """Called inside the territory."""
    person, word = side.people["everything"], side.words.private_word
    for n in range(1 + side.words.more):
        mail.answer(side.territory, person, address=f"mairie@{word}-{n}.example", own=True)
        row = mail.MailDomain.objects.of(side.territory).get(name=f"{word}-{n}.example")
        found = Finding(
            key="dmarc",
            verdict=Verdict.ABSENT,
            reason=f"Rien à {side.words.private}.",
            publish=(
                Record(name=f"_dmarc.{row.name}", kind="TXT", value=f"v=DMARC1; p={side.words.private}"),
            ),
            ask=f"publier pour {side.words.private}",
        )
        mail.record_check(row, f"furnished-{n}", [found], person)
    mail.attest(side.territory, person, state="some", day=timezone.localdate())
    side.facts["mail_domain"] = row
