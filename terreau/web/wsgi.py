import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "terreau.web.settings")
application = get_wsgi_application()
# Loaded for good: searching it for rubbish again and again doubled the time of the slowest pages.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
# A page makes tens of thousands of small things that live no longer than it: cleaning waits for more.
gc.set_threshold(20_000)
