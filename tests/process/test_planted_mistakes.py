"""Each planted mistake is found on its line, with what would be valid."""

from __future__ import annotations

import pytest

from closeloop.process.load import load_files
from closeloop.words.errors import ProcessError

YAML_MISTAKES = [
    # old, new, what is said behind file and line
    ("process: b2b\n", "process: B2B\n", "process: 'B2B' is no name"),
    ("version: 7 ", "version: '7' ", "version: '7': input should be a valid integer"),
    ("version: 7 ", "vresion: 7 ", "vresion: unknown key 'vresion'; did you mean 'version'? valid: agreed, alerts,"),
    ("on: 2026-03-01", "on: in spring", "agreed.on: 'in spring': input should be a valid date"),
    ("crm: salesforce", "crm: salesfroce", "sources.crm: unknown word 'salesfroce'; did you mean 'salesforce'? valid:"),
    ("crm: salesforce", "crm: partner_portal", "sources.crm: not yet: partners"),
    ("[DE, AT, CH]", "[DE, AT, Germany]", "regions.dach.countries[2]: 'Germany' is no country; did you mean DE?"),
    ("[NO, SE,", "[NO, AT,", "regions.nordic.countries[1]: AT is in region 'dach' already"),
    ("09:00-18:00", "18:00-09:00", "regions.dach.calendar.hours: opening hours 18:00-09:00 end before they begin"),
    ("Europe/Oslo", "Europe/Olso", "regions.nordic.calendar.zone: unknown zone 'Europe/Olso'"),
    ("holidays-de.csv", "holidays-dd.csv", "regions.dach.calendar.holidays: no file 'holidays-dd.csv' beside"),
    ("team.csv  ", "taem.csv  ", "people: no file 'taem.csv' beside the process file"),
    ("team.csv  ", "../team.csv  ", "people: '../team.csv' does not have the form"),
    ("[robot, sensor]", "[robot, robot]", "products[1]: 'robot' stands there twice"),
    ("crm.Email,", "crn.Email,", "fields.person.email.trust[1]: unknown source 'crn'; did you mean 'crm'? valid:"),
    ("crm.Email,", "crm,", "fields.person.email.trust[1]: 'crm' names no field; valid is such as crm.Email"),
    ("crm.Email,", "ma.email,", "fields.person.email.trust: ma.email stands here twice"),
    ("crm.Account.Name", "crm.Account.Name.First", "account.company.trust[0]: 'crm.Account.Name.First' has too many"),
    ("as: email,", "as: emial,", "fields.person.email.as: unknown word 'emial'; did you mean 'email'? valid: boolean,"),
    ("as: email,", "ass: email,", "fields.person.email.ass: unknown key 'ass'; did you mean 'as'? valid: as, clean, c"),
    ("key: strong", "key: strongest", "fields.person.email.key: unknown word 'strongest'; did you mean 'strong'?"),
    ("newest: [crm.Phone", "newset: [crm.Phone", "fields.person.phone.trust[1].newset: unknown key 'newset'; did you"),
    ("write: [ma.company]", "write: [ma]", "fields.account.company.write[0]: 'ma' has no path in trust; valid is the"),
    ("write: [ma.company]", "write: [form.company]", "nothing can be written to 'form'; valid: crm, ma"),
    ("write: [ma.company]", "write: [crm.Event.Name]", "account.company.write[0]: not yet: writing to objects of a"),
    ("write: [ma], as: country", "write: [crm.Account.X], as: country", "person.country.write[0]: not yet: writing to"),
    ("    title:  ", "    fit:  ", "fields.person.fit: 'fit' has a meaning of its own"),
    ("same(product, region)", "same(product, area)", "facts.open_deal: unknown name that both sides have 'area'"),
    ("valid(email)", "valid(emial)", "facts.usable: unknown name 'emial'; did you mean 'email'? valid:"),
    ("open_deal:  ", "name:  ", "facts.name: 'name' has a meaning already"),
    ("'Plant manager']\"", "'Plant manager'\"", "scores.fit[0].when: the end stands where ']' is needed (column 33"),
    ("employees >= 500", "interest >= 500", "scores.fit[1].when: unknown name 'interest'; valid: company, country"),
    ("employees >= 500", "open_deal", "scores.fit[1].when: open_deal reads product, unknown here"),
    ("topic in [", "title in [", "scores.interest[1].when: unknown name 'title'; valid: campaign, depth, product"),
    ("{on: email.clicked", "{on: email.clickd", "scores.interest[2].on: unknown touch kind 'email.clickd'; did you"),
    ("half_life: 60d}\n\ngate", "half_life: 60 days}\n\ngate", "interest[4].half_life: '60 days' is not a duration"),
    ("points: 20}", "points: lots}", "scores.fit[0].points: 'lots': input should be a valid number"),
    ("interest >= 40\"", "interest >= 'x'\"", "gate.when: a number never compares with a text"),
    ("needs:  [email,", "needs:  [fax,", "gate.needs[0]: unknown field 'fax'; valid: company, country, email"),
    ("[profile, score, summary]", "[profile, diary]", "gate.hand_over.packet[1]: not yet: more in the packet"),
    ("{to: crm, packet", "{to: ma, packet", "gate.hand_over.to: unknown CRM 'ma'; valid: crm"),
    ("[person, product, region]", "[person]", "gate.a_lead_is: not yet: another meaning of a lead"),
    ("  - {to: telemarketing}", "  - {to: telmarketing}", "route[1].to: unknown stage 'telmarketing'; did you mean"),
    ("  - {to: telemarketing}", "  - {when: usable, to: telemarketing}", "route[1]: the last line must have no when"),
    ("owner:      [least_loaded]", "owner:      [best_close_rate]", "stages.telemarketing.owner[0]: not yet: picking"),
    ("owner:      [least_loaded]", "owner:      [deal_owner]", "stages.telemarketing.owner: deal_owner may be nobody"),
    ("known_contact: opportunity", "known_contact: deal", "known_contact: unknown word 'deal'; valid: opportunity, ta"),
    ("remind_before: 1h", "remind_before: 5h", "stages.telemarketing.respond.remind_before: must be less than within"),
    ("    respond:    {within: 2d, clock: working}\n", "", "stages.field.if_late: needs respond"),
    ("within: 2d, clock", "within: 2w, clock", "stages.field.respond.within: weeks of working time are unclear"),
    ("at_most: 1, then: telemarketing}", "at_most: 1, then: nurture}", "if_late.then: nurture in which programme"),
    ("at_most: 1, then: telemarketing}", "at_most: 1}", "stages.inside_sales.if_late.then: missing"),
    ("{move: field,", "{move: customer,", "stages.field.if_late.move: 'customer' ends the road"),
    ("if_late:    {move: field,", "if_quiet:    {move: field,", "stages.field.if_quiet: not yet: leads that have gone"),
    ("verifies: [email, phone]", "verifies: [email, fax]", "outcomes.qualified.verifies[1]: unknown field of person '"),
    ("crm.Lead.Status", "crm.Status", "outcomes.qualified.heard_as.crm.Status: names no object; valid is such as crm."),
    ("{programme: reheat, wake_after: 10d", "{programme: rehaet, wake_after: 10d", "programme: unknown programme 'reh"),
    (", at_most: 3, then: {send_back: unresponsive}", ", at_most: 3", "outcomes.voicemail.at_most: needs then"),
    ("wrong_number: {send_back: bad_data}", "wrong_number: {send_back: bad_dta}", "send_back: unknown reason 'bad_dta"),
    ("wrong_number: {send_back: bad_data}", "wrong_number: {}", "outcomes.wrong_number: nothing follows; valid is exa"),
    ("wrong_number: {send_back: bad_data}", "wrong_number: {send_back: bad_data, to: field}", "to and send_back follo"),
    ("amount < money('5000 EUR')", "amount < money('5000')", "inside_sales.outcomes.won.only_when: '5000' is not mone"),
    ("  customer: {}", "  attic: {}\n  customer: {}", "stages.attic: nothing leads here"),
    ("  customer: {}", "  customer: {milestones: {x: {heard_as: {ma.y: [1]}}}}", "stages.customer: has no owner, so"),
    ("form.submitted\"}   ", "form.sent\"}   ", "send_back.no_need.return_when: unknown name 'form.sent'; did you mea"),
    ("not_before: 90d", "not_before: soon", "send_back.bad_timing.not_before: 'soon' is not a duration"),
    ("sales:     {write: [crm, ma]", "sales:     {write: [crm, desk]", "custody.sales.write[1]: unknown system 'desk'"),
    ("  sales:     {write", "  partner:   {write", "custody.partner: not yet: partners"),
    ("responded_at]", "mood]", "feedback.tell[5]: unknown word 'mood'; valid: amount, outcome, owner, reason"),
    ("{in: ma, join", "{in: crm, join", "nurture.reheat.in: unknown marketing system 'crm'; valid: ma"),
    ("{on: page.viewed, when: \"topic ==", "{on: page.veiwed, when: \"topic ==", "alerts[0].on: unknown touch kind"),
    ("who: deal_owner, how: email, within: 1m}\n  -", "who: territory, how: email, within: 1m}\n  -", "alerts[0].who:"),
    ("when: open_deal, who", "when: open_dael, who", "alerts[1].when: unknown name 'open_dael'; did you mean 'open_de"),
    ("facts:   ", "matching: {merge_in: [crn]}\nfacts:   ", "matching.merge_in[0]: unknown system 'crn'; did you mean"),
    ("facts:   ", "matching: {merge_in: [ma, form]}\nfacts:   ", "merge_in[1]: 'form' is webform, in which records c"),
    ("facts:   ", "matching: {merge_in: [ma, ma]}\nfacts:   ", "matching.merge_in[1]: 'ma' stands there twice"),
    ("facts:   ", "matching: {merge_on: [ma]}\nfacts:   ", "matching.merge_on: unknown key 'merge_on'; did you mean"),
    ("facts:   ", "matching: {merge_in: ma}\nfacts:   ", "matching.merge_in: 'ma' stands where a list is needed"),
    ("  to: ma\n", "  to: ma\n  to: ma\n", "not YAML: "),
    ("by: [head of", "and: &all [1], or: *all, by: [head of", "an alias (*name) repeats a part"),
    ("version: 7 ", "version: !!python/object:os.system 7 ", "a tag (tag:yaml.org,2002:python/object:os.system) has n"),
]  # fmt: skip

