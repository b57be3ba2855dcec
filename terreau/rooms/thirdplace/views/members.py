"""Members, their hours to validate, what they learn. Never their credits: their owner alone sees them."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from terreau.ledger.actions import LedgerRefusal
from terreau.ledger.dueforms import form_key
from terreau.rooms.thirdplace import actions, papers
from terreau.rooms.thirdplace.forms import MarkForm, MemberForm, PathForm, ReasonForm, written
from terreau.rooms.thirdplace.models import Contribution, Member, Path
from terreau.rooms.thirdplace.post import expire
from terreau.rooms.thirdplace.queries.credits import contributions
from terreau.rooms.thirdplace.views.asked import kept, member_asked, one
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, needs
from terreau.territory.actions import PeopleRefusal, invite_person, send_invitation
from terreau.territory.clock import moment
from terreau.territory.models import Membership
from terreau.territory.nights import at_its_hour


def _list(request: EcopoleRequest, form: MemberForm | None = None, refused: Any = None) -> HttpResponse:
    kept(request)
    this_year = Q(contributions__event__reversed_by=None, contributions__event__isnull=False) & Q(
        contributions__on__gte=request.today.replace(month=1, day=1)
    )
    rows = Member.objects.filter(ecopole=request.ecopole, closed_on=None).select_related("agent")
    context = {
        "members": list(rows.annotate(hours=Sum("contributions__hours", filter=this_year)).order_by("name")),
        "waiting": contributions(request.ecopole), "form": form or MemberForm(),
        "reason": refused[1] if refused else ReasonForm(), "refused": refused[0] if refused else None,
    }  # fmt: skip
    return render(request, "thirdplace/members.html", context, status=422 if form or refused else 200)


@needs("see_place")
def members(request: EcopoleRequest) -> HttpResponse:
    return _list(request)


@needs("run_place")
def join(request: EcopoleRequest) -> HttpResponse:
    if request.method == "POST":
        key, form = form_key(request.POST), MemberForm(request.POST)
        if not written(
            form, lambda: actions.join(ecopole=request.ecopole, member=None, key=key, **form.cleaned_data)
        ):
            return _list(request, form)
        messages.success(request, f"Bienvenue à {form.cleaned_data['name']}.")
    return redirect("place:members", request.ecopole.slug)


def _sheet(
    request: EcopoleRequest, row: Member, name: str = "", bound: forms.Form | None = None
) -> HttpResponse:
    paths = Path.objects.filter(ecopole=request.ecopole).annotate(
        count=Count("skills", distinct=True),
        held=Count("skills__marks", filter=Q(skills__marks__member=row), distinct=True),
    )
    gave = row.contributions.select_related("trade", "gathering", "event").order_by("-on", "-id")
    shown: dict[str, Any] = {
        "form": MemberForm(initial={name: getattr(row, name) for name in ("name", "email", "charter_on")}),
        "mark": MarkForm(member=row, today=request.today),
    }
    context = {
        "member": row, "gave": list(gave.annotate(undone=Count("event__reversed_by"))[:20]),
        "paths": list(paths.order_by("name")),
        "marks": list(row.marks.select_related("skill__path").order_by("skill__path__name", "skill__rank")),
        "has_account": Membership.objects.filter(agent=row.agent_id).exists(),
        "forms": shown | ({name: bound} if bound else {}), "name": name,
    }  # fmt: skip
    return render(request, "thirdplace/member.html", context, status=422 if bound else 200)


@needs("see_place")
def member(request: EcopoleRequest, pk: int) -> HttpResponse:
    return _sheet(request, member_asked(request, pk))


@needs("run_place")
def change(request: EcopoleRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        row, key, form = member_asked(request, pk), form_key(request.POST), MemberForm(request.POST)
        if not written(
            form, lambda: actions.join(ecopole=request.ecopole, member=row, key=key, **form.cleaned_data)
        ):
            return _sheet(request, row, "form", form)
        messages.success(request, "C’est noté.")
    return redirect("place:member", request.ecopole.slug, pk)


@needs("run_place")
def invite(request: EcopoleRequest, pk: int) -> HttpResponse:
    """A letter that opens their own page, and nothing else."""
    if request.method == "POST":
        row = member_asked(request, pk)
        form_key(request.POST)
        if not row.email:
            messages.error(request, f"{row} n’a pas d’adresse e-mail\u202f: ajoutez-le sur cette page.")
            return redirect("place:member", request.ecopole.slug, pk)
        try:
            letter, token = invite_person(
                agent=row.agent, role=Role.MEMBER, email=row.email, by=request.user, at=request.now
            )
            send_invitation(letter, request.build_absolute_uri(reverse("invitation", args=[token])))
        except PeopleRefusal as refusal:
            messages.error(request, str(refusal))
        except OSError:
            messages.error(
                request, "Le serveur d’envoi ne répond pas\u202f: renvoyez l’invitation plus tard."
            )
        else:
            messages.success(request, f"Invitation envoyée à {row.email}.")
    return redirect("place:member", request.ecopole.slug, pk)


@needs("run_place")
def close(request: EcopoleRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        row = member_asked(request, pk)
        form_key(request.POST)
        actions.close_member(member=row, on=request.today)
        messages.success(
            request, "Le nom et l’adresse sont effacés\u202f; les heures restent, sous pseudonyme."
        )
    return redirect("place:members", request.ecopole.slug)


@needs("run_place")
def mark(request: EcopoleRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        row = member_asked(request, pk)
        form_key(request.POST)
        form = MarkForm(request.POST, member=row, today=request.today)
        if not written(form, lambda: actions.mark(member=row, by=request.user, **form.cleaned_data)):
            return _sheet(request, row, "mark", form)
        messages.success(request, f"{row}\u202f: « {form.cleaned_data['skill']} » est acquis.")
    return redirect("place:member", request.ecopole.slug, pk)


def certificate_of(request: EcopoleRequest, row: Member, path: int) -> HttpResponse:
    found = one(Path, request, path)
    if (marks := papers.complete(row, found)) is None:
        raise Http404("attestation")
    return papers.certificate(row, found, marks, kept(request))


@needs("see_place")
def certificate(request: EcopoleRequest, pk: int, path: int) -> HttpResponse:
    return certificate_of(request, member_asked(request, pk), path)


@needs("run_place")
def paths(request: EcopoleRequest) -> HttpResponse:
    kept(request)
    form = PathForm(request.POST or None)
    if request.method == "POST":
        key = form_key(request.POST)
        if written(
            form,
            lambda: actions.save_path(
                ecopole=request.ecopole, name=form.cleaned_data["name"], about=form.cleaned_data["about"],
                skills=form.lines, key=key,
            ),
        ):  # fmt: skip
            messages.success(request, f"{form.cleaned_data['name']}\u202f: le parcours est prêt.")
            return redirect("place:paths", request.ecopole.slug)
    known = Path.objects.filter(ecopole=request.ecopole).prefetch_related("skills").order_by("name")
    context = {"form": form, "paths": list(known)}
    return render(request, "thirdplace/paths.html", context, status=422 if form.errors else 200)


@needs("run_place")
def validate(request: EcopoleRequest) -> HttpResponse:
    """One tap for all that waits, or for one line (`only`)."""
    if request.method == "POST":
        key, only = form_key(request.POST), request.POST.get("only", "")
        waiting = [c for c in contributions(request.ecopole) if only in ("", str(c.pk))]
        try:
            lots = actions.validate(
                ecopole=request.ecopole, contributions=waiting, by=request.user, at=request.now, key=key
            )
        except (actions.PlaceRefused, LedgerRefusal) as refusal:
            messages.error(request, str(refusal))
        else:
            for day in sorted({lot.keeps_until for lot in lots if lot.keeps_until}):
                morning = moment(day + timedelta(days=1), 3)
                at_its_hour(expire, morning).enqueue(ecopole_id=request.ecopole.pk)
            if waiting:
                messages.success(request, "Heures validées, merci à elles et eux.")
    return redirect("place:members", request.ecopole.slug)


def _contribution(request: EcopoleRequest, pk: int) -> Contribution:
    return one(Contribution, request, pk, "member__ecopole", "member__ecopole")


@needs("run_place")
def refuse(request: EcopoleRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        form_key(request.POST)
        row, form = _contribution(request, pk), ReasonForm(request.POST)
        if not written(form, lambda: actions.refuse(contribution=row, at=request.now, **form.cleaned_data)):
            return _list(request, refused=(pk, form))
        messages.success(request, f"{row.member}\u202f: ces heures ne comptent pas, la raison est gardée.")
    return redirect("place:members", request.ecopole.slug)


@needs("run_place")
def unvalidate(request: EcopoleRequest, pk: int) -> HttpResponse:
    row = _contribution(request, pk)
    if request.method == "POST":
        form_key(request.POST)
        try:
            actions.unvalidate(contribution=row, by=request.user, at=request.now)
        except LedgerRefusal:
            # What is left in a book is nobody else's business: no figure is told.
            messages.error(
                request, "Ce qui a été reçu pour ces heures est déjà utilisé\u202f: elles restent."
            )
        else:
            messages.success(request, f"{row.member}\u202f: la validation est annulée.")
    return redirect("place:member", request.ecopole.slug, row.member_id)
