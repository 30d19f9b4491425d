"""A Rapid7 InsightVM Security Console in memory, written from the vendor's API contract.

It shares no code with the client that it checks.
"""

from scimbridge.connectors.insightvm.simulator.app import create_simulator

__all__ = ["create_simulator"]
