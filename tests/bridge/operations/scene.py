"""Carrying out one drive: what the bridge was asked, and what it then called at the vendor."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
from click.testing import CliRunner, Result

from scimbridge.cli import cli
from tests.bridge.other_vendors import VendorWorld, open_vendor_world
from tests.conftest import Scim

Evidence = dict[str, set[str]]
"""What the bridge was asked (``POST /Users``, ``scimbridge check``) to the ``METHOD route`` of each
vendor call that this led to and that the vendor answered with success."""

_ID = re.compile(r"^(/\w+/)[^/]+")


@dataclass(frozen=True)
class Tenant:
    """A target of the demonstration, with the vendor's or the configuration's ways changed."""

    target: str
    switches: Mapping[str, Any] = field(default_factory=dict)
    replaced: Mapping[str, str] = field(default_factory=dict)
    """Texts of the configuration to others."""


class Scene:
    """One drive's bridge and vendor. Whatever is asked here has to succeed."""

    def __init__(self, world: VendorWorld) -> None:
        self.evidence: Evidence = {}
        self.world = replace(world, scim=_RecordingScim(world.scim, self.asking))
        self.scim = self.world.scim
        self.vendor = world.simulator.state

    def run(self, *arguments: str) -> str:
        """A command of the command line; returns what it prints."""
        result = self._invoke(arguments)
        assert result.exit_code == 0, result.output
        return result.output

    def run_in_vain(self, *arguments: str) -> None:
        """A command that must fail, after calls to the vendor that do not."""
        assert self._invoke(arguments).exit_code != 0

    def _invoke(self, arguments: Sequence[str]) -> Result:
        with self.asking(f"scimbridge {arguments[0]}"):
            options = ["--config", str(self.world.path)]
            return CliRunner(env=dict(self.world.environ)).invoke(
                cli, [arguments[0], *options, *arguments[1:]]
            )

    @contextmanager
    def asking(self, what: str) -> Iterator[None]:
        """All vendor calls within the block are what ``what`` led to."""
        log = self.world.simulator.log
        before = len(log.requests())
        yield
        self.evidence.setdefault(what, set()).update(
            f"{each.method} {each.route}"
            for each in log.requests()[before:]
            if each.status is not None and each.status < 300
        )


class _RecordingScim(Scim):
    """A SCIM client whose every request is the cause of what the vendor is asked meanwhile."""

    def __init__(self, scim: Scim, asking: Callable[[str], Any]) -> None:
        super().__init__(scim.base_url, scim.token, scim.headers)
        self._asking = asking

    def __call__(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> requests.Response:
        pattern = _ID.sub(r"\1{id}", path.partition("?")[0])
        with self._asking(f"{method} {pattern}"):
            answer = super().__call__(method, path, body, **headers)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer


Story = Callable[[Scene], None]


@dataclass(frozen=True)
class Drive:
    """A story that is told to the bridge, in front of a tenant of its own."""

    name: str
    """Module and function: ``insightvm.a_person_is_created``."""
    tenant: Tenant
    story: Story

    def evidence(self) -> Evidence:
        """Carry it out."""
        with tempfile.TemporaryDirectory() as folder:
            tenant = self.tenant
            opened = open_vendor_world(
                Path(folder), tenant.target, switches=tenant.switches, **tenant.replaced
            )
            with opened as world:
                scene = Scene(world)
                self.story(scene)
                return scene.evidence


DRIVES: dict[str, Drive] = {}
"""By name; filled by `drive`."""


def drive(tenant: Tenant) -> Callable[[Story], Story]:
    """Make a drive of a function."""

    def register(story: Story) -> Story:
        name = f"{story.__module__.rpartition('.')[2]}.{story.__name__}"
        DRIVES[name] = Drive(name, tenant, story)
        return story

    return register
