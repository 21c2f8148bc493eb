"""
The OpenID provider: its published configuration, and the exchange of a code for verified claims (OpenID Connect Core
1.0, section 3.1).

oauthlib builds the requests and reads the responses, PyJWT verifies the ID token, `runs.outbound` sends.
"""

import hmac
import json
import re
import secrets
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings

from runs.outbound import OutboundError, Response, fetch
from sinks.access.json_web_tokens import ALGORITHMS, InvalidToken, Key, UnknownKey, verify
from sinks.access.jwks import KeySets, KeySetUnavailable, fetch_key_set
from sinks.sign_in.oidc_failures import Failure, SignInFailed

SCOPES = "openid email profile"
FRESH_SECONDS = 300.0  # for which the published configuration is used
MAX_BYTES = 256 * 1024  # of each response
MAX_SUBJECT = 255  # characters, by section 2
# Never HMAC, whose key would be the client's secret, and never `none`.
_ALGORITHMS = tuple(name for name, kind in ALGORITHMS.items() if kind != "oct")
_FOR_JSON: Mapping[str, str] = {"Accept": "application/json"}
_MICROSOFT = "https://login.microsoftonline.com/"


@dataclass(frozen=True, slots=True)
class Provider:
    """What the provider publishes about itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    authenticates_in_body: bool  # whether the client's secret is sent in the body, instead of a header field


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that has begun. All three are secrets between its browser, this server and the provider."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person who has signed in at the provider, by its verified claims."""

    issuer: str
    subject: str
    email: str = ""
    is_verified: bool = False  # whether the provider confirms the e-mail address
    first_name: str = ""
    last_name: str = ""


known: dict[str, tuple[float, Provider]] = {}  # configurations by issuer, with the time of the monotonic clock


def _is_encrypted() -> bool:
    # The settings allow http:// only for a provider on this machine.
    return settings.OIDC_ISSUER.startswith("https://")


_key_sets = KeySets(lambda url: fetch_key_set(url, https_only=_is_encrypted()))


async def discover() -> Provider:
    """
    Return the provider's configuration (OpenID Connect Discovery 1.0), from memory if it is fresh.

    Raises:
        SignInFailed: It cannot be fetched or used.
    """
    issuer: str = settings.OIDC_ISSUER
    fetched_at, provider = known.get(issuer, (0.0, None))
    if provider is None or time.monotonic() - fetched_at > FRESH_SECONDS:
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        provider = _read(_document(await _send("GET", url)), issuer)
        known.clear()
        known[issuer] = time.monotonic(), provider
    return provider


def _read(document: Mapping[str, Any], issuer: str) -> Provider:
    if document.get("issuer") != issuer:
        raise SignInFailed(
            Failure.INVALID, f"the configuration is that of issuer {str(document.get('issuer'))[:300]!r}"
        )
    scheme = "https://" if _is_encrypted() else ("https://", "http://")
    names = ["authorization_endpoint", "token_endpoint", "jwks_uri"]
    names += ["userinfo_endpoint"] * ("userinfo_endpoint" in document)
    urls: list[str] = []
    for name in names:
        url = document.get(name)
        if not isinstance(url, str) or not url.startswith(scheme):
            raise SignInFailed(Failure.INVALID, f"{name} of the configuration is missing or no https URL")
        urls.append(url)
    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if not isinstance(methods, list) or not ("client_secret_basic" in methods or "client_secret_post" in methods):
        raise SignInFailed(Failure.INVALID, "the provider takes no client secret (client_secret_basic or _post)")
    in_body = "client_secret_basic" not in methods
    return Provider(issuer, urls[0], urls[1], urls[2], document.get("userinfo_endpoint"), in_body)


def begin(provider: Provider, redirect_uri: str) -> tuple[str, Attempt]:
    """
    Begin a sign-in.

    Args:
        provider: The provider.
        redirect_uri: The URL of this server to which the provider leads the browser back.

    Returns:
        The URL of the provider's page, and the attempt, which the browser's session keeps.
    """
    client = _client()
    attempt = Attempt(secrets.token_urlsafe(32), secrets.token_urlsafe(32), client.create_code_verifier(64))
    # oauthlib refuses http://, which is allowed on this machine.
    scheme, _, rest = provider.authorization_endpoint.partition("://")
    url = client.prepare_request_uri(
        f"https://{rest}",
        redirect_uri=redirect_uri,
        scope=SCOPES,
        state=attempt.state,
        nonce=attempt.nonce,
        code_challenge=client.create_code_challenge(attempt.verifier, "S256"),
        code_challenge_method="S256",
    )
    return f"{scheme}{url.removeprefix('https')}", attempt


async def find_person(provider: Provider, attempt: Attempt, code: str, redirect_uri: str) -> Person:
    """
    Exchange the code of an attempt for the person who signed in.

    Args:
        provider: The provider.
        attempt: The attempt.
        code: The code, which the provider gave to the browser.
        redirect_uri: The one of `begin`.

    Raises:
        SignInFailed: The provider does not accept the code, or what it answers is not valid.
    """
    tokens = await _exchange(provider, attempt, code, redirect_uri)
    claims = await _verified(provider, tokens.get("id_token"), attempt.nonce)
    if "email" not in claims and provider.userinfo_endpoint is not None:
        # Where the claims of a scope are by section 5.4.
        head = {**_FOR_JSON, "Authorization": f"Bearer {tokens['access_token']}"}
        found = _document(await _send("GET", provider.userinfo_endpoint, head))
        if found.get("sub") != claims["sub"]:
            raise SignInFailed(Failure.INVALID, "the userinfo is about somebody else (sub)")
        # The address, and whether it is verified, come from one place.
        claims = {**found, "iss": claims["iss"], "sub": claims["sub"]}
    return _person(claims)


