"""The decisions room, as Django sees it: its place in the navigation and its card on the home."""

from datetime import timedelta

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "beffroi.web.decisions"
    label = "decisions"
    verbose_name = "À valider"

    def ready(self) -> None:
        from beffroi.web.platform import feature_switches, home_cards, jobs
        from beffroi.web.platform.jobs import periodic_tasks
        from beffroi.web.platform.storage import usage
        from beffroi.web.ui import navigation

        from . import cards, contesting, offences, proposing, teaching

        navigation.register(navigation.Entry("decisions", "À valider", "decisions", "proposal.read", 10))
        navigation.register(
            navigation.Entry("decisions", "À relire", "decisions-to-read", "decision.second_read", 20)
        )
        navigation.register(
            navigation.Entry("decisions", "Infractions à confirmer", "offences", "offence.read", 25)
        )
        navigation.register(
            navigation.Entry("decisions", "Contestations", "contestations", "contestation.read", 30)
        )
        navigation.register(
            navigation.Entry("decisions", "Usage des propositions", "decisions-usage", "usage.read", 40)
        )
        home_cards.register(cards.waiting_card)
        home_cards.register(cards.second_readings_card)
        home_cards.register(cards.contestations_card)
        home_cards.register(cards.drafts_card)
        home_cards.register_topic(
            cards.TOPIC,
            "Propositions à valider, à relire, brouillons",
            "decision.record",
            "decision.second_read",
            "draft.write",
        )
        home_cards.register_topic(cards.CONTESTATIONS, "Contestations", "contestation.answer")
        jobs.register(teaching.KIND, teaching.run_replay)
        periodic_tasks.register(
            "passed-days", timedelta(hours=1), proposing.expire_overdue_proposals, apart=True
        )
        periodic_tasks.register("offences", timedelta(hours=1), offences.expire, apart=True)
        periodic_tasks.register("contestations", timedelta(days=1), contesting.erase_old, apart=True)
        usage.register_count("self_answered", contesting.count_self_answered)
        usage.register_count("untied_answered", contesting.count_untied_answered)
        feature_switches.register(
            feature_switches.Feature(
                "decisions",
                "À valider",
                "Valider ou refuser ce que les services proposent.",
                ("proposal.", "draft.", "decision.", "contestation.", "usage.", "offence."),
            )
        )
