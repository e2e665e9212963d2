"""The contract of every system of the house: a folder with a manifest is enough, no list names it."""

from beffroi.systems.kit.testing import contract_tests
from rings import LONG
from systems.catalogue import BUILTIN_SYSTEMS
from systems.reports import examined

TestContract = contract_tests(*BUILTIN_SYSTEMS, brief=not LONG, examine=examined)
