"""
Sign the vectors of the providers' files: `python -m tests.support.vectors [ID ...]`.

A vector is a provider's example, signed as the provider's documentation describes. Without ids, the files that have no
vector are signed. Private keys are made for one call and forgotten. A secret that is in a vector already is used again.
"""

import base64
import hashlib
import hmac
import json
import re
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from tests.support.vector_recipes import (
    NOW,
    Delivery,
    Recipe,
    base64_of,
    base64url_of,
    basic,
    body_hash,
    by_ed25519,
    by_rsa,
    compact,
    digest,
    from_base64,
    in_json,
    in_query,
    jwt,
    mac,
    pem_of,
    sorted_fields,
    standard,
    static,
    timed,
)

FOLDER = Path(__file__).resolve().parent.parent.parent / "sinks" / "webhooks" / "providers"
CERTIFICATES = Path(__file__).resolve().parent / "certificates"
_BY_BODY: dict[str, tuple[str, str]] = {  # HMAC-SHA256 of the body: field and value
    "ably": ("x-ably-signature", "{base64}"),
    "aftership": ("aftership-hmac-sha256", "{base64}"),
    "asana": ("x-hook-signature", "{hex}"),
    "bitbucket": ("x-hub-signature", "sha256={hex}"),
    "bolt": ("x-bolt-hmac-sha256", "{base64}"),
    "cal": ("x-cal-signature-256", "{hex}"),
    "chargify": ("x-chargify-webhook-signature-hmac-sha-256", "{hex}"),
    "checkout": ("cko-signature", "{hex}"),
    "circleci": ("circleci-signature", "v1={hex},v2=00"),
    "clickup": ("x-signature", "{hex}"),
    "coinbase-commerce": ("x-cc-webhook-signature", "{hex}"),
    "cursor": ("x-webhook-signature", "sha256={hex}"),
    "docusign": ("x-docusign-signature-2", "{base64}"),
    "doppler": ("x-doppler-signature", "sha256={hex}"),
    "dropbox": ("x-dropbox-signature", "{hex}"),
    "dub": ("dub-signature", "{hex}"),
    "dwolla": ("x-request-signature-sha-256", "{hex}"),
    "easypost": ("x-hmac-signature", "hmac-sha256-hex={hex}"),
    "fastspring": ("x-fs-signature", "{base64}"),
    "formstack": ("x-fs-signature", "sha256={hex}"),
    "gitea": ("x-gitea-signature", "{hex}"),
    "github": ("x-hub-signature-256", "sha256={hex}"),
    "gocardless": ("webhook-signature", "{hex}"),
    "grafana": ("x-grafana-alerting-signature", "{hex}"),
    "heroku": ("heroku-webhook-hmac-sha256", "{base64}"),
    "hookdeck": ("x-hookdeck-signature", "{base64}"),
    "jira": ("x-hub-signature", "sha256={hex}"),
    "launchdarkly": ("x-ld-signature", "{hex}"),
    "lemonsqueezy": ("x-signature", "{hex}"),
    "line": ("x-line-signature", "{base64}"),
    "linear": ("linear-signature", "{hex}"),
    "mailersend": ("signature", "{hex}"),
    "mautic": ("webhook-signature", "{base64}"),
    "meta": ("x-hub-signature-256", "sha256={hex}"),
    "meta-threads": ("x-hub-signature-256", "sha256={hex}"),
    "modern-treasury": ("x-signature", "{hex}"),
    "mollie": ("x-mollie-signature", "sha256={hex}"),
    "notion": ("x-notion-signature", "sha256={hex}"),
    "npm": ("x-npm-signature", "sha256={hex}"),
    "nylas": ("x-nylas-signature", "{hex}"),
    "pagerduty": ("x-pagerduty-signature", "v1={hex}"),
    "pagerduty-rotating": ("x-pagerduty-signature", "v1=" + "0f" * 32 + ",v1={hex}"),
    "primer": ("x-signature-secondary", "{base64}"),
    "pusher": ("x-pusher-signature", "{hex}"),
    "quickbooks": ("intuit-signature", "{base64}"),
    "razorpay": ("x-razorpay-signature", "{hex}"),
    "seatable": ("x-seatable-signature", "sha256={hex}"),
    "sentry": ("sentry-hook-signature", "{hex}"),
    "shopify": ("x-shopify-hmac-sha256", "{base64}"),
    "smartcar": ("sc-signature", "{hex}"),
    "stream": ("x-signature", "{hex}"),
    "tally": ("tally-signature", "{base64}"),
    "smartsheet": ("smartsheet-hmac-sha256", "{hex}"),
    "typeform": ("typeform-signature", "sha256={base64}"),
    "viber": ("x-viber-content-signature", "{hex}"),
    "woocommerce": ("x-wc-webhook-signature", "{base64}"),
    "x-twitter": ("x-twitter-webhooks-signature", "sha256={base64}"),
    "xero": ("x-xero-signature", "{base64}"),
}
_BY_SHA1: dict[str, tuple[str, str]] = {  # HMAC-SHA1 of the body
    "autodesk": ("x-adsk-signature", "sha1hash={hex}"),
    "expo": ("expo-signature", "sha1={hex}"),
    "intercom": ("x-hub-signature", "sha1={hex}"),
    "mongodb-atlas": ("x-mms-signature", "{base64}"),
    "segment": ("x-signature", "{hex}"),
    "vercel": ("x-vercel-signature", "{hex}"),
    "vercel-log-drain": ("x-vercel-signature", "{hex}"),
    "webex": ("x-spark-signature", "{hex}"),
    "websub": ("x-hub-signature", "sha1={hex}"),
    "zammad": ("x-hub-signature", "sha1={hex}"),
}
_STATIC: dict[str, tuple[str, str]] = {  # field and prefix of the secret
    "adobe-sign": ("x-adobesign-clientid", ""),
    "auth0-log-stream": ("authorization", ""),
    "aws-eventbridge": ("x-api-key", ""),
    "bigcommerce": ("authorization", "Bearer "),
    "brevo": ("authorization", "Bearer "),
    "buildkite-token": ("x-buildkite-token", ""),
    "cloudflare-notify": ("cf-webhook-auth", ""),
    "deepgram": ("dg-token", ""),
    "flutterwave": ("verif-hash", ""),
    "gitlab": ("x-gitlab-token", ""),
    "google-channel": ("x-goog-channel-token", ""),
    "huggingface": ("x-webhook-secret", ""),
    "okta": ("authorization", "Bearer "),
    "ringcentral": ("verification-token", ""),
    "telegram": ("x-telegram-bot-api-secret-token", ""),
    "zendesk-bearer": ("authorization", "Bearer "),
}
_STANDARD = (
    *("brex", "dodo-payments", "etsy", "gemini", "gitlab-signing", "incident-io", "lithic", "make", "openai"),
    *("render", "replicate", "standard", "supabase-auth"),
)


