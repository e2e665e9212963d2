"""The guides, as Django sees them: questionnaires, registers, runbooks, plans and papers that a territory fills in and follows."""

from django.apps import AppConfig


class GuidesConfig(AppConfig):
    name = "beffroi.web.guides"
    label = "guides"
    verbose_name = "Questionnaires et registres"

    def ready(self) -> None:
        from datetime import timedelta

        from beffroi.web.platform import evidence, home_cards
        from beffroi.web.platform.jobs import periodic_tasks
        from beffroi.web.search import kinds
        from beffroi.web.tenancy.signin.factors import register_personal_content
        from beffroi.web.ui import navigation

        from . import acceptance_cards, search_documents
        from .contributions import cards as contributions
        from .domains import GENERAL, Domain, register
        from .offers import services as offers
        from .offers import views as offer_views
        from .pages import listing
        from .proofs import papers
        from .services.registers import names_people

        navigation.register(
            navigation.Entry("accueil", "Questionnaires et registres", "guides", "guide.read", 90)
        )
        home_cards.register(offer_views.offers_card)
        evidence.register(papers)
        register_personal_content(names_people)
        home_cards.register(listing.guides_card)
        home_cards.register_topic(offer_views.TOPIC, "Propositions de votre accompagnant", "guide.answer")
        home_cards.register(acceptance_cards.acceptance_cards)
        home_cards.register_topic(
            acceptance_cards.TOPIC, "Étapes à accepter et dossiers à trancher", "guide.accept", "cyber.accept"
        )
        home_cards.register(contributions.waiting_card)
        home_cards.register_topic(
            contributions.TOPIC, "Envois de vos prestataires", "guide.answer", "cyber.answer"
        )
        periodic_tasks.register("shared-progress", timedelta(hours=1), offers.measure_all, apart=True)
        kinds.register(search_documents.GUIDES)
        kinds.register(search_documents.ENTRIES)
        register(
            Domain(
                GENERAL,
                "Questionnaires et registres",
                "accueil",
                "guides",
                "guide.read",
                "guide.answer",
                "guide.accept",
            )
        )
