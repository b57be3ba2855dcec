from django.conf import settings
import django.db.models.deletion
import terreau.territory.fields
from django.conf import settings
from django.db import migrations, models

from terreau.territory.tables import CreateTables


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('baskets', '0002_members'),
        ('territory', '0010_accountant'),
    ]

    operations = [
        CreateTables(
        migrations.CreateModel(
            name='Scheme',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('num', models.PositiveIntegerField(blank=True, null=True)),
                ('den', models.PositiveIntegerField(blank=True, null=True)),
                ('amount', terreau.territory.fields.MoneyField(blank=True, null=True, verbose_name='par panier')),
                ('ecopole', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='territory.ecopole', verbose_name='écopôle')),
                ('name', models.CharField(max_length=80, verbose_name='nom')),
                ('starts_on', models.DateField(verbose_name='du')),
                ('ends_on', models.DateField(verbose_name='au')),
                ('size', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='baskets.basketsize', verbose_name='taille')),
                ('criterion', models.CharField(choices=[('quotient', 'quotient familial'), ('left', 'reste à vivre'), ('minimum', 'minima sociaux ou aide alimentaire')], max_length=8, verbose_name='critère')),
                ('bands', models.JSONField(default=list, verbose_name='tranches')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='clos après le')),
                ('recorded_at', models.DateTimeField(verbose_name='écrit le')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'dispositif solidaire',
                'ordering': ['name', 'id'],
                'constraints': [models.UniqueConstraint(fields=('ecopole', 'key'), name='scheme_key_once'), models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='scheme_period_in_order'), models.CheckConstraint(condition=models.Q(('criterion__in', ['quotient', 'left', 'minimum'])), name='scheme_criterion_known'), models.CheckConstraint(condition=models.Q(models.Q(('amount', None), ('den__gte', 1), ('num__isnull', False), ('num__lte', models.F('den'))), models.Q(('amount__gte', models.Value(0)), ('den', None), ('num', None)), _connector='OR'), name='scheme_household_part'), models.CheckConstraint(condition=models.Q(('closed_on', None), ('closed_on__lte', models.F('ends_on')), _connector='OR'), name='scheme_closed_before_end')],
            },
        ),
        migrations.CreateModel(
            name='SchemePayer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('num', models.PositiveIntegerField(blank=True, null=True)),
                ('den', models.PositiveIntegerField(blank=True, null=True)),
                ('amount', terreau.territory.fields.MoneyField(blank=True, null=True, verbose_name='par panier')),
                ('scheme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payers', to='baskets.scheme', verbose_name='dispositif')),
                ('rank', models.PositiveSmallIntegerField(verbose_name='rang')),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.agent', verbose_name='payeur')),
                ('ceiling', terreau.territory.fields.MoneyField(blank=True, null=True, verbose_name='plafond sur la période')),
                ('regime', models.CharField(blank=True, choices=[('caf', 'CAF'), ('msa', 'MSA')], max_length=3, verbose_name='régime')),
                ('remainder', models.BooleanField(default=False, verbose_name='prend l’arrondi')),
            ],
            options={
                'verbose_name': 'payeur d’un dispositif',
                'ordering': ['rank'],
                'constraints': [models.UniqueConstraint(fields=('scheme', 'rank'), name='scheme_payer_rank_once'), models.UniqueConstraint(condition=models.Q(('remainder', True)), fields=('scheme', 'regime'), name='scheme_remainder_once'), models.CheckConstraint(condition=models.Q(models.Q(('amount', None), ('den__gte', 1), ('num__isnull', False), ('num__lte', models.F('den'))), models.Q(('amount__gte', models.Value(0)), ('den', None), ('num', None)), _connector='OR'), name='scheme_payer_part'), models.CheckConstraint(condition=models.Q(('regime', ''), ('regime__in', ['caf', 'msa']), _connector='OR'), name='scheme_payer_regime_known'), models.CheckConstraint(condition=models.Q(('ceiling', None), ('ceiling__gt', models.Value(0)), _connector='OR'), name='scheme_payer_ceiling_positive')],
            },
        ),
        migrations.CreateModel(
            name='SolidarityTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ecopole', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='territory.ecopole', verbose_name='écopôle')),
                ('starts_on', models.DateField(verbose_name='à partir du')),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.agent', verbose_name='cagnotte tenue par')),
                ('after', models.CharField(choices=[('full', 'le plein prix'), ('sliding', 'le prix libre'), ('scheme', 'un autre dispositif')], max_length=7, verbose_name='décision échue')),
                ('fallback', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='baskets.scheme', verbose_name='dispositif de repli')),
                ('remind_days', models.PositiveSmallIntegerField(verbose_name='rappel avant l’échéance (jours)')),
                ('source', models.CharField(max_length=200, verbose_name='décidé par')),
                ('recorded_at', models.DateTimeField(verbose_name='écrit le')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'règles de la solidarité',
                'ordering': ['starts_on', 'id'],
                'constraints': [models.UniqueConstraint(fields=('ecopole', 'key'), name='solidarity_terms_key_once'), models.CheckConstraint(condition=models.Q(models.Q(('after', 'scheme'), ('fallback__isnull', False)), models.Q(('after__in', ['full', 'sliding']), ('fallback', None)), _connector='OR'), name='solidarity_terms_after_known'), models.CheckConstraint(condition=models.Q(('remind_days__gte', 1), ('remind_days__lte', 90)), name='solidarity_terms_reminds')],
            },
        ),
        migrations.CreateModel(
            name='Referrer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ecopole', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='territory.ecopole', verbose_name='écopôle')),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.agent', verbose_name='organisme')),
                ('number', models.PositiveSmallIntegerField(default=1, verbose_name='lien n°')),
                ('until', models.DateField(verbose_name='jusqu’au')),
                ('recorded_at', models.DateTimeField(verbose_name='écrit le')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'organisme qui oriente',
                'ordering': ['agent__name', '-number'],
                'constraints': [models.UniqueConstraint(fields=('ecopole', 'key'), name='referrer_key_once'), models.UniqueConstraint(fields=('agent', 'number'), name='referrer_link_once')],
            },
        ),
        migrations.CreateModel(
            name='Enrolment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scheme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrolments', to='baskets.scheme', verbose_name='dispositif')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrolments', to='baskets.member', verbose_name='foyer')),
                ('referrer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.agent', verbose_name='orienté par')),
                ('band', models.CharField(max_length=60, verbose_name='tranche')),
                ('regime', models.CharField(blank=True, choices=[('caf', 'CAF'), ('msa', 'MSA')], max_length=3, verbose_name='régime')),
                ('starts_on', models.DateField(verbose_name='du')),
                ('ends_on', models.DateField(verbose_name='au')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='sorti le')),
                ('renews', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='renewed', to='baskets.enrolment', verbose_name='renouvelle')),
                ('reminded_at', models.DateTimeField(blank=True, null=True, verbose_name='rappel parti le')),
                ('recorded_at', models.DateTimeField(verbose_name='écrit le')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='par')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'foyer dans un dispositif',
                'ordering': ['ends_on', 'id'],
                'constraints': [models.UniqueConstraint(fields=('member', 'key'), name='enrolment_key_once'), models.UniqueConstraint(fields=('member', 'starts_on'), name='enrolment_once_from_a_day'), models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on')), models.Q(('ended_on', None), ('ended_on__gte', models.F('starts_on')), _connector='OR')), name='enrolment_in_order'), models.CheckConstraint(condition=models.Q(('regime', ''), ('regime__in', ['caf', 'msa']), _connector='OR'), name='enrolment_regime_known')],
            },
        ),
        migrations.CreateModel(
            name='Referral',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('referrer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='baskets.referrer', verbose_name='organisme')),
                ('scheme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='baskets.scheme', verbose_name='dispositif')),
                ('name', models.CharField(blank=True, max_length=80, verbose_name='nom')),
                ('contact', models.CharField(blank=True, max_length=120, verbose_name='téléphone ou adresse e-mail')),
                ('band', models.CharField(max_length=60, verbose_name='tranche')),
                ('regime', models.CharField(blank=True, choices=[('caf', 'CAF'), ('msa', 'MSA')], max_length=3, verbose_name='régime')),
                ('months', models.PositiveSmallIntegerField(verbose_name='durée (mois)')),
                ('made_at', models.DateTimeField(verbose_name='envoyée le')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='répondue le')),
                ('enrolment', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='baskets.enrolment', verbose_name='inscription')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'demande d’un travailleur social',
                'ordering': ['made_at', 'id'],
                'constraints': [models.UniqueConstraint(fields=('referrer', 'key'), name='basket_referral_key_once'), models.CheckConstraint(condition=models.Q(('months__gte', 1), ('months__lte', 12)), name='basket_referral_months'), models.CheckConstraint(condition=models.Q(('regime', ''), ('regime__in', ['caf', 'msa']), _connector='OR'), name='basket_referral_regime_known'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('enrolment', None)), models.Q(('answered_at__isnull', False), ('contact', ''), ('name', '')), _connector='OR'), name='basket_referral_answered_forgets')],
            },
        ),
        migrations.CreateModel(
            name='Sliding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='baskets.basketsize', verbose_name='taille')),
                ('starts_on', models.DateField(verbose_name='à partir du')),
                ('lowest', terreau.territory.fields.MoneyField(verbose_name='au moins')),
                ('highest', terreau.territory.fields.MoneyField(verbose_name='au plus')),
                ('needed', terreau.territory.fields.MoneyField(verbose_name='prix moyen nécessaire')),
                ('source', models.CharField(max_length=200, verbose_name='d’après')),
            ],
            options={
                'verbose_name': 'prix libre',
                'ordering': ['starts_on'],
                'constraints': [models.UniqueConstraint(fields=('size', 'starts_on'), name='sliding_once_a_day'), models.CheckConstraint(condition=models.Q(('highest__gte', models.F('lowest')), ('lowest__gte', models.Value(0)), ('needed__gt', models.Value(0))), name='sliding_in_order')],
            },
        ),
        migrations.CreateModel(
            name='ChosenPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='baskets.subscription', verbose_name='abonnement')),
                ('starts_on', models.DateField(verbose_name='à partir du')),
                ('price', terreau.territory.fields.MoneyField(verbose_name='prix choisi')),
                ('recorded_at', models.DateTimeField(verbose_name='écrit le')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'prix choisi',
                'ordering': ['starts_on', 'id'],
                'constraints': [models.UniqueConstraint(fields=('subscription', 'key'), name='chosen_price_key_once'), models.CheckConstraint(condition=models.Q(('price__gte', models.Value(0))), name='chosen_price_not_negative')],
            },
        ),
        ),
    ]
