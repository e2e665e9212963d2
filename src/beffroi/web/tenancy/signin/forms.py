"""Forms of sign-in: the house's words for allauth's, the administrator's page of a provider."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from django import forms
from django.conf import settings

from beffroi.web.platform.rights import ROLES
from beffroi.web.ui.fields import VisibleCharField

from ..models import IdentityProvider
from .providers import ProviderFields


class LoginForm(AllauthLoginForm):
    """Without « mot de passe oublié » where no message can be sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Adresse électronique"
        if not settings.MAIL_HOST:
            self.fields[
                "password"
            ].help_text = "Oublié ? Demandez un lien d'entrée à l'administrateur de votre territoire."


class ChangePasswordForm(AllauthChangePasswordForm):
    """Only a wrong current password counts as an attempt: a new one that is refused is its owner's, who tries another."""

    def clean_oldpassword(self) -> str:
        password: str = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class FindPlaceForm(forms.Form):
    """Which local authority one enters by."""

    q = VisibleCharField(
        label="Votre collectivité, ou votre adresse électronique",
        max_length=120,
        help_text="Exemple : Valbruyère, ou prenom.nom@mairie.fr",
    )


class Lines(VisibleCharField):
    """A short list, one value a line."""

    widget = forms.Textarea(attrs={"rows": 2})

    def to_python(self, value: Any) -> Any:
        return tuple(line.strip() for line in (value or "").splitlines() if line.strip())

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value


class ProviderForm(forms.Form):
    """One provider, as its own administration page names things."""

    name = VisibleCharField(
        label="Nom affiché sur le bouton",
        max_length=40,
        help_text="Exemple : ProConnect, Connexion de l'agglo",
    )
    issuer = VisibleCharField(
        label="Adresse du fournisseur (issuer)",
        max_length=300,
        help_text="Exacte, telle que le fournisseur la donne. Elle ne change plus ensuite : un autre fournisseur est une autre fiche.",
    )
    client_id = VisibleCharField(label="Identifiant client (client_id)", max_length=191)
    client_secret = forms.CharField(
        label="Secret client (client_secret)",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Il est gardé chiffré et ne s'affiche plus jamais. Laissez vide pour garder celui qui est là.",
    )
    scopes = VisibleCharField(
        label="Informations demandées (scopes)",
        max_length=300,
        initial="openid email",
        help_text="Pour ProConnect : openid given_name usual_name email uid siret",
    )
    sirets = Lines(
        label="SIRET acceptés",
        required=False,
        help_text="Un par ligne, 14 chiffres. Vide : le SIRET n'est pas regardé.",
    )
    email_domains = Lines(
        label="Domaines de messagerie",
        required=False,
        help_text="Un par ligne, exemple : mairie-valbruyere.fr. Sert à proposer ce fournisseur à qui donne son adresse.",
    )
    role_claim = VisibleCharField(
        label="Attribut qui porte les rôles",
        max_length=100,
        required=False,
        help_text="Vide : seules les personnes invitées entrent. Exemple : groups",
    )
    role_map = Lines(
        label="Valeurs de l'attribut et rôles donnés",
        required=False,
        help_text=f"Une par ligne, exemple : beffroi-agents = agent. Rôles : {', '.join(ROLES)}.",
    )
    sensitive_by_claims = forms.BooleanField(
        label="Donner aussi des rôles sensibles par cet attribut",
        required=False,
        help_text="Qui gère les groupes du fournisseur choisit alors vos administrateurs et vos décideurs.",
    )
    requested_acr = VisibleCharField(
        label="Niveau demandé au fournisseur (acr_values)", max_length=300, required=False
    )
    strong_acr = Lines(
        label="Niveaux (acr) qui valent un second facteur",
        required=False,
        help_text="Un par ligne. Pour ProConnect : eidas2 et eidas3. Vide : le second facteur est demandé par Beffroi.",
    )
    strong_amr = Lines(
        label="Moyens (amr) qui valent un second facteur",
        required=False,
        help_text="Un par ligne, exemple : mfa",
    )
    old_logout_tokens = forms.BooleanField(
        label="Accepter les anciens jetons de déconnexion",
        required=False,
        help_text="Seulement si se déconnecter chez lui ne ferme plus les sessions d'ici : ses jetons ne disent pas leur type.",
    )
    enabled = forms.BooleanField(label="En service", required=False, initial=True)

    def __init__(self, *args: Any, provider: IdentityProvider | None = None, **kwargs: Any) -> None:
        if provider is not None:
            kwargs["initial"] = {
                name: getattr(provider, name) for name in self.base_fields if hasattr(provider, name)
            } | {"role_map": [f"{value} = {role}" for value, role in provider.role_map.items()]}
        super().__init__(*args, **kwargs)
        if provider is not None:
            self.fields["issuer"].disabled = True

    def clean_sirets(self) -> tuple[str, ...]:
        found = tuple("".join(c for c in line if c.isdigit()) for line in self.cleaned_data["sirets"])
        if wrong := [line for line in found if len(line) != 14]:
            raise forms.ValidationError(f"Un SIRET a 14 chiffres : {', '.join(wrong)}")
        return found

    def clean_role_map(self) -> tuple[tuple[str, str], ...]:
        pairs = []
        for line in self.cleaned_data["role_map"]:
            value, equals, role = line.rpartition("=")
            if not equals or not value.strip():
                raise forms.ValidationError(f"Écrivez « valeur = rôle », pas « {line} ».")
            pairs.append((value.strip(), role.strip()))
        return tuple(pairs)

    def fields_of_provider(self) -> ProviderFields:
        return ProviderFields(**self.cleaned_data)
