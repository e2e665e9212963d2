"""The WSGI entry point that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from beffroi.lake.readers import isolated

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beffroi.web.settings")
application = get_wsgi_application()
isolated.isolate()  # a page that reads a file reads it in the bounded child, started at the first one
