"""The words of the test bench, translated: English sentence → the reader's language.

The keys are written in `agents/builder/src/bench/`; a test compares both.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_SENTENCES = (
    gettext_noop("(deleted)"),
    gettext_noop(
        "A tool with an answer of its own here is not run: it answers that every time, in conversations that begin from now on."
    ),
    gettext_noop("Agent"),
    gettext_noop("Answer"),
    gettext_noop("Cancel"),
    gettext_noop("Change what is said"),
    gettext_noop("Conversation"),
    gettext_noop("Delete"),
    gettext_noop("Delete for good"),
    gettext_noop("Draft"),
    gettext_noop("Every node"),
    gettext_noop("Failed"),
    gettext_noop("Go back to before this and try again"),
    gettext_noop("Go back to before “{words}” and try again"),
    gettext_noop("Hang up"),
    gettext_noop("Has to be the same"),
    gettext_noop("It could not be kept. Try again."),
    gettext_noop("It fails"),
    gettext_noop("Keep"),
    gettext_noop("Keep as test case"),
    gettext_noop("Kept as “{name}”."),
    gettext_noop("Let it begin"),
    gettext_noop("Live version"),
    gettext_noop("Mute"),
    gettext_noop("Name of the test case"),
    gettext_noop("No test cases yet. Have a conversation and keep it: it can then be had again after every change."),
    gettext_noop("Not checked"),
    gettext_noop("Not run"),
    gettext_noop("Nothing is known yet. Values appear here as the conversation finds them out."),
    gettext_noop("Open the conversation of the last run"),
    gettext_noop("Passed"),
    gettext_noop("Run"),
    gettext_noop("Run all"),
    gettext_noop("Run “{name}”"),
    gettext_noop("Running…"),
    gettext_noop("Save"),
    gettext_noop("Send"),
    gettext_noop("Start over"),
    gettext_noop("Stop"),
    gettext_noop("Talk"),
    gettext_noop("Test"),
    gettext_noop("Test cases"),
    gettext_noop("That did not work. Try again."),
    gettext_noop("The conversation was over before this."),
    gettext_noop("The draft has problems. Fix them to see its tools."),
    gettext_noop("The test bench could not be loaded."),
    gettext_noop("This flow uses no tools."),
    gettext_noop("This is not JSON: it is taken as plain text."),
    gettext_noop("Tools"),
    gettext_noop("Turn {number}"),
    gettext_noop("Try again"),
    gettext_noop("Unmute"),
    gettext_noop("Values that were found out"),
    gettext_noop("Variables"),
    gettext_noop("Way through the flow"),
    gettext_noop("What is tried"),
    gettext_noop("Where each turn ends"),
    gettext_noop("Words of the answers"),
    gettext_noop(
        "Write below or talk. The draft answers as it is now, and the canvas shows where the conversation is."
    ),
    gettext_noop("Write to the agent"),
    gettext_noop("You"),
    gettext_noop("empty"),
    gettext_noop("nothing"),
    gettext_noop("{passed} of {count} passed"),
)


def bench_words() -> dict[str, str]:
    return {sentence: _(sentence) for sentence in _SENTENCES}
