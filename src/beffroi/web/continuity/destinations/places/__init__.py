"""Places where files are written outside, by one small interface: a folder or stick, SFTP, FTPS, WebDAV."""
