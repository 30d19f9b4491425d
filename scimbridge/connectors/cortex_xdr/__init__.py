"""Palo Alto Cortex XDR: vendor client, mapping, connector, simulator."""
