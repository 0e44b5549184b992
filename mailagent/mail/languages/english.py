"""English."""

from mailagent.mail.languages.words import BLOCKED, DONE, HOURS, NEXT, STATUS, Language, pairs, words

ENGLISH = Language(
    code="en",
    form_hint=(
        "Hours as 1.5, 1h30 or 90m. Status: started, working, blocked or done. "
        "Leave out what you like; one line is enough."
    ),
    form=("Done:", "Hours:", "Next:", "Blocked: no", "Status: working"),
    clock_labels=("time",),
    questions=(
        ("hours", "How long was that? Please write it as 1.5, 1h30 or 90m."),
        ("hours-two-ways", "Is that {} or {}?"),
        ("hours-negative", "Hours cannot be below zero. How long did you work?"),
        ("hours-minutes", "That is more than a day in one report. Did you mean {} minutes, which is {}?"),
        ("hours-too-long", "That is more than a day in one report. How long did you work since your last report?"),
        ("hours-twice", "There are two lines with hours. How long was it in all since your last report?"),
        ("status", "Which one is it: started, working, blocked or done?"),
        ("status-twice", "There are two lines with a status. Which one is it now?"),
        ("blocked", "What blocks you?"),
        (
            "nothing",
            "I found no line that starts with Done:, Hours:, Next:, Blocked: or Status:. Where does this belong?",
        ),
    ),
    labels=(
        (DONE, words("done | done so far | done today | work done | what i did | completed | finished | progress")),
        (
            HOURS,
            words("hours | hours worked | hours spent | hours today | hrs | time | time spent | time worked | effort"),
        ),
        (NEXT, words("next | next step | next steps | up next | to do next | what's next | plan | to do | todo")),
        (
            BLOCKED,
            words("blocked | blocked by | blocked on | blocker | blockers | blocking | problems | issues | stuck"),
        ),
        (STATUS, words("status | state | current status")),
    ),
    statuses=(
        ("not started", words("not started | not started yet | not yet started | haven't started | to do | todo")),
        ("started", words("started | just started | starting | begun")),
        (
            "working",
            words(
                "working | working on it | in progress | in-progress | in work | wip | ongoing | on going | on track | "
                "half done | halfway | half way | almost done | nearly done | mostly done | partly done | "
                "partially done | not done | not done yet | not yet done | not finished | not finished yet | "
                "still working | still working on it | continuing | on it | underway | under way"
            ),
        ),
        ("blocked", words("blocked | stuck | waiting | on hold")),
        ("done", words("done | all done | finished | complete | completed | ready for review | delivered")),
    ),
    nothing_blocks=words(
        "no | none | nope | nothing | not blocked | no blocker | no blockers | not at all | no problem | "
        "no problems | no issue | no issues | nothing blocks me | nothing blocking | nothing is blocking | "
        "nothing so far | none so far | not so far | not really | not at the moment | no blocks | all good | "
        "all clear | nil | nothing at the moment | none at the moment | nothing right now | not now | "
        "not currently | nothing yet | none yet | free | unblocked"
    ),
    not_said=words("- | -- | n/a | na | n.a. | ... | … | ? | tbd | _"),
    hint_starts=words("what | e.g. | for example | your | how many | if any"),
    yes=words(
        "yes | y | yep | yeah | yes it was me | yes that was me | it was me | that was me | ok | okay | confirmed | "
        "confirm | i confirm | correct | sure | right"
    ),
    no=words(
        "no | n | nope | not me | no it was not me | no that was not me | it was not me | that was not me | "
        "it wasn't me | that wasn't me | no it wasn't me | no that wasn't me | wrong"
    ),
    closings=words(
        "thanks | thank you | thanks a lot | many thanks | thx | regards | best regards | kind regards | "
        "warm regards | best | best wishes | all the best | cheers | sincerely | sincerely yours | yours sincerely | "
        "yours truly | yours faithfully | yours | greetings | take care | talk soon | br | kr | respectfully | "
        "cordially | with regards | with kind regards | thanks and regards | thanks & regards | have a nice day | "
        "have a great day | have a good day | have a nice weekend | see you | bye"
    ),
    greetings=words(
        "hi | hello | hey | dear | good morning | good afternoon | good evening | hi there | hello there | greetings"
    ),
    hour_units=words("h | hr | hrs | hour | hours | h."),
    minute_units=words("m | min | mins | min. | minute | minutes | mn | '"),
    numbers=pairs(
        "a = 1 | an = 1 | one = 1 | two = 2 | three = 3 | four = 4 | five = 5 | six = 6 | seven = 7 | eight = 8 | "
        "nine = 9 | ten = 10 | eleven = 11 | twelve = 12 | fifteen = 15 | twenty = 20 | thirty = 30 | forty = 40 | "
        "forty-five = 45 | forty five = 45 | fifty = 50 | sixty = 60 | ninety = 90"
    ),
    articles=("a", "an"),
    parts_of_an_hour=pairs(
        "half an hour = 30 | half hour = 30 | a half hour = 30 | a half = 30 | half = 30 | quarter of an hour = 15 | "
        "a quarter of an hour = 15 | quarter hour = 15 | a quarter hour = 15 | three quarters of an hour = 45"
    ),
    halves=pairs("and a half = 30 | and half = 30 | and a quarter = 15 | and three quarters = 45"),
    about=words(
        "about | around | approx | approx. | approximately | ca | ca. | circa | roughly | some | almost | nearly | just"
    ),
    joins=words("and | & | ,"),
    no_time=words("none | nil | zero | no time"),
    today=words("today | so far today | this morning | this afternoon | this evening"),
    wrote=words("wrote | writes | said"),
    attribution_starts=words("on"),
    header_names=(
        ("from", words("from | sender")),
        ("sent", words("sent | date | sent on")),
        ("to", words("to")),
        ("subject", words("subject")),
        ("cc", words("cc | bcc | reply-to | importance | priority | attachments")),
    ),
    original_message=words(
        "original message | original appointment | original mail | original email | reply message | "
        "forwarded message | begin forwarded message | forwarded by"
    ),
    sent_from=words(
        "sent from my | sent from mail | sent from outlook | sent from yahoo | sent from samsung | sent from gmail | "
        "sent from proton | sent from the | sent from a | sent via | sent with | sent by | sent on | sent using | "
        "sent through | sent while | sent from | get outlook for | typed on my | from my iphone | from my android | "
        "enviado desde"
    ),
    away_subjects=words(
        "out of office | out-of-office | automatic reply | auto reply | auto-reply | autoreply | autoresponder | "
        "auto response | automatic response | away from the office | away from my mail | on vacation | on holiday | "
        "on leave | vacation reply | i am away | i'm away"
    ),
    automatic_subjects=words(
        "automatic reply: | out of office: | auto reply: | auto-reply: | autoreply: | auto response:"
    ),
    under_way=words(
        "working on | working with | in progress | started with | started on | not started | blocked by | blocked on | "
        "waiting for | waiting on | still working | not done | not finished | almost done | nearly done | stuck on | "
        "stuck with | stuck at"
    ),
    buts=words("but | except | only | however | although | though | unless | until | waiting | need | still"),
    goes_on=words("on | for | with | incl | including | spent | working | worked | writing | doing"),
)
