"""The words of the inbox's modules, translated."""

from __future__ import annotations

from django.utils.translation import gettext as _


def inbox_words() -> dict[str, str]:
    """Keys are read by the modules under static/channels_io/inbox. `{…}` is filled in there."""
    return {
        "title": _("Inbox"),
        "undo": _("Undo"),
        "failed": _("That did not work. Check your connection and try again."),
        "signedOut": _("You are signed out. Reload the page to sign in again."),
        "refused": _("Your role does not allow this any more."),
        "offline": _("Connection lost. Reconnecting…"),
        "online": _("Live updates are on"),
        "selected": _("{count} selected"),
        "nobody": _("Nobody"),
        "me": _("{name} (you)"),
        "newTag": _("Make the tag “{name}”"),
        "noMatch": _("Nothing fits."),
        "opening": _("Opening the conversation…"),
        "openFailed": _("The conversation could not be opened."),
        "openPage": _("Open its page"),
        "newer": _("{count} new"),
        "end": _("That is all."),
        "searching": _("Looking further back…"),
        "loadMore": _("Show more"),
        "saved": _("Saved."),
        "assignTo": _("Assign to"),
        "tagWith": _("Tags"),
    }
