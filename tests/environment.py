"""
Loaded before Django's settings (`-p tests.environment`): tests inside this process keep their files in a folder of
their own, not in the project's var/.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import certifi

_folder = tempfile.mkdtemp(prefix="sinkhub-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["SINKHUB_VAR"] = _folder
os.environ["SINKHUB_WORKFLOWS"] = os.path.join(os.path.dirname(__file__), "workflows")
for name in ("DATABASE_URL", "REDIS_URL", "DEBUG", "RUN_ENGINE"):
    os.environ.pop(name, None)

# No test speaks TLS, but httpx gets ready for it with every request. With all the world's authorities that takes 25 ms,
# as long as ten requests; with one, none.
_END = "-----END CERTIFICATE-----\n"
_authority = Path(_folder, "authority.pem")
_authority.write_text(Path(certifi.where()).read_text().partition(_END)[0] + _END)
os.environ["SSL_CERT_FILE"] = str(_authority)