def error_word(code: Any) -> str:
    """Return the code of an error, for the log, if it looks like one (RFC 6749, sections 4.1.2.1 and 5.2)."""
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z_.-]{1,60}", code) else "unknown error"


async def _exchange(provider: Provider, attempt: Attempt, code: str, redirect_uri: str) -> Mapping[str, Any]:
    """Return the answer of the token endpoint (RFC 6749, section 4.1.3, and RFC 7636)."""
    from oauthlib.oauth2 import OAuth2Error

    client = _client()
    head = {**_FOR_JSON, "Content-Type": "application/x-www-form-urlencoded"}
    secret = {}
    if provider.authenticates_in_body:
        secret["client_secret"] = settings.OIDC_CLIENT_SECRET
    else:
        pair = f"{quote(settings.OIDC_CLIENT_ID, safe='')}:{quote(settings.OIDC_CLIENT_SECRET, safe='')}"
        head["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    body = client.prepare_request_body(
        code=code,
        redirect_uri=redirect_uri,
        code_verifier=attempt.verifier,
        include_client_id=provider.authenticates_in_body,
        **secret,
    )
    response = await _send("POST", provider.token_endpoint, head, body.encode(), (200, 400, 401, 403))
    try:
        tokens: Mapping[str, Any] = client.parse_request_body_response(json.dumps(_document(response)))
    except OAuth2Error as error:
        raise SignInFailed(Failure.INVALID, f"the code is not accepted: {error_word(error.error)}") from None
    except (ValueError, TypeError, AttributeError, ArithmeticError):
        raise SignInFailed(Failure.INVALID, "the answer to the code has fields of unknown kinds") from None
    return tokens


async def _verified(provider: Provider, token: Any, nonce: str) -> dict[str, Any]:
    """Return the claims of an ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""
    if not isinstance(token, str):
        raise SignInFailed(Failure.INVALID, "the answer to the code has no ID token")
    try:
        keys = await _key_sets.keys(provider.jwks_uri)
        try:
            claims = _checked(provider, token, keys)
        except UnknownKey:
            claims = _checked(provider, token, await _key_sets.refresh(provider.jwks_uri))
    except KeySetUnavailable as error:
        raise SignInFailed(Failure.UNAVAILABLE, str(error)) from None
    except InvalidToken as error:
        raise SignInFailed(Failure.INVALID, f"the ID token is not valid: {error}") from None
    subject, sent = claims.get("sub"), claims.get("nonce")
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(errors="replace"), nonce.encode()):
        raise SignInFailed(Failure.INVALID, "the ID token belongs to another sign-in (nonce)")
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise SignInFailed(Failure.INVALID, "the ID token was issued to another client (azp)")
    if not isinstance(subject, str) or not subject or len(subject) > MAX_SUBJECT or not subject.isprintable():
        raise SignInFailed(Failure.INVALID, "the ID token names no subject (sub)")
    return claims


def _checked(provider: Provider, token: str, keys: tuple[Key, ...]) -> dict[str, Any]:
    return verify(
        token,
        keys,
        algorithms=_ALGORITHMS,
        issuer=provider.issuer,
        audience=settings.OIDC_CLIENT_ID,
        claims={"exp": None, "iat": None},
        now=time.time(),
    )


def _person(claims: Mapping[str, Any]) -> Person:
    email = claims.get("email")
    is_verified = claims.get("email_verified") is True
    if claims["iss"].startswith(_MICROSOFT):
        # It has no email_verified, but says whether the address is in a domain that the tenant has verified.
        is_verified = is_verified or claims.get("xms_edov") in (True, "1", "true")
    return Person(
        claims["iss"],
        claims["sub"],
        email.lower() if isinstance(email, str) else "",
        is_verified,
        _name(claims.get("given_name")),
        _name(claims.get("family_name")),
    )


def _name(value: Any) -> str:
    return value[:150] if isinstance(value, str) and value.isprintable() else ""


async def _send(
    method: str,
    url: str,
    headers: Mapping[str, str] = _FOR_JSON,
    content: bytes = b"",
    statuses: tuple[int, ...] = (200,),
) -> Response:
    try:
        response = await fetch(
            method,
            url,
            headers=headers,
            content=content,
            max_bytes=MAX_BYTES,
            max_redirects=0,
            https_only=_is_encrypted(),
        )
    except OutboundError as error:
        raise SignInFailed(Failure.UNAVAILABLE, str(error)) from None
    if response.status in statuses:
        return response
    failure = Failure.UNAVAILABLE if response.status >= 500 or response.status == 429 else Failure.INVALID
    raise SignInFailed(failure, f"{method} {url} is answered with status {response.status}")


def _document(response: Response) -> Mapping[str, Any]:
    try:
        document = response.json()
    except OutboundError as error:
        raise SignInFailed(Failure.INVALID, str(error)) from None
    if not isinstance(document, dict):
        raise SignInFailed(Failure.INVALID, "a response of the provider is no JSON object")
    return document


def _client() -> Any:
    from oauthlib.oauth2 import WebApplicationClient  # takes 60 ms, which only servers with OpenID Connect need

    return WebApplicationClient(settings.OIDC_CLIENT_ID)
