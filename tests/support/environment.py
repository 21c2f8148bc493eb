"""
Set the environment before Django's settings load (`-p tests.support.environment`): tests in this process keep their
files in a temporary folder, not in the project's var/.
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

# Tests with TLS set an authority of their own, but httpx loads the authorities for every request. All of them take
# 25 ms, as long as ten requests; one takes no time.
_END = "-----END CERTIFICATE-----\n"
_authority = Path(_folder, "authority.pem")
_authority.write_text(Path(certifi.where()).read_text().partition(_END)[0] + _END)
os.environ["SSL_CERT_FILE"] = str(_authority)
