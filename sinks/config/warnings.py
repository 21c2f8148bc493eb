"""Warnings about a sink that is valid: its secrets are short, or its provider would not take the answer."""

from collections.abc import Callable
from contextlib import suppress

from runs.workflows import registry as workflows
from sinks.access.caller_rules import MIN_SECRET
from sinks.access.encryption import Unreadable
from sinks.http.responses import HOLD_TIMEOUT
from sinks.http.sink_response import SinkResponse
from sinks.models import Sink
from sinks.webhooks import registry as providers
from sinks.webhooks.provider import Answer, Provider

_SECRETS: dict[str, Callable[[Sink], list[str]]] = {
    "The token": lambda sink: [sink.auth_token],
    "A signing secret": lambda sink: sink.secrets,
    "The verify token": lambda sink: [sink.verify_token],
}
_ADVICE = 'Set the response, for example to {"status": 200}'


def warnings_of(sink: Sink) -> list[str]:
    """
    Return the warnings about a sink: secrets that are too short, and the reasons for which its provider would not take
    what a delivery is answered: its status, its time or its body.
    """
    return [*_short_secrets(sink), *_answer_faults(sink)]


def _short_secrets(sink: Sink) -> list[str]:
    """Return the kinds of secrets that were set when they could be shorter: they cannot be masked."""
    faults = []
    for kind, read in _SECRETS.items():
        with suppress(Unreadable):  # the page says so elsewhere
            if any(0 < len(secret) < MIN_SECRET for secret in read(sink)):
                faults.append(f"{kind} has fewer than {MIN_SECRET} characters: set a longer one.")
    return faults


def _answer_faults(sink: Sink) -> list[str]:
    provider = providers.find(sink.provider) if sink.provider else None
    if provider is None or provider.answer is None:
        return []
    answer, workflow = provider.answer, workflows.find(sink.workflow)
    if sink.deliver_signal:
        return [*_status_faults(provider, answer, 202), *_body_faults(provider, answer, None)]
    response = SinkResponse.of(sink.response, responds=workflow is not None and workflow.responds)
    if response is not None and sink.answer != "stream":
        if response.fixed is not None and not response.waits:
            body = response.fixed.text
            return [*_status_faults(provider, answer, response.fixed.status), *_body_faults(provider, answer, body)]
        return _faults_of_waiting(provider, answer, response, workflow is not None and workflow.responds)
    if sink.answer == "async":
        return [*_status_faults(provider, answer, 202), *_body_faults(provider, answer, None)]
    seconds = answer.seconds
    longest = workflow.time_limit(sink.timeout) if workflow is not None else sink.timeout
    faults = [*_status_faults(provider, answer, 200), *_body_faults(provider, answer, None)]
    if seconds is not None and longest is not None and longest > seconds:
        faults.append(
            f"{provider.name} waits {seconds:g} s for the whole answer, which lasts until the run ends here. "
            f"{_ADVICE}, or the default answer to async."
        )
    return faults


def _faults_of_waiting(provider: Provider, answer: Answer, response: SinkResponse, responds: bool) -> list[str]:
    """Return the faults if clients wait for the run; if its workflow responds, it knows its provider."""
    faults = []
    if response.fixed is not None:
        faults += _status_faults(provider, answer, response.fixed.status)
        faults += _body_faults(provider, answer, response.fixed.text)
    elif not responds:
        faults += _body_faults(provider, answer, None)
    if answer.seconds is not None and answer.seconds < HOLD_TIMEOUT and not responds:
        faults.append(
            f"{provider.name} waits {answer.seconds:g} s for the answer, which comes here when the run ends, or after "
            f"{HOLD_TIMEOUT} s. {_ADVICE} without a failed_status."
        )
    return faults


def _status_faults(provider: Provider, answer: Answer, status: int) -> list[str]:
    lowest, highest = answer.statuses
    if lowest <= status <= highest:
        return []
    taken = f"the status {lowest}" if lowest == highest else f"statuses from {lowest} to {highest}"
    return [
        f"{provider.name} takes {taken}, and deliveries are answered {status} here: set the status in the response."
    ]


def _body_faults(provider: Provider, answer: Answer, body: str | None) -> list[str]:
    """Return the fault of a body; None stands for one that SinkHub writes."""
    if answer.body is None or (body is not None and body.strip() == answer.body.strip()):
        return []
    wanted = f"the body {answer.body!r}" if answer.body else "an empty body"
    return [f"{provider.name} takes {wanted} only: set the body in the response."]
