from __future__ import annotations

from django.urls import path

from parley.accounts.pages import account, audit, keys, login, people, workspace

app_name = "accounts"

urlpatterns = [
    path("login/", login.sign_in, name="login"),
    path("logout/", login.sign_out, name="logout"),
    path("profile/", account.profile, name="profile"),
    path("profile/password/", account.password, name="password"),
    path("workspace/", workspace.workspace, name="workspace"),
    path("workspace/switch/", workspace.switch, name="switch"),
    path("workspace/people/", people.people, name="people"),
    path("workspace/people/add/", people.person_add, name="person-add"),
    path("workspace/people/<str:public_id>/role/", people.person_role, name="person-role"),
    path("workspace/people/<str:public_id>/remove/", people.person_remove, name="person-remove"),
    path("workspace/keys/", keys.keys, name="keys"),
    path("workspace/keys/<str:public_id>/revoke/", keys.key_revoke, name="key-revoke"),
    path("workspace/audit/", audit.audit_trail, name="audit"),
]
