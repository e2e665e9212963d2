"""R58. Respond to each citizens' recommendation concretely.

Accepted when the tracker has a status and a date for 100 % of them.
"""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.territories.models import Person, Territory
from beffroi.web.trust.errors import TrustError
from beffroi.web.trust.recommendations import services

pytestmark = pytest.mark.django_db
ANSWER = "Non : la loi ne le permet pas aujourd'hui, et voici le texte qui le dit."


def test_r58_every_recommendation_has_a_state_and_a_date_in_public_good_or_bad(
    territory: Territory, steward: Person, client: Client
) -> None:
    today = timezone.localdate()
    for days, state in ((100, ""), (50, "refused"), (10, "studied"), (1, "")):
        row = services.receive(
            territory,
            steward,
            text=f"Une recommandation reçue il y a {days} jours.",
            origin="convention",
            received_on=today - timedelta(days=days),
        )
        if state:
            services.follow(row, steward, state, ANSWER if state == "refused" else "")
    page = (
        client.get(f"/p/{territory.slug}/recommandations/").text.replace("&#x27;", "'").replace("\xa0", " ")
    )
    articles = re.findall(r"<article.*?</article>", page, flags=re.DOTALL)
    assert len(articles) == 4
    for article in articles:
        assert re.search(r'class="badge[^"]*">(reçue|à l\'étude|refusée)<', article)
        assert re.search(r"depuis le \d", article) and re.search(
            r"(promise pour le|attendue le|donnée le) \d", article
        )
    assert "en retard" in page and ANSWER in page


def test_r58_a_refusal_without_a_concrete_answer_is_not_kept(territory: Territory, steward: Person) -> None:
    row = services.receive(
        territory,
        steward,
        text="Une recommandation assez longue.",
        origin="letter",
        received_on=timezone.localdate(),
    )
    with pytest.raises(TrustError):
        services.follow(row, steward, "refused", "Non.")
    assert not row.steps.exists()
