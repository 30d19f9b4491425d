"""CrowdStrike Falcon: vendor client, mapping, connector, simulator."""
