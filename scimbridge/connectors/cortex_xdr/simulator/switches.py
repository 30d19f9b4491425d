"""What can be chosen of the simulated Cortex: all that the vendor leaves unconfirmed."""

from __future__ import annotations

from scimbridge.connectors.cortex_xdr.simulator.records import ACTION, VIEW
from scimbridge.simulation.switches import Switch

_GATEWAY = (
    Switch("generation", 5, "of the tenant; 3 has the v1 routes only", (5, 3)),
    Switch("iam_absent", "404", "what Platform IAM routes answer in generation 3", ("404", "html")),
    Switch("licence", "pro", "prevent: the v1 routes answer 402", ("pro", "prevent")),
    Switch("key_permissions", [VIEW, ACTION], "what any API key may have at most"),
    Switch("max_skew_s", 300.0, "how far an advanced key's timestamp may be off; 0: any"),
    Switch("reject_replay", True, "refuse a nonce that an advanced key used before"),
    Switch("check_nonce_form", True, "a nonce must be 64 letters and digits"),
    Switch("rate_limit_per_minute", 0, "requests of one API key; 0: no limit"),
    Switch("retry_after", "seconds", "header of a 429", ("seconds", "date", "absent")),
    Switch(
        "error_form",
        "observed",
        "of every error body; root and details are documented elsewhere",
        ("observed", "root", "details", "empty"),
    ),
    Switch("err_extra", "text", "how an error gives its reason", ("text", "list")),
)

_BOTH = (
    Switch("protected_roles", ["Account Admin"], "pretty names that nobody can be given by API"),
    Switch(
        "account_admin_users",
        "reject",
        "taking a protected role or access from whoever has one",
        ("reject", "ignore", "accept"),
    ),
    Switch("no_role", "empty", "role_name of a user without a role", ("empty", "null")),
    Switch("gateway_twin", "", "pretty name of a tenant role that the Gateway has a role of too"),
)

_V1 = (
    Switch("missing_request_data_status", 500, "v1 body without request_data", (500, 400)),
    Switch("roles_form", "nested", "reply of get_roles", ("nested", "flat")),
    Switch("group_reply", "list", "reply of get_user_group; data: the IAM form", ("list", "data")),
    Switch("group_pretty_name", "role", "pretty_name of a group", ("role", "group")),
    Switch("user_groups_form", "names", "groups of get_users", ("names", "objects")),
    Switch("scope_form", "list", "scope of get_users", ("list", "object")),
    Switch("update_count_form", "string", "type of update_count", ("string", "number")),
    Switch("protected_role_status", 500, "set_user_role to a protected role", (500, 400, 403)),
    Switch("unknown_email", "reject", "in set_user_role", ("reject", "ignore")),
    Switch("set_role_unknown_status", 500, "unknown e-mail or role there", (500, 400, 404)),
    Switch(
        "set_role_by",
        "pretty_name",
        "what set_user_role takes as role_name",
        ("pretty_name", "role_id", "either"),
    ),
    Switch("quotes", "plain", "around the name in a not-found text", ("plain", "escaped")),
)

_IAM = (
    Switch("unknown_user_status", 400, "GET or PATCH of an unknown user", (400, 403, 404, 500)),
    Switch("active_word", "Active", "status of a user who may sign in"),
    Switch("disabled_word", "Disabled", "status of a user who may not"),
    Switch("user_names", "accept", "names in a PATCH of a user", ("accept", "ignore", "reject")),
    Switch("empty_clears_rejected", False, "True: a PATCH of nothing but clearing is no update"),
    Switch("listed_group_id", "string", "group_id in the list of users", ("string", "number")),
    Switch("hidden_key", "is_hidden", "its name in a user", ("is_hidden", "hidden")),
    Switch("group_role_key", "role_id", "its name in a group", ("role_id", "role_name")),
    Switch("unknown_member", "reject", "in users of a group", ("reject", "ignore")),
    Switch("ad_members", "reject", "changing those of an ad_type group", ("reject", "accept")),
    Switch("unknown_permission", "reject", "in a new role", ("reject", "accept")),
)

SWITCHES = _GATEWAY + _BOTH + _V1 + _IAM
"""All switches with their defaults."""
