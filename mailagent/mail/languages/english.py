"""English."""

from mailagent.mail.languages.words import Language

ENGLISH = Language(
    code="en",
    form_hint=(
        "Hours as 1.5, 1h30 or 90m. Status: started, working, blocked or done. "
        "Leave out what you like; one line is enough."
    ),
    form=("Done:", "Hours:", "Next:", "Blocked: no", "Status: working"),
    labels=(),
    statuses=(),
)
