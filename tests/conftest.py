"""What every test stands on: loopback only, both databases, a browser, and ../shared where it is there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from support.loopback import confine

pytest_plugins = ["support.databases", "support.ends", "support.browser", "support.tryton_server"]

TESTS = Path(__file__).resolve().parent
SHARED = TESTS.parent.parent / "shared"

confine()
# A developer's own hub stays out of reach: what a test needs of these it sets itself.
for name in [name for name in os.environ if name.startswith("CLOSELOOP_") and not name.startswith("CLOSELOOP_TEST_")]:
    del os.environ[name]
# Compiled modules are kept, whatever the machine's habit: else each of the many processes would compile them all.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Processes that tests start read tests/sitecustomize.py and are confined as well.
os.environ["PYTHONPATH"] = str(TESTS)

# No deadline, since machines are shared; in CI the same examples every time, so that no change lands by luck.
settings.register_profile("closeloop", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("closeloop")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ../shared with real inputs; tests that need it are skipped where it is not beside the project."""
    if not SHARED.is_dir():
        pytest.skip("../shared, with the real inputs, is not beside the project")
    return SHARED
