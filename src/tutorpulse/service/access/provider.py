"""Talking to an OpenID provider: its description, its keys, its answers."""

from typing import TYPE_CHECKING, Any

import msgspec

from tutorpulse.errors import UnavailableError

if TYPE_CHECKING:
    import httpx
    from joserfc.jwk import KeySet

_TIMEOUT_S = 10.0


class About(msgspec.Struct, frozen=True):
    """The provider's own description (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


def asked(issuer: str) -> "tuple[About, KeySet]":
    """What the issuer says of itself, and its keys.

    Raises:
        UnavailableError: it cannot be reached or read, or calls itself by another name.
    """
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    with client_of() as client:
        place = issuer.rstrip("/") + "/.well-known/openid-configuration"
        about = read(sent(client.build_request("GET", place), client), About)
        if about.issuer.rstrip("/") != issuer.rstrip("/"):
            raise UnavailableError(f"The provider at {issuer} calls itself {about.issuer}. Mend oidc_issuer.")
        told = read(sent(client.build_request("GET", about.jwks_uri), client), dict[str, Any])
    try:
        return about, KeySet.import_key_set(told)
    except (JoseError, ValueError, KeyError) as error:
        raise UnavailableError(f"The keys of the provider at {issuer} cannot be read: {error}.") from None


def client_of() -> "httpx.Client":
    """A client for a few requests; it follows no redirects."""
    import httpx

    return httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False)


def sent(
    request: "httpx.Request", client: "httpx.Client", auth: tuple[str, str] | None = None
) -> "httpx.Response":
    """The answer to a request, whatever its status.

    Raises:
        UnavailableError: there is none.
    """
    import httpx

    try:
        return client.send(request, auth=auth)
    except httpx.HTTPError as error:
        raise UnavailableError(
            f"The provider at {request.url.host} cannot be reached: {error}. Try again, or sign in with a password."
        ) from None


def read(answer: "httpx.Response", kind: Any) -> Any:
    """The content of an answer as `kind`.

    Raises:
        UnavailableError: the provider failed, or answers with something else.
    """
    try:
        if not answer.is_success:
            raise msgspec.ValidationError(f"status {answer.status_code}")
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise UnavailableError(f"The provider's answer from {answer.url} cannot be read: {error}.") from None