def _unsigned(delivery: Delivery) -> None:
    """Sign nothing."""


def _adyen(delivery: Delivery) -> None:
    """docs.adyen.com: eight fields of each item, joined by colons."""
    document = json.loads(delivery.body)
    for item in document["notificationItems"]:
        inner = item["NotificationRequestItem"]
        amount = inner["amount"]
        names = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
        texts = [inner.get(name, "") for name in names]
        texts += [str(amount["value"]), amount["currency"], inner["eventCode"], inner["success"]]
        signature = hmac.digest(bytes.fromhex(delivery.secret), ":".join(texts).encode(), "sha256")
        inner["additionalData"]["hmacSignature"] = base64_of(signature)
    delivery.body = compact(document)


def _aws_sns(delivery: Delivery) -> None:
    """docs.aws.amazon.com: names and values in lines, sorted by name, for a notification."""
    document = json.loads(delivery.body)
    names = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    content = "".join(f"{name}\n{document[name]}\n" for name in names if name in document)
    key = _certified("aws-sns", "sns.amazonaws.com")
    document["Signature"] = base64_of(key.sign(content.encode(), padding.PKCS1v15(), hashes.SHA256()))
    delivery.secret = document["TopicArn"]
    delivery.body = compact(document)


def _braintree(delivery: Delivery) -> None:
    """The Braintree server SDKs: HMAC-SHA1 of the payload; the key is the SHA-1 digest of the private key."""
    payload = delivery.fields["bt_payload"]
    signature = hmac.digest(hashlib.sha1(delivery.secret.encode()).digest(), payload.encode(), "sha1").hex()
    pairs = f"another_public_key|{'0f' * 20}&integration_public_key|{signature}"
    delivery.body = urlencode({"bt_signature": pairs, "bt_payload": payload})


