from __future__ import annotations

import pytest
from falcon_tenant import Tenant
from parent import Parent


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture
def parent() -> Parent:
    return Parent()