TABLE_MISTAKES = [
    ("team.csv", "name,user,email", "name,usr,email", 1, "unknown column 'usr'; did you mean 'user'? valid: away_from"),
    ("team.csv", "sato,0055g00000S0005AAB", "abel,0055g00000S0005AAB", 6, "the name 'abel' is on line 2 already"),
    ("team.csv", "0055g00000S0005AAB", "0055g00000S0001AAB", 6, "the user '0055g00000S0001AAB' is on line 2 already"),
    ("team.csv", "sato@ours.example", "sato", 6, "'sato' is no e-mail address"),
    ("team.csv", "example,inside_sales,dach", "example,insid_sales,dach", 6, "unknown team 'ins"),
    ("team.csv", "inside_sales,dach", "inside_sales,dahc", 6, "unknown region '"),
    ("team.csv", "robot|sensor", "robot|censor", 18, "unknown product 'censor'; did you mean 'sensor'?"),
    ("team.csv", "dach,robot,20,,\nkeller", "dach,robot,many,,\nkeller", 6, "capacity 'many' is no number of open lea"),
    ("team.csv", "2026-12-14", "14.12.2026", 5, "away_from '14.12.2026' is neither a day nor a moment"),
    ("team.csv", "dach,robot,20,,\nkeller", "dach,robot,20\nkeller", 6, "7 cells; valid are 9, as in the first line"),
    ("content.csv", "/sensor/demo,sensor", "/sensor/demo,snesor", 7, "unknown product 'snesor'; valid: robot, sensor"),
    ("content.csv", "/pricing*,,pricing,2", "/pricing*,,pricing,deep", 10, "depth 'deep' is no number"),
    ("content.csv", "/pricing*", "pricing", 10, "'pricing' is no pattern"),
    ("holidays-de.csv", "2026-05-01", "1.5.2026", 5, "'1.5.2026' is not a date"),
    ("holidays-de.csv", "date,name", "day,name", 1, "has no column 'date'"),
]  # fmt: skip


