"""What each figure means. A text that changes its meaning gets the next version; both are printed with the figure."""

from __future__ import annotations

from closeloop.measure.nouns import Definition
from closeloop.words.lists import list_versions

FUNNEL = Definition(
    "funnel", 1,
    "Counted on resolved people: a person that came in under several addresses is one. The cohort is the month "
    "(UTC) of the first touch for names, and of becoming a lead for every later step. A lead is of a resolved person "
    "for a product in a region, however many records the person had; it counts in a step once it has ever reached "
    "it, whenever that was. `of` names the step that `rate` divides by. A lead that was "
    "sent back and came in again is a new entry in the month of its return; `again` says how many of `n` are such "
    "entries.",
)  # fmt: skip
FOLLOW_UP = Definition(
    "follow_up", 1,
    "One line for each stage and owner; every time a lead was given to somebody, or woke from nurture, counts "
    "once, also when it was taken away again. The clock is the stage's agreed time (working time where the "
    "process says so). In time: the owner's first act came before the clock ran out; late: after it, or the lead "
    "was taken away for it, or it has run out and nobody has acted; waiting: still running. `moved_on` were "
    "passed on by somebody else before the clock ran out. The median is over those who responded.",
)  # fmt: skip
SOURCED = Definition(
    "sourced", 1,
    "A campaign sourced a lead when the touch that created it belongs to the campaign: once per resolved person, "
    "product, region and cycle, however many records or addresses the person had. A campaign influenced a lead "
    "when it has an act of the person (nothing that a seller or a system did) after the lead was created and "
    "before its milestone: won, sent back, or now. The touch that created a lead never influences it, nor does "
    "the campaign that sourced it. One lead may be influenced by several campaigns, so influenced leads and "
    "amounts do not add up over campaigns.",
)  # fmt: skip
RETURNED = Definition(
    "returned", 1,
    "Every lead that was sent back counts once in each cycle, by the reason and the campaign that sourced it in that "
    "cycle; leads are counted as in `sourced`. `share` is of all leads that the campaign sourced. `came_back` are "
    "those that became a lead again later.",
)  # fmt: skip
OUTCOMES = Definition(
    "outcomes", 1,
    "Contacts are touches that say which attempt they were (property `attempt`), by that number, six and more "
    "together. A contact converted when a lead of its resolved person is won. Duplicates are rows that repeat "
    "another row of the same file in every column, flagged all others that meet a flag of the process file; both "
    "are kept and counted.",
)  # fmt: skip
PIPELINE = Definition(
    "pipeline", 1,
    "Every deal once, as believed now, by its product. Won and lost are what the CRM says (`is_won`, `is_closed`). "
    "The worth is the sum of the amounts of those won, each currency by itself; a deal without an amount adds nothing. "
    "Days run from the day on which a deal was opened to that on which it was closed; the median is over deals with "
    "both.",
)  # fmt: skip
INTAKE = Definition(
    "intake", 1,
    "Every message once, by source and what became of it: decided, echo (our own write came back), set_aside "
    "(could not be used, with the reason), failed (waits with its error). Lines whose `what` starts with `flag:` "
    "count messages that carry the flag; a message with two flags counts in two lines.",
)  # fmt: skip
VALIDITY = Definition(
    "validity", 1,
    "Every value of a field of people and companies by the source that said it, the latest of each record and path, "
    "judged by one standard: invalid cannot be used (syntax, placeholder such as n/a, throw-away domain, no such "
    "number), doubtful can in part (role mailbox, free mail, unknown top-level domain, initial only). Verified: an "
    "outcome that verifies the field confirmed this value. CRM and marketing system agree about a resolved person or "
    "company when their latest values are the same in normal form. Lists: "
    + "; ".join(f"{what} from {edition}" for what, edition in list_versions().items())
    + ".",
)  # fmt: skip
