import django.db.models.deletion
import terreau.territory.fields
from django.conf import settings
from django.db import migrations, models

from terreau.territory.tables import CreateTables


class Migration(migrations.Migration):

    dependencies = [
        ('baskets', '0001_initial'),
        ('ledger', '0009_support_and_loan'),
        ('territory', '0009_credit_and_room'),
    ]

    operations = [
        migrations.AddField(
            model_name="depotcount",
            name="subscribed",
            field=models.PositiveIntegerField(default=0, verbose_name="dont abonnements"),
        ),
        migrations.AddConstraint(
            model_name="depotcount",
            constraint=models.CheckConstraint(
                condition=models.Q(("subscribed__lte", models.F("count"))), name="depot_count_holds_members"
            ),
        ),
        CreateTables(
        migrations.CreateModel(
            name='Terms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ecopole', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='territory.ecopole', verbose_name='écopôle')),
                ('starts_on', models.DateField(verbose_name='à partir du')),
                ('seller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.agent', verbose_name='vendu par')),
                ('solidarity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.agent', verbose_name='paniers donnés, remis à')),
                ('fee', terreau.territory.fields.MoneyField(verbose_name='adhésion à l’association, par an')),
                ('weeks_a_year', models.PositiveSmallIntegerField(verbose_name='semaines livrées par an')),
                ('cutoff_hours', models.PositiveSmallIntegerField(verbose_name='délai avant la remise (heures)')),
                ('skip_rule', models.CharField(choices=[('credited', 'rien n’est dû'), ('kept', 'le panier reste dû, et part à la solidarité')], max_length=8, verbose_name='panier sauté')),
                ('pause_rule', models.CharField(choices=[('credited', 'rien n’est dû'), ('kept', 'le panier reste dû, et part à la solidarité')], max_length=8, verbose_name='pause')),
                ('pause_weeks_max', models.PositiveSmallIntegerField(verbose_name='semaines de pause par an, au plus')),
                ('offer_days', models.PositiveSmallIntegerField(verbose_name='une place proposée tient (jours)')),
                ('source', models.CharField(max_length=200, verbose_name='décidé par')),
                ('recorded_at', models.DateTimeField(verbose_name='écrit le')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'règles des abonnements',
                'ordering': ['starts_on', 'id'],
                'constraints': [models.UniqueConstraint(fields=('ecopole', 'key'), name='basket_terms_key_once'), models.CheckConstraint(condition=models.Q(('fee__gte', models.Value(0))), name='basket_terms_fee_not_negative'), models.CheckConstraint(condition=models.Q(('weeks_a_year__gte', 1), ('weeks_a_year__lte', 53)), name='basket_terms_weeks_of_a_year'), models.CheckConstraint(condition=models.Q(('cutoff_hours__lte', 336), ('pause_weeks_max__lte', 53)), name='basket_terms_plausible'), models.CheckConstraint(condition=models.Q(('pause_rule__in', ['credited', 'kept']), ('skip_rule__in', ['credited', 'kept'])), name='basket_terms_rules_known'), models.CheckConstraint(condition=models.Q(('offer_days__gte', 1), ('offer_days__lte', 60)), name='basket_terms_offer_holds')],
            },
        ),
        migrations.CreateModel(
            name='Price',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='baskets.basketsize', verbose_name='taille')),
                ('starts_on', models.DateField(verbose_name='à partir du')),
                ('price', terreau.territory.fields.MoneyField(verbose_name='prix du panier')),
            ],
            options={
                'verbose_name': 'prix d’un panier',
                'ordering': ['starts_on'],
                'constraints': [models.UniqueConstraint(fields=('size', 'starts_on'), name='basket_price_once_a_day'), models.CheckConstraint(condition=models.Q(('price__gt', models.Value(0))), name='basket_price_positive')],
            },
        ),
        migrations.CreateModel(
            name='DepotTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('depot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.place', verbose_name='dépôt')),
                ('starts_on', models.DateField(verbose_name='à partir du')),
                ('weekday', models.PositiveSmallIntegerField(verbose_name='jour')),
                ('opens', models.TimeField(verbose_name='de')),
                ('closes', models.TimeField(verbose_name='à')),
                ('capacity', models.PositiveSmallIntegerField(verbose_name='paniers au plus')),
                ('charge', terreau.territory.fields.MoneyField(verbose_name='frais de livraison par panier')),
                ('link', models.PositiveSmallIntegerField(default=1, verbose_name='lien du dépôt, n°')),
                ('recorded_at', models.DateTimeField(verbose_name='écrit le')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'règles d’un dépôt',
                'ordering': ['starts_on', 'id'],
                'constraints': [models.UniqueConstraint(fields=('depot', 'key'), name='depot_terms_key_once'), models.CheckConstraint(condition=models.Q(('weekday__lte', 6)), name='depot_terms_weekday_known'), models.CheckConstraint(condition=models.Q(('closes__gt', models.F('opens'))), name='depot_terms_hours_in_order'), models.CheckConstraint(condition=models.Q(('charge__gte', models.Value(0))), name='depot_terms_charge_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ecopole', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='territory.ecopole', verbose_name='écopôle')),
                ('agent', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.agent', verbose_name='pseudonyme')),
                ('name', models.CharField(max_length=80, verbose_name='nom')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='adresse e-mail')),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='téléphone')),
                ('street', models.CharField(blank=True, max_length=120, verbose_name='adresse')),
                ('postcode', models.CharField(blank=True, max_length=5, verbose_name='code postal')),
                ('town', models.CharField(blank=True, max_length=80, verbose_name='commune')),
                ('pay_by', models.CharField(choices=[('debit', 'prélèvement'), ('transfer', 'virement'), ('cheque', 'chèque')], max_length=8, verbose_name='paie par')),
                ('newsletter', models.BooleanField(default=True, verbose_name='reçoit la feuille de chou')),
                ('joined_on', models.DateField(verbose_name='membre depuis')),
                ('left_on', models.DateField(blank=True, null=True, verbose_name='parti le')),
                ('erased_at', models.DateTimeField(blank=True, null=True, verbose_name='données effacées le')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'membre des paniers',
                'ordering': ['name', 'id'],
                'constraints': [models.UniqueConstraint(fields=('ecopole', 'key'), name='basket_member_key_once'), models.UniqueConstraint(condition=models.Q(('email', ''), _negated=True), fields=('ecopole', 'email'), name='basket_member_address_once'), models.CheckConstraint(condition=models.Q(('pay_by__in', ['debit', 'transfer', 'cheque'])), name='basket_member_pays_somehow'), models.CheckConstraint(condition=models.Q(('erased_at', None), models.Q(('email', ''), ('left_on__isnull', False), ('phone', ''), ('postcode', ''), ('street', ''), ('town', '')), _connector='OR'), name='basket_member_erased_whole')],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='baskets.member', verbose_name='membre')),
                ('size', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='baskets.basketsize', verbose_name='taille')),
                ('agreement', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.agreement', verbose_name='accord')),
                ('starts_on', models.DateField(verbose_name='du')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='au')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'abonnement',
                'ordering': ['starts_on', 'id'],
                'constraints': [models.UniqueConstraint(fields=('member', 'key'), name='subscription_key_once'), models.UniqueConstraint(condition=models.Q(('ends_on', None)), fields=('member', 'size'), name='subscription_open_once'), models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='subscription_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='SubscriptionTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='terms', to='baskets.subscription', verbose_name='abonnement')),
                ('starts_on', models.DateField(verbose_name='à partir du')),
                ('depot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.place', verbose_name='dépôt')),
                ('rhythm', models.CharField(choices=[('weekly', 'chaque semaine'), ('a', 'une semaine sur deux, groupe A'), ('b', 'une semaine sur deux, groupe B'), ('chosen', 'semaines choisies')], max_length=8, verbose_name='rythme')),
                ('weeks', models.JSONField(blank=True, default=list, verbose_name='semaines')),
                ('recorded_at', models.DateTimeField(verbose_name='écrit le')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'règles d’un abonnement',
                'ordering': ['starts_on', 'id'],
                'indexes': [models.Index(fields=['depot'], name='subscription_terms_at_depot')],
                'constraints': [models.UniqueConstraint(fields=('subscription', 'key'), name='subscription_terms_key_once'), models.CheckConstraint(condition=models.Q(('rhythm__in', ['weekly', 'a', 'b', 'chosen'])), name='subscription_terms_rhythm_known'), models.CheckConstraint(condition=models.Q(('rhythm', 'chosen'), ('weeks', []), _connector='OR'), name='subscription_terms_weeks_chosen')],
            },
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='baskets.subscription', verbose_name='abonnement')),
                ('day', models.DateField(verbose_name='remise du')),
                ('kind', models.CharField(choices=[('plain', 'comme prévu'), ('skip', 'sauté'), ('give', 'donné'), ('move', 'déplacé'), ('extra', 'paniers en plus')], max_length=5, verbose_name='changement')),
                ('to_member', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='baskets.member', verbose_name='donné à')),
                ('to_depot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.place', verbose_name='au dépôt')),
                ('count', models.PositiveSmallIntegerField(default=1, verbose_name='paniers')),
                ('recorded_at', models.DateTimeField(verbose_name='écrit le')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='par')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'changement d’une remise',
                'ordering': ['day', 'id'],
                'indexes': [models.Index(fields=['day'], name='basket_change_by_day')],
                'constraints': [models.UniqueConstraint(fields=('subscription', 'key'), name='basket_change_key_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['plain', 'skip', 'give', 'move', 'extra'])), name='basket_change_kind_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'move'), ('to_depot__isnull', False)), models.Q(models.Q(('kind', 'move'), _negated=True), ('to_depot', None)), _connector='OR'), name='basket_change_moved_somewhere'), models.CheckConstraint(condition=models.Q(('kind', 'give'), ('to_member', None), _connector='OR'), name='basket_change_given_to_a_member'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'extra'), ('count__gte', 2)), models.Q(models.Q(('kind', 'extra'), _negated=True), ('count', 1)), _connector='OR'), name='basket_change_extra_counts')],
            },
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pauses', to='baskets.subscription', verbose_name='abonnement')),
                ('first_on', models.DateField(verbose_name='du')),
                ('last_on', models.DateField(verbose_name='au')),
                ('recorded_at', models.DateTimeField(verbose_name='écrit le')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='retirée le')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'pause',
                'ordering': ['first_on', 'id'],
                'constraints': [models.UniqueConstraint(fields=('subscription', 'key'), name='basket_pause_key_once'), models.CheckConstraint(condition=models.Q(('last_on__gt', models.F('first_on'))), name='basket_pause_in_order')],
            },
        ),
        migrations.CreateModel(
            name='Waiting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waitings', to='baskets.member', verbose_name='membre')),
                ('size', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='baskets.basketsize', verbose_name='taille')),
                ('depot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.place', verbose_name='dépôt')),
                ('rhythm', models.CharField(choices=[('weekly', 'chaque semaine'), ('a', 'une semaine sur deux, groupe A'), ('b', 'une semaine sur deux, groupe B'), ('chosen', 'semaines choisies')], max_length=8, verbose_name='rythme')),
                ('weeks', models.JSONField(blank=True, default=list, verbose_name='semaines')),
                ('asked_at', models.DateTimeField(verbose_name='demandé le')),
                ('offered_at', models.DateTimeField(blank=True, null=True, verbose_name='place proposée le')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='tenue jusqu’au')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='close le')),
                ('subscription', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waiting', to='baskets.subscription', verbose_name='abonnement pris')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'liste d’attente',
                'ordering': ['asked_at', 'id'],
                'constraints': [models.UniqueConstraint(fields=('member', 'key'), name='waiting_key_once'), models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('member', 'size'), name='waiting_open_once'), models.CheckConstraint(condition=models.Q(('rhythm__in', ['weekly', 'a', 'b', 'chosen'])), name='waiting_rhythm_known'), models.CheckConstraint(condition=models.Q(models.Q(('expires_at', None), ('offered_at', None)), models.Q(('expires_at__gt', models.F('offered_at')), ('expires_at__isnull', False), ('offered_at__isnull', False)), _connector='OR'), name='waiting_offer_expires'), models.CheckConstraint(condition=models.Q(('subscription', None), models.Q(('closed_at__isnull', False), ('offered_at__isnull', False)), _connector='OR'), name='waiting_taken_once_offered')],
            },
        ),
        migrations.CreateModel(
            name='Handover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handovers', to='baskets.subscription', verbose_name='abonnement')),
                ('day', models.DateField(verbose_name='remise du')),
                ('depot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.place', verbose_name='dépôt')),
                ('outcome', models.CharField(choices=[('taken', 'pris'), ('kept', 'gardé au dépôt'), ('given', 'laissé, donné'), ('back', 'rapporté')], max_length=5, verbose_name='ce qu’il est devenu')),
                ('count', models.PositiveSmallIntegerField(default=1, verbose_name='paniers')),
                ('charge', terreau.territory.fields.MoneyField(verbose_name='frais de livraison')),
                ('event', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.event', verbose_name='mouvement')),
                ('at', models.DateTimeField(verbose_name='noté le')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='par')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='retiré le')),
                ('key', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name': 'remise d’un panier',
                'ordering': ['day', 'id'],
                'indexes': [models.Index(fields=['day', 'depot'], name='handover_of_evening')],
                'constraints': [models.UniqueConstraint(fields=('subscription', 'key'), name='handover_key_once'), models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('subscription', 'day'), name='handover_once_a_day'), models.CheckConstraint(condition=models.Q(('outcome__in', ['taken', 'kept', 'given', 'back'])), name='handover_outcome_known'), models.CheckConstraint(condition=models.Q(('count__gte', 1)), name='handover_of_a_basket'), models.CheckConstraint(condition=models.Q(('charge__gte', models.Value(0))), name='handover_charge_not_negative'), models.CheckConstraint(condition=models.Q(models.Q(models.Q(('outcome', 'back'), _negated=True), ('event', None), _connector='OR'), models.Q(models.Q(('outcome__in', ['taken', 'kept', 'given']), _negated=True), ('event__isnull', False), _connector='OR')), name='handover_event_unless_back')],
            },
        ),
        migrations.CreateModel(
            name='Sheet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ecopole', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='territory.ecopole', verbose_name='écopôle')),
                ('week', models.DateField(verbose_name='semaine du')),
                ('news', models.TextField(max_length=4000, verbose_name='nouvelles')),
                ('recipe_title', models.CharField(blank=True, max_length=120, verbose_name='recette')),
                ('recipe', models.TextField(blank=True, max_length=4000, verbose_name='sa préparation')),
                ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='publiée le')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='envoyée le')),
            ],
            options={
                'verbose_name': 'feuille de chou',
                'ordering': ['-week'],
                'constraints': [models.UniqueConstraint(fields=('ecopole', 'week'), name='sheet_once_a_week'), models.CheckConstraint(condition=models.Q(('sent_at', None), ('published_at__isnull', False), _connector='OR'), name='sheet_sent_once_published')],
            },
        ),
            ),
    ]
