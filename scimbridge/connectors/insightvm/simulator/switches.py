"""What can be chosen of the simulated console: its settings, and what is not confirmed of it."""

from __future__ import annotations

from scimbridge.simulation.switches import Switch

BUILT_IN_ROLES = (
    "global-admin",
    "security-manager",
    "site-admin",
    "system-admin",
    "user",
    "controls-insight-only",
    "custom",
)

_CONSOLE = (
    Switch(
        "console",
        "running",
        "maintenance: everything is 401; starting: everything is 503",
        ("running", "maintenance", "starting"),
    ),
    Switch("retry_after_s", 30, "Retry-After of the 503 while the console starts; 0: none"),
    Switch("garbage", "", "replaces the body of every success", ("", "html", "empty")),
    Switch(
        "success_codes",
        "recorded",
        "recorded: 201 for a new user, else 200; strict_swagger: what the specification lists;"
        " guide: 201 for POST and PUT, 204 for DELETE",
        ("recorded", "strict_swagger", "guide"),
    ),
    Switch("two_factor", False, "two-factor authentication is on for the console"),
    Switch("lockout_after", 4, "wrong passwords in a row that lock an account; 0: never"),
    Switch("oversized_page", "clamp", "a page of more than 500", ("clamp", "reject")),
    Switch(
        "sortable_user_properties",
        ["id", "login", "name", "email", "enabled"],
        "what GET /users can be sorted by; all else is 400",
    ),
    Switch(
        "bare_string_bodies",
        "either",
        "a password or seed as the body: quoted as JSON, or raw text as well",
        ("either", "quoted"),
    ),
)

_USERS = (
    Switch("duplicate_login_status", 400, "a login that is taken", (400, 409)),
    Switch("login_case_sensitive", False, "two logins may differ in case alone"),
    Switch("login_rename", "accept", "another login in a PUT", ("accept", "reject", "ignore")),
    Switch("email_must_be_address", False, "refuse an e-mail address without the form of one"),
    Switch("omitted_enabled", True, "what a PUT without 'enabled' makes of it"),
    Switch(
        "omitted_authentication",
        "normal",
        "a write without 'authentication'; keep: a PUT leaves it as it is",
        ("normal", "keep", "reject"),
    ),
    Switch("put_clears_access", True, "a PUT of a user drops sites and asset groups"),
    Switch("put_requires_password", False, "a PUT of a local user without password is refused"),
    Switch("forced_flags", "reject", "flags that do not fit the role", ("reject", "accept")),
    Switch(
        "local_source_rule",
        "reject",
        "a global administrator who is not 'admin', or somebody else who is",
        ("reject", "accept"),
    ),
    Switch(
        "protected_delete", "reject", "self, built-in, last administrator", ("reject", "accept")
    ),
    Switch("delete_content_owner", "accept", "who owns reports or tickets", ("accept", "reject")),
    Switch("unlock_disabled", "reject", "DELETE lock of a disabled user", ("reject", "accept")),
    Switch("unlock_unlocked_status", 200, "DELETE lock of a user who is not", (200, 400, 404)),
    Switch("absent_two_factor_key", "404", "GET 2FA without a key", ("404", "omitted")),
    Switch("role_name_object", False, "a user's role.name is an object, as newer consoles may do"),
)

_PASSWORDS = (
    Switch("password_min_length", 8, "characters"),
    Switch("password_max_length", 24, "characters; 0: no limit"),
    Switch("password_capitals", 1, "at least"),
    Switch("password_digits", 1, "at least"),
    Switch("password_specials", 1, "at least: neither letters nor digits"),
)

_ACCESS = (
    Switch("unknown_in_list_status", 400, "an unknown id in a list that is set", (400, 404)),
    Switch("add_to_all_access_status", 400, "one more for a user who has all", (400, 200)),
    Switch("remove_unheld_status", 404, "removing what is not held", (404, 200)),
    Switch("all_access_reads", "all", "ids shown of a user who has all", ("all", "empty")),
    Switch(
        "site_owner_asset_groups", "reject", "asset groups of a site owner", ("reject", "accept")
    ),
)

_ROLES = (
    Switch("built_in_roles", list(BUILT_IN_ROLES), "roles that cannot be deleted"),
    Switch("built_in_role_edit", "reject", "PUT of a built-in role", ("reject", "accept")),
    Switch(
        "role_name_differs", "reject", "a custom role's name is not its id", ("reject", "accept")
    ),
)

SWITCHES = _CONSOLE + _USERS + _PASSWORDS + _ACCESS + _ROLES
"""All switches with their defaults."""
