"""A team as a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from channels_io.actions.save_team import SECONDS, TeamValues
from channels_io.models import Team
from channels_io.pages.hours_form import HoursForm, hours_initial
from channels_io.reads.teams import hours_of
from parley.accounts.models import Membership, Workspace
from parley.accounts.permissions import Permission


class TeamForm(HoursForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": gettext_lazy("Front desk")}),
    )
    answer_seconds = forms.IntegerField(
        label=gettext_lazy("Answer within (seconds)"),
        min_value=SECONDS[0],
        max_value=SECONDS[1],
        help_text=gettext_lazy("The service level: who waits longer is nobody's, and what you chose below is done."),
    )
    nobody = forms.ChoiceField(
        label=gettext_lazy("When nobody is there, or comes in time"),
        choices=(
            (Team.Nobody.AGENT, gettext_lazy("The agent goes on")),
            (Team.Nobody.CALLBACK, gettext_lazy("Promise a call back, and note it under follow-ups")),
            (Team.Nobody.MESSAGE, gettext_lazy("Take a message, and note it under follow-ups")),
        ),
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=gettext_lazy("What the caller is told then"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Empty: a sentence of ours in the agent's language; nothing where the agent just goes on."
        ),
    )
    is_default = forms.BooleanField(
        label=gettext_lazy("Takes what names no team"),
        required=False,
        help_text=gettext_lazy("One team of the workspace does."),
    )
    names = forms.BooleanField(
        label=gettext_lazy("Visitors see the names of these people"),
        required=False,
        help_text=gettext_lazy("Otherwise whoever writes is shown as “A colleague”."),
    )

    def __init__(self, workspace: Workspace, team: Team | None, data: QueryDict | None = None) -> None:
        self.stored_hours = hours_of(team) if team is not None else None
        self.team = team
        self._memberships = [
            each
            for each in Membership.objects.filter(workspace=workspace).select_related("user").order_by("user__name")
            if each.may(Permission.TAKE_OVER)
        ]
        self._skills = {} if team is None else dict(team.memberships.values_list("user__public_id", "skills"))
        super().__init__(data, initial=_initial(team, workspace, hours_initial(self.stored_hours, workspace.timezone)))
        self.fields["open"].label = gettext_lazy("When the team is there")

    def people(self) -> list[dict[str, Any]]:
        """Everybody who can take conversations: {"user", "role", "member", "skills"} as shown."""
        chosen = set(self.data.getlist("member")) if self.is_bound else set(self._skills)  # type: ignore[attr-defined]
        return [
            {
                "user": each.user,
                "role": each.get_role_display(),
                "member": each.user.public_id in chosen,
                "skills": self._shown_skills(each.user.public_id),
            }
            for each in self._memberships
        ]

    def values(self) -> TeamValues:
        """Of a valid form."""
        cleaned = self.cleaned_data
        chosen = [person for person in self.people() if person["member"]]
        return TeamValues(
            name=cleaned["name"],
            hours=self.hours_json(),
            answer_seconds=cleaned["answer_seconds"],
            nobody=cleaned["nobody"],
            words=cleaned["words"],
            is_default=cleaned["is_default"],
            names=cleaned["names"],
            members={person["user"].public_id: person["skills"].split(",") for person in chosen},
        )

    def _shown_skills(self, user: str) -> str:
        return str(self.data.get(f"skills_{user}", "")) if self.is_bound else ", ".join(self._skills.get(user, ()))


def _initial(team: Team | None, workspace: Workspace, hours: dict[str, str]) -> dict[str, Any]:
    if team is None:
        first = not Team.objects.of(workspace).exists()
        return {**hours, "answer_seconds": 60, "nobody": Team.Nobody.AGENT, "is_default": first}
    shown = ("name", "answer_seconds", "nobody", "words", "is_default", "names")
    return {**hours, **{name: getattr(team, name) for name in shown}}
