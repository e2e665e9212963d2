"""WNTR and the toolkit of EPANET, without what WNTR draws and maps with: nearly a second of processor a process."""

from beffroi.systems.kit.lazy_imports import lazily

_UNUSED = ("geopandas", "matplotlib.pylab", "matplotlib.pyplot", "rasterio", "scipy.stats", "wntr.graphics")
with lazily(*_UNUSED, replaced=("matplotlib",)):
    import wntr
    from wntr.epanet.exceptions import EpanetException
    from wntr.epanet.toolkit import ENepanet

__all__ = ["ENepanet", "EpanetException", "wntr"]
