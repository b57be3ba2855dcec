"""What answers to a word sought in the whole house."""

from django.db.models import Q
from django.urls import reverse

from terreau.rooms.insertion.access import Part, reached
from terreau.rooms.insertion.actions import CODE
from terreau.territory.access import EcopoleRequest
from terreau.territory.search import Found, Sought


def found(request: EcopoleRequest, sought: Sought) -> list[Found]:
    """A person by their pseudonym alone, to who opens their file. One query, and only for such a code.

    By name, every file would be unsealed to be compared, and the name typed would stay in the address, the
    history and the logs: names are read on the pages of the room.
    """
    if "see_insertion" not in request.abilities or not sought.text.upper().startswith(CODE):
        return []
    people = reached(request, Q(agent__name__startswith=sought.text.upper()), named=False)
    slug, codes = request.ecopole.slug, [p.code for p in people if Part.NAME in vars(p)["open_parts"]]
    return [
        Found("Personnes accompagnées", code, reverse("insertion:file", args=[slug, code])) for code in codes
    ]
