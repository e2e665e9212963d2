"""Models of the cyber room, by noun."""

from .inventory import MachineKey, ReportedDevice, SilenceWatch, UnreadReport

__all__ = ["MachineKey", "ReportedDevice", "SilenceWatch", "UnreadReport"]
