"""
Verification of deliveries: a scheme and a sink's secrets become one function.

The providers' own libraries do not fit: each knows one provider, and most parse the body, fix the tolerance, or take
only one secret.
"""

from collections.abc import Callable, Collection
from hmac import compare_digest
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hmac import HMAC

from sinks.access.bearer_tokens import is_one_of
from sinks.webhooks.signatures import tokens
from sinks.webhooks.signatures.keys import InvalidKey, public_key, symmetric_key
from sinks.webhooks.signatures.received import (
    decoder,
    header_reader,
    is_one_header,
    presence,
    reader,
    time_check,
    time_reader,
)
from sinks.webhooks.signatures.scheme import Scheme
from sinks.webhooks.signatures.signed_content import BadSignature, Delivery
from sinks.webhooks.signatures.verifiers import NO_MATCH, VERIFIERS

# Verifies a delivery at a time (seconds since 1970), or raises BadSignature.
Verifier = Callable[[Delivery, float], None]

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha512": hashes.SHA512(),
    "sha1": hashes.SHA1(),  # noqa: S303 - some providers know no other
    "md5": hashes.MD5(),  # noqa: S303 - Patreon
}
_MAX_PUBLIC = 3  # signatures of a delivery that are compared with public keys, which takes long


def check_secret(scheme: Scheme, secret: str) -> None:
    """
    Check that deliveries can be verified with a secret.

    Args:
        scheme: The scheme.
        secret: The secret as the provider shows it.

    Raises:
        InvalidKey: It is empty, or does not have the form that the scheme needs. The message does not contain it.
    """
    if not secret.strip():
        raise InvalidKey("it is empty.")
    compile_verifier(scheme, [secret])


def compile_verifier(scheme: Scheme, secrets: Collection[str], tolerance: int | None = None) -> Verifier:
    """
    Return the function that verifies a sink's deliveries, in constant time for each secret.

    Args:
        scheme: How the deliveries are signed.
        secrets: The sink's secrets. A delivery may be signed with any of them, so that a new secret can replace an old
            one without a gap.
        tolerance: Seconds that a signed time may be off; None for the scheme's own.

    Raises:
        InvalidKey: A secret is no key of the scheme.
    """
    main = _KINDS[scheme.kind](scheme, secrets, tolerance)
    if not scheme.alternatives:
        return main
    choices = [(presence(scheme), main)]
    choices += [(presence(one), _KINDS[one.kind](one, secrets, tolerance)) for one in scheme.alternatives]

    def verify(delivery: Delivery, now: float) -> None:
        # If none applies, the main scheme says what is missing.
        verifier = next((verifier for is_present, verifier in choices if is_present(delivery)), main)
        verifier(delivery, now)

    return verify


def _hmac(scheme: Scheme, secrets: Collection[str], tolerance: int | None) -> Verifier:
    assert scheme.algorithm is not None
    # Preparing an HMAC with its key takes longer than computing the rest.
    prepared = [HMAC(symmetric_key(scheme, secret), _HASHES[scheme.algorithm]) for secret in secrets]
    content = scheme.template().content()
    if len(prepared) == 1 and is_one_header(scheme) and scheme.body_digest is None:
        [only], value_of, rule = prepared, header_reader(scheme), scheme.time
        read_time = time_reader(rule) if rule is not None else None
        check = time_check(rule, tolerance) if rule is not None else None

        def verify(delivery: Delivery, now: float) -> None:
            received = value_of(delivery)
            if read_time is not None and check is not None:
                sent = read_time(delivery)
                check(sent, now)
                delivery.time = sent
            whole = only.copy()
            whole.update(content(delivery))
            if not compare_digest(whole.finalize(), received):
                raise BadSignature(NO_MATCH)

        return verify

    def matches(delivery: Delivery, received: list[bytes]) -> bool:
        signed, found = content(delivery), False
        for one in prepared:
            whole = one.copy()
            whole.update(signed)
            expected = whole.finalize()
            for candidate in received:
                found |= compare_digest(expected, candidate)
        return found

    return _signed(scheme, tolerance, matches)


