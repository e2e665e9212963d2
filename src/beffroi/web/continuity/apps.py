"""The continuity room, as Django sees it: services and their limits, degraded mode, restoration page, crisis cell."""

from django.apps import AppConfig


class ContinuityConfig(AppConfig):
    name = "beffroi.web.continuity"
    label = "continuity"
    verbose_name = "Continuité"

    def ready(self) -> None:
        from beffroi.web.guides.domains import Domain, register
        from beffroi.web.platform import feature_switches
        from beffroi.web.ui import navigation

        from .backups import registration as backups
        from .billing import registration as billing
        from .crisis import registration as crisis
        from .destinations import registration as destinations
        from .essential_services import registration as essential_services
        from .exercises import registration as exercises
        from .offline_kit import registration as offline_kit
        from .offline_pages import registration as offline_pages
        from .paper_forms import registration as paper_forms
        from .recovery_plans import registration as recovery_plans
        from .rekeying import registration as rekeying
        from .restart import registration as restart
        from .restoration_site import registration as restoration_site
        from .service_sheets import registration as service_sheets

        register(
            Domain(
                "continuity",
                "Continuité",
                "continuite",
                "continuity",
                "continuity.read",
                "continuity.answer",
                "continuity.accept",
            )
        )
        feature_switches.register(
            feature_switches.Feature(
                "continuity",
                "Continuité",
                "Préparer le mode dégradé, conduire une crise, informer les habitants, revenir à la normale.",
                ("continuity.",),
            )
        )
        navigation.register(
            navigation.Entry(
                "continuite", "Continuité", "continuity", "continuity.read", 5, room="continuity"
            )
        )
        for noun in (
            essential_services,
            restart,
            recovery_plans,
            backups,
            service_sheets,
            offline_kit,
            destinations,
            restoration_site,
            offline_pages,
            crisis,
            paper_forms,
            exercises,
            billing,
            rekeying,
        ):
            noun.register()
