"""The bridge's configuration: a TOML file, read into frozen dataclasses.

Nothing here knows a vendor: each vendor's folder defines its own settings dataclass, and the
caller of `load_config` passes them in.
"""

from scimbridge.config.loading import CONFIG_VARIABLE, load_config
from scimbridge.config.mistakes import Where
from scimbridge.config.reading import read_table
from scimbridge.config.secrets import Secret
from scimbridge.config.settings import BridgeConfig, Config, ConsoleConfig, TargetConfig

__all__ = [
    "CONFIG_VARIABLE",
    "BridgeConfig",
    "Config",
    "ConsoleConfig",
    "Secret",
    "TargetConfig",
    "Where",
    "load_config",
    "read_table",
]