def plant(files, name, old, new):
    text = files[name].decode()
    assert text.count(old) >= 1, f"{old!r} is not in {name}"
    line = text[: text.index(old) + _difference(old, new)].count("\n") + 1
    return {**files, name: text.replace(old, new, 1).encode()}, line


def _difference(old, new):
    return next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


@pytest.mark.parametrize(("old", "new", "said"), YAML_MISTAKES)
def test_finds_a_mistake_in_the_process_file(sound_files, old, new, said):
    files, line = plant(sound_files, "b2b.yaml", old, new)
    with pytest.raises(ProcessError) as caught:
        load_files(files, "b2b.yaml")
    found = [fault for fault in caught.value.faults if said in str(fault)]
    assert found, str(caught.value)
    assert found[0].file == "b2b.yaml"
    assert found[0].line == line


@pytest.mark.parametrize(("table", "old", "new", "line", "said"), TABLE_MISTAKES)
def test_finds_a_mistake_in_a_table(sound_files, table, old, new, line, said):
    files, _ = plant(sound_files, table, old, new)
    with pytest.raises(ProcessError) as caught:
        load_files(files, "b2b.yaml")
    assert f"{table}:{line}: " in str(caught.value)
    assert said in str(caught.value)


def test_says_where_something_unclosed_begins(sound_files):
    files, line = plant(sound_files, "b2b.yaml", "[outcome, stage, owner,", "[outcome, stage, [owner,")
    with pytest.raises(ProcessError, match=rf"b2b\.yaml:\d+: not YAML: .*\(it begins on line {line}\)"):
        load_files(files, "b2b.yaml")


