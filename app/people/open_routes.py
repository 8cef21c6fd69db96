"""Routes of this room that change something without a policy action, and why: the room stands below the policy's."""

from __future__ import annotations

#: endpoint -> reason.
OPEN = {
    "people.ask_link": "asking for a sign-in link; limited by mailbox and by client",
    "people.sign_in_password": "signing in; limited by mailbox and by client",
    "people.enter_code": "proving an address with the code sent to it; five tries",
    "people.send_again": "the same mail once more; limited by mailbox",
    "people.open_link": "proving an address with the link sent to it; single use",
    "people.first_visit": "opening one's own account after proving an address",
    "people.sign_out": "ending one's own session",
    "people.scheme": "light or dark pages on this browser",
    "people_account.profile": "one's own public name and quartier",
    "people_account.notifications": "one's own choice of mails",
    "people_account.set_password": "one's own password, after the current one or a fresh link",
    "people_account.remove_password": "one's own password, after the current one or a fresh link",
    "people_account.fresh_link": "a link to one's own address; limited by mailbox",
    "people_account.revoke_session": "one's own session",
    "people_account.revoke_others": "one's own sessions",
    "people_account.manage_mode": "showing or hiding one's own tools; the roles decide what they do",
}
