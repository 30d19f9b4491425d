"""What can be chosen of the simulated Falcon: all that the vendor leaves unconfirmed."""

from __future__ import annotations

from scimbridge.simulation.switches import Switch

ALL_SCOPES = (
    "usermgmt:read",
    "usermgmt:write",
    "mssp:read",
    "mssp:write",
    "response-policies:read",
    "response-policies:write",
    "sensor-installers:read",
)

_GATEWAY = (
    Switch("token_lifetime_s", 1799, "life of an access token; short forces refreshes"),
    Switch("region_header", "", "X-Cs-Region on every answer; empty: none (falconpy would follow)"),
    Switch("redirect_token_to", "", "base URL that /oauth2/token redirects to with a 308"),
    Switch("bad_credentials_status", 403, "answer to a wrong id or secret", (400, 401, 403)),
    Switch("bad_token_status", 401, "answer to an expired or unknown bearer token", (401, 403)),
    Switch("scopes", list(ALL_SCOPES), "what any API client may have at most"),
    Switch("scope_message", "new", "text of the 403 for a missing scope", ("new", "old")),
    Switch("flight_control", True, "False: a standalone tenant, mssp routes answer 403"),
    Switch("rate_limit_per_minute", 6000, "per customer, all clients together; 0: no limit"),
    Switch(
        "token_rate_limit_per_minute", 300, "per source address on the token route; 0: no limit"
    ),
    Switch("anonymous_rate_limit_per_minute", 15, "per source address without a good token"),
    Switch(
        "retry_after", "seconds", "X-RateLimit-RetryAfter", ("seconds", "milliseconds", "absent")
    ),
    Switch("success_errors", "usual", "the errors key of an answer without any", ("usual", "null")),
    Switch("garbage", "", "replaces the body of every 200", ("", "html", "empty")),
    Switch(
        "limit_out_of_range", "reject", "a limit that is too small or large", ("reject", "clamp")
    ),
)

_USERS = (
    Switch("sso", True, "passwords are ignored; False: they must satisfy the policy"),
    Switch("allowed_domains", [], "e-mail domains that a login may have; empty: any"),
    Switch("uid_must_be_email", False, "refuse a login that has not the form of an address"),
    Switch("duplicate_uid_status", 400, "creating a login that is taken", (400, 409)),
    Switch("unknown_user_status", 404, "PATCH or DELETE of an unknown user", (400, 404)),
    Switch("search_lag_s", 0.0, "seconds until queries know who was created or deleted"),
    Switch("users_get_maximum", 5000, "ids that one retrieval takes"),
    Switch("legacy_ids_maximum", 100, "ids that one legacy call takes"),
    Switch("parent_sees", "all", "users that a parent token lists by default", ("all", "own")),
    Switch("user_unsupported_field", "reject", "in a user filter", ("reject", "empty")),
    Switch("fql_case_sensitive", False, "user filters: equality and wildcards"),
    Switch("fql_not_matches_absent", True, "user filters: whether ! holds where there is no value"),
)

_GRANTS = (
    Switch("unknown_role_in_grant", "reject", "atomic, or the rest is done", ("reject", "partial")),
    Switch("repeated_grant_status", 200, "granting the held, revoking the unheld", (200, 409)),
    Switch("grants_lag_s", 0.0, "seconds until a changed grant is read back"),
    Switch("derived_grant_type", "flight_control", "grant_type of grants by way of a user group"),
    Switch(
        "grants_without_cid", "token", "which CIDs' grants an empty cid reads", ("token", "all")
    ),
)

_FLIGHT_CONTROL = (
    Switch("mssp_bad_id_of_several", 207, "some ids of a request are unknown", (207, 404)),
    Switch("mssp_single_bad_id", 207, "all ids of a request are unknown", (207, 400, 404)),
    Switch("over_limit_status", 400, "more than 500 members or groups", (400, 207)),
    Switch(
        "duplicate_group_name", "reject", "400, 207, or simply done", ("reject", "207", "accept")
    ),
    Switch("missing_description", "clear", "left out of a PATCH", ("clear", "keep")),
    Switch("members_echo", "full", "what changing members answers with", ("full", "delta")),
    Switch("empty_removal", "reject", "removing no members", ("reject", "nothing", "everything")),
    Switch(
        "delete_group_with_members", "accept", "without emptying it first", ("accept", "reject")
    ),
    Switch("name_match", "substring", "how ?name= finds groups", ("substring", "exact")),
    Switch("mssp_maximum_limit", 1000, "largest page of the mssp queries"),
)

_POLICIES = (
    Switch("duplicate_policy_name_status", 400, "of a platform in a CID", (400, 409)),
    Switch("policy_offset", "next", "meta.pagination.offset of combined routes", ("next", "echo")),
    Switch("policy_unsupported_field", "empty", "in a policy or host filter", ("empty", "reject")),
    Switch("policy_settings", "merge", "what an update does to the others", ("merge", "replace")),
    Switch("policy_setting_rules", "enforce", "settings that need others", ("enforce", "ignore")),
)

SWITCHES = _GATEWAY + _USERS + _GRANTS + _FLIGHT_CONTROL + _POLICIES
"""All switches with their defaults."""
