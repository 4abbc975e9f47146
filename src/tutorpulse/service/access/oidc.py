"""Users whom an OpenID provider vouches for: the authorization code flow of OpenID Connect Core 1.0, with PKCE (RFC 7636).

The browser keeps what is pending (`Pending`) in a cookie meanwhile, so a restart of the service loses nobody on the way.
"""

import hashlib
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import msgspec

from tutorpulse.errors import InputError, SettingsError, SignInError
from tutorpulse.service.access.provider import About, asked, client_of, read, sent
from tutorpulse.service.access.roles import claim_at, role_of
from tutorpulse.settings import Settings
from tutorpulse.store.state.users import Role

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

_KEPT_S = 3_600.0
_LEEWAY_S = 60
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Those that need the provider's private key; which of them, its keys say."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Pending(msgspec.Struct, frozen=True, array_like=True):
    """What a browser brings back from the provider's page: who it was, and where it was going."""

    state: str
    nonce: str
    verifier: str
    onward: str


class Vouched(msgspec.Struct, frozen=True):
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    name: str
    role: Role


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str


class Provider:
    """The provider that the settings name. Several threads may use it; it talks to the provider, so not on an event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._guard = threading.Lock()
        self._about: tuple[About, KeySet, float] | None = None

    def begin(self, back_to: str, onward: str) -> tuple[str, Pending]:
        """The address of the provider's page, which sends the browser back to `back_to`, and what the browser is to bring back.

        Raises:
            UnavailableError: the provider cannot be reached, or describes itself badly.
        """
        about, _ = self._known()
        pending = Pending(_chance(), _chance(), _chance(), onward)
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": back_to,
            "scope": " ".join(self._settings.oidc_scopes),
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": _challenge(pending.verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(about.authorization_endpoint).query else "?"
        return about.authorization_endpoint + joint + urlencode(query), pending

    def finish(self, pending: Pending, answer: Mapping[str, str], back_to: str) -> Vouched:
        """Whom the provider vouches for, by what the browser brought back in the address (`answer`).

        Raises:
            SignInError: the provider refused, the answer is not to this browser's question, what the provider says does not
                hold, or no setting gives its user a role. UnavailableError: the provider cannot be reached.
        """
        if not secrets.compare_digest(answer.get("state", "").encode(), pending.state.encode()):
            raise SignInError("This sign-in was begun elsewhere, or took too long. Begin again.")
        if "code" not in answer:
            raise SignInError(f"The provider refused: {answer.get('error', 'no reason given')[:200]}.")
        tokens = self._exchanged(answer["code"], pending, back_to)
        claims = self._verified(tokens.id_token, pending.nonce)
        return self._vouched({**self._more(claims, tokens), **claims})

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        role = role_of(claims, self._settings)
        if role is None:
            raise SignInError(
                f"The provider knows you, but nothing in its claim {self._settings.oidc_role_claim!r} gives you a role here. "
                "Ask an administrator."
            )
        name = claim_at(claims, self._settings.oidc_name_claim)
        subject = str(claims["sub"])
        return Vouched(str(claims["iss"]), subject, name if isinstance(name, str) else subject, role)

    def _exchanged(self, code: str, pending: Pending, back_to: str) -> _Tokens:
        about, _ = self._known()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back_to,
            "client_id": self._settings.oidc_client_id,
            "code_verifier": pending.verifier,
        }
        secret, auth = _secret(self._settings), None
        if secret and "client_secret_basic" in about.token_endpoint_auth_methods_supported:
            auth = (self._settings.oidc_client_id, secret)
        elif secret:
            form["client_secret"] = secret
        with client_of() as client:
            answer = sent(client.build_request("POST", about.token_endpoint, data=form), client, auth)
        if answer.is_client_error:
            raise SignInError("The provider did not take the code that it gave. Begin again.")
        tokens: _Tokens = read(answer, _Tokens)
        return tokens

    def _verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token, checked as section 3.1.3.7 of the specification has it."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        client_id = self._settings.oidc_client_id
        about, _ = self._known()
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": about.issuer},
            aud={"essential": True, "value": client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = dict(self._decoded(id_token))
            registry.validate(claims)
        except (JoseError, ValueError) as error:
            raise SignInError(f"What the provider says does not hold: {error}. Begin again.") from None
        if claims.get("azp", client_id) != client_id:
            raise SignInError("What the provider says is for another service. Begin again.")
        return claims

    def _decoded(self, id_token: str) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import BadSignatureError, InvalidKeyIdError

        try:
            return jwt.decode(id_token, self._known()[1], algorithms=_ALGORITHMS).claims
        except (BadSignatureError, InvalidKeyIdError):
            self._about = None  # The provider may have changed its keys since.
            return jwt.decode(id_token, self._known()[1], algorithms=_ALGORITHMS).claims

    def _more(self, claims: Mapping[str, Any], tokens: _Tokens) -> dict[str, Any]:
        """What only the userinfo endpoint tells, if the ID token lacks a claim that is needed."""
        about, _ = self._known()
        wanted = (self._settings.oidc_name_claim, self._settings.oidc_role_claim)
        if about.userinfo_endpoint is None or all(claim_at(claims, name) is not None for name in wanted):
            return {}
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        with client_of() as client:
            answer = sent(client.build_request("GET", about.userinfo_endpoint, headers=headers), client)
        told = read(answer, dict[str, Any])
        return told if told.get("sub") == claims["sub"] else {}

    def _known(self) -> "tuple[About, KeySet]":
        """The provider's description and keys, asked for again after an hour."""
        with self._guard:
            if self._about is None or monotonic() > self._about[2]:
                about, keys = asked(self._settings.oidc_issuer)
                self._about = about, keys, monotonic() + _KEPT_S
            return self._about[:2]


def configured(settings: Settings) -> bool:
    """Whether users may come from a provider.

    Raises:
        SettingsError: an issuer without a client id or roles, one that is not reached by TLS, or a secret that cannot be read.
        InputError: the libraries for it are not installed.
    """
    if not settings.oidc_issuer:
        return False
    issuer = urlsplit(settings.oidc_issuer)
    if issuer.scheme != "https" and not (issuer.scheme == "http" and issuer.hostname in _LOOPBACK):
        raise SettingsError(f"Settings: oidc_issuer = {settings.oidc_issuer!r} must begin with https://.")
    if not settings.oidc_client_id:
        raise SettingsError(
            "Settings: oidc_issuer needs oidc_client_id, this service's name at the provider."
        )
    if not (settings.oidc_viewers or settings.oidc_operators or settings.oidc_admins):
        raise SettingsError(
            "Settings: oidc_issuer lets nobody in as long as oidc_viewers, oidc_operators and oidc_admins are empty."
        )
    _secret(settings)
    missing = [name for name in ("httpx", "joserfc") if find_spec(name) is None]
    if missing:
        raise InputError(f"OpenID needs {', '.join(missing)}. Install with `pip install 'tutorpulse[oidc]'`.")
    return True


def _secret(settings: Settings) -> str:
    if not settings.oidc_client_secret_file:
        return ""
    try:
        return Path(settings.oidc_client_secret_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"Settings: oidc_client_secret_file = {settings.oidc_client_secret_file!r} cannot be read: {error}."
        ) from None


def _chance() -> str:
    return secrets.token_urlsafe(32)


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
