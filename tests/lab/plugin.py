"""The fixture `lab`: import it in a conftest."""

from collections.abc import Iterator

import pytest

from tests.lab import Lab


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A running laboratory on a free port of loopback."""
    with Lab() as running:
        yield running
