"""A process between a CRM and Marketo in which both sides are written to at all times, with each of two CRMs."""

from __future__ import annotations

from closeloop.process.load import load_files
from closeloop.process.nouns import Process
from support.road import b2b_changed

_OF_TRYTON = """
process: tryton_b2b
version: 1
agreed: {by: [head of marketing, head of sales], on: 2026-03-01}
sources:  {crm: tryton, ma: marketo, form: webform, desk: console}
regions:
  dach: {countries: [DE, AT, CH], calendar: {hours: "Mon-Fri 09:00-18:00", zone: Europe/Berlin}}
people:   team.csv
products: [robot]
fields:
  person:
    email:     {trust: [desk, crm.email, ma.email, form.email], write: [crm, ma], as: email, key: strong}
    name:      {trust: [desk, crm.name, ma.name, form.name], write: [crm, ma], as: person_name}
    phone:     {trust: [desk, {newest: [crm.phone, ma.phone]}, form.tel], write: [crm, ma], as: phone, key: weak}
    country:   {trust: [crm.country, form.country, ma.country], write: [crm, ma], as: country}
    title:     {trust: [{newest: [ma.title, form.title]}], write: [ma]}
    homepage:  {trust: [{newest: [crm.website, ma.meal_choice, form.homepage]}], write: [crm.website, ma.meal_choice]}
    opted_out: {trust: {any_true: [desk, ma.unsubscribed]}, write: [ma], gate: ignores}
  account:
    company:   {trust: [crm.Account.name, form.company], write: [ma.company], as: company}
facts:
  open_deal: "exists(opportunity, open)"
  usable:    "valid(email) and not disposable(email)"
scores:
  fit:
    - {when: "title in ['CTO', 'Plant manager']", points: 20}
  interest:
    - {on: form.submitted, points: 30, half_life: 30d}
    - {on: webinar.attended, points: 25, half_life: 60d}
gate:
  a_lead_is: [person, product, region]
  when:   "usable and fit >= 20 and interest >= 40"
  unless: "opted_out or open_deal"
  needs:  [email, country, product]
  hand_over: {to: crm, packet: [profile, score, summary]}
route:
  - {to: inside_sales}
stages:
  inside_sales:
    owner:    [round_robin]
    show_as:  {new_person: lead, known_contact: opportunity}
    respond:  {within: 8h, clock: working}
    outcomes:
      converted: {heard_as: {crm.Opportunity.state: [opportunity]}, to: field}
      not_now:   {send_back: bad_timing}
  field:
    owner:    [deal_owner, account_owner, round_robin]
    show_as:  {new_person: lead, known_contact: opportunity}
    respond:  {within: 2d, clock: working}
    outcomes:
      won:  {heard_as: {crm.Opportunity.is_won: [true]}, to: customer}
      lost: {heard_as: {crm.Opportunity.is_closed: [true], crm.Opportunity.is_won: [false]}, send_back: lost_deal}
  customer: {}
send_back:
  bad_timing: {return_when: "interest >= 60", not_before: 90d}
  lost_deal:  {return_when: "interest >= 60", not_before: 30d}
custody:
  marketing: {write: [crm, ma], mail: ma}
  sales:     {write: [crm, ma], mail: ma}
feedback:
  to: ma
  tell: [outcome, stage, owner, reason]
"""


def of_salesforce() -> Process:
    """b2b, but the CRM is written to while marketing has custody as well."""
    return b2b_changed(("marketing: {write: [ma], mail: ma}", "marketing: {write: [crm, ma], mail: ma}"))


def letting_the_crm_clear(process: Process, name: str) -> Process:
    """The same, but a blank in the CRM clears this field of a person."""
    file = next(each for each in process.files if each.endswith(".yaml"))
    text = process.files[file].decode()
    line = next(each for each in text.splitlines() if each.startswith(f"    {name}:"))
    changed = text.replace(line, f"{line.rstrip().removesuffix('}')}, cleared_by: [crm]}}")
    return load_files({**process.files, file: changed.encode()}, file)


def of_tryton(inside: str, outside: str) -> Process:
    """The same with Tryton; `inside` and `outside` are the employees of the teams."""
    team = (
        "name,user,email,team,region,product,capacity,away_from,away_to\n"
        f"sato,{inside},sato@ours.example,inside_sales,dach,robot,30,,\n"
        f"mori,{outside},mori@ours.example,field,dach,robot,30,,\n"
    )
    return load_files({"process.yaml": _OF_TRYTON.encode(), "team.csv": team.encode()}, "process.yaml")