def _ebay(delivery: Delivery) -> None:
    """developer.ebay.com and the event notification SDKs: ECDSA over the SHA-1 digest of the body."""
    key = ec.generate_private_key(ec.SECP256R1())
    signature = key.sign(delivery.body.encode(), ec.ECDSA(hashes.SHA1()))
    value = {"alg": "ecdsa", "kid": "9936261a-7d7b-4621-a0f1-964d6df9ab0c", "signature": base64_of(signature)}
    delivery.headers["x-ebay-signature"] = base64_of(compact(value | {"digest": "SHA1"}).encode())
    delivery.secret = pem_of(key)


def _exact_online(delivery: Delivery) -> None:
    """support.exactonline.com: HMAC of the text of Content, in capitals."""
    content = compact(json.loads(delivery.body)["Content"])
    signature = hmac.digest(delivery.secret.encode(), content.encode(), "sha256").hex().upper()
    delivery.body = f'{{"Content":{content},"HashCode":"{signature}"}}'


def _fal(delivery: Delivery, time: str) -> str:
    names = ("x-fal-webhook-request-id", "x-fal-webhook-user-id")
    return "\n".join([*(delivery.headers[name] for name in names), time, body_hash(delivery).hex()])


def _mailgun(delivery: Delivery) -> None:
    """documentation.mailgun.com: HMAC of time and token, in the body."""
    document = json.loads(delivery.body)
    signature = document["signature"]
    signature["timestamp"] = str(delivery.now)
    content = signature["timestamp"] + signature["token"]
    signature["signature"] = hmac.digest(delivery.secret.encode(), content.encode(), "sha256").hex()
    delivery.body = compact(document)


def _mercadopago(delivery: Delivery, time: str) -> str:
    return f"id:ord01jq4s4ky8hwq6na5pxb65b3d3;request-id:{delivery.headers['x-request-id']};ts:{time};"


def _pandadoc(delivery: Delivery) -> None:
    """developers.pandadoc.com: HMAC of the body, in the query."""
    delivery.query = f"signature={hmac.digest(delivery.secret.encode(), delivery.body.encode(), 'sha256').hex()}"


def _paypal(delivery: Delivery) -> None:
    """developer.paypal.com: id, time, webhook id and CRC-32 of the body, separated by bars."""
    headers = delivery.headers
    headers["paypal-transmission-time"] = datetime.fromtimestamp(delivery.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    parts = [headers["paypal-transmission-id"], headers["paypal-transmission-time"], delivery.secret]
    content = "|".join([*parts, str(zlib.crc32(delivery.body.encode()))])
    key = _certified("paypal", "messageverificationcerts.paypal.com")
    headers["paypal-transmission-sig"] = base64_of(key.sign(content.encode(), padding.PKCS1v15(), hashes.SHA256()))


def _sendgrid(delivery: Delivery) -> None:
    """www.twilio.com/docs/sendgrid: ECDSA over time and body; the public key as base64 of DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    content = f"{delivery.now}{delivery.body}".encode()
    delivery.headers["x-twilio-email-event-webhook-timestamp"] = str(delivery.now)
    signature = base64_of(key.sign(content, ec.ECDSA(hashes.SHA256())))
    delivery.headers["x-twilio-email-event-webhook-signature"] = signature
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    delivery.secret = base64_of(public)


def _twilio_json(delivery: Delivery) -> None:
    """www.twilio.com: the digest of a JSON body is in the query; the URL is signed."""
    delivery.query = f"bodySHA256={body_hash(delivery).hex()}"
    mac("x-twilio-signature", "{base64}", lambda d, t: d.address, algorithm="sha1")(delivery)


def _certified(name: str, subject: str) -> rsa.RSAPrivateKey:
    """Return a new key, and write a certificate for it, which a test serves in place of the provider's."""
    key = rsa.generate_private_key(65537, 2048)
    names = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    now = datetime.fromtimestamp(NOW, UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(names)
        .issuer_name(names)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=365))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    CERTIFICATES.mkdir(exist_ok=True)
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (CERTIFICATES / f"{name}.pem").write_bytes(pem)
    return key


