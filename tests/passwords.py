"""Passwords of the tests: hashed as in production, but once instead of a million times, which takes half a second."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher

HASHERS = ["tests.passwords.QuickHasher"]


class QuickHasher(PBKDF2PasswordHasher):
    """Its hashes are valid in production too, since each says how often it was hashed."""

    iterations = 1

    def must_update(self, encoded: str) -> bool:
        # A password of production stays as it is: a new hash would end the sessions of its user.
        return False
