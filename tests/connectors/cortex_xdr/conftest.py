from __future__ import annotations

from collections.abc import Iterator

import pytest
from cortex_tenant import IAM, V1, CortexTenant, open_tenant


@pytest.fixture
def v1() -> Iterator[CortexTenant]:
    with open_tenant(V1) as tenant:
        yield tenant


@pytest.fixture
def iam() -> Iterator[CortexTenant]:
    with open_tenant(IAM) as tenant:
        yield tenant
