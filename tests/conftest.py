"""For all tests: one thread a process, and browser tests one at a time."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import torch
from streamlit.components.v2 import manifest_scanner
from xdist.scheduler import LoadScopeScheduling

torch.set_num_threads(1)  # as the app itself runs; two that wait for each other slow a busy machine


@pytest.fixture(autouse=True)
def seeded() -> None:
    """PyTorch's own generator begins anew: a test's random tensors are the same in every run."""
    torch.manual_seed(0)


@pytest.fixture(autouse=True, scope="session")
def packages_scanned_once() -> Iterator[None]:
    """Streamlit reads every installed package's metadata for each AppTest: four fifths of its time."""
    with pytest.MonkeyPatch.context() as patch:
        scan = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


class OneBrowser(LoadScopeScheduling):
    """All browser tests go to one process, the others file by file to whichever is free.

    Server and browser keep two processors busy already; two pairs of them wait for each other. A file's
    tests share what they trained or started. The largest group, the browser's, begins first.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if "e2e/" in nodeid else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBrowser:
    return OneBrowser(config, log)
