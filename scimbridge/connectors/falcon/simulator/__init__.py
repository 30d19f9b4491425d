"""A CrowdStrike Falcon tenant in memory, written from the vendor's API contract.

It shares no code with the client that it checks.
"""

from scimbridge.connectors.falcon.simulator.app import create_simulator

__all__ = ["create_simulator"]
