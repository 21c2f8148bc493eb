"""`/metrics`: open, or for those who carry METRICS_TOKEN."""

import os
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from tests.support.hub import PROJECT

_TOKEN = "s3cret-of-the-metrics"


def test_without_a_token_everybody_reads_the_metrics(client: Client) -> None:
    answer = client.get("/metrics")
    assert (answer.status_code, answer.headers["Content-Type"][:10]) == (200, "text/plain")


@pytest.mark.parametrize(
    "authorization", ["", _TOKEN, "Bearer", "Bearer wrong", f"Basic {_TOKEN}", f"Bearer {_TOKEN}x", "Bearer \xe9"]
)
def test_with_a_token_others_are_refused(authorization: str, client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = _TOKEN
    headers = {"Authorization": authorization} if authorization else {}
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["detail"] == "The metrics require the bearer token of METRICS_TOKEN."
    assert _TOKEN not in answer.content.decode()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_who_carries_the_token_reads_the_metrics(scheme: str, client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = _TOKEN
    assert client.get("/metrics", headers={"Authorization": f"{scheme} {_TOKEN}"}).status_code == 200


def test_a_token_that_no_client_can_send_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {"SINKHUB_VAR": str(tmp_path), "METRICS_TOKEN": "two words"})
    with pytest.raises(ImproperlyConfigured, match="METRICS_TOKEN must have visible ASCII characters only"):
        runpy.run_path(str(PROJECT / "sinkhub" / "settings.py"))