def _form_and_url(name: str) -> Recipe:
    return mac(name, "{base64}", lambda d, t: d.address + sorted_fields(d), algorithm="sha1")


def _raw_base64(public: bytes) -> str:
    return base64.b64encode(public).decode()


RECIPES: dict[str, Recipe] = {
    **{name: mac(field, value) for name, (field, value) in _BY_BODY.items()},
    **{name: mac(field, value, algorithm="sha1") for name, (field, value) in _BY_SHA1.items()},
    **{name: static(field, prefix) for name, (field, prefix) in _STATIC.items()},
    **dict.fromkeys(_STANDARD, standard("webhook")),
    **dict.fromkeys(("clerk", "resend", "stytch", "svix", "vanta"), standard("svix")),
    **dict.fromkeys(("azure-devops", "chargebee", "pipedrive", "postmark", "sparkpost"), basic),
    **dict.fromkeys(("dockerhub", "mollie-payments", "salesforce-outbound", "strava"), _unsigned),
    "adyen-payments": _adyen,
    "adyen-platform": mac("hmacsignature", "{base64}", key=bytes.fromhex),
    "affirm": timed("x-affirm-signature", "t={time},v0={hex}", algorithm="sha512"),
    "airship": mac("x-ua-signature", "{hex}", lambda d, t: f"{t}:{d.body}", time="x-ua-timestamp"),
    "airtable": mac("x-airtable-content-mac", "hmac-sha256={hex}", key=from_base64),
    "airwallex": mac("x-signature", "{hex}", lambda d, t: t + d.body, unit="ms", time="x-timestamp"),
    "atlassian-connect": jwt(
        "authorization",
        lambda d: {"iss": "client-key-1001", "iat": d.now, "exp": d.now + 180, "qsh": "0f" * 32},
        prefix="JWT ",
    ),
    "authorize-net": mac("x-anet-signature", "sha512={HEX}", algorithm="sha512", key=bytes.fromhex),
    "aws-sns": _aws_sns,
    "azure-eventgrid": in_query("code"),
    "box": mac(
        "box-signature-secondary",
        "{base64}",
        lambda d, t: d.body + t,
        unit="iso",
        time="box-delivery-timestamp",
    ),
    "braintree": _braintree,
    "buildkite": timed("x-buildkite-signature", "timestamp={time},signature={hex}"),
    "calendly": timed("calendly-webhook-signature"),
    "cloudflare-stream": timed("webhook-signature", "time={time},sig1={hex}"),
    "cloudinary": digest("x-cld-signature", lambda d, t: d.body + t + d.secret, "sha1", "x-cld-timestamp"),
    "coinbase-cdp": timed("x-hook0-signature", "t={time},v0={hex}"),
    "customerio": mac("x-cio-signature", "{hex}", lambda d, t: f"v0:{t}:{d.body}", time="x-cio-timestamp"),
    "discord": by_ed25519("x-signature-ed25519", lambda d, t: t + d.body, time="x-signature-timestamp"),
    "discord-events": by_ed25519("x-signature-ed25519", lambda d, t: t + d.body, time="x-signature-timestamp"),
    "ebay": _ebay,
    "elevenlabs": timed("elevenlabs-signature", "t={time},v0={hex}"),
    "exact-online": _exact_online,
    "fal": by_ed25519("x-fal-webhook-signature", _fal, time="x-fal-webhook-timestamp", public=base64url_of),
    "figma": in_json("passcode"),
    "lark": in_json("header", "token"),
    "fintoc": timed("fintoc-signature"),
    "front": mac(
        "x-front-signature",
        "{base64}",
        lambda d, t: f"{t}:{d.body}",
        unit="ms",
        time="x-front-request-timestamp",
    ),
    "fusionauth": jwt(
        "x-fusionauth-signature-jwt", lambda d: {"request_body_sha256": base64_of(body_hash(d))}, head={"kid": "1"}
    ),
    "google-pubsub": jwt(
        "authorization",
        lambda d: {
            "iss": "https://accounts.google.com",
            "aud": d.url,
            "email": "push@example.iam.gserviceaccount.com",
            "email_verified": True,
            "iat": d.now,
            "exp": d.now + 3600,
        },
        prefix="Bearer ",
        algorithm="RS256",
        head={"kid": "7d680d8c70d44e947133cbd499ebc1a61c3d5abc"},
        public="jwks",
    ),
    "grafana-ts": mac(
        "x-grafana-alerting-signature",
        "{hex}",
        lambda d, t: f"{t}:{d.body}",
        time="x-grafana-alerting-timestamp",
    ),
    "hubspot-v1": digest("x-hubspot-signature", lambda d, t: d.secret + d.body, "sha256"),
    "hubspot-v2": digest("x-hubspot-signature", lambda d, t: f"{d.secret}POST{d.address}{d.body}", "sha256"),
    "hubspot-v3": mac(
        "x-hubspot-signature-v3",
        "{base64}",
        lambda d, t: f"POST{d.address}{d.body}{t}",
        unit="ms",
        time="x-hubspot-request-timestamp",
    ),
    "kinde": jwt("", lambda d: json.loads(d.body), algorithm="RS256", head={"kid": "kinde-1"}, in_body=True),
    "klaviyo": mac("klaviyo-signature", "{hex}", lambda d, t: d.body + t, unit="http", time="klaviyo-timestamp"),
    "knock": timed("x-knock-signature", "t={time},s={base64}", unit="ms"),
    "linkedin": mac("x-li-signature", "{hex}", lambda d, t: f"hmacsha256={d.body}"),
    "livekit": jwt(
        "authorization",
        lambda d: {"iss": "APIexample", "nbf": d.now, "exp": d.now + 300, "sha256": base64_of(body_hash(d))},
    ),
    "lob": mac("lob-signature", "{hex}", lambda d, t: f"{t}.{d.body}", time="lob-signature-timestamp"),
    "mailchimp": in_query("key"),
    "mailgun": _mailgun,
    "mandrill": _form_and_url("x-mandrill-signature"),
    "mattermost": in_json("token"),
    "mercadopago": mac("x-signature", "ts={time},v1={hex}", _mercadopago, unit="ms"),
    "messagebird": jwt(
        "messagebird-signature-jwt",
        lambda d: {
            "iss": "MessageBird",
            "nbf": d.now,
            "exp": d.now + 60,
            "jti": "1f6c2b3d",
            "url_hash": hashlib.sha256(d.address.encode()).hexdigest(),
            "payload_hash": body_hash(d).hex(),
        },
    ),
    "monday": jwt("authorization", lambda d: {"accountId": 1825529, "aud": d.url, "iat": d.now, "exp": d.now + 300}),
    "ms-graph": in_json("value", "*", "clientState"),
    "ms-teams": mac("authorization", "HMAC {base64}", key=from_base64),
    "mux": timed("mux-signature"),
    "netlify": jwt("x-webhook-signature", lambda d: {"iss": "netlify", "sha256": body_hash(d).hex()}),
    "onfleet": mac("x-onfleet-signature", "{hex}", algorithm="sha512", key=bytes.fromhex),
    "orb": mac(
        "x-orb-signature",
        "v1=" + "0f" * 32 + " v1={hex}",
        lambda d, t: f"v1:{t}:{d.body}",
        unit="iso",
        time="x-orb-timestamp",
    ),
    "oura": mac("x-oura-signature", "{HEX}", lambda d, t: t + d.body, time="x-oura-timestamp"),
    "paddle": mac("paddle-signature", "ts={time};h1={hex}", lambda d, t: f"{t}:{d.body}"),
    "pandadoc": _pandadoc,
    "patreon": mac("x-patreon-signature", "{hex}", algorithm="md5"),
    "paypal": _paypal,
    "paystack": mac("x-paystack-signature", "{hex}", algorithm="sha512"),
    "persona": timed("persona-signature", "t={time},v1=" + "0f" * 32 + " t={time},v1={hex}"),
    "plaid": jwt(
        "plaid-verification",
        lambda d: {"iat": d.now, "request_body_sha256": body_hash(d).hex()},
        algorithm="ES256",
        head={"kid": "bfbd5111-8e33-4643-8ced-b2e642a72f3c"},
    ),
    "plivo": mac(
        "x-plivo-signature-v3",
        "{base64}",
        lambda d, t: f"{d.url}?{sorted_fields(d)}.{d.headers['x-plivo-signature-v3-nonce']}",
    ),
    "polar": standard("webhook", key=str.encode),
    "qstash": jwt(
        "upstash-signature",
        lambda d: {
            "iss": "Upstash",
            "sub": d.address,
            "iat": d.now,
            "nbf": d.now,
            "exp": d.now + 300,
            "jti": "jwt_1",
            "body": base64.urlsafe_b64encode(body_hash(d)).decode(),
        },
    ),
    "recharge": digest("x-recharge-hmac-sha256", lambda d, t: d.secret + d.body, "sha256"),
    "recurly": timed("recurly-signature", "{time},{hex}," + "0f" * 32, unit="ms"),
    "retell": mac("x-retell-signature", "v={time},d={hex}", lambda d, t: d.body + t, unit="ms"),
    "revolut": mac(
        "revolut-signature",
        "v1=" + "0f" * 32 + ",v1={hex}",
        lambda d, t: f"v1.{t}.{d.body}",
        unit="ms",
        time="revolut-request-timestamp",
    ),
    "sanity": timed("sanity-webhook-signature", "t={time},v1={base64url}", unit="ms"),
    "sendgrid": _sendgrid,
    "sharepoint": in_json("value", "*", "clientState"),
    "shippo": timed("shippo-auth-signature"),
    "sinch": mac(
        "x-sinch-webhook-signature",
        "{base64}",
        lambda d, t: f"{d.body}.{d.headers['x-sinch-webhook-signature-nonce']}.{t}",
        time="x-sinch-webhook-signature-timestamp",
    ),
    "slack": mac("x-slack-signature", "v0={hex}", lambda d, t: f"v0:{t}:{d.body}", time="x-slack-request-timestamp"),
    "slack-command": mac(
        "x-slack-signature", "v0={hex}", lambda d, t: f"v0:{t}:{d.body}", time="x-slack-request-timestamp"
    ),
    "square": mac("x-square-hmacsha256-signature", "{base64}", lambda d, t: d.address + d.body),
    "squarespace": mac("squarespace-signature", "{hex}", key=bytes.fromhex),
    "standard-v1a": by_ed25519(
        "webhook-signature",
        lambda d, t: f"{d.headers['webhook-id']}.{t}.{d.body}",
        time="webhook-timestamp",
        value="v1a,{base64}",
        public=lambda raw: "whpk_" + _raw_base64(raw),
    ),
    "stripe": timed("stripe-signature"),
    "stripe-thin": timed("stripe-signature"),
    "tailscale": timed("tailscale-webhook-signature"),
    "telnyx": by_ed25519(
        "telnyx-signature-ed25519",
        lambda d, t: f"{t}|{d.body}",
        time="telnyx-timestamp",
        value="{base64}",
        public=_raw_base64,
    ),
    "terraform": mac("x-tfe-notification-signature", "{hex}", algorithm="sha512"),
    "tiktok": timed("tiktok-signature", "t={time},s={hex}"),
    "travis": by_rsa("signature", lambda d, t: d.fields["payload"], hashes.SHA1()),
    "trello": mac("x-trello-webhook", "{base64}", lambda d, t: d.body + d.address, algorithm="sha1"),
    "twilio": _form_and_url("x-twilio-signature"),
    "twilio-json": _twilio_json,
    "twitch": mac(
        "twitch-eventsub-message-signature",
        "sha256={hex}",
        lambda d, t: d.headers["twitch-eventsub-message-id"] + t + d.body,
        unit="iso",
        time="twitch-eventsub-message-timestamp",
    ),
    "vonage": jwt(
        "authorization",
        lambda d: {"iss": "Vonage", "iat": d.now, "jti": "1f6c2b3d", "payload_hash": body_hash(d).hex()},
        prefix="Bearer ",
    ),
    "webflow": mac("x-webflow-signature", "{hex}", lambda d, t: f"{t}:{d.body}", unit="ms", time="x-webflow-timestamp"),
    "wechat-pay": by_rsa(
        "wechatpay-signature",
        lambda d, t: f"{t}\n{d.headers['wechatpay-nonce']}\n{d.body}\n",
        time="wechatpay-timestamp",
    ),
    "wise": by_rsa("x-signature-sha256", lambda d, t: d.body),
    "wix": jwt("", lambda d: json.loads(d.body), algorithm="RS256", in_body=True),
    "workos": timed("workos-signature", "t={time}, v1={hex}", unit="ms"),
    "zendesk": mac(
        "x-zendesk-webhook-signature",
        "{base64}",
        lambda d, t: t + d.body,
        unit="iso",
        time="x-zendesk-webhook-signature-timestamp",
    ),
    "zoom": mac("x-zm-signature", "v0={hex}", lambda d, t: f"v0:{t}:{d.body}", time="x-zm-request-timestamp"),
}


