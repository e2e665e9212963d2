"""OpenID Connect, as strict as its specification: allauth's flow (state, PKCE), with what it leaves out.

Added here: the nonce, the signature of every ID token (no `none`, no shared-key algorithm), signed `userinfo` answers (ProConnect's),
the issuer in the answer (RFC 9207), the age of the sign-in (`auth_time`), the operator's list of hosts for each endpoint. Claims are
read, never stored.
"""

import json
import secrets
import time
from collections.abc import Collection
from typing import Any

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from requests import RequestException

from beffroi.web.platform.http.egress import EgressDenied, check

from .failures import failed

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OF_THE_SIGN_IN = ("acr", "amr", "auth_time", "sid")  # the signed token's word alone
OPTIONAL_ENDPOINTS = ("userinfo_endpoint", "end_session_endpoint")
LEEWAY = 10  # seconds between two clocks
LONGEST_SUB = 191
OLDEST = 12 * 3600  # seconds: what a session here lasts


class Fault(OAuth2Error):
    """What is wrong with a provider's answer; `reason` chooses the page's words."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


def discover(issuer: str) -> dict[str, Any]:
    """The provider's own description of itself, once each address that it names is allowed. Raises Fault, EgressDenied."""
    try:
        with get_adapter().get_requests_session() as session:
            answer = session.get(issuer.rstrip("/") + "/.well-known/openid-configuration")
            answer.raise_for_status()
            found = answer.json()
    except (RequestException, ValueError) as error:
        raise Fault("down", f"discovery: {type(error).__name__}") from error
    if not isinstance(found, dict) or any(not isinstance(found.get(name), str) for name in ENDPOINTS):
        raise Fault("wrong", "discovery: incomplete")
    if found.get("issuer") != issuer:
        raise Fault("wrong", "discovery: another issuer")
    for name in (*ENDPOINTS, *OPTIONAL_ENDPOINTS):
        if found.get(name):
            check(str(found[name]))
    return found


def verified(
    token: str,
    config: dict[str, Any],
    audience: str,
    *,
    required: list[str],
    typed: Collection[str | None] | None = None,
) -> dict[str, Any]:
    """The claims of a signed token. Raises Fault: signature, algorithm, issuer, audience, dates, type where it is `typed`."""
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise Fault("wrong", f"algorithm {header.get('alg')!r}")
        if typed is not None and header.get("typ") not in typed:
            raise Fault("wrong", f"type {header.get('typ')!r}")
        with get_adapter().get_requests_session() as session:
            answer = session.get(config["jwks_uri"])
            answer.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        fitting = [
            key
            for key in keys
            if key.key_id == header.get("kid") or (not header.get("kid") and len(keys) == 1)
        ]
        if not fitting:
            raise Fault("wrong", "unknown key")
        claims = jwt.decode(
            token,
            fitting[0],
            algorithms=ALGORITHMS,
            issuer=config["issuer"],
            audience=audience,
            leeway=LEEWAY,
            options={"require": required},
        )
    except jwt.ExpiredSignatureError as error:
        raise Fault("expired", "token expired") from error
    except jwt.PyJWTError as error:
        raise Fault("wrong", type(error).__name__) from error
    except (RequestException, ValueError) as error:
        raise Fault("down", f"keys: {type(error).__name__}") from error
    if isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1 and claims.get("azp") != audience:
        raise Fault("wrong", "azp")
    return dict(claims)


class HouseOIDCAdapter(OpenIDConnectOAuth2Adapter):
    """allauth's exchange, with the checks above; `state` is what was kept when the person left for the provider."""

    state: dict[str, Any]

    @property
    def openid_config(self) -> dict[str, Any]:
        if not hasattr(self, "_openid_config"):
            self._openid_config = discover(self.get_provider().app.settings["server_url"])
        return self._openid_config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(
            reverse("openid_connect_callback", kwargs={"provider_id": self.provider_id})
        )

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_access_token_data(*args, **kwargs)
        except OAuth2Error as error:
            # allauth's message quotes the whole answer: kept out of the log.
            refused = '"error"' in str(error)
            raise Fault(
                "wrong" if refused else "down", "no token: " + ("refused" if refused else "broken")
            ) from None

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> Any:
        config, raw = self.openid_config, kwargs["response"].get("id_token")
        if not isinstance(raw, str):
            raise Fault("wrong", "no id_token")
        required = ["iss", "sub", "aud", "exp", "iat", "nonce"]
        claims = verified(raw, config, app.client_id, required=required)
        if not constant_time_compare(str(claims["nonce"]), str(self.state.get("nonce", ""))):
            raise Fault("wrong", "nonce")
        _check_age(claims, self.state)
        userinfo = self._userinfo(config, app.client_id, token.token)
        if userinfo and userinfo.get("sub") != claims["sub"]:
            raise Fault("wrong", "userinfo: another sub")
        # What the ID token says of the sign-in itself is never overridden.
        fixed = {name: claims[name] for name in ("iss", "sub") if name in claims}
        everything = claims | {k: v for k, v in userinfo.items() if k not in OF_THE_SIGN_IN} | fixed
        login = self.get_provider().sociallogin_from_response(request, everything)
        login.claims, login.raw_id_token = everything, raw
        login.end_session_endpoint = config.get("end_session_endpoint", "")
        return login

    def _userinfo(self, config: dict[str, Any], client_id: str, access_token: str) -> dict[str, Any]:
        if not config.get("userinfo_endpoint"):
            return {}
        try:
            with get_adapter().get_requests_session() as session:
                answer = session.get(
                    config["userinfo_endpoint"], headers={"Authorization": f"Bearer {access_token}"}
                )
                answer.raise_for_status()
                if answer.headers.get("Content-Type", "").startswith("application/jwt"):
                    return verified(answer.text, config, client_id, required=["iss", "sub", "aud"])
                found = answer.json()
        except (RequestException, ValueError) as error:
            raise Fault("down", f"userinfo: {type(error).__name__}") from error
        return found if isinstance(found, dict) else {}


