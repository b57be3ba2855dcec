from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import terreau.territory.fields
from terreau.territory.tables import CreateTables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("ledger", "0009_support_and_loan"),
        ("territory", "0008_more_roles"),
        ("territory", "__first__"),
    ]

    operations = [
        CreateTables(
            migrations.CreateModel(
                name="Project",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
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
                        "ecopole",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="territory.ecopole",
                            verbose_name="écopôle",
                        ),
                    ),
                    (
                        "incubator",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.agent",
                            verbose_name="couveuse",
                        ),
                    ),
                    (
                        "agent",
                        models.OneToOneField(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.agent",
                            verbose_name="acteur",
                        ),
                    ),
                    ("name", models.CharField(max_length=120, verbose_name="nom de la personne")),
                    ("email", models.EmailField(max_length=254, verbose_name="adresse e-mail")),
                    ("phone", models.CharField(blank=True, max_length=20, verbose_name="téléphone")),
                    ("born_on", models.DateField(verbose_name="date de naissance")),
                    ("full_time", models.BooleanField(default=False, verbose_name="salarié·e à temps plein")),
                    ("title", models.CharField(max_length=80, verbose_name="nom du projet")),
                    ("what", models.CharField(max_length=500, verbose_name="ce qui sera produit")),
                    ("region", models.CharField(max_length=40, verbose_name="Région")),
                    ("prefix", models.CharField(blank=True, max_length=4, verbose_name="préfixe des lots")),
                ],
                options={
                    "verbose_name": "projet",
                    "ordering": ["title"],
                    "constraints": [
                        models.UniqueConstraint(fields=("ecopole", "key"), name="test_project_key_once"),
                        models.UniqueConstraint(fields=("ecopole", "title"), name="test_project_title_once"),
                        models.UniqueConstraint(
                            condition=models.Q(("prefix", ""), _negated=True),
                            fields=("ecopole", "prefix"),
                            name="test_project_prefix_once",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("agent", None), ("prefix", "")),
                                models.Q(("agent__isnull", False), models.Q(("prefix", ""), _negated=True)),
                                _connector="OR",
                            ),
                            name="test_project_accepted_has_a_prefix",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Step",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
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
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="steps",
                            to="incubator.project",
                            verbose_name="projet",
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("applied", "candidature reçue"),
                                ("met", "entretien"),
                                ("accepted", "accepté"),
                                ("declined", "non retenu"),
                                ("registered", "immatriculé"),
                                ("left", "sorti de la couveuse"),
                            ],
                            max_length=10,
                            verbose_name="étape",
                        ),
                    ),
                    ("on", models.DateField(verbose_name="le")),
                    (
                        "exit",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("settled", "installation"),
                                ("employed", "emploi"),
                                ("training", "formation"),
                                ("other", "autre"),
                            ],
                            max_length=8,
                            verbose_name="pour",
                        ),
                    ),
                    ("note", models.CharField(blank=True, max_length=500, verbose_name="précision")),
                ],
                options={
                    "verbose_name": "étape d’un projet",
                    "ordering": ["id"],
                    "constraints": [
                        models.UniqueConstraint(fields=("project", "key"), name="test_step_key_once"),
                        models.UniqueConstraint(
                            condition=models.Q(("kind", "met"), _negated=True),
                            fields=("project", "kind"),
                            name="test_step_once",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("kind__in", ["applied", "met", "accepted", "declined", "registered", "left"])
                            ),
                            name="test_step_kind_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("exit__in", ["settled", "employed", "training", "other"]),
                                    ("kind", "left"),
                                ),
                                models.Q(models.Q(("kind", "left"), _negated=True), ("exit", "")),
                                _connector="OR",
                            ),
                            name="test_step_left_says_for_what",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Tutor",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
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
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="tutors",
                            to="incubator.project",
                            verbose_name="projet",
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="tuteur ou tutrice",
                        ),
                    ),
                    ("since", models.DateField(verbose_name="depuis le")),
                    ("until", models.DateField(blank=True, null=True, verbose_name="jusqu’au")),
                ],
                options={
                    "verbose_name": "tutorat",
                    "ordering": ["since", "id"],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("until", None)),
                            fields=("project", "user"),
                            name="test_tutor_once_at_a_time",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("until", None), ("until__gte", models.F("since")), _connector="OR"
                            ),
                            name="test_tutor_days_in_order",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Contract",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
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
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="contracts",
                            to="incubator.project",
                            verbose_name="projet",
                        ),
                    ),
                    ("status", models.CharField(max_length=24, verbose_name="statut")),
                    ("rank", models.PositiveSmallIntegerField(verbose_name="renouvellement")),
                    ("starts_on", models.DateField(verbose_name="commence le")),
                    ("ends_on", models.DateField(verbose_name="finit le")),
                    ("clauses", models.JSONField(default=dict, verbose_name="clauses")),
                    (
                        "ceiling",
                        terreau.territory.fields.MoneyField(
                            blank=True, null=True, verbose_name="plafond des engagements"
                        ),
                    ),
                    (
                        "fee_percent",
                        terreau.territory.fields.QuantityField(
                            verbose_name="part des ventes due à la couveuse (%)"
                        ),
                    ),
                    (
                        "accounting_months",
                        models.PositiveSmallIntegerField(verbose_name="relevé tous les (mois)"),
                    ),
                    ("signed_on", models.DateField(blank=True, null=True, verbose_name="signé le")),
                    (
                        "agreement",
                        models.OneToOneField(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="ledger.agreement",
                        ),
                    ),
                    ("broken_on", models.DateField(blank=True, null=True, verbose_name="rompu le")),
                    ("broken_why", models.CharField(blank=True, max_length=200, verbose_name="motif")),
                ],
                options={
                    "verbose_name": "contrat de test",
                    "ordering": ["starts_on", "id"],
                    "constraints": [
                        models.UniqueConstraint(fields=("project", "key"), name="test_contract_key_once"),
                        models.UniqueConstraint(
                            fields=("project", "status", "rank"), name="test_contract_rank_once"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                            name="test_contract_ends_after_start",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("agreement", None), ("signed_on", None)),
                                models.Q(("agreement__isnull", False), ("signed_on__isnull", False)),
                                _connector="OR",
                            ),
                            name="test_contract_signed_is_agreed",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("ceiling", None), ("ceiling__gte", models.Value(0)), _connector="OR"
                            ),
                            name="test_contract_ceiling_not_negative",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("fee_percent__gte", Decimal("0")), ("fee_percent__lte", Decimal("100"))
                            ),
                            name="test_contract_fee_is_a_share",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("accounting_months__gte", 1)),
                            name="test_contract_tells_its_accounts",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("broken_on", None),
                                models.Q(
                                    ("broken_on__gte", models.F("starts_on")),
                                    ("broken_on__lte", models.F("ends_on")),
                                    ("signed_on__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            name="test_contract_broken_within",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Loan",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
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
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="loans",
                            to="incubator.project",
                            verbose_name="projet",
                        ),
                    ),
                    (
                        "place",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.place",
                            verbose_name="planche",
                        ),
                    ),
                    ("starts_on", models.DateField(verbose_name="à partir du")),
                    ("ends_on", models.DateField(verbose_name="jusqu’au")),
                    ("area_m2", models.PositiveIntegerField(verbose_name="surface (m²)")),
                    (
                        "quality",
                        models.PositiveSmallIntegerField(
                            choices=[(0, "conventionnel"), (1, "en conversion (2ᵉ année)"), (2, "bio")],
                            verbose_name="statut du sol",
                        ),
                    ),
                    (
                        "agreement",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="ledger.agreement",
                            verbose_name="accord",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "prêt de planche",
                    "ordering": ["starts_on", "id"],
                    "indexes": [models.Index(fields=["place", "starts_on"], name="test_loan_of_place")],
                    "constraints": [
                        models.UniqueConstraint(fields=("project", "key"), name="test_loan_key_once"),
                        models.CheckConstraint(
                            condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                            name="test_loan_ends_after_start",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("area_m2__gt", 0)), name="test_loan_has_an_area"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("quality__in", [0, 1, 2])), name="test_loan_quality_known"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Equipment",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
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
                        "ecopole",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="territory.ecopole",
                            verbose_name="écopôle",
                        ),
                    ),
                    (
                        "owner",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.agent",
                            verbose_name="à qui",
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[("water", "eau"), ("machine", "machine")],
                            max_length=8,
                            verbose_name="nature",
                        ),
                    ),
                    ("name", models.CharField(max_length=60, verbose_name="nom")),
                    ("broken_since", models.DateField(blank=True, null=True, verbose_name="en panne depuis")),
                ],
                options={
                    "verbose_name": "matériel",
                    "ordering": ["name"],
                    "constraints": [
                        models.UniqueConstraint(fields=("ecopole", "key"), name="test_equipment_key_once"),
                        models.UniqueConstraint(fields=("ecopole", "name"), name="test_equipment_name_once"),
                        models.CheckConstraint(
                            condition=models.Q(("kind__in", ["water", "machine"])),
                            name="test_equipment_kind_known",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Rate",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
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
                        "equipment",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="rates",
                            to="incubator.equipment",
                            verbose_name="matériel",
                        ),
                    ),
                    ("since", models.DateField(verbose_name="à partir du")),
                    ("price", terreau.territory.fields.MoneyField(verbose_name="prix")),
                ],
                options={
                    "verbose_name": "tarif",
                    "ordering": ["since", "id"],
                    "constraints": [
                        models.UniqueConstraint(fields=("equipment", "since"), name="test_rate_once_a_day"),
                        models.CheckConstraint(
                            condition=models.Q(("price__gte", models.Value(0))), name="test_rate_not_negative"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Booking",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
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
                        "equipment",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="bookings",
                            to="incubator.equipment",
                            verbose_name="matériel",
                        ),
                    ),
                    (
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="bookings",
                            to="incubator.project",
                            verbose_name="projet",
                        ),
                    ),
                    ("starts_at", models.DateTimeField(verbose_name="de")),
                    ("ends_at", models.DateTimeField(verbose_name="à")),
                    ("cancelled_at", models.DateTimeField(blank=True, null=True, verbose_name="annulée le")),
                    (
                        "event",
                        models.OneToOneField(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="ledger.event",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "réservation",
                    "ordering": ["starts_at", "id"],
                    "indexes": [models.Index(fields=["equipment", "starts_at"], name="test_booking_by_hour")],
                    "constraints": [
                        models.UniqueConstraint(fields=("project", "key"), name="test_booking_key_once"),
                        models.CheckConstraint(
                            condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                            name="test_booking_ends_after_start",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="CropPlan",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="crops",
                            to="incubator.project",
                            verbose_name="projet",
                        ),
                    ),
                    ("year", models.PositiveSmallIntegerField(verbose_name="année")),
                    (
                        "product",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.product",
                            verbose_name="culture",
                        ),
                    ),
                    ("area_m2", models.PositiveIntegerField(verbose_name="surface (m²)")),
                    ("quantity", terreau.territory.fields.QuantityField(verbose_name="récolte vendue")),
                    ("price", terreau.territory.fields.MoneyField(verbose_name="prix à l’unité")),
                    ("hours", terreau.territory.fields.QuantityField(verbose_name="heures")),
                    ("costs", terreau.territory.fields.MoneyField(verbose_name="charges")),
                    ("first_month", models.PositiveSmallIntegerField(verbose_name="vendue de")),
                    ("last_month", models.PositiveSmallIntegerField(verbose_name="à")),
                ],
                options={
                    "verbose_name": "culture prévue",
                    "ordering": ["product__name"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("project", "year", "product"), name="test_crop_plan_once"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("first_month__gte", 1),
                                ("last_month__gte", models.F("first_month")),
                                ("last_month__lte", 12),
                            ),
                            name="test_crop_plan_months_in_order",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("costs__gte", models.Value(0)),
                                ("hours__gte", models.Value(0)),
                                ("price__gte", models.Value(0)),
                                ("quantity__gte", models.Value(0)),
                            ),
                            name="test_crop_plan_not_negative",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="YearPlan",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="years",
                            to="incubator.project",
                            verbose_name="projet",
                        ),
                    ),
                    ("year", models.PositiveSmallIntegerField(verbose_name="année")),
                    (
                        "opening",
                        terreau.territory.fields.MoneyField(verbose_name="trésorerie au 1er janvier"),
                    ),
                    ("fixed", terreau.territory.fields.MoneyField(verbose_name="charges fixes par mois")),
                ],
                options={
                    "verbose_name": "année prévue",
                    "constraints": [
                        models.UniqueConstraint(fields=("project", "year"), name="test_year_plan_once"),
                        models.CheckConstraint(
                            condition=models.Q(("fixed__gte", models.Value(0))),
                            name="test_year_plan_fixed_not_negative",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Mark",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
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
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="marks",
                            to="incubator.project",
                            verbose_name="projet",
                        ),
                    ),
                    ("code", models.CharField(max_length=40, verbose_name="ligne")),
                    ("on", models.DateField(verbose_name="fait le")),
                    ("partner", models.CharField(blank=True, max_length=120, verbose_name="avec")),
                    ("note", models.CharField(blank=True, max_length=300, verbose_name="précision")),
                ],
                options={
                    "verbose_name": "ligne faite",
                    "constraints": [
                        models.UniqueConstraint(fields=("project", "code"), name="test_mark_once")
                    ],
                },
            ),
            migrations.CreateModel(
                name="Plot",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="plots",
                            to="incubator.project",
                            verbose_name="projet",
                        ),
                    ),
                    ("name", models.CharField(max_length=60, verbose_name="parcelle")),
                    ("area_ha", terreau.territory.fields.QuantityField(verbose_name="surface (ha)")),
                    (
                        "cycle",
                        models.CharField(
                            choices=[("annual", "annuelle ou semi-pérenne"), ("perennial", "pérenne")],
                            max_length=10,
                            verbose_name="culture",
                        ),
                    ),
                    ("started_on", models.DateField(verbose_name="engagée le")),
                    (
                        "product",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.product",
                            verbose_name="produit",
                        ),
                    ),
                    ("sown_month", models.PositiveSmallIntegerField(verbose_name="semée en")),
                    ("harvest_month", models.PositiveSmallIntegerField(verbose_name="récoltée en")),
                    ("per_ha", terreau.territory.fields.QuantityField(verbose_name="récolte par hectare")),
                    (
                        "price_conventional",
                        terreau.territory.fields.MoneyField(verbose_name="prix conventionnel"),
                    ),
                    (
                        "price_conversion",
                        terreau.territory.fields.MoneyField(verbose_name="prix en conversion"),
                    ),
                    ("price_organic", terreau.territory.fields.MoneyField(verbose_name="prix bio")),
                ],
                options={
                    "verbose_name": "parcelle à convertir",
                    "ordering": ["name"],
                    "constraints": [
                        models.UniqueConstraint(fields=("project", "name"), name="test_plot_name_once"),
                        models.CheckConstraint(
                            condition=models.Q(("area_ha__gt", models.Value(0))), name="test_plot_has_an_area"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("cycle__in", ["annual", "perennial"])),
                            name="test_plot_cycle_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("harvest_month__range", (1, 12)), ("sown_month__range", (1, 12))
                            ),
                            name="test_plot_months",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Search",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "project",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="search",
                            to="incubator.project",
                            verbose_name="projet",
                        ),
                    ),
                    ("area_ha", terreau.territory.fields.QuantityField(verbose_name="surface cherchée (ha)")),
                    ("where", models.CharField(max_length=200, verbose_name="communes")),
                    (
                        "tenure",
                        models.CharField(
                            blank=True, max_length=120, verbose_name="en location ou en propriété"
                        ),
                    ),
                    (
                        "needs",
                        models.CharField(blank=True, max_length=500, verbose_name="eau, bâtiments, accès"),
                    ),
                ],
                options={
                    "verbose_name": "recherche de terrain",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("area_ha__gt", models.Value(0))),
                            name="test_search_has_an_area",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Installation",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="par",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(verbose_name="écrit le")),
                    ("key", models.CharField(max_length=120)),
                    ("hectares", terreau.territory.fields.QuantityField(verbose_name="hectares")),
                    ("jobs", terreau.territory.fields.QuantityField(verbose_name="emplois (ETP)")),
                    (
                        "anchored",
                        terreau.territory.fields.QuantityField(verbose_name="dont non délocalisables (ETP)"),
                    ),
                    (
                        "project",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="installation",
                            to="incubator.project",
                            verbose_name="projet",
                        ),
                    ),
                    ("on", models.DateField(verbose_name="installé le")),
                    (
                        "commune",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="territory.commune",
                            verbose_name="commune",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "installation",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("anchored__gte", models.Value(0)),
                                ("anchored__lte", models.F("jobs")),
                                ("hectares__gte", models.Value(0)),
                                ("jobs__gte", models.Value(0)),
                            ),
                            name="test_installation_adds_up",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="FollowUp",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "recorded_by",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                            verbose_name="par",
                        ),
                    ),
                    ("recorded_at", models.DateTimeField(verbose_name="écrit le")),
                    ("key", models.CharField(max_length=120)),
                    ("hectares", terreau.territory.fields.QuantityField(verbose_name="hectares")),
                    ("jobs", terreau.territory.fields.QuantityField(verbose_name="emplois (ETP)")),
                    (
                        "anchored",
                        terreau.territory.fields.QuantityField(verbose_name="dont non délocalisables (ETP)"),
                    ),
                    (
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="follow_ups",
                            to="incubator.project",
                            verbose_name="projet",
                        ),
                    ),
                    ("years", models.PositiveSmallIntegerField(verbose_name="ans après")),
                    ("on", models.DateField(verbose_name="nouvelles du")),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("active", "en activité"),
                                ("moved", "ailleurs, en activité"),
                                ("stopped", "arrêtée"),
                            ],
                            max_length=8,
                            verbose_name="situation",
                        ),
                    ),
                ],
                options={
                    "verbose_name": "nouvelles",
                    "ordering": ["years"],
                    "constraints": [
                        models.UniqueConstraint(fields=("project", "years"), name="test_follow_up_once"),
                        models.CheckConstraint(
                            condition=models.Q(("state__in", ["active", "moved", "stopped"])),
                            name="test_follow_up_state_known",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("anchored__gte", models.Value(0)),
                                ("anchored__lte", models.F("jobs")),
                                ("hectares__gte", models.Value(0)),
                                ("jobs__gte", models.Value(0)),
                            ),
                            name="test_follow_up_adds_up",
                        ),
                    ],
                },
            ),
        ),
    ]
