"""Rapid7 InsightVM: vendor client, mapping, connector, simulator."""
