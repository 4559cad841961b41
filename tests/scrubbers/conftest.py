"""One jail for all tests of the scrubbers in a process: each job in it is a fresh fork, so a jail has nothing to remember."""

import pytest
from hostile.jail import Jail


@pytest.fixture(scope="session")
def jail():
    made = Jail()
    yield made
    made.close()
