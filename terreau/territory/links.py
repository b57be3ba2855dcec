"""Pages opened by their address alone: read from its signature, kept by no cache, told to no other host."""

from typing import Any

from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404


def read(token: str, salt: str, rows: Any) -> Any:
    """The row that the link was made for; a link that was touched leads nowhere."""
    try:
        pk = signing.loads(token, salt=salt)
    except signing.BadSignature as error:
        raise Http404("lien") from error
    return get_object_or_404(rows, pk=pk)


def private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    # Never told to another host; without it at all, a browser would not say where its form comes from.
    response["Referrer-Policy"] = "same-origin"
    return response
