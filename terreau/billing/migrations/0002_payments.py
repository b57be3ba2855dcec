"""Money that comes in: mandates, direct debits, statements, payments and what they settle."""

from django.conf import settings
from django.db import models
import django.db.models.deletion
import terreau.territory.fields
from django.db import migrations
from terreau.ledger.append_only import guard, release
from terreau.territory.tables import CreateTables

TABLES = [
    "billing_mandateend",
    "billing_collection",
    "billing_debit",
    "billing_collectionend",
    "billing_statement",
    "billing_statemententry",
    "billing_entryaside",
    "billing_payment",
    "billing_return",
    "billing_settlement",
    "billing_chequedeposit",
    "billing_depositedcheque",
]


def install(apps, schema_editor):
    guard(schema_editor, TABLES)


def remove(apps, schema_editor):
    release(schema_editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        CreateTables(
            migrations.CreateModel(
                name="Mandate",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "ecopole",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.ecopole",
                            verbose_name="écopôle",
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="par",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(verbose_name="écrit le")),
                    ("key", models.CharField(max_length=120)),
                    (
                        "creditor",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.agent",
                            verbose_name="créancier",
                        ),
                    ),
                    (
                        "debtor",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.agent",
                            verbose_name="débiteur",
                        ),
                    ),
                    ("rum", models.CharField(max_length=35, verbose_name="référence unique du mandat (RUM)")),
                    ("holder", models.CharField(max_length=70, verbose_name="titulaire du compte")),
                    ("iban", models.CharField(max_length=34, verbose_name="IBAN")),
                    ("bic", models.CharField(blank=True, max_length=11, verbose_name="BIC")),
                    ("street", models.CharField(blank=True, max_length=70, verbose_name="adresse")),
                    ("postcode", models.CharField(max_length=10, verbose_name="code postal")),
                    ("town", models.CharField(max_length=35, verbose_name="commune")),
                    ("once", models.BooleanField(default=False, verbose_name="pour un seul prélèvement")),
                    (
                        "notice_days",
                        models.PositiveSmallIntegerField(
                            default=14, verbose_name="prévenu combien de jours avant"
                        ),
                    ),
                    ("signed_on", models.DateField(verbose_name="signé le")),
                ],
                options={
                    "verbose_name": "mandat de prélèvement",
                    "ordering": ["-signed_on", "-id"],
                    "abstract": False,
                    "indexes": [models.Index(fields=["creditor", "debtor"], name="mandate_of_debtor")],
                    "constraints": [
                        models.UniqueConstraint(fields=("ecopole", "key"), name="mandate_key_once"),
                        models.UniqueConstraint(fields=("creditor", "rum"), name="mandate_rum_once"),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("rum", ""), _negated=True),
                                models.Q(("holder", ""), _negated=True),
                                models.Q(("iban", ""), _negated=True),
                                models.Q(("town", ""), _negated=True),
                            ),
                            name="mandate_is_whole",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("creditor", models.F("debtor")), _negated=True),
                            name="mandate_between_two",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("notice_days__range", (1, 14))),
                            name="mandate_notice_within_the_rule",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="MandateEnd",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "ecopole",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.ecopole",
                            verbose_name="écopôle",
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="par",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(verbose_name="écrit le")),
                    ("key", models.CharField(max_length=120)),
                    (
                        "mandate",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="end",
                            to="billing.mandate",
                            verbose_name="mandat",
                        ),
                    ),
                    ("ends_on", models.DateField(verbose_name="retiré le")),
                    ("reason", models.CharField(max_length=200, verbose_name="motif")),
                ],
                options={
                    "verbose_name": "retrait d’un mandat",
                    "constraints": [
                        models.UniqueConstraint(fields=("ecopole", "key"), name="mandate_end_key_once"),
                        models.CheckConstraint(
                            condition=models.Q(("reason", ""), _negated=True), name="mandate_end_says_why"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Collection",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "ecopole",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.ecopole",
                            verbose_name="écopôle",
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="par",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(verbose_name="écrit le")),
                    ("key", models.CharField(max_length=120)),
                    (
                        "creditor",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.agent",
                            verbose_name="créancier",
                        ),
                    ),
                    ("message", models.CharField(max_length=30, verbose_name="référence du fichier")),
                    ("due_on", models.DateField(verbose_name="prélevé le")),
                    ("notified_on", models.DateField(verbose_name="annoncé le")),
                    ("count", models.PositiveIntegerField(verbose_name="prélèvements")),
                    ("total", terreau.territory.fields.MoneyField(verbose_name="montant")),
                    ("file", models.BinaryField(verbose_name="pain.008")),
                ],
                options={
                    "verbose_name": "fichier de prélèvements",
                    "ordering": ["-due_on", "-id"],
                    "constraints": [
                        models.UniqueConstraint(fields=("ecopole", "key"), name="collection_key_once"),
                        models.UniqueConstraint(
                            fields=("creditor", "message"), name="collection_message_once"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("count__gte", 1), ("total__gt", models.Value(0))),
                            name="collection_of_something",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("due_on__gt", models.F("notified_on"))),
                            name="collection_told_before_due",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Debit",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "collection",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="debits",
                            to="billing.collection",
                            verbose_name="fichier",
                        ),
                    ),
                    (
                        "mandate",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="debits",
                            to="billing.mandate",
                            verbose_name="mandat",
                        ),
                    ),
                    (
                        "invoice",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="debits",
                            to="billing.invoice",
                            verbose_name="facture",
                        ),
                    ),
                    ("amount", terreau.territory.fields.MoneyField(verbose_name="montant")),
                    ("end_to_end", models.CharField(max_length=35, verbose_name="référence de bout en bout")),
                ],
                options={
                    "verbose_name": "prélèvement",
                    "indexes": [models.Index(fields=["end_to_end"], name="debit_by_reference")],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("collection", "invoice"), name="debit_invoice_once_a_file"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount__gt", models.Value(0))), name="debit_of_something"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="CollectionEnd",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "ecopole",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.ecopole",
                            verbose_name="écopôle",
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="par",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(verbose_name="écrit le")),
                    ("key", models.CharField(max_length=120)),
                    (
                        "collection",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="end",
                            to="billing.collection",
                            verbose_name="fichier",
                        ),
                    ),
                    ("ended_on", models.DateField(verbose_name="le")),
                    ("collected", models.BooleanField(verbose_name="encaissé")),
                ],
                options={
                    "verbose_name": "suite d’un fichier de prélèvements",
                    "constraints": [
                        models.UniqueConstraint(fields=("ecopole", "key"), name="collection_end_key_once")
                    ],
                },
            ),
            migrations.CreateModel(
                name="Statement",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "ecopole",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.ecopole",
                            verbose_name="écopôle",
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="par",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(verbose_name="écrit le")),
                    ("key", models.CharField(max_length=120)),
                    (
                        "creditor",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.agent",
                            verbose_name="titulaire",
                        ),
                    ),
                    ("iban", models.CharField(blank=True, max_length=34, verbose_name="IBAN")),
                    ("digest", models.CharField(max_length=64, verbose_name="empreinte du fichier")),
                    ("name", models.CharField(max_length=120, verbose_name="fichier")),
                    ("first", models.DateField(verbose_name="du")),
                    ("last", models.DateField(verbose_name="au")),
                    (
                        "closing",
                        terreau.territory.fields.MoneyField(null=True, verbose_name="solde à la fin"),
                    ),
                ],
                options={
                    "verbose_name": "relevé de banque",
                    "ordering": ["-last", "-id"],
                    "constraints": [
                        models.UniqueConstraint(fields=("ecopole", "key"), name="statement_key_once"),
                        models.UniqueConstraint(fields=("creditor", "digest"), name="statement_read_once"),
                        models.CheckConstraint(
                            condition=models.Q(("last__gte", models.F("first"))), name="statement_in_order"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="StatementEntry",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "statement",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="entries",
                            to="billing.statement",
                            verbose_name="relevé",
                        ),
                    ),
                    (
                        "creditor",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.agent",
                            verbose_name="titulaire",
                        ),
                    ),
                    ("day", models.DateField(verbose_name="date")),
                    ("amount", terreau.territory.fields.MoneyField(verbose_name="montant")),
                    ("label", models.CharField(max_length=500, verbose_name="libellé")),
                    (
                        "end_to_end",
                        models.CharField(blank=True, max_length=35, verbose_name="référence de bout en bout"),
                    ),
                    ("counterparty", models.CharField(blank=True, max_length=140, verbose_name="tiers")),
                    (
                        "counterparty_iban",
                        models.CharField(blank=True, max_length=34, verbose_name="IBAN du tiers"),
                    ),
                    ("returned", models.CharField(blank=True, max_length=4, verbose_name="motif de rejet")),
                    ("fingerprint", models.CharField(max_length=64, verbose_name="empreinte")),
                ],
                options={
                    "verbose_name": "ligne de relevé",
                    "ordering": ["day", "id"],
                    "indexes": [models.Index(fields=["creditor", "day"], name="statement_entry_by_day")],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("creditor", "fingerprint"), name="statement_entry_once"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("amount", models.Value(0)), _negated=True),
                            name="statement_entry_of_something",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="EntryAside",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "ecopole",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.ecopole",
                            verbose_name="écopôle",
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="par",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(verbose_name="écrit le")),
                    ("key", models.CharField(max_length=120)),
                    (
                        "entry",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="aside",
                            to="billing.statemententry",
                            verbose_name="ligne de relevé",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "ligne mise de côté",
                    "constraints": [
                        models.UniqueConstraint(fields=("ecopole", "key"), name="entry_aside_key_once")
                    ],
                },
            ),
            migrations.CreateModel(
                name="Payment",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "ecopole",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.ecopole",
                            verbose_name="écopôle",
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="par",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(verbose_name="écrit le")),
                    ("key", models.CharField(max_length=120)),
                    (
                        "creditor",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.agent",
                            verbose_name="créancier",
                        ),
                    ),
                    (
                        "debtor",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.agent",
                            verbose_name="débiteur",
                        ),
                    ),
                    ("amount", terreau.territory.fields.MoneyField(verbose_name="montant")),
                    ("back", models.BooleanField(default=False, verbose_name="remboursement")),
                    ("paid_on", models.DateField(verbose_name="le")),
                    (
                        "means",
                        models.CharField(
                            choices=[
                                ("debit", "prélèvement"),
                                ("transfer", "virement"),
                                ("cheque", "chèque"),
                                ("cash", "espèces"),
                            ],
                            max_length=10,
                            verbose_name="moyen",
                        ),
                    ),
                    ("reference", models.CharField(blank=True, max_length=60, verbose_name="référence")),
                    (
                        "end_to_end",
                        models.CharField(blank=True, max_length=35, verbose_name="référence de bout en bout"),
                    ),
                    (
                        "entry",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="payments",
                            to="billing.statemententry",
                            verbose_name="ligne de relevé",
                        ),
                    ),
                    (
                        "collection",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="payments",
                            to="billing.collection",
                            verbose_name="fichier",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "règlement",
                    "ordering": ["-paid_on", "-id"],
                    "abstract": False,
                    "indexes": [
                        models.Index(fields=["creditor", "paid_on"], name="payment_to_creditor"),
                        models.Index(fields=["debtor", "paid_on"], name="payment_of_debtor"),
                        models.Index(fields=["end_to_end"], name="payment_by_reference"),
                    ],
                    "constraints": [
                        models.UniqueConstraint(fields=("ecopole", "key"), name="payment_key_once"),
                        models.CheckConstraint(
                            condition=models.Q(("amount__gt", models.Value(0))), name="payment_of_something"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("creditor", models.F("debtor")), _negated=True),
                            name="payment_between_two",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("means__in", ["debit", "transfer", "cheque", "cash"])),
                            name="payment_means_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("collection", None),
                                models.Q(
                                    ("back", False),
                                    ("means", "debit"),
                                    models.Q(("end_to_end", ""), _negated=True),
                                ),
                                _connector="OR",
                            ),
                            name="payment_collected_is_a_debit",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Return",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "ecopole",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.ecopole",
                            verbose_name="écopôle",
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="par",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(verbose_name="écrit le")),
                    ("key", models.CharField(max_length=120)),
                    (
                        "payment",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="came_back",
                            to="billing.payment",
                            verbose_name="règlement",
                        ),
                    ),
                    ("returned_on", models.DateField(verbose_name="rejeté le")),
                    ("reason", models.CharField(max_length=4, verbose_name="motif")),
                    (
                        "entry",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="returns",
                            to="billing.statemententry",
                            verbose_name="ligne de relevé",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "règlement rejeté",
                    "ordering": ["-returned_on", "-id"],
                    "constraints": [
                        models.UniqueConstraint(fields=("ecopole", "key"), name="return_key_once"),
                        models.CheckConstraint(
                            condition=models.Q(("reason", ""), _negated=True), name="return_says_why"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Settlement",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "ecopole",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.ecopole",
                            verbose_name="écopôle",
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="par",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(verbose_name="écrit le")),
                    ("key", models.CharField(max_length=120)),
                    ("settled_on", models.DateField(verbose_name="le")),
                    ("amount", terreau.territory.fields.MoneyField(verbose_name="montant")),
                    (
                        "invoice",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="settled_by",
                            to="billing.invoice",
                            verbose_name="facture",
                        ),
                    ),
                    (
                        "refund",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="settled_by",
                            to="billing.payment",
                            verbose_name="remboursement",
                        ),
                    ),
                    (
                        "payment",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="settles",
                            to="billing.payment",
                            verbose_name="règlement",
                        ),
                    ),
                    (
                        "credit",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="settles",
                            to="billing.invoice",
                            verbose_name="avoir",
                        ),
                    ),
                    (
                        "undoes",
                        models.OneToOneField(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="undone_by",
                            to="billing.settlement",
                            verbose_name="défait",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "lettrage",
                    "ordering": ["settled_on", "id"],
                    "constraints": [
                        models.UniqueConstraint(fields=("ecopole", "key"), name="settlement_key_once"),
                        models.CheckConstraint(
                            condition=models.Q(("amount__gt", models.Value(0))),
                            name="settlement_of_something",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("invoice", None), ("refund__isnull", False)),
                                models.Q(("invoice__isnull", False), ("refund", None)),
                                _connector="OR",
                            ),
                            name="settlement_takes_once",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("credit__isnull", False), ("payment", None)),
                                models.Q(("credit", None), ("payment__isnull", False)),
                                _connector="OR",
                            ),
                            name="settlement_gives_once",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ChequeDeposit",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "ecopole",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.ecopole",
                            verbose_name="écopôle",
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="par",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(verbose_name="écrit le")),
                    ("key", models.CharField(max_length=120)),
                    (
                        "creditor",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.agent",
                            verbose_name="bénéficiaire",
                        ),
                    ),
                    ("deposited_on", models.DateField(verbose_name="remis le")),
                    ("number", models.CharField(max_length=30, verbose_name="bordereau")),
                ],
                options={
                    "verbose_name": "remise de chèques",
                    "ordering": ["-deposited_on", "-id"],
                    "constraints": [
                        models.UniqueConstraint(fields=("ecopole", "key"), name="cheque_deposit_key_once"),
                        models.CheckConstraint(
                            condition=models.Q(("number", ""), _negated=True),
                            name="cheque_deposit_has_a_slip",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DepositedCheque",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "deposit",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="cheques",
                            to="billing.chequedeposit",
                            verbose_name="remise",
                        ),
                    ),
                    (
                        "payment",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="deposited",
                            to="billing.payment",
                            verbose_name="chèque",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "chèque remis",
                },
            ),
        ),
        migrations.RunPython(install, remove),
    ]
