"""The demonstration's configuration: one target for each vendor, in front of its simulator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import get_type_hints

from scimbridge.config import Secret
from scimbridge.connectors.registry import VENDORS

PERSON = "ada.byron@example.com"
"""The person of the story."""


@dataclass(frozen=True, slots=True)
class DemoTarget:
    """What the demonstration adds to a vendor's simulator to make it a target."""

    vendor: str
    """The target type."""
    groups: Mapping[str, tuple[str, ...]]
    """What the groups that the story's IdP pushes stand for."""
    policy: str = ""
    """Further lines of the target's table."""
    tls: bool = False
    """Whether the API is reached with a certificate of its own."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """A credential of the simulator to the setting that takes it."""
    signs_in: bool = False
    """Whether the story's person comes by an account on their own: nobody can create one."""


TARGETS: Mapping[str, DemoTarget] = MappingProxyType(
    {
        "falcon": DemoTarget(
            vendor="falcon",
            groups={
                "SEC Analysts": ("role:falconhost_analyst", "role:falconhost_read_only"),
                "SEC Readers": ("role:falconhost_read_only",),
                "SEC Admins": ("role:falconhost_admin",),
            },
            # General clients take every listed resource type for one that they can create.
            policy='rename = "recreate"\nflight_control = true\nflight_control_resources = false\n',
        ),
        "insightvm": DemoTarget(
            vendor="insightvm",
            groups={
                "SEC Analysts": ("role:security-manager", "site:1", "site:2"),
                "SEC Readers": ("role:user", "site:1"),
                "SEC Admins": ("role:global-admin",),
            },
            policy='default_role = "role:user"\n'
            'role_ranking = ["role:global-admin", "role:security-manager", "role:user"]\n',
            tls=True,
            renamed={"user_name": "username"},
        ),
        "cortex": DemoTarget(
            vendor="cortex_xdr",
            groups={
                "SEC Analysts": ("role:investigator",),
                "SEC Readers": ("role:viewer",),
                "SEC Admins": ("role:security_admin",),
            },
            policy='generation = "iam"\nmissing_user = "pending"\nrename = "recreate"\n'
            'role_ranking = ["role:security_admin", "role:investigator", "role:viewer"]\n',
            signs_in=True,
        ),
    }
)
"""Target name to what the demonstration makes of it."""


@dataclass(frozen=True, slots=True)
class SimulatedTarget:
    """A target of the demonstration, its simulator running."""

    name: str
    url: str
    credentials: Mapping[str, str]
    certificate: Path | None = None

    @property
    def demo(self) -> DemoTarget:
        """What the demonstration adds."""
        return TARGETS[self.name]

    def environment(self) -> dict[str, str]:
        """The variables that hold the target's secrets."""
        given = self._settings()
        return {self._variable(name): given[name] for name in self._secret_names()}

    def table(self) -> str:
        """The target's tables of the configuration file."""
        secret_names = self._secret_names()
        lines = [f"[targets.{self.name}]", f'type = "{self.demo.vendor}"']
        for name, value in self._settings().items():
            reference = f"env:{self._variable(name)}" if name in secret_names else value
            lines.append(f"{name} = {json.dumps(reference)}")
        # Whoever tries the demonstration out may empty a group.
        lines += ["removal_budget = false", self.demo.policy, f"[targets.{self.name}.groups]"]
        lines += [
            f"{json.dumps(group)} = {json.dumps(list(texts))}"
            for group, texts in self.demo.groups.items()
        ]
        return "\n".join(lines) + "\n"

    def _settings(self) -> dict[str, str]:
        """The vendor's own settings, secrets in clear."""
        known = {each.name for each in fields(VENDORS[self.demo.vendor].settings)}
        given = {"base_url": self.url}
        given |= {self.demo.renamed.get(key, key): text for key, text in self.credentials.items()}
        if self.certificate is not None:
            given["verify"] = str(self.certificate)
        return {name: text for name, text in given.items() if name in known}

    def _secret_names(self) -> set[str]:
        hints = get_type_hints(VENDORS[self.demo.vendor].settings)
        return {name for name in self._settings() if Secret in _parts(hints[name])}

    def _variable(self, name: str) -> str:
        return f"SCIMBRIDGE_DEMO_{self.name}_{name}".upper()


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
