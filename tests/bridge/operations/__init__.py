"""Every vendor operation of docs/operations.md, driven through the bridge over the simulators.

`table` reads the document, `reference` is the list that it has to cover, `scene` carries a drive
out and tells which request made the bridge call what. The other modules hold the drives, by system.
"""
