"""Django application of tenancy."""

from datetime import timedelta

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "beffroi.web.tenancy"
    label = "tenancy"
    verbose_name = "Territoires"

    def ready(self) -> None:
        from beffroi.web.platform import evidence, first_steps, guards, home_cards
        from beffroi.web.platform.jobs import periodic_tasks
        from beffroi.web.ui.navigation import ACCOUNT, Entry, register

        from . import departure, job_cards, notifications, tokens
        from .evidence_papers import hosting_contracts
        from .onboarding import contact_step, second_person_step
        from .place_views import hosting_contract_card
        from .signin import factors, session_scope, signals  # noqa: F401  (signals: its receivers)

        periodic_tasks.register("notifications", timedelta(minutes=10), notifications.send_due, apart=True)
        departure.register("notifications", notifications.forget)
        departure.register("tokens", lambda territory, person: tokens.revoke_all(person, territory))
        register(Entry("accueil", "Accueil", "territory", "territory.enter", 0))
        register(Entry("transparence", "Registre des actes", "ledger", "ledger.read", 50))
        register(Entry("reglages", "Réglages", "settings", "territory.enter", -10))
        register(
            Entry(
                "reglages",
                "Personnes",
                "people",
                "member.read",
                0,
                text="Inviter, donner un rôle, remplacer, faire partir.",
            )
        )
        register(
            Entry(
                "reglages",
                "Collectivité",
                "place",
                "territory.settings",
                10,
                text="Contact pour les habitants, compétences, salles ouvertes.",
            )
        )
        register(
            Entry(
                "reglages",
                "Jetons",
                "tokens",
                "member.invite",
                50,
                text="Accès d'un logiciel, sans mot de passe.",
            )
        )
        register(Entry("transparence", "Qui peut faire quoi", "rights", "territory.enter", 60))
        register(
            Entry(
                "reglages",
                "Connexion",
                "signin-settings",
                "provider.manage",
                20,
                text="ProConnect ou l'annuaire de la collectivité.",
            )
        )
        register(
            Entry(
                "reglages",
                "Accès",
                "access-journal",
                "session.read",
                30,
                text="Qui est entré, d'où, et les essais manqués.",
            )
        )
        register(Entry(ACCOUNT, "Mes courriels", "notifications", "territory.enter", 0))
        for order, (label, url_name) in enumerate(
            (
                ("Mot de passe", "account_change_password"),
                ("Double authentification", "mfa_index"),
                ("Appareils connectés", "usersessions_list"),
            ),
            start=1,
        ):
            register(Entry(ACCOUNT, label, url_name, "territory.enter", order, in_territory=False))
        evidence.register(hosting_contracts)
        first_steps.register(contact_step)
        first_steps.register(second_person_step)
        home_cards.register(hosting_contract_card)
        home_cards.register(job_cards.failed_jobs_card)
        home_cards.register_topic(job_cards.TOPIC, "Travaux en échec", "dataset.deposit", "recipe.edit")
        guards.register_check(session_scope.restrict_to_provider_territory)
        guards.register_check(factors.ask_second_factor)
        guards.register_host_check(session_scope.refuse_host_pages)
        guards.register_host_check(factors.ask_second_factor_of_the_host)
        guards.register_fresh_check(factors.ask_fresh_proof)
