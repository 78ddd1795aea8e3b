"""Whatever happens, in whatever order, to whatever leads: what must always hold does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from closeloop.inbox.nouns import Click, Due
from closeloop.lifecycle.nouns import Lead
from support.pursuits import Pursuits, seller

HEARD = [
    ("Lead", {"Status": "Working"}), ("Lead", {"Status": "Qualified"}), ("Lead", {"IsConverted": True}),
    ("Task", {"CallDisposition": "Left voicemail"}), ("Event", {"Type": "Meeting"}),
    ("Opportunity", {"IsWon": True, "IsClosed": True}), ("Opportunity", {"IsWon": False, "IsClosed": True}),
    ("Opportunity", {"StageName": "Proposal"}),
]  # fmt: skip
CHOICES = ["qualified", "voicemail", "wrong_number", "meeting_booked", "converted", "won", "lost", "not_now"]
ACTS = ["form.submitted", "page.viewed", "email.sent"]
STEPS = st.one_of(
    st.tuples(st.just("heard"), st.sampled_from(HEARD), st.sampled_from([None, "abel", "sato", "huber"])),
    st.tuples(st.just("click"), st.sampled_from(CHOICES), st.integers(0, 1)),
    st.tuples(st.just("due"), st.sampled_from(["respond", "remind", "wake", "assign"]), st.integers(0, 1)),
    st.tuples(st.just("act"), st.sampled_from(ACTS), st.sampled_from(["robot", "sensor"])),
    st.tuples(st.just("wait"), st.integers(0, 60), st.sampled_from([0.0, 45.0, 85.0])),
    st.tuples(st.just("answers"), st.none(), st.none()),
)


def play(joe: Pursuits, step: tuple) -> None:
    what, first, second = step
    leads = list(joe.leads.values())
    if what == "heard":
        name, fields = first
        joe.decide(joe.heard(name, seller=second and seller(joe.process, second), **fields))
    elif what == "click" and leads:
        joe.decide(clicks=[Click("outcome", leads[second % len(leads)].id, first, "sato")])
    elif what == "due" and leads:
        lead = leads[second % len(leads)]
        at = joe.clocks.get((lead.id, first))
        if at is not None:  # others are stale, and not handed on
            joe.now = max(joe.now, at)
            joe.decide(dues=[Due(lead.id, first, at)])
    elif what == "act":
        joe.decide(touches=[joe.touch(first, product=second)])
    elif what == "wait":
        joe.wait(days=first)
        joe.interest = {"robot": second, "sensor": second}
    elif what == "answers":
        joe.answers()


def check(joe: Pursuits, lead: Lead) -> None:
    clocks = {clock for lead_id, clock in joe.clocks if lead_id == lead.id}
    stage = joe.process.stages[lead.stage]
    assert stage.final == (lead.status == "won")
    assert (lead.status == "nurturing") == (lead.programme is not None)
    assert (lead.closed_at is not None) == (not lead.is_open)
    if lead.status == "sent_back":
        assert lead.reason in joe.process.send_back
    if not lead.is_open:
        assert clocks == set()
    if lead.status == "nurturing":
        assert clocks == {"wake"}
    if lead.status == "open" and lead.owner is not None and stage.respond is not None:
        assert ("respond" in clocks) != (lead.responded_at is not None)
        assert "wake" not in clocks
    if lead.status == "open" and lead.owner is None:
        assert clocks == {"assign"}
    if lead.owner is not None:
        assert joe.process.member(lead.owner) is not None


@given(st.lists(STEPS, max_size=14))
def test_leads_clocks_and_events_hold_together_whatever_happens(steps):
    joe = Pursuits()
    joe.interest = {"robot": 45.0, "sensor": 45.0}
    joe.decide()
    for step in steps:
        before = dict(joe.leads)
        n_before = len(joe.events)
        play(joe, step)
        fresh = joe.events[n_before:]
        for lead in joe.leads.values():
            check(joe, lead)
            own = [event.no for event in joe.events if event.lead_id == lead.id]
            assert own == list(range(1, lead.n_events + 1))
            if before.get(lead.id) != lead:
                assert any(event.lead_id == lead.id for event in fresh)
        assert all(event.who and event.why and event.message_id for event in fresh)
        open_pursuits = [(lead.product, lead.region) for lead in joe.leads.values() if lead.is_open]
        assert len(open_pursuits) == len(set(open_pursuits))
        records = [each for shown in joe.shown.values() for each in shown if each.object == "Lead"]
        assert len(records) <= 1
        is_sales = joe.tier is not None and joe.tier.custody == "sales"
        assert is_sales == any(lead.is_open or lead.status == "won" for lead in joe.leads.values())
