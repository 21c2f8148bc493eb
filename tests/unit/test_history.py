"""The history of objects in the admin: each change once, in words."""

import pytest
from django.contrib.admin.models import LogEntry

from sinkhub.templatetags.history import change_text

PATH = '{"changed": {"fields": ["Path", "Path", "Rate"]}}'


@pytest.mark.parametrize(
    ("message", "flag", "text"),
    [
        (f"[{PATH}, {PATH}]", 2, "Changed Path and Rate."),
        ('[{"added": {}}]', 1, "Created."),
        ('[{"added": {"name": "secret", "object": "KEY"}}]', 2, 'Added the secret "KEY".'),
        (
            '[{"changed": {"name": "secret", "object": "KEY", "fields": ["Value"]}}]',
            2,
            'Changed Value of the secret "KEY".',
        ),
        ("", 3, "Deleted."),
        ("Activated.", 2, "Activated."),
        ("[not JSON", 2, "[not JSON"),
    ],
)
def test_no_label_and_no_sentence_is_repeated(message: str, flag: int, text: str) -> None:
    assert change_text(LogEntry(change_message=message, action_flag=flag)) == text
