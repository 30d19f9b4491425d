"""The demonstration: simulated vendors and a real bridge in front of them, on loopback."""
