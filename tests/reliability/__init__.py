"""Proof by real processes that are killed, paused and raced; `make reliability` runs it all.

A *stage* is a bridge and its simulated vendor in a prepared state, in one process without threads.
Whatever happens on it happens in forks of that process: one is the vendor, behind real HTTP; one is
the bridge that answers a request and is killed at some point of it; one is the bridge that is
started afterwards. So each run starts from the same state and costs some ten milliseconds, and the
death is a real one: SIGKILL, no handler, no ``finally``.
"""
