"""Who reads what of a test: its file, by the couveuse and the person; its figures, by its tutors and them."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from terreau.rooms.incubator.models import Project, Tutor
from terreau.territory.abilities import Role
from terreau.territory.access import EcopoleRequest, acting_for
from terreau.territory.models import Membership


def _own(request: EcopoleRequest) -> Q:
    agents = {m.agent_id for m in request.memberships if m.role == Role.TESTER}
    return Q(agent__in=agents)


def led(request: EcopoleRequest) -> QuerySet[Project]:
    """The projects of the couveuse this person works for."""
    return Project.objects.filter(ecopole=request.ecopole, incubator__in=acting_for(request, "run_incubator"))


def known(request: EcopoleRequest) -> QuerySet[Project]:
    """Those whose file this person reads: of their couveuse, or their own.

    With whether they read its figures too, and whether the person was given a sign-in.
    """
    couveuse = Q(incubator__in=acting_for(request, "run_incubator"))
    rows = Project.objects.filter(couveuse | _own(request), ecopole=request.ecopole)
    return rows.annotate(
        opened=Exists(opened(request).filter(pk=OuterRef("pk"))),
        invited=Exists(Membership.objects.filter(agent=OuterRef("agent"), role=Role.TESTER)),
    )


def opened(request: EcopoleRequest) -> QuerySet[Project]:
    """Those whose figures this person reads: accompanied by them today, or their own."""
    accompanied = Tutor.objects.filter(project=OuterRef("pk"), user=request.user.pk, until=None)
    couveuse = Q(incubator__in=acting_for(request, "run_incubator"))
    return Project.objects.filter(_own(request) | (couveuse & Exists(accompanied)), ecopole=request.ecopole)


def asked(rows: QuerySet[Project], pk: int) -> Project:
    """That one, or nothing: another's does not exist."""
    found = rows.select_related("ecopole", "incubator__commune", "agent").filter(pk=pk).first()
    if found is None:
        raise Http404("projet")
    return found
