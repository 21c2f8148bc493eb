"""
Loaded before Django's settings (`-p tests.environment`): tests inside this process keep their files in a folder of
their own, not in the project's var/.
"""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="sinkhub-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["SINKHUB_VAR"] = _folder
os.environ["SINKHUB_WORKFLOWS"] = os.path.join(os.path.dirname(__file__), "workflows")
for name in ("DATABASE_URL", "REDIS_URL", "DEBUG", "RUN_ENGINE"):
    os.environ.pop(name, None)
