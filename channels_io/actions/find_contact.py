"""The person behind what a channel says of somebody: found by any identity, or made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from channels_io.actions.raise_alert import raise_alert
from channels_io.identities import clean_identities
from channels_io.models import Contact, Identity
from channels_io.sanitize import clean_text
from parley.accounts.models import Workspace

SAME_PERSON = "same_person"
"""Kind of the alert that suggests a merge; its data has the `contacts`, two public ids."""

Pair = tuple[str, str]


def find_contact(workspace: Workspace, identities: Sequence[Pair], *, name: str = "") -> Contact:
    """The contact that has one of these (kind, value), the most lasting ones first; the others become its own as well.

    What another contact has stays there: that both may be one person is suggested to the workspace's people, who
    know better than a header does. A new contact where nobody has any of them; a nameless one without any.
    """
    wanted = clean_identities(identities)
    name = clean_text(name.strip(), 200)
    if not wanted:
        return Contact.objects.create(workspace=workspace, name=name)
    owners = _owners(workspace, wanted)
    contact = next((owners[pair] for pair in wanted if pair in owners), None) or _make(workspace, wanted[0], name)
    if name and not contact.name:
        contact.name = name
        Contact.objects.filter(pk=contact.pk, name="").update(name=name)
    for pair in wanted:
        owner = owners.get(pair) or _attach(contact, pair)
        if owner.pk != contact.pk:
            suggest_merge(contact, owner)
    return contact


def suggest_merge(one: Contact, other: Contact) -> None:
    """Tell the workspace that these two may be the same person."""
    first, second = sorted((one.public_id, other.public_id))
    raise_alert(
        one.workspace,
        SAME_PERSON,
        f"{SAME_PERSON}:{first}:{second}",
        _("Two contacts seem to be the same person. Look at both and merge them if they are."),
        {"contacts": [first, second]},
    )


def _owners(workspace: Workspace, wanted: Iterable[Pair]) -> dict[Pair, Contact]:
    owners: dict[Pair, Contact] = {}
    for kind, value in wanted:
        rows = Identity.objects.filter(workspace=workspace, kind=kind, value=value)
        found = rows.select_related("contact", "contact__workspace").first()
        if found is not None:
            owners[kind, value] = _living(found.contact)
    return owners


def _living(contact: Contact) -> Contact:
    """A merge takes the identities along; one that was added in that moment still names the contact that is gone."""
    seen = {contact.pk}
    while contact.merged_into is not None and contact.merged_into.pk not in seen:
        contact = contact.merged_into
        seen.add(contact.pk)
    return contact


def _make(workspace: Workspace, pair: Pair, name: str) -> Contact:
    kind, value = pair
    try:
        with transaction.atomic():
            contact = Contact.objects.create(workspace=workspace, name=name)
            Identity.objects.create(workspace=workspace, contact=contact, kind=kind, value=value)
    except IntegrityError:  # The same person came over another line in this moment.
        return _owners(workspace, [pair])[pair]
    return contact


def _attach(contact: Contact, pair: Pair) -> Contact:
    """Who has it now: `contact`, unless somebody else was quicker."""
    kind, value = pair
    found, _made = Identity.objects.select_related("contact").get_or_create(
        workspace_id=contact.workspace_id, kind=kind, value=value, defaults={"contact": contact}
    )
    return _living(found.contact)
