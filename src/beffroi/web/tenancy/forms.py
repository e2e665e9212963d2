"""Forms of people: invitations, dated roles, delegations, replacements, departures.

Dates are days: a role begins with the first day and ends with the end of the last one.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from beffroi.web.platform.forms import Day
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.platform.rights import BUNDLES, NOT_ASSIGNABLE, ROLES, find_bundle, resources
from beffroi.web.platform.rights.active_roles import active_memberships
from beffroi.web.ui.fields import VisibleCharField

from .belonging import running
from .delegations import elected_mandate
from .membership import LegalAct, Term


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _since(**options: Any) -> Day:
    help_text = options.pop("help_text", "Laissez vide pour commencer maintenant.")
    return Day(label="À partir du", required=False, help_text=help_text, **options)


def _until(**options: Any) -> Day:
    help_text = options.pop("help_text", "Dernier jour compris. Laissez vide s'il n'y a pas de fin prévue.")
    return Day(label="Jusqu'au", required=options.pop("required", False), help_text=help_text, **options)


class Dated(forms.Form):
    """What the forms with dates share."""

    def term(self) -> Term:
        first, last = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if first == timezone.localdate():
            first = None
        return Term(
            _midnight(first) if first else None, _midnight(last + timedelta(days=1)) if last else None
        )

    def legal_act(self) -> LegalAct | None:
        reference, day = (
            self.cleaned_data.get("legal_act_reference", "").strip(),
            self.cleaned_data.get("legal_act_date"),
        )
        return LegalAct(reference, day) if reference and day else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (
            data.get("legal_act_reference")
            and not data.get("legal_act_date")
            and "legal_act_date" not in self.errors
        ):
            self.add_error("legal_act_date", "Donnez la date de cet acte.")
        return data


class RolesForm(Dated):
    """Roles to give, for which resources, from when until when, and the legal act of an elected decider."""

    roles = forms.MultipleChoiceField(
        label="Rôles",
        choices=[(role, label) for role, label in ROLES.items() if role not in NOT_ASSIGNABLE | {"service"}],
        widget=forms.CheckboxSelectMultiple,
        help_text="Cochez le moins de rôles possible : chacun ouvre des droits. La page « Qui peut faire quoi » les montre.",
        error_messages={"required": "Cochez au moins un rôle."},
    )
    limited_to = forms.MultipleChoiceField(
        label="Limité à",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Pour un référent : ses jeux de données. Pour un superviseur : ses services d'IA, ou aucun pour tous.",
    )
    since = _since()
    until = _until()
    legal_act_reference = VisibleCharField(
        label="Arrêté de délégation",
        required=False,
        max_length=200,
        help_text="Pour un décideur élu. Exemple : « Délibération n° 2026-012 ». Une délégation s'inscrit sur la fiche de la personne.",
    )
    legal_act_date = Day(label="Date de cet acte", required=False)

    def __init__(self, territory: Territory, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (resource.key, resource.label)
            for noun in resources.nouns()
            for resource in resources.list_resources(territory, noun.noun)
        ]
        if choices:
            self.fields["limited_to"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["limited_to"]

    def service_arguments(self) -> dict[str, Any]:
        """What the service is called with."""
        return {
            "limited_to": self.cleaned_data.get("limited_to", []),
            "legal_act": self.legal_act(),
            "term": self.term(),
        }


class InvitationForm(RolesForm):
    """Who to let in, and what they will do: a bundle of roles, or roles chosen one by one."""

    name = VisibleCharField(label="Nom et prénom", max_length=120)
    email = forms.EmailField(
        label="Adresse électronique professionnelle", help_text="Exemple : prenom.nom@mairie.fr"
    )
    bundle = forms.ChoiceField(
        label="Que fera cette personne ?",
        choices=[(b.key, f"{b.label} : {b.line}") for b in BUNDLES],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez ce que fera cette personne."},
    )
    SIMPLE = ("name", "email", "bundle")
    ELECTED = ("legal_act_reference", "legal_act_date")

    def __init__(self, territory: Territory, *args: Any, **kwargs: Any) -> None:
        super().__init__(territory, *args, **kwargs)
        self.fields["roles"].required = False
        # Roles chosen one by one are enough.
        self.fields["bundle"].required = not (self.is_bound and self["roles"].data)
        self.fields["legal_act_reference"].label = "Acte d'élection"
        self.fields[
            "legal_act_reference"
        ].help_text = "Pour décider seulement. Exemple : « Procès-verbal du 22 mars 2026 »."

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        bundle = find_bundle(data.get("bundle", ""))
        mandate = bool(data.get("legal_act_reference", "").strip())
        chosen = bundle.roles_for(mandate=mandate) if bundle else ()
        data["roles"] = list(dict.fromkeys([*chosen, *data.get("roles", [])]))
        return data

    @property
    def simple_fields(self) -> list[forms.BoundField]:
        """What every invitation asks."""
        return [self[name] for name in self.SIMPLE]

    @property
    def election_fields(self) -> list[forms.BoundField]:
        """The legal act of who decides."""
        return [self[name] for name in self.ELECTED]

    @property
    def detailed_fields(self) -> list[forms.BoundField]:
        """Roles one by one, what they are limited to, and their dates."""
        return [self[name] for name in self.fields if name not in self.SIMPLE + self.ELECTED]

    @property
    def elected(self) -> bool:
        """Whether something was written, or must be corrected, about the election."""
        return any(bound.errors or bound.data for bound in self.election_fields)

    @property
    def detailed(self) -> bool:
        """Whether something was chosen, or must be corrected, in the detail."""
        return any(bound.errors or bound.data for bound in self.detailed_fields)


class TermForm(Dated):
    """Other dates for one role."""

    since = _since(help_text="Premier jour.")
    until = _until()

    def __init__(self, membership: Membership, *args: Any, **kwargs: Any) -> None:
        self._first = timezone.localtime(membership.since).date()
        last = membership.until
        initial = {
            "since": self._first,
            "until": timezone.localtime(last - timedelta(microseconds=1)).date() if last else None,
        }
        super().__init__(*args, initial=initial, **kwargs)

    def term(self) -> Term:
        term = super().term()
        # The same day again is no change: the hour of the beginning stays.
        unchanged = self.cleaned_data.get("since") in (None, self._first)
        return Term(None, term.until) if unchanged else Term(term.since or timezone.now(), term.until)


def _members(territory: Territory, *without: Person) -> Any:
    """The people who hold a role today."""
    people = Person.objects.filter(pk__in=active_memberships(territory).values("person"), is_active=True)
    return people.exclude(pk__in=[person.pk for person in without]).order_by("name")


class DelegationForm(Dated):
    """Which elected person delegates, what, by which legal act, for how long."""

    delegator = forms.ModelChoiceField(
        queryset=Person.objects.none(),
        label="Élu qui délègue",
        empty_label="Choisir un élu",
        error_messages={"required": "Choisissez l'élu qui délègue."},
    )
    object = VisibleCharField(
        label="Objet de la délégation",
        max_length=300,
        help_text="Ce que la personne peut décider. Exemple : « Restauration scolaire ».",
    )
    legal_act_reference = VisibleCharField(
        label="Référence de l'arrêté", max_length=200, help_text="Exemple : « Arrêté n° 2026-034 »."
    )
    legal_act_date = Day(label="Date de l'arrêté")
    since = _since()
    until = _until(help_text="Dernier jour compris. Laissez vide si l'arrêté ne dit pas de fin.")

    def __init__(self, territory: Territory, receiver: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        elected = active_memberships(territory).filter(role="decider", delegation=None).values("person")
        field: Any = self.fields["delegator"]
        field.queryset = _members(territory, receiver).filter(pk__in=elected)


class ReplacementForm(Dated):
    """Who replaces, in which roles, between which days, and by which legal act if it is to decide."""

    substitute = forms.ModelChoiceField(
        queryset=Person.objects.none(),
        label="Qui remplace",
        empty_label="Choisir une personne",
        error_messages={"required": "Choisissez la personne qui remplace."},
    )
    roles = forms.MultipleChoiceField(
        label="Dans quels rôles",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Cochez au moins un rôle."},
    )
    since = _since()
    until = _until(required=True, help_text="Dernier jour du remplacement, compris.")
    legal_act_reference = VisibleCharField(
        label="Référence de l'arrêté",
        required=False,
        max_length=200,
        help_text="Seulement pour décider. Exemple : « Arrêté n° 2026-041 ».",
    )
    legal_act_date = Day(label="Date de l'arrêté", required=False)

    def __init__(self, territory: Territory, absent: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["substitute"]
        field.queryset = _members(territory, absent)
        current_roles = {
            row.role for row in running(territory, absent) if row.replaces_id is None and not row.waiting
        }
        roles: Any = self.fields["roles"]
        roles.choices = [(role, label) for role, label in ROLES.items() if role in current_roles]
        if "decider" not in current_roles:
            del self.fields["legal_act_reference"], self.fields["legal_act_date"]


class SuspensionForm(forms.Form):
    reason = VisibleCharField(
        label="Pourquoi",
        max_length=300,
        help_text="Une phrase, que la personne peut lire. Exemple : « Poste volé, en attente d'un nouveau. »",
    )


class DepartureForm(forms.Form):
    """Asks for a new administrator only when the last one leaves."""

    successor = forms.ModelChoiceField(
        queryset=Person.objects.none(),
        required=False,
        label="Nouvel administrateur",
        empty_label="Choisir une personne",
        help_text="La personne qui part est le dernier administrateur : nommez qui tiendra les accès après elle.",
    )

    def __init__(self, territory: Territory, leaving: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ruling = active_memberships(territory).filter(role="administrator").values_list("person", flat=True)
        if set(ruling) != {leaving.pk}:
            del self.fields["successor"]
            return
        field: Any = self.fields["successor"]
        field.required = True
        field.error_messages["required"] = "Nommez un autre administrateur."
        field.queryset = _members(territory, leaving)


def may_receive_a_delegation(territory: Territory, person: Person) -> bool:
    """Whether somebody here could delegate to this person."""
    elected = active_memberships(territory).filter(role="decider", delegation=None).exclude(person=person)
    return elected_mandate(territory, person) is None and elected.exists()


class ErasureForm(forms.Form):
    """Why the detail of a line must go. It cannot be undone: the person says that they know."""

    reason = VisibleCharField(
        label="Pourquoi effacer ce détail ?",
        max_length=500,
        help_text="Ce motif devient lui-même une ligne du registre : n'y nommez personne. Par exemple : « demande d'effacement n° 12 ».",
        error_messages={"required": "Dites pourquoi ce détail doit être effacé."},
    )
    sure = forms.BooleanField(
        label="Je sais que cet effacement ne peut pas être annulé",
        error_messages={"required": "Cochez cette case : l'effacement est définitif."},
    )
