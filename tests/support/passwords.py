"""Password hashing for tests: as in production, but with one iteration, since a million take half a second."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher

HASHERS = ["tests.support.passwords.QuickHasher"]


class QuickHasher(PBKDF2PasswordHasher):
    """Its hashes are also valid in production, since each contains its number of iterations."""

    iterations = 1

    def must_update(self, encoded: str) -> bool:
        # Keep production hashes: a new hash would end the sessions of its user.
        return False
