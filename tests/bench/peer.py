"""The peer: scim2-server (PyPI), its own store in memory, filled before the first request.

Each worker has a store of its own, which is all the same for what is measured.
"""

from __future__ import annotations

import os
import secrets
from typing import Any

from scim2_models import ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.service import ScimService
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)

from scimbridge.scim import urns
from tests.bench.tenant import GROUP_ID, GROUP_NAME, OUTSIDERS, Tenant, user_document

SIZE_VARIABLE = "SCIMBRIDGE_BENCH_SIZE"
TOKEN = "peer"
_CREATED = "2026-01-01T00:00:00Z"


def create_app() -> Any:
    """The peer as its own command builds it, with the tenant in its store."""
    tenant = Tenant(int(os.environ[SIZE_VARIABLE]))
    provider = ScimProvider.from_discovery(
        load_default_schemas().values(),
        load_default_resource_types().values(),
        config=load_default_service_provider_config(),
    )
    storage = InMemoryStorage()
    models = {each.name: provider.model_for(each) for each in provider.resource_types}

    def stored(kind: str, document: dict[str, Any]) -> Any:
        meta = {"resourceType": kind, "created": _CREATED, "lastModified": _CREATED}
        return models[kind].model_validate(document | {"meta": meta | {"version": 'W/"1"'}})

    users = [
        stored("User", user_document(number) | {"id": tenant.user_id(number)})
        for number in range(tenant.size + OUTSIDERS)
    ]
    members = [{"value": tenant.user_id(number)} for number in tenant.members]
    group = {"id": GROUP_ID, "displayName": GROUP_NAME, "members": members}
    storage.resources = [*users, stored("Group", group | {"schemas": [urns.GROUP]})]
    service = ScimService(provider, secret=secrets.token_urlsafe(32))
    return BearerTokenApplication(storage, provider, service=service, bearer_tokens=[TOKEN])
