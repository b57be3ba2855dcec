"""What a phone sends from the field."""

import json

from django.test import Client

from terreau.territory.abilities import Role
from terreau.territory.models import User

KEY = "11111111-aaaa-4bbb-8ccc-000000000001"
MORNING = "2026-11-23T07:30:00.000Z"


def client_of(garden, role=Role.GROWER):
    """Somebody signed in once more: each role is one person."""
    known = User.objects.filter(email=f"{role}@{garden.ecopole.slug}.example").first()
    if known is None:
        return garden.client(role)
    client = Client()
    client.force_login(known)
    return client


def send(garden, *entries, client=None):
    response = (client or client_of(garden)).post(
        garden.url("terrain/envoi/"), json.dumps(entries), content_type="application/json"
    )
    assert response.status_code == 200, response.content
    return response.json()["answers"]


def harvest(garden, amount="12,5", product="carotte", bed="A2", key=KEY, **more):
    return {
        "key": key, "kind": "harvest", "occurred_at": MORNING, "quantity": amount,
        "product": garden.products[product].pk, "bed": garden.beds[bed].pk,
    } | more  # fmt: skip


def note(garden, said="des pucerons", bed="A2", key=KEY, **more):
    return {
        "key": key, "kind": "note", "occurred_at": MORNING, "text": said, "bed": garden.beds[bed].pk,
    } | more  # fmt: skip


def work(garden, hours="1,5", trade="travail-entretien", key=KEY, **more):
    return {"key": key, "kind": "work", "occurred_at": MORNING, "quantity": hours, "trade": trade} | more


def ok(*keys):
    return [{"key": key, "state": "ok", "message": ""} for key in keys]
