"""Why an outgoing request failed."""

from enum import StrEnum


class Failure(StrEnum):
    """The kinds of failures."""

    URL = "url"  # it cannot be used: scheme, credentials, no host
    HOST = "host"  # not one of the allowed hosts
    ADDRESS = "address"  # not public
    RESOLUTION = "resolution"  # the name has no address
    CONNECTION = "connection"
    CERTIFICATE = "certificate"  # or another failure of TLS
    TIMEOUT = "timeout"
    SIZE = "size"
    REDIRECT = "redirect"  # too many, or one that must not be followed
    PROTOCOL = "protocol"  # request or response is not valid HTTP


class OutboundError(Exception):
    """
    An outgoing request failed. The message says what to do. It names the URL's scheme, host and port only: the path and
    the query of a webhook's URL may be secrets.
    """

    def __init__(self, kind: Failure, message: str) -> None:
        """
        Args:
            kind: For code that distinguishes failures.
            message: For people.
        """
        super().__init__(message)
        self.kind = kind
