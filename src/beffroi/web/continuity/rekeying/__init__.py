"""Paper forms typed again: batches, double entry, scans filed by QR code, exports, the resumption list of civil status."""
