"""The demonstration's configuration: one target for each vendor, in front of its simulator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import get_type_hints

from scimbridge.config import Secret
from scimbridge.connectors.registry import VENDORS

GROUPS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "falcon": {
            "SEC Analysts": ("role:falconhost_analyst", "role:falconhost_read_only"),
            "SEC Readers": ("role:falconhost_read_only",),
            "SEC Admins": ("role:falconhost_admin",),
        },
    }
)
"""What the groups that the story's IdP pushes stand for at each vendor."""

POLICY: Mapping[str, str] = MappingProxyType({"falcon": 'rename = "recreate"\n'})
"""Further lines of each target's table."""


@dataclass(frozen=True, slots=True)
class SimulatedTarget:
    """A target of the demonstration, its simulator running."""

    vendor: str
    url: str
    credentials: Mapping[str, str]
    settings: Mapping[str, str]
    """Further settings of the target, in clear: the certificate's path, for one."""

    def environment(self) -> dict[str, str]:
        """The variables that hold the target's secrets."""
        return {self._variable(name): self.credentials[name] for name in self._secret_names()}

    def table(self) -> str:
        """The target's tables of the configuration file."""
        secret_names = self._secret_names()
        known = {field.name for field in fields(VENDORS[self.vendor].settings)}
        lines = [f"[targets.{self.vendor}]", f'type = "{self.vendor}"']
        values = {"base_url": self.url, **self.credentials, **self.settings}
        for name, value in values.items():
            if name in secret_names:
                lines.append(f'{name} = "env:{self._variable(name)}"')
            elif name in known:
                lines.append(f"{name} = {json.dumps(value)}")
        lines += [POLICY.get(self.vendor, ""), f"[targets.{self.vendor}.groups]"]
        lines += [
            f"{json.dumps(group)} = {json.dumps(list(texts))}"
            for group, texts in GROUPS.get(self.vendor, {}).items()
        ]
        return "\n".join(lines) + "\n"

    def _secret_names(self) -> set[str]:
        hints = get_type_hints(VENDORS[self.vendor].settings)
        return {name for name in self.credentials if Secret in _parts(hints.get(name))}

    def _variable(self, name: str) -> str:
        return f"SCIMBRIDGE_DEMO_{self.vendor}_{name}".upper()


def write_config(path: Path, targets: list[SimulatedTarget], *, port: int) -> None:
    """Write the configuration file of the demonstration."""
    bridge = (
        "[bridge]\n"
        f'listen = "127.0.0.1:{port}"\n'
        'database = "directory.db"\n'
        'secret_key = "env:SCIMBRIDGE_DEMO_SECRET_KEY"\n'
        "recovery_interval_s = 1.0\n"
        'log_level = "warning"\n'
    )
    path.write_text("\n".join([bridge, *(target.table() for target in targets)]))


def _parts(hint: object) -> tuple[object, ...]:
    return (hint, *getattr(hint, "__args__", ()))
