"""A Palo Alto Cortex XDR tenant in memory, written from the vendor's API contract.

It shares no code with the client that it checks.
"""

from scimbridge.connectors.cortex_xdr.simulator.app import create_simulator

__all__ = ["create_simulator"]
