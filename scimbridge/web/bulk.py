"""Bulk (RFC 7644 section 3.7): many operations in one request, each with its own outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response

from scimbridge.errors import (
    DirectoryError,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    MethodNotAllowed,
    PayloadTooLarge,
    ScimError,
)
from scimbridge.provisioning.endpoints import Endpoint, require_verb
from scimbridge.provisioning.service_provider import ServiceProvider
from scimbridge.scim import urns
from scimbridge.scim.bulk import PREFIX, execution_order, references, resolved, resolved_path
from scimbridge.scim.messages import BulkOperation, load_bulk, load_resource
from scimbridge.scim.operations import parse_patch
from scimbridge.web.auth import caller
from scimbridge.web.errors import as_scim_error, error_document
from scimbridge.web.requests import json_body
from scimbridge.web.responses import scim_response
from scimbridge.web.site import SCIM_PATH, site

bulk = Blueprint("bulk", __name__, url_prefix=SCIM_PATH)

MAX_OPERATIONS = 1000
"""Advertised in /ServiceProviderConfig; the payload is bounded by ``max_body_bytes``."""


@bulk.post("/Bulk")
def run_bulk(target: str) -> Response:
    """Run the operations; an operation that refers to another one comes after it."""
    provider = site().provider(target)
    provider.pauses.require_running()
    request = load_bulk(json_body(), dialect=provider.target.dialect)
    if len(request.operations) > MAX_OPERATIONS:
        raise PayloadTooLarge(
            f"{len(request.operations)} operations are more than {MAX_OPERATIONS} "
            "(bulk.maxOperations); send them in several requests"
        )
    if request.fail_on_errors is not None and request.fail_on_errors < 1:
        raise InvalidValue(f"failOnErrors is {request.fail_on_errors}; 1 stops at the first error")
    run = _Run(provider, site().base_url(target))
    errors = 0
    for index in execution_order(request.operations):
        if errors == request.fail_on_errors:
            break
        errors += not run.execute(index, request.operations[index])
    # In the order of the request, so that a client can compare without bulkIds.
    results = [run.results[index] for index in sorted(run.results)]
    return scim_response({"schemas": [urns.BULK_RESPONSE], "Operations": results})


@dataclass(slots=True)
class _Run:
    provider: ServiceProvider
    base_url: str
    ids: dict[str, str] = field(default_factory=dict)
    results: dict[int, dict[str, Any]] = field(default_factory=dict)

    def execute(self, index: int, operation: BulkOperation) -> bool:
        """Run one operation and keep its result; whether it succeeded."""
        result: dict[str, Any] = {"method": operation.method}
        if operation.bulk_id is not None:
            result["bulkId"] = operation.bulk_id
        self.results[index] = result
        try:
            self._run(operation, result)
        except (ScimError, DirectoryError) as error:
            # Of both kinds, so that what was done before is told.
            known = error if isinstance(error, ScimError) else as_scim_error(error)
            body = error_document(known)
            result |= {"status": body["status"], "response": body}
        return int(result["status"]) < 400

    def _run(self, operation: BulkOperation, result: dict[str, Any]) -> None:
        endpoint, scim_id = self._address(operation)
        if scim_id is not None:
            result["location"] = f"{self.base_url}{endpoint.path}/{scim_id}"
        missing = references(operation) - self.ids.keys()
        if missing:
            names = ", ".join(f"{PREFIX}{name}" for name in sorted(missing))
            raise InvalidSyntax(f"what {names} refers to was not created")
        versions = None if operation.version is None else frozenset({operation.version})
        data = resolved(operation.data, self.ids)
        target = self.provider.target
        match operation.method, scim_id:
            case "POST", None:
                require_verb(endpoint, "create")
                document = load_resource(data, endpoint.resource_type, dialect=target.dialect)
                scim_id = endpoint.create(document, caller()).scim_id
                endpoint.answered(scim_id)
                if operation.bulk_id is not None:
                    self.ids[operation.bulk_id] = scim_id
                result["location"] = f"{self.base_url}{endpoint.path}/{scim_id}"
                result["status"] = "201"
            case "PUT", str():
                require_verb(endpoint, "update")
                document = load_resource(data, endpoint.resource_type, dialect=target.dialect)
                endpoint.replace(scim_id, document, caller(), versions)
                result["status"] = "200"
            case "PATCH", str():
                require_verb(endpoint, "update")
                operations = parse_patch(data, endpoint.resource_type, dialect=target.dialect)
                endpoint.patch(scim_id, operations, caller(), versions)
                result["status"] = "200"
            case "DELETE", str():
                require_verb(endpoint, "delete")
                endpoint.delete(scim_id, caller(), versions)
                result["status"] = "204"
            case _:
                raise MethodNotAllowed(f"{operation.method} {operation.path} cannot be in a bulk")

    def _address(self, operation: BulkOperation) -> tuple[Endpoint, str | None]:
        parts = resolved_path(operation.path, self.ids).strip("/").split("/")
        endpoint = self.provider.endpoints.get(parts[0])
        if endpoint is None or len(parts) > 2:
            known = ", ".join(f"/{name}" for name in self.provider.endpoints)
            raise InvalidPath(f"{operation.path} is not in {known}")
        return endpoint, parts[1] if len(parts) == 2 else None
