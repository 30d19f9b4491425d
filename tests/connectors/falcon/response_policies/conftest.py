from __future__ import annotations

import pytest
from falcon_tenant import Tenant
from policies import of_a_child, of_the_parent

from scimbridge.connectors.falcon.connector import FalconConnector


@pytest.fixture
def parent(tenant: Tenant) -> FalconConnector:
    return of_the_parent(tenant)


@pytest.fixture
def child(tenant: Tenant) -> FalconConnector:
    return of_a_child(tenant)
