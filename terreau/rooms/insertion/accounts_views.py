"""The person's own access, opened and closed; and a counsellor's files, handed over."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from terreau.rooms.insertion import actions, keeping, keeping_forms
from terreau.rooms.insertion.access import Part, followed, opens
from terreau.rooms.insertion.actions import Hand
from terreau.rooms.insertion.asks import Setting, asks, hand, reply
from terreau.rooms.insertion.forms import holders
from terreau.rooms.insertion.models import Participant
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.actions import PeopleRefusal, close_person_access, invite_person
from terreau.territory.people import post_letter


def _invite(*, person: Participant, hand: Hand, email: str, request: EcopoleRequest) -> None:
    """The letter that opens the person's own page."""
    try:
        letter, token = invite_person(
            agent=person.agent, role=Role.PARTICIPANT, email=email, by=request.user, at=hand.at
        )
    except PeopleRefusal as refusal:
        raise actions.NotYourTurn(str(refusal)) from refusal
    post_letter(request, letter, token)


account = asks(
    keeping_forms.AccountForm, _invite,
    ("Ouvrir un accès", "Envoyer l’invitation", "L’accès attend la personne."),
    Part.NAME, Part.IDENTITY, up="data",
    note="Elle y lit son parcours, signe ses évaluations, demande ses données.",
    ready=lambda request, person: Setting(
        form={"initial": {"email": person.email}}, write={"request": request}
    ),
)  # fmt: skip


@needs("accompany")
@opens(Part.NAME, Part.IDENTITY)
def close(request: Any, person: Participant) -> HttpResponse:
    if request.method == "POST":
        close_person_access(agent=person.agent)
        messages.success(request, "L’accès est fermé.")
    return redirect(reverse("insertion:data", args=[request.ecopole.slug, person.code]))


@needs("accompany")
def hand_over(request: EcopoleRequest) -> HttpResponse:
    """A leave, a departure: all the files of a counsellor to another. The direction hands over anybody's."""
    back = reverse("insertion:home", args=[request.ecopole.slug])
    if request.method == "POST" and keeping.handed_over(request.ecopole, hand(request).key):
        return redirect(back)
    directs = Role.DIRECTOR in request.roles
    shown = [one for one in keeping.loads(request.ecopole) if directs or one.user == request.user]
    held = {str(m.user_id): m.user for m in holders(request.ecopole, Role.COUNSELLOR)}
    first = {"counsellor": str(shown[0].user.pk)} if len(shown) == 1 else {}
    form = keeping_forms.HandOverForm(request.POST or None, on=request.today, initial=first)
    form.choose("counsellor", [(str(one.user.pk), str(one.user)) for one in shown])
    form.choose("to", [(pk, str(user)) for pk, user in held.items()])
    page = {
        "title": "Passer le relais", "button": "Confier ces dossiers", "told": "Les dossiers sont confiés.",
        "lede": "Tous les dossiers d’une personne de l’équipe passent à une autre, qui seule les lira.",
        "up": back, "loads": shown, "tab": "hand_over",
    }  # fmt: skip

    def write() -> None:
        said = form.cleaned_data
        people = followed(request.ecopole)[int(said["counsellor"])]
        keeping.hand_over(people=people, hand=hand(request), to=held[said["to"]], since=said["since"])

    return reply(request, form, write, page, back)
