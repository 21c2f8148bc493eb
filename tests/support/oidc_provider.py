"""
An OpenID provider on this machine: discovery, keys, a page that signs in at once, and tokens for codes (with PKCE).

It signs in the person of its `claims`. Tests change what it publishes or answers.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "sinkhub"
CLIENT_SECRET = "a-secret:of+the%client/~"  # encoded in the header field


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """Return the RSA key, which takes a tenth of a second to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class OidcProvider:
    """The provider, at a port of 127.0.0.1, until it is closed."""

    def __init__(self, port: int = 0) -> None:
        self.claims: dict[str, Any] = {"sub": "1", "email": "ada@example.com", "email_verified": True}
        self.userinfo: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.kid = "first"
        self.error = ""  # with which the page leads back, instead of a code
        self.refusal: tuple[int, dict[str, Any]] | None = None  # the answer to each code
        self.requests: list[str] = []  # paths below the issuer
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        # Never the same twice: a port may be.
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/{secrets.token_hex(8)}"
        self.configuration: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?kind=web",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        }
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def signed(self, claims: dict[str, Any]) -> str:
        """Return an ID token."""
        return jwt.encode(claims, signing_key(), "RS256", {"kid": self.kid})

    def authorize(self, url: str) -> str:
        """Return the URL to which the page at a URL leads back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert (asked["response_type"], asked["client_id"], asked["kind"]) == ("code", CLIENT_ID, "web")
        assert asked["code_challenge_method"] == "S256"
        assert asked["scope"] == "openid email profile"
        if self.error:
            answer = {"error": self.error, "error_description": "no, and a text of the provider"}
        else:
            answer = {"code": secrets.token_urlsafe(16)}
            self._codes[answer["code"]] = asked
        return f"{asked['redirect_uri']}?{urlencode(answer | {'state': asked['state']})}"

    def tokens(self, body: str, authorization: str) -> tuple[int, dict[str, Any]]:
        """Return the answer of the token endpoint."""
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        if self.refusal is not None:
            return self.refusal
        if not self._is_client(sent, authorization):
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != sent["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
        answer = {"access_token": "access", "token_type": "Bearer", "expires_in": 60, "scope": "openid email"}
        return 200, {**answer, "id_token": self.sign(claims | self.claims)}

    def _is_client(self, sent: dict[str, str], authorization: str) -> bool:
        if "client_secret_post" in self.configuration.get("token_endpoint_auth_methods_supported", ()):
            return (sent.get("client_id"), sent.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        return [unquote(part) for part in pair.split(":")] == [CLIENT_ID, CLIENT_SECRET]

    def answer(self, path: str, body: str, authorization: str) -> tuple[int, dict[str, Any]]:
        """Return the answer to a request: its status and its JSON."""
        path = path.removeprefix(urlsplit(self.issuer).path)
        self.requests.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, self.configuration
        if path == "/keys":
            key = jwt.algorithms.RSAAlgorithm.to_jwk(signing_key().public_key(), as_dict=True)
            return 200, {"keys": [{**key, "kid": self.kid, "use": "sig"}]}
        if path == "/userinfo" and authorization == "Bearer access":
            return 200, self.userinfo
        if path == "/token":
            return self.tokens(body, authorization)
        return 404, {}


def _handler(provider: OidcProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "/authorize?" in self.path:
                self.send_response(302)
                self.send_header("Location", provider.authorize(self.path))
                self.end_headers()
                return
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            status, document = provider.answer(self.path, body, self.headers.get("Authorization") or "")
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