def _digest(scheme: Scheme, secrets: Collection[str], tolerance: int | None) -> Verifier:
    assert scheme.algorithm is not None
    algorithm, keys = _HASHES[scheme.algorithm], [symmetric_key(scheme, secret) for secret in secrets]
    content = scheme.template().content()

    def matches(delivery: Delivery, received: list[bytes]) -> bool:
        expected = []
        for key in keys:
            delivery.secret = key
            digest = hashes.Hash(algorithm)
            digest.update(content(delivery))
            expected.append(digest.finalize())
        return any(is_one_of(candidate, expected) for candidate in received)

    return _signed(scheme, tolerance, matches)


def _public(scheme: Scheme, secrets: Collection[str], tolerance: int | None) -> Verifier:
    keys = [public_key(scheme, secret) for secret in secrets]
    content = scheme.template().content()
    match scheme.kind:
        case "ed25519":
            more: tuple[Any, ...] = ()
        case "ecdsa":
            more = (ECDSA(_HASHES[scheme.algorithm or "sha256"]),)
        case _:
            more = (PKCS1v15(), _HASHES[scheme.algorithm or "sha256"])

    def matches(delivery: Delivery, received: list[bytes]) -> bool:
        signed = content(delivery)
        for key in keys:
            for candidate in received[:_MAX_PUBLIC]:
                try:
                    key.verify(candidate, signed, *more)
                except InvalidSignature:
                    continue
                return True
        return False

    return _signed(scheme, tolerance, matches)


def _signed(scheme: Scheme, tolerance: int | None, matches: Callable[[Delivery, list[bytes]], bool]) -> Verifier:
    read, rule = reader(scheme), scheme.time
    binds = _body_digest(scheme) if scheme.body_digest is not None else None
    missing = f"The {scheme.name} has no {scheme.item if scheme.item not in {'', '*'} else 'signature'}."
    if rule is None and binds is None and not (scheme.item or scheme.is_list):

        def verify_plain(delivery: Delivery, now: float) -> None:
            if not matches(delivery, read(delivery)[0]):
                raise BadSignature(NO_MATCH)

        return verify_plain
    check = time_check(rule, tolerance) if rule is not None else None

    def verify(delivery: Delivery, now: float) -> None:
        values, sent = read(delivery)
        if check is not None:
            check(sent, now)
            delivery.time = sent
        if not values:
            raise BadSignature(missing)
        if not matches(delivery, values):
            raise BadSignature(NO_MATCH)
        if binds is not None:
            binds(delivery)

    return verify


def _body_digest(scheme: Scheme) -> Callable[[Delivery], None]:
    rule = scheme.body_digest
    assert rule is not None
    algorithm, decode, name = _HASHES[rule.algorithm], decoder(rule.encoding), rule.name

    def check(delivery: Delivery) -> None:
        sent = delivery.header(name) if rule.place == "header" else delivery.query(name)
        digest = hashes.Hash(algorithm)
        digest.update(delivery.body)
        if not compare_digest(digest.finalize(), decode(sent)):
            raise BadSignature(f"The digest in {name} is not the body's.")

    return check


def _static(scheme: Scheme, secrets: Collection[str], tolerance: int | None) -> Verifier:
    read, keys = reader(scheme), [symmetric_key(scheme, secret) for secret in secrets]

    def verify(delivery: Delivery, now: float) -> None:
        for value in read(delivery)[0]:
            if not is_one_of(value, keys):
                raise BadSignature("The secret matches none of the sink's secrets.")

    return verify


def _token(scheme: Scheme, secrets: Collection[str], tolerance: int | None) -> Verifier:
    return tokens.token_verifier(scheme, secrets, tolerance)


def _function(scheme: Scheme, secrets: Collection[str], tolerance: int | None) -> Verifier:
    return VERIFIERS[scheme.function](scheme, secrets, tolerance)


def _none(scheme: Scheme, secrets: Collection[str], tolerance: int | None) -> Verifier:
    return lambda delivery, now: None


_KINDS: dict[str, Callable[[Scheme, Collection[str], int | None], Verifier]] = {
    "hmac": _hmac,
    "digest": _digest,
    "ed25519": _public,
    "ecdsa": _public,
    "rsa": _public,
    "jwt": _token,
    "static": _static,
    "function": _function,
    "none": _none,
}