class HouseProvider(OpenIDConnectProvider):
    """A territory's provider, as allauth sees it: PKCE always, a nonce always, nothing stored of the claims."""

    package = "allauth.socialaccount.providers.openid_connect"
    oauth2_adapter_class = HouseOIDCAdapter
    pkce_enabled_default = True

    def redirect(
        self, request: HttpRequest, process: Any, next_url: Any = None, data: Any = None, **kwargs: Any
    ) -> Any:
        nonce, fresh = secrets.token_urlsafe(24), request.user.is_authenticated
        parameters = {"nonce": nonce, "max_age": str(OLDEST)} | ({"prompt": "login"} if fresh else {})
        kwargs["auth_params"] = (kwargs.get("auth_params") or self.get_auth_params()) | parameters
        # Who is in already is asked again: the sign-in must be later than this moment.
        since = int(time.time()) if fresh else None
        return super().redirect(
            request, process, next_url=next_url, data=data, nonce=nonce, since=since, **kwargs
        )

    # The address of a page chooses neither the scopes nor the parameters of a sign-in.
    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        return self.get_auth_params()

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return self.get_scope()

    def extract_uid(self, data: dict[str, Any]) -> str:
        sub = data.get("sub")
        if not isinstance(sub, str) or not 0 < len(sub) <= LONGEST_SUB:
            raise Fault("wrong", "sub")
        return sub

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        return []


def signed_in_at(claims: dict[str, Any]) -> float | None:
    """When the provider had the person prove who they are, in seconds since the epoch; None when it does not say."""
    at = claims.get("auth_time")
    return float(at) if isinstance(at, int | float) and not isinstance(at, bool) else None


def _check_age(claims: dict[str, Any], state: dict[str, Any]) -> None:
    """Raises Fault for a sign-in that is too old, or of which nothing proves that it was asked again."""
    at, since = signed_in_at(claims), state.get("since")
    if since is not None and (at is None or at < since - LEEWAY):
        raise Fault("stale", "not asked again")
    if at is not None and at < time.time() - OLDEST - LEEWAY:
        raise Fault("stale", "older than max_age")


class Callback(OAuth2CallbackView):
    """allauth's callback, that tells the adapter what was kept and checks who answers."""

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        if state is not None:
            self.adapter.state = state  # type: ignore[attr-defined]
            named = request.GET.get("iss")
            if named is not None and named != provider.app.settings["server_url"]:
                raise Fault("wrong", "another issuer answers")
        return state, response


def go(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Leave for the provider."""
    return _run(OAuth2LoginView, request, provider_id)


def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Come back from it."""
    return _run(Callback, request, provider_id)


def _run(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        return view.adapter_view(HouseOIDCAdapter(request, provider_id))(request)
    except ImmediateHttpResponse as instead:
        return instead.response
    except Fault as fault:
        return failed(request, fault.reason, provider_id, fault)
    except EgressDenied as error:
        return failed(request, "outside", provider_id, error)
    except (RequestException, ValueError, KeyError) as error:
        return failed(request, "down" if isinstance(error, RequestException) else "wrong", provider_id, error)


def auth_params(acr: str, amr: list[str]) -> dict[str, str]:
    """What is asked beside the usual: a level (`acr_values`), and that the token says by which means (`amr`)."""
    parameters = {"acr_values": acr} if acr else {}
    return parameters | ({"claims": json.dumps({"id_token": {"amr": None}})} if amr else {})
