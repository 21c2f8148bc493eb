"""Sessions of the admin are deleted after their end, with what else is too old."""

from datetime import UTC, datetime, timedelta

from django.contrib.sessions.models import Session

from runs.ports import prune_others


def test_expired_sessions_are_deleted_and_others_stay(db: None) -> None:
    now = datetime.now(UTC)
    for key, hours in (("expired", -1), ("valid", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(hours=hours))
    assert sum(prune_others(now - timedelta(hours=2), lambda seconds: None)) == 0
    assert sum(prune_others(now, lambda seconds: None)) == 1
    assert [session.pk for session in Session.objects.all()] == ["valid"]
