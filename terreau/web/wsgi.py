import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "terreau.web.settings")
application = get_wsgi_application()
# Pages are loaded before the first request, and stay with what `WebConfig` keeps.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
# A page leaves little behind: it is swept often, a little at a time. Swept as seldom as a command is, one
# page in ten paid for the others, and took half as long again.
gc.set_threshold(5_000, 20, 50)
