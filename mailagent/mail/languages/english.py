"""English."""

from mailagent.mail.languages.words import (
    AWAY,
    BLOCKED,
    DECLINE,
    DONE,
    HOURS,
    NEED,
    NEXT,
    QUESTION,
    QUIT,
    SNOOZE,
    STATUS,
    Language,
    pairs,
    words,
)

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
        ("need", "How many more hours do you need, and why? For example: Need: +2h because the list is longer."),
        ("need-minutes", "Do you need {} minutes more, which is {}?"),
        (
            "away",
            "From which day to which day are you away? For example: Away: until Thursday, or Away: 8 Dec - 10 Dec",
        ),
        ("away-two-days", "Which day do you mean, {} or {}?"),
        ("away-passed", "That day has passed. On which day are you back?"),
        ("snooze", "For how long? For example: Snooze: 2h"),
        ("give-up", "Do you want to give this job back? If so, write: quit: and the reason."),
        (
            "give-up-twice",
            "You report work and decline it. If you want to give the job back, write: quit: and why.",
        ),
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
        (QUESTION, words("question | questions | my question | my questions | a question | one question")),
        (NEED, words("need | needs | i need | need more | hours needed | more hours | extra hours | need more hours")),
        (AWAY, words("away | absent | absence | i am away | i'm away | out of office")),
        (SNOOZE, words("snooze")),
        (DECLINE, words("decline | declined | i decline")),
        (QUIT, words("quit | i quit")),
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
    need_line="Need:",
    need_hint="Behind Need you can ask for more hours and say why, as in +2h because the list is longer.",
    because=words("because | since | as | for | due to | to | reason"),
    more=words("more | extra | additional | in addition | on top"),
    more_time=words(
        "more time | more hours | some more time | some more hours | a few more hours | extra time | extra hours | "
        "more | time | hours | a little more time | a bit more time | additional hours | additional time"
    ),
    gives_up=(
        (DECLINE, words("decline | i decline | declined | i must decline | i have to decline | sorry, i decline")),
        (QUIT, words("quit | i quit | i must quit | i have to quit | sorry, i quit")),
    ),
    weekdays=pairs(
        "monday = 1 | mon = 1 | tuesday = 2 | tue = 2 | tues = 2 | wednesday = 3 | wed = 3 | thursday = 4 | thu = 4 | "
        "thur = 4 | thurs = 4 | friday = 5 | fri = 5 | saturday = 6 | sat = 6 | sunday = 7 | sun = 7"
    ),
    months=pairs(
        "january = 1 | jan = 1 | february = 2 | feb = 2 | march = 3 | mar = 3 | april = 4 | apr = 4 | may = 5 | "
        "june = 6 | jun = 6 | july = 7 | jul = 7 | august = 8 | aug = 8 | september = 9 | sep = 9 | sept = 9 | "
        "october = 10 | oct = 10 | november = 11 | nov = 11 | december = 12 | dec = 12"
    ),
    near_days=pairs("today = 0 | tomorrow = 1"),
    until=words("until | till | til | 'til | back on | back | return on | returning on"),
    through=words("through | thru | to | up to and including | until and including | - | – | —"),
    back=words(
        "back | return | returning | returned | back in the office | back at work | back at my desk | back online | "
        "return to the office | returning to the office | return to work | returning to work | available again | "
        "available again from | again from | in the office again | reachable again | available from"
    ),
    starting=words("from | starting | starting from"),
    on=words("on | on the | this"),
)
