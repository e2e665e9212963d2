"""Write the bytecode of what the platform imports, beside the sources: run once by whoever owns the program (deploy/program).

A module that an option brings and that is not installed is passed over.
"""

import contextlib
import importlib
import os
import pkgutil
import tempfile

import beffroi

with tempfile.TemporaryDirectory() as folder:
    os.environ |= {"BEFFROI_HOME": folder, "DJANGO_SETTINGS_MODULE": "beffroi.web.settings"}
    import django

    django.setup()
    for module in pkgutil.walk_packages(beffroi.__path__, "beffroi."):
        if not module.name.endswith("__main__"):
            with contextlib.suppress(ImportError, django.core.exceptions.ImproperlyConfigured):
                importlib.import_module(module.name)
