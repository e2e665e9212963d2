"""What the pages of the residents' page say to who writes and publishes: by whom, since when, in which order, in whose words."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.continuity.models import RestorationSite
from beffroi.web.continuity.restoration_site import page_setup, reading, services
from beffroi.web.continuity.restoration_site.errors import RestorationError
from beffroi.web.continuity.restoration_site.waiting_messages import messages_for
from beffroi.web.platform.models import Person
from places import strongly

from .restoration import publish, service_of, write


def test_a_publication_without_a_mandate_names_the_person_and_their_role(
    client: Client, site: RestorationSite, agent: Person, mayor: Person, secretary: Person
):
    strongly(client, agent)
    addresses = [reverse(name, args=[site.territory.slug]) for name in ("restoration", "restoration-history")]
    for person, title in ((secretary, f"publié par {secretary}, administrateur"), (mayor, f"publié par {mayor}. En vertu de son mandat")):  # fmt: skip
        write(site, agent, f"La cantine est fermée, dit {person.pk}.")
        publish(site, person)
        for address in addresses:
            page = unescape(client.get(address).content.decode())
            assert title in page and "avant que Beffroi" not in page


def test_a_text_proposed_for_another_state_is_not_announced(
    client: Client, site: RestorationSite, agent: Person
):
    """« Arrêté » over « La cantine sert les enfants » is refused; a text is proposed for each state of any service."""
    models = {each.state: each for each in messages_for(site.territory, "Cantine")}
    for key in ("cantine", "etat-civil"):
        assert len({each.state for each in messages_for(site.territory, str(service_of(site, key)))}) == 3
    open_ = models["degraded"].text
    for texts in ({"fr": open_ + " \n"}, {"fr": "Fermé.", "fr-x-facile": models["degraded"].easy}):
        with pytest.raises(RestorationError, match="modèle de l'état « Fonctionne autrement »"):
            write(site, agent, state="stopped", texts=texts)
    write(site, agent, state="degraded", texts={"fr": open_})
    write(site, agent, models["stopped"].text)
    strongly(client, agent)
    address = reverse("restoration-service", args=[site.territory.slug, "cantine"])
    page = unescape(client.get(address, {"modele": "works"}).content.decode())
    assert models["works"].text in page and "Apportez un repas" not in page.partition('<form class="card"')[2].partition("</form>")[0]  # fmt: skip
    assert all(f'href="?modele={state}"' in page for state in models)


def test_the_comparison_says_since_when_until_when_and_who_wrote(
    client: Client, site: RestorationSite, agent: Person, mayor: Person
):
    times = {"since": timezone.now(), "next_news": timezone.now() + timedelta(hours=3)}
    update = write(site, agent, **times)
    strongly(client, mayor)
    page = client.get(reverse("restoration", args=[site.territory.slug])).content.decode()
    assert "Depuis le" in page and "Prochaines nouvelles" in page
    assert f"{agent}, " in page and "Porte-parole, " not in page
    assert update.content["author"] == services.SPOKESPERSON


def test_services_are_in_alphabetical_order_and_languages_are_folded(
    client: Client, site: RestorationSite, agent: Person
):
    page_setup.set_up(site.territory, agent, title="Page", languages=[], names=["Zoo", "État civil", "École", "Piscine"])  # fmt: skip
    assert [line.name for line in reading.compare(site)] == ["École", "État civil", "Piscine", "Zoo"]
    strongly(client, agent)
    begun = client.get(reverse("restoration", args=[site.territory.slug])).content.decode()
    assert "ouvrez un service du tableau" in begun
    page = client.get(reverse("restoration-settings", args=[site.territory.slug])).content.decode()
    assert page.index("<summary>Langues") < page.index('name="languages"') < page.index("</details>", page.index('name="languages"')) < page.index('name="entries"')  # fmt: skip