class _Dumper(yaml.SafeDumper):
    """Write texts of several lines, and bodies, as blocks."""


class _Block(str):
    __slots__ = ()


_Dumper.add_representer(_Block, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|"))


def vector(provider_id: str, document: dict[str, Any]) -> dict[str, Any]:
    """
    Return the vector of a provider.

    Args:
        provider_id: The provider's id.
        document: The content of its file, whose example is signed.
    """
    example, earlier = document["example"], document.get("vector") or {}
    recipe = RECIPES[provider_id]
    default = "shop:made-up-password" if recipe is basic else f"made-up-secret-of-the-vector-of-{provider_id}"
    signed = Delivery(
        earlier.get("secret") or default,
        f"https://hub.example.com/app_x/{provider_id}",
        example.get("query", ""),
        dict(example.get("headers", {})),
        example.get("body", ""),
    )
    recipe(signed)
    values: dict[str, Any] = {"secret": signed.secret, "url": signed.url, "query": signed.query}
    values |= {"headers": signed.headers, "body": signed.body, "now": signed.now}
    if recipe is _unsigned:
        values["secret"] = ""
    return {name: value for name, value in values.items() if value not in ("", {})}


def write(path: Path) -> None:
    """Sign the example in a provider's file, and write the vector at the end of the file."""
    text = re.sub(r"^vector:\n(?:[ \n].*\n?)*", "", path.read_text(), flags=re.MULTILINE)
    values = vector(path.stem, yaml.safe_load(path.read_text()))
    for name in ("body", "secret"):
        if name in values and ("\n" in values[name] or name == "body"):
            values[name] = _Block(values[name])
    block = yaml.dump({"vector": values}, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True)
    path.write_text(text.rstrip("\n") + "\n" + block)


if __name__ == "__main__":
    files = sorted(FOLDER.glob("*.yaml"))
    chosen = [path for path in files if path.stem in sys.argv[1:]]
    for path in chosen or [path for path in files if "\nvector:\n" not in path.read_text()]:
        write(path)
