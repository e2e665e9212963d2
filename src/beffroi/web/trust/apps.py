"""The trust room, as Django sees it: law as of a day, the ethics committee, the annual report, citizens' recommendations."""

from django.apps import AppConfig


class TrustConfig(AppConfig):
    name = "beffroi.web.trust"
    label = "trust"
    verbose_name = "Transparence"

    def ready(self) -> None:
        from beffroi.web.platform import evidence, feature_switches
        from beffroi.web.ui import navigation
        from beffroi.web.workshop.life import gates

        from .committee.gates import gate as gate_of_the_committee
        from .legal.gates import gates as gates_of_law
        from .proofs import committee, legal_papers

        evidence.register(legal_papers)
        evidence.register(committee)
        navigation.register(
            navigation.Entry(
                "transparence", "Systèmes d'IA et droit", "trust-register", "system.read", 10, room="trust"
            )
        )
        for gate in gates_of_law():
            gates.register(gate)
        gates.register(gate_of_the_committee())
        navigation.register(
            navigation.Entry("transparence", "Comité d'éthique", "committee", "system.read", 20, room="trust")
        )
        navigation.register(
            navigation.Entry(
                "transparence",
                "Recommandations des citoyens",
                "recommendations",
                "system.read",
                30,
                room="trust",
            )
        )
        navigation.register(
            navigation.Entry("transparence", "Rapport annuel", "reports", "system.read", 40, room="trust")
        )
        feature_switches.register(
            feature_switches.Feature(
                "trust",
                "Transparence",
                "Répondre aux questions de droit, réunir le comité d'éthique, publier le rapport annuel.",
                ("legal.", "committee.", "opinion.", "recommendation.", "report."),
            )
        )
