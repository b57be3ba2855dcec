"""IBANs are sealed wherever one is kept; the holder and account of an ended mandate can be forgotten."""

from django.db import migrations, models

from terreau.formats.sepa.statement import without_accounts
from terreau.ledger.append_only import guard, release
from terreau.territory.sealed import (
    SealedBinaryField,
    SealedTextField,
    seal,
    seal_bytes,
    unseal,
    unseal_bytes,
)
from terreau.territory.tables import Reshape

# Facts, with the column of each that is sealed.
FACTS = {
    "billing_collection": "file",
    "billing_statement": "iban",
    "billing_statemententry": "counterparty_iban",
}
SEALED = {"billing_issuer": "iban", "billing_mandate": "iban", **FACTS}
# Words of the bank that may quote an account.
QUOTING = {
    "billing_statement": ["name"],
    "billing_statemententry": ["label", "counterparty"],
    "billing_payment": ["reference"],
}
GUARDED = [*FACTS, "billing_payment"]


def opened(apps, schema_editor):
    """SQLite overwrites what it frees from now on; PostgreSQL needs its VACUUM."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("PRAGMA secure_delete = ON")
    release(schema_editor, GUARDED)


def closed(apps, schema_editor):
    """SQLite made the tables again: their triggers too."""
    guard(schema_editor, GUARDED, FACTS)


def closed_as_before(apps, schema_editor):
    guard(schema_editor, GUARDED)


def rewrite(schema_editor, table, column, change):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT id, {column} FROM {table} WHERE length({column}) > 0")
        for pk, told in cursor.fetchall():
            if (now := change(told)) != told:
                cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [now, pk])


def seal_all(apps, schema_editor):
    for table, columns in QUOTING.items():
        for column in columns:
            rewrite(schema_editor, table, column, without_accounts)
    for table, column in SEALED.items():
        rewrite(schema_editor, table, column, _sealed)


def _sealed(told):
    return seal(told) if isinstance(told, str) else seal_bytes(bytes(told))


def unseal_all(apps, schema_editor):
    for table, column in SEALED.items():
        rewrite(schema_editor, table, column, _unsealed)


def _unsealed(told):
    return unseal(told) if isinstance(told, str) else unseal_bytes(bytes(told))


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_payments")]

    operations = [
        migrations.RunPython(opened, closed_as_before),
        Reshape(
            "issuer",
            migrations.AlterField("issuer", "iban", SealedTextField(blank=True, verbose_name="IBAN")),
        ),
        Reshape(
            "mandate",
            migrations.RemoveConstraint("mandate", "mandate_is_whole"),
            migrations.AlterField("mandate", "iban", SealedTextField(verbose_name="IBAN")),
            migrations.AddField(
                "mandate", "forgotten_at", models.DateTimeField(null=True, verbose_name="oublié le")
            ),
            migrations.AddConstraint(
                "mandate",
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("forgotten_at", None),
                            models.Q(("rum", ""), _negated=True),
                            models.Q(("holder", ""), _negated=True),
                            models.Q(("iban", ""), _negated=True),
                            models.Q(("town", ""), _negated=True),
                        ),
                        models.Q(
                            ("forgotten_at__isnull", False),
                            models.Q(("rum", ""), _negated=True),
                            ("bic", ""),
                            ("holder", ""),
                            ("iban", ""),
                            ("town", ""),
                        ),
                        _connector="OR",
                    ),
                    name="mandate_is_whole",
                ),
            ),
        ),
        Reshape(
            "collection",
            migrations.AlterField("collection", "file", SealedBinaryField(verbose_name="pain.008")),
        ),
        Reshape(
            "statement",
            migrations.AlterField("statement", "iban", SealedTextField(blank=True, verbose_name="IBAN")),
        ),
        Reshape(
            "statemententry",
            migrations.AlterField(
                "statemententry", "counterparty_iban", SealedTextField(blank=True, verbose_name="IBAN du tiers")
            ),
        ),
        migrations.RunPython(seal_all, unseal_all),
        migrations.RunPython(closed, opened),
    ]
