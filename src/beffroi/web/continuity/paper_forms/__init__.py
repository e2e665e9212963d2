"""Numbered blank forms with their QR code, numbers allotted by counter, the paper register of civil status."""
