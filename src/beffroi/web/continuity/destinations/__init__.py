"""Where files are copied outside: folder, SFTP, FTPS, WebDAV; their trials."""
