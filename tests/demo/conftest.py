"""A small sample district, loaded once into a template: copying it is quicker than loading it."""

import shutil
from pathlib import Path

import pytest

from core.demo.loading import Loaded
from tests.demo.district import build


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Loaded]:
    place = tmp_path_factory.mktemp("district")
    return place, build(place)


@pytest.fixture
def sample(data_dir: Path, template: tuple[Path, Loaded]) -> Path:
    """A data folder of one's own with the small district in it."""
    shutil.copytree(template[0], data_dir)
    return data_dir
