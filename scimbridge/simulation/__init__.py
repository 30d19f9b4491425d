"""What the vendor simulators share: loopback server, faults, request log, in-process transport."""
