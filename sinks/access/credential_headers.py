"""Header fields that authenticate a caller: not recorded, not passed to workflows, and not used as delivery ids."""

FIELDS = frozenset(
    {
        b"authorization",
        b"proxy-authorization",
        b"cookie",
        b"x-api-key",
        b"x-auth-token",
        b"x-access-token",
        b"x-csrftoken",
        b"x-gitlab-token",
        b"x-goog-iap-jwt-assertion",
        b"x-amz-security-token",
        b"x-telegram-bot-api-secret-token",
        b"x-webhook-secret",
        b"x-webhook-token",
        b"x-hook-secret",
        b"x-hub-token",
        b"ocp-apim-subscription-key",
    }
)
