"""Two repairs of Debian's azure-cli 2.45, needed against Azure itself too; Python loads this file from PYTHONPATH.

Debian pairs the CLI with a newer azure-mgmt-authorization, whose operation groups call `config` `_config`: without it
every `az role` command fails. And this version cannot be told (as later ones can, by core.instance_discovery=false) that
an authority of one's own is not known at login.microsoftonline.com.
"""

import importlib.abc
import importlib.machinery
import sys


def _authorization(module):
    for name in dir(module):
        if name.endswith("Operations"):
            operations = getattr(module, name)
            if not hasattr(operations, "config"):
                operations.config = property(lambda self: self._config)


def _application(module):
    made = module.ClientApplication.__init__

    def init(self, *args, **kwargs):
        if str(kwargs.get("authority", "")).startswith("https://localhost"):
            kwargs.setdefault("instance_discovery", False)
        made(self, *args, **kwargs)

    module.ClientApplication.__init__ = init


def _repair_for(name):
    if name == "msal.application":
        return _application
    if name.startswith("azure.mgmt.authorization.v") and name.endswith(".operations"):
        return _authorization
    return None


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        repair = _repair_for(name)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target) if repair else None
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            repair(module)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, _Finder())
