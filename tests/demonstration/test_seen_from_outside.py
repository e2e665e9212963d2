"""What the demonstration shows from outside: verdicts on invented records, and a site that changed, called nowhere."""

import pytest

from beffroi.demonstration.security import seen_from_outside
from beffroi.web.cyber.mail import services as mail
from beffroi.web.cyber.mail.verdicts import Verdict
from beffroi.web.cyber.models import MailCheck, SiteAlert
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


def test_a_mail_verdict_and_a_changed_site_are_shown_as_simulated_without_any_call(client) -> None:
    town = a_territory(fictional=True)
    officer = a_person(town, "security_officer")
    mail.answer(town, officer, address="mairie@saint-aubrin.example", own=True)
    seen_from_outside.check_mail(town, officer)
    (check,) = MailCheck.objects.of(town)
    verdicts = {each["key"]: each["verdict"] for each in check.findings}
    assert verdicts["spf"] and verdicts["dmarc"] == Verdict.TO_CORRECT and verdicts["dkim"] != Verdict.GOOD
    site = seen_from_outside.watch_site(
        town, officer, "https://www.saint-aubrin.example", "Prestataire inventé"
    )
    (alert,) = SiteAlert.objects.of(town)
    assert alert.is_open and alert.kind == SiteAlert.Kind.CHANGE and alert.reasons
    site.refresh_from_db()
    assert site.availability == "up" and not site.trouble
    client.force_login(officer)
    pages = [
        client.get(f"/t/{town.slug}/securite/{page}/").content.decode() for page in ("messagerie", "sites")
    ]
    assert "DMARC" in pages[0] and "données simulées" in pages[1]
    assert all("imulées" in each for each in pages)