def test_finds_a_product_that_nobody_takes(sound_files):
    files, _ = plant(
        sound_files, "team.csv", "aalto,0055g00000S0014AAB,aalto@ours.example,telemarketing,nordic,sensor,30,,\n", ""
    )
    with pytest.raises(ProcessError) as caught:
        load_files(files, "b2b.yaml")
    assert [fault.what for fault in caught.value.faults] == [
        "stages.telemarketing.owner: nobody in team.csv takes product 'sensor' in region 'nordic'"
    ]


def test_finds_all_mistakes_at_once_in_file_order(sound_files):
    files, _ = plant(sound_files, "b2b.yaml", "valid(email)", "valid(emial)")
    files, _ = plant(files, "b2b.yaml", "key: strong", "kee: strong")
    files, _ = plant(files, "b2b.yaml", "wrong_number: {send_back: bad_data}", "wrong_number: {send_back: bad_dta}")
    files, _ = plant(files, "team.csv", "sato@ours.example", "sato")
    with pytest.raises(ProcessError) as caught:
        load_files(files, "b2b.yaml")
    assert [(fault.file, fault.what.split(":")[0]) for fault in caught.value.faults] == [
        ("b2b.yaml", "fields.person.email.kee"),
        ("b2b.yaml", "facts.usable"),
        ("b2b.yaml", "stages.telemarketing.outcomes.wrong_number.send_back"),
        ("team.csv", "'sato' is no e-mail address; valid is such as sato@ours.example"),
    ]
    assert str(caught.value).startswith(
        "b2b.yaml:17: fields.person.email.kee: unknown key 'kee'; did you mean 'key'? valid: as,"
    )


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"[]", b"just text", b"\xff\xfe", b"a: \x00", b"{" * 5_000, b"? [a]\n: b"]
)
def test_what_is_no_process_file_at_all_is_a_fault(content):
    with pytest.raises(ProcessError):
        load_files({"x.yaml": content}, "x.yaml")
